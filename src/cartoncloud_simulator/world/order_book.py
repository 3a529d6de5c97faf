"""All live orders and the indexes the usual questions need."""

import heapq
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from cartoncloud_simulator.world.entities import Consignment, Order
from cartoncloud_simulator.world.inbound import InboundOrder

AnyOrder = TypeVar("AnyOrder", Order, InboundOrder)

_MOST_DOCUMENTS = 200_000


class _ModifiedOrder:
    """Ids in the order they last changed; the clock never steps back, so times rise as well."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}

    def touch(self, entity_id: str, modified_at: int) -> None:
        self._times.pop(entity_id, None)
        self._times[entity_id] = modified_at

    def forget(self, entity_id: str) -> None:
        self._times.pop(entity_id, None)

    def since(self, moment: float) -> Iterator[str]:
        for entity_id, modified_at in reversed(self._times.items()):
            if modified_at < moment:
                return
            yield entity_id


class OrderBook(Generic[AnyOrder]):
    """Orders by id, reference, customer, status and time of change."""

    def __init__(self) -> None:
        self.by_id: dict[str, AnyOrder] = {}
        self.documents: dict[str, bytes] = {}
        self.removed: set[str] = set()
        self._by_reference: dict[str, dict[str, None]] = defaultdict(dict)
        self._by_customer: dict[str, dict[str, None]] = defaultdict(dict)
        self._by_status: dict[str, dict[str, None]] = defaultdict(dict)
        self._status_of: dict[str, str] = {}
        self._modified = _ModifiedOrder()

    def put(self, order: AnyOrder) -> None:
        """Take in a new or changed order; its reference and customer never change."""
        if order.id not in self.by_id:
            self.by_id[order.id] = order
            self._by_reference[order.reference.casefold()][order.id] = None
            self._by_customer[order.customer_id][order.id] = None
        else:
            self.by_id[order.id] = order
            self._by_status[self._status_of[order.id]].pop(order.id, None)
        self._by_status[order.status][order.id] = None
        self._status_of[order.id] = order.status
        self._modified.touch(order.id, order.modified_at)
        self.documents.pop(order.id, None)

    def remove(self, order_id: str) -> None:
        order = self.by_id.pop(order_id)
        self.removed.add(order_id)
        _discard(self._by_reference, order.reference.casefold(), order_id)
        _discard(self._by_customer, order.customer_id, order_id)
        self._by_status[self._status_of.pop(order_id)].pop(order_id, None)
        self._modified.forget(order_id)
        self.documents.pop(order_id, None)

    def remember(self, order_id: str, document: bytes) -> bytes:
        """Keep an encoded document until the order changes, or there are too many of them."""
        if len(self.documents) >= _MOST_DOCUMENTS:
            self.documents.clear()
        self.documents[order_id] = document
        return document

    def forget_documents(self) -> None:
        self.documents.clear()

    def find_by_reference(self, customer_id: str, reference: str, *, case_sensitive: bool) -> AnyOrder | None:
        for order_id in self._by_reference.get(reference.casefold(), ()):
            order = self.by_id[order_id]
            if order.customer_id == customer_id and (not case_sensitive or order.reference == reference):
                return order
        return None

    def ids_by_id(self, value: str) -> Collection[str]:
        return (value,) if value in self.by_id else ()

    def ids_by_reference(self, value: str) -> Collection[str]:
        return self._by_reference.get(value.casefold(), ())

    def ids_by_customer(self, value: str) -> Collection[str]:
        return self._by_customer.get(value, ())

    def ids_by_status(self, value: str) -> Collection[str]:
        return self._by_status.get(value, ())

    def ids_modified_since(self, moment: float) -> Collection[str]:
        return list(self._modified.since(moment))

    def count_by_status(self) -> dict[str, int]:
        return {status: len(ids) for status, ids in sorted(self._by_status.items()) if ids}

    def list_by_status(self, status: str) -> list[AnyOrder]:
        """Oldest first."""
        return sorted((self.by_id[order_id] for order_id in self._by_status.get(status, ())), key=_by_seq)

    def longest_in_status(self, status: str) -> Iterator[AnyOrder]:
        """Those that have not changed for longest first."""
        for order_id in self._by_status.get(status, ()):
            yield self.by_id[order_id]


class _GoodsIndex:
    """Which orders have to do with which goods."""

    def __init__(self) -> None:
        self._orders: dict[Hashable, dict[str, None]] = defaultdict(dict)
        self._goods: dict[str, set[Hashable]] = {}

    def put(self, order_id: str, goods: Iterable[Hashable]) -> None:
        """Remember these goods of an order, and no others."""
        self.forget(order_id)
        if found := set(goods):
            self._goods[order_id] = found
            for each in found:
                self._orders[each][order_id] = None

    def forget(self, order_id: str) -> None:
        for each in self._goods.pop(order_id, ()):
            _discard(self._orders, each, order_id)

    def orders_with(self, goods: Hashable) -> Iterable[str]:
        return self._orders.get(goods, ())


class OutboundBook(OrderBook[Order]):
    """Outbound orders, and which of them the floor takes next."""

    def __init__(self) -> None:
        super().__init__()
        self._awaiting: list[tuple[int, str]] = []
        self._wanted = _GoodsIndex()

    def put(self, order: Order) -> None:
        if order.status == "AWAITING_PICK_AND_PACK" and self._status_of.get(order.id) != order.status:
            heapq.heappush(self._awaiting, (order.seq, order.id))
        super().put(order)
        if order.status == "AWAITING_STOCK":
            self._wanted.put(order.id, (item.product_id for item in order.items if item.lot_id is None))
        else:
            self._wanted.forget(order.id)

    def remove(self, order_id: str) -> None:
        super().remove(order_id)
        self._wanted.forget(order_id)

    def list_waiting_for(self, products: Iterable[str]) -> list[Order]:
        """Orders in AWAITING_STOCK that lack one of these products, oldest first."""
        found = {order_id for product_id in products for order_id in self._wanted.orders_with(product_id)}
        return sorted((self.by_id[order_id] for order_id in found), key=_by_seq)

    def next_to_pick(self) -> Order | None:
        """The oldest order that waits for picking."""
        while self._awaiting:
            order = self.by_id.get(self._awaiting[0][1])
            if order is not None and order.status == "AWAITING_PICK_AND_PACK":
                return order
            heapq.heappop(self._awaiting)
        return None


class InboundBook(OrderBook[InboundOrder]):
    """Inbound orders, and which of them still bring a product."""

    def __init__(self) -> None:
        super().__init__()
        self._bringing = _GoodsIndex()

    def put(self, order: InboundOrder) -> None:
        super().put(order)
        if order.status == "NOT_YET_RECEIVED":
            self._bringing.put(order.id, ((order.warehouse_id, item.product_id) for item in order.items))
        else:
            self._bringing.forget(order.id)

    def remove(self, order_id: str) -> None:
        super().remove(order_id)
        self._bringing.forget(order_id)

    def list_bringing(self, warehouse_id: str, product_id: str) -> list[InboundOrder]:
        """Orders not yet received with this product on them."""
        return [self.by_id[order_id] for order_id in self._bringing.orders_with((warehouse_id, product_id))]


class ConsignmentBook:
    """Consignments by id, order, reference, customer and time of change."""

    def __init__(self) -> None:
        self.by_id: dict[str, Consignment] = {}
        self.documents: dict[str, bytes] = {}
        self._by_order: dict[str, dict[str, None]] = defaultdict(dict)
        self._by_reference: dict[str, dict[str, None]] = defaultdict(dict)
        self._by_customer: dict[str, dict[str, None]] = defaultdict(dict)
        self._reference_of: dict[str, str] = {}
        self._modified = _ModifiedOrder()

    def put(self, consignment: Consignment) -> None:
        """Take in a new or changed consignment; its order and customer never change."""
        reference = str(consignment.references.get("customer", "")).casefold()
        if (known := self._reference_of.get(consignment.id)) is not None and known != reference:
            _discard(self._by_reference, known, consignment.id)
        self._reference_of[consignment.id] = reference
        self.by_id[consignment.id] = consignment
        self.documents.pop(consignment.id, None)
        self._modified.touch(consignment.id, consignment.modified_at)
        if consignment.order_id:
            self._by_order[consignment.order_id][consignment.id] = None
        self._by_reference[reference][consignment.id] = None
        self._by_customer[consignment.customer_id][consignment.id] = None

    def remove(self, consignment_id: str) -> None:
        consignment = self.by_id.pop(consignment_id)
        self.documents.pop(consignment_id, None)
        if consignment.order_id:
            _discard(self._by_order, consignment.order_id, consignment_id)
        _discard(self._by_reference, self._reference_of.pop(consignment_id), consignment_id)
        _discard(self._by_customer, consignment.customer_id, consignment_id)
        self._modified.forget(consignment_id)

    def ids_modified_since(self, moment: float) -> Collection[str]:
        return list(self._modified.since(moment))

    def list_of_order(self, order_id: str) -> list[Consignment]:
        return [self.by_id[consignment_id] for consignment_id in self._by_order.get(order_id, ())]

    def ids_by_id(self, value: str) -> Collection[str]:
        return (value,) if value in self.by_id else ()

    def ids_by_order(self, value: str) -> Collection[str]:
        return self._by_order.get(value, ())

    def ids_by_reference(self, value: str) -> Collection[str]:
        return self._by_reference.get(value.casefold(), ())

    def ids_by_customer(self, value: str) -> Collection[str]:
        return self._by_customer.get(value, ())


def _discard(index: dict[Any, dict[str, None]], key: Hashable, entity_id: str) -> None:
    ids = index.get(key)
    if ids is None:
        return
    ids.pop(entity_id, None)
    if not ids:
        del index[key]


def _by_seq(order: Order | InboundOrder) -> int:
    return order.seq
