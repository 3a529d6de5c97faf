"""The connector itself: each ability handed to the part that knows how."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from dockline.connectors.cartoncloud import customers
from dockline.connectors.cartoncloud.checklist import Checklist
from dockline.connectors.cartoncloud.client import Client
from dockline.connectors.cartoncloud.products import Products
from dockline.connectors.cartoncloud.purchases import Purchases
from dockline.connectors.cartoncloud.receipts import Receipts
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.cartoncloud.shipments import Shipments
from dockline.connectors.cartoncloud.stock_report import StockReport
from dockline.connectors.cartoncloud.units import Units
from dockline.connectors.contract import messages, notices
from dockline.connectors.contract.runtime import Runtime

# How long the customer is used without asking the store again.
_BELIEVED = timedelta(minutes=10)


class CartonCloud:
    """One customer of one CartonCloud tenant. Worth keeping between jobs: it remembers the products' units."""

    def __init__(
        self, settings: CartonCloudSettings, runtime: Runtime, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._settings = settings
        self._runtime = runtime
        self._sleep = sleep
        self._client = Client(settings, runtime)
        self._units = Units(self._client, runtime)
        self._resolving = threading.Lock()
        self._customer, self._customer_until = "", runtime.now()

    def check(self) -> notices.CheckReport:
        """See the contract."""
        start_report = lambda customer_id: self._stock_report(customer_id).start()  # noqa: E731
        return Checklist(self._settings, self._client, self._runtime, start_report).report()

    def export_shipment(self, message: messages.ShipmentMessage) -> notices.ShipmentNotice:
        """See the contract. Created with issues comes back as rejected, with what CartonCloud says is wrong."""
        return self._shipments().export(message)

    def find_shipments(self, references: Sequence[str]) -> Mapping[str, tuple[notices.ShipmentNotice, ...]]:
        """See the contract. Packages are not read here."""
        return self._shipments().find(references)

    def read_shipment(self, external_id: str) -> notices.ShipmentNotice | None:
        """See the contract."""
        return self._shipments().read(external_id)

    def cancel_shipment(self, external_id: str) -> notices.CancelAnswer:
        """See the contract. The statuses in which an order may be deleted are a setting of the far side."""
        return self._shipments().cancel(external_id)

    def receive_shipments(self, position: str) -> Iterator[notices.ShipmentPage]:
        """See the contract. The position is the newest change seen, on CartonCloud's clock."""
        return self._shipments().receive(position, now=self._runtime.now())

    def list_shipments(self, since: datetime) -> Iterator[tuple[notices.ShipmentNotice, ...]]:
        """See the contract. Packages are not read here; orders that were deleted there are not told."""
        return self._shipments().list_since(since)

    def receive_inventory(self, *, by_lot: bool) -> notices.InventoryReport:
        """See the contract. Whether stock can be told by lot is a setting of the far side."""
        as_of = self._runtime.now()
        pages = self._stock_report(self._customer_id()).open(by_lot=by_lot)
        return notices.InventoryReport(as_of=as_of, pages=pages)

    def unit_sizes(self, skus: Sequence[str]) -> Mapping[str, Mapping[str, Decimal]]:
        """See the contract."""
        return self._units.sizes(skus, customer_id=self._customer_id())

    def export_products(self, products: Sequence[messages.ProductMessage]) -> Iterator[notices.ProductOutcome]:
        """See the contract."""
        return Products(self._settings, self._client, self._units, self._customer_id()).export(products)

    def receive_receipts(self, position: str) -> Iterator[notices.ReceiptPage]:
        """See the contract. The position is the newest change seen, on CartonCloud's clock."""
        return self._receipts().receive(position)

    def list_purchases(self, since: datetime) -> Iterator[tuple[notices.ReceiptNotice, ...]]:
        """See the contract. Where they cannot be searched by when they changed, all of them are read."""
        return self._receipts().list_since(since)

    def export_purchase(self, message: messages.PurchaseMessage) -> notices.ReceiptNotice:
        """See the contract. Created with issues comes back as rejected, with what CartonCloud says is wrong."""
        return self._purchases().export(message)

    def find_purchases(self, references: Sequence[str]) -> Mapping[str, tuple[notices.ReceiptNotice, ...]]:
        """See the contract."""
        return self._purchases().find(references)

    def cancel_purchase(self, external_id: str) -> notices.CancelAnswer:
        """See the contract."""
        return self._purchases().cancel(external_id)

    def import_products(self, position: str) -> Iterator[notices.ProductPage]:
        """See the contract. The position is the newest change seen, on CartonCloud's clock."""
        products = Products(self._settings, self._client, self._units, self._customer_id())
        return products.receive(position, now=self._runtime.now())

    def find_products(self, skus: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """See the contract."""
        return Products(self._settings, self._client, self._units, self._customer_id()).find(skus)

    def _shipments(self) -> Shipments:
        return Shipments(self._settings, self._client, self._units, self._customer_id())

    def _receipts(self) -> Receipts:
        return Receipts(self._settings, self._client, self._units, self._customer_id(), self._runtime)

    def _purchases(self) -> Purchases:
        return Purchases(self._settings, self._client, self._units, self._customer_id())

    def _stock_report(self, customer_id: str) -> StockReport:
        return StockReport(self._settings, self._client, customer_id, self._sleep)

    def _customer_id(self) -> str:
        with self._resolving:
            now = self._runtime.now()
            if not self._customer or now >= self._customer_until:
                self._customer = customers.customer_id(self._settings, self._client, self._runtime)
                self._customer_until = now + _BELIEVED
            return self._customer
