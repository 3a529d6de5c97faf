"""What a shipment may be, and how what was shipped is booked to its lines. How it is sent: `dispatches/rules.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple, NewType

from dockline.domain.dispatches import rules as dispatches
from dockline.domain.dispatches.rules import WishStep, format_quantity
from dockline.kit.choices import Choice

ShipmentId = NewType("ShipmentId", int)


class ShipmentStatus(Choice):
    """What a person reads on a shipment."""

    READY = "ready", "Ready to Send"
    SENT = "sent", "Sent to Warehouse"
    SHIPPED = "shipped", "Shipped"
    SHORT_SHIPPED = "short_shipped", "Short Shipped"
    REJECTED = "rejected", "Rejected by Warehouse"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATUSES = (ShipmentStatus.READY, ShipmentStatus.SENT, ShipmentStatus.REJECTED)


def next_wish_step(*, status: str, dispatch: str) -> WishStep:
    """Name what the wish to cancel a shipment needs, from how it stands."""
    return dispatches.next_wish_step(is_open=status in OPEN_STATUSES, dispatch=dispatch)


@dataclass(frozen=True)
class Carried:
    """One shipment line: what it carries of one SKU, in base units."""

    line_id: int
    line_ref: str
    sku: str
    quantity: Decimal
    sent_sku: str = ""
    """The SKU it was sent under, where that is not ours."""


class LineToSend(NamedTuple):
    """One shipment line with what is needed to name it to a warehouse; quantities in base units.

    A tuple, for there are many of them.
    """

    line_id: int
    variant_id: int
    sku: str
    product_name: str
    variant_name: str
    unit: str
    quantity: Decimal
    references: Mapping[str, str]


@dataclass(frozen=True)
class ShipmentToSend:
    """One shipment with what is needed to send it."""

    shipment_id: int
    reference: str
    order_number: str
    carrier: str
    service: str
    ship_on: date | None
    deliver_by: date | None
    instructions: str
    ship_to: Mapping[str, str]
    references: Mapping[str, str]
    lines: tuple[LineToSend, ...]


def sum_carried(lines: Sequence[Carried]) -> dict[str, Decimal]:
    """Sum what a shipment carries per SKU, in base units."""
    totals: dict[str, Decimal] = {}
    for line in lines:
        totals[line.sku] = totals.get(line.sku, Decimal(0)) + line.quantity
    return totals


@dataclass(frozen=True)
class Surplus:
    """What a warehouse shipped beyond what was asked; `is_ordered` unless the shipment has nothing of this SKU."""

    sku: str
    quantity: Decimal
    is_ordered: bool

    @property
    def words(self) -> str:
        """Say it."""
        what = "more than asked" if self.is_ordered else "though not on this order"
        return f"{self.sku}: {format_quantity(self.quantity)} {what}"


@dataclass(frozen=True)
class Shipped:
    """What was shipped of each line, and what was shipped beyond or beside what was asked."""

    by_line: Mapping[int, Decimal]
    surplus: tuple[Surplus, ...]


def book_quantities(carried: Sequence[Carried], there: Sequence[tuple[str, str, Decimal]]) -> Shipped:
    """Spread what the warehouse shipped, as (line_ref, sku, base quantity), over our lines.

    By our line id where it came back, else by SKU in line order. A line takes at most what it carries until every
    line of the SKU is full; what is left over is booked on the last line of that SKU and named as surplus.
    """
    by_line = {line.line_id: Decimal(0) for line in carried}
    loose: dict[str, Decimal] = {}
    by_ref = {(line.line_ref, line.sku): line for line in carried}
    for line_ref, sku, quantity in there:
        line = by_ref.get((line_ref, sku))
        taken = Decimal(0) if line is None else min(quantity, line.quantity - by_line[line.line_id])
        if line is not None and taken > 0:
            by_line[line.line_id] += taken
        if quantity > taken:
            loose[sku] = loose.get(sku, Decimal(0)) + quantity - max(taken, Decimal(0))
    surplus = []
    for sku, quantity in loose.items():
        left = quantity
        last = None
        for line in carried:
            if line.sku == sku:
                last = line
                taken = min(left, line.quantity - by_line[line.line_id])
                by_line[line.line_id] += taken
                left -= taken
        if left > 0:
            surplus.append(Surplus(sku, left, is_ordered=last is not None))
            if last is not None:
                by_line[last.line_id] += left
    return Shipped(by_line, tuple(surplus))
