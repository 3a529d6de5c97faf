"""Two accounts with something on every page: each kind of order, channel, run and issue once, and enough to page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings as django_settings
from django.utils import timezone

from dockline.domain.accounts.models import Account, Organization, User
from dockline.domain.channels.models import Channel, Schedule
from dockline.domain.customers.models import Customer
from dockline.domain.exchanges.models import Call, Exchange, Link
from dockline.domain.history.models import Event
from dockline.domain.inventory.models import Level, Reservation, UnmatchedLevel
from dockline.domain.issues import rules as causes
from dockline.domain.issues.models import Issue
from dockline.domain.issues.rules import Cause
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.products.models import Product, UnitOfMeasure, Variant
from dockline.domain.runs.models import Run, RunLine
from dockline.domain.shipments.models import Package, Shipment, ShipmentLine, ShipmentLot
from dockline.domain.warehouses.models import AccountWarehouse, Warehouse

USER, PASSWORD = "operator", "a long enough password"
SECRET = "never-on-a-page"
ADDRESS = {"contact": "Mia Costa", "line_1": "1 Harbour St", "city": "Sydney", "postcode": "2000", "country": "AU"}


@dataclass
class World:
    """What the pages show."""

    juniper: Account
    tidewater: Account
    channel: Channel
    paused: Channel
    by_hand: Channel
    shipped: SalesOrder
    refused: SalesOrder
    backordered: SalesOrder
    elsewhere: SalesOrder
    found_later: Shipment
    packed_by_hand: Shipment
    live_run: Run
    finished_run: Run
    refusal: Issue


def make_world(*, plain_orders: int = 60) -> World:
    """Fill an empty database."""
    now = timezone.now()
    organization = Organization.objects.create(name="Northwind Fulfilment")
    User.objects.create_user(USER, password=PASSWORD)
    juniper = Account.objects.create(organization=organization, name="Juniper & Oak", code="JUNIPER-OAK")
    tidewater = Account.objects.create(organization=organization, name="Tidewater Toys", code="TIDEWATER-TOYS")
    sydney = Warehouse.objects.create(organization=organization, code="SYD", name="Sydney DC")
    utrecht = Warehouse.objects.create(organization=organization, code="UTR", name="Utrecht")
    perth = Warehouse.objects.create(organization=organization, code="PER", name="Perth")
    AccountWarehouse.objects.create(account=juniper, warehouse=perth)
    channel = _channel(juniper, sydney, "CartonCloud · Sydney", succeeded_at=now)
    paused = _channel(juniper, utrecht, "CartonCloud · Utrecht", state="paused", state_reason="401 invalid_client.")
    by_hand = _channel(tidewater, utrecht, "Own warehouse · Utrecht", connector="manual")
    mug, tote = (_variant(account, sku) for account, sku in ((juniper, "MUG-1"), (tidewater, "TOTE-1")))

    Customer.objects.create(account=juniper, code="0012", name="Mia Costa", ship_to=ADDRESS, references={"gl": "410"})
    shipped = _order(juniper, "SO-1", mug, now, status="shipped", shipped=5)
    refused = _order(juniper, "SO-2", mug, now, status="fulfilling")
    backordered = _order(
        juniper, "SO-3", mug, now, is_backordered=True, waiting_reason="Waits for 3 of MUG-1 at Sydney DC."
    )
    elsewhere = _order(tidewater, "TT-1", tote, now, status="fulfilling")
    for number in range(plain_orders):
        _order(juniper, f"SO-9{number:03}", mug, now - timedelta(hours=number + 1))

    found_later = _shipment(shipped, channel, "SO-1-KQ1", status="shipped", dispatch="confirmed", shipped_at=now)
    stuck = _shipment(
        refused, channel, "SO-2-KQ2", status="rejected", dispatch="needs_fix", reason="There is no product MUG-1."
    )
    packed_by_hand = _shipment(elsewhere, by_hand, "TT-1-KQ3", status="sent", dispatch="confirmed")
    Package.objects.create(
        shipment=found_later, external_id="p1", version=1, carrier="StarTrack", tracking_number="33011122239999"
    )
    _tell_of(found_later, now)
    ShipmentLot.objects.create(line=found_later.lines.get(), lot="B118", expires_on=now.date(), quantity=Decimal(5))
    refusal = _issue(juniper, causes.REFUSED, "shipment", stuck.pk, stuck.reference, now, detail=stuck.reason)
    _issue(juniper, causes.NOT_ENOUGH_STOCK, "order", backordered.pk, backordered.number, now)
    _issue(juniper, causes.CHANNEL_PAUSED, "channel", paused.pk, paused.name, now)

    return World(
        juniper=juniper,
        tidewater=tidewater,
        channel=channel,
        paused=paused,
        by_hand=by_hand,
        shipped=shipped,
        refused=refused,
        backordered=backordered,
        elsewhere=elsewhere,
        found_later=found_later,
        packed_by_hand=packed_by_hand,
        live_run=_run(channel, now, state="running", total=240, done=139),
        finished_run=_run(channel, now - timedelta(hours=1), state="problems", total=20, done=20, finished_at=now),
        refusal=refusal,
    )


def _channel(
    account: Account, warehouse: Warehouse, name: str, *, connector: str = "cartoncloud", **more: object
) -> Channel:
    AccountWarehouse.objects.create(account=account, warehouse=warehouse)
    settings = {"api_url": "https://api.example.test", "tenant_id": "t-1"} if connector == "cartoncloud" else {}
    channel = Channel.objects.create(
        account=account,
        warehouse=warehouse,
        name=name,
        connector=connector,
        settings=settings,
        **more,
    )
    if connector == "cartoncloud":
        sealed = django_settings.KEY_RING.encrypt(SECRET, bound_to=f"channel:{channel.pk}:secret:client_secret")
        Channel.objects.filter(pk=channel.pk).update(secrets={"client_secret": sealed})
    Schedule.objects.create(channel=channel, job="outbound.receive", every_seconds=300, next_at=timezone.now())
    UnmatchedLevel.objects.create(channel=channel, sku="mug-1 ", on_hand=2, free=2, as_of=timezone.now())
    return channel


def _variant(account: Account, sku: str) -> Variant:
    product = Product.objects.create(account=account, name="Enamel mug")
    variant = Variant.objects.create(account=account, product=product, sku=sku, name="Enamel mug - Oak")
    UnitOfMeasure.objects.create(variant=variant, code="CTN", base_quantity=12)
    for channel in Channel.objects.filter(account=account):
        Level.objects.create(warehouse=channel.warehouse, variant=variant, on_hand=40, free=35, as_of=timezone.now())
        Link.objects.create(
            channel=channel, kind="product", subject_id=variant.pk, external_id="x1", linked_at=timezone.now()
        )
    return variant


def _order(
    account: Account,
    number: str,
    variant: Variant,
    at: datetime,
    *,
    status: str = "approved",
    shipped: int = 0,
    **more: object,
) -> SalesOrder:
    order = SalesOrder.objects.create(
        account=account,
        number=number,
        status=status,
        placed_at=at,
        created_at=at,
        customer_name="Mia Costa",
        ship_to=ADDRESS,
        **more,
    )
    SalesOrderLine.objects.create(
        order=order,
        number=1,
        variant=variant,
        sku=variant.sku,
        description=variant.name,
        quantity=5,
        unit="EA",
        base_quantity=5,
        shipped_quantity=shipped,
    )
    Event.objects.create(
        account=account,
        at=at,
        actor="operator",
        kind="order.placed",
        subject_kind="order",
        subject_id=order.pk,
        sentence=f"Order {number} was placed.",
    )
    return order


def _shipment(order: SalesOrder, channel: Channel, reference: str, **more: object) -> Shipment:
    shipment = Shipment.objects.create(
        order=order, channel=channel, reference=reference, created_at=order.placed_at, attempts=1, **more
    )
    for line in order.lines.all():
        carried = ShipmentLine.objects.create(shipment=shipment, order_line=line, quantity=line.base_quantity)
        Reservation.objects.create(
            shipment_line=carried,
            warehouse=channel.warehouse,
            variant=line.variant,
            quantity=Decimal(5),
            made_at=order.placed_at,
        )
    return shipment


def _tell_of(shipment: Shipment, now: datetime) -> None:
    """Sent once, the answer lost, found three minutes later."""
    exchange = Exchange.objects.create(
        channel=shipment.channel,
        kind="export_shipment",
        subject_kind="shipment",
        subject_id=shipment.pk,
        reference=shipment.reference,
        state="found",
        credential_version=1,
        intended_at=now - timedelta(minutes=10),
        deadline_at=now - timedelta(minutes=9),
        finished_at=now - timedelta(minutes=7),
    )
    Call.objects.create(
        exchange=exchange,
        at=now - timedelta(minutes=10),
        method="POST",
        url="https://api.example.test/outbound-orders",
        duration_ms=30000,
        request='{"reference": "SO-1-KQ1"}',
        error="no answer within 30 s",
    )


def _issue(account: Account, cause: Cause, kind: str, pk: int, label: str, now: datetime, *, detail: str = "") -> Issue:
    return Issue.objects.create(
        account=account,
        cause=cause.code,
        severity=cause.severity,
        subject_kind=kind,
        subject_id=pk,
        subject_label=label,
        title=f"{cause.group}: {label}",
        detail=detail,
        repair=cause.repair,
        opened_at=now,
        seen_at=now,
    )


def _run(channel: Channel, now: datetime, **more: object) -> Run:
    run = Run.objects.create(
        account=channel.account,
        channel=channel,
        kind="receive_inventory",
        cause="operator",
        started_at=now,
        beat_at=now,
        changed=12,
        failed=1,
        **more,
    )
    levels = ("info", "info", "warning", "error")
    RunLine.objects.bulk_create([RunLine(run=run, at=now, level=level, text=f"MUG-1: {level}") for level in levels])
    return run
