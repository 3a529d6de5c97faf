"""What a warehouse said to a wish to cancel is of the order it was asked about, and of no other. Found by the model."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from dockline.connectors.contract.notices import CancelAnswer
from dockline.domain.channels.models import Channel
from dockline.domain.orders.models import SalesOrder
from dockline.domain.purchases.models import PurchaseOrder
from dockline.domain.purchases.operations import NewPurchaseLine, PurchaseContent
from dockline.domain.shipments.models import CancelWish, Shipment
from dockline.flows.inbound import cancel as inbound_cancel
from dockline.flows.inbound import export as inbound_export
from dockline.flows.inbound import place
from dockline.flows.outbound import cancel, export, repair, settle, wishes, withdraw
from dockline.gateway import runtime
from dockline.gateway import settle as gateway
from dockline.gateway.deliver import Outcome
from dockline.gateway.settle import LookUp
from dockline.kit import clock
from tests.support.hub import Hub


def sent(hub: Hub) -> SalesOrder:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    return order


def ask(order: SalesOrder) -> None:
    cancel.ask_to_cancel(order_id=order.pk, actor="Ada", now=clock.now())


def test_that_another_account_does_not_have_it_cancels_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    order = sent(hub)
    ask(order)
    converse = runtime.converse

    def converse_elsewhere(channel_id: int) -> Any:
        """A person points the channel elsewhere in this very moment."""
        hub.far.control.post("/customers", {"name": "Elsewhere"})
        channel = Channel.objects.get()
        channel.settings["customer_name"] = "Elsewhere"
        channel.credential_version += 1
        channel.save()
        return converse(channel_id)

    monkeypatch.setattr(wishes.runtime, "converse", converse_elsewhere)
    wishes.act_on_wishes(hub.channel_id)
    (shipment,) = hub.shipments(order)
    assert (shipment.status, CancelWish.objects.get().state) == ("sent", "asked")
    assert len(hub.far_orders()) == 1


def test_what_was_said_of_a_former_reference_cancels_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    order = sent(hub)
    ask(order)
    look_up = gateway.look_up

    def look_up_slowly(conversation: Any, references: Sequence[str]) -> LookUp[Any]:
        """The worker is held up so long that the order goes by another reference when it comes back."""
        hub.far.control.delete(f"/orders/{hub.far_orders()[0]['id']}")
        found = look_up(conversation, references)
        Shipment.objects.update(reference=f"{references[0]}-G2", generation=2)
        return found

    monkeypatch.setattr(wishes.settle, "look_up", look_up_slowly)
    wishes.act_on_wishes(hub.channel_id)
    (shipment,) = hub.shipments(order)
    assert (shipment.status, CancelWish.objects.get().state) == ("sent", "asked")


def test_a_look_that_ends_after_the_cancel_moves_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    order = sent(hub)
    Shipment.objects.update(dispatch="differs")
    ask(order)
    repair.look_there(shipment_id=hub.shipments(order)[0].pk, actor="Ada", now=clock.now())
    look_up = gateway.look_up

    def look_up_slowly(conversation: Any, references: Sequence[str]) -> LookUp[Any]:
        """Meanwhile the warehouse lets go of it, and that is booked."""
        found = look_up(conversation, references)
        (shipment,) = hub.shipments(order)
        withdraw.take_back([(shipment, "The warehouse agreed.")], actor="Ada", now=clock.now())
        absent: Mapping[str, tuple[Any, ...]] = dict.fromkeys(references, ())
        return LookUp(absent, found.calls)

    monkeypatch.setattr(settle.settle, "look_up", look_up_slowly)
    settle.settle_due(hub.channel_id)
    (shipment,) = hub.shipments(order)
    assert (shipment.status, shipment.wake_at) == ("cancelled", None)
    export.export_due(hub.channel_id)
    assert len(hub.far_orders()) == 1, "nothing is sent"
    CancelWish.objects.all().delete()


def test_what_was_said_of_a_former_purchase_order_cancels_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.stock(MUG=10)
    content = PurchaseContent("PO-1", [NewPurchaseLine("MUG", Decimal(4))])
    place.place_purchase(
        account_id=hub.account_id, warehouse_id=hub.warehouse_id, content=content, actor="Ada", now=clock.now()
    )
    hub.work()
    order = PurchaseOrder.objects.get()
    inbound_cancel.ask_to_cancel(order_id=order.pk, actor="Ada", now=clock.now())

    def held_up(*_: Any, **__: Any) -> Outcome[CancelAnswer]:
        """They let go of it, but by the time we hear of it the purchase order goes by another reference."""
        PurchaseOrder.objects.update(reference=f"{order.reference}-G2", generation=2)
        return Outcome(CancelAnswer(done=True, reason=""), None)

    monkeypatch.setattr(inbound_cancel.deliver, "cancel_purchase", held_up)
    inbound_export.export_due(hub.channel_id)
    order.refresh_from_db()
    assert (order.status, order.wish) == ("approved", "asked")
