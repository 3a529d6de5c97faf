"""Purchase orders as a table: a row for each line; those that are new are placed, and none is changed by a file.

Writes purchase orders with their lines and history. Wakes their export.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import groupby

from dockline.domain.accounts.queries import AccountRow
from dockline.domain.products.operations import LONGEST_SKU, LONGEST_UNIT
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases import queries as purchase_queries
from dockline.domain.purchases.operations import (
    LONGEST_INSTRUCTIONS,
    LONGEST_LOT,
    LONGEST_NUMBER,
    LONGEST_SUPPLIER,
    NewPurchaseLine,
    PurchaseContent,
)
from dockline.domain.purchases.queries import OrderedLine
from dockline.domain.purchases.rules import PurchaseStatus
from dockline.domain.tables.rules import Cells, GivenRow, ImportMode, JudgedRow, Shape
from dockline.domain.warehouses import queries as warehouses
from dockline.flows.data.kind import Change, Kind, Trouble, WayIn, read_number, understand
from dockline.flows.inbound import place
from dockline.kit.errors import Invalid
from dockline.kit.measures import plain
from dockline.kit.sheet import SheetRow

HEAD = ("number", "warehouse", "supplier", "arrival_on", "instructions", "status")
SHAPE = Shape(
    (*HEAD, "line", "sku", "unit", "quantity", "lot", "serial", "expires_on"),
    ("number", "line"),
    (
        *(LONGEST_NUMBER, 100, LONGEST_SUPPLIER, 10, LONGEST_INSTRUCTIONS, 20),
        *(5, LONGEST_SKU, LONGEST_UNIT, 30, LONGEST_LOT, LONGEST_LOT, 10),
    ),
)
PLACED_AS = (PurchaseStatus.DRAFT, PurchaseStatus.APPROVED)


def _cells(line: OrderedLine) -> Cells:
    head = (line.number, line.warehouse, line.supplier, _day(line.arrival_on), line.instructions, line.status)
    what = (str(line.line), line.sku, line.unit, plain(line.quantity), line.lot, line.serial, _day(line.expires_on))
    return head + what


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _list(account: AccountRow) -> Iterator[Cells]:
    return map(_cells, purchase_queries.list_ordered_lines(account.id))


def _find(account: AccountRow, names: Sequence[Cells]) -> Mapping[Cells, Cells]:
    found = map(_cells, purchase_queries.list_ordered_lines(account.id, numbers=[number for (number,) in names]))
    return {SHAPE.key_of(cells): cells for cells in found}


def _read(account: AccountRow, rows: Sequence[SheetRow], there: Mapping[Cells, Cells]) -> Sequence[GivenRow]:
    places = {row.code: row.id for row in warehouses.list_warehouses(account_id=account.id) if not row.is_virtual}
    given: list[GivenRow] = []
    for number, group in groupby(rows, key=lambda row: row.cells[0]):
        given += _read_order(account, list(group), places, is_known=(number, "1") in there)
    return given


def _read_order(
    account: AccountRow, rows: Sequence[SheetRow], places: Mapping[str, int], *, is_known: bool
) -> list[GivenRow]:
    """Read the rows of one purchase order: all say the same of it, and lines are numbered as they stand."""
    head = rows[0].cells[1:6]
    at = {row.at_row: number for number, row in enumerate(rows, 1)}

    def read(cells: Cells, *, at_row: int) -> Cells:
        number, warehouse, supplier, arrival_on, instructions, status = cells[:6]
        line, sku, unit, quantity, lot, serial, expires_on = cells[6:]
        for column, here, first in zip(HEAD[1:], cells[1:6], head, strict=True):
            if here != first:
                raise Trouble(column, "differs from the first row of this purchase order")
        if warehouse not in places:
            raise Trouble("warehouse", f"is no warehouse of this account; they are {', '.join(sorted(places))}")
        status = status or PurchaseStatus.APPROVED
        if not is_known and status not in PLACED_AS:
            raise Trouble("status", "of a new purchase order is draft or approved")
        if line and line != str(at[at_row]):
            raise Trouble("line", f"must be {at[at_row]}: lines are numbered from 1 as they stand")
        days = (_read_day("arrival_on", arrival_on), _read_day("expires_on", expires_on))
        said = (number, warehouse, supplier, days[0], instructions, status)
        amount = plain(read_number("quantity", quantity))
        return (*said, str(at[at_row]), sku, unit, amount, lot, serial, days[1])

    given = [one for row in rows for one in understand([row], partial(read, at_row=row.at_row))]
    if any(row.reason for row in given):
        return given
    try:
        units = purchases.check_content(account.id, _content(given))
    except Invalid as problem:
        return _blame(given, problem)
    return [
        GivenRow(row.at_row, (*row.cells[:8], unit, *row.cells[9:])) for row, unit in zip(given, units, strict=True)
    ]


def _blame(rows: Sequence[GivenRow], problem: Invalid) -> list[GivenRow]:
    """Put what is wrong with the whole on the row it is about."""
    _, _, place = problem.field.partition("lines.")
    index, _, field = place.partition(".")
    guilty = int(index) if index.isdigit() else 0
    reason = f"cannot be so: {problem.message.rstrip('.')}"
    return [
        GivenRow(row.at_row, row.cells, field or problem.field, reason) if at == guilty else row
        for at, row in enumerate(rows)
    ]


def _read_day(field: str, cell: str) -> str:
    if not cell:
        return ""
    try:
        return date.fromisoformat(cell).isoformat()
    except ValueError:
        raise Trouble(field, f"{cell!r} is not a day such as 2026-03-04") from None


def _content(rows: Sequence[GivenRow] | Sequence[JudgedRow]) -> PurchaseContent:
    number, _, supplier, arrival_on, instructions, _ = rows[0].cells[:6]
    return PurchaseContent(
        number=number,
        supplier=supplier,
        arrival_on=date.fromisoformat(arrival_on) if arrival_on else None,
        instructions=instructions,
        lines=tuple(
            NewPurchaseLine(sku, Decimal(quantity), lot, serial, date.fromisoformat(day) if day else None, unit)
            for sku, unit, quantity, lot, serial, day in (row.cells[7:] for row in rows)
        ),
    )


def _write(change: Change, rows: Sequence[JudgedRow]) -> None:
    places = {row.code: row.id for row in warehouses.list_warehouses(account_id=change.account.id)}
    for _, group in groupby(rows, key=lambda row: row.cells[0]):
        lines = list(group)
        place.place_purchase(
            account_id=change.account.id,
            warehouse_id=places[lines[0].cells[1]],
            content=_content(lines),
            as_draft=lines[0].cells[5] == PurchaseStatus.DRAFT,
            actor=change.actor,
            now=change.now,
        )


PURCHASES = Kind(
    name="purchases",
    label="Purchase orders",
    about="A row for each line. New purchase orders are placed, as a draft or approved; none is changed by a file.",
    shape=SHAPE,
    list_cells=_list,
    way_in=WayIn(_find, _read, _write, whole=1, modes=(ImportMode.ADD,)),
    many_lines=frozenset({"instructions"}),
)
