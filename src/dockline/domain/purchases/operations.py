"""Place purchase orders, and book what arrived."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Sum

from dockline.domain.products.models import Variant
from dockline.domain.purchases.models import PurchaseOrder, PurchaseOrderLine, Receipt, ReceiptLine
from dockline.domain.purchases.rules import (
    OPEN_STATUSES,
    Booked,
    PurchaseStatus,
    Wanted,
    book_arrivals,
    status_after,
)
from dockline.kit.errors import Conflict, Invalid

LONGEST_NUMBER = 100
MOST, DECIMALS = 10**14, 6


@dataclass(frozen=True)
class NewPurchaseLine:
    """One thing to be ordered, in the variant's base unit."""

    sku: str
    quantity: Decimal
    lot: str = ""
    serial: str = ""
    expires_on: date | None = None


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


def place_purchase(
    *,
    account_id: int,
    warehouse_id: int,
    number: str,
    lines: Sequence[NewPurchaseLine],
    supplier: str = "",
    arrival_on: date | None = None,
    now: datetime,
) -> int:
    """Create an approved purchase order and return its id. Raises Invalid, or Conflict when its number is taken."""
    if not number.strip() or len(number) > LONGEST_NUMBER:
        raise Invalid(f"A purchase order's number has 1 to {LONGEST_NUMBER} characters.", field="number")
    if not lines:
        raise Invalid("A purchase order needs at least one line.", field="line")
    variants = {
        variant.sku: variant
        for variant in Variant.objects.filter(account_id=account_id, sku__in=[line.sku for line in lines])
    }
    for line in lines:
        if line.sku not in variants:
            raise Invalid(f"The account has no product {line.sku!r}.", field="line")
        if not line.quantity.is_finite() or line.quantity <= 0:
            raise Invalid(f"{line.sku}: give a quantity above 0.", field="line")
        if line.quantity >= MOST or line.quantity != round(line.quantity, DECIMALS):
            raise Invalid(f"{line.sku}: a quantity has at most 14 digits and {DECIMALS} decimals.", field="line")
        if line.serial and line.quantity > 1:
            raise Invalid(f"{line.sku}: a line with a serial number is of one piece.", field="line")
    try:
        with transaction.atomic():
            order = PurchaseOrder.objects.create(
                account_id=account_id,
                warehouse_id=warehouse_id,
                number=number,
                status=PurchaseStatus.APPROVED,
                supplier=supplier,
                arrival_on=arrival_on,
                placed_at=now,
            )
    except IntegrityError:
        raise Conflict(f"There is a purchase order {number} already.", field="number") from None
    PurchaseOrderLine.objects.bulk_create(
        [
            PurchaseOrderLine(
                order=order,
                number=position,
                variant=variants[line.sku],
                sku=line.sku,
                quantity=line.quantity,
                unit=variants[line.sku].base_unit,
                base_quantity=line.quantity,
                lot=line.lot,
                serial=line.serial,
                expires_on=line.expires_on,
            )
            for position, line in enumerate(lines, 1)
        ]
    )
    return order.pk


def lock_purchases(account_id: int, *, warehouse_id: int, numbers: Iterable[str]) -> dict[str, PurchaseOrder]:
    """Lock the account's purchase orders with these numbers for a warehouse, in id order."""
    rows = (
        PurchaseOrder.objects.select_for_update()
        .filter(account_id=account_id, warehouse_id=warehouse_id, number__in=list(numbers), status__in=OPEN_STATUSES)
        .order_by("id")
    )
    return {row.number: row for row in rows}


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
    ids = [row.pk for row in rows]
    ReceiptLine.objects.filter(receipt_id__in=ids).delete()
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
            for receipt_id, receipt in zip(ids, receipts, strict=True)
            for line in receipt.lines
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
        orders[order_id].status = status_after(booked[order_id])
        orders[order_id].closed_at = now if orders[order_id].status == PurchaseStatus.RECEIVED else None
    PurchaseOrderLine.objects.bulk_update(
        [line for those in lines.values() for line in those], ["received_quantity"], batch_size=500
    )
    PurchaseOrder.objects.bulk_update(orders.values(), ["status", "closed_at"], batch_size=500)
    return booked
