"""Inbound orders, exactly as the journal keeps them."""

from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from cartoncloud_simulator.world.quantities import ZERO


class InboundItem(Struct, omit_defaults=True):
    """One line of a purchase order; goods that have arrived lie in its lot."""

    id: str
    numeric_id: int
    product_id: str
    unit: str
    unit_size: Decimal
    quantity: Decimal
    expected: Decimal = ZERO
    status: str = "OK"
    properties: dict[str, Any] = field(default_factory=dict)
    lot_id: str | None = None

    @property
    def base(self) -> Decimal:
        return self.quantity * self.unit_size


class InboundOrder(Struct, tag="inbound", omit_defaults=True):
    """`origin` says which of the warehouse's own acts made it: split, return or adjustment."""

    id: str
    numeric_id: int
    seq: int
    client_id: str
    customer_id: str
    warehouse_id: str
    status: str
    references: dict[str, Any]
    details: dict[str, Any]
    created_at: int
    modified_at: int
    visible_at: float
    version: int = 1
    properties: dict[str, Any] = field(default_factory=dict)
    items: list[InboundItem] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    sent_lines: list[dict[str, Any]] = field(default_factory=list)
    verified_at: int | None = None
    parent_id: str | None = None
    has_children: bool = False
    origin: str = ""

    @property
    def reference(self) -> str:
        return str(self.references["customer"])
