"""What a purchase order may be, what may be done to it, and how what arrived is booked to its lines. Pure.

DRAFT ──approve──▶ APPROVED ──arrivals──▶ RECEIVING ──all of it, or closed short──▶ RECEIVED
  │                   │
  └──────cancel───────┴──▶ CANCELLED   (once the warehouse has it, only when it agrees)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NewType

from dockline.domain.dispatches.rules import Dispatch, DispatchState, WishStep, next_wish_step
from dockline.kit.choices import Choice

PurchaseOrderId = NewType("PurchaseOrderId", int)


class PurchaseStatus(Choice):
    """How far a purchase order is."""

    DRAFT = "draft", "Draft"
    APPROVED = "approved", "Approved"
    RECEIVING = "receiving", "Receiving"
    RECEIVED = "received", "Received"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATUSES = (PurchaseStatus.APPROVED, PurchaseStatus.RECEIVING)
"""Those of which something is still to come."""

TAKES_RECEIPTS = (PurchaseStatus.APPROVED, PurchaseStatus.RECEIVING, PurchaseStatus.RECEIVED)
"""Those to which something that arrived may still be booked: a warehouse corrects itself afterwards, too."""


def judge_wish(
    status: PurchaseStatus, dispatch: Dispatch | None, *, is_known_there: bool, any_received: bool
) -> tuple[WishStep, str]:
    """Say what the wish to cancel needs now, and why where it is too late. `dispatch` is None where nothing is sent."""
    if status in (PurchaseStatus.RECEIVED, PurchaseStatus.CANCELLED):
        return WishStep.TOO_LATE, f"It is {status.label} already."
    if any_received:
        return WishStep.TOO_LATE, "Goods of it have arrived. What still lacks can be closed short."
    if status == PurchaseStatus.DRAFT or dispatch is None:
        return WishStep.WITHDRAW, ""
    step = next_wish_step(is_open=True, dispatch=dispatch.state)
    if step is not WishStep.ASK or (is_known_there and dispatch.state != DispatchState.DUPLICATE):
        return step, ""
    if dispatch.state == DispatchState.NEEDS_FIX:
        return WishStep.WITHDRAW, ""
    return WishStep.TOO_LATE, "What the warehouse has of it is not known. Have it looked for first."


@dataclass(frozen=True)
class Wanted:
    """One line of a purchase order, in base units."""

    line_id: int
    sku: str
    quantity: Decimal


@dataclass
class Booked:
    """What arrived, by line; and by SKU what is more than was ordered, `unordered` being those not ordered at all."""

    by_line: dict[int, Decimal] = field(default_factory=dict)
    surplus: dict[str, Decimal] = field(default_factory=dict)
    unordered: frozenset[str] = frozenset()
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
    booked.unordered = frozenset(booked.surplus.keys() - {line.sku for line in lines})
    return booked


def status_after(booked: Booked, *, is_closed_short: bool = False) -> PurchaseStatus:
    """Name how far an order is, from what has arrived; one that was closed short waits for nothing more."""
    if not booked.missing or is_closed_short:
        return PurchaseStatus.RECEIVED
    return PurchaseStatus.RECEIVING if any(booked.by_line.values()) or booked.surplus else PurchaseStatus.APPROVED
