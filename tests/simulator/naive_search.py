"""What a search should find, worked out the slow way: on the documents themselves, one after the other."""

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUAL_TO": operator.eq,
    "NOT_EQUAL_TO": operator.ne,
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_OR_EQUAL_TO": operator.ge,
    "LESS_THAN": operator.lt,
    "LESS_THAN_OR_EQUAL_TO": operator.le,
}
PATTERNS: dict[str, Callable[[str, str], bool]] = {
    "CONTAINS": lambda text, part: part in text,
    "DOES_NOT_CONTAIN": lambda text, part: part not in text,
    "STARTS_WITH": lambda text, part: text.startswith(part),
}
# Pointers that stand for something else in the document.
SYNONYMS = {"/code": "/references/code"}


def passes(document: Any, condition: dict[str, Any]) -> bool:
    if condition["type"] == "AndCondition":
        return all(passes(document, inner) for inner in condition["conditions"])
    if condition["type"] == "OrCondition":
        return any(passes(document, inner) for inner in condition["conditions"])
    pointer, method = condition["field"]["pointer"], condition.get("method", "EQUAL_TO")
    value = follow(document, pointer)
    if value is None:
        return method in ("NOT_EQUAL_TO", "DOES_NOT_CONTAIN")
    literal = condition["value"]["value"]
    return _COMPARISONS[condition["type"]](value, literal, method, pointer.startswith("/timestamps/"))


def follow(document: Any, pointer: str) -> Any:
    for step in SYNONYMS.get(pointer, pointer).split("/")[1:]:
        document = document.get(step) if isinstance(document, dict) else None
    return document


def _text(value: Any, literal: str, method: str, is_time: bool) -> bool:
    if method in ORDERINGS and is_time and (wanted := _instant(literal)) is not None:
        return ORDERINGS[method](_instant(value), wanted)
    if method in ORDERINGS and is_time and DAY.fullmatch(literal):
        return ORDERINGS[method](value[:10], literal)
    shown = str(value).casefold()
    return {**ORDERINGS, **PATTERNS}[method](shown, literal.casefold())


def _boolean(value: Any, literal: Any, method: str, is_time: bool) -> bool:
    wanted = literal is True or literal == "true"
    return isinstance(value, bool) and ORDERINGS[method](value, wanted)


def _numeric(value: Any, literal: Any, method: str, is_time: bool) -> bool:
    if isinstance(value, bool) or not re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
        return False
    return ORDERINGS[method](float(value), float(literal))


def _date(value: Any, literal: str, method: str, is_time: bool) -> bool:
    return isinstance(value, str) and ORDERINGS[method](value[:10], literal)


def _date_time(value: Any, literal: str, method: str, is_time: bool) -> bool:
    shown = _instant(value) if isinstance(value, str) else None
    return shown is not None and ORDERINGS[method](shown, _instant(literal))


def _instant(text: str) -> float | None:
    if DAY.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


_COMPARISONS: dict[str, Callable[[Any, Any, str, bool], bool]] = {
    "TextComparisonCondition": _text,
    "BooleanComparisonCondition": _boolean,
    "NumericComparisonCondition": _numeric,
    "DateComparisonCondition": _date,
    "DateTimeComparisonCondition": _date_time,
}
