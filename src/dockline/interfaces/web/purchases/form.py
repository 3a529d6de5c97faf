"""What the form of a purchase order says: kept as it was typed, and read into the content it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from dockline.domain.dispatches.rules import format_quantity
from dockline.domain.purchases.queries import PurchaseLineRow, PurchaseRow
from dockline.flows.inbound.place import NewPurchaseLine, PurchaseContent
from dockline.kit.errors import Invalid, Problem

CELLS = ("sku", "quantity", "unit", "lot", "serial", "expires_on")
EMPTY_ROWS = 3
MOST_ROWS = 150
"""As many lines as one form can carry; what has more comes from a program."""


@dataclass(frozen=True)
class Row:
    """One line as it was typed; `trouble` is what is wrong with it."""

    number: int
    sku: str = ""
    quantity: str = ""
    unit: str = ""
    lot: str = ""
    serial: str = ""
    expires_on: str = ""
    trouble: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not any((self.sku, self.quantity, self.unit, self.lot, self.serial, self.expires_on))


@dataclass(frozen=True)
class Form:
    """A purchase order as it was typed."""

    number: str
    warehouse: str
    supplier: str = ""
    arrival_on: str = ""
    instructions: str = ""
    version: str = ""
    rows: tuple[Row, ...] = ()

    @property
    def warehouse_id(self) -> int:
        """The chosen warehouse; 0, which is none, for what could not be one."""
        return (
            int(self.warehouse)
            if self.warehouse.isascii() and self.warehouse.isdigit() and len(self.warehouse) < 19
            else 0
        )

    @property
    def seen_version(self) -> int:
        """The version of the draft that was seen when the form was opened."""
        return _number(self.version)

    def read(self) -> PurchaseContent:
        """What the form means; lines left empty count for nothing. Raises Invalid, which names the field."""
        said = [row for row in self.rows if not row.is_empty]
        return PurchaseContent(
            number=self.number,
            lines=[_line(row, index) for index, row in enumerate(said)],
            supplier=self.supplier,
            arrival_on=_day(self.arrival_on, field="arrival_on"),
            instructions=self.instructions,
        )

    def with_room(self, problem: Problem | None = None) -> tuple[Row, ...]:
        """The rows to show: those with something in them, what is wrong beside it, and some empty ones."""
        kept = [row for row in self.rows if not row.is_empty]
        at = _row_of(problem) if problem else None
        rows = [
            replace(row, number=index, trouble=problem.message if problem and index == at else "")
            for index, row in enumerate(kept)
        ]
        room = min(EMPTY_ROWS, MOST_ROWS - len(rows))
        return (*rows, *(Row(len(rows) + more) for more in range(room)))


def typed(given: Mapping[str, str]) -> Form:
    """What was sent; rows are numbered from 0 without a gap."""
    rows: list[Row] = []
    while len(rows) < MOST_ROWS and f"r{len(rows)}-sku" in given:
        rows.append(Row(len(rows), *(_text(given, f"r{len(rows)}-{cell}") for cell in CELLS)))
    head = {name: _text(given, name) for name in ("number", "warehouse", "supplier", "arrival_on", "version")}
    return Form(**head, instructions=given.get("instructions", "").replace("\x00", "").strip(), rows=tuple(rows))


def stored(order: PurchaseRow, lines: Sequence[PurchaseLineRow]) -> Form:
    """A draft as it stands, to be changed."""
    return Form(
        number=order.number,
        warehouse=str(order.warehouse_id),
        supplier=order.supplier,
        arrival_on=order.arrival_on.isoformat() if order.arrival_on else "",
        instructions=order.instructions,
        version=str(order.version),
        rows=tuple(
            Row(
                index,
                line.sku,
                format_quantity(line.quantity),
                line.unit,
                line.lot,
                line.serial,
                line.expires_on.isoformat() if line.expires_on else "",
            )
            for index, line in enumerate(lines)
        ),
    )


def _line(row: Row, index: int) -> NewPurchaseLine:
    try:
        quantity = Decimal(row.quantity)
    except InvalidOperation:
        raise Invalid(
            f"{row.sku or 'A line'}: give the quantity as a number, such as 12 or 2.5.", field=f"lines.{index}.quantity"
        ) from None
    return NewPurchaseLine(
        sku=row.sku,
        quantity=quantity,
        lot=row.lot,
        serial=row.serial,
        expires_on=_day(row.expires_on, field=f"lines.{index}.expires_on"),
        unit=row.unit,
    )


def _day(text: str, *, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(f"{text!r} is not a day of the form 2026-03-31.", field=field) from None


def _row_of(problem: Problem) -> int | None:
    kind, _, rest = problem.field.partition(".")
    place = rest.partition(".")[0]
    return int(place) if kind == "lines" and place.isdigit() else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _text(given: Mapping[str, str], name: str) -> str:
    return given.get(name, "").replace("\x00", "").strip()[:500]
