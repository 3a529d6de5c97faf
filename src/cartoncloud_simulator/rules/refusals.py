"""How a request is refused: a status and an array of error objects."""

from typing import Any

from cartoncloud_simulator.settings import Settings


class Refusal(Exception):
    """The request is answered with errors and nothing has changed."""

    def __init__(
        self, status: int, *errors: dict[str, Any], headers: dict[str, str] | None = None, body: Any = None
    ) -> None:
        super().__init__(status, errors)
        self.status = status
        self.errors = list(errors)
        self.headers = headers or {}
        self.body = body if body is not None else self.errors


def plain(status: int, message: str, **headers: str) -> Refusal:
    return Refusal(status, {"message": message}, headers=headers)


def invalid(field: str, message: str) -> Refusal:
    """A 422 about one field."""
    return Refusal(422, error_at(field, message))


def duplicate(settings: Settings, name: str, duplicate_id: str) -> Refusal:
    """The customer's reference is taken by the one with this id."""
    message = f"A {name} with this Customer Reference already exists."
    details: Any = {"duplicateId": duplicate_id}
    if settings.error_details_form == "array":
        details = [details]
    worded = settings.reason_wordings.get(message, message)
    error = {**error_at("/references/customer", worded), "type": "DUPLICATE", "details": details}
    return Refusal(settings.duplicate_status, error)


def unknown_party(settings: Settings, field: str, what: str) -> dict[str, Any]:
    """A customer or a warehouse there is not: one error among others, or the whole answer by its own status."""
    error = error_at(field, f"{what} not found.")
    if settings.unknown_party_status != 422:
        raise Refusal(settings.unknown_party_status, error)
    return error


def error_at(field: str, message: str) -> dict[str, Any]:
    return {"field": field, "message": message}
