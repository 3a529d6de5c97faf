"""What lists and pages ask: shipments, and sales orders together with their shipments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db.models import BooleanField, Case, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from dockline.domain.accounts.rules import AccountId
from dockline.domain.channels.rules import ChannelId
from dockline.domain.dispatches.rules import NEEDS_PERSON, DispatchState
from dockline.domain.issues.models import Issue
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.orders.rules import OPEN_STATUSES as OPEN_ORDERS
from dockline.domain.orders.rules import LineId, OrderId, OrderStatus
from dockline.domain.shipments.models import Package, Shipment, ShipmentLine, ShipmentLot, ShipmentSurplus
from dockline.domain.shipments.queries import SENT_SKU, WishRow, get_wishes
from dockline.domain.shipments.rules import OPEN_STATUSES, ShipmentId, ShipmentStatus, Surplus
from dockline.kit.errors import NotFound

BACKORDERED = "backordered"
ON_HOLD = "hold"
NEEDS_A_PERSON = "person"


class UnknownShipment(NotFound):
    """There is no such shipment."""


@dataclass(frozen=True)
class OrderFilter:
    """Which orders are wanted. `text` is part of a number, a name, a reference or a tracking number.

    `customer_name` is exactly whom they are for.
    """

    account_id: AccountId | None = None
    channel_id: ChannelId | None = None
    text: str = ""
    on_hold: bool = False
    customer_name: str = ""


@dataclass(frozen=True)
class ShipmentFilter:
    """Which shipments are wanted. `text` is part of a reference, an order number or a tracking number."""

    account_id: AccountId | None = None
    channel_id: ChannelId | None = None
    text: str = ""


@dataclass(frozen=True)
class OrderRow:
    """One order in a list, with what its shipments say."""

    id: OrderId
    number: str
    customer_reference: str
    customer_name: str
    account_name: str
    placed_at: datetime
    status: OrderStatus
    is_backordered: bool
    is_on_hold: bool
    needs_person: bool
    reason: str
    units: Decimal
    channel_names: tuple[str, ...]
    tracking_numbers: tuple[str, ...]


@dataclass(frozen=True)
class PackageRow:
    """A parcel with its tracking."""

    carrier: str
    service: str
    tracking_number: str
    tracking_url: str


@dataclass(frozen=True)
class LotRow:
    """A lot or serial number that shipped on a line, in the base unit."""

    lot: str
    serial: str
    expires_on: date | None
    quantity: Decimal


@dataclass(frozen=True)
class ShipmentLineRow:
    """What a shipment carries of one order line, in the base unit."""

    id: int
    order_line_id: LineId
    sku: str
    description: str
    unit: str
    quantity: Decimal
    shipped: Decimal
    instead_of: str = ""
    """The SKU that was ordered, where this is an alternate sent in its place."""
    lots: tuple[LotRow, ...] = ()


@dataclass(frozen=True)
class ShipmentRow:
    """One shipment. In lists `lines` is empty, and there is no `wish`."""

    id: ShipmentId
    reference: str
    order_id: OrderId
    order_number: str
    account_id: AccountId
    account_name: str
    channel_id: ChannelId
    channel_name: str
    connector: str
    warehouse_name: str
    status: ShipmentStatus
    dispatch: DispatchState
    attempts: int
    reason: str
    far_status: str
    created_at: datetime
    confirmed_at: datetime | None
    shipped_at: datetime | None
    packages: tuple[PackageRow, ...]
    lines: tuple[ShipmentLineRow, ...] = ()
    surplus: tuple[Surplus, ...] = ()
    """What was shipped beyond what was asked; empty in lists."""

    wish: WishRow | None = None
    """What its warehouse was asked last: to let go of it."""

    @property
    def needs_person(self) -> bool:
        """It stands still until somebody decides."""
        return self.status in OPEN_STATUSES and self.dispatch in NEEDS_PERSON


def count_orders_by_tab(wanted: OrderFilter) -> Mapping[str, int]:
    """Count the wanted orders per status, per "backordered", "hold" and "person", and all of them under ""."""
    found = (
        _orders(wanted)
        .annotate(person=_order_needs_person(), held=_true_when(Q(held_at__isnull=False)))
        .values_list("status", "is_backordered", "held", "person")
        .annotate(Count("id"))
        .order_by("status", "is_backordered", "held", "person")
    )
    counts: dict[str, int] = {"": 0, BACKORDERED: 0, ON_HOLD: 0, NEEDS_A_PERSON: 0}
    for status, is_backordered, held, person, count in found:
        counts[""] += count
        counts[status] = counts.get(status, 0) + count
        if is_backordered and status in OPEN_ORDERS:
            counts[BACKORDERED] += count
        if held:
            counts[ON_HOLD] += count
        if person:
            counts[NEEDS_A_PERSON] += count
    return counts


def list_orders(wanted: OrderFilter, *, tab: str = "", offset: int = 0, limit: int = 50) -> tuple[OrderRow, ...]:
    """List the wanted orders of one tab, newest first."""
    orders = _orders(wanted).annotate(person=_order_needs_person())
    if tab == NEEDS_A_PERSON:
        orders = orders.filter(person=True)
    elif tab == BACKORDERED:
        orders = orders.filter(is_backordered=True, status__in=OPEN_ORDERS)
    elif tab == ON_HOLD:
        orders = orders.filter(held_at__isnull=False)
    elif tab:
        orders = orders.filter(status=tab)
    newest = orders.select_related("account").order_by("-placed_at", "-id")
    page = list(newest.defer("ship_to", "instructions")[offset : offset + limit])

    ids = [order.pk for order in page]
    ordered = SalesOrderLine.objects.filter(order_id__in=ids, part_of__isnull=True)
    sums = ordered.values_list("order_id").annotate(Sum("base_quantity"))
    units = dict(sums.order_by("order_id"))
    shipments: dict[int, list[ShipmentRow]] = {}
    for shipment in _rows(Shipment.objects.filter(order_id__in=ids).order_by("id")):
        shipments.setdefault(shipment.order_id, []).append(shipment)

    return tuple(_order_row(order, units.get(order.pk, Decimal(0)), shipments.get(order.pk, ())) for order in page)


def list_orders_named(
    text: str, *, account_id: AccountId | None, limit: int = 8
) -> tuple[tuple[OrderId, str, str], ...]:
    """List (id, number, customer) of orders that carry the text in a number, a name, a reference or a tracking."""
    orders = _orders(OrderFilter(account_id=account_id, text=text)).order_by("-placed_at", "-id")
    rows = orders.values_list("id", "number", "customer_name")[:limit]
    return tuple((OrderId(pk), number, customer) for pk, number, customer in rows)


def get_shipment(shipment_id: ShipmentId) -> ShipmentRow:
    """Return one shipment with its lines. Raises UnknownShipment."""
    found = _rows(Shipment.objects.filter(pk=shipment_id).order_by("id"), with_lines=True)
    if not found:
        raise UnknownShipment()
    return found[0]


def list_shipments_of_order(order_id: OrderId, *, limit: int = 200) -> tuple[ShipmentRow, ...]:
    """List an order's shipments with their lines, oldest first."""
    rows = _rows(Shipment.objects.filter(order_id=order_id).order_by("id")[:limit], with_lines=True)
    wishes = get_wishes([row.id for row in rows])
    return tuple(replace(row, wish=wishes.get(row.id)) for row in rows)


def count_shipments_by_tab(wanted: ShipmentFilter) -> Mapping[str, int]:
    """Count the wanted shipments per status, per "person", and all of them under ""."""
    found = (
        _shipments(wanted)
        .annotate(person=_true_when(_STUCK))
        .values_list("status", "person")
        .annotate(Count("id"))
        .order_by("status", "person")
    )
    counts: dict[str, int] = {"": 0, NEEDS_A_PERSON: 0}
    for status, person, count in found:
        counts[""] += count
        counts[status] = counts.get(status, 0) + count
        if person:
            counts[NEEDS_A_PERSON] += count
    return counts


def list_shipments(
    wanted: ShipmentFilter, *, tab: str = "", offset: int = 0, limit: int = 50
) -> tuple[ShipmentRow, ...]:
    """List the wanted shipments of one tab, newest first."""
    shipments = _shipments(wanted)
    if tab == NEEDS_A_PERSON:
        shipments = shipments.filter(_STUCK)
    elif tab:
        shipments = shipments.filter(status=tab)
    return tuple(_rows(shipments.order_by("-id")[offset : offset + limit]))


def count_waiting_by_channel(channel_ids: Sequence[ChannelId]) -> Mapping[ChannelId, int]:
    """Count the shipments that each channel has still to send or to settle."""
    waiting = (DispatchState.READY, DispatchState.SENDING, DispatchState.SETTLING)
    found = (
        Shipment.objects.filter(channel_id__in=channel_ids, status=ShipmentStatus.READY, dispatch__in=waiting)
        .values_list("channel_id")
        .annotate(Count("id"))
        .order_by("channel_id")
    )
    return {ChannelId(channel_id): count for channel_id, count in found}


_STUCK = Q(status__in=OPEN_STATUSES, dispatch__in=NEEDS_PERSON)


def _orders(wanted: OrderFilter) -> QuerySet[SalesOrder]:
    orders = SalesOrder.objects.all()
    if wanted.account_id is not None:
        orders = orders.filter(account_id=wanted.account_id)
    if wanted.channel_id is not None:
        orders = orders.filter(id__in=Shipment.objects.filter(channel_id=wanted.channel_id).values("order_id"))
    if wanted.on_hold:
        orders = orders.filter(held_at__isnull=False)
    if wanted.customer_name:
        orders = orders.filter(customer_name=wanted.customer_name)
    if text := wanted.text:
        referenced = Shipment.objects.filter(reference__icontains=text).values("order_id")
        tracked = Package.objects.filter(tracking_number__icontains=text).values("shipment__order_id")
        orders = orders.filter(
            Q(number__icontains=text)
            | Q(customer_name__icontains=text)
            | Q(customer_reference__icontains=text)
            | Q(id__in=referenced)
            | Q(id__in=tracked)
        )
    return orders


def _order_needs_person() -> Case:
    stuck = Shipment.objects.filter(_STUCK).values("order_id")
    broken = Issue.objects.filter(subject_kind="order", severity="error", resolved_at__isnull=True).values("subject_id")
    return _true_when(Q(status__in=OPEN_ORDERS) & (Q(id__in=stuck) | Q(id__in=broken)))


def _true_when(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _order_row(order: SalesOrder, units: Decimal, shipments: Sequence[ShipmentRow]) -> OrderRow:
    stuck = next((shipment.reason for shipment in shipments if shipment.needs_person), "")
    packages = [package for shipment in shipments for package in shipment.packages]
    return OrderRow(
        id=OrderId(order.pk),
        number=order.number,
        customer_reference=order.customer_reference,
        customer_name=order.customer_name,
        account_name=order.account.name,
        placed_at=order.placed_at,
        status=OrderStatus(order.status),
        is_backordered=order.is_backordered and order.status in OPEN_ORDERS,
        is_on_hold=order.held_at is not None,
        needs_person=bool(getattr(order, "person", False)),
        reason=stuck or order.waiting_reason,
        units=units,
        channel_names=tuple(dict.fromkeys(shipment.channel_name for shipment in shipments)),
        tracking_numbers=tuple(package.tracking_number for package in packages if package.tracking_number),
    )


def _shipments(wanted: ShipmentFilter) -> QuerySet[Shipment]:
    shipments = Shipment.objects.all()
    if wanted.account_id is not None:
        shipments = shipments.filter(order__account_id=wanted.account_id)
    if wanted.channel_id is not None:
        shipments = shipments.filter(channel_id=wanted.channel_id)
    if text := wanted.text:
        tracked = Package.objects.filter(tracking_number__icontains=text).values("shipment_id")
        shipments = shipments.filter(
            Q(reference__icontains=text) | Q(order__number__icontains=text) | Q(id__in=tracked)
        )
    return shipments


def _rows(shipments: QuerySet[Shipment], *, with_lines: bool = False) -> list[ShipmentRow]:
    """Read shipments with their packages, and with their lines when asked: two or three queries however many."""
    related = shipments.select_related("order__account", "channel__warehouse")
    found = list(related.defer("order__ship_to", "order__instructions", "channel__settings", "channel__secrets"))
    ids = [shipment.pk for shipment in found]

    packages: dict[int, list[PackageRow]] = {}
    for package in Package.objects.filter(shipment_id__in=ids).order_by("id"):
        row = PackageRow(package.carrier, package.service, package.tracking_number, package.tracking_url)
        packages.setdefault(package.shipment_id, []).append(row)
    lines = _lines(ids) if with_lines else {}
    surplus = _surplus(ids) if with_lines else {}

    rows = (_row(each, tuple(packages.get(each.pk, ())), tuple(lines.get(each.pk, ()))) for each in found)
    return [replace(row, surplus=tuple(surplus.get(row.id, ()))) for row in rows]


def _lines(shipment_ids: Sequence[int]) -> Mapping[int, list[ShipmentLineRow]]:
    lines: dict[int, list[ShipmentLineRow]] = {}
    found = ShipmentLine.objects.filter(shipment_id__in=shipment_ids).annotate(
        sku=SENT_SKU,
        description=Coalesce("alternate__name", "order_line__description"),
        unit=F("order_line__variant__base_unit"),
        instead_of=Case(When(alternate__isnull=False, then=F("order_line__sku")), default=Value("")),
    )
    said = ("sku", "description", "unit", "quantity", "shipped_quantity", "instead_of")
    lots = _lots(shipment_ids)
    for shipment_id, pk, line_id, *rest in found.order_by("order_line__number", "id").values_list(
        "shipment_id", "id", "order_line_id", *said
    ):
        row = replace(ShipmentLineRow(pk, LineId(line_id), *rest), lots=tuple(lots.get(pk, ())))
        lines.setdefault(shipment_id, []).append(row)
    return lines


def _surplus(shipment_ids: Sequence[int]) -> Mapping[int, list[Surplus]]:
    found: dict[int, list[Surplus]] = {}
    for row in ShipmentSurplus.objects.filter(shipment_id__in=shipment_ids).order_by("shipment_id", "sku"):
        found.setdefault(row.shipment_id, []).append(Surplus(row.sku, row.quantity, row.is_ordered))
    return found


def _lots(shipment_ids: Sequence[int]) -> Mapping[int, list[LotRow]]:
    lots: dict[int, list[LotRow]] = {}
    rows = ShipmentLot.objects.filter(line__shipment_id__in=shipment_ids).order_by("id")
    for row in rows:
        lots.setdefault(row.line_id, []).append(LotRow(row.lot, row.serial, row.expires_on, row.quantity))
    return lots


def _row(shipment: Shipment, packages: tuple[PackageRow, ...], lines: tuple[ShipmentLineRow, ...]) -> ShipmentRow:
    order, channel = shipment.order, shipment.channel
    return ShipmentRow(
        id=ShipmentId(shipment.pk),
        reference=shipment.reference,
        order_id=OrderId(order.pk),
        order_number=order.number,
        account_id=AccountId(order.account_id),
        account_name=order.account.name,
        channel_id=ChannelId(channel.pk),
        channel_name=channel.name,
        connector=channel.connector,
        warehouse_name=channel.warehouse.name,
        status=ShipmentStatus(shipment.status),
        dispatch=DispatchState(shipment.dispatch),
        attempts=shipment.attempts,
        reason=shipment.reason,
        far_status=shipment.far_status,
        created_at=shipment.created_at,
        confirmed_at=shipment.confirmed_at,
        shipped_at=shipment.shipped_at,
        packages=packages,
        lines=lines,
    )
