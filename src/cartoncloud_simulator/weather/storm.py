"""A storm: faults by chance, where chance is a pure function of seed, operation and the call's number."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cartoncloud_simulator.weather.faults import WEBHOOK_OPERATIONS, Fault

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Range = tuple[Seconds, Seconds]
_DRAWS = 2**64
_REDIRECTS = (301, 302, 307, 308)


class Storm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The rates of faults per kind, for some operations or, by "*", for all public ones and webhooks."""

    rates: dict[str, float]
    seed: int | None = None
    operations: tuple[str, ...] = ("*",)
    delay_seconds: Range = (0.05, 0.5)
    apply_late_seconds: Range = (1, 120)
    search_lag_seconds: Range = (1, 60)
    webhook_late_seconds: Range = (1, 600)
    size: Annotated[int, Meta(ge=0, le=16 * 1024 * 1024)] = 1024 * 1024

    def covers(self, operation: str) -> bool:
        return "*" in self.operations or operation in self.operations

    def decide(self, operation: str, number: int) -> Fault | None:
        """What befalls the call of this number, counted from one per operation."""
        digest = hashlib.blake2b(f"{self.seed}/{operation}/{number}".encode(), digest_size=16).digest()
        draw = int.from_bytes(digest[:8]) / _DRAWS
        strength = int.from_bytes(digest[8:]) / _DRAWS
        for kind in sorted(self.rates):
            draw -= self.rates[kind]
            if draw < 0:
                return _KINDS[kind](self, operation, strength) if concerns(kind, operation) else None
        return None

    def between(self, span: Range, strength: float) -> float:
        return round(span[0] + (span[1] - span[0]) * strength, 3)


class Course(msgspec.Struct):
    """How far a storm has come: how many calls each operation has seen, and what befell them."""

    storm: Storm
    calls: dict[str, int] = {}
    hits: dict[str, dict[str, int]] = {}


class Gale:
    """A storm while it blows, from its beginning or from where it had come."""

    def __init__(self, course: Course) -> None:
        self.storm = course.storm
        self._calls: dict[str, int] = defaultdict(int, course.calls)
        self._hits: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for operation, hits in course.hits.items():
            self._hits[operation].update(hits)

    def take(self, operation: str) -> Fault | None:
        """What befalls the next call of an operation the storm covers."""
        self._calls[operation] += 1
        fault = self.storm.decide(operation, self._calls[operation])
        if fault is not None:
            self._hits[operation][name_of(fault)] += 1
        return fault

    @property
    def course(self) -> Course:
        return Course(self.storm, self._calls, self._hits)

    def describe(self) -> dict[str, Any]:
        hits = {operation: dict(sorted(found.items())) for operation, found in sorted(self._hits.items())}
        return {**msgspec.to_builtins(self.storm), "calls": dict(sorted(self._calls.items())), "hits": hits}


def concerns(kind: str, operation: str) -> bool:
    """Whether a kind makes sense for an operation; where it does not, the sky stays clear."""
    if operation in WEBHOOK_OPERATIONS or kind.startswith("webhook_"):
        return operation in WEBHOOK_OPERATIONS and kind.startswith("webhook_")
    if kind == "search_lag":
        return operation.startswith("create_")
    if kind == "shift_pages":
        return operation.startswith(("search_", "list_")) or operation == "get_report"
    return True


def name_of(fault: Fault) -> str:
    """The deed, with the status where there is one."""
    return f"{fault.do}_{fault.status}" if fault.do in ("status", "redirect") else fault.do


_Make = Callable[[Storm, str, float], Fault]


def _simple(deed: str) -> _Make:
    return lambda storm, operation, strength: _fault(operation, deed)


def _timed(deed: str, span: str) -> _Make:
    def make(storm: Storm, operation: str, strength: float) -> Fault:
        return _fault(operation, deed, delay_seconds=storm.between(getattr(storm, span), strength))

    return make


def _status(status: int, **more: Any) -> _Make:
    return lambda storm, operation, strength: _fault(operation, "status", status=status, **more)


def _redirect(storm: Storm, operation: str, strength: float) -> Fault:
    return _fault(operation, "redirect", status=_REDIRECTS[int(strength * len(_REDIRECTS))])


def _shift(storm: Storm, operation: str, strength: float) -> Fault:
    return _fault(operation, "shift_pages", shift=-1 if strength < 0.5 else 1)


def _bloat(storm: Storm, operation: str, strength: float) -> Fault:
    return _fault(operation, "bloat", size=storm.size)


def _retry_after(storm: Storm, operation: str, strength: float) -> Fault:
    return _fault(operation, "status", status=429, headers={"Retry-After": str(1 + int(strength * 3))})


def _fault(operation: str, deed: str, **more: Any) -> Fault:
    return msgspec.convert({"operation": operation, "do": deed, **more}, Fault)


_KINDS: dict[str, _Make] = {
    **{
        deed: _simple(deed)
        for deed in (
            "lose_answer",
            "reset_before",
            "reset_after",
            "truncate",
            "garble",
            "wrong_date",
            "unknown_fields",
            "unknown_status",
            "webhook_lose",
            "webhook_double",
            "webhook_reorder",
        )
    },
    "delay": _timed("delay", "delay_seconds"),
    "late_answer": _timed("late_answer", "delay_seconds"),
    "drip": _timed("drip", "delay_seconds"),
    "apply_late": _timed("apply_late", "apply_late_seconds"),
    "search_lag": _timed("search_lag", "search_lag_seconds"),
    "webhook_late": _timed("webhook_late", "webhook_late_seconds"),
    "redirect": _redirect,
    "shift_pages": _shift,
    "bloat": _bloat,
    **{f"http_{status}": _status(status) for status in (401, 403, 409, 422, 429, 500, 502, 503)},
    "http_429_retry_after": _retry_after,
    **{
        f"http_{status}_{form}": _status(status, form=form)
        for status in (403, 500, 502, 503)
        for form in ("html", "empty")
    },
    **{f"http_{status}_applied": _status(status, applied=True) for status in (500, 502, 503)},
}
KINDS = tuple(sorted(_KINDS))
