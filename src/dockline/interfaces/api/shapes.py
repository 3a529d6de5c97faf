"""What values look like on the wire: exact quantities, aware times, text without control characters; and pages."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from ninja.parser import Parser
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    model_validator,
)

from dockline.domain.dispatches.rules import format_quantity
from dockline.gateway import collect
from dockline.kit.errors import Invalid

MOST_BYTES = 2 * 1024 * 1024
MOST_PER_PAGE = 200
DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")

Item = TypeVar("Item")
Row = TypeVar("Row")


class In(BaseModel):
    """Base of what is sent to us: a field we do not know is refused, so a mistyped one is never lost."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """Base of what we answer: made from rows, whose further fields stay here."""

    model_config = ConfigDict(from_attributes=True)


class Asked(BaseModel):
    """Base of what stands behind the question mark of an address: there too, what we do not know is refused."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, given: Any, info: ValidationInfo) -> Any:
        request: HttpRequest = (info.context or {})["request"]
        for name in request.GET:
            if name not in cls.model_fields:
                raise Invalid("There is no such parameter.", field=name)
            if len(request.GET.getlist(name)) > 1:
                raise Invalid("This is there twice.", field=name)
        return given


class Paging(Asked):
    """Which part of a list is wanted."""

    limit: int = Field(default=50, ge=1, le=MOST_PER_PAGE)
    offset: int = Field(default=0, ge=0, le=1_000_000)

    @property
    def window(self) -> dict[str, int]:
        """What a query is asked for: one more row than is shown, to know whether there are more."""
        return {"offset": self.offset, "limit": self.limit + 1}

    @property
    def reach(self) -> int:
        """How many rows a list that has no offset must give."""
        return self.offset + self.limit + 1


class Page(Out, Generic[Item]):
    """Some rows of a list; `next_offset` asks for those that follow, null at the end."""

    items: list[Item]
    next_offset: int | None


def page_of(rows: Sequence[Row], paging: Paging) -> dict[str, Any]:
    """A page of rows that were asked for by `window`."""
    more = paging.offset + paging.limit if len(rows) > paging.limit else None
    return {"items": rows[: paging.limit], "next_offset": more}


def cut(rows: Sequence[Row], paging: Paging) -> dict[str, Any]:
    """A page of a list that was asked for by `reach`, or is there as a whole."""
    return page_of(rows[paging.offset : paging.reach], paging)


def _printable(value: str, *, but: str = "") -> str:
    for character in value:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in but:
            raise ValueError(f"Take out the character U+{ord(character):04X}")
    return value


def _printable_lines(value: str) -> str:
    return _printable(value, but="\n\r\t")


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("This is empty")
    return value


def _written(value: object) -> object:
    # Digits alone would be read as seconds since 1970, "20260301" too.
    if not isinstance(value, datetime) and not (isinstance(value, str) and DAY.match(value)):
        raise ValueError("Write it as text, such as 2026-03-01T09:30:00+10:00")
    return value


def _written_day(value: object) -> object:
    if not isinstance(value, date) and not (isinstance(value, str) and DAY.fullmatch(value)):
        raise ValueError("Write it as text, such as 2026-03-01")
    return value


def _in_digits(value: object) -> object:
    # Python reads 1_5 as fifteen, and digits of any script.
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        raise ValueError("Write it in digits, such as 2.5")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("This is out of range") from None


Line = Annotated[str, AfterValidator(_printable)]
"""Text on one line."""

Name = Annotated[Line, AfterValidator(_not_blank)]
"""Text on one line that says something."""

Lines = Annotated[str, AfterValidator(_printable_lines)]
"""Text that may have several lines."""

Instant = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_utc)]
"""A moment with its time zone, kept in UTC."""

Day = Annotated[date, BeforeValidator(_written_day)]
"""A day of the calendar, without a time."""

Exact = Annotated[Decimal, BeforeValidator(_in_digits)]
"""An exact number that is sent to us, as text or as a number."""

Quantity = Annotated[Exact, PlainSerializer(format_quantity, return_type=str)]
"""An exact number: written as text, read from text or a number."""


class ExactParser(Parser):
    """Reads JSON without losing anything: numbers exactly, and no name twice."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return what the body says. Whatever is raised makes it unreadable."""
        if len(request.body) > MOST_BYTES:
            raise RequestDataTooBig()
        return collect.read_json(request.body, odd_text=True)
