"""Sales orders as a table, in the shape in which they are imported from a file. Out only: they come in by the file."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from itertools import groupby

from dockline.domain.accounts.queries import AccountRow
from dockline.domain.orders import queries as orders
from dockline.domain.orders.queries import PlacedLine
from dockline.domain.tables.rules import Cells, Shape
from dockline.flows.data.kind import Kind
from dockline.kit.measures import plain

_ADDRESS = (
    *("company", "contact", "line_1", "line_2", "suburb", "city", "state", "postcode", "country", "phone", "email"),
)
COLUMNS = (
    *("order_number", "placed_at", "customer_name", "customer_reference", *_ADDRESS),
    *("carrier", "service", "references", "currency", "ship_on", "deliver_by", "instructions"),
    *("line_number", "sku", "description", "quantity", "unit", "unit_price", "line_references"),
)


def _list(account: AccountRow) -> Iterator[Cells]:
    for _, group in groupby(orders.list_placed_lines(account.id), key=lambda line: line.order_number):
        lines = list(group)
        # Lines that are numbered as they stand need not say so: most files do not.
        numbered = [line.line_number for line in lines] != list(range(1, len(lines) + 1))
        for line in lines:
            yield _cells(line, is_numbered=numbered)


def _cells(line: PlacedLine, *, is_numbered: bool) -> Cells:
    return (
        line.order_number,
        line.placed_at.astimezone(UTC).isoformat(),
        line.customer_name,
        line.customer_reference,
        *(line.ship_to.get(name, "") for name in _ADDRESS),
        line.carrier,
        line.service,
        _pairs(line.references),
        line.currency,
        line.ship_on.isoformat() if line.ship_on else "",
        line.deliver_by.isoformat() if line.deliver_by else "",
        line.instructions,
        str(line.line_number) if is_numbered else "",
        line.sku,
        line.description,
        plain(line.quantity),
        line.unit,
        "" if line.unit_price is None else plain(line.unit_price),
        _pairs(line.line_references),
    )


def _pairs(references: Mapping[str, str]) -> str:
    return json.dumps(dict(references), ensure_ascii=False) if references else ""


ORDERS = Kind(
    name="orders",
    label="Sales orders",
    about="A row for each line, in the shape in which orders are imported: dockline import orders.",
    shape=Shape(COLUMNS, ("order_number", "line_number"), (5000,) * len(COLUMNS)),
    list_cells=_list,
)
