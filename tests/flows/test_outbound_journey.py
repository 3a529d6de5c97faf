"""A sales order from placed to closed, and the ordinary detours: short stock, short shipments, follow-ups."""

from decimal import Decimal

from dockline.domain.channels import operations as channels
from dockline.domain.history.models import Event
from dockline.domain.issues.models import Issue
from dockline.domain.orders.models import SalesOrderLine
from tests.support.hub import Hub


def test_an_order_travels_to_the_warehouse_and_back(hub: Hub) -> None:
    hub.stock(MUG=10, TEE=5)
    order = hub.order("SO-1", MUG=3, TEE=2)
    hub.work()

    (there,) = hub.far_orders()
    (shipment,) = hub.shipments(order)
    assert there["reference"] == shipment.reference
    assert shipment.reference.startswith("SO-1-")
    assert (shipment.status, shipment.dispatch) == ("sent", "confirmed")
    assert {line["code"]: Decimal(line["base_quantity"]) for line in there["lines"]} == {"MUG": 3, "TEE": 2}

    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()
    order.refresh_from_db()
    shipment.refresh_from_db()
    assert (order.status, shipment.status) == ("shipped", "shipped")
    (package,) = shipment.packages.all()
    assert package.tracking_number and package.carrier
    assert list(SalesOrderLine.objects.order_by("number").values_list("shipped_quantity", flat=True)) == [3, 2]
    assert not Issue.objects.filter(resolved_at__isnull=True).exists()
    assert Event.objects.filter(subject_kind="order", subject_id=order.pk, kind="shipped").exists()


def test_receiving_the_same_again_changes_nothing(hub: Hub) -> None:
    hub.stock(MUG=10)
    hub.order("SO-1", MUG=3)
    hub.work()
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()
    events = Event.objects.count()
    hub.receive()
    assert Event.objects.count() == events
    assert SalesOrderLine.objects.get().shipped_quantity == 3


def test_an_order_short_of_stock_waits_visibly_and_goes_when_stock_comes(hub: Hub) -> None:
    hub.stock(MUG=2)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    order.refresh_from_db()
    assert order.status == "approved" and order.is_backordered
    assert "MUG short by 1" in order.waiting_reason
    assert Issue.objects.get(resolved_at__isnull=True).cause == "not_enough_stock"
    assert hub.far_orders() == []

    hub.stock(MUG=5)
    order.refresh_from_db()
    assert order.status == "fulfilling" and not order.is_backordered
    assert not Issue.objects.filter(resolved_at__isnull=True).exists()
    assert len(hub.far_orders()) == 1


def test_stock_promised_to_one_order_is_not_promised_to_the_next(hub: Hub) -> None:
    hub.stock(MUG=5)
    first, second = hub.order("SO-1", MUG=3), hub.order("SO-2", MUG=3)
    hub.work()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("fulfilling", "approved")
    # The report now knows of the first order's stock: it must not be subtracted twice.
    hub.receive_inventory()
    third = hub.order("SO-3", MUG=2)
    hub.work()
    third.refresh_from_db()
    assert third.status == "fulfilling"


def test_a_short_shipment_is_followed_by_the_rest(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=4)
    hub.work()
    (there,) = hub.far_orders()
    hub.far.control.post(f"/orders/{there['id']}/pick", {"items": [{"code": "MUG", "quantity": 3}]})
    hub.far.control.post(f"/orders/{there['id']}/dispatch")
    hub.receive()
    order.refresh_from_db()
    assert order.status == "fulfilling"
    first, rest = hub.shipments(order)
    assert (first.status, rest.status) == ("short_shipped", "sent")
    assert first.reference != rest.reference

    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()
    order.refresh_from_db()
    assert order.status == "shipped"
    assert SalesOrderLine.objects.get().shipped_quantity == 4


def test_partial_backorder_sends_what_there_is(hub: Hub) -> None:
    channels.change_options(hub.channel_id, partial_backorder=True)
    hub.stock(MUG=2, TEE=5)
    order = hub.order("SO-1", MUG=3, TEE=1)
    hub.work()
    order.refresh_from_db()
    assert order.status == "fulfilling" and order.is_backordered
    (there,) = hub.far_orders()
    assert {line["code"]: Decimal(line["base_quantity"]) for line in there["lines"]} == {"MUG": 2, "TEE": 1}


def test_products_are_exported_before_orders_need_them(hub: Hub) -> None:
    hub.variant("NEW")
    channels.change_options(hub.channel_id, backorder_mode="channel")
    hub.far.control.patch(f"/customers/{hub.far.customer_id}", {"settings": {"shortage_policy": "await"}})
    hub.order("SO-1", NEW=1)
    hub.work()
    (there,) = hub.far_orders()
    assert there["status"] == "AWAITING_STOCK"


def test_skus_that_differ_only_in_case_are_kept_apart(hub: Hub) -> None:
    hub.stock(**{"85123A": 5, "85123a": 7})
    hub.order("SO-1", **{"85123A": 1, "85123a": 2})
    hub.work()
    (there,) = hub.far_orders()
    assert {line["code"]: Decimal(line["base_quantity"]) for line in there["lines"]} == {"85123A": 1, "85123a": 2}
