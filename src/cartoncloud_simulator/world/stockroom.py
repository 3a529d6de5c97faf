"""Stock lots: what is free per product in the order it is taken, and which lots carry a given property."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from cartoncloud_simulator.world.entities import Lot, LotLevel

_NEVER_EXPIRES = "9999-12-31"


class _Shelf:
    """One product in one warehouse: the lots with anything in them, and the usable ones in both orders."""

    def __init__(self) -> None:
        self.present: dict[str, Lot] = {}
        self.by_expiry: list[tuple[str, int, str]] = []
        self.by_receipt: list[tuple[int, str]] = []
        self._filed: dict[str, tuple[str, int]] = {}

    def file(self, lot: Lot) -> None:
        """Put a new or changed lot where it belongs now."""
        if lot.on_hand or lot.allocated:
            self.present[lot.id] = lot
        else:
            self.present.pop(lot.id, None)
        key = (lot.expiry or _NEVER_EXPIRES, lot.seq) if lot.status == "OK" and lot.on_hand > lot.allocated else None
        filed = self._filed.get(lot.id)
        if filed == key:
            return
        if filed is not None:
            self._unfile(lot.id)
        if key is not None:
            self._filed[lot.id] = key
            insort(self.by_expiry, (*key, lot.id))
            insort(self.by_receipt, (lot.seq, lot.id))

    def drop(self, lot_id: str) -> None:
        self.present.pop(lot_id, None)
        if lot_id in self._filed:
            self._unfile(lot_id)

    def _unfile(self, lot_id: str) -> None:
        expiry, seq = self._filed.pop(lot_id)
        del self.by_expiry[bisect_left(self.by_expiry, (expiry, seq, lot_id))]
        del self.by_receipt[bisect_left(self.by_receipt, (seq, lot_id))]


class Stockroom:
    """Every lot there ever was; whatever changes one goes through here, so the orders hold."""

    def __init__(self) -> None:
        self.by_id: dict[str, Lot] = {}
        self._shelves: dict[tuple[str, str], _Shelf] = defaultdict(_Shelf)
        # Keyed by warehouse, then product or customer, then name and value of the property.
        self._carrying: dict[tuple[str, str, str, str], dict[str, None]] = defaultdict(dict)

    def put(self, lot: Lot) -> None:
        """Take in a new lot, or a known one in its new state."""
        if lot.initial is None:
            lot.initial = lot.on_hand
        self._forget_properties(lot.id)
        self.by_id[lot.id] = lot
        for key in _property_keys(lot):
            self._carrying[key][lot.id] = None
        self._shelves[lot.warehouse_id, lot.product_id].file(lot)

    def remove(self, lot_id: str) -> None:
        self._forget_properties(lot_id)
        lot = self.by_id.pop(lot_id)
        self._shelves[lot.warehouse_id, lot.product_id].drop(lot_id)

    def usable_lots(self, warehouse_id: str, product_id: str, *, method: str) -> Iterator[Lot]:
        """Lots with status OK and something free, in the order the method takes them."""
        shelf = self._shelves.get((warehouse_id, product_id))
        if shelf is None:
            return
        entries: Iterable[tuple[Any, ...]] = shelf.by_expiry
        if method != "FEFO":
            entries = reversed(shelf.by_receipt) if method == "LIFO" else shelf.by_receipt
        for entry in entries:
            yield self.by_id[entry[-1]]

    def has_usable(self, warehouse_id: str, product_id: str) -> bool:
        """Whether any lot is OK with something free."""
        shelf = self._shelves.get((warehouse_id, product_id))
        return shelf is not None and bool(shelf.by_receipt)

    def lots_carrying(self, warehouse_id: str, holder_id: str, name: str, value: Any) -> list[Lot]:
        """Lots of a product, or of a customer, with this property; empty ones too."""
        return [self.by_id[lot_id] for lot_id in self._carrying.get((warehouse_id, holder_id, name, str(value)), ())]

    def present_lots(self, warehouse_id: str, product_id: str) -> Iterable[Lot]:
        """Lots with anything on hand."""
        shelf = self._shelves.get((warehouse_id, product_id))
        return shelf.present.values() if shelf else ()

    def shelves(self) -> Iterator[tuple[str, str, list[Lot]]]:
        for (warehouse_id, product_id), shelf in self._shelves.items():
            yield warehouse_id, product_id, list(shelf.present.values())

    def set_level(self, level: LotLevel) -> None:
        lot = self.by_id[level.id]
        lot.on_hand = level.on_hand
        lot.allocated = level.allocated
        self._shelves[lot.warehouse_id, lot.product_id].file(lot)

    def move(self, lot_id: str, *, on_hand: Decimal, allocated: Decimal) -> LotLevel:
        """Change a lot by these amounts and say what it holds now."""
        lot = self.by_id[lot_id]
        lot.on_hand += on_hand
        lot.allocated += allocated
        self._shelves[lot.warehouse_id, lot.product_id].file(lot)
        return LotLevel(id=lot_id, on_hand=lot.on_hand, allocated=lot.allocated)

    def _forget_properties(self, lot_id: str) -> None:
        if (known := self.by_id.get(lot_id)) is None:
            return
        for key in _property_keys(known):
            self._carrying[key].pop(lot_id, None)
            if not self._carrying[key]:
                del self._carrying[key]


def expiry_of(lot: Lot) -> str:
    """The day a lot expires, for ordering: never is last."""
    return lot.expiry or _NEVER_EXPIRES


def _property_keys(lot: Lot) -> Iterator[tuple[str, str, str, str]]:
    for name, value in lot.properties.items():
        for holder_id in (lot.product_id, lot.customer_id):
            yield lot.warehouse_id, holder_id, name, str(value)
