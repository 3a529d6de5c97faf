"""Comparing one field value with one literal, by leaf type and method."""

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cartoncloud_simulator.search.fields import Moment, Value, is_day
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.quantities import read_number, read_numeric_text

Test = Callable[[Value], bool]


class BadLiteral(Exception):
    """The literal or the method does not go with the leaf type."""


_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUAL_TO": operator.eq,
    "NOT_EQUAL_TO": operator.ne,
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_OR_EQUAL_TO": operator.ge,
    "LESS_THAN": operator.lt,
    "LESS_THAN_OR_EQUAL_TO": operator.le,
}
_TEXT_METHODS: dict[str, Callable[[str, str], bool]] = {
    **_ORDERINGS,
    "CONTAINS": lambda text, part: part in text,
    "DOES_NOT_CONTAIN": lambda text, part: part not in text,
    "STARTS_WITH": lambda text, part: text.startswith(part),
}
PATTERNS = ("CONTAINS", "DOES_NOT_CONTAIN", "STARTS_WITH")
_DAY_LENGTH = len("2026-01-01")
_FARTHEST_OFFSET = 14 * 3_600
NEGATIONS = ("NOT_EQUAL_TO", "DOES_NOT_CONTAIN")


def text_test(literal: Any, method: str, *, case_sensitive: bool) -> Test:
    """Text against text; against a timestamp, order methods compare instants and the rest the written form."""
    if not isinstance(literal, str):
        raise BadLiteral("A text comparison needs a string value")
    compare = _find_method(_TEXT_METHODS, method)
    wanted = literal if case_sensitive else literal.casefold()
    on_moment: Callable[[Moment], bool] | None = None

    def test(value: Value) -> bool:
        nonlocal on_moment
        if isinstance(value, Moment):
            on_moment = on_moment or _text_on_moment(literal, method)
            return on_moment(value)
        text = _as_text(value)
        return compare(text if case_sensitive else text.casefold(), wanted)

    return test


def _text_on_moment(literal: str, method: str) -> Callable[[Moment], bool]:
    """What a text says about a moment; most never meet one, so it is read only when one does."""
    if (order := _ORDERINGS.get(method)) is not None:
        if (instant := read_instant(literal)) is not None:
            return lambda moment: order(moment.seconds, instant)
        if is_day(literal):
            return _day_test(literal, order)
    compare, written = _TEXT_METHODS[method], literal.casefold()
    return lambda moment: compare(clock.format_time(moment.seconds, zone=moment.zone).casefold(), written)


def boolean_test(literal: Any, method: str | None, *, texts_accepted: bool) -> Test:
    if texts_accepted and isinstance(literal, str) and literal.lower() in ("true", "false"):
        literal = literal.lower() == "true"
    if not isinstance(literal, bool):
        raise BadLiteral("A boolean comparison needs true or false")
    compare = _find_method({name: _ORDERINGS[name] for name in ("EQUAL_TO", "NOT_EQUAL_TO")}, method or "EQUAL_TO")
    return lambda value: isinstance(value, bool) and compare(value, literal)


def numeric_test(literal: Any, method: str) -> Test:
    wanted = read_numeric_text(literal) if isinstance(literal, str) else read_number(literal)
    if wanted is None:
        raise BadLiteral("A numeric comparison needs a number")
    compare = _find_method(_ORDERINGS, method)

    def test(value: Value) -> bool:
        number = read_numeric_text(value) if isinstance(value, str) else value
        return isinstance(number, Decimal) and compare(number, wanted)

    return test


def date_test(literal: Any, method: str) -> Test:
    """A plain day; a timestamp counts by the day it shows in its own zone."""
    if not is_day(literal):
        raise BadLiteral("A date comparison needs a value written as YYYY-MM-DD")
    compare = _find_method(_ORDERINGS, method)
    on_day = _day_test(literal, compare)

    def test(value: Value) -> bool:
        if isinstance(value, Moment):
            return on_day(value)
        return isinstance(value, str) and compare(value[:10], literal)

    return test


def date_time_test(literal: Any, method: str) -> Test:
    instant = read_instant(literal)
    if instant is None:
        raise BadLiteral("A date-time comparison needs an ISO 8601 value with offset")
    compare = _find_method(_ORDERINGS, method)

    def test(value: Value) -> bool:
        if isinstance(value, Moment):
            return compare(value.seconds, instant)
        shown = read_instant(value) if isinstance(value, str) else None
        return shown is not None and compare(shown, instant)

    return test


def _day_test(day: str, compare: Callable[[Any, Any], bool]) -> Callable[[Moment], bool]:
    """Where a moment lies to a day of its own zone, without writing either out."""
    bounds: dict[str, tuple[float, float]] = {}

    def test(moment: Moment) -> bool:
        found = bounds.get(moment.zone)
        if found is None:
            found = bounds[moment.zone] = clock.day_bounds(day, zone=moment.zone)
        begin, end = found
        return compare(-1 if moment.seconds < begin else int(moment.seconds >= end), 0)

    return test


def read_instant(literal: Any) -> float | None:
    """Seconds since the epoch of a date-time with offset; a time without one is taken as UTC."""
    # What does not begin with a year is not worth the attempt: most literals are references and ids.
    if not isinstance(literal, str) or len(literal) < len("2026-01-01T00") or not literal[:4].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(literal)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def earliest_instant(literal: Any, method: str) -> float | None:
    """The earliest moment that a date-time, or the beginning of one as it is written anywhere, can stand for."""
    instant = read_instant(literal) if method not in PATTERNS else None
    if instant is not None or not isinstance(literal, str) or not is_day(literal[:_DAY_LENGTH]):
        return instant
    day = read_instant(f"{literal[:_DAY_LENGTH]}T00:00:00+00:00")
    return day - _FARTHEST_OFFSET if day is not None else None


def _find_method(methods: dict[str, Callable[[Any, Any], bool]], method: str | None) -> Callable[[Any, Any], bool]:
    found = methods.get(method or "")
    if found is None:
        raise BadLiteral(f"Unknown method {method}" if method else "Missing field 'method' from the search condition")
    return found


def _as_text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
