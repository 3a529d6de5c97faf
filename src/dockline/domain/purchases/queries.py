"""What is asked about purchase orders and receipts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from dockline.domain.accounts.rules import AccountId
from dockline.domain.channels.rules import ChannelState
from dockline.domain.dispatches.rules import NEEDS_PERSON, DispatchState, WishState
from dockline.domain.exchanges.models import Link
from dockline.domain.purchases.models import PurchaseOrder, PurchaseOrderLine, Receipt, ReceiptLine
from dockline.domain.purchases.rules import PurchaseOrderId, PurchaseStatus
from dockline.domain.warehouses.rules import WarehouseId
from dockline.kit.errors import NotFound


class UnknownPurchaseOrder(NotFound):
    """There is no such purchase order."""


@dataclass(frozen=True)
class PurchaseRow:
    """One purchase order, as a person reads it. `dispatch` is None where no system is told of it."""

    id: PurchaseOrderId
    number: str
    account_id: AccountId
    account_name: str
    warehouse_id: WarehouseId
    warehouse_name: str
    status: PurchaseStatus
    supplier: str
    arrival_on: date | None
    placed_at: datetime
    instructions: str
    closed_at: datetime | None
    is_closed_short: bool
    channel_id: int | None
    channel_name: str
    reference: str
    dispatch: DispatchState | None
    attempts: int
    reason: str
    far_status: str
    confirmed_at: datetime | None
    version: int
    wish: WishState | None
    wish_asked_by: str
    wish_reason: str

    @property
    def is_cancelling(self) -> bool:
        """Whether the warehouse is asked to let go of it."""
        return self.wish is WishState.ASKED

    @property
    def may_be_cancelled(self) -> bool:
        """Whether it is of use to ask: nothing is booked of it yet, and nobody asked before."""
        return self.status in (PurchaseStatus.DRAFT, PurchaseStatus.APPROVED) and not self.is_cancelling

    @property
    def needs_person(self) -> bool:
        """Whether its sending waits for somebody to decide."""
        return self.dispatch in NEEDS_PERSON and self.status in (PurchaseStatus.APPROVED, PurchaseStatus.RECEIVING)


@dataclass(frozen=True)
class PurchaseLineRow:
    """One line, with what has arrived of it in base units."""

    number: int
    sku: str
    name: str
    quantity: Decimal
    unit: str
    base_quantity: Decimal
    base_unit: str
    received: Decimal
    lot: str
    serial: str
    expires_on: date | None


@dataclass(frozen=True)
class ReceiptLineRow:
    """A quantity that arrived, or was found missing."""

    sku: str
    quantity: Decimal
    condition: str
    has_arrived: bool
    lot: str
    serial: str
    expires_on: date | None


@dataclass(frozen=True)
class ReceiptRow:
    """What a warehouse says arrived."""

    id: int
    reference: str
    external_id: str
    channel_name: str
    far_status: str
    is_final: bool
    received_at: datetime | None
    recorded_at: datetime
    lines: tuple[ReceiptLineRow, ...]


def count_purchases(*, account_id: AccountId | None, text: str = "", status: str = "") -> int:
    """Count purchase orders."""
    return _matching(account_id, text, status).count()


def list_purchases(
    *, account_id: AccountId | None, text: str = "", status: str = "", offset: int = 0, limit: int = 50
) -> tuple[PurchaseRow, ...]:
    """List purchase orders, newest first."""
    rows = _matching(account_id, text, status).order_by("-placed_at", "-id")
    return tuple(_row(order) for order in rows[offset : offset + limit])


def get_purchase(order_id: int) -> PurchaseRow:
    """Return one purchase order. Raises UnknownPurchaseOrder."""
    order = _rows().filter(pk=order_id).first()
    if order is None:
        raise UnknownPurchaseOrder()
    return _row(order)


def list_purchase_lines(order_id: int, *, limit: int = 1000) -> tuple[PurchaseLineRow, ...]:
    """List the lines of a purchase order."""
    lines = PurchaseOrderLine.objects.filter(order_id=order_id).select_related("variant").order_by("number")[:limit]
    return tuple(
        PurchaseLineRow(
            line.number,
            line.sku,
            line.variant.name,
            line.quantity,
            line.unit,
            line.base_quantity,
            line.variant.base_unit,
            line.received_quantity,
            line.lot,
            line.serial,
            line.expires_on,
        )
        for line in lines
    )


def list_receipts(order_id: int, *, limit: int = 100) -> tuple[ReceiptRow, ...]:
    """List the receipts of a purchase order, oldest first."""
    receipts = list(Receipt.objects.filter(order_id=order_id).select_related("channel").order_by("id")[:limit])
    lines: dict[int, list[ReceiptLineRow]] = {receipt.pk: [] for receipt in receipts}
    for line in ReceiptLine.objects.filter(receipt__in=receipts).order_by("id"):
        lines[line.receipt_id].append(
            ReceiptLineRow(
                line.sku,
                line.quantity,
                line.condition,
                line.has_arrived,
                line.lot,
                line.serial,
                line.expires_on,
            )
        )
    return tuple(
        ReceiptRow(
            receipt.pk,
            receipt.reference,
            receipt.external_id,
            receipt.channel.name,
            receipt.far_status,
            receipt.is_final,
            receipt.received_at,
            receipt.recorded_at,
            tuple(lines[receipt.pk]),
        )
        for receipt in receipts
    )


def _matching(account_id: AccountId | None, text: str, status: str) -> QuerySet[PurchaseOrder]:
    orders = _rows() if account_id is None else _rows().filter(account_id=account_id)
    orders = orders.filter(number__icontains=text) if text else orders
    return orders.filter(status=status) if status else orders


def _rows() -> QuerySet[PurchaseOrder]:
    return PurchaseOrder.objects.select_related("account", "warehouse", "channel")


def _row(order: PurchaseOrder) -> PurchaseRow:
    return PurchaseRow(
        id=PurchaseOrderId(order.pk),
        number=order.number,
        account_id=AccountId(order.account_id),
        account_name=order.account.name,
        warehouse_id=WarehouseId(order.warehouse_id),
        warehouse_name=order.warehouse.name,
        status=PurchaseStatus(order.status),
        supplier=order.supplier,
        arrival_on=order.arrival_on,
        placed_at=order.placed_at,
        instructions=order.instructions,
        closed_at=order.closed_at,
        is_closed_short=order.is_closed_short,
        channel_id=order.channel_id,
        channel_name=order.channel.name if order.channel else "",
        reference=order.reference,
        dispatch=DispatchState(order.dispatch) if order.dispatch else None,
        attempts=order.attempts,
        reason=order.reason,
        far_status=order.far_status,
        confirmed_at=order.confirmed_at,
        version=order.version,
        wish=WishState(order.wish) if order.wish else None,
        wish_asked_by=order.wish_asked_by,
        wish_reason=order.wish_reason,
    )


def sum_arrived(receipt_ids: Sequence[int]) -> dict[int, dict[tuple[str, str], Decimal]]:
    """Return what each receipt brought, by SKU and condition; what was found missing is left out."""
    found: dict[int, dict[tuple[str, str], Decimal]] = {receipt_id: {} for receipt_id in receipt_ids}
    lines = ReceiptLine.objects.filter(receipt_id__in=receipt_ids, has_arrived=True).order_by()
    for receipt_id, sku, condition, quantity in lines.values_list("receipt_id", "sku", "condition").annotate(
        total=Sum("quantity")
    ):
        found[receipt_id][sku, condition] = quantity
    return found


def find_numbered(account_id: int, number: str) -> tuple[PurchaseOrderId, str] | None:
    """Return the account's purchase order of exactly this number with the digest of what was placed."""
    found = (
        PurchaseOrder.objects.filter(account_id=account_id, number=number).values_list("id", "placed_digest").first()
    )
    return None if found is None else (PurchaseOrderId(found[0]), found[1])


def propose_number(account_id: int) -> str:
    """A number that no purchase order of the account has, for a person to take or to change."""
    count = PurchaseOrder.objects.filter(account_id=account_id).count()
    while PurchaseOrder.objects.filter(account_id=account_id, number=(number := f"PO-{count + 1:05}")).exists():
        count += 1
    return number


def list_ids_numbered(number: str, *, account_id: AccountId | None) -> list[PurchaseOrderId]:
    """Return the purchase orders of exactly this number: at most one of each account."""
    orders = PurchaseOrder.objects.filter(number=number)
    orders = orders if account_id is None else orders.filter(account_id=account_id)
    return [PurchaseOrderId(pk) for pk in orders.order_by("id").values_list("id", flat=True)[:2]]


def has_received_any(order_id: int) -> bool:
    """Say whether anything of it has arrived, ordered or not."""
    arrived = ReceiptLine.objects.filter(receipt__order_id=order_id, has_arrived=True, quantity__gt=0)
    return arrived.exists()


@dataclass(frozen=True)
class SendLine:
    """One line as it is to be sent."""

    order_id: int
    line_id: int
    variant_id: int
    sku: str
    quantity: Decimal
    unit: str
    base_quantity: Decimal
    lot: str
    serial: str
    expires_on: date | None
    sent_sku: str


def list_lines_to_send(order_ids: Iterable[int]) -> dict[int, list[SendLine]]:
    """Return the lines of these purchase orders."""
    found: dict[int, list[SendLine]] = {order_id: [] for order_id in order_ids}
    columns = ("order_id", "id", "variant_id", "sku", "quantity", "unit", "base_quantity", "lot", "serial")
    rows = PurchaseOrderLine.objects.filter(order_id__in=found).order_by("order_id", "number")
    for row in rows.values_list(*columns, "expires_on", "sent_sku"):
        found[row[0]].append(SendLine(*row))
    return found


@dataclass(frozen=True)
class ReadyPurchase:
    """A purchase order that is due to be sent."""

    order_id: int
    reference: str
    number: str
    lines: int


def list_ready(channel_id: int, *, needs_products: bool, now: datetime) -> list[ReadyPurchase]:
    """Return what is due to be sent; with `needs_products` only that whose products are known there."""
    rows = list_sendable(channel_id, needs_products=needs_products, now=now).annotate(count=Count("lines"))
    columns = rows.order_by("wake_at", "id").values_list("id", "reference", "number", "count")
    return [ReadyPurchase(*row) for row in columns]


def list_sendable(channel_id: int, *, needs_products: bool, now: datetime) -> QuerySet[PurchaseOrder]:
    """What is due to be sent on a channel and that nobody wishes to be cancelled."""
    rows = PurchaseOrder.objects.filter(channel_id=channel_id, dispatch=DispatchState.READY, wake_at__lte=now)
    rows = rows.filter(status=PurchaseStatus.APPROVED).exclude(wish=WishState.ASKED)
    return rows.exclude(lacking_products()) if needs_products else rows


def lacking_products() -> Exists:
    """That a line is of a product which the channel of its purchase order is not known to have."""
    known = Link.objects.filter(
        channel_id=OuterRef("order__channel_id"), kind="product", subject_id=OuterRef("variant_id")
    )
    return Exists(PurchaseOrderLine.objects.filter(~Exists(known), order_id=OuterRef("pk")))


def list_channels_with_due(*, now: datetime) -> set[tuple[int, str]]:
    """Return (channel, dispatch state) wherever something is due on a channel that is open for work.

    A wish to cancel that is due counts as ready: it is acted on where what waits is sent.
    """
    on_the_way = (DispatchState.READY, DispatchState.SENDING, DispatchState.SETTLING)
    due = _open_for_work(now).filter(dispatch__in=on_the_way, wake_at__lte=now)
    wished = _open_for_work(now).filter(wish=WishState.ASKED, wish_wake_at__lte=now)
    return {
        *due.values_list("channel_id", "dispatch").distinct(),
        *((channel_id, str(DispatchState.READY)) for channel_id in _channels_of(wished)),
    }


def list_channels_missing_products(*, connectors: Sequence[str], now: datetime) -> list[int]:
    """Return the channels of these connectors on which something is due whose products were never exported."""
    due = _open_for_work(now).filter(dispatch=DispatchState.READY, wake_at__lte=now)
    return _channels_of(due.filter(lacking_products(), channel__connector__in=connectors))


def _open_for_work(now: datetime) -> QuerySet[PurchaseOrder]:
    rested = Q(channel__retry_at=None) | Q(channel__retry_at__lte=now)
    return PurchaseOrder.objects.filter(rested, channel__state=ChannelState.ACTIVE)


def _channels_of(orders: QuerySet[PurchaseOrder]) -> list[int]:
    return list(orders.values_list("channel_id", flat=True).distinct())


def list_still_coming(order_ids: Iterable[int]) -> set[int]:
    """Return those of which the warehouse has a receipt it has not confirmed: more is still to come."""
    unfinished = Receipt.objects.filter(order_id__in=list(order_ids), is_final=False).exclude(
        far_status__iexact="rejected"
    )
    return set(unfinished.values_list("order_id", flat=True))


def list_short(order_ids: Iterable[int]) -> dict[int, list[tuple[str, Decimal]]]:
    """Return (SKU, quantity) of what has not arrived of each."""
    found: dict[int, list[tuple[str, Decimal]]] = {}
    rows = PurchaseOrderLine.objects.filter(order_id__in=list(order_ids), received_quantity__lt=F("base_quantity"))
    for line in rows.order_by("order_id", "number"):
        found.setdefault(line.order_id, []).append((line.sku, line.base_quantity - line.received_quantity))
    return found


def find_cancelled(account_id: int, *, references: Iterable[str]) -> dict[str, tuple[PurchaseOrderId, str]]:
    """Return (id, number) of cancelled purchase orders that were sent under these references."""
    rows = PurchaseOrder.objects.filter(
        account_id=account_id, reference__in=[one for one in references if one], status=PurchaseStatus.CANCELLED
    )
    return {
        reference: (PurchaseOrderId(pk), number)
        for reference, pk, number in rows.values_list("reference", "id", "number")
    }


def get_sent_skus(order_ids: Iterable[int]) -> dict[str, str]:
    """Return our SKU for each that these purchase orders were sent under."""
    lines = PurchaseOrderLine.objects.filter(order_id__in=list(order_ids))
    return {sent_sku or sku: sku for sent_sku, sku in lines.values_list("sent_sku", "sku")}


def list_believed_there(
    channel_id: int, *, not_seen_since: datetime, states: Sequence[DispatchState], most: int
) -> dict[int, str]:
    """List the references of purchase orders the warehouse accepted and was not seen to have since, by id.

    Those of which something has arrived are left out: the receipts tell of them.
    """
    there = PurchaseOrder.objects.filter(channel_id=channel_id, status=PurchaseStatus.APPROVED, dispatch__in=states)
    last_seen = Coalesce("seen_there_at", "confirmed_at", "placed_at")
    unseen = there.exclude(wish=WishState.ASKED).annotate(last_seen=last_seen).filter(last_seen__lt=not_seen_since)
    return dict(unseen.order_by("last_seen", "id").values_list("id", "reference")[:most])


@dataclass(frozen=True)
class OrderedLine:
    """One line with what its purchase order says, as a table tells it."""

    number: str
    warehouse: str
    supplier: str
    arrival_on: date | None
    instructions: str
    status: str
    line: int
    sku: str
    unit: str
    quantity: Decimal
    lot: str
    serial: str
    expires_on: date | None


def list_ordered_lines(account_id: int, *, numbers: Sequence[str] | None = None) -> Iterator[OrderedLine]:
    """List the lines of an account's purchase orders, or of these, by number; read it to its end in one transaction."""
    lines = PurchaseOrderLine.objects.filter(order__account_id=account_id)
    if numbers is not None:
        lines = lines.filter(order__number__in=set(numbers))
    head = ("number", "warehouse__code", "supplier", "arrival_on", "instructions", "status")
    columns = (
        *(f"order__{name}" for name in head),
        *("number", "sku", "unit", "quantity", "lot", "serial", "expires_on"),
    )
    for row in lines.order_by("order__number", "number").values_list(*columns).iterator(chunk_size=2000):
        yield OrderedLine(*row)


def list_receipts_since(channel_id: int, *, since: datetime) -> list[str]:
    """List under which references a channel has received what was recorded as received since then."""
    found = Receipt.objects.filter(channel_id=channel_id, is_final=True, received_at__gte=since)
    return list(found.order_by("reference").values_list("reference", flat=True).distinct())


def get_receipt_lines(receipt_ids: Iterable[int]) -> dict[int, list[ReceiptLine]]:
    """Return the lines of receipts by the receipts' ids."""
    lines: dict[int, list[ReceiptLine]] = {}
    for line in ReceiptLine.objects.filter(receipt_id__in=list(receipt_ids)).order_by("id"):
        lines.setdefault(line.receipt_id, []).append(line)
    return lines


@dataclass(frozen=True)
class BookedPurchase:
    """A purchase order a channel was told of, as our books have it. `external_id` is theirs as far as we know it."""

    order_id: int
    reference: str
    generation: int
    status: PurchaseStatus
    dispatch: DispatchState
    external_id: str


def list_booked(channel_id: int, *, references: Sequence[str], order_ids: Sequence[int]) -> list[BookedPurchase]:
    """List the purchase orders that are sent through the channel, with these references or ids."""
    known = Link.objects.filter(channel_id=channel_id, kind="purchase", subject_id=OuterRef("pk"))
    sent = PurchaseOrder.objects.filter(Q(reference__in=references) | Q(pk__in=order_ids), channel_id=channel_id)
    rows = sent.exclude(dispatch="").annotate(far_id=Subquery(known.values("external_id")[:1]))
    columns = ("pk", "reference", "generation", "status", "dispatch", "far_id")
    return [
        BookedPurchase(pk, reference, generation, PurchaseStatus(status), DispatchState(dispatch), far_id or "")
        for pk, reference, generation, status, dispatch, far_id in rows.order_by("pk").values_list(*columns)
    ]
