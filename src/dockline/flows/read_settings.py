"""Reads what a person entered against a class of settings, and says of every field what is wrong with it."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dockline.kit.errors import InvalidFields

M = TypeVar("M", bound=BaseModel)

_WORDS = {
    "missing": "Enter a value.",
    "string_too_short": "Enter a value.",
    "string_too_long": "Use at most {max_length} characters.",
    "too_long": "Use at most {max_length} characters.",
    "too_short": "Enter a value.",
    "int_parsing": "Enter a whole number.",
    "int_from_float": "Enter a whole number.",
    "greater_than_equal": "Enter {ge} or more.",
    "less_than_equal": "Enter {le} or less.",
    "uuid_parsing": "Enter an identifier such as 7a1e0c52-3d4b-4c1a-9f60-2b5d8e714a01.",
    "enum": "Choose one of what is offered.",
    "bool_parsing": "Choose on or off.",
    "string_pattern_mismatch": "Some of these characters cannot be part of it.",
    "extra_forbidden": "There is no such setting.",
}


def read_settings(settings: type[M], values: Mapping[str, Any]) -> M:
    """Return the settings, or raise InvalidFields with a sentence for each that cannot be used."""
    try:
        return settings.model_validate(dict(values))
    except ValidationError as error:
        problems: dict[str, str] = {}
        for one in error.errors(include_input=False, include_url=False):
            name = str(one["loc"][0]) if one["loc"] else ""
            problems.setdefault(name, _say(one))
        titles = {name: field.title or name for name, field in settings.model_fields.items()}
        raise InvalidFields(problems, titles) from None


def _say(error: Any) -> str:
    if known := _WORDS.get(error["type"]):
        return known.format(**error.get("ctx", {}))
    words: str = error["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{words}."
