"""What is asked about sales orders by themselves; with their shipments see the shipments slice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q

from dockline.domain.accounts.rules import AccountId
from dockline.domain.dispatches.rules import WishState
from dockline.domain.orders.changing import Difference, OrderContent, OrderHeader, WantedLine
from dockline.domain.orders.models import OrderChange, SalesOrder, SalesOrderLine
from dockline.domain.orders.rules import OPEN_STATUSES, LineId, OrderId, OrderStatus
from dockline.domain.products.rules import VariantId
from dockline.kit.errors import NotFound


class UnknownOrder(NotFound):
    """There is no such order."""


@dataclass(frozen=True)
class OrderLineDetail:
    """One line. `quantity` is in `unit`, the other quantities are in the base unit."""

    id: LineId
    number: int
    variant_id: VariantId
    sku: str
    description: str
    quantity: Decimal
    unit: str
    base_unit: str
    ordered: Decimal
    shipped: Decimal
    cancelled: Decimal
    references: dict[str, str]
    is_bundle: bool = False
    part_of: int | None = None
    per_bundle: Decimal | None = None
    loose: Decimal = Decimal(0)
    """The number of the bundle's line it is part of, how many make one, and what shipped beyond whole bundles."""

    @property
    def remaining(self) -> Decimal:
        """Ordered minus shipped minus cancelled, never below zero."""
        return max(self.ordered - self.shipped - self.cancelled, Decimal(0))


@dataclass(frozen=True)
class Hold:
    """That a person has an order on hold: since when, why, and perhaps until when."""

    since: datetime
    by: str
    reason: str
    until: datetime | None


@dataclass(frozen=True)
class ChangeRow:
    """A change that a warehouse was asked to make room for: how it stands, and what it comes to."""

    state: WishState
    asked_by: str
    asked_at: datetime
    deadline: datetime
    answered_at: datetime | None
    reason: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class OrderDetail:
    """One order with its lines. `ship_to` and `customer_name` are personal data."""

    id: OrderId
    account_id: AccountId
    account_name: str
    number: str
    status: OrderStatus
    placed_at: datetime
    customer_name: str
    customer_reference: str
    ship_to: dict[str, Any]
    carrier: str
    service: str
    references: dict[str, str]
    ship_on: date | None
    deliver_by: date | None
    instructions: str
    requested_warehouse_id: int | None
    requested_warehouse_name: str
    source: str
    is_backordered: bool
    waiting_reason: str
    cancel_after: datetime | None
    cancel_asked_at: datetime | None
    cancel_asked_by: str
    hold: Hold | None
    version: int
    change: ChangeRow | None
    """The newest change that a warehouse was asked about."""
    created_at: datetime
    closed_at: datetime | None
    lines: tuple[OrderLineDetail, ...]

    @property
    def content(self) -> OrderContent:
        """What of it can be changed, as it is; of a line that was taken away nothing is wanted.

        The components of a bundle follow its line and are not changed by themselves.
        """
        header = {field.name: getattr(self, field.name) for field in fields(OrderHeader)}
        lines = (
            WantedLine(
                line.number, line.sku, Decimal(0) if line.cancelled >= line.ordered else line.quantity, line.unit
            )
            for line in self.lines
            if line.part_of is None
        )
        return OrderContent(OrderHeader(**header), tuple(lines))


def get_order(order_id: OrderId) -> OrderDetail:
    """Return one order with its lines. Raises UnknownOrder."""
    order = SalesOrder.objects.select_related("account", "requested_warehouse").filter(pk=order_id).first()
    if order is None:
        raise UnknownOrder()
    lines = SalesOrderLine.objects.filter(order_id=order_id).select_related("variant").order_by("number", "id")
    bundles = {line.pk: line for line in lines if line.is_bundle}
    return OrderDetail(
        id=OrderId(order.pk),
        account_id=AccountId(order.account_id),
        account_name=order.account.name,
        number=order.number,
        status=OrderStatus(order.status),
        placed_at=order.placed_at,
        customer_name=order.customer_name,
        customer_reference=order.customer_reference,
        ship_to=order.ship_to,
        carrier=order.carrier,
        service=order.service,
        references=order.references,
        ship_on=order.ship_on,
        deliver_by=order.deliver_by,
        instructions=order.instructions,
        requested_warehouse_id=order.requested_warehouse_id,
        requested_warehouse_name=order.requested_warehouse.name if order.requested_warehouse else "",
        source=order.source,
        is_backordered=order.is_backordered,
        waiting_reason=order.waiting_reason,
        cancel_after=order.cancel_after,
        cancel_asked_at=order.cancel_asked_at,
        cancel_asked_by=order.cancel_asked_by,
        hold=hold_of(order),
        version=order.version,
        change=_find_change(order.pk),
        created_at=order.created_at,
        closed_at=order.closed_at,
        lines=tuple(_line(line, bundles) for line in sorted(lines, key=lambda line: _place(line, bundles))),
    )


def _find_change(order_id: int) -> ChangeRow | None:
    row = OrderChange.objects.filter(order_id=order_id).order_by("-id").first()
    if row is None:
        return None
    return ChangeRow(
        state=WishState(row.state),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        deadline=row.deadline,
        answered_at=row.answered_at,
        reason=row.reason,
        differences=tuple(Difference(**one) for one in row.differences),
    )


def list_changing(order_ids: Sequence[int]) -> set[int]:
    """Return for which of these orders a warehouse is asked to make room for a change."""
    asked = OrderChange.objects.filter(order_id__in=order_ids, state=WishState.ASKED)
    return set(asked.values_list("order_id", flat=True))


def list_standing_changes(order_ids: Sequence[int]) -> dict[int, datetime]:
    """Return when the newest change of these orders was asked that still fits and was not accepted."""
    rows = OrderChange.objects.filter(order_id__in=order_ids, version=F("order__version")).order_by("id")
    newest = {row.order_id: row for row in rows}
    return {order_id: row.asked_at for order_id, row in newest.items() if row.state != WishState.ACCEPTED}


def hold_of(order: SalesOrder) -> Hold | None:
    """Return the hold an order is on, if it is."""
    if order.held_at is None:
        return None
    return Hold(order.held_at, order.held_by, order.held_reason, order.held_until)


def list_order_ids_numbered(number: str, *, account_id: AccountId | None, limit: int = 2) -> tuple[OrderId, ...]:
    """List the orders of exactly this number; several accounts may each have one."""
    orders = SalesOrder.objects.filter(number=number)
    if account_id is not None:
        orders = orders.filter(account_id=account_id)
    return tuple(OrderId(pk) for pk in orders.order_by("id").values_list("id", flat=True)[:limit])


def count_orders_by_status(account_id: AccountId | None) -> Mapping[OrderStatus, int]:
    """Count orders per status; a status without orders is left out."""
    orders = SalesOrder.objects.all() if account_id is None else SalesOrder.objects.filter(account_id=account_id)
    counts = orders.values_list("status").annotate(Count("id")).order_by("status")
    return {OrderStatus(status): count for status, count in counts}


def _place(line: SalesOrderLine, bundles: Mapping[int, SalesOrderLine]) -> tuple[int, int]:
    """The parts of a bundle follow it."""
    whole = bundles.get(line.part_of_id or 0)
    return (whole.number, line.number) if whole else (line.number, 0)


def _line(line: SalesOrderLine, bundles: Mapping[int, SalesOrderLine]) -> OrderLineDetail:
    whole = bundles.get(line.part_of_id or 0)
    return OrderLineDetail(
        id=LineId(line.pk),
        number=line.number,
        variant_id=VariantId(line.variant_id),
        sku=line.sku,
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        base_unit=line.variant.base_unit,
        ordered=line.base_quantity,
        shipped=line.shipped_quantity,
        cancelled=line.cancelled_quantity,
        references=line.references,
        is_bundle=line.is_bundle,
        part_of=whole.number if whole else None,
        per_bundle=line.per_bundle,
        loose=line.shipped_quantity - whole.shipped_quantity * (line.per_bundle or 0) if whole else Decimal(0),
    )


def list_accounts_with_due_orders(*, now: datetime) -> list[int]:
    """Return the accounts that have an open order whose time has come."""
    due = SalesOrder.objects.filter(wake_at__lte=now, status__in=OPEN_STATUSES)
    return list(due.order_by("account_id").values_list("account_id", flat=True).distinct())


def list_variants(line_ids: Sequence[int]) -> list[int]:
    """List the variants that these lines want."""
    lines = SalesOrderLine.objects.filter(id__in=line_ids)
    return list(lines.order_by("variant_id").values_list("variant_id", flat=True).distinct())


def list_overdue(*, now: datetime, most: int) -> list[int]:
    """List open orders that nobody asked to cancel and whose Cancel After has passed, the longest passed first."""
    overdue = SalesOrder.objects.filter(cancel_after__lte=now, cancel_asked_at__isnull=True, status__in=OPEN_STATUSES)
    return list(overdue.order_by("cancel_after", "id").values_list("id", flat=True)[:most])


def list_held(order_ids: Sequence[int]) -> set[int]:
    """Return which of these orders are on hold."""
    return set(SalesOrder.objects.filter(id__in=order_ids, held_at__isnull=False).values_list("id", flat=True))


def list_held_too_long(*, now: datetime, most: int) -> list[int]:
    """List orders whose hold has come to its end, the longest past first."""
    ended = SalesOrder.objects.filter(held_until__lte=now, held_at__isnull=False)
    return list(ended.order_by("held_until", "id").values_list("id", flat=True)[:most])


def count_open_asking(account_id: int, *, carrier: str, service: str = "") -> int:
    """Count open orders that ask for a carrier, or for one service of it."""
    asking = SalesOrder.objects.filter(account_id=account_id, status__in=OPEN_STATUSES, carrier=carrier)
    return asking.filter(service=service).count() if service else asking.count()


def list_reference_codes(account_id: int, *, latest: int = 500) -> dict[str, list[str]]:
    """List the names of references on the account's latest orders and on their lines."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH latest AS (SELECT id, "references" FROM orders_salesorder WHERE account_id = %(account)s
                            ORDER BY placed_at DESC, id DESC LIMIT %(latest)s)
            SELECT DISTINCT 'sales_order', jsonb_object_keys("references") FROM latest
            UNION ALL
            SELECT DISTINCT 'sales_order_line', jsonb_object_keys(line."references") FROM orders_salesorderline line
            JOIN latest ON latest.id = line.order_id
            ORDER BY 1, 2 LIMIT 200
            """,
            {"account": account_id, "latest": latest},
        )
        found: dict[str, list[str]] = {}
        for place, code in cursor.fetchall():
            found.setdefault(place, []).append(code)
        return found


def count_backordered(account_id: AccountId | None) -> int:
    """Count open orders that wait for stock, of an account or of all."""
    waiting = SalesOrder.objects.filter(is_backordered=True, status__in=OPEN_STATUSES)
    return waiting.filter(account_id=account_id).count() if account_id is not None else waiting.count()


@dataclass(frozen=True)
class PlacedLine:
    """One line with what its order says, as a table tells it; a warehouse by its code."""

    order_number: str
    placed_at: datetime
    customer_name: str
    customer_reference: str
    ship_to: Mapping[str, str]
    carrier: str
    service: str
    references: Mapping[str, str]
    currency: str
    ship_on: date | None
    deliver_by: date | None
    cancel_after: datetime | None
    requested_warehouse: str | None
    instructions: str
    status: str
    line_number: int
    sku: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None
    line_references: Mapping[str, str]


def list_placed_lines(account_id: int, *, numbers: Sequence[str] | None = None) -> Iterator[PlacedLine]:
    """List the lines of an account's orders, or of these, oldest first; read it to its end in one transaction.

    A line that was taken away from an order is none of it, as long as the order may still go.
    """
    head = ("number", "placed_at", "customer_name", "customer_reference", "ship_to", "carrier", "service", "references")
    more = ("currency", "ship_on", "deliver_by", "cancel_after", "requested_warehouse__code", "instructions", "status")
    columns = (
        *(f"order__{name}" for name in (*head, *more)),
        *("number", "sku", "description", "quantity", "unit", "unit_price", "references"),
    )
    taken_away = Q(order__status=OrderStatus.APPROVED, cancelled_quantity__gte=F("base_quantity"))
    lines = SalesOrderLine.objects.filter(~taken_away, order__account_id=account_id, part_of__isnull=True)
    if numbers is not None:
        lines = lines.filter(order__number__in=numbers)
    lines = lines.order_by("order_id", "number")
    for row in lines.values_list(*columns).iterator(chunk_size=2000):
        yield PlacedLine(*row)
