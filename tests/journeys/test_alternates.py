"""Alternates: sent instead of what is short, and counted on the line that was ordered when they come back."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from dockline.domain.accounts.models import User
from dockline.domain.channels.models import Channel
from dockline.domain.inventory.models import Level
from dockline.domain.orders.models import SalesOrder
from dockline.domain.products.models import Alternate, Variant
from dockline.domain.shipments.models import ShipmentLine
from dockline.domain.tables.rules import ImportMode, Outcome
from dockline.domain.warehouses.models import Warehouse
from dockline.flows.data import tables
from dockline.flows.outbound import on_hold
from dockline.interfaces.cli.commands import app
from dockline.kit import clock
from tests.flows.test_tables import bring, export, plan, refusals
from tests.journeys.test_cancel_an_order import allow, told
from tests.journeys.test_change_an_order import alter, of
from tests.support.hub import Hub, hub_with_manual_warehouse

HEAD = "sku,alternate,rank,active\n"


def define(shop: Hub, rows: str = "MUG,CUP,1,yes\nMUG,TIN,2,yes\n") -> None:
    for sku in ("MUG", "CUP", "TIN", "PEN"):
        shop.variant(sku)
    bring(shop, "alternates", HEAD + rows)


def give(shop: Hub, **there: int) -> None:
    code = Warehouse.objects.get().code
    rows = "".join(f"{code},{sku},EA,{count},{count},0\n" for sku, count in there.items())
    bring(shop, "levels", f"warehouse,sku,unit,on_hand,free,incoming\n{rows}")


def carried(order: SalesOrder) -> dict[str, int]:
    """What goes, by the SKU that is sent."""
    lines = ShipmentLine.objects.filter(shipment__order=order).exclude(shipment__status="cancelled").order_by("id")
    return {(line.alternate or line.order_line.variant).sku: int(line.quantity) for line in lines}


def on_shelf(sku: str) -> int:
    return int(Level.objects.get(variant__sku=sku).on_hand)


def test_what_is_short_is_sent_as_its_alternate_and_comes_back_as_what_was_ordered(hub: Hub, client: Client) -> None:
    define(hub)
    Channel.objects.update(backorder_mode="hub", partial_backorder=True)
    hub.stock(MUG=2, CUP=3, TIN=9, PEN=1)
    order = hub.order("SO-1", MUG=6, PEN=1)
    hub.work()
    assert carried(order) == {"MUG": 2, "CUP": 3, "TIN": 1, "PEN": 1}
    assert "3 CUP sent instead of MUG, which is short." in told(order)
    assert hub.far is not None
    (there,) = hub.far_orders()
    assert {line["code"]: int(Decimal(line["quantity"])) for line in there["lines"]} == carried(order)
    (shipment,) = hub.shipments(order)
    assert shipment.dispatch == "confirmed", "what is there is what was meant"
    hub.check()

    # Their stamps are whole seconds: what leaves within the second of the stock report would count as told by it.
    hub.far.clock.advance(seconds=2)
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()
    order.refresh_from_db()
    assert order.status == "shipped" and not order.is_backordered
    assert [(line.sku, int(line.shipped_quantity)) for line in order.lines.order_by("number")] == [
        ("MUG", 6),
        ("PEN", 1),
    ]
    assert [on_shelf(sku) for sku in ("MUG", "CUP", "TIN", "PEN")] == [0, 0, 8, 0]

    client.force_login(User.objects.create_user("mei"))
    page = client.get(reverse("order", args=[order.pk])).text
    assert page.count("instead of MUG") == 4, "twice on the shipment, twice in the timeline"
    bring(hub, "alternates", HEAD + "MUG,CUP,2,no\nMUG,TIN,1,yes\n")
    assert "when short, sent instead: TIN, then CUP (off)" in client.get(reverse("products")).text
    assert "3 CUP instead of MUG" in CliRunner().invoke(app, ["order", "show", "SO-1"]).output


def test_what_is_not_given_back_or_short_there_is_wanted_again(hub: Hub) -> None:
    define(hub)
    hub.stock(CUP=5)
    allow(hub, "AWAITING_PICK_AND_PACK")
    order = hub.order("SO-1", MUG=4)
    hub.work()
    assert carried(order) == {"CUP": 4}
    assert "not changed before it agrees" in alter(order, of(1, "MUG", 3)).sentence
    hub.work()
    assert carried(order) == {"CUP": 3}
    hub.stock(MUG=9)
    on_hold.put_on_hold(order_id=order.pk, reason="look", ask_warehouse=True, actor="Mei", now=clock.now())
    hub.work()
    on_hold.take_off_hold(order_id=order.pk, actor="Mei", now=clock.now())
    hub.work()
    assert carried(order) == {"MUG": 3}, "the product itself is there again"


@pytest.fixture
def sending_shop(manual_hub: Hub) -> Hub:
    Channel.objects.update(backorder_mode="hub", partial_backorder=False)
    define(manual_hub)
    return manual_hub


def test_all_or_nothing_sends_a_line_whole_as_one_product_and_waits_for_either(sending_shop: Hub) -> None:
    give(sending_shop, MUG=3, CUP=3)
    order = sending_shop.order("SO-1", MUG=4)
    sending_shop.work()
    order.refresh_from_db()
    assert carried(order) == {} and "MUG short by 1" in order.waiting_reason
    give(sending_shop, TIN=4)
    sending_shop.work()
    assert carried(order) == {"TIN": 4}, "its stock has risen"
    later = sending_shop.order("SO-2", MUG=4)
    sending_shop.work()
    assert carried(later) == {}
    bring(sending_shop, "alternates", HEAD + "MUG,PEN,1,yes\nMUG,CUP,2,no\n")
    give(sending_shop, CUP=9, PEN=9)
    sending_shop.work()
    assert carried(later) == {"PEN": 4}, "one that is switched off is never sent"


def test_an_alternate_that_is_given_back_serves_who_waits_for_it(sending_shop: Hub) -> None:
    give(sending_shop, CUP=4)
    order, other = sending_shop.order("SO-1", MUG=4), sending_shop.order("SO-2", CUP=4)
    sending_shop.work()
    assert (carried(order), carried(other)) == ({"CUP": 4}, {})
    on_hold.put_on_hold(order_id=order.pk, reason="look", ask_warehouse=True, actor="Mei", now=clock.now())
    sending_shop.work()
    assert (carried(order), carried(other)) == ({}, {"CUP": 4})


def test_what_is_packed_by_hand_is_booked_by_what_is_packed(sending_shop: Hub) -> None:
    give(sending_shop, CUP=4)
    order = sending_shop.order("SO-1", MUG=4)
    sending_shop.work()
    (shipment,) = sending_shop.shipments(order)
    done = CliRunner().invoke(app, ["confirm", shipment.reference, "--line", "CUP=3"])
    assert done.exit_code == 0, done.output
    assert (on_shelf("CUP"), int(order.lines.get().shipped_quantity)) == (1, 3)


@pytest.fixture
def shop(db: None) -> Hub:
    made = hub_with_manual_warehouse()
    define(made)
    return made


@pytest.mark.parametrize(
    ("rows", "field", "reason"),
    [
        ("MUG,GHOST,1,yes", "alternate", "is no product's SKU"),
        ("MUG,MUG,1,yes", "alternate", "is the product itself"),
        ("MUG,KILO,1,yes", "alternate", "is counted in KG, and MUG in EA"),
        ("MUG,HAMPER,1,yes", "alternate", "is a bundle"),
        ("HAMPER,MUG,1,yes", "sku", "is a bundle"),
        ("MUG,CUP,1.5,yes", "rank", "is a whole number from 1 to 999"),
        ("MUG,CUP,1000,yes", "rank", "is a whole number from 1 to 999"),
        ("MUG,CUP,1,si", "active", "is neither yes nor no"),
        ("MUG,CUP,1,yes\nMUG,CUP,2,yes", "alternate", "is there twice"),
    ],
)
def test_only_what_may_go_one_for_one_is_an_alternate(shop: Hub, rows: str, field: str, reason: str) -> None:
    Variant.objects.filter(pk=shop.variant("KILO").pk).update(base_unit="KG")
    shop.variant("HAMPER")
    bring(shop, "bundles", "bundle,component,quantity\nHAMPER,PEN,2\n")
    assert [(where, reason in why) for _, where, why in refusals(plan(shop, "alternates", HEAD + rows))] == [
        (field, True)
    ]
    assert Alternate.objects.count() == 2


def test_the_rows_of_a_product_are_all_its_alternates_and_go_out_as_they_came(shop: Hub) -> None:
    assert export(shop, "alternates") == (HEAD + "MUG,CUP,1,yes\nMUG,TIN,2,yes\n").replace("\n", "\r\n").encode()
    assert plan(shop, "alternates", export(shop, "alternates")).changes == 0
    made = plan(shop, "alternates", HEAD + "MUG,TIN,1,\nPEN,MUG,1,no\n")
    assert (made.counts[Outcome.CHANGED], made.counts[Outcome.REMOVED], made.counts[Outcome.ADDED]) == (1, 1, 1)
    assert Alternate.objects.count() == 2, "a plan changes nothing"
    tables.apply_plan(made.id, actor="Ada", now=clock.now())
    assert export(shop, "alternates").splitlines()[1:] == [b"MUG,TIN,1,yes", b"PEN,MUG,1,no"]
    kept = plan(shop, "alternates", HEAD + "MUG,CUP,1,yes\n", ImportMode.ADD)
    assert kept.changes == 0
