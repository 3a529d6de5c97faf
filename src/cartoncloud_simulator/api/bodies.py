"""What callers write: null says nothing, a number or a truth value may come as text, and nothing empty is kept."""

from decimal import Decimal
from typing import Any

from cartoncloud_simulator.world.quantities import plain_text

# What some callers write for an object or a text they do not have.
NOTHING: tuple[Any, ...] = (None, "", {}, [])


def leave_out(value: Any, *absent: Any) -> None:
    """Take every member that is one of these out of a document, at any depth; elements of arrays stay."""
    holders = [value]
    # The list grows while it is walked: no depth is too deep for it.
    for holder in holders:
        parts = holder.values() if isinstance(holder, dict) else holder
        holders.extend(part for part in parts if isinstance(part, dict | list))
    for holder in reversed(holders):
        if isinstance(holder, dict):
            for name in [name for name, part in holder.items() if part in absent]:
                del holder[name]


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def read_text(value: Any) -> str | None:
    """A text, or what a number or a truth value reads as one; nothing for what has parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain_text(Decimal(value)) if isinstance(value, int | Decimal) else None


def read_flag(value: Any, *, texts_accepted: bool) -> bool | None:
    """A truth value; nothing for what is none."""
    if isinstance(value, bool):
        return value
    if texts_accepted and isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return None
