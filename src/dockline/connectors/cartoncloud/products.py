"""Makes our products known and brings theirs back: says for each what was done, or how it stands there."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from dockline.connectors.cartoncloud import mapping, schemas
from dockline.connectors.cartoncloud.client import Client
from dockline.connectors.cartoncloud.conditions import all_of, not_before, text
from dockline.connectors.cartoncloud.feeds import is_complete, mark_of, newest_of
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.cartoncloud.units import BATCH, Units, batches, find_products, is_of_customer
from dockline.connectors.contract import errors, messages
from dockline.connectors.contract.notices import ProductOutcome, ProductPage


class Products:
    """The warehouse products of one customer."""

    def __init__(self, settings: CartonCloudSettings, client: Client, units: Units, customer_id: str) -> None:
        self._settings = settings
        self._client = client
        self._units = units
        self._customer_id = customer_id

    def export(self, products: Sequence[messages.ProductMessage]) -> Iterator[ProductOutcome]:
        """Export product by product; a refusal is an outcome, a lost connection ends the export."""
        for batch in batches(products, BATCH):
            there = find_products(self._client, [product.sku for product in batch], customer_id=self._customer_id)
            for product in batch:
                try:
                    yield self._export(product, there[product.sku])
                except errors.Refused as refusal:
                    yield ProductOutcome(product.sku, action="refused", problem=refusal.message)

    def receive(self, position: str, *, now: datetime) -> Iterator[ProductPage]:
        """Read every product changed since the position; only the last page moves it.

        Deactivated ones are asked for as well, or their deactivation would be missed (notes, section 10.5).
        """
        mark = mark_of(position)
        condition = [text("/customer/id", self._customer_id)]
        if mark:
            overlap = timedelta(minutes=self._settings.overlap_minutes)
            condition.append(not_before("/timestamps/modified/time", mark - overlap))

        seen: set[str] = set()
        totals: list[int] = []
        newest = mark
        for page in self._client.search_products(all_of(*condition)):
            ours = [item for item in page.items if is_of_customer(item, self._customer_id) and item.id not in seen]
            seen.update(item.id for item in page.items)
            totals += [] if page.total is None else [page.total]
            stamps = [mapping.instant(item.timestamps.modified if item.timestamps else None) for item in page.items]
            newest = newest_of(newest, stamps, now=now)
            moved = page.is_last and newest and is_complete(seen, totals)
            yield ProductPage(
                notices=tuple(mapping.product_notice(item) for item in ours),
                position=newest.isoformat() if moved and newest else position,
            )

    def find(self, skus: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the ids of the products with these codes."""
        found = find_products(self._client, skus, customer_id=self._customer_id)
        return {sku: tuple(product.id for product in products) for sku, products in found.items()}

    def _export(self, product: messages.ProductMessage, there: Sequence[schemas.Product]) -> ProductOutcome:
        if len(there) > 1:
            problem = f"{len(there)} products there have the code {product.sku}."
            return ProductOutcome(product.sku, action="refused", problem=problem)
        if not there:
            return self._create(product)
        return self._change(product, there[0])

    def _create(self, product: messages.ProductMessage) -> ProductOutcome:
        body = mapping.product_body(product, customer_id=self._customer_id, product_type=self._settings.product_type)
        created = self._client.create_product(body)
        if not created.id or mapping.sku_of(created) not in ("", product.sku):
            raise errors.OutcomeUnknown("The answer is about another product than the one that was sent.")
        self._units.learn(product.sku, {unit.code: unit.base_quantity for unit in product.units})
        return ProductOutcome(product.sku, external_id=created.id, action="created")

    def _change(self, product: messages.ProductMessage, there: schemas.Product) -> ProductOutcome:
        units = mapping.units_of(there)
        self._units.learn(product.sku, units)
        problem = mapping.unit_problem(product, units)
        if problem:
            return ProductOutcome(product.sku, external_id=there.id, action="refused", problem=problem)
        changes = mapping.product_changes(product, there)
        if not changes:
            return ProductOutcome(product.sku, external_id=there.id)
        self._client.change_product(there.id, changes)
        return ProductOutcome(product.sku, external_id=there.id, action="updated")
