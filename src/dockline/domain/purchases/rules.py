"""What a purchase order may be, and how what arrived is booked to its lines. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NewType

from dockline.kit.choices import Choice

PurchaseOrderId = NewType("PurchaseOrderId", int)


class PurchaseStatus(Choice):
    """How far a purchase order is."""

    DRAFT = "draft", "Draft"
    APPROVED = "approved", "Approved"
    RECEIVING = "receiving", "Receiving"
    RECEIVED = "received", "Received"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATUSES = (PurchaseStatus.APPROVED, PurchaseStatus.RECEIVING, PurchaseStatus.RECEIVED)
"""Those to which something that arrived may still be booked: a warehouse corrects itself afterwards, too."""


@dataclass(frozen=True)
class Wanted:
    """One line of a purchase order, in base units."""

    line_id: int
    sku: str
    quantity: Decimal


@dataclass
class Booked:
    """What arrived, by line; and what is more than was ordered, or was not ordered at all, by SKU."""

    by_line: dict[int, Decimal] = field(default_factory=dict)
    surplus: dict[str, Decimal] = field(default_factory=dict)
    missing: Decimal = Decimal(0)


def book_arrivals(lines: Sequence[Wanted], arrived: Mapping[str, Decimal]) -> Booked:
    """Spread what arrived of each SKU over the lines that want it, in line order; what is over goes to none."""
    booked = Booked()
    left = dict(arrived)
    for line in lines:
        taken = min(left.get(line.sku, Decimal(0)), line.quantity)
        booked.by_line[line.line_id] = taken
        booked.missing += line.quantity - taken
        if taken:
            left[line.sku] -= taken
    booked.surplus = {sku: quantity for sku, quantity in left.items() if quantity > 0}
    return booked


def status_after(booked: Booked) -> PurchaseStatus:
    """Name how far an order is, from what has arrived."""
    if not booked.missing:
        return PurchaseStatus.RECEIVED
    return PurchaseStatus.RECEIVING if any(booked.by_line.values()) or booked.surplus else PurchaseStatus.APPROVED
