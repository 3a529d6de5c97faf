"""What is chosen under Advanced happens: personal data, validation, lots, descriptions; and a deleted channel rests."""

from datetime import timedelta
from typing import Any

import pytest

from dockline.domain.channels.models import Channel, StoredText
from dockline.domain.channels.queries import get_channel
from dockline.domain.channels.rules import ChannelId
from dockline.domain.exchanges.models import Exchange
from dockline.domain.history.models import Event
from dockline.domain.issues.models import Issue
from dockline.domain.orders.models import SalesOrder
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments.models import ShipmentLot
from dockline.flows import channel_life, channel_options, connection, sync
from dockline.flows.channel_options import AdvancedOptions
from dockline.kit import clock
from dockline.kit.errors import ChangedMeanwhile, NotNow
from tests.support.hub import ADDRESS, Hub

PERSONAL = {"phone": "+61 2 5550 0000", "email": "mei@example.test"}


def choose(hub: Hub, **chosen: Any) -> None:
    """Choose something of the hub's channel, as the page does."""
    stored = channel_options.values_of(get_channel(ChannelId(hub.channel_id)).columns, AdvancedOptions)
    options = connection.read_options(AdvancedOptions, {**stored, **chosen})
    connection.change_options(hub.channel_id, options, actor="mei", now=clock.now())


def order_with(hub: Hub, number: str, address: dict[str, str], instructions: str = "") -> SalesOrder:
    """An order of two mugs to this address."""
    order = hub.order(number, MUG=2)
    SalesOrder.objects.filter(pk=order.pk).update(ship_to=address, instructions=instructions)
    return order


def said(order: SalesOrder) -> dict[str, Any]:
    """What was sent of the order."""
    exchange = Exchange.objects.get(kind="export_shipment", subject_id=order.shipments.get().pk)
    message: dict[str, Any] = exchange.message
    return message


def test_suppressed_personal_data_are_not_sent(hub: Hub) -> None:
    hub.stock(MUG=9)
    whole = order_with(hub, "SO-1", {**ADDRESS, **PERSONAL}, "Ring Mei")
    hub.work()
    choose(hub, suppress_personal=True)
    without = order_with(hub, "SO-2", {**ADDRESS, **PERSONAL}, "Ring Mei")
    hub.work()

    assert said(whole)["ship_to"]["phone"] == PERSONAL["phone"]
    assert said(whole)["instructions"] == "Ring Mei"
    assert not {"phone", "email"} & set(said(without)["ship_to"])
    assert not said(without).get("instructions")
    assert said(without)["ship_to"]["contact"] == ADDRESS["contact"]


def test_what_does_not_pass_is_held_until_it_may_pass(hub: Hub) -> None:
    choose(hub, address="error", phone="warning")
    hub.stock(MUG=9)
    held = order_with(hub, "SO-1", {"contact": "Mei", "country": "AU"})
    hub.work()
    assert hub.far_orders() == []
    issue = Issue.objects.get(cause="not_valid")
    assert "Address incomplete." in issue.title
    assert held.shipments.get().dispatch == "ready"

    choose(hub, address="warning")
    hub.work()

    assert len(hub.far_orders()) == 1
    issue.refresh_from_db()
    assert issue.resolved_at is not None
    note = Event.objects.get(kind="validation", subject_id=held.pk)
    assert note.sentence.endswith("is sent although: Address incomplete; Phone missing; Email missing.")


@pytest.mark.parametrize("passes", [True, False])
def test_lots_are_taken_only_while_they_pass_through(passes: bool, hub: Hub) -> None:
    choose(hub, pass_lots=passes)
    hub.variant("MUG")
    hub.far.control.add_product(hub.far.customer_id, "MUG")
    hub.far.control.add_stock(hub.far.customer_id, "MUG", 2, batch="B118")
    hub.receive_inventory()
    order = hub.order("SO-1", MUG=2)
    hub.work()
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()

    lots = [(lot.line.shipment.order_id, lot.lot, lot.quantity) for lot in ShipmentLot.objects.all()]
    assert lots == ([(order.pk, "B118", 2)] if passes else [])


def test_the_longer_description_joins_both_names(hub: Hub) -> None:
    choose(hub, product_description="product_variant")
    hub.stock(MUG=9)
    order = hub.order("SO-1", MUG=2)
    hub.work()

    assert said(order)["lines"][0]["description"] == "Product MUG - Variant MUG"


def test_a_stale_version_changes_nothing(hub: Hub) -> None:
    choose(hub, pass_lots=True)
    with pytest.raises(ChangedMeanwhile):
        connection.change_options(hub.channel_id, AdvancedOptions(), actor="mei", now=clock.now(), version=1)
    assert Channel.objects.get().pass_lots is True


@pytest.mark.fault("K06")
def test_a_deleted_channel_freezes_its_work_and_goes_on_when_it_is_restored(hub: Hub) -> None:
    hub.stock(MUG=9)
    order = hub.order("SO-1", MUG=2)
    channel_life.disable_channel(channel_id=hub.channel_id, actor="mei", now=clock.now())
    hub.work()
    assert channel_life.foresee_deletion(hub.channel_id).work.unsent == 1
    channel_life.delete_channel(channel_id=hub.channel_id, actor="mei", now=clock.now())
    hub.work()

    assert hub.far_orders() == []
    assert Issue.objects.get(cause="channel_deleted", resolved_at=None).subject_id == hub.channel_id
    with pytest.raises(NotNow):
        sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.RECEIVE_INVENTORY, actor="mei", now=clock.now())
    channel_life.purge_deleted(now=clock.now() + timedelta(days=31))
    assert Channel.objects.get().secrets, "frozen work keeps a channel from being purged"

    channel_life.restore_channel(channel_id=hub.channel_id, actor="mei", now=clock.now())
    channel_life.enable_channel(channel_id=hub.channel_id, actor="mei", now=clock.now())
    hub.work()
    assert [there["reference"] for there in hub.far_orders()] == [order.shipments.get().reference]
    assert not Issue.objects.filter(cause="channel_deleted", resolved_at=None).exists()


def test_what_was_deleted_long_ago_is_forgotten(hub: Hub) -> None:
    channel_life.delete_channel(channel_id=hub.channel_id, actor="mei", now=clock.now())
    channel_life.purge_deleted(now=clock.now() + timedelta(days=29))
    assert Channel.objects.get().secrets

    channel_life.purge_deleted(now=clock.now() + timedelta(days=31))

    channel = Channel.objects.get()
    assert (channel.secrets, channel.settings, channel.secret_notes) == ({}, {}, {})
    assert not StoredText.objects.exists() and not channel.schedules.exists()
    with pytest.raises(NotNow):
        channel_life.restore_channel(channel_id=hub.channel_id, actor="mei", now=clock.now())
