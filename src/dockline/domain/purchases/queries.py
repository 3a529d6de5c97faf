"""What is asked about purchase orders and receipts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet, Sum

from dockline.domain.accounts.rules import AccountId
from dockline.domain.purchases.models import PurchaseOrder, PurchaseOrderLine, Receipt, ReceiptLine
from dockline.domain.purchases.rules import PurchaseOrderId, PurchaseStatus
from dockline.kit.errors import NotFound


class UnknownPurchaseOrder(NotFound):
    """There is no such purchase order."""


@dataclass(frozen=True)
class PurchaseRow:
    """One purchase order, as a person reads it."""

    id: PurchaseOrderId
    number: str
    account_id: AccountId
    account_name: str
    warehouse_name: str
    status: PurchaseStatus
    supplier: str
    arrival_on: date | None
    placed_at: datetime


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
    rows = _matching(account_id, text, status).select_related("account", "warehouse").order_by("-placed_at", "-id")
    return tuple(_row(order) for order in rows[offset : offset + limit])


def get_purchase(order_id: int) -> PurchaseRow:
    """Return one purchase order. Raises UnknownPurchaseOrder."""
    order = PurchaseOrder.objects.select_related("account", "warehouse").filter(pk=order_id).first()
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
    orders = PurchaseOrder.objects.all() if account_id is None else PurchaseOrder.objects.filter(account_id=account_id)
    orders = orders.filter(number__icontains=text) if text else orders
    return orders.filter(status=status) if status else orders


def _row(order: PurchaseOrder) -> PurchaseRow:
    return PurchaseRow(
        id=PurchaseOrderId(order.pk),
        number=order.number,
        account_id=AccountId(order.account_id),
        account_name=order.account.name,
        warehouse_name=order.warehouse.name,
        status=PurchaseStatus(order.status),
        supplier=order.supplier,
        arrival_on=order.arrival_on,
        placed_at=order.placed_at,
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
