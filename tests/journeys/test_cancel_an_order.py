"""Somebody wants an order not to go: what is here is cancelled at once, about the rest the warehouse is asked."""

import time
from datetime import timedelta
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from dockline.domain.channels import queries as channels
from dockline.domain.channels.models import Channel
from dockline.domain.exchanges.models import Exchange
from dockline.domain.history.models import Event
from dockline.domain.inventory import queries as stock
from dockline.domain.issues.models import Issue
from dockline.domain.orders.models import SalesOrder
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments.models import CancelWish
from dockline.flows import progress, upkeep
from dockline.flows.outbound import cancel, repair, vanish, wishes
from dockline.interfaces.cli.commands import app
from dockline.kit import clock
from dockline.kit.errors import NotNow
from tests.flows.test_lost_answers import fault
from tests.support.hub import Hub


def ask(order: SalesOrder) -> cancel.Asked:
    return cancel.ask_to_cancel(order_id=order.pk, actor="Mei", now=clock.now())


def allow(hub: Hub, *statuses: str) -> None:
    assert hub.far is not None
    hub.far.control.set(overridable_statuses=["REJECTED", *statuses])


def status(order: SalesOrder) -> str:
    order.refresh_from_db()
    return order.status


def lines(order: SalesOrder) -> list[tuple[Decimal, Decimal, Decimal]]:
    rows = order.lines.order_by("number")
    return [(row.base_quantity, row.shipped_quantity, row.cancelled_quantity) for row in rows]


def open_causes() -> set[str]:
    return set(Issue.objects.filter(resolved_at__isnull=True).values_list("cause", flat=True))


def wish(order: SalesOrder) -> CancelWish:
    return CancelWish.objects.filter(shipment__order=order).latest("id")


def told(order: SalesOrder) -> str:
    events = Event.objects.filter(subject_kind="order", subject_id=order.pk).order_by("id")
    return "\n".join(events.values_list("sentence", flat=True))


def available(hub: Hub, sku: str) -> Decimal:
    variant = hub.variant(sku).pk
    return stock.get_available(hub.warehouse_id, [variant])[variant]


def test_an_order_that_waits_for_stock_is_cancelled_at_once(hub: Hub) -> None:
    hub.stock(MUG=1)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    assert "not_enough_stock" in open_causes()
    assert ask(order).waits_for == 0
    assert status(order) == "cancelled" and lines(order) == [(3, 0, 3)]
    assert not open_causes() and order.wake_at is None and not order.is_backordered
    assert "nothing of it has shipped" in told(order)
    hub.stock(MUG=10)
    assert hub.far_orders() == []


def test_what_was_not_sent_is_withdrawn_without_a_call_and_its_stock_serves_the_next(hub: Hub) -> None:
    hub.stock(MUG=5)
    hub.far.control.post("/faults", {"script": [{"operation": "create_order", "do": "status", "status": 429}]})
    order, waiting = hub.order("SO-1", MUG=5), hub.order("SO-2", MUG=5)
    hub.work()
    (shipment,) = hub.shipments(order)
    assert (shipment.dispatch, hub.far_orders()) == ("ready", [])
    calls = Exchange.objects.count()
    ask(order)
    assert status(order) == "cancelled" and Exchange.objects.count() == calls
    hub.work()
    (follower,) = hub.shipments(waiting)
    assert follower.dispatch in ("ready", "confirmed") and available(hub, "MUG") == 0


def test_the_warehouse_agrees_and_only_then_it_reads_cancelled(hub: Hub) -> None:
    hub.stock(MUG=5)
    allow(hub, "AWAITING_PICK_AND_PACK")
    order = hub.order("SO-1", MUG=5)
    hub.work()
    assert "not cancelled before it agrees" in ask(order).sentence
    assert (status(order), wish(order).state, lines(order)) == ("fulfilling", "asked", [(5, 0, 0)])
    hub.work()
    assert (status(order), wish(order).state, lines(order)) == ("cancelled", "accepted", [(5, 0, 5)])
    assert hub.far_orders() == [] and available(hub, "MUG") >= 0
    assert "agreed" in told(order)
    hub.receive()
    hub.receive_inventory()
    assert available(hub, "MUG") == 5 and not open_causes()


def test_the_warehouse_refuses_and_the_order_goes_on(hub: Hub) -> None:
    hub.stock(MUG=5)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    ask(order)
    hub.work()
    assert (status(order), wish(order).state) == ("fulfilling", "refused")
    assert open_causes() == {"cancel_refused"} and "cannot be deleted" in wish(order).reason
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()
    assert (status(order), lines(order)) == ("shipped", [(3, 3, 0)])


def test_refused_once_it_may_be_asked_again(hub: Hub) -> None:
    hub.stock(MUG=5)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    ask(order)
    with pytest.raises(NotNow, match="already"):
        ask(order)
    hub.work()
    allow(hub, "AWAITING_PICK_AND_PACK")
    cancel.ask_again(shipment_id=hub.shipments(order)[0].pk, actor="Mei", now=clock.now())
    hub.work()
    assert status(order) == "cancelled" and not open_causes()
    with pytest.raises(NotNow, match="nothing is left"):
        ask(order)


def test_what_is_packed_is_not_even_asked_for(hub: Hub) -> None:
    hub.stock(MUG=5)
    allow(hub, "PACKED", "AWAITING_PICK_AND_PACK")
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (there,) = hub.far_orders()
    hub.far.control.post(f"/orders/{there['id']}/dispatch")
    ask(order)
    hub.work()
    assert wish(order).state == "refused" and "DISPATCHED" in wish(order).reason
    assert not Exchange.objects.filter(kind="cancel_shipment").exists()
    hub.receive()
    assert status(order) == "shipped"


def test_a_lost_answer_to_the_cancel_is_settled_by_looking(hub: Hub) -> None:
    hub.stock(MUG=5)
    allow(hub, "AWAITING_PICK_AND_PACK")
    order = hub.order("SO-1", MUG=3)
    hub.work()
    hub.far.control.post("/faults", {"script": [{"operation": "delete_order", "do": "lose_answer"}]})
    ask(order)
    hub.work()
    assert (status(order), wish(order).state) == ("fulfilling", "asked"), "nobody knows yet"
    due(hub)
    assert (status(order), wish(order).state) == ("cancelled", "accepted")
    states = list(Exchange.objects.filter(kind="cancel_shipment").values_list("state", flat=True))
    assert states == ["unknown"], "it was asked once, and then looked for"


def settle_until_known(hub: Hub, order: SalesOrder) -> None:
    """Let the clock tick until it is known what became of the lost attempt."""
    deadline = time.monotonic() + 15
    while hub.shipments(order)[0].dispatch in ("sending", "settling"):
        assert time.monotonic() < deadline
        Channel.objects.update(retry_at=None)
        upkeep.tend()
        hub.work()
        time.sleep(0.1)


def due(hub: Hub) -> None:
    """The time to ask again has come, and the channel rests no more."""
    Channel.objects.update(retry_at=None)
    CancelWish.objects.filter(state="asked").update(wake_at=clock.now())
    upkeep.tend()
    hub.work()


def test_a_cancel_that_was_not_done_is_asked_again(hub: Hub) -> None:
    hub.stock(MUG=5)
    allow(hub, "AWAITING_PICK_AND_PACK")
    order = hub.order("SO-1", MUG=3)
    hub.work()
    hub.far.control.post("/faults", {"script": [{"operation": "delete_order", "do": "status", "status": 503}]})
    ask(order)
    hub.work()
    assert len(hub.far_orders()) == 1 and wish(order).state == "asked"
    due(hub)
    assert hub.far_orders() == [] and status(order) == "cancelled"


def test_a_wish_that_nobody_answers_expires_and_is_told(hub: Hub) -> None:
    hub.stock(MUG=5)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    hub.far.control.post("/faults", {"script": [{"operation": "search_orders", "do": "status", "status": 503}]})
    ask(order)
    CancelWish.objects.update(deadline=clock.now() - timedelta(seconds=1))
    hub.work()
    assert wish(order).state == "expired" and open_causes() == {"cancel_unanswered"}
    assert status(order) == "fulfilling"


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.fault("D13")
def test_a_wish_while_the_answer_is_lost_waits_until_it_is_known(hub: Hub, arrives: bool) -> None:
    hub.stock(MUG=5)
    allow(hub, "AWAITING_PICK_AND_PACK")
    fault(hub, "lose_answer" if arrives else "reset_before")
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (shipment,) = hub.shipments(order)
    assert shipment.dispatch == "settling"
    ask(order)
    hub.work()
    assert (status(order), wish(order).state) == ("fulfilling", "asked")
    settle_until_known(hub, order)
    due(hub)
    assert (status(order), wish(order).state, hub.far_orders()) == ("cancelled", "accepted", [])
    sent = Exchange.objects.filter(kind="export_shipment").count()
    assert sent == 1, "it was not sent again"
    assert Exchange.objects.filter(kind="cancel_shipment").exists() == arrives


def test_of_a_partly_shipped_order_the_rest_is_cancelled(hub: Hub) -> None:
    hub.stock(MUG=3)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (there,) = hub.far_orders()
    ask(order)
    hub.work()
    assert wish(order).state == "refused"
    hub.far.control.post(f"/orders/{there['id']}/pick", {"items": [{"code": "MUG", "quantity": 2}]})
    hub.far.control.post(f"/orders/{there['id']}/dispatch")
    hub.receive()
    assert (status(order), lines(order)) == ("shipped", [(3, 2, 1)]), "what is short is not sent again"
    assert len(hub.shipments(order)) == 1


def test_what_was_refused_and_then_deleted_by_hand_is_cancelled_by_itself(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vanish, "UNSEEN_FOR", timedelta(0))
    hub.stock(MUG=3)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    ask(order)
    hub.work()
    hub.far.control.delete(f"/orders/{hub.far_orders()[0]['id']}")
    hub.receive()
    assert (status(order), wish(order).state, lines(order)) == ("cancelled", "accepted", [(3, 0, 3)])
    assert not open_causes()


def test_a_warehouse_worked_by_hand_agrees_until_it_is_confirmed(manual_hub: Hub) -> None:
    manual_hub.variant("MUG")
    Channel.objects.update(backorder_mode="channel")
    order = manual_hub.order("SO-1", MUG=3)
    manual_hub.work()
    assert manual_hub.shipments(order)[0].status == "sent"
    ask(order)
    manual_hub.work()
    assert status(order) == "cancelled"


def test_a_shipment_that_is_being_cancelled_is_not_sent_again_by_hand(hub: Hub) -> None:
    hub.stock(MUG=5)
    hub.far.control.post("/faults", {"script": [{"operation": "create_order", "do": "status", "status": 422}]})
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (shipment,) = hub.shipments(order)
    assert shipment.dispatch == "needs_fix"
    ask(order)
    with pytest.raises(NotNow, match="being cancelled"):
        repair.send_again(shipment_id=shipment.pk, actor="Ada", now=clock.now())
    hub.work()
    assert status(order) == "cancelled" and not open_causes()


def test_cancel_after_cancels_by_itself(hub: Hub) -> None:
    hub.stock(MUG=1)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    SalesOrder.objects.update(cancel_after=clock.now() + timedelta(hours=1))
    upkeep.tend()
    assert status(order) == "approved"
    SalesOrder.objects.update(cancel_after=clock.now())
    upkeep.tend()
    assert status(order) == "cancelled" and order.cancel_asked_by == cancel.CANCEL_AFTER
    upkeep.tend()


def test_two_workers_ask_once(hub: Hub) -> None:
    hub.stock(MUG=5)
    allow(hub, "AWAITING_PICK_AND_PACK")
    order = hub.order("SO-1", MUG=3)
    hub.work()
    ask(order)
    due_now = [hub.shipments(order)[0].pk]
    connection = channels.get_connection(hub.channel_id)
    with progress.follow(connection, RunKind.CANCEL_SHIPMENTS, cause="a test") as log:
        assert len(wishes._act_here(due_now, connection, log)) == 1
        assert wishes._act_here(due_now, connection, log) == []


def test_it_is_asked_from_the_terminal(hub: Hub) -> None:
    hub.stock(MUG=1)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    done = CliRunner().invoke(app, ["cancel", "SO-1"])
    assert done.exit_code == 0 and "is cancelled" in done.output
    assert status(order) == "cancelled"
    assert CliRunner().invoke(app, ["cancel", "SO-2"]).exit_code != 0
