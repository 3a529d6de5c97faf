"""Keeps secrets that were entered but not saved with the session, sealed, so that nobody types them twice."""

from collections.abc import Mapping

from django.http import HttpRequest

from dockline.flows import drafts

KEY = "held_secrets"


def hold(request: HttpRequest, form: str, secrets: Mapping[str, str]) -> None:
    """Remember these beside what is held of this form already; those of any other form are dropped."""
    given = {name: value for name, value in secrets.items() if value}
    if given:
        request.session[KEY] = {"form": form, "sealed": {**_sealed(request, form), **drafts.seal(given, form=form)}}


def recall(request: HttpRequest, form: str) -> dict[str, str]:
    """Return the secrets held of this form."""
    return drafts.unseal(_sealed(request, form), form=form)


def drop(request: HttpRequest) -> None:
    """Forget them: they are stored now, or nobody wants them."""
    request.session.pop(KEY, None)


def _sealed(request: HttpRequest, form: str) -> dict[str, str]:
    kept = request.session.get(KEY, {})
    sealed: dict[str, str] = kept.get("sealed", {}) if kept.get("form") == form else {}
    return sealed
