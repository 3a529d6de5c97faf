"""Knows how many base units are in a unit of a product; asks CartonCloud only for what it has not seen."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import TypeVar

from dockline.connectors.cartoncloud import mapping, schemas
from dockline.connectors.cartoncloud.client import Client
from dockline.connectors.cartoncloud.conditions import all_of, any_text, text
from dockline.connectors.contract import errors
from dockline.connectors.contract.runtime import Runtime

BATCH = 50
_BELIEVED = timedelta(hours=1)

T = TypeVar("T")


class Units:
    """What is known of the products' units. Thread safe; forgets after an hour, for units can be redefined."""

    def __init__(self, client: Client, runtime: Runtime) -> None:
        self._client = client
        self._runtime = runtime
        self._lock = threading.Lock()
        self._factors: dict[str, dict[str, Decimal]] = {}
        self._since = runtime.now()

    def factor(self, sku: str, unit: str) -> Decimal | None:
        """How many base units are in one, or None when nobody has told us."""
        return self._factors.get(sku, {}).get(unit)

    def sizes(self, skus: Sequence[str], *, customer_id: str) -> dict[str, dict[str, Decimal]]:
        """All units of these products, asked for anew: what was learned may be of some of them only."""
        found = find_products(self._client, skus, customer_id=customer_id).items()
        sizes = {sku: mapping.units_of(products[0]) for sku, products in found if len(products) == 1}
        for sku, factors in sizes.items():
            self.learn(sku, factors)
        return sizes

    def learn(self, sku: str, factors: Mapping[str, Decimal]) -> None:
        """Remember a product's units."""
        with self._lock:
            self._forget_the_old(self._runtime.now())
            self._factors[sku] = {**self._factors.get(sku, {}), **factors}

    def learn_base_units(self, said: Iterable[tuple[str, str]]) -> None:
        """Remember of (SKU, unit) that there is exactly one base unit in it."""
        with self._lock:
            self._forget_the_old(self._runtime.now())
            for sku, unit in said:
                known = self._factors.get(sku)
                if known is None or known.get(unit) != 1:
                    self._factors[sku] = {**(known or {}), unit: Decimal(1)}

    def look_up(self, wanted: Iterable[tuple[str, str]], *, customer_id: str) -> None:
        """Ask for the products of these (SKU, unit) pairs, as far as they are not known."""
        with self._lock:
            self._forget_the_old(self._runtime.now())
        missing = sorted({sku for sku, unit in wanted if sku and self.factor(sku, unit) is None})
        for sku, products in find_products(self._client, missing, customer_id=customer_id).items():
            if len(products) == 1:
                self.learn(sku, mapping.units_of(products[0]))

    def _forget_the_old(self, now: datetime) -> None:
        if now - self._since > _BELIEVED:
            self._factors, self._since = {}, now


def find_products(client: Client, skus: Sequence[str], *, customer_id: str) -> dict[str, list[schemas.Product]]:
    """Find products by exactly these codes; the far side may ignore case, so every answer is compared again."""
    found: dict[str, dict[str, schemas.Product]] = {sku: {} for sku in skus}
    for batch in batches(skus, BATCH):
        for page in client.search_products(all_of(text("/customer/id", customer_id), any_text("/code", batch))):
            for product in page.items:
                if is_of_customer(product, customer_id) and mapping.sku_of(product) in found:
                    found[mapping.sku_of(product)][product.id] = product
    return {sku: list(products.values()) for sku, products in found.items()}


def is_of_customer(
    thing: schemas.Product | schemas.OutboundOrder | schemas.InboundOrder | schemas.Consignment, customer_id: str
) -> bool:
    """Say whether an answer is about our customer; one that does not name any is believed to be."""
    return not (thing.customer and thing.customer.id) or thing.customer.id == customer_id


def batches(values: Sequence[T], size: int) -> Iterator[list[T]]:
    """Cut a sequence into lists of at most this size."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch


def require_ours(order: schemas.OutboundOrder, *, customer_id: str) -> None:
    """Raise `Unreadable` when an answer is about somebody else's order."""
    if not is_of_customer(order, customer_id):
        raise errors.Unreadable("The answer is about an order of another customer.")
