"""Warehouse products and the ways an order may name one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec

from cartoncloud_simulator.world.entities import Product


class Catalogue:
    """Products by id, and per customer by code, barcode and name."""

    def __init__(self) -> None:
        self.by_id: dict[str, Product] = {}
        self.documents: dict[tuple[str, int], bytes] = {}
        self.item_details: dict[tuple[str, str], msgspec.Raw] = {}
        self._codes: dict[str, dict[str, Product]] = defaultdict(dict)
        # Codes that differ only in case are different products: a folded code stands for all of them.
        self._folded_codes: dict[tuple[str, str], dict[str, Product]] = defaultdict(dict)
        self._barcodes: dict[str, dict[str, Product]] = defaultdict(dict)
        self._names: dict[str, dict[str, Product]] = defaultdict(dict)
        self._wire_references: dict[str, msgspec.Raw] = {}

    def put(self, product: Product) -> None:
        old = self.by_id.get(product.id)
        if old is not None:
            self._unindex(old)
        self.by_id[product.id] = product
        for index, key in self._keys(product):
            index.setdefault(key, product)
        self._folded_codes[product.customer_id, product.code.casefold()][product.id] = product
        for version in (1, 7, 8):
            self.documents.pop((product.id, version), None)
        self._wire_references.pop(product.id, None)
        self.item_details.clear()

    def find(self, customer_id: str, reference: dict[str, Any], *, ignore_case: bool) -> Product | None:
        """The product the first supplied of id, code, barcode and name stands for."""
        if product_id := reference.get("id"):
            product = self.by_id.get(str(product_id).lower())
            return product if product is not None and product.customer_id == customer_id else None
        references = reference.get("references")
        references = references if isinstance(references, dict) else {}
        if code := references.get("code"):
            return self.find_by_code(customer_id, str(code), ignore_case=ignore_case)
        if barcode := references.get("barcode"):
            return self._barcodes[customer_id].get(str(barcode))
        if name := reference.get("name"):
            return self._names[customer_id].get(str(name))
        return None

    def find_by_code(self, customer_id: str, code: str, *, ignore_case: bool) -> Product | None:
        exact = self._codes[customer_id].get(code)
        if exact is not None or not ignore_case:
            return exact
        return next(iter(self._folded_codes[customer_id, code.casefold()].values()), None)

    def list_by_code(self, code: str) -> list[Product]:
        """Products of every customer with this code."""
        return [products[code] for products in self._codes.values() if code in products]

    def list_of_customer(self, customer_id: str) -> Iterable[Product]:
        return self._codes[customer_id].values()

    def ids_by_id(self, value: str) -> Collection[str]:
        return (value,) if value in self.by_id else ()

    def ids_by_code(self, value: str) -> Collection[str]:
        folded = value.casefold()
        return [each for owner in self._codes for each in self._folded_codes.get((owner, folded), ())]

    def ids_by_customer(self, value: str) -> Collection[str]:
        return [product.id for product in self._codes[value].values()]

    def wire_reference(self, product_id: str) -> msgspec.Raw:
        """The short form orders and reports carry, encoded once."""
        raw = self._wire_references.get(product_id)
        if raw is None:
            product = self.by_id[product_id]
            short = {"id": product.id, "name": product.name, "references": {"code": product.code}}
            raw = self._wire_references[product_id] = msgspec.Raw(msgspec.json.encode(short))
        return raw

    def _keys(self, product: Product) -> Iterator[tuple[dict[str, Product], str]]:
        owner = product.customer_id
        yield self._codes[owner], product.code
        yield self._names[owner], product.name
        for unit in product.units.values():
            if barcode := unit.get("barcode"):
                yield self._barcodes[owner], str(barcode)

    def _unindex(self, product: Product) -> None:
        for index, key in self._keys(product):
            if index.get(key) is product:
                del index[key]
        self._folded_codes[product.customer_id, product.code.casefold()].pop(product.id, None)
