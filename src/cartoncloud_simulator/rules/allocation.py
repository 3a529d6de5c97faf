"""Which stock lots fill a line: whole requested units first, loose base units for what is left."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cartoncloud_simulator.settings import CustomerSettings
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.entities import Lot, Product
from cartoncloud_simulator.world.quantities import ONE, ZERO
from cartoncloud_simulator.world.world import World

_LAST_DAY = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Part:
    """So much of one lot, in a unit."""

    lot: Lot
    unit: str
    unit_size: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Allocation:
    """What was found for a line, and what was not, in base units."""

    parts: list[Part]
    missing: Decimal
    any_stock_matches: bool


def allocate(
    world: World,
    *,
    product: Product,
    warehouse_id: str,
    unit: str,
    quantity: Decimal,
    constraints: Mapping[str, Any],
    promised: dict[str, Decimal],
) -> Allocation:
    """Find stock without touching it; `promised` holds, and gains, what earlier lines of the same order took."""
    policy = world.customer_settings(product.customer_id)
    unit_size = product.base_quantity(unit)
    needed = quantity * unit_size
    lots = list(_usable_lots(world, product, warehouse_id, constraints, policy))

    parts, needed = _take(lots, needed, unit=unit, unit_size=unit_size, promised=promised, loose=unit_size == ONE)
    if needed and unit_size != ONE:
        base_unit = product.base_unit()
        rest, needed = _take(lots, needed, unit=base_unit, unit_size=ONE, promised=promised, loose=True)
        parts += rest

    return Allocation(parts, needed, bool(lots) or not constraints)


def selection_method(product: Product) -> str:
    details = product.document.get("details")
    selection = details.get("stockSelection") if isinstance(details, dict) else None
    method = selection.get("method") if isinstance(selection, dict) else None
    return method if method in ("FEFO", "FIFO", "LIFO") else "FEFO"


def _usable_lots(
    world: World, product: Product, warehouse_id: str, constraints: Mapping[str, Any], policy: CustomerSettings
) -> Iterator[Lot]:
    first_good_day = "" if policy.expired_stock_allowed else _first_good_day(world, product, warehouse_id)
    for lot in world.stockroom.list_lots(warehouse_id, product.id, method=selection_method(product)):
        if lot.on_hand <= lot.allocated or lot.status != "OK" or (lot.expiry or _LAST_DAY) < first_good_day:
            continue
        if all(lot.properties.get(name) == value for name, value in constraints.items()):
            yield lot


def _first_good_day(world: World, product: Product, warehouse_id: str) -> str:
    details = product.document.get("details")
    selection = details.get("stockSelection") if isinstance(details, dict) else None
    threshold = selection.get("expiryThresholdDays") if isinstance(selection, dict) else None
    days = threshold if isinstance(threshold, int) else 0
    return clock.format_day(world.clock.now() + days * 86_400, zone=world.zone_of(warehouse_id))


def _take(
    lots: list[Lot], needed: Decimal, *, unit: str, unit_size: Decimal, promised: dict[str, Decimal], loose: bool
) -> tuple[list[Part], Decimal]:
    parts = []
    for lot in lots:
        if not needed:
            break
        available = lot.free - promised.get(lot.id, ZERO)
        taken = min(available, needed)
        if not loose and taken < needed:
            taken = taken // unit_size * unit_size
        if taken <= 0:
            continue
        promised[lot.id] = promised.get(lot.id, ZERO) + taken
        needed -= taken
        parts.append(Part(lot, unit, unit_size, taken if unit_size == ONE else taken / unit_size))
    return parts, needed
