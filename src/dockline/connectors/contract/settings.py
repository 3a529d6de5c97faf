"""How a connector describes its settings: one pydantic class, from which form, schema, prompts and docs are made.

Each field has a title and a sentence of help; a secret is a `SecretStr`, which makes it encrypted at rest, write-only
and redacted by value. A field added later needs a default. `json_schema_extra` may say `advanced`: rarely touched, and
not part of whose account it is; and `known`: the values to choose from by label, any other being another address.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator
from pydantic.fields import FieldInfo

_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class ConnectorSettings(BaseModel):
    """Base of every connector's settings: immutable, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @classmethod
    def secret_names(cls) -> tuple[str, ...]:
        """The names of the fields whose values are never shown, logged or exported."""
        return tuple(name for name, field in cls.model_fields.items() if field.annotation is SecretStr)

    def secret_values(self) -> tuple[str, ...]:
        """The secrets themselves, for redaction by value."""
        return tuple(
            value.get_secret_value()
            for name in self.secret_names()
            if (value := getattr(self, name)) and value.get_secret_value()
        )

    @field_validator("*", mode="before")
    @classmethod
    def _check_characters(cls, value: object) -> object:
        return plain_text(value)


class Kind(StrEnum):
    """How a setting is entered."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - the name of a kind
    NUMBER = "number"
    CHOICE = "choice"
    SWITCH = "switch"
    ADDRESS = "address"


@dataclass(frozen=True)
class SettingField:
    """One setting, for whoever draws a form, asks in a terminal or writes documentation.

    `choices` are (value, label). The choices of an address are those that are known; another one may be typed.
    """

    name: str
    title: str
    help: str
    kind: Kind
    is_required: bool
    default: str
    choices: tuple[tuple[str, str], ...]
    is_advanced: bool
    max_length: int | None
    minimum: int | None
    maximum: int | None
    group: str
    unit: str

    @property
    def default_words(self) -> str:
        """What holds until somebody chooses, as a person reads it; empty where it is not a matter of choice."""
        is_choice = self.kind in (Kind.SWITCH, Kind.CHOICE, Kind.NUMBER) and not self.is_required
        return self.words(self.default) if is_choice else ""

    def words(self, value: object) -> str:
        """Say a value as a person reads it."""
        if self.kind is Kind.SWITCH:
            return "on" if value in (True, "true", "on") else "off"
        text = as_text(value)
        label = dict(self.choices).get(text) if self.kind is Kind.CHOICE else None
        return label or (f"{text} {self.unit}".strip() if text else "")


def describe_settings(settings: type[BaseModel]) -> tuple[SettingField, ...]:
    """Describe every field of a settings class, in its order."""
    return tuple(_describe(name, field) for name, field in settings.model_fields.items())


def plain_text(value: object) -> object:
    """Refuse control characters and marks that turn the reading direction; return everything else as it came."""
    if isinstance(value, str):
        for character in value.strip():
            if unicodedata.category(character) == "Cc" or character in _BIDIRECTIONAL:
                raise ValueError(f"Take out the invisible character U+{ord(character):04X}.")
    return value


def as_text(value: object) -> str:
    """A value as it stands in a form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    return "" if value is None else str(value)


def _describe(name: str, field: FieldInfo) -> SettingField:
    extra = cast(Mapping[str, Any], field.json_schema_extra) if isinstance(field.json_schema_extra, dict) else {}
    known: Mapping[str, str] = extra.get("known", {})
    annotation = field.annotation
    choices = tuple(known.items())
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        choices = tuple((str(member.value), getattr(member, "label", str(member.value))) for member in annotation)
    return SettingField(
        name=name,
        title=field.title or name,
        help=field.description or "",
        kind=_kind(annotation, is_address=bool(known)),
        is_required=field.is_required(),
        default="" if field.is_required() else as_text(field.default),
        choices=choices,
        is_advanced=bool(extra.get("advanced")),
        max_length=_limit(field, "max_length"),
        minimum=_limit(field, "ge"),
        maximum=_limit(field, "le"),
        group=str(extra.get("group", "")),
        unit=str(extra.get("unit", "")),
    )


def _kind(annotation: object, *, is_address: bool) -> Kind:
    if annotation is SecretStr:
        return Kind.SECRET
    if annotation is bool:
        return Kind.SWITCH
    if annotation is int:
        return Kind.NUMBER
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Kind.CHOICE
    return Kind.ADDRESS if is_address else Kind.TEXT


def _limit(field: FieldInfo, name: str) -> int | None:
    return next((limit for piece in field.metadata if (limit := getattr(piece, name, None)) is not None), None)
