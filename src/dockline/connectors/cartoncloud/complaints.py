"""Reads what CartonCloud says is wrong: an array of errors, an object from a gateway, or text, in that order."""

from collections.abc import Callable
from typing import Any

from dockline.connectors.contract import errors
from dockline.connectors.toolkit import json
from dockline.connectors.toolkit.statuses import Complaint

_LONGEST_MESSAGE = 500
_LONGEST_TEXT = 200


def read(body: bytes, redact: Callable[[str], str]) -> Complaint:
    """Return the complaint in a body, whatever its form, with no secret in it."""
    parts = _parts(body)
    if not parts:
        text = body.decode("utf-8", errors="replace").strip()
        return Complaint(detail=redact(text)[:_LONGEST_TEXT])
    messages = [message for part in parts if (message := _message(part))]
    said = redact("; ".join(messages))[:_LONGEST_MESSAGE]
    field = next((part["field"] for part in parts if isinstance(part.get("field"), str)), "")
    duplicate = next((found for part in parts if (found := _duplicate_id(part))), "")
    return Complaint(message=said, field=field[:200], existing_id=duplicate, detail=said)


def is_theirs(body: bytes) -> bool:
    """Say whether a body is in CartonCloud's own error format, and so its own word and not a proxy's."""
    return bool(_parts(body))


def _parts(body: bytes) -> list[dict[str, Any]]:
    try:
        tree = json.read_tree(body)
    except errors.Unreadable:
        return []
    parts = tree if isinstance(tree, list) else [tree]
    return [part for part in parts if isinstance(part, dict) and _message(part)]


def _message(part: dict[str, Any]) -> str:
    names = ("message", "error_description", "error")
    return next((part[name] for name in names if isinstance(part.get(name), str) and part[name]), "")


def _duplicate_id(part: dict[str, Any]) -> str:
    # Prose calls the details an array, the example shows an object (CartonCloud API notes, section 5).
    if part.get("type") != "DUPLICATE":
        return ""
    details = part.get("details")
    candidates = details if isinstance(details, list) else [details]
    found = (one.get("duplicateId") for one in candidates if isinstance(one, dict))
    return next((identifier for identifier in found if isinstance(identifier, str)), "")
