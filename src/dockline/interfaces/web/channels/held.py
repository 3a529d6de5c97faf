"""Keeps secrets that were entered but not saved with the session, sealed, so that nobody types them twice.

They are kept for one form and the one address it named then.
"""

from collections.abc import Mapping

from django.http import HttpRequest

from dockline.flows import drafts

KEY = "held_secrets"


def hold(request: HttpRequest, form: str, address: str, secrets: Mapping[str, str]) -> None:
    """Remember these beside what is held of this form already; those of another form or address are dropped."""
    given = {name: value for name, value in secrets.items() if value}
    if given:
        sealed = {**_sealed(request, form, address), **drafts.seal(given, form=f"{form}:{address}")}
        request.session[KEY] = {"form": form, "address": address, "sealed": sealed}


def recall(request: HttpRequest, form: str, address: str) -> dict[str, str]:
    """Return the secrets held of this form for this address."""
    return drafts.unseal(_sealed(request, form, address), form=f"{form}:{address}")


def list_left_behind(request: HttpRequest, form: str, address: str) -> list[str]:
    """Name the secrets held of this form for another address."""
    kept = request.session.get(KEY, {})
    return list(kept["sealed"]) if kept.get("form") == form and kept["address"] != address else []


def drop(request: HttpRequest) -> None:
    """Forget them: they are stored now, or nobody wants them."""
    request.session.pop(KEY, None)


def _sealed(request: HttpRequest, form: str, address: str) -> dict[str, str]:
    kept = request.session.get(KEY, {})
    sealed: dict[str, str] = {}
    if kept.get("form") == form and kept.get("address") == address:
        sealed = kept["sealed"]
    return sealed
