"""Builds search conditions.

The top is always a composite: a bare leaf is refused (CartonCloud API notes, section 7).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

Condition = dict[str, Any]


def all_of(*conditions: Condition) -> Condition:
    """Everything must hold."""
    return {"type": "AndCondition", "conditions": list(conditions)}


def any_text(pointer: str, values: Iterable[str]) -> Condition:
    """One of these texts. The far side may ignore case, so the caller compares again."""
    return {"type": "OrCondition", "conditions": [text(pointer, value) for value in values]}


def text(pointer: str, value: str) -> Condition:
    """Exactly this text, as far as the far side is exact."""
    return _leaf("TextComparisonCondition", pointer, value, "EQUAL_TO")


def not_before(pointer: str, instant: datetime) -> Condition:
    """At this instant or later."""
    literal = instant.isoformat(timespec="seconds")
    return _leaf("DateTimeComparisonCondition", pointer, literal, "GREATER_THAN_OR_EQUAL_TO")


def _leaf(kind: str, pointer: str, value: str, method: str) -> Condition:
    return {
        "type": kind,
        "field": {"type": "JsonField", "pointer": pointer},
        "value": {"type": "ValueField", "value": value},
        "method": method,
    }
