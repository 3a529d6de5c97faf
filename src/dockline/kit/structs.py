"""Reads plain values into structs and dataclasses, in any number of threads."""

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_lock = threading.Lock()
_known: set[object] = set()


def convert(value: Any, as_type: type[T], *, strict: bool = True) -> T:
    """Read what JSON or TOML gave into a type. Raises `msgspec.ValidationError` naming the part that does not fit."""
    _know(as_type)
    return msgspec.convert(value, as_type, strict=strict)  # noqa: TID251 - the one place


def _know(as_type: Any) -> None:
    # msgspec gathers what it must know of a type at its first use, and two threads at once there end the process.
    if as_type not in _known:
        with _lock:
            msgspec.json.Decoder(as_type)
            _known.add(as_type)
