"""Read one cell: exact text, a number, an instant; or say why not. Each distinct cell is read once."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo

from dockline.domain.orders import staging
from dockline.gateway import collect
from dockline.kit.errors import Invalid

MOST_REMEMBERED = 20_000
MOST_QUOTED = 60

# Line ends and tabs are let through here and refused where a text must be one line.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_UNPRINTABLE_IN_LINE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NUMBER = re.compile(r"([0-9]*)(?:\.([0-9]*))?")
_ALMOST_ISO = "%Y-%m-%d %H:%M:%S"
_ALMOST_ISO_CELL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-5][0-9]")
_WHOLE_DIGITS, _DECIMALS = 14, 6
_LONGEST_NAME, _LONGEST_VALUE = 100, 1000


class Refused(Exception):
    """Why a row is refused. `blocks` when its whole order is refused with it."""

    def __init__(self, field: str, cause: str, reason: str, *, blocks: bool = True) -> None:
        super().__init__(reason)
        self.field, self.cause, self.reason, self.blocks = field, cause, reason, blocks


class Remembered(dict[str, str]):
    """Read cells by their text. One that is refused reads as empty, and `refusals` says why."""

    def __init__(self, read: Callable[[str], str]) -> None:
        super().__init__()
        self.read = read
        self.refusals: dict[str, Refused] = {}

    def __missing__(self, cell: str) -> str:
        """Read a cell that was not seen lately."""
        try:
            value = self.read(cell)
        except Refused as refused:
            # Without its traceback, which holds on to what was being read.
            self.refusals[cell] = refused.with_traceback(None)
            value = ""
        self[cell] = value
        return value

    def take(self, cell: str) -> str:
        """Read a cell, or raise why it is refused."""
        value = self[cell]
        if cell in self.refusals:
            raise self.refusals[cell].with_traceback(None)
        return value

    def forget_when_full(self) -> None:
        """Keep memory flat, at a moment when nobody will ask for `refusals` of earlier cells."""
        if len(self) > MOST_REMEMBERED:
            self.clear()
            self.refusals.clear()


def quote(cell: str) -> str:
    """Show a cell inside a sentence: escaped and short."""
    shown = repr(cell[:MOST_QUOTED])
    return shown if len(cell) <= MOST_QUOTED else shown + "…"


def read_text(field: str, *, longest: int, needed: bool = False, many_lines: bool = False) -> Callable[[str], str]:
    """Return a reader of byte-exact text."""
    unprintable = _UNPRINTABLE if many_lines else _UNPRINTABLE_IN_LINE

    def read(cell: str) -> str:
        if needed and not cell.strip():
            raise Refused(field, "empty", "is empty")
        if len(cell) > longest:
            raise Refused(field, "too_long", f"is {len(cell):,} characters long; at most {longest:,} fit")
        if found := unprintable.search(cell):
            raise Refused(field, "characters", f"holds the control character {found[0]!r}")
        return cell

    return read


def read_pattern(field: str, pattern: str, expected: str, *, needed: bool = False) -> Callable[[str], str]:
    """Return a reader of a text of one exact form, which may be empty unless it is needed."""
    form = re.compile(pattern)

    def read(cell: str) -> str:
        if needed and not cell:
            raise Refused(field, "empty", "is empty")
        if cell and not form.fullmatch(cell):
            raise Refused(field, "form", f"{quote(cell)} is not {expected}")
        return cell

    return read


def read_sku(field: str, *, skus: frozenset[str], prefixes: tuple[str, ...]) -> Callable[[str], str]:
    """Return a reader of SKUs that turns away what is no goods."""
    read_any = read_text(field, longest=100, needed=True)

    def read(cell: str) -> str:
        if cell in skus or (prefixes and cell.startswith(prefixes)):
            raise Refused(field, "service_code", f"{quote(cell)} is not goods", blocks=False)
        return read_any(cell)

    return read


def read_quantity(field: str, *, mark: str, negative_blocks: bool) -> Callable[[str], str]:
    """Return a reader of quantities above zero."""

    def read(cell: str) -> str:
        text = cell.strip(" ")
        if text.startswith("-") and text.strip("-0.,"):
            _plain_number(field, text[1:], mark)
            raise Refused(field, "negative_quantity", f"{quote(cell)} is negative", blocks=negative_blocks)
        number = _plain_number(field, text.removeprefix("-"), mark)
        if not number.strip("0."):
            raise Refused(field, "zero_quantity", "is zero")
        return number

    return read


def read_price(field: str, *, mark: str) -> Callable[[str], str]:
    """Return a reader of optional prices, zero or more."""

    def read(cell: str) -> str:
        text = cell.strip(" ")
        return _plain_number(field, text, mark) if text else ""

    return read


def _plain_number(field: str, text: str, mark: str) -> str:
    plain = text if mark == "." else text.replace(".", "?").replace(mark, ".")
    found = _NUMBER.fullmatch(plain)
    if found is None or not any(found.groups()):
        raise Refused(field, "number", f"{quote(text)} is not a number such as 12 or 2{mark}5")
    whole, decimals = found[1].lstrip("0"), (found[2] or "").rstrip("0")
    if len(whole) > _WHOLE_DIGITS or len(decimals) > _DECIMALS:
        raise Refused(field, "number", f"{quote(text)} has more digits than {_WHOLE_DIGITS} and {_DECIMALS} decimals")
    return f"{whole or '0'}.{decimals}" if decimals else whole or "0"


def read_line_number(field: str) -> Callable[[str], str]:
    """Return a reader of optional line numbers."""

    def read(cell: str) -> str:
        if cell and not (re.fullmatch("[0-9]{1,10}", cell) and 1 <= int(cell) <= 2_147_483_647):
            raise Refused(field, "line_number", f"{quote(cell)} is not a whole number from 1")
        return cell.lstrip("0")

    return read


def read_references(field: str) -> Callable[[str], str]:
    """Return a reader of optional named texts, as `name=value; name=value` or as a JSON object; gives JSON."""

    def read(cell: str) -> str:
        if not cell.strip():
            return ""
        found = _json_pairs(cell) if cell.lstrip().startswith("{") else _written_pairs(cell)
        if found is None:
            raise Refused(field, "form", f"{quote(cell)} is not of the form name=value; name=value")
        for name, value in found.items():
            if not name or len(name) > _LONGEST_NAME or len(value) > _LONGEST_VALUE:
                fits = f"a name of 1 to {_LONGEST_NAME} and a value of at most {_LONGEST_VALUE:,} characters"
                raise Refused(field, "too_long", f"{quote(name)}: each reference has {fits}")
            if trouble := _UNPRINTABLE_IN_LINE.search(name) or _UNPRINTABLE.search(value):
                raise Refused(field, "characters", f"holds the control character {trouble[0]!r}")
        return staging.write_texts(found)

    return read


def take_texts(cell: str) -> dict[str, str]:
    """Return the texts by name of a cell as it is after reading."""
    return _json_pairs(cell) or {}


def _written_pairs(cell: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for part in filter(str.strip, cell.split(";")):
        name, equals, value = part.partition("=")
        if not equals or name.strip() in found:
            return None
        found[name.strip()] = value.strip()
    return found


def _json_pairs(cell: str) -> dict[str, str] | None:
    try:
        found = collect.read_json(cell.encode(), odd_text=True)
    except Invalid:
        return None
    return found if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()) else None


def read_instant(field: str, formats: tuple[str, ...], zone: tzinfo) -> Callable[[str], str]:
    """Return a reader of instants; one written without an offset is local time in the zone."""

    def read(cell: str) -> str:
        found = _parse(cell, formats)
        if found is None:
            raise Refused(field, "date", f"{quote(cell)} is not a date and time as {' or '.join(formats)}")
        aware = found if found.tzinfo else found.replace(tzinfo=zone)
        try:
            return aware.astimezone(UTC).isoformat()
        except OverflowError:
            raise Refused(field, "date", f"{quote(cell)} is out of range") from None

    return read


def read_moment(field: str, formats: tuple[str, ...], zone: tzinfo) -> Callable[[str], str]:
    """Return a reader of optional instants."""
    read = read_instant(field, formats, zone)
    return lambda cell: read(cell) if cell else ""


def read_day(field: str, formats: tuple[str, ...]) -> Callable[[str], str]:
    """Return a reader of optional days."""

    def read(cell: str) -> str:
        if not cell:
            return ""
        found = _parse(cell, formats)
        if found is None:
            raise Refused(field, "date", f"{quote(cell)} is not a day as {' or '.join(formats)}")
        return date(found.year, found.month, found.day).isoformat()

    return read


def _parse(cell: str, formats: tuple[str, ...]) -> datetime | None:
    for form in formats:
        try:
            # What is written just so is read alike by both, and by the first in a tenth of the time.
            if form == "iso" or (form == _ALMOST_ISO and _ALMOST_ISO_CELL.fullmatch(cell)):
                return datetime.fromisoformat(cell)
            return datetime.strptime(cell, form)  # noqa: DTZ007
        except (ValueError, OverflowError):
            continue
    return None
