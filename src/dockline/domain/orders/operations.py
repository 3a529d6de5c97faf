"""Lock, move and close sales orders."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal

import msgspec
from django.db import connection
from django.db.models import Max

from dockline.domain.dispatches.rules import WishState
from dockline.domain.orders.changing import Difference, JudgedLine, OrderContent, OrderHeader
from dockline.domain.orders.models import OrderChange, SalesOrder, SalesOrderLine
from dockline.domain.orders.queries import UnknownOrder
from dockline.domain.orders.rules import OPEN_STATUSES, OrderStatus
from dockline.kit import structs


def lock_due_orders(account_id: int, *, now: datetime, most: int) -> list[SalesOrder]:
    """Lock the account's open orders whose time has come, oldest first, leaving out what others hold."""
    return list(
        SalesOrder.objects.select_for_update(skip_locked=True)
        .filter(account_id=account_id, wake_at__lte=now, status__in=OPEN_STATUSES)
        .order_by("placed_at", "id")[:most]
    )


def save_orders(orders: Sequence[SalesOrder]) -> None:
    """Store locked orders in one statement."""
    SalesOrder.objects.bulk_update(
        orders, ["status", "is_backordered", "waiting_reason", "wake_at", "closed_at"], batch_size=500
    )


def wake_orders(order_ids: Iterable[int], *, now: datetime) -> None:
    """Have these orders looked at."""
    SalesOrder.objects.filter(id__in=list(order_ids), status__in=OPEN_STATUSES).update(wake_at=now)


def postpone_due(account_id: int, *, until: datetime, now: datetime) -> None:
    """Put off the account's orders that are due, after looking at them has failed."""
    SalesOrder.objects.filter(account_id=account_id, wake_at__lte=now, status__in=OPEN_STATUSES).update(wake_at=until)


def lock_order(order_id: int) -> SalesOrder:
    """Lock one order. Raises UnknownOrder."""
    order = SalesOrder.objects.select_for_update().filter(id=order_id).first()
    if order is None:
        raise UnknownOrder()
    return order


def want_cancelled(order: SalesOrder, *, by: str, now: datetime) -> None:
    """Keep on a locked order that nothing more of it shall go, and have it looked at."""
    order.cancel_asked_at, order.cancel_asked_by = order.cancel_asked_at or now, order.cancel_asked_by or by[:150]
    order.wake_at = now
    order.save(update_fields=["cancel_asked_at", "cancel_asked_by", "wake_at"])


def put_on_hold(order: SalesOrder, *, by: str, reason: str, until: datetime | None, now: datetime) -> None:
    """Keep on a locked order that a person has it on hold; one that is keeps its beginning."""
    order.held_at = order.held_at or now
    order.held_by, order.held_reason, order.held_until = by[:150], reason, until
    order.save(update_fields=_HOLD)


def take_off_hold(orders: Sequence[SalesOrder]) -> None:
    """End the hold of locked orders; those that are not on hold stay as they are."""
    for order in orders:
        if order.held_at is not None:
            order.held_at, order.held_by, order.held_reason, order.held_until = None, "", "", None
            order.save(update_fields=_HOLD)


_HOLD = ("held_at", "held_by", "held_reason", "held_until")


def ask_change(
    order: SalesOrder,
    content: OrderContent,
    differences: Sequence[Difference],
    *,
    by: str,
    now: datetime,
    deadline: datetime,
) -> None:
    """Keep that a locked order shall be changed once a warehouse has made room for it."""
    OrderChange.objects.create(
        order=order,
        version=order.version,
        state=WishState.ASKED,
        wanted=msgspec.to_builtins(content),
        differences=msgspec.to_builtins(differences),
        asked_by=by[:150],
        asked_at=now,
        deadline=deadline,
    )


def lock_changes(order_ids: Iterable[int]) -> dict[int, OrderChange]:
    """Lock the newest change of each of these orders that has one."""
    rows = OrderChange.objects.select_for_update().filter(order_id__in=list(order_ids)).order_by("id")
    return {row.order_id: row for row in rows}


def read_change(change: OrderChange) -> OrderContent:
    """Read what a change that was not accepted wants."""
    header = change.wanted["header"]
    if "requested_warehouse_id" not in header:
        # The release before did not ask for warehouses: which one is asked for stays as it is.
        header = {**header, "requested_warehouse_id": change.order.requested_warehouse_id}
    return structs.convert({**change.wanted, "header": header}, OrderContent, strict=False)


def answer_change(change: OrderChange, state: WishState, *, reason: str, now: datetime) -> None:
    """Keep what came of a locked change. What was accepted is on the order, and not kept twice."""
    change.state, change.reason, change.answered_at = state, reason, now
    change.wanted = {} if state == WishState.ACCEPTED else change.wanted
    change.save(update_fields=["state", "reason", "answered_at", "wanted"])


def change_content(order: SalesOrder, header: OrderHeader, lines: Sequence[JudgedLine]) -> None:
    """Put another header and changed or new lines on a locked order, and count its version up."""
    for name in _HEADER:
        setattr(order, name, getattr(header, name))
    order.version += 1
    order.save(update_fields=[*_HEADER, "version"])
    known = {row.number: row for row in SalesOrderLine.objects.filter(order=order).order_by("number")}
    changed: list[SalesOrderLine] = []
    new: list[SalesOrderLine] = []
    for line in lines:
        row = known.get(line.number) if line.number is not None else None
        if row is None:
            number = max([*known, *(one.number for one in new)], default=0) + 1
            new.append(SalesOrderLine(order=order, number=number, variant_id=line.variant_id, sku=line.sku))
            row = new[-1]
        else:
            changed.append(row)
        if line.quantity:
            row.quantity, row.unit, row.base_quantity = line.quantity, line.unit, line.base_quantity
        # A line wants something for ever; what is taken away again is cancelled.
        row.cancelled_quantity = Decimal(0) if line.quantity else row.base_quantity
    SalesOrderLine.objects.bulk_update(changed, ["quantity", "unit", "base_quantity", "cancelled_quantity"])
    SalesOrderLine.objects.bulk_create(new)


_HEADER = tuple(field.name for field in fields(OrderHeader))


def add_cancelled_quantities(quantities: Mapping[int, Decimal]) -> None:
    """Add to what is cancelled of each line; what turns out to go after all is taken away."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE orders_salesorderline line
            SET cancelled_quantity = least(line.base_quantity, greatest(0, line.cancelled_quantity + more.quantity))
            FROM unnest(%s::bigint[], %s::numeric[]) AS more(line_id, quantity) WHERE line.id = more.line_id
            """,
            [list(quantities.keys()), list(quantities.values())],
        )
    _fold_bundles(quantities)


def reopen_orders(order_ids: Iterable[int], *, reason: str) -> None:
    """Take closed orders up again that turn out not to have shipped completely; a person decides what follows."""
    closed = (OrderStatus.SHIPPED, OrderStatus.CANCELLED)
    SalesOrder.objects.filter(id__in=list(order_ids), status__in=closed).update(
        status=OrderStatus.FULFILLING, closed_at=None, waiting_reason=reason
    )


def explain_waiting(order_ids: Iterable[int], *, reason: str) -> None:
    """Say on these open orders why they wait."""
    SalesOrder.objects.filter(id__in=list(order_ids), status__in=OPEN_STATUSES).update(waiting_reason=reason)


def wake_backorders(account_id: int, *, variant_ids: Sequence[int] | None, now: datetime) -> int:
    """Have the account's backordered orders looked at that want one of these variants, or any. Returns how many.

    An order wants what may be sent instead of its products as well.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE orders_salesorder waiting SET wake_at = %(now)s
            WHERE waiting.account_id = %(account)s AND waiting.is_backordered AND waiting.status = ANY(%(open)s)
              AND EXISTS (SELECT 1 FROM orders_salesorderline line
                          WHERE line.order_id = waiting.id
                            AND (%(variants)s::bigint[] IS NULL OR line.variant_id = ANY(%(variants)s)
                                 OR EXISTS (SELECT 1 FROM products_alternate other
                                            WHERE other.variant_id = line.variant_id AND other.is_active
                                              AND other.alternate_id = ANY(%(variants)s)))
                            AND line.shipped_quantity + line.cancelled_quantity < line.base_quantity)
            """,
            {
                "now": now,
                "account": account_id,
                "open": [str(status) for status in OPEN_STATUSES],
                "variants": None if variant_ids is None else list(variant_ids),
            },
        )
        return int(cursor.rowcount)


def add_shipped_quantities(quantities: Mapping[int, Decimal]) -> None:
    """Add to what has been shipped of each line; a correction by the warehouse may take away."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE orders_salesorderline line SET shipped_quantity = line.shipped_quantity + more.quantity
            FROM unnest(%s::bigint[], %s::numeric[]) AS more(line_id, quantity) WHERE line.id = more.line_id
            """,
            [list(quantities.keys()), list(quantities.values())],
        )
    _fold_bundles(quantities)


@dataclass(frozen=True)
class NewPart:
    """A component of an order line of a bundle: how many base units of it are in one bundle, and of all."""

    line_id: int
    variant_id: int
    sku: str
    base_unit: str
    description: str
    per_bundle: Decimal
    quantity: Decimal


def explode_lines(parts: Sequence[NewPart]) -> None:
    """Put the components of lines of bundles beside them; from then on they are what ships. Needs a transaction."""
    bundles = {line.pk: line for line in SalesOrderLine.objects.filter(id__in={part.line_id for part in parts})}
    order_ids = {line.order_id for line in bundles.values()}
    last = dict(SalesOrderLine.objects.filter(order_id__in=order_ids).values_list("order_id").annotate(Max("number")))
    made = []
    for part in parts:
        bundle = bundles[part.line_id]
        last[bundle.order_id] += 1
        made.append(
            SalesOrderLine(
                order_id=bundle.order_id,
                number=last[bundle.order_id],
                variant_id=part.variant_id,
                sku=part.sku,
                description=part.description,
                quantity=part.quantity,
                unit=part.base_unit,
                base_quantity=part.quantity,
                references=bundle.references,
                part_of=bundle,
                per_bundle=part.per_bundle,
            )
        )
    SalesOrderLine.objects.bulk_create(made, batch_size=2000)
    SalesOrderLine.objects.filter(id__in=bundles).update(is_bundle=True)


def _fold_bundles(line_ids: Iterable[int]) -> None:
    """Say of bundles how many whole ones have shipped, and how many can ship no more, from what their parts say."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD_BUNDLES, [list(line_ids)])


FOLD_BUNDLES = """
UPDATE orders_salesorderline bundle
SET shipped_quantity = folded.shipped, cancelled_quantity = bundle.base_quantity - folded.may_ship
FROM (SELECT whole.id,
             CASE WHEN bool_and(part.shipped_quantity >= part.base_quantity) THEN whole.base_quantity
                  ELSE least(whole.base_quantity, min(div(part.shipped_quantity, part.per_bundle))) END AS shipped,
             CASE WHEN bool_and(part.cancelled_quantity = 0) THEN whole.base_quantity
                  ELSE min(div(part.base_quantity - part.cancelled_quantity, part.per_bundle)) END AS may_ship
      FROM orders_salesorderline whole JOIN orders_salesorderline part ON part.part_of_id = whole.id
      WHERE whole.id IN (SELECT part_of_id FROM orders_salesorderline WHERE id = ANY(%s) AND part_of_id IS NOT NULL)
      GROUP BY whole.id) folded
WHERE bundle.id = folded.id
"""
