"""Every refusal in one shape, whatever refused: a problem of ours, a form that does not fit, or the protocol."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import BaseModel, Field

from dockline.flows.channel_changes import TestFailed
from dockline.kit import database
from dockline.kit.errors import ChangedMeanwhile, Conflict, Invalid, NotAllowed, NotFound, NotNow, Problem

log = logging.getLogger(__name__)


class Error(BaseModel):
    """Why nothing was done."""

    code: str = Field(description="One word for programs: see docs/api.md.")
    message: str = Field(description="A sentence for people.")
    field: str = Field(description="What to change, such as lines.0.sku; empty when no field is to blame.")


STATUSES: Mapping[type[Problem], tuple[int, str]] = {
    TestFailed: (422, "test_failed"),
    NotFound: (404, "not_found"),
    Invalid: (422, "invalid"),
    ChangedMeanwhile: (409, "changed_meanwhile"),
    Conflict: (409, "conflict"),
    NotNow: (409, "not_now"),
    NotAllowed: (403, "not_allowed"),
}
"""What each kind of problem is here; the first that fits counts."""

REFUSALS = frozenset({400, 401, 404, 409, 413, 422})
UNREADABLE = "The body is not JSON that can be read."
WORDS = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such field.",
    "model_type": "An object is needed.",
    "timezone_aware": "Say the time zone too, such as 2026-03-01T09:30:00+10:00 or Z.",
}
SOURCES = ("query", "path", "body")


def answers(shape: Any, *statuses: int) -> dict[Any, Any]:
    """What an operation answers with: its own shape, and every refusal."""
    return {**dict.fromkeys(statuses or (200,), shape), REFUSALS: Error}


def refuse(status: int, code: str, message: str, field: str = "") -> HttpResponse:
    """Answer with an error."""
    response = JsonResponse(Error(code=code, message=message, field=field).model_dump(), status=status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def refuse_method(allowed: str) -> HttpResponse:
    """Answer to a method that does nothing here."""
    response = refuse(405, "method_not_allowed", f"Only {allowed} can be asked here.")
    response.headers["Allow"] = allowed
    return response


def set_handlers(api: NinjaAPI) -> None:
    """Have every refusal answered in our shape."""
    handlers: Mapping[type[Exception], Any] = {
        Problem: _say_problem,
        ValidationError: _say_form,
        AuthenticationError: _say_stranger,
        RequestDataTooBig: _say_too_big,
        HttpError: _say_protocol,
        Exception: _say_fault,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _say_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    for kind, (status, code) in STATUSES.items():
        if isinstance(problem, kind):
            return refuse(status, code, problem.message, problem.field)
    return refuse(422, "invalid", problem.message, problem.field)


def _say_form(request: HttpRequest, error: ValidationError) -> HttpResponse:
    # A mistyped name first: what is said to be missing is most often only that.
    first = min(error.errors, key=lambda one: one["type"] != "extra_forbidden")
    message = WORDS.get(first["type"]) or str(first["msg"]).removeprefix("Value error, ").rstrip(".") + "."
    return refuse(422, "invalid", message, _field(first["loc"]))


def _field(place: Sequence[str | int]) -> str:
    """Where in the body or the address: without the name our code has for the whole body."""
    source, *rest = place
    parts = rest[1:] if source == "body" else rest[-1:]
    return ".".join(str(part) for part in parts if part != "[key]")


def _say_stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return refuse(401, "not_authenticated", "Send a key that is in use as the header Authorization: Bearer <key>.")


def _say_too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return refuse(413, "too_large", "The body is too large; send less at once.")


def _say_protocol(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, RequestDataTooBig):
        return _say_too_big(request, error.__cause__)
    if error.status_code == 400:
        return refuse(400, "unreadable", UNREADABLE)
    return refuse(error.status_code, "refused", str(error))


def _say_fault(request: HttpRequest, error: Exception) -> HttpResponse:
    if database.is_lock_timeout(error):
        busy = refuse(503, "busy", "Somebody else holds what this needs. Nothing is lost; ask again in a moment.")
        busy.headers["Retry-After"] = str(database.LOCK_SECONDS)
        return busy
    log.exception("%s %s broke", request.method, request.path)
    return refuse(500, "fault", "This is a fault of Dockline; nothing more is known here. It is in its log.")
