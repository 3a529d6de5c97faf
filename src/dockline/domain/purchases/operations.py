"""Write purchase orders, claim what is to be sent, apply what was decided, and book what arrived."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, Sum

from dockline.domain.dispatches.rules import (
    Dispatch,
    DispatchState,
    FarSideChanged,
    Restored,
    SaidNo,
    Vanished,
    Wish,
    WishState,
    decide,
    decide_wish,
)
from dockline.domain.products.models import BundlePart, UnitOfMeasure, Variant
from dockline.domain.purchases.models import PurchaseOrder, PurchaseOrderLine, Receipt, ReceiptLine
from dockline.domain.purchases.queries import lacking_products, list_sendable
from dockline.domain.purchases.rules import (
    OPEN_STATUSES,
    TAKES_RECEIPTS,
    Booked,
    PurchaseStatus,
    Wanted,
    book_arrivals,
    status_after,
)
from dockline.kit.errors import Conflict, Invalid

LONGEST_NUMBER, LONGEST_SUPPLIER, LONGEST_LOT, LONGEST_INSTRUCTIONS = 100, 200, 100, 5000
MOST_LINES = 1000
MOST, DECIMALS = 10**14, 6


@dataclass(frozen=True)
class NewPurchaseLine:
    """One thing to be ordered, of one lot and perhaps one serial number; without a unit in the base unit."""

    sku: str
    quantity: Decimal
    lot: str = ""
    serial: str = ""
    expires_on: date | None = None
    unit: str = ""


@dataclass(frozen=True)
class PurchaseContent:
    """All that a person or a program says of a purchase order, beside where it is to arrive."""

    number: str
    lines: Sequence[NewPurchaseLine]
    supplier: str = ""
    arrival_on: date | None = None
    instructions: str = ""


@dataclass(frozen=True)
class ArrivedLine:
    """A quantity that arrived, or was found missing, in the base unit."""

    sku: str
    quantity: Decimal
    condition: str
    has_arrived: bool
    lot: str = ""
    serial: str = ""
    expires_on: date | None = None


@dataclass(frozen=True)
class NewReceipt:
    """A receipt as it stands there; one that is not final holds nothing yet."""

    order_id: int
    external_id: str
    version: int
    digest: str
    reference: str
    far_status: str
    is_final: bool
    received_at: datetime | None
    lines: tuple[ArrivedLine, ...]


def create_draft(
    *, account_id: int, warehouse_id: int, content: PurchaseContent, digest: str, now: datetime
) -> PurchaseOrder:
    """Create a draft. Raises Invalid, or Conflict when its number is taken."""
    lines = _make_lines(account_id, content)
    order = PurchaseOrder(
        account_id=account_id,
        warehouse_id=warehouse_id,
        status=PurchaseStatus.DRAFT,
        placed_at=now,
        placed_digest=digest,
    )
    _save_content(order, content, lines)
    return order


def check_content(account_id: int, content: PurchaseContent) -> tuple[str, ...]:
    """Judge all content as `create_draft` would, and return the unit of each line. Raises Invalid."""
    return tuple(line.unit for line in _make_lines(account_id, content))


def change_draft(order: PurchaseOrder, *, warehouse_id: int, content: PurchaseContent) -> int:
    """Put other content on a locked draft; return its new version. Raises Invalid, Conflict."""
    lines = _make_lines(order.account_id, content)
    order.warehouse_id = warehouse_id
    order.version += 1
    PurchaseOrderLine.objects.filter(order=order).delete()
    _save_content(order, content, lines)
    return order.version


def _save_content(order: PurchaseOrder, content: PurchaseContent, lines: Sequence[PurchaseOrderLine]) -> None:
    order.number = content.number
    order.supplier = content.supplier
    order.arrival_on = content.arrival_on
    order.instructions = content.instructions
    try:
        with transaction.atomic():
            order.save()
    except IntegrityError:
        raise Conflict(f"There is a purchase order {content.number} already.", field="number") from None
    for line in lines:
        line.order = order
    PurchaseOrderLine.objects.bulk_create(lines)


def _make_lines(account_id: int, content: PurchaseContent) -> list[PurchaseOrderLine]:
    """Judge all content and return its lines, not yet stored."""
    if not content.number.strip():
        raise Invalid("Give the purchase order a number.", field="number")
    if not content.lines:
        raise Invalid("A purchase order needs at least one line.", field="lines")
    if len(content.lines) > MOST_LINES:
        raise Invalid(f"A purchase order has at most {MOST_LINES} lines.", field="lines")
    for name, text, longest in (
        ("number", content.number, LONGEST_NUMBER),
        ("supplier", content.supplier, LONGEST_SUPPLIER),
        ("instructions", content.instructions, LONGEST_INSTRUCTIONS),
        *((f"lines.{index}.lot", line.lot, LONGEST_LOT) for index, line in enumerate(content.lines)),
        *((f"lines.{index}.serial", line.serial, LONGEST_LOT) for index, line in enumerate(content.lines)),
    ):
        _check_text(text, longest, field=name)
    skus = {line.sku for line in content.lines}
    variants = {row.sku: row for row in Variant.objects.filter(account_id=account_id, sku__in=skus)}
    sizes = {
        (unit.variant_id, unit.code): unit.base_quantity
        for unit in UnitOfMeasure.objects.filter(variant__in=variants.values())
    }
    bundles = set(BundlePart.objects.filter(bundle__in=variants.values()).values_list("bundle_id", flat=True))
    serials: set[tuple[str, str]] = set()
    made = []
    for index, line in enumerate(content.lines):
        variant = variants.get(line.sku)
        if variant is None:
            raise Invalid(f"The account has no product {line.sku!r}.", field=f"lines.{index}.sku")
        if variant.pk in bundles:
            raise Invalid(f"{line.sku} is a bundle: order its components.", field=f"lines.{index}.sku")
        unit = line.unit or variant.base_unit
        size = Decimal(1) if unit == variant.base_unit else sizes.get((variant.pk, unit))
        if size is None:
            known = ", ".join(sorted({variant.base_unit, *(code for owner, code in sizes if owner == variant.pk)}))
            raise Invalid(f"{line.sku} has no unit {unit!r}; it has: {known}.", field=f"lines.{index}.unit")
        _check_quantity(line, size, field=f"lines.{index}.quantity")
        if line.serial and (line.sku, line.serial) in serials:
            raise Invalid(f"{line.sku}: serial number {line.serial} is there twice.", field=f"lines.{index}.serial")
        serials.add((line.sku, line.serial))
        made.append(
            PurchaseOrderLine(
                number=index + 1,
                variant=variant,
                sku=line.sku,
                quantity=line.quantity,
                unit=unit,
                base_quantity=line.quantity * size,
                lot=line.lot,
                serial=line.serial,
                expires_on=line.expires_on,
            )
        )
    return made


def _check_text(text: str, longest: int, *, field: str) -> None:
    if len(text) > longest:
        raise Invalid(f"This has at most {longest} characters.", field=field)
    if "\x00" in text:
        raise Invalid("Take out the character U+0000.", field=field)


def _check_quantity(line: NewPurchaseLine, size: Decimal, *, field: str) -> None:
    if not line.quantity.is_finite() or line.quantity <= 0:
        raise Invalid(f"{line.sku}: give a quantity above 0.", field=field)
    for quantity in (line.quantity, line.quantity * size):
        if quantity >= MOST or quantity != round(quantity, DECIMALS):
            raise Invalid(f"{line.sku}: a quantity has at most 14 digits and {DECIMALS} decimals.", field=field)
    if line.serial and line.quantity * size > 1:
        raise Invalid(f"{line.sku}: a line with a serial number is of one piece.", field=field)


def lock_purchase(order_id: int) -> PurchaseOrder | None:
    """Lock one purchase order."""
    return PurchaseOrder.objects.select_for_update().filter(pk=order_id).first()


def lock_these(order_ids: Iterable[int]) -> dict[int, PurchaseOrder]:
    """Lock these purchase orders in id order."""
    rows = PurchaseOrder.objects.select_for_update().filter(id__in=list(order_ids)).order_by("id")
    return {row.pk: row for row in rows}


def lock_due(
    channel_id: int,
    *,
    states: Sequence[DispatchState],
    now: datetime,
    most: int,
    among: Sequence[int] | None = None,
) -> list[PurchaseOrder]:
    """Lock the dispatches in these states whose time has come, oldest first, leaving out what others hold."""
    rows = PurchaseOrder.objects.select_for_update(skip_locked=True).filter(
        channel_id=channel_id, dispatch__in=states, wake_at__lte=now
    )
    rows = rows if among is None else rows.filter(id__in=among)
    return list(rows.order_by("wake_at", "id")[:most])


def lock_ready(
    channel_id: int, *, needs_products: bool, now: datetime, most: int, among: Sequence[int] | None = None
) -> list[PurchaseOrder]:
    """Lock what is due for sending; with `needs_products` only that whose products the channel knows."""
    rows = list_sendable(channel_id, needs_products=needs_products, now=now)
    rows = rows if among is None else rows.filter(id__in=among)
    return list(rows.select_for_update(skip_locked=True, of=("self",)).order_by("wake_at", "id")[:most])


def lock_wished(channel_id: int, *, now: datetime, most: int) -> list[PurchaseOrder]:
    """Lock those for whose wish to be cancelled something is to be done now."""
    rows = PurchaseOrder.objects.select_for_update(skip_locked=True).filter(
        channel_id=channel_id, wish=WishState.ASKED, wish_wake_at__lte=now
    )
    return list(rows.order_by("wish_wake_at", "id")[:most])


def dispatch_of(order: PurchaseOrder) -> Dispatch | None:
    """The dispatch as the value that `decide` works on; None where nothing is sent."""
    if not order.dispatch:
        return None
    return Dispatch(
        state=DispatchState(order.dispatch),
        attempts=order.attempts,
        clean_absences=order.clean_absences,
        settle_until=order.settle_until,
        wake_at=order.wake_at,
        reason=order.reason,
    )


def wish_of(order: PurchaseOrder) -> Wish | None:
    """The wish to cancel as the value that `decide_wish` works on; None where nobody wished it."""
    if not order.wish or order.wish_deadline is None:
        return None
    return Wish(WishState(order.wish), order.wish_deadline, order.wish_wake_at, order.wish_reason)


def apply_wish(order: PurchaseOrder, wish: Wish) -> None:
    """Put a decided wish on a locked purchase order; `save_purchases` stores it."""
    order.wish, order.wish_deadline = wish.state, wish.deadline
    order.wish_wake_at, order.wish_reason = wish.wake_at, wish.reason


def apply_dispatch(order: PurchaseOrder, dispatch: Dispatch, *, now: datetime) -> None:
    """Put a decided dispatch on a locked purchase order; `save_purchases` stores it."""
    if dispatch.state in (DispatchState.CONFIRMED, DispatchState.DIFFERS) and order.dispatch != dispatch.state:
        order.confirmed_at = order.confirmed_at or now
    order.dispatch = dispatch.state
    order.attempts = dispatch.attempts
    order.clean_absences = dispatch.clean_absences
    order.settle_until = dispatch.settle_until
    order.wake_at = dispatch.wake_at
    order.reason = dispatch.reason


def save_purchases(orders: Iterable[PurchaseOrder]) -> None:
    """Store how far locked purchase orders are."""
    PurchaseOrder.objects.bulk_update(list(orders), _CHANGING, batch_size=500)


_CHANGING = (
    "status",
    "closed_at",
    "is_closed_short",
    "channel",
    "reference",
    "generation",
    "dispatch",
    "attempts",
    "clean_absences",
    "settle_until",
    "wake_at",
    "reason",
    "far_status",
    "confirmed_at",
    "wish",
    "wish_asked_by",
    "wish_deadline",
    "wish_wake_at",
    "wish_reason",
)


def note_seen(order_ids: Sequence[int], *, now: datetime) -> None:
    """The warehouse has just shown that it has these purchase orders."""
    PurchaseOrder.objects.filter(id__in=order_ids).update(seen_there_at=now)


def save_sent_skus(skus: Mapping[int, str]) -> None:
    """Store under which SKU lines are sent, by line id; empty where it is ours."""
    lines = [PurchaseOrderLine(pk=line_id, sent_sku=sku) for line_id, sku in skus.items()]
    PurchaseOrderLine.objects.bulk_update(lines, ["sent_sku"], batch_size=500)


def wake_waiting(channel_id: int, *, now: datetime) -> int:
    """Let everything of a channel that waits for a later time be looked at now. Returns how many."""
    waiting = PurchaseOrder.objects.filter(channel_id=channel_id, dispatch=DispatchState.READY, wake_at__gt=now)
    return waiting.update(wake_at=now)


def hold_sent(channel_id: int, *, reason: str, now: datetime) -> list[PurchaseOrder]:
    """Hold every open purchase order of a channel that may be at its warehouse. Needs a transaction."""
    may_be_there = Q(dispatch__in=[*SENT, DispatchState.SENDING, DispatchState.SETTLING]) | Q(
        dispatch=DispatchState.READY, attempts__gt=0
    )
    rows = list(
        PurchaseOrder.objects.select_for_update()
        .filter(may_be_there, channel_id=channel_id, status__in=OPEN_STATUSES)
        .order_by("id")
    )
    for row in rows:
        dispatch, wish = dispatch_of(row), wish_of(row)
        assert dispatch is not None, "what was sent has a dispatch"
        # Where the channel points now nobody has it; where it pointed before nobody can be asked.
        event = Vanished(reason) if dispatch.state in SENT else FarSideChanged(reason)
        apply_dispatch(row, decide(dispatch, event, now), now=now)
        if wish is not None and wish.state is WishState.ASKED:
            apply_wish(row, decide_wish(wish, SaidNo(reason), now))
    save_purchases(rows)
    return rows


SENT = (DispatchState.CONFIRMED, DispatchState.DIFFERS)


def look_first(channel_id: int, *, settle: timedelta, now: datetime, most: int, after_id: int) -> list[PurchaseOrder]:
    """Have what is not confirmed looked for before anything is sent: the database may have forgotten.

    Needs a transaction. Returns at most so many, locked and behind an id; the caller stores them.
    """
    states = (DispatchState.READY, DispatchState.SENDING, DispatchState.SETTLING)
    rows = PurchaseOrder.objects.select_for_update().filter(
        channel_id=channel_id, status=PurchaseStatus.APPROVED, dispatch__in=states, id__gt=after_id
    )
    locked = list(rows.order_by("id")[:most])
    for row in locked:
        dispatch = dispatch_of(row)
        assert dispatch is not None, "what is looked for has a dispatch"
        apply_dispatch(row, decide(dispatch, Restored(settle), now), now=now)
    return locked


def skip_ids(*, some: int) -> None:
    """Have new purchase orders begin so many ids later: references may have been made of those that are forgotten."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT setval(sequence, nextval(sequence) + %s)
            FROM pg_get_serial_sequence('purchases_purchaseorder', 'id') AS sequence
            """,
            [some],
        )


def postpone_without_products(channel_id: int, *, until: datetime, now: datetime) -> int:
    """Put off what cannot be sent because the channel has just refused to know its products."""
    due = PurchaseOrder.objects.filter(channel_id=channel_id, dispatch=DispatchState.READY, wake_at__lte=now)
    return due.filter(lacking_products()).update(wake_at=until)


def lock_purchases(account_id: int, *, warehouse_id: int, references: Iterable[str]) -> dict[str, PurchaseOrder]:
    """Lock the account's purchase orders that a warehouse knows by these references, in id order.

    Where no system is told of a purchase order, its number stands for its reference.
    """
    asked = list(references)
    rows = (
        PurchaseOrder.objects.select_for_update()
        .filter(Q(reference__in=asked) | Q(reference="", number__in=asked))
        .filter(account_id=account_id, warehouse_id=warehouse_id, status__in=TAKES_RECEIPTS)
        .order_by("id")
    )
    return {row.reference or row.number: row for row in rows}


def get_known_receipts(channel_id: int, external_ids: Iterable[str]) -> dict[str, Receipt]:
    """Return the receipts that are recorded already, by what they are called there."""
    rows = Receipt.objects.filter(channel_id=channel_id, external_id__in=list(external_ids)).select_related("order")
    return {row.external_id: row for row in rows}


def record_receipts(receipts: Sequence[NewReceipt], *, channel_id: int, now: datetime) -> None:
    """Store receipts at their newest version, in place of older ones. Needs a transaction."""
    rows = Receipt.objects.bulk_create(
        [
            Receipt(
                channel_id=channel_id,
                order_id=receipt.order_id,
                external_id=receipt.external_id,
                version=receipt.version,
                digest=receipt.digest,
                reference=receipt.reference,
                far_status=receipt.far_status,
                is_final=receipt.is_final,
                received_at=receipt.received_at,
                recorded_at=now,
            )
            for receipt in receipts
        ],
        update_conflicts=True,
        unique_fields=["channel", "external_id"],
        update_fields=[
            "order",
            "version",
            "digest",
            "reference",
            "far_status",
            "is_final",
            "received_at",
            "recorded_at",
        ],
    )
    replace_receipt_lines({row.pk: receipt.lines for row, receipt in zip(rows, receipts, strict=True)})


def replace_receipt_lines(found: Mapping[int, Sequence[ArrivedLine]]) -> None:
    """Keep these lines of receipts, by their ids, in place of those there are. Needs a transaction."""
    ReceiptLine.objects.filter(receipt_id__in=list(found)).delete()
    ReceiptLine.objects.bulk_create(
        [
            ReceiptLine(
                receipt_id=receipt_id,
                sku=line.sku,
                quantity=line.quantity,
                condition=line.condition,
                has_arrived=line.has_arrived,
                lot=line.lot,
                serial=line.serial,
                expires_on=line.expires_on,
            )
            for receipt_id, lines in found.items()
            for line in lines
        ],
        batch_size=1000,
    )


def settle_purchases(orders: Mapping[int, PurchaseOrder], *, now: datetime) -> dict[int, Booked]:
    """Bring locked purchase orders and their lines in step with all their receipts. Returns what was booked to each."""
    lines: dict[int, list[PurchaseOrderLine]] = {order_id: [] for order_id in orders}
    for line in PurchaseOrderLine.objects.filter(order_id__in=list(orders)).order_by("order_id", "number"):
        lines[line.order_id].append(line)
    arrived: dict[int, dict[str, Decimal]] = {order_id: {} for order_id in orders}
    sums = (
        ReceiptLine.objects.filter(receipt__order_id__in=list(orders), has_arrived=True)
        .values_list("receipt__order_id", "sku")
        .annotate(total=Sum("quantity"))
        .order_by("receipt__order_id", "sku")
    )
    for order_id, sku, total in sums:
        arrived[order_id][sku] = total
    booked = {
        order_id: book_arrivals([Wanted(line.pk, line.sku, line.base_quantity) for line in those], arrived[order_id])
        for order_id, those in lines.items()
    }
    for order_id, those in lines.items():
        for line in those:
            line.received_quantity = booked[order_id].by_line[line.pk]
        orders[order_id].status = status_after(booked[order_id], is_closed_short=orders[order_id].is_closed_short)
        is_over = orders[order_id].status == PurchaseStatus.RECEIVED
        orders[order_id].closed_at = (orders[order_id].closed_at or now) if is_over else None
    PurchaseOrderLine.objects.bulk_update(
        [line for those in lines.values() for line in those], ["received_quantity"], batch_size=500
    )
    save_purchases(orders.values())
    return booked
