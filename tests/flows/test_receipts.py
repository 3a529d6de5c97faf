"""What arrives at the warehouse is booked to the purchase order of the same number, as it stands there."""

from decimal import Decimal
from typing import Any

import pytest

from dockline.domain.channels.models import Channel
from dockline.domain.inventory import lots
from dockline.domain.inventory.lots import LotFilter
from dockline.domain.issues.models import Issue
from dockline.domain.purchases.models import PurchaseOrder, PurchaseOrderLine, Receipt, ReceiptLine
from dockline.domain.purchases.operations import NewPurchaseLine, PurchaseContent
from dockline.domain.runs.models import Run
from dockline.domain.runs.rules import RunKind
from dockline.flows import sync
from dockline.flows.inbound import place
from dockline.kit import clock
from dockline.kit.errors import Conflict, Invalid
from tests.simulator.caller import Caller
from tests.support.hub import Hub


def order_goods(hub: Hub, number: str = "PO-1", **quantities: int) -> PurchaseOrder:
    for sku in quantities:
        hub.variant(sku)
    lines = [NewPurchaseLine(sku, Decimal(quantity)) for sku, quantity in quantities.items()]
    return PurchaseOrder.objects.get(pk=enter(hub, number, *lines))


def enter(hub: Hub, number: str, *lines: NewPurchaseLine) -> int:
    """Approve a purchase order the warehouse's people are told of by telephone."""
    placed = place.place_purchase(
        account_id=hub.account_id,
        warehouse_id=hub.warehouse_id,
        content=PurchaseContent(number, lines),
        as_draft=True,
        actor="Ada",
        now=clock.now(),
    )
    PurchaseOrder.objects.filter(pk=placed.order_id).update(status="approved")
    return placed.order_id


def announce(hub: Hub, reference: str, lot: str = "", **quantities: int) -> str:
    """Have the warehouse's people enter the purchase order over there."""
    assert hub.far is not None
    for sku in quantities:
        hub.far.control.add_product(hub.far.customer_id, sku)
    with Caller(hub.far) as caller:
        answer = caller.post(
            "/inbound-orders",
            {
                "references": {"customer": reference},
                "customer": {"id": hub.far.customer_id},
                "items": [
                    {
                        "details": {"product": {"references": {"code": sku}}},
                        "measures": {"quantity": quantity},
                        "properties": {"batch": lot or f"B-{sku}"},
                    }
                    for sku, quantity in quantities.items()
                ],
            },
        )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def there(hub: Hub, order_id: str, act: str, body: dict[str, Any] | None = None) -> None:
    assert hub.far is not None
    hub.far.control.post(f"/inbound-orders/{order_id}/{act}", body or {})


def receive(hub: Hub) -> Run:
    run_id = sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.RECEIVE_RECEIPTS, actor="Ada", now=clock.now())
    hub.work()
    return Run.objects.get(pk=run_id)


def received(order: PurchaseOrder) -> dict[str, Decimal]:
    return dict(PurchaseOrderLine.objects.filter(order=order).values_list("sku", "received_quantity"))


def test_what_is_verified_is_received(hub: Hub) -> None:
    order = order_goods(hub, MUG=10, CUP=4)
    far_id = announce(hub, "PO-1", MUG=10, CUP=4)
    receive(hub)
    order.refresh_from_db()
    assert order.status == "approved" and received(order) == {"MUG": 0, "CUP": 0}, "expected is not received"

    there(hub, far_id, "receive")
    receive(hub)
    assert received(order) == {"MUG": 0, "CUP": 0}, "on the dock is not checked"

    there(hub, far_id, "verify")
    run = receive(hub)
    order.refresh_from_db()
    assert (order.status, run.state, run.changed) == ("received", "finished", 1)
    assert received(order) == {"MUG": 10, "CUP": 4}
    assert not ReceiptLine.objects.exclude(lot="").exists(), "lots are not taken unless they are asked for"
    assert receive(hub).changed == 0, "what is known changes nothing"


def test_lots_come_along_when_they_are_passed_through(hub: Hub) -> None:
    Channel.objects.filter(pk=hub.channel_id).update(pass_lots=True)
    order_goods(hub, MUG=10)
    far_id = announce(hub, "PO-1", MUG=10)
    there(hub, far_id, "verify")
    receive(hub)
    assert ReceiptLine.objects.get().lot == "B-MUG"
    (came,) = lots.list_received(LotFilter(None, "B-M"))
    assert (came.lot, came.purchase_number, came.quantity, came.has_arrived) == ("B-MUG", "PO-1", 10, True)
    assert lots.list_received(LotFilter(None, "")) == (), "no text finds nothing"


def test_a_text_of_any_length_does_not_stop_the_feed(hub: Hub) -> None:
    Channel.objects.filter(pk=hub.channel_id).update(pass_lots=True)
    order = order_goods(hub, MUG=10)
    far_id = announce(hub, "PO-1", lot="B" * 500, MUG=10)
    there(hub, far_id, "verify")
    assert receive(hub).state == "finished"
    assert received(order) == {"MUG": 10} and ReceiptLine.objects.get().lot == "B" * 200


def test_less_waits_for_the_rest_and_more_is_told(hub: Hub) -> None:
    order = order_goods(hub, MUG=10)
    far_id = announce(hub, "PO-1", MUG=10)
    there(hub, far_id, "verify", {"items": [{"code": "MUG", "quantity": 6}]})
    receive(hub)
    order.refresh_from_db()
    assert (order.status, received(order)) == ("receiving", {"MUG": 6})

    assert hub.far is not None
    hub.far.control.patch(f"/inbound-orders/{far_id}", {"items": [{"code": "MUG", "quantity": 12}]})
    receive(hub)
    order.refresh_from_db()
    assert (order.status, received(order)) == ("received", {"MUG": 10})
    assert Issue.objects.get(cause="received_more").title.endswith("than was ordered: MUG 2.")


def test_what_is_reverted_there_is_taken_back(hub: Hub) -> None:
    order = order_goods(hub, MUG=10)
    far_id = announce(hub, "PO-1", MUG=10)
    there(hub, far_id, "verify")
    receive(hub)
    there(hub, far_id, "revert")
    receive(hub)
    order.refresh_from_db()
    assert (order.status, received(order)) == ("approved", {"MUG": 0})


def test_a_part_that_was_split_off_belongs_to_its_order(hub: Hub) -> None:
    order = order_goods(hub, MUG=10, CUP=4)
    far_id = announce(hub, "PO-1", MUG=10, CUP=4)
    there(hub, far_id, "receive")
    there(hub, far_id, "split", {"items": [{"code": "MUG", "quantity": 10}]})
    receive(hub)
    order.refresh_from_db()
    assert (order.status, received(order)) == ("receiving", {"MUG": 10, "CUP": 0})
    assert hub.far is not None
    (rest,) = [one for one in hub.far.control.list_lines("/inbound-orders") if one["id"] != far_id]
    assert rest["reference"] == "PO-1 - 2"
    there(hub, rest["id"], "verify")
    receive(hub)
    order.refresh_from_db()
    assert (order.status, received(order)) == ("received", {"MUG": 10, "CUP": 4})
    assert Receipt.objects.filter(order=order).count() == 2


def test_orders_of_others_are_left_alone(hub: Hub) -> None:
    order = order_goods(hub, MUG=10)
    there(hub, announce(hub, "ADJ-2026-03-01", MUG=3), "verify")
    run = receive(hub)
    assert (run.done, run.changed) == (1, 0)
    assert received(order) == {"MUG": 0} and not Receipt.objects.exists()


def test_bad_purchase_orders_are_refused_whole(hub: Hub) -> None:
    order_goods(hub, MUG=1)
    with pytest.raises(Conflict, match="PO-1 already"):
        order_goods(hub, MUG=2)
    with pytest.raises(Invalid, match="quantity above 0"):
        order_goods(hub, "PO-2", MUG=0)
    with pytest.raises(Invalid, match="no product"):
        enter(hub, "PO-3", NewPurchaseLine("NONE", Decimal(1)))
    assert PurchaseOrder.objects.count() == 1


@pytest.mark.parametrize("quantity", ["1e20", "0.0000001", "1.1234567"])
@pytest.mark.fault("D03")
def test_a_quantity_that_cannot_be_kept_exactly_is_refused(hub: Hub, quantity: str) -> None:
    hub.variant("MUG")
    with pytest.raises(Invalid, match="at most 14 digits and 6 decimals"):
        enter(hub, "PO-1", NewPurchaseLine("MUG", Decimal(quantity)))
    assert not PurchaseOrder.objects.exists()
