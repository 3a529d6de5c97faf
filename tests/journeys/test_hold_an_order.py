"""A person puts an order on hold: what is here waits, what a warehouse has is refused or asked back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from dockline.domain.accounts.models import User
from dockline.domain.issues.models import Issue
from dockline.domain.orders.models import SalesOrder
from dockline.domain.shipments.models import CancelWish, Shipment
from dockline.flows import upkeep
from dockline.flows.outbound import advance, cancel, on_hold, repair, vanish
from dockline.interfaces.cli.commands import app
from dockline.kit import clock
from dockline.kit.errors import Invalid, NotNow
from tests.journeys.test_cancel_an_order import allow, available, due, lines, open_causes, status, told, wish
from tests.simulator.caller import Caller, line
from tests.support.hub import Hub


def hold(order: SalesOrder, **more: Any) -> on_hold.Held:
    asked = {"reason": "fraud check", "actor": "Mei", "now": clock.now(), **more}
    return on_hold.put_on_hold(order_id=order.pk, **asked)


def resume(order: SalesOrder) -> None:
    on_hold.take_off_hold(order_id=order.pk, actor="Mei", now=clock.now())


def test_an_order_on_hold_is_not_allocated_and_its_stock_is_kept_for_it(hub: Hub) -> None:
    hub.stock(MUG=5)
    order = hub.order("SO-1", MUG=3)
    assert hold(order).waits_for == 0
    hub.work()
    assert (status(order), hub.shipments(order), hub.far_orders()) == ("approved", [], [])
    assert "On hold: fraud check." in order.waiting_reason and open_causes() == {"on_hold"}
    assert available(hub, "MUG") == 2
    later = hub.order("SO-2", MUG=3)
    hub.work()
    assert hub.shipments(later) == [], "what an order on hold wants is promised to nobody else"
    with pytest.raises(NotNow, match="on hold"):
        advance.look_again(order_id=order.pk, actor="Mei", now=clock.now())
    hub.check()
    resume(order)
    hub.work()
    assert [one.dispatch for one in hub.shipments(order)] == ["confirmed"] and open_causes() == {"not_enough_stock"}
    assert "Taken off hold" in told(order)
    with pytest.raises(NotNow, match="not on hold"):
        resume(order)


def test_what_was_cut_and_not_sent_is_taken_back_and_sent_once_it_goes_on(hub: Hub) -> None:
    hub.stock(MUG=5)
    hub.far.control.post("/faults", {"script": [{"operation": "create_order", "do": "status", "status": 429}]})
    order = hub.order("SO-1", MUG=5)
    hub.work()
    (cut,) = hub.shipments(order)
    assert cut.dispatch == "ready"
    hold(order)
    cut.refresh_from_db()
    assert (cut.status, cut.is_given_back, lines(order)) == ("cancelled", True, [(5, 0, 0)])
    assert available(hub, "MUG") == 0
    hub.check()
    resume(order)
    due(hub)
    (again,) = hub.shipments(order)[1:]
    assert (again.status, [one["reference"] for one in hub.far_orders()]) == ("sent", [again.reference])


def test_what_the_warehouse_has_is_refused_with_its_status_or_asked_back(hub: Hub) -> None:
    hub.stock(MUG=5)
    allow(hub, "AWAITING_PICK_AND_PACK")
    order = hub.order("SO-1", MUG=3)
    hub.work()
    with pytest.raises(NotNow, match=r"is Sent to Warehouse at .* Ask the warehouse"):
        hold(order)
    assert SalesOrder.objects.get().held_at is None and not open_causes()
    assert "may refuse" in hold(order, ask_warehouse=True).sentence
    hub.check()
    hub.work()
    assert (wish(order).purpose, wish(order).state, hub.far_orders()) == ("hold", "accepted", [])
    assert (status(order), lines(order), open_causes()) == ("fulfilling", [(3, 0, 0)], {"on_hold"})
    hub.check()
    resume(order)
    hub.work()
    assert len(hub.far_orders()) == 1 and lines(order) == [(3, 0, 0)]
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()
    assert (status(order), lines(order), open_causes()) == ("shipped", [(3, 3, 0)], set())


def test_a_warehouse_that_refuses_goes_on_and_a_person_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vanish, "UNSEEN_FOR", timedelta(0))
    hub.stock(MUG=5)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    hold(order, ask_warehouse=True)
    hub.work()
    assert wish(order).state == "refused" and open_causes() == {"on_hold", "hold_refused"}
    hub.far.control.delete(f"/orders/{hub.far_orders()[0]['id']}")
    hub.receive()
    assert (lines(order), open_causes()) == ([(3, 0, 0)], {"on_hold"}), "the warehouse's people let go of it later"
    assert hub.far_orders() == []


def test_a_hold_that_was_given_up_wants_nothing_back(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vanish, "UNSEEN_FOR", timedelta(0))
    hub.stock(MUG=5)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    hold(order, ask_warehouse=True)
    hub.work()
    resume(order)
    hub.far.control.delete(f"/orders/{hub.far_orders()[0]['id']}")
    hub.receive()
    assert "gone_there" in open_causes() and hub.far_orders() == [], "nothing is sent again by itself"


def test_a_lost_answer_is_not_sent_again_while_on_hold(hub: Hub) -> None:
    hub.stock(MUG=5)
    hub.far.control.post("/faults", {"script": [{"operation": "create_order", "do": "status", "status": 422}]})
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (refused,) = hub.shipments(order)
    assert refused.dispatch == "needs_fix"
    hold(order, ask_warehouse=True)
    CancelWish.objects.update(state="refused", wake_at=None)
    with pytest.raises(NotNow, match="on hold"):
        repair.send_again(shipment_id=refused.pk, actor="Ada", now=clock.now())
    assert hub.far_orders() == []


def test_what_was_taken_back_and_comes_alive_is_told_and_booked(hub: Hub) -> None:
    hub.stock(MUG=9)
    allow(hub, "AWAITING_PICK_AND_PACK")
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (old,) = hub.far_orders()
    hold(order, ask_warehouse=True)
    hub.work()
    resume(order)
    hub.work()
    allow(hub)
    with Caller(hub.far) as typist:
        typist.create(old["reference"], line("MUG", 3))
    hub.receive()
    assert open_causes() >= {"cancelled_is_there"}
    hub.check()
    for there in hub.far_orders():
        hub.far.control.post(f"/orders/{there['id']}/dispatch")
    hub.receive()
    assert lines(order)[0][1] == 6 and "shipped_more" in open_causes()
    assert status(order) == "shipped"


def test_it_goes_on_by_itself_when_its_time_has_come(hub: Hub) -> None:
    hub.stock(MUG=5)
    order = hub.order("SO-1", MUG=3)
    with pytest.raises(Invalid, match="still to come"):
        hold(order, until=clock.now() - timedelta(minutes=1))
    with pytest.raises(Invalid, match="why"):
        hold(order, reason=" ")
    hold(order, until=clock.now() + timedelta(hours=1))
    upkeep.tend()
    hub.work()
    assert hub.far_orders() == []
    SalesOrder.objects.update(held_until=clock.now())
    upkeep.tend()
    hub.work()
    assert len(hub.far_orders()) == 1 and not open_causes()


def test_cancelling_ends_the_hold_and_serves_who_waited(hub: Hub) -> None:
    hub.stock(MUG=3)
    order = hub.order("SO-1", MUG=3)
    hold(order)
    waiting = hub.order("SO-2", MUG=3)
    hub.work()
    assert hub.shipments(waiting) == []
    cancel.ask_to_cancel(order_id=order.pk, actor="Mei", now=clock.now())
    hub.work()
    assert (status(order), open_causes()) == ("cancelled", set())
    assert [one.status for one in hub.shipments(waiting)] == ["sent"]
    with pytest.raises(NotNow, match="nothing is left to hold"):
        hold(order)


def test_it_is_held_from_the_page_found_in_the_lists_and_taken_off(manual_hub: Hub, client: Client) -> None:
    manual_hub.variant("MUG")
    order = manual_hub.order("SO-1", MUG=3)
    client.force_login(User.objects.create_user("mei"))
    page = reverse("order", args=[order.pk])
    address = reverse("order-hold", args=[order.pk])
    assert address in client.get(page).text and "Put SO-1 on hold" in client.get(address).text
    assert client.post(address, {"reason": "", "until": ""}).status_code == 422
    assert client.post(address, {"reason": "look", "until": "soon"}).status_code == 422
    done = client.post(address, {"reason": "look", "until": "2999-01-01T09:00"}, follow=True).text
    assert "Order SO-1 is on hold." in done
    assert "SO-1" in client.get(reverse("orders"), {"status": "hold"}).text
    assert 'value="2999-01-01T09:00"' in client.get(address).text
    issue = Issue.objects.get(cause="on_hold")
    button = reverse("issue-repair", args=[issue.pk, "take-off-hold"])
    assert button in client.get(page).text and "On hold until 2999-01-01" in client.get(reverse("issues")).text
    client.post(button)
    order.refresh_from_db()
    assert order.held_at is None and "SO-1" not in client.get(reverse("orders"), {"status": "hold"}).text


def test_it_is_held_from_the_terminal(manual_hub: Hub) -> None:
    manual_hub.variant("MUG")
    order = manual_hub.order("SO-1", MUG=3)
    done = CliRunner().invoke(app, ["order", "hold", "SO-1", "--reason", "look", "--until", "2999-01-01"])
    assert done.exit_code == 0 and "is on hold" in done.output
    assert SalesOrder.objects.get().held_reason == "look"
    assert CliRunner().invoke(app, ["order", "resume", "SO-1"]).exit_code == 0
    order.refresh_from_db()
    assert order.held_at is None and order.wake_at is not None
    assert not Shipment.objects.exists() and Decimal(0) == available(manual_hub, "MUG")
