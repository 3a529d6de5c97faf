"""An account with a channel to a warehouse nobody speaks to: what domain tests stand on."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.db import connections

from dockline.domain.accounts.models import Account, Organization
from dockline.domain.channels.models import Channel
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.products.models import Product, Variant
from dockline.domain.runs.models import Run
from dockline.domain.shipments.models import Shipment, ShipmentLine
from dockline.domain.warehouses.models import Warehouse
from dockline.kit import clock


@dataclass(frozen=True)
class Shop:
    """An account, its warehouse and its channel."""

    account: Account
    warehouse: Warehouse
    channel: Channel

    def variant(self, sku: str) -> Variant:
        """A new variant."""
        product = Product.objects.create(account=self.account, name=sku)
        return Variant.objects.create(account=self.account, product=product, sku=sku, name=sku)

    def run(self) -> Run:
        """A run of the channel."""
        now = clock.now()
        return Run.objects.create(
            account=self.account,
            channel=self.channel,
            kind="k",
            cause="c",
            state="running",
            started_at=now,
            beat_at=now,
        )

    def order(self, number: str, variant: Variant, quantity: int, **more: object) -> SalesOrderLine:
        """The one line of a new approved order."""
        now = clock.now()
        order = SalesOrder.objects.create(
            account=self.account, number=number, status="approved", placed_at=now, created_at=now, **more
        )
        return SalesOrderLine.objects.create(
            order=order,
            number=1,
            variant=variant,
            sku=variant.sku,
            quantity=Decimal(quantity),
            unit="EA",
            base_quantity=Decimal(quantity),
        )

    def shipment_line(self, reference: str, variant: Variant, quantity: int) -> ShipmentLine:
        """The one line of a new shipment."""
        line = self.order(reference, variant, quantity)
        shipment = Shipment.objects.create(
            order=line.order,
            channel=self.channel,
            reference=reference,
            status="ready",
            dispatch="ready",
            created_at=clock.now(),
        )
        return ShipmentLine.objects.create(shipment=shipment, order_line=line, quantity=quantity)


def make_shop(name: str = "Shop") -> Shop:
    """An account with a channel."""
    organization = Organization.objects.create(name=name)
    account = Account.objects.create(organization=organization, name=name, code=name.upper())
    warehouse = Warehouse.objects.create(organization=organization, code=name.upper(), name=name)
    channel = Channel.objects.create(account=account, warehouse=warehouse, connector="manual", name=name)
    return Shop(account, warehouse, channel)


@pytest.fixture
def shop(db: None) -> Shop:
    """A shop in a transaction that is rolled back."""
    return make_shop()


@pytest.fixture
def committed_shop(transactional_db: None) -> Shop:
    """A shop that other connections see."""
    return make_shop()


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., object]]:
    """Start a function in a thread with a connection of its own; returns its future."""

    def alone(function: Callable[..., object], *args: object, **kwargs: object) -> object:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        yield lambda function, *args, **kwargs: pool.submit(alone, function, *args, **kwargs)
