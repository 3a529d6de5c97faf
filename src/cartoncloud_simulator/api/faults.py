"""Faults on order: a script of things to go wrong, consumed per operation in the order given."""

from collections import deque
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Deed = Literal["status", "lose_answer", "apply_late", "reset_before", "reset_after", "delay"]


class Fault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One thing to go wrong, some number of times.

    `status` answers instead of the operation, `lose_answer` applies and then closes without an answer, `apply_late`
    closes first and applies after the delay, `reset_before` and `reset_after` reset the connection before or after
    applying, `delay` only waits.
    """

    operation: str
    do: Deed
    status: Annotated[int, Meta(ge=200, le=599)] = 503
    body: str | None = None
    headers: dict[str, str] = {}
    delay_seconds: Annotated[float, Meta(ge=0)] = 0
    times: Annotated[int, Meta(ge=1)] = 1


class Faults:
    """The script that is left; "*" stands for any operation."""

    def __init__(self) -> None:
        self._script: deque[Fault] = deque()

    def add(self, faults: list[Fault]) -> None:
        self._script.extend(faults)

    def clear(self) -> None:
        self._script.clear()

    def take(self, operation: str) -> Fault | None:
        """The next fault for this operation, used up by one."""
        for fault in self._script:
            if fault.operation in (operation, "*"):
                fault.times -= 1
                if fault.times <= 0:
                    self._script.remove(fault)
                return fault
        return None

    def describe(self) -> list[dict[str, Any]]:
        return [{**msgspec.to_builtins(fault), "times": fault.times} for fault in self._script]
