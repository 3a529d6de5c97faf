"""A small installation for tests: an account with products, a channel to a simulator, orders in a line each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

from django.db import transaction

from cartoncloud_simulator.testing import RunningSimulator, running_simulator
from dockline.connectors.cartoncloud import stock_report
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.products.models import Product, Variant
from dockline.domain.shipments.models import Shipment
from dockline.flows import connection, invariants, job_names, setup
from dockline.flows.connection import Draft
from dockline.flows.inventory import receive as inventory
from dockline.flows.outbound import receive
from dockline.gateway import runtime
from dockline.kit import clock
from dockline.kit.queue import port as queue

NAMES = ("Bluegum Pantry", "Brisbane")
"""Of the account and of the warehouse."""
ADDRESS = {
    "company": "Harbour Deli",
    "contact": "Mei Tan",
    "line_1": "12 Wharf Road",
    "suburb": "Newcastle",
    "state": "NSW",
    "postcode": "2300",
    "country": "AU",
}


@dataclass
class Hub:
    """An account and its channel; `far` is the warehouse's system, None for a warehouse without one."""

    account_id: int
    channel_id: int
    warehouse_id: int
    far: RunningSimulator | None

    def order(self, number: str, **quantities: int | str) -> SalesOrder:
        """Place an approved order of SKU=quantity lines; unknown SKUs become products."""
        with transaction.atomic():
            now = clock.now()
            order = SalesOrder.objects.create(
                account_id=self.account_id,
                number=number,
                status="approved",
                placed_at=now,
                ship_to=ADDRESS,
                wake_at=now,
                created_at=now,
            )
            for position, (sku, quantity) in enumerate(quantities.items(), 1):
                SalesOrderLine.objects.create(
                    order=order,
                    number=position,
                    variant=self.variant(sku),
                    sku=sku,
                    quantity=Decimal(quantity),
                    unit="EA",
                    base_quantity=Decimal(quantity),
                )
            queue.wake(job_names.ADVANCE, self.account_id)
        return order

    def variant(self, sku: str) -> Variant:
        """The variant with this SKU, made on the first call."""
        found = Variant.objects.filter(account_id=self.account_id, sku=sku).first()
        if found is None:
            product = Product.objects.create(account_id=self.account_id, name=f"Product {sku}")
            found = Variant.objects.create(account_id=self.account_id, product=product, sku=sku, name=f"Variant {sku}")
        return found

    def stock(self, **quantities: int | str) -> None:
        """Put products and stock into the warehouse over there, and bring the levels back."""
        assert self.far is not None, "a warehouse without a system has no stock report"
        for sku, quantity in quantities.items():
            self.variant(sku)
            if not self.far.control.get(f"/stock?code={sku}"):
                self.far.control.add_product(self.far.customer_id, sku)
            self.far.control.add_stock(self.far.customer_id, sku, quantity)
        self.receive_inventory()

    def work(self) -> None:
        """Do all waiting work in this process."""
        queue.drain()

    def receive(self) -> None:
        """Bring shipments back, and do what follows."""
        receive.receive_shipments(self.channel_id, cause="a test")
        self.work()

    def receive_inventory(self) -> None:
        """Bring levels back, and do what follows."""
        inventory.receive_inventory(self.channel_id, cause="a test")
        self.work()

    def shipments(self, order: SalesOrder) -> list[Shipment]:
        """The order's shipments, oldest first."""
        return list(Shipment.objects.filter(order=order).order_by("id"))

    def far_orders(self) -> list[dict[str, Any]]:
        """The live orders over there."""
        assert self.far is not None, "a warehouse without a system has no orders"
        return self.far.control.list_lines("/orders")

    def check(self) -> None:
        """Assert every sentence that must always be true."""
        assert invariants.list_violations() == []


@contextmanager
def hub_with_cartoncloud(folder: Path | None = None, **options: Any) -> Iterator[Hub]:
    """An installation connected to a fresh simulator, without the pace of the real one; its state goes to `folder`."""
    with running_simulator(folder=folder, fsync=False) as far:
        customer = next(row for row in far.control.get("/state")["customers"])
        far.control.set(outbound_rate_limit_enabled=False, report_delay_seconds=0)
        values = {
            "api_url": far.base_url,
            "client_id": far.client_id,
            "client_secret": far.client_secret,
            "tenant_id": far.tenant_id,
            "customer_name": customer["name"],
            "orders_per_minute": 0,
        }
        try:
            # A report is ready there at once, and waiting for it teaches nothing.
            with mock.patch.object(stock_report, "_FIRST_WAIT_SECONDS", 0.001):
                yield _connect("cartoncloud", values, far, {"settle_seconds": 1, **options})
        finally:
            runtime.end_conversations()


def hub_with_manual_warehouse(*, names: tuple[str, str] = NAMES) -> Hub:
    """An installation whose warehouse is worked by hand; with other names it may stand beside another."""
    return _connect("manual", {}, None, {}, names=names)


def _connect(
    connector: str,
    values: dict[str, Any],
    far: RunningSimulator | None,
    options: dict[str, Any],
    *,
    names: tuple[str, str] = NAMES,
) -> Hub:
    account, warehouse = names
    account_id = setup.add_account(name=account)
    warehouse_id = setup.add_warehouse(name=warehouse, account_ids=[account_id])
    draft = Draft(account_id, warehouse_id, connector, f"{connector} · {warehouse}", values)
    channel_id = connection.connect_channel(draft, options=options, now=clock.now())
    return Hub(account_id, channel_id, warehouse_id, far)
