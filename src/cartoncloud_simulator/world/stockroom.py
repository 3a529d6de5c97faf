"""Stock lots, kept in the order the warehouse takes from them."""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from cartoncloud_simulator.world.entities import Lot, LotLevel

_NEVER_EXPIRES = "9999-12-31"


class Stockroom:
    """Lots per warehouse and product, first expired and then first received first."""

    def __init__(self) -> None:
        self.by_id: dict[str, Lot] = {}
        self._shelves: dict[tuple[str, str], list[Lot]] = defaultdict(list)

    def put(self, lot: Lot) -> None:
        self.by_id[lot.id] = lot
        insort(self._shelves[lot.warehouse_id, lot.product_id], lot, key=_first_expired)

    def list_lots(self, warehouse_id: str, product_id: str, *, method: str) -> list[Lot]:
        lots = self._shelves.get((warehouse_id, product_id), [])
        if method == "FEFO":
            return lots
        return sorted(lots, key=_received, reverse=method == "LIFO")

    def shelves(self) -> Iterator[tuple[str, str, list[Lot]]]:
        for (warehouse_id, product_id), lots in self._shelves.items():
            yield warehouse_id, product_id, lots

    def set_level(self, level: LotLevel) -> None:
        lot = self.by_id[level.id]
        lot.on_hand = level.on_hand
        lot.allocated = level.allocated

    def move(self, lot_id: str, *, on_hand: Decimal, allocated: Decimal) -> LotLevel:
        """Change a lot by these amounts and say what it holds now."""
        lot = self.by_id[lot_id]
        lot.on_hand += on_hand
        lot.allocated += allocated
        return LotLevel(id=lot_id, on_hand=lot.on_hand, allocated=lot.allocated)


def _first_expired(lot: Lot) -> tuple[str, int]:
    return lot.expiry or _NEVER_EXPIRES, lot.seq


def _received(lot: Lot) -> int:
    return lot.seq
