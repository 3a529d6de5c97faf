"""Which stock lots fill a line: whole requested units first, loose base units for what is left."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from cartoncloud_simulator.settings import CustomerSettings
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.entities import Lot, Product
from cartoncloud_simulator.world.quantities import ONE, ZERO
from cartoncloud_simulator.world.stockroom import expiry_of
from cartoncloud_simulator.world.world import World

_STAGES = ("RECEIVED", "VERIFIED", "ALLOCATED")
_STAGES_FROM = {stage: _STAGES[index:] for index, stage in enumerate(_STAGES)}
NOT_ENOUGH = "Not enough stock"
NO_MATCH = "No stock matches the requested conditions"
EXPIRED = "Stock has expired"
NEAR_EXPIRY = "Stock is within its expiry threshold"


class Part(NamedTuple):
    """So much of one lot, in a unit."""

    lot: Lot
    unit: str
    unit_size: Decimal
    quantity: Decimal


class Allocation(NamedTuple):
    """What was found for a line, with stale stock in it or not; what was not, in base units, and why."""

    parts: list[Part]
    missing: Decimal
    reason: str = ""
    is_stale: bool = False


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
    stock = _Stock(world, product, warehouse_id, constraints, policy)
    first = next(stock.good_lots(), None)
    needed = quantity * product.unit_sizes[unit]
    if first is not None and first.free - promised.get(first.id, ZERO) >= needed > 0:
        promised[first.id] = promised.get(first.id, ZERO) + needed
        return Allocation([Part(first, unit, product.unit_sizes[unit], quantity)], ZERO)

    taking = _Taking(product, unit, quantity, promised)
    taking.take(stock.good_lots, strict=product.selection.is_strict)
    good_parts = len(taking.parts)
    if taking.needed and policy.expired_stock_allowed:
        taking.take(stock.stale_lots, strict=product.selection.is_strict)
    reason = stock.explain_shortage(any_taken=bool(taking.parts)) if taking.needed else ""
    return Allocation(taking.parts, taking.needed, reason, is_stale=len(taking.parts) > good_parts)


class _Stock:
    """The lots of one product that a line may take, in the order it takes them."""

    def __init__(
        self,
        world: World,
        product: Product,
        warehouse_id: str,
        constraints: Mapping[str, Any],
        policy: CustomerSettings,
    ) -> None:
        self._world = world
        self._product_id = product.id
        self._warehouse_id = warehouse_id
        self._constraints = constraints
        self._selection = product.selection
        self._stages = _STAGES_FROM[policy.minimum_inbound_status]

    def good_lots(self) -> Iterator[Lot]:
        return self._lots(stale=False)

    def stale_lots(self) -> Iterator[Lot]:
        """Lots that have expired or are about to."""
        return self._lots(stale=True)

    def explain_shortage(self, *, any_taken: bool) -> str:
        if any_taken or next(self.good_lots(), None) is not None:
            return NOT_ENOUGH
        stale = next(self.stale_lots(), None)
        if stale is None:
            return NO_MATCH if self._constraints else NOT_ENOUGH
        return EXPIRED if expiry_of(stale) < self._day_in(0) else NEAR_EXPIRY

    def _lots(self, *, stale: bool) -> Iterator[Lot]:
        lots, stages = self._candidates(), self._stages
        if self._selection.minimises_storage:
            lots = self._smallest_first(lot for lot in lots if lot.inbound_status in stages)
        for lot in lots:
            if lot.inbound_status in stages and self._is_stale(lot) is stale:
                yield lot

    def _is_stale(self, lot: Lot) -> bool:
        return bool(lot.expiry) and expiry_of(lot) < self._first_good_day

    @cached_property
    def _first_good_day(self) -> str:
        return self._day_in(self._selection.threshold_days)

    def _smallest_first(self, lots: Iterator[Lot]) -> Iterator[Lot]:
        """Within one expiry day, or one day of receipt, the smallest lots go first and empty their places."""
        for _, alike in groupby(lots, key=self._rank):
            yield from sorted(alike, key=lambda lot: (lot.free, lot.seq))

    def _candidates(self) -> Iterable[Lot]:
        stockroom, method = self._world.stockroom, self._selection.method
        if not self._constraints:
            return stockroom.usable_lots(self._warehouse_id, self._product_id, method=method)
        carrying = [
            stockroom.lots_carrying(self._warehouse_id, self._product_id, name, value)
            for name, value in self._constraints.items()
        ]
        found = [lot for lot in min(carrying, key=len) if self._is_usable(lot)]
        newest_first = method == "LIFO"
        return sorted(found, key=_expiry_order if method == "FEFO" else _receipt_order, reverse=newest_first)

    def _is_usable(self, lot: Lot) -> bool:
        fits = all(lot.properties.get(name) == value for name, value in self._constraints.items())
        return fits and lot.status == "OK" and lot.on_hand > lot.allocated

    def _rank(self, lot: Lot) -> str:
        match self._selection.method:
            case "FEFO":
                return expiry_of(lot)
            case "MINIMISE_STORAGE":
                return ""
            case _:
                return clock.format_day(lot.received_at, zone=self._world.zone_of(self._warehouse_id))

    def _day_in(self, days: int) -> str:
        zone = self._world.zone_of(self._warehouse_id)
        return clock.format_day(self._world.clock.now() + days * 86_400, zone=zone)


@dataclass(slots=True)
class _Taking:
    """One line being filled."""

    product: Product
    unit: str
    quantity: Decimal
    promised: dict[str, Decimal]
    parts: list[Part] = field(default_factory=list)
    unit_size: Decimal = ONE
    needed: Decimal = ZERO

    def __post_init__(self) -> None:
        self.unit_size = self.product.unit_sizes[self.unit]
        self.needed = self.quantity * self.unit_size

    def take(self, lots: Callable[[], Iterator[Lot]], *, strict: bool) -> None:
        """Whole units of any lot before loose goods; strictly, all of one lot before the next."""
        if self.unit_size == ONE:
            self._take_loose(lots(), self.unit)
            return
        base_unit = self.product.base_unit
        for lot in lots():
            self._take_from(lot, self.unit, self.unit_size, loose=False)
            if strict:
                self._take_from(lot, base_unit, ONE, loose=True)
            if not self.needed:
                return
        self._take_loose(lots(), base_unit)

    def _take_loose(self, lots: Iterator[Lot], unit: str) -> None:
        for lot in lots:
            self._take_from(lot, unit, ONE, loose=True)
            if not self.needed:
                return

    def _take_from(self, lot: Lot, unit: str, unit_size: Decimal, *, loose: bool) -> None:
        taken = min(lot.free - self.promised.get(lot.id, ZERO), self.needed)
        # Part of a unit is taken as such only where it was asked for so.
        if not loose and (taken < self.needed or taken % unit_size != self.quantity * unit_size % unit_size):
            taken = taken // unit_size * unit_size
        if taken <= 0:
            return
        self.promised[lot.id] = self.promised.get(lot.id, ZERO) + taken
        self.needed -= taken
        self.parts.append(Part(lot, unit, unit_size, taken if unit_size == ONE else taken / unit_size))


def _expiry_order(lot: Lot) -> tuple[str, int]:
    return expiry_of(lot), lot.seq


def _receipt_order(lot: Lot) -> int:
    return lot.seq
