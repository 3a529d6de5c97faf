"""Sales orders as a table: a row for each line; those that are new are placed, and none is changed by a file.

Its shape is that of a file of orders, and what may be is judged where a file's orders are. Writes orders with their
lines and history. Wakes advance.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby

from dockline.domain.accounts.queries import AccountRow
from dockline.domain.orders import queries as orders
from dockline.domain.orders import staging
from dockline.domain.orders.queries import PlacedLine
from dockline.domain.orders.rules import ADDRESS, NEEDED_OF_ADDRESS, OrderStatus
from dockline.domain.products import queries as products
from dockline.domain.tables.rules import Cells, GivenRow, ImportMode, JudgedRow, Shape
from dockline.flows import job_names
from dockline.flows.data.cells import take_texts
from dockline.flows.data.kind import Change, Kind, Trouble, WayIn, read_cells, understand
from dockline.flows.data.order_cells import LONGEST_REFERENCES, make_readers
from dockline.flows.outbound import place_given
from dockline.flows.outbound.place_given import NewLine, NewOrder
from dockline.kit.measures import plain
from dockline.kit.queue import port as queue
from dockline.kit.sheet import SheetRow

HEAD = (
    *("order_number", "placed_at", "customer_name", "customer_reference", *ADDRESS),
    *("carrier", "service", "references", "currency", "ship_on", "deliver_by"),
    *("cancel_after", "requested_warehouse", "instructions", "status"),
)
LINE = ("line_number", "sku", "description", "quantity", "unit", "unit_price", "line_references")
COLUMNS = (*HEAD, *LINE)
SHAPE = Shape(
    COLUMNS,
    ("order_number", "line_number"),
    tuple(LONGEST_REFERENCES if column.endswith("references") else 5000 for column in COLUMNS),
)
READERS = make_readers()
LINE_NUMBER, UNIT = COLUMNS.index("line_number"), COLUMNS.index("unit")


def _list(account: AccountRow) -> Iterator[Cells]:
    for _, group in groupby(orders.list_placed_lines(account.id), key=lambda line: line.order_number):
        lines = list(group)
        # Lines that are numbered as they stand need not say so: most files do not.
        is_plain = [line.line_number for line in lines] == list(range(1, len(lines) + 1))
        for line in lines:
            yield _put(_cells(line), LINE_NUMBER, "") if is_plain else _cells(line)


def _cells(line: PlacedLine) -> Cells:
    return (
        line.order_number,
        _moment(line.placed_at),
        line.customer_name,
        line.customer_reference,
        *(line.ship_to.get(name, "") for name in ADDRESS),
        line.carrier,
        line.service,
        staging.write_texts(line.references),
        line.currency,
        line.ship_on.isoformat() if line.ship_on else "",
        line.deliver_by.isoformat() if line.deliver_by else "",
        _moment(line.cancel_after) if line.cancel_after else "",
        line.requested_warehouse or "",
        line.instructions,
        line.status,
        str(line.line_number),
        line.sku,
        line.description,
        plain(line.quantity),
        line.unit,
        "" if line.unit_price is None else plain(line.unit_price),
        staging.write_texts(line.line_references),
    )


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _put(cells: Cells, at: int, cell: str) -> Cells:
    return (*cells[:at], cell, *cells[at + 1 :])


def _find(account: AccountRow, names: Sequence[Cells]) -> Mapping[Cells, Cells]:
    found = map(_cells, orders.list_placed_lines(account.id, numbers=[number for (number,) in names]))
    return {SHAPE.key_of(cells): cells for cells in found}


def _read(account: AccountRow, rows: Sequence[SheetRow], there: Mapping[Cells, Cells]) -> Sequence[GivenRow]:
    known = {number: cells for (number, _), cells in there.items()}
    held = products.find_held(account.id, [row.cells[COLUMNS.index("sku")] for row in rows])

    def find_unit(cells: Cells) -> str:
        if before := there.get(SHAPE.key_of(cells)):
            return before[UNIT]
        variant = held.get(cells[COLUMNS.index("sku")])
        return variant.base.code if variant else ""

    given: list[GivenRow] = []
    new: list[list[GivenRow]] = []
    for number, group in groupby(rows, key=lambda row: row.cells[0]):
        before = known.get(number)
        lines = _read_order(list(group), find_unit, status=before[HEAD.index("status")] if before else "")
        given += lines
        if before is None and not any(line.reason for line in lines):
            new.append(lines)
    return _judge(account, given, new)


def _read_order(rows: Sequence[SheetRow], find_unit: Callable[[Cells], str], *, status: str) -> list[GivenRow]:
    """Read the rows of one order, which all say the same of it. One that is known has a `status` already."""
    is_numbered = any(row.cells[LINE_NUMBER] for row in rows)
    numbers = {row.at_row: str(number) for number, row in enumerate(rows, 1)}
    first: list[Cells] = []

    def read(row: SheetRow) -> GivenRow:
        def understand_cells(cells: Cells) -> Cells:
            said = read_cells(SHAPE, cells, READERS)
            first.append(said[: len(HEAD)])
            for column, here, above in zip(HEAD, said, first[0], strict=False):
                if here != above:
                    raise Trouble(column, "differs from the first row of this order")
            if not status:
                _require_new(said)
            if not is_numbered:
                said = _put(said, LINE_NUMBER, numbers[row.at_row])
            elif not said[LINE_NUMBER]:
                raise Trouble("line_number", "is empty, but other lines of the order have one")
            said = _put(said, HEAD.index("status"), said[HEAD.index("status")] or status or OrderStatus.APPROVED)
            return said if said[UNIT] else _put(said, UNIT, find_unit(said))

        return understand([row], understand_cells)[0]

    return [read(row) for row in rows]


def _require_new(cells: Cells) -> None:
    """What is placed now must say where it goes, and may not be under way already."""
    said = dict(zip(COLUMNS, cells, strict=True))
    if said["status"] not in ("", OrderStatus.APPROVED):
        reason = f"of a new order is approved. Leave out what is {said['status']}: it would be sent from here as well"
        raise Trouble("status", reason)
    for part in NEEDED_OF_ADDRESS:
        if not said[part].strip():
            raise Trouble(part, "is empty, so the order cannot be delivered")


def _judge(account: AccountRow, given: Sequence[GivenRow], new: Sequence[Sequence[GivenRow]]) -> list[GivenRow]:
    """Have the new orders judged as a file's are: whether their products, units and quantities are ours."""
    rows = [row for lines in new for row in lines]
    faults = place_given.find_faults(list(map(_content, new)), account_id=account.id) if new else []
    blamed = {rows[one.row - 1].at_row: one for one in faults if one.field}
    return [
        replace(row, field=one.field, reason=one.reason) if (one := blamed.get(row.at_row)) else row for row in given
    ]


def _content(rows: Sequence[GivenRow] | Sequence[JudgedRow]) -> NewOrder:
    said = dict(zip(COLUMNS, rows[0].cells, strict=True))
    is_plain = [row.cells[LINE_NUMBER] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    return NewOrder(
        number=said["order_number"],
        placed_at=datetime.fromisoformat(said["placed_at"]),
        customer_name=said["customer_name"],
        customer_reference=said["customer_reference"],
        ship_to={part: said[part] for part in ADDRESS if said[part]},
        carrier=said["carrier"],
        service=said["service"],
        references=take_texts(said["references"]),
        currency=said["currency"],
        ship_on=_day(said["ship_on"]),
        deliver_by=_day(said["deliver_by"]),
        cancel_after=datetime.fromisoformat(said["cancel_after"]) if said["cancel_after"] else None,
        requested_warehouse=said["requested_warehouse"],
        instructions=said["instructions"],
        lines=[_line(row.cells, is_numbered=not is_plain) for row in rows],
    )


def _line(cells: Cells, *, is_numbered: bool) -> NewLine:
    number, sku, description, quantity, unit, price, references = cells[len(HEAD) :]
    return NewLine(
        sku=sku,
        description=description,
        quantity=Decimal(quantity),
        unit=unit,
        unit_price=Decimal(price) if price else None,
        number=int(number) if is_numbered else None,
        references=take_texts(references),
    )


def _day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


def _write(change: Change, rows: Sequence[JudgedRow]) -> None:
    place_given.place_orders(
        [_content(list(lines)) for _, lines in groupby(rows, key=lambda row: row.cells[0])],
        account_id=change.account.id,
        source=change.source,
        actor=change.actor,
        now=change.now,
    )


def _follow(change: Change) -> None:
    queue.wake(job_names.ADVANCE, change.account.id)


ORDERS = Kind(
    name="orders",
    label="Sales orders",
    about="A row for each line. New orders are placed, approved; none is changed by a file. Personal data.",
    shape=SHAPE,
    list_cells=_list,
    way_in=WayIn(_find, _read, _write, whole=1, modes=(ImportMode.ADD,), follow=_follow),
    many_lines=frozenset({"instructions", "description"}),
)
