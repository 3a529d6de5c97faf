"""Secrets a person has entered and not saved yet: sealed, for as long as they are still filling in the form."""

from collections.abc import Mapping

from django.conf import settings

from dockline.kit.crypto import KeyProblem


def seal(secrets: Mapping[str, str], *, form: str) -> dict[str, str]:
    """Encrypt what was entered, bound to its form and field."""
    return {name: settings.KEY_RING.encrypt(value, bound_to=f"draft:{form}:{name}") for name, value in secrets.items()}


def unseal(sealed: Mapping[str, str], *, form: str) -> dict[str, str]:
    """Return what was entered; what cannot be read any more is simply not there."""
    found = {}
    for name, token in sealed.items():
        try:
            found[name] = settings.KEY_RING.decrypt(token, bound_to=f"draft:{form}:{name}")
        except KeyProblem:
            continue
    return found
