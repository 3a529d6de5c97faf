"""Accept orders that are given whole, one from a program or many from a table: each once, however often it is given.

They go the way of the orders of a file, so what may be and what is known is judged in one place.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import NoReturn

from django.db import IntegrityError, transaction

from dockline.domain.accounts.rules import AccountId
from dockline.domain.customers import queries as customers
from dockline.domain.dispatches.rules import format_quantity
from dockline.domain.orders import changing, staging
from dockline.domain.orders import queries as orders
from dockline.domain.orders.rules import ADDRESS, OrderId
from dockline.domain.orders.staging import Batch, Content, Policy, RowOutcome, Tally
from dockline.domain.warehouses import queries as warehouses
from dockline.flows import job_names
from dockline.flows.outbound.place import AccountChanged
from dockline.kit.copy_text import Row
from dockline.kit.errors import Conflict, Invalid
from dockline.kit.queue import port as queue

FIELDS = {"line_number": "number"}


@dataclass(frozen=True)
class NewLine:
    """One thing wanted; without a unit in the variant's base unit. Texts hold no control characters."""

    sku: str
    quantity: Decimal
    description: str = ""
    unit: str = ""
    unit_price: Decimal | None = None
    number: int | None = None
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NewOrder:
    """What somebody ordered. `ship_to` has the parts of an address in their order.

    `customer` is a code of the customers master list: what the order leaves out of name, address and references is
    taken from there as it is now, and is the order's own from then on. `requested_warehouse` is the code of the one
    warehouse that shall ship it.
    """

    number: str
    placed_at: datetime
    ship_to: Mapping[str, str]
    lines: Sequence[NewLine]
    _: KW_ONLY
    customer: str = ""
    customer_name: str = ""
    customer_reference: str = ""
    carrier: str = ""
    service: str = ""
    references: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    ship_on: date | None = None
    deliver_by: date | None = None
    instructions: str = ""
    cancel_after: datetime | None = None
    requested_warehouse: str = ""


@dataclass(frozen=True)
class Accepted:
    """The order's id; `is_new` unless it was there already with the same content."""

    order_id: OrderId
    is_new: bool


@transaction.atomic
def place_order(order: NewOrder, *, account_id: AccountId, source: str, actor: str, now: datetime) -> Accepted:
    """Place an order, or find it. Raises Invalid, which names the field; Conflict when it is known otherwise."""
    order = _complete(order, account_id)
    tally = _judge([order], account_id)
    if tally.refused:
        _refuse(list(staging.list_outcomes()), order)
    if tally.orders:
        _place(account_id, source=source, actor=actor, now=now)
        queue.wake(job_names.ADVANCE, account_id)
    (order_id,) = orders.list_order_ids_numbered(order.number, account_id=account_id)
    return Accepted(order_id, is_new=bool(tally.orders))


def name_warehouse(warehouse_id: int | None, *, account_id: int) -> str:
    """Return the code of the warehouse that an order asks for, if it does. Raises Invalid."""
    changing.check_warehouse(warehouse_id, warehouses.get_shipping(account_id))
    return "" if warehouse_id is None else warehouses.get_code(warehouse_id)


def find_faults(given: Sequence[NewOrder], *, account_id: int) -> list[RowOutcome]:
    """Say which lines cannot be placed, by their place among all lines from 1. Needs a transaction."""
    if not _judge(given, account_id).refused:
        return []
    return [outcome for outcome in staging.list_outcomes() if outcome.outcome == "refused"]


def place_orders(given: Sequence[NewOrder], *, account_id: int, source: str, actor: str, now: datetime) -> None:
    """Place new orders, all or none. Needs a transaction. Raises AccountChanged when one cannot be placed any more."""
    tally = _judge(given, account_id)
    if tally.orders != len(given):
        raise AccountChanged("Somebody changed the orders or products meanwhile; nothing was placed.")
    _place(account_id, source=source, actor=actor, now=now)


def _judge(given: Sequence[NewOrder], account_id: int) -> Tally:
    with staging.open_staging() as stage:
        stage(_write(given))
    return staging.judge_orders(account_id, policy=Policy())


def _place(account_id: int, *, source: str, actor: str, now: datetime) -> None:
    try:
        staging.place_orders(account_id, source=source[:100], actor=actor, now=now)
    except IntegrityError as error:
        raise AccountChanged("Somebody changed the products meanwhile; send the order again.") from error


def _complete(order: NewOrder, account_id: AccountId) -> NewOrder:
    """Take from its customer what the order leaves out."""
    if not order.customer:
        if not order.ship_to:
            raise Invalid("Say where the order goes, or name a customer.", field="ship_to")
        return order
    known = customers.find_content(account_id, order.customer)
    if known is None:
        raise Invalid(f"There is no customer {order.customer!r}. Import the customer first.", field="customer")
    return replace(
        order,
        customer_name=order.customer_name or known.name,
        ship_to=order.ship_to or {part: known.ship_to[part] for part in ADDRESS if part in known.ship_to},
        references={**known.references, **order.references},
    )


def _refuse(outcomes: Sequence[RowOutcome], order: NewOrder) -> NoReturn:
    # The row to blame names a field; the others name the row.
    blamed = next(row for row in outcomes if row.field)
    if blamed.field == "order_number":
        raise Conflict(f"Order {order.number} is there already with other content.", field="number")
    if blamed.field == "requested_warehouse":
        raise Invalid(f"{blamed.reason}.", field="requested_warehouse_id")
    place = f"lines.{blamed.row - 1}.{FIELDS.get(blamed.field, blamed.field)}"
    raise Invalid(f"{blamed.reason[:1].upper()}{blamed.reason[1:]}.", field=place)


def _write(given: Sequence[NewOrder]) -> Batch:
    """Write orders as the rows of a file, from row 1: equal content is equal text, whoever gives it."""
    runs: list[Row] = []
    lines: list[Row] = []
    for number, order in enumerate(given, 1):
        said = list(map(_cells, order.lines))
        content = Content()
        positions = content.add(Content.join(list(zip(*said, strict=True))))
        run = str(number)
        runs.append((run, str(len(lines) + 1), str(len(said)), content.digest(), *_head(order)))
        lines += [
            (str(at), run, str(position), *cells)
            for at, position, cells in zip(count(len(lines) + 1), positions, said, strict=False)
        ]
    return Batch(runs=runs, lines=list(zip(*lines, strict=True)))


def _head(order: NewOrder) -> Row:
    return (
        order.number,
        order.placed_at.isoformat(),
        order.customer_name,
        order.customer_reference,
        _write_address(order.ship_to),
        order.service,
        order.currency,
        _write_day(order.ship_on),
        _write_day(order.deliver_by),
        order.instructions,
        order.carrier,
        staging.write_texts(order.references),
        order.cancel_after.isoformat() if order.cancel_after else "",
        order.requested_warehouse,
        "",
    )


def _cells(line: NewLine) -> tuple[str, ...]:
    return (
        line.sku,
        line.description,
        format_quantity(line.quantity),
        line.unit,
        "" if line.unit_price is None else format_quantity(line.unit_price),
        "" if line.number is None else str(line.number),
        staging.write_texts(line.references),
    )


def _write_address(parts: Mapping[str, str]) -> str:
    return json.dumps({name: text for name, text in parts.items() if text}, ensure_ascii=False)


def _write_day(day: date | None) -> str:
    return day.isoformat() if day else ""
