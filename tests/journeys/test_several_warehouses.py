"""An account ships from several warehouses: whole from one, else from the fewest, each asked about its own part."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from dockline.domain.accounts.models import User
from dockline.domain.channels.models import Channel
from dockline.domain.orders import operations as orders_of
from dockline.domain.orders import queries as orders
from dockline.domain.orders.changing import OrderContent, WantedLine
from dockline.domain.orders.models import OrderChange, SalesOrder
from dockline.domain.orders.rules import OrderId
from dockline.domain.shipments.models import CancelWish, ShipmentLine
from dockline.domain.warehouses.models import Warehouse
from dockline.flows import channel_life, connection, job_names, setup
from dockline.flows.connection import Draft
from dockline.flows.data.orders import COLUMNS
from dockline.flows.outbound import cancel, change, on_hold
from dockline.interfaces.cli.commands import app
from dockline.kit import clock
from dockline.kit.queue import port as queue
from tests.flows.test_tables import bring
from tests.journeys.test_cancel_an_order import allow, told
from tests.support.hub import Hub


def add_place(hub: Hub, name: str) -> None:
    """One more warehouse, worked by hand."""
    warehouse_id = setup.add_warehouse(name=name, account_ids=[hub.account_id])
    draft = Draft(hub.account_id, warehouse_id, "manual", f"manual · {name}", {})
    connection.connect_channel(draft, options={}, now=clock.now())
    Channel.objects.update(backorder_mode="hub", partial_backorder=False)


def take_turns(*names: str) -> None:
    """Have these warehouses follow the default one, in this order, from the terminal."""
    for turn, name in enumerate(names, 1):
        done = CliRunner().invoke(
            app, ["warehouse", "enable", name, "--account", "Bluegum Pantry", "--turn", str(turn)]
        )
        assert done.exit_code == 0, done.output


def count(hub: Hub, place: str, **there: int) -> None:
    """What people counted at a warehouse without a system."""
    for sku in there:
        hub.variant(sku)
    code = Warehouse.objects.get(name=place).code
    rows = "".join(f"{code},{sku},EA,{on_hand},{on_hand},0\n" for sku, on_hand in there.items())
    bring(hub, "levels", f"warehouse,sku,unit,on_hand,free,incoming\n{rows}")


def parts(hub: Hub, order: SalesOrder) -> dict[str, dict[str, int]]:
    """What goes from which warehouse of what is open or shipped."""
    hub.work()
    found: dict[str, dict[str, int]] = {}
    lines = ShipmentLine.objects.filter(shipment__order=order).exclude(shipment__status="cancelled").order_by("id")
    for place, sku, quantity in lines.values_list("shipment__channel__warehouse__name", "order_line__sku", "quantity"):
        there = found.setdefault(place, {})
        there[sku] = there.get(sku, 0) + int(quantity)
    return found


def reason(order: SalesOrder) -> str:
    order.refresh_from_db()
    return order.waiting_reason


@pytest.fixture
def three(manual_hub: Hub) -> Hub:
    """A shop with Brisbane, its default warehouse, and Perth and Hobart beside it."""
    add_place(manual_hub, "Perth")
    add_place(manual_hub, "Hobart")
    return manual_hub


def test_an_order_goes_whole_from_one_else_from_the_fewest_in_the_accounts_order(three: Hub, client: Client) -> None:
    count(three, "Brisbane", MUG=5, CUP=1)
    count(three, "Perth", MUG=2, CUP=1)
    count(three, "Hobart", MUG=1, CUP=9)
    first = three.order("SO-1", MUG=2, CUP=4)
    assert parts(three, first) == {} and "Not enough stock at Brisbane: CUP short by 3." in reason(first)
    assert parts(three, three.order("SO-2", MUG=1)) == {"Brisbane": {"MUG": 1}}

    client.force_login(User.objects.create_user("mei"))
    page, ids = reverse("account", args=[three.account_id]), dict(Warehouse.objects.values_list("name", "id"))
    said = {"enabled": list(ids.values()), "default": ids["Brisbane"]}
    save = reverse("account-warehouses", args=[three.account_id])
    for wrong, words in (("x", "from 1 to 7"), ("8", "from 1 to 7"), ("1", "Hobart and Perth have the same turn 1")):
        refused = client.post(save, said | {f"turn-{ids['Perth']}": wrong, f"turn-{ids['Hobart']}": "1"})
        assert refused.status_code == 422 and words in refused.text
    client.post(save, said | {f"turn-{ids['Perth']}": "1", f"turn-{ids['Hobart']}": "2"})
    assert f'name="turn-{ids["Hobart"]}" value="2"' in client.get(page).text
    assert "Turn of Hobart" in client.get(page).text

    assert parts(three, first) == {"Brisbane": {"MUG": 2, "CUP": 1}, "Hobart": {"CUP": 3}}, "two parcels, not three"
    assert reason(first) == "" and "2 lines allocated at Brisbane, 1 line at Hobart." in told(first)
    assert parts(three, three.order("SO-3", CUP=5)) == {"Hobart": {"CUP": 5}}, "whole from one that has all of it"
    assert parts(three, three.order("SO-4", MUG=4)) == {"Brisbane": {"MUG": 2}, "Perth": {"MUG": 2}}

    shown = client.get(reverse("order", args=[first.pk])).text
    assert all(one.reference in shown for one in three.shipments(first)) and "Hobart" in shown
    typed = CliRunner().invoke(app, ["order", "show", "SO-1"]).output
    assert "Hobart" in typed and "2 MUG, 1 CUP" in typed and "3 CUP" in typed


def test_what_all_together_lack_waits_or_goes_in_part_and_the_rest_follows_oldest_first(three: Hub) -> None:
    take_turns("Perth")
    count(three, "Brisbane", MUG=2)
    count(three, "Perth", MUG=1)
    count(three, "Hobart", MUG=100)
    order, next_one = three.order("SO-1", MUG=5), three.order("SO-2", MUG=4)
    assert parts(three, order) == {}, "nothing of it goes before all of it can, and Hobart has no turn"
    assert "Not enough stock at Brisbane and Perth together: MUG short by 2." in reason(order)
    Channel.objects.update(partial_backorder=True)
    orders_of.wake_orders([order.pk], now=clock.now())
    queue.wake(job_names.ADVANCE, three.account_id)
    assert parts(three, order) == {"Brisbane": {"MUG": 2}, "Perth": {"MUG": 1}}
    assert "short by 2" in reason(order)
    count(three, "Perth", MUG=4)
    assert parts(three, order) == {"Brisbane": {"MUG": 2}, "Perth": {"MUG": 3}} and reason(order) == ""
    assert parts(three, next_one) == {"Perth": {"MUG": 2}}, "who came first is served first"
    assert "short by 2" in reason(next_one)


def test_one_whose_channel_rests_or_whose_stock_is_not_checked_is_not_counted_on(three: Hub) -> None:
    take_turns("Perth", "Hobart")
    count(three, "Perth", MUG=9)
    perth, hobart = (Channel.objects.get(warehouse__name=name) for name in ("Perth", "Hobart"))
    Channel.objects.filter(pk=hobart.pk).update(backorder_mode="channel")
    channel_life.disable_channel(channel_id=perth.pk, actor="Mei", now=clock.now())
    order = three.order("SO-1", MUG=5)
    assert parts(three, order) == {} and "at Brisbane: MUG short by 5" in reason(order)
    channel_life.enable_channel(channel_id=perth.pk, actor="Mei", now=clock.now())
    assert parts(three, order) == {"Perth": {"MUG": 5}}
    Channel.objects.filter(warehouse__name="Brisbane").update(backorder_mode="channel")
    assert parts(three, three.order("SO-2", MUG=50)) == {"Brisbane": {"MUG": 50}}, "it decides by itself"


@pytest.fixture
def two(hub: Hub) -> Hub:
    """A shop with Brisbane, whose system may be asked, and Perth, whose people must be."""
    hub.stock(MUG=3)
    add_place(hub, "Perth")
    take_turns("Perth")
    count(hub, "Perth", MUG=4)
    allow(hub, "AWAITING_PICK_AND_PACK")
    return hub


def test_each_warehouse_is_asked_about_its_own_part(two: Hub) -> None:
    order = two.order("SO-1", MUG=5)
    assert parts(two, order) == {"Brisbane": {"MUG": 3}, "Perth": {"MUG": 2}}
    content = orders.get_order(OrderId(order.pk)).content
    fewer = OrderContent(content.header, (WantedLine(1, "MUG", Decimal(4)),))
    asked = change.change_order(order_id=order.pk, seen_version=1, content=fewer, actor="Mei", now=clock.now())
    assert asked.waits_for == 1, "the other part is not in the way"
    assert parts(two, order) == {"Brisbane": {"MUG": 3}, "Perth": {"MUG": 1}}

    allow(two)
    assert cancel.ask_to_cancel(order_id=order.pk, actor="Mei", now=clock.now()).waits_for == 2
    two.work()
    wishes = CancelWish.objects.filter(purpose="cancel")
    states = dict(wishes.values_list("shipment__channel__warehouse__name", "state"))
    assert states == {"Brisbane": "refused", "Perth": "accepted"}
    order.refresh_from_db()
    assert order.status == "fulfilling" and list(parts(two, order)) == ["Brisbane"]


def test_what_is_held_is_given_back_by_each_that_can(two: Hub) -> None:
    order = two.order("SO-1", MUG=5)
    two.work()
    held = on_hold.put_on_hold(order_id=order.pk, reason="look", ask_warehouse=True, actor="Mei", now=clock.now())
    assert held.waits_for == 2
    assert parts(two, order) == {}
    on_hold.take_off_hold(order_id=order.pk, actor="Mei", now=clock.now())
    assert parts(two, order) == {"Brisbane": {"MUG": 3}, "Perth": {"MUG": 2}}


def ask_for(hub: Hub, *orders: tuple[str, int]) -> list[SalesOrder]:
    """Orders out of a table, each of so many mugs from one warehouse."""
    codes = dict(Warehouse.objects.values_list("name", "code"))
    head = {"placed_at": "2026-03-01", "line_1": "1 Road", "city": "Perth", "country": "AU", "sku": "MUG"}
    rows = [
        head | {"order_number": f"SO-{number}", "requested_warehouse": codes[place], "quantity": str(quantity)}
        for number, (place, quantity) in enumerate(orders, 1)
    ]
    cells = "".join(",".join(row.get(column, "") for column in COLUMNS) + "\n" for row in rows)
    bring(hub, "orders", f"{','.join(COLUMNS)}\n{cells}")
    return list(SalesOrder.objects.order_by("number"))


def test_an_order_that_asks_for_a_warehouse_goes_from_there_or_waits(three: Hub, client: Client) -> None:
    take_turns("Perth", "Hobart")
    setup.add_warehouse(name="Darwin", account_ids=[three.account_id])
    count(three, "Brisbane", MUG=9)
    count(three, "Perth", MUG=1)
    order, other, nowhere = ask_for(three, ("Perth", 3), ("Perth", 4), ("Darwin", 1))
    three.work()
    assert not ShipmentLine.objects.exists()
    assert reason(order) == "Not enough stock at Perth, which the order asks for: MUG short by 2."
    assert reason(nowhere) == "Darwin, which the order asks for, has no channel that can ship for this account."
    count(three, "Perth", MUG=3)
    assert parts(three, order) == {"Perth": {"MUG": 3}} and reason(order) == ""
    assert not three.shipments(other) and "at Perth, which the order asks for: MUG short by 4." in reason(other)

    client.force_login(User.objects.create_user("mei"))
    page, form = reverse("order", args=[other.pk]), reverse("order-change", args=[other.pk])
    ids = {name: str(pk) for name, pk in Warehouse.objects.values_list("name", "id")}
    assert "to ship from Perth only" in client.get(page).text
    assert f'<option value="{ids["Perth"]}" selected>Perth</option>' in client.get(form).text
    typed = {"version": "1", **other.ship_to, "r0-line": "1", "r0-sku": "MUG", "r0-quantity": "4", "r0-unit": "EA"}
    for wrong, words in (("99999", "It ships from: Brisbane, Darwin, Hobart, Perth."), ("x", "Choose one of the list")):
        refused = client.post(form, typed | {"requested_warehouse_id": wrong})
        assert refused.status_code == 422 and words in refused.text
    # Nothing of it is sent yet, so it is changed at once: any warehouse may ship it now.
    assert "SO-2 is changed." in client.post(form, typed | {"requested_warehouse_id": ""}, follow=True).text
    assert parts(three, other) == {"Brisbane": {"MUG": 4}} and "Requested warehouse: Perth → empty" in told(other)
    three.check()


def test_another_warehouse_is_asked_for_once_the_first_has_given_it_back(two: Hub) -> None:
    order = two.order("SO-1", MUG=5)
    assert parts(two, order) == {"Brisbane": {"MUG": 3}, "Perth": {"MUG": 2}}
    count(two, "Perth", MUG=9)

    def ask(place: str) -> str:
        done = CliRunner().invoke(app, ["order", "change", "SO-1", "--warehouse", place])
        assert done.exit_code == 0, done.output
        return done.output

    assert "Requested warehouse: empty → Perth" in (said := ask("Perth")) and "give back 1 shipment" in said
    assert (SalesOrder.objects.get().requested_warehouse, reason(order)) == (None, ""), "not before it agrees"
    assert parts(two, order) == {"Perth": {"MUG": 5}}, "what is there stays, the rest follows it"
    assert "Requested warehouse: Perth" in CliRunner().invoke(app, ["order", "show", "SO-1"]).output
    assert "is changed" in ask("") and parts(two, order) == {"Perth": {"MUG": 5}}, "none asked for: all stays"

    allow(two)
    refused = two.order("SO-2", MUG=2)
    assert parts(two, refused) == {"Brisbane": {"MUG": 2}}
    content = orders.get_order(OrderId(refused.pk)).content
    perth = replace(content.header, requested_warehouse_id=Warehouse.objects.get(name="Perth").pk)
    asked = change.change_order(
        order_id=refused.pk, seen_version=1, content=OrderContent(perth, ()), actor="Mei", now=clock.now()
    )
    assert asked.waits_for == 1 and parts(two, refused) == {"Brisbane": {"MUG": 2}}
    row = OrderChange.objects.get(order=refused)
    assert (row.state, orders.get_order(OrderId(refused.pk)).requested_warehouse_id) == ("refused", None)
    # What the release before asked for says nothing of a warehouse: the one that is asked for stays.
    SalesOrder.objects.filter(pk=refused.pk).update(requested_warehouse=perth.requested_warehouse_id)
    del row.wanted["header"]["requested_warehouse_id"]
    row.save()
    kept = orders_of.read_change(OrderChange.objects.get(pk=row.pk))
    assert kept.header.requested_warehouse_id == perth.requested_warehouse_id
