"""What a sales order may be, and which step comes next. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import NewType

from dockline.kit.choices import Choice

OrderId = NewType("OrderId", int)
LineId = NewType("LineId", int)

PERSONAL_FIELDS = ("customer_name", "ship_to")
"""The columns of a sales order that say who somebody is."""

ADDRESS = (
    *("company", "contact", "line_1", "line_2", "suburb", "city", "state", "postcode", "country", "phone", "email"),
)
"""The parts of `ship_to`, in the order in which they are kept."""

NEEDED_OF_ADDRESS = ("line_1", "city", "country")
"""Without these nothing can be delivered."""


class OrderStatus(Choice):
    """How far an order is; never why it rests."""

    DRAFT = "draft", "Draft"
    APPROVED = "approved", "Approved"
    FULFILLING = "fulfilling", "Fulfilling"
    SHIPPED = "shipped", "Shipped"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATUSES = (OrderStatus.APPROVED, OrderStatus.FULFILLING)


class Step(Enum):
    """What an order needs next."""

    NOTHING = auto()
    ALLOCATE = auto()
    CANCEL_REST = auto()
    REST = auto()
    WAIT_FOR_WAREHOUSE = auto()
    CLOSE = auto()


@dataclass(frozen=True)
class LineFacts:
    """One order line in base units. `under_way` is what open shipments still carry of it."""

    line_id: int
    variant_id: int
    ordered: Decimal
    shipped: Decimal
    cancelled: Decimal
    under_way: Decimal

    @property
    def remaining(self) -> Decimal:
        """Ordered minus shipped minus cancelled, never below zero."""
        return max(self.ordered - self.shipped - self.cancelled, Decimal(0))

    @property
    def to_allocate(self) -> Decimal:
        """What remains and no open shipment carries."""
        return max(self.remaining - self.under_way, Decimal(0))


def next_step(
    *,
    status: str,
    lines: Sequence[LineFacts],
    has_open_shipment: bool,
    cancel_asked: bool = False,
    rests: bool = False,
) -> Step:
    """Name the step an order needs, from its facts alone: who woke it, and how often, does not matter.

    One that `rests` is not allocated: a person has it on hold, or a warehouse is asked to make room for a change.
    """
    if status not in OPEN_STATUSES:
        return Step.NOTHING
    if any(line.to_allocate for line in lines):
        if cancel_asked:
            return Step.CANCEL_REST
        return Step.REST if rests else Step.ALLOCATE
    if has_open_shipment:
        return Step.WAIT_FOR_WAREHOUSE
    return Step.CLOSE


def closing_status(lines: Sequence[LineFacts]) -> OrderStatus:
    """Name the end of an order that has nothing left: cancelled when all of it was, and shipped when any was."""
    return OrderStatus.SHIPPED if any(line.shipped for line in lines) else OrderStatus.CANCELLED
