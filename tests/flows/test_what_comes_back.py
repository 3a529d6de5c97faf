"""What a warehouse tells us after it has the order: corrections, surprises, stock reports good and bad."""

from decimal import Decimal

import pytest

from dockline.domain.channels.models import Channel
from dockline.domain.exchanges.models import Call, Position
from dockline.domain.history.models import Event
from dockline.domain.inventory.models import Level, UnmatchedLevel
from dockline.domain.issues.models import Issue
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.runs.models import Run
from dockline.domain.shipments.models import Package, Shipment, ShipmentSurplus
from dockline.flows.outbound import advance, record
from dockline.kit import clock
from dockline.kit.errors import Invalid, NotNow
from tests.simulator.caller import Caller, line
from tests.support.hub import Hub


def ship(hub: Hub, order: SalesOrder) -> Shipment:
    """Send the order's only shipment on its way, and bring that back."""
    hub.work()
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()
    (shipment,) = hub.shipments(order)
    return shipment


def open_causes() -> set[str]:
    return set(Issue.objects.filter(resolved_at__isnull=True).values_list("cause", flat=True))


def test_tracking_corrected_after_dispatch_comes_back(hub: Hub) -> None:
    hub.stock(MUG=10)
    shipment = ship(hub, hub.order("SO-1", MUG=3))
    package = Package.objects.get()
    hub.far.control.post(f"/consignments/{package.external_id}", {"tracking": "CORRECTED-1", "carrier": "Post"})
    hub.receive()
    package.refresh_from_db()
    assert (package.tracking_number, package.carrier) == ("CORRECTED-1", "Post")
    shipment.refresh_from_db()
    assert shipment.status == "shipped"
    assert SalesOrderLine.objects.get().shipped_quantity == 3


def test_quantities_edited_after_dispatch_are_booked_once_and_told(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    shipment = ship(hub, order)
    (there,) = hub.far_orders()
    hub.far.control.patch(f"/orders/{there['id']}", {"items": [{"code": "MUG", "quantity": 5}]})
    hub.receive()
    shipment.refresh_from_db()
    assert SalesOrderLine.objects.get().shipped_quantity == 5
    assert "shipped_more" in open_causes()
    assert Event.objects.filter(kind="reshipped").count() == 1
    surplus = ShipmentSurplus.objects.values_list("sku", "quantity", "is_ordered")
    assert list(surplus) == [("MUG", 2, True)]

    # A channel that accepts it keeps the fact and asks nobody.
    Issue.objects.update(resolved_at=clock.now())
    Channel.objects.update(severities={"surplus": "warning"})
    hub.far.control.patch(f"/orders/{there['id']}", {"items": [{"code": "MUG", "quantity": 6}]})
    hub.receive()
    assert list(surplus.all()) == [("MUG", 3, True)] and not open_causes()
    assert Event.objects.filter(kind="surplus", sentence__contains="MUG: 3 more than asked").exists()
    hub.far.control.patch(f"/orders/{there['id']}", {"items": [{"code": "MUG", "quantity": 3}]})
    hub.receive()
    assert not surplus.all().exists(), "it was put right there"


def test_less_shipped_than_booked_reopens_the_order_and_asks_a_person(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    ship(hub, order)
    (there,) = hub.far_orders()
    hub.far.control.patch(f"/orders/{there['id']}", {"items": [{"code": "MUG", "quantity": 1}]})
    hub.receive()
    order.refresh_from_db()
    assert order.status == "fulfilling"
    assert SalesOrderLine.objects.get().shipped_quantity == 1
    assert "shipped_less" in open_causes()
    assert len(hub.shipments(order)) == 1, "nothing more is sent before a person has decided"

    advance.look_again(order_id=order.pk, actor="Ada", now=clock.now())
    hub.work()
    assert len(hub.shipments(order)) == 2
    assert "shipped_less" not in open_causes()


def test_an_order_shipped_empty_twice_asks_a_person_instead_of_going_in_a_circle(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    for _ in range(2):
        there = hub.far_orders()[-1]
        hub.far.control.post(f"/orders/{there['id']}/pick", {"items": [{"code": "MUG", "quantity": 0}]})
        hub.far.control.post(f"/orders/{there['id']}/dispatch")
        hub.receive()
    hub.receive_inventory()
    assert open_causes() == {"shipped_nothing"}
    assert len(hub.shipments(order)) == 2
    order.refresh_from_db()
    assert "a person decides" in order.waiting_reason

    advance.look_again(order_id=order.pk, actor="Ada", now=clock.now())
    hub.work()
    assert len(hub.shipments(order)) == 3
    assert open_causes() == set()


def test_a_reverted_dispatch_is_noticed_and_nothing_is_unshipped_silently(hub: Hub) -> None:
    hub.stock(MUG=10)
    shipment = ship(hub, hub.order("SO-1", MUG=3))
    (there,) = hub.far_orders()
    hub.far.control.post(f"/orders/{there['id']}/revert")
    hub.receive()
    shipment.refresh_from_db()
    assert shipment.status == "shipped"
    assert "changed_there" in open_causes()


def test_an_order_rejected_later_asks_a_person(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (there,) = hub.far_orders()
    hub.far.control.post(f"/orders/{there['id']}/reject", {"reason": "Customer on stop"})
    hub.receive()
    (shipment,) = hub.shipments(order)
    assert (shipment.status, shipment.dispatch) == ("rejected", "needs_fix")
    assert open_causes() == {"rejected_there"}


@pytest.mark.fault("D08")
def test_orders_typed_in_over_there_are_not_ours(hub: Hub) -> None:
    hub.stock(MUG=10)
    with Caller(hub.far) as typist:
        typist.create("TYPED-1", line("MUG", 2))
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()
    assert not Shipment.objects.exists() and not Issue.objects.exists()


@pytest.mark.fault("D09")
def test_a_feed_that_breaks_off_does_not_move_the_position(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    hub.receive()
    position = Position.objects.get().value
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.far.control.post("/faults", {"script": [{"operation": "search_orders", "do": "status", "status": 500}]})
    hub.receive()
    assert Position.objects.get().value == position
    assert Channel.objects.get().failures_in_a_row == 1
    Channel.objects.update(retry_at=None)
    hub.receive()
    order.refresh_from_db()
    assert order.status == "shipped"
    assert Channel.objects.get().failures_in_a_row == 0


@pytest.mark.parametrize("operation", ["start_report", "get_report"])
@pytest.mark.fault("D10")
def test_a_stock_report_that_fails_changes_nothing(hub: Hub, operation: str) -> None:
    hub.stock(MUG=10)
    before = list(Level.objects.values())
    hub.far.control.add_stock(hub.far.customer_id, "MUG", 5)
    hub.far.control.post("/faults", {"script": [{"operation": operation, "do": "status", "status": 500, "times": 9}]})
    hub.receive_inventory()
    assert list(Level.objects.values()) == before
    assert Run.objects.filter(kind="receive_inventory").latest("id").state == "failed"


@pytest.mark.fault("D01")
def test_a_complete_report_zeroes_what_it_leaves_out_and_keeps_unknown_skus_apart(hub: Hub) -> None:
    hub.stock(MUG=10, TEE=4)
    hub.far.control.add_product(hub.far.customer_id, "STRANGE")
    hub.far.control.add_stock(hub.far.customer_id, "STRANGE", 7)
    with Caller(hub.far) as typist:
        typist.create("TYPED-1", line("TEE", 4))
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive_inventory()
    assert dict(Level.objects.values_list("variant__sku", "on_hand")) == {"MUG": Decimal(10), "TEE": Decimal(0)}
    assert UnmatchedLevel.objects.get().sku == "STRANGE"
    assert "unknown_stock" in open_causes()


def test_no_secret_and_no_address_is_kept_with_an_exchange(hub: Hub) -> None:
    hub.stock(MUG=10)
    ship(hub, hub.order("SO-1", MUG=3))
    kept = " ".join(text for call in Call.objects.all() for text in (call.url, call.request, call.response, call.error))
    assert "MUG" in kept
    for canary in (hub.far.client_secret, "Mei Tan", "12 Wharf Road"):
        assert canary not in kept


def test_a_warehouse_without_a_system_is_confirmed_by_hand(manual_hub: Hub) -> None:
    order = manual_hub.order("SO-1", MUG=3, TEE=2)
    manual_hub.work()
    (shipment,) = manual_hub.shipments(order)
    assert shipment.status == "sent"
    mug, tee = shipment.lines.order_by("order_line__number")
    by_hand = {"carrier": "Post", "service": "", "tracking_url": "", "actor": "Ada", "now": clock.now()}

    with pytest.raises(Invalid, match="from 0 to 3") as refusal:
        record.confirm_by_hand(shipment_id=shipment.pk, shipped={mug.pk: Decimal(4)}, tracking_number="T1", **by_hand)
    assert refusal.value.field == f"line_{mug.pk}"
    assert not Package.objects.exists() and not SalesOrderLine.objects.filter(shipped_quantity__gt=0).exists()

    packed = {mug.pk: Decimal(3), tee.pk: Decimal(1)}
    record.confirm_by_hand(shipment_id=shipment.pk, shipped=packed, tracking_number="T1", **by_hand)
    manual_hub.work()
    order.refresh_from_db()
    first, rest = manual_hub.shipments(order)
    assert (first.status, rest.status, order.status) == ("short_shipped", "sent", "fulfilling")

    with pytest.raises(NotNow):
        record.confirm_by_hand(shipment_id=shipment.pk, shipped=packed, tracking_number="T1", **by_hand)
    (line_left,) = rest.lines.all()
    record.confirm_by_hand(shipment_id=rest.pk, shipped={line_left.pk: Decimal(1)}, tracking_number="T2", **by_hand)
    manual_hub.work()
    order.refresh_from_db()
    assert order.status == "shipped"
