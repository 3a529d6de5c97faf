"""Errands with purchase orders: announced exactly once, received as they come, closed, cancelled, put right."""

import time
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from dockline.connectors.cartoncloud.connector import CartonCloud
from dockline.domain.accounts.models import User
from dockline.domain.channels.models import Channel
from dockline.domain.exchanges.models import Exchange, Link, Position
from dockline.domain.guard.models import Sender
from dockline.domain.issues.models import Issue
from dockline.domain.purchases.models import PurchaseOrder, PurchaseOrderLine, Receipt
from dockline.domain.runs.models import Run
from dockline.domain.runs.rules import RunKind
from dockline.domain.sweeps.models import Finding, Sweep
from dockline.domain.sweeps.queries import list_unknown_references
from dockline.flows import connection, sync, upkeep
from dockline.flows.inbound import vanish
from dockline.flows.outbound import lift
from dockline.interfaces.cli.purchases import purchase_app
from dockline.kit import clock
from tests.simulator.caller import Caller
from tests.support.hub import Hub

ACCOUNT = "Bluegum Pantry"


def command(name: str, number: str, *more: str) -> str:
    """Say it on the terminal and return what it answers, refusals included."""
    return CliRunner().invoke(purchase_app, [name, number, "--account", ACCOUNT, *more]).output


def order_goods(hub: Hub, number: str = "PO-1", *more: str, **quantities: int) -> PurchaseOrder:
    for sku in quantities:
        hub.variant(sku)
    lines = [part for sku, quantity in quantities.items() for part in ("--line", f"{sku}={quantity}")]
    answered = command("add", number, "--warehouse", "Brisbane", *lines, *more)
    assert f"Purchase order {number} entered." in answered, answered
    return PurchaseOrder.objects.get(number=number)


def work(hub: Hub, order: PurchaseOrder, *, within_seconds: float = 15) -> PurchaseOrder:
    """Let the clock tick until nothing of the order is under way."""
    deadline = time.monotonic() + within_seconds
    while True:
        Channel.objects.update(retry_at=None)
        upkeep.tend()
        hub.work()
        order.refresh_from_db()
        if order.dispatch not in ("ready", "sending", "settling") and order.wish != "asked":
            return order
        if order.status in ("draft", "cancelled"):
            return order
        assert time.monotonic() < deadline, f"still {order.dispatch}: {order.reason}"
        time.sleep(0.1)


def far_orders(hub: Hub) -> list[dict[str, Any]]:
    assert hub.far is not None
    found: list[dict[str, Any]] = hub.far.control.list_lines("/inbound-orders")
    return found


def there(hub: Hub, order_id: str, act: str, body: dict[str, Any] | None = None) -> None:
    assert hub.far is not None
    hub.far.control.post(f"/inbound-orders/{order_id}/{act}", body or {})


def fault(hub: Hub, operation: str, do: str, **more: object) -> None:
    assert hub.far is not None
    hub.far.control.post("/faults", {"script": [{"operation": operation, "do": do, **more}]})


def let_go(hub: Hub) -> None:
    assert hub.far is not None
    hub.far.control.set(inbound_overridable_statuses=["REJECTED", "DRAFT", "NOT_YET_RECEIVED"])


def receive(hub: Hub) -> None:
    sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.RECEIVE_RECEIPTS, actor="Ada", now=clock.now())
    hub.work()


def received(order: PurchaseOrder) -> dict[str, int]:
    rows = PurchaseOrderLine.objects.filter(order=order).values_list("sku", "received_quantity")
    return {sku: int(quantity) for sku, quantity in rows}


def press(issue: Issue, button: str) -> None:
    client = Client()
    client.force_login(User.objects.get_or_create(username="Ada")[0])
    assert client.post(reverse("issue-repair", args=[issue.pk, button])).status_code == 302


@pytest.mark.fault("P03")
def test_a_purchase_order_whose_sending_was_forgotten_is_looked_for_first(hub: Hub) -> None:
    order = work(hub, order_goods(hub, MUG=10))
    later = order_goods(hub, "PO-2", MUG=1)
    # The books as a backup leaves them that was taken just before the first was sent.
    Exchange.objects.filter(subject_kind="purchase").delete()
    Link.objects.filter(kind="purchase").delete()
    PurchaseOrder.objects.update(dispatch="ready", attempts=0, confirmed_at=None, wake_at=clock.now())
    Sender.objects.update(sent=F("sent") - 1)
    upkeep.tend()
    hub.work()
    assert len(far_orders(hub)) == 1, "nothing is sent"
    assert "is not known before sending goes on" in command("cancel", "PO-1")

    lift.lift_stop(actor="Mei", now=clock.now())
    assert [work(hub, one).dispatch for one in (order, later)] == ["confirmed", "confirmed"]
    assert sorted(one["reference"] for one in far_orders(hub)) == sorted([order.reference, later.reference])


@pytest.mark.fault("P03")
@pytest.mark.parametrize("comes_in", ["while sending is stopped", "after it goes on"])
def test_a_purchase_order_that_was_forgotten_whole_is_recognised_by_its_number(hub: Hub, comes_in: str) -> None:
    forgotten = work(hub, order_goods(hub, MUG=10))
    (sent,) = far_orders(hub)
    there(hub, sent["id"], "receive")
    there(hub, sent["id"], "verify")
    # The books as a backup leaves them that was taken before it was entered.
    Exchange.objects.filter(subject_kind="purchase").delete()
    Link.objects.filter(kind="purchase").delete()
    Receipt.objects.filter(order=forgotten).delete()
    forgotten.delete()
    Sender.objects.update(sent=F("sent") - 1)
    upkeep.tend()
    hub.work()
    receive(hub)
    assert Finding.objects.get(resolved_at=None).reference == sent["reference"]
    # So much is read again each time, and this is longer ago.
    Position.objects.filter(feed="receipts").update(value=(clock.now() + timedelta(hours=6)).isoformat())
    if comes_in == "while sending is stopped":
        again = order_goods(hub, MUG=10)
        hub.work()
        lift.lift_stop(actor="Mei", now=clock.now())
    else:
        lift.lift_stop(actor="Mei", now=clock.now())
        again = order_goods(hub, MUG=10)

    assert (work(hub, again).dispatch, again.reference) == ("confirmed", sent["reference"])
    assert [one["id"] for one in far_orders(hub)] == [sent["id"]], "it is announced once"
    assert not Finding.objects.filter(resolved_at=None)
    receive(hub)
    again.refresh_from_db()
    assert (again.status, received(again)) == ("received", {"MUG": 10}), "what arrived meanwhile is booked"


def test_an_answer_that_names_another_purchase_order_of_ours_is_looked_for(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = work(hub, order_goods(hub, MUG=10))
    (sent,) = far_orders(hub)
    asked, found = CartonCloud.export_purchase, CartonCloud.find_purchases
    monkeypatch.setattr(
        CartonCloud,
        "export_purchase",
        lambda connector, message: msgspec.structs.replace(asked(connector, message), external_id=sent["id"]),
    )
    second = work(hub, order_goods(hub, "PO-2", MUG=1))
    assert second.dispatch == "confirmed" and len(far_orders(hub)) == 2
    links = dict(Link.objects.filter(kind="purchase").values_list("subject_id", "external_id"))
    assert {order.pk: links[order.pk] == sent["id"] for order in (first, second)} == {first.pk: True, second.pk: False}

    monkeypatch.setattr(
        CartonCloud,
        "find_purchases",
        lambda connector, references: {
            reference: tuple(msgspec.structs.replace(notice, external_id=sent["id"]) for notice in notices)
            for reference, notices in found(connector, references).items()
        },
    )
    third = work(hub, order_goods(hub, "PO-3", MUG=2))
    assert third.dispatch == "held" and sent["id"] in third.reason, "what is found is another's, and a person decides"


def test_a_purchase_order_arrives_in_two_deliveries(hub: Hub) -> None:
    order = work(hub, order_goods(hub, MUG=10, CUP=4))
    (sent,) = far_orders(hub)
    assert (order.status, order.dispatch, sent["reference"]) == ("approved", "confirmed", order.reference)
    assert order.reference.startswith("PO-1-")

    there(hub, sent["id"], "receive")
    there(hub, sent["id"], "split", {"items": [{"code": "MUG", "quantity": 10}]})
    receive(hub)
    order.refresh_from_db()
    assert (order.status, received(order)) == ("receiving", {"MUG": 10, "CUP": 0})
    assert not Issue.objects.filter(cause="received_less", resolved_at=None).exists(), "the rest is on its way"

    (rest,) = [one for one in far_orders(hub) if one["id"] != sent["id"]]
    there(hub, rest["id"], "verify")
    receive(hub)
    order.refresh_from_db()
    assert (order.status, received(order)) == ("received", {"MUG": 10, "CUP": 4})


@pytest.mark.parametrize(
    ("do", "more", "sends"),
    [
        ("lose_answer", {}, 1),
        ("reset_before", {}, 2),
        ("apply_late", {"delay_seconds": 0.5}, 1),
        ("status", {"status": 500}, 2),
        ("status", {"status": 429}, 2),
    ],
)
def test_one_purchase_order_is_there_whatever_happens_to_the_call(
    hub: Hub, do: str, more: dict[str, object], sends: int
) -> None:
    hub.variant("MUG")
    fault(hub, "create_inbound_order", do, **more)
    order = work(hub, order_goods(hub, MUG=10))
    assert order.dispatch == "confirmed"
    assert [one["reference"] for one in far_orders(hub)] == [order.reference]
    sent = Exchange.objects.filter(subject_kind="purchase", kind="export_purchase").order_by("id")
    assert sent.count() == sends
    assert len({one.message_digest for one in sent}) == 1, "the same is said again, to the letter"


def test_damage_surplus_and_what_nobody_ordered_are_told(hub: Hub) -> None:
    hub.stock(JUG=1)
    order = work(hub, order_goods(hub, MUG=10, CUP=4))
    (sent,) = far_orders(hub)
    counted = [{"code": "MUG", "quantity": 9, "damaged": 3}, {"code": "CUP", "quantity": 3, "missing": 1}]
    there(hub, sent["id"], "verify", {"items": counted, "unexpected": [{"code": "JUG", "quantity": 2}]})
    receive(hub)
    order.refresh_from_db()
    assert (order.status, received(order)) == ("receiving", {"MUG": 10, "CUP": 3})
    title = Issue.objects.get(cause="received_more").title
    assert "JUG 2 (not ordered), MUG 2" in title
    less = Issue.objects.get(cause="received_less", resolved_at=None)
    assert "CUP 1" in less.title

    press(less, "close-short")
    order.refresh_from_db()
    assert (order.status, order.is_closed_short) == ("received", True)
    assert "is Received" in command("close-short", "PO-1")


def test_a_draft_is_sent_only_when_it_is_approved(hub: Hub) -> None:
    order = work(hub, order_goods(hub, "PO-1", "--draft", MUG=10))
    assert (order.status, far_orders(hub)) == ("draft", [])
    assert "is approved" in command("approve", "PO-1")
    assert work(hub, order).dispatch == "confirmed"
    assert len(far_orders(hub)) == 1


def test_what_was_deleted_there_is_told_or_cancelled_where_somebody_wished_it(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vanish, "UNSEEN_FOR", timedelta(0))
    order, wished = order_goods(hub, MUG=10), order_goods(hub, "PO-2", MUG=5)
    work(hub, order)
    command("cancel", "PO-2")
    work(hub, wished)
    assert wished.wish == "refused"
    receive(hub)
    order.refresh_from_db()
    assert order.dispatch == "confirmed" and order.seen_there_at is not None
    let_go(hub)
    with Caller(hub.far) as clerk:
        for one in far_orders(hub):
            assert clerk.delete(f"/inbound-orders/{one['id']}").status_code == 204
    receive(hub)
    work(hub, wished)
    order.refresh_from_db()
    assert (order.status, order.dispatch, wished.status) == ("approved", "held", "cancelled")
    (issue,) = Issue.objects.filter(resolved_at=None, subject_kind="purchase")
    assert issue.cause == "gone_there" and far_orders(hub) == [], "nothing is sent again by itself"
    press(issue, "send-again")
    work(hub, order)
    assert [one["reference"] for one in far_orders(hub)] == [order.reference] and order.generation == 2


def test_a_cancel_is_refused_until_the_warehouse_lets_go(hub: Hub) -> None:
    order = work(hub, order_goods(hub, MUG=10))
    assert "the warehouse is asked" in command("cancel", "PO-1")
    order.refresh_from_db()
    assert order.status == "approved", "never shown as cancelled before the warehouse agrees"
    work(hub, order)
    assert (order.status, len(far_orders(hub))) == ("approved", 1)
    assert "cannot be deleted" in Issue.objects.get(cause="not_let_go", resolved_at=None).title

    let_go(hub)
    command("cancel", "PO-1")
    work(hub, order)
    assert (order.status, far_orders(hub)) == ("cancelled", [])
    assert not Issue.objects.filter(subject_kind="purchase", resolved_at=None).exists()


def test_a_lost_answer_to_a_cancel_is_asked_again(hub: Hub) -> None:
    order = work(hub, order_goods(hub, MUG=10))
    let_go(hub)
    fault(hub, "delete_inbound_order", "lose_answer")
    command("cancel", "PO-1")
    work(hub, order)
    states = Exchange.objects.filter(kind="cancel_purchase").order_by("id").values_list("state", flat=True)
    assert (order.status, list(states)) == ("cancelled", ["unknown", "done"])


def test_what_was_never_there_is_not_sent_once_it_is_to_be_cancelled(hub: Hub) -> None:
    hub.variant("MUG")
    fault(hub, "create_inbound_order", "reset_before")
    order = order_goods(hub, MUG=10)
    hub.work()
    order.refresh_from_db()
    assert order.dispatch == "settling"
    assert "is asked to let go" in " ".join(command("cancel", "PO-1").split())
    assert "already" in command("cancel", "PO-1")
    work(hub, order)
    assert (order.status, order.wish, far_orders(hub)) == ("cancelled", "accepted", [])
    assert Exchange.objects.filter(kind="export_purchase").count() == 1, "never sent again"


def test_a_warehouse_that_does_not_answer_a_wish_is_told_to_a_person(hub: Hub) -> None:
    order = work(hub, order_goods(hub, MUG=10))
    fault(hub, "delete_inbound_order", "status", status=503)
    command("cancel", "PO-1")
    PurchaseOrder.objects.update(wish_deadline=clock.now())
    work(hub, order)
    assert (order.status, order.wish) == ("approved", "expired")
    assert Issue.objects.filter(subject_kind="purchase", cause="cancel_unanswered", resolved_at=None).exists()


def test_it_is_too_late_to_cancel_what_has_arrived(hub: Hub) -> None:
    order = work(hub, order_goods(hub, MUG=10))
    (sent,) = far_orders(hub)
    there(hub, sent["id"], "verify", {"items": [{"code": "MUG", "quantity": 6}]})
    receive(hub)
    assert "closed short" in " ".join(command("cancel", "PO-1").split())
    order.refresh_from_db()
    assert order.status == "receiving"


def test_what_is_rejected_there_is_sent_again_under_a_new_reference(hub: Hub) -> None:
    order = work(hub, order_goods(hub, MUG=10))
    (sent,) = far_orders(hub)
    there(hub, sent["id"], "reject", {"reason": "No room"})
    receive(hub)
    order.refresh_from_db()
    assert (order.dispatch, order.reason) == ("needs_fix", "No room")
    press(Issue.objects.get(cause="rejected_there", resolved_at=None), "send-again")
    work(hub, order)
    assert order.dispatch == "confirmed" and order.reference.endswith("-G2")
    live = [one["reference"] for one in far_orders(hub) if one["status"] != "REJECTED"]
    assert live == [order.reference]


def test_other_content_under_a_number_is_refused_and_the_same_is_the_same(hub: Hub) -> None:
    order_goods(hub, MUG=10)
    assert "is there already" in command("add", "PO-1", "--warehouse", "Brisbane", "--line", "MUG=10")
    assert "of other content" in " ".join(command("add", "PO-1", "--warehouse", "Brisbane", "--line", "MUG=11").split())
    assert PurchaseOrder.objects.count() == 1
    work(hub, PurchaseOrder.objects.get())


def test_a_channel_pointed_elsewhere_asks_before_anything_goes_there(hub: Hub) -> None:
    order = work(hub, order_goods(hub, MUG=10))
    let_go(hub)
    command("cancel", "PO-1")
    connection.change_values(hub.channel_id, values={"warehouse_name": "Elsewhere"}, actor="Ada", now=clock.now())
    order.refresh_from_db()
    assert (order.dispatch, order.status, order.wish) == ("held", "approved", "refused")
    hub.work()
    assert len(far_orders(hub)) == 1, "nothing is deleted over there for what the former account was told"
    assert "not known" in " ".join(command("cancel", "PO-1").split())
    assert Issue.objects.filter(subject_kind="purchase", cause="held", resolved_at=None).exists()


def sweep(hub: Hub) -> Sweep:
    sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.SWEEP, actor="Ada", now=clock.now())
    hub.work()
    return Sweep.objects.latest("id")


def test_a_sweep_compares_purchase_orders_both_ways(hub: Hub) -> None:
    entered = [order_goods(hub, f"PO-{number}", MUG=10) for number in range(1, 6)]
    gone, edited, forgotten, doubled, same = (work(hub, one) for one in entered)
    addresses = {one["reference"]: f"/inbound-orders/{one['id']}" for one in far_orders(hub)}
    hub.far.control.delete(addresses[gone.reference])
    hub.far.control.patch(addresses[edited.reference], {"items": [{"code": "MUG", "quantity": 7}]})
    Link.objects.filter(kind="purchase", subject_id=doubled.pk).update(external_id="another-one")
    reference = forgotten.reference
    Receipt.objects.filter(order=forgotten).delete()
    forgotten.delete()

    swept = sweep(hub)
    assert swept.finished_at is not None and (swept.purchases_there, swept.foreign_purchases) == (4, 0)
    found = {one.reference: one for one in Finding.objects.filter(resolved_at=None)}
    assert {name: (one.kind, one.purchase_id) for name, one in found.items()} == {
        gone.reference: ("missing_there", gone.pk),
        edited.reference: ("different", edited.pk),
        reference: ("missing_here", None),
        doubled.reference: ("double", doubled.pk),
    }
    assert all(one.is_purchase for one in found.values()) and same.reference not in found
    assert "MUG" in found[edited.reference].sentence
    assert list_unknown_references(hub.channel_id) == {}, "no shipment takes the reference of a purchase order"

    client = Client()
    client.force_login(User.objects.get_or_create(username="Ada")[0])
    page = client.get(reverse("sweeps")).text
    assert all(reverse("purchase", args=[one.pk]) in page for one in (gone, edited, doubled)) and reference in page
    client.post(reverse("finding-repair", args=[found[gone.reference].pk, "send-again"]))
    hub.far.control.patch(addresses[edited.reference], {"items": [{"code": "MUG", "quantity": 10}]})
    assert work(hub, gone).dispatch == "confirmed" and gone.generation == 2
    sweep(hub)
    left = set(Finding.objects.filter(resolved_at=None).values_list("reference", flat=True))
    assert left == {reference, doubled.reference}


def test_a_sweep_that_cannot_read_the_purchase_orders_counts_as_not_done(hub: Hub) -> None:
    work(hub, order_goods(hub, MUG=10))
    fault(hub, "search_inbound_orders", "status", status=503, times=9)
    assert sweep(hub).finished_at is None
    (said,) = Run.objects.filter(kind=RunKind.SWEEP).order_by("-id")[:1]
    assert said.state == "failed"
