"""Faults: what may go wrong with one call, and the script that says when."""

from collections import deque
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Deed = Literal[
    "status",
    "redirect",
    "lose_answer",
    "apply_late",
    "reset_before",
    "reset_after",
    "delay",
    "late_answer",
    "search_lag",
    "shift_pages",
    "truncate",
    "garble",
    "drip",
    "bloat",
    "wrong_date",
    "unknown_fields",
    "unknown_status",
    "webhook_lose",
    "webhook_double",
    "webhook_late",
    "webhook_reorder",
]
WEBHOOK_OPERATIONS = ("webhook_outbound_orders", "webhook_inbound_orders", "webhook_consignments")
_LARGEST_BODY = 64 * 1024 * 1024


class Fault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One thing to go wrong, some number of times; which field counts for which deed is in the weather's page."""

    operation: str
    do: Deed
    status: Annotated[int, Meta(ge=200, le=599)] = 503
    form: Literal["json", "html", "empty"] = "json"
    body: str | None = None
    headers: dict[str, str] = {}
    applied: bool = False
    delay_seconds: Annotated[float, Meta(ge=0)] = 0
    location: str = "http://elsewhere.invalid/"
    skew_seconds: float = -86_400
    shift: int = -1
    size: Annotated[int, Meta(ge=0, le=_LARGEST_BODY)] = 11 * 1024 * 1024
    times: Annotated[int, Meta(ge=1)] = 1


class Script:
    """Faults in the order given, used up one by one; "*" stands for any public operation."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults = deque(faults)

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, faults: list[Fault]) -> None:
        self._faults.extend(faults)

    def clear(self) -> None:
        self._faults.clear()

    def take(self, operation: str) -> Fault | None:
        """The next fault for this operation, used up by one."""
        for fault in self._faults:
            if fault.operation == operation or (fault.operation == "*" and not operation.startswith("webhook_")):
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def describe(self) -> list[dict[str, Any]]:
        return [{**msgspec.to_builtins(fault), "times": fault.times} for fault in self._faults]
