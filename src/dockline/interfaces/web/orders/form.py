"""What the form of an order says: kept as it was typed, and read into the content it means."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from dockline.domain.dispatches.rules import format_quantity
from dockline.domain.orders.changing import ADDRESS, OrderContent, OrderHeader, WantedLine
from dockline.domain.orders.queries import OrderDetail
from dockline.kit.errors import Invalid, Problem

MOMENT = "%Y-%m-%dT%H:%M"
"""How a form writes a moment."""

TEXTS = ("customer_name", "customer_reference", "carrier", "service")
DAYS = ("ship_on", "deliver_by")
WAREHOUSE = "requested_warehouse_id"
NAMES = (*TEXTS, *DAYS, *ADDRESS, "instructions", "cancel_after", WAREHOUSE)
CELLS = ("line", "sku", "quantity", "unit")
EMPTY_ROWS = 2
MOST_ROWS = 200
"""As many lines as one form can carry; what has more is changed by a program."""


@dataclass(frozen=True)
class Row:
    """One line as it was typed; `line` is its number in the order, empty for a new one; `trouble` is what is wrong."""

    number: int
    line: str = ""
    sku: str = ""
    quantity: str = ""
    unit: str = ""
    trouble: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not any((self.line, self.sku, self.quantity, self.unit))


@dataclass(frozen=True)
class Form:
    """An order as it was typed: each field and each part of the address by its name, and its lines."""

    values: Mapping[str, str]
    rows: tuple[Row, ...]
    version: str

    @property
    def seen_version(self) -> int:
        """The version of the order that was seen when the form was opened."""
        return int(self.version) if self.version.isascii() and self.version.isdigit() and len(self.version) < 19 else 0

    @property
    def address(self) -> list[tuple[str, str, str, int]]:
        """The parts of the address: name, label, text and how long it may be."""
        return [(name, _label(name), self.values.get(name, ""), longest) for name, longest in ADDRESS.items()]

    def read(self) -> OrderContent:
        """What the form means. Raises Invalid, which names the field."""
        said = {name: self.values.get(name, "") for name in NAMES}
        header = OrderHeader(
            customer_name=said["customer_name"],
            customer_reference=said["customer_reference"],
            ship_to={name: said[name] for name in ADDRESS if said[name]},
            carrier=said["carrier"],
            service=said["service"],
            ship_on=_day(said["ship_on"], field="ship_on"),
            deliver_by=_day(said["deliver_by"], field="deliver_by"),
            instructions=said["instructions"],
            cancel_after=read_moment(said["cancel_after"], field="cancel_after"),
            requested_warehouse_id=_choice(said[WAREHOUSE], field=WAREHOUSE),
        )
        rows = [row for row in self.rows if not row.is_empty]
        return OrderContent(header, tuple(_line(row, place) for place, row in enumerate(rows)))

    def with_room(self, problem: Problem | None = None) -> tuple[Row, ...]:
        """The rows to show: those with something in them, what is wrong beside it, and some empty ones."""
        kept = [row for row in self.rows if not row.is_empty]
        kind, _, rest = problem.field.partition(".") if problem else ("", "", "")
        at = rest.partition(".")[0] if kind == "lines" else ""
        rows = [
            replace(row, number=place, trouble=problem.message if problem and str(place) == at else "")
            for place, row in enumerate(kept)
        ]
        return (*rows, *(Row(len(rows) + more) for more in range(min(EMPTY_ROWS, MOST_ROWS - len(rows)))))


def typed(given: Mapping[str, str]) -> Form:
    """What was sent; rows are numbered from 0 without a gap."""
    rows: list[Row] = []
    while len(rows) < MOST_ROWS and f"r{len(rows)}-quantity" in given:
        rows.append(Row(len(rows), *(_text(given, f"r{len(rows)}-{cell}") for cell in CELLS)))
    return Form({name: _text(given, name) for name in NAMES}, tuple(rows), _text(given, "version"))


def stored(order: OrderDetail) -> Form:
    """An order as it stands, to be changed."""
    header = order.content.header
    values = {name: getattr(header, name) for name in (*TEXTS, "instructions")}
    values |= {name: day.isoformat() for name in DAYS if (day := getattr(header, name))}
    values |= dict(header.ship_to)
    values["cancel_after"] = header.cancel_after.astimezone(UTC).strftime(MOMENT) if header.cancel_after else ""
    values[WAREHOUSE] = str(header.requested_warehouse_id or "")
    rows = (
        Row(place, str(line.number), line.sku, format_quantity(line.quantity), line.unit)
        for place, line in enumerate(order.content.lines)
    )
    return Form(values, tuple(rows), str(order.version))


def read_moment(text: str, *, field: str) -> datetime | None:
    """Read a moment in UTC, as a form writes it. Raises Invalid."""
    try:
        return datetime.strptime(text, MOMENT).replace(tzinfo=UTC) if text else None
    except ValueError:
        raise Invalid("Give a moment such as 2026-03-31T09:00, in UTC.", field=field) from None


def _line(row: Row, place: int) -> WantedLine:
    try:
        quantity = Decimal(row.quantity)
    except InvalidOperation:
        raise Invalid(
            f"{row.sku or 'A line'}: give the quantity as a number, such as 12 or 2.5; 0 takes the line away.",
            field=f"lines.{place}.quantity",
        ) from None
    is_known = row.line.isascii() and row.line.isdigit() and len(row.line) < 10
    return WantedLine(int(row.line) if is_known else None, row.sku, quantity, row.unit)


def _choice(text: str, *, field: str) -> int | None:
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid("Choose one of the list.", field=field)
    return int(text) if text else None


def _day(text: str, *, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(f"{text!r} is not a day of the form 2026-03-31.", field=field) from None


def _label(name: str) -> str:
    return {"line_1": "Street", "line_2": "Street, second line", "email": "E-mail"}.get(name, name.capitalize())


def _text(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "").replace("\x00", "").replace("\r\n", "\n").strip()
    return text if name == "instructions" else text[:500]
