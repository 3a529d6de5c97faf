"""A database that was set back sends nothing until it was compared and a person lets it go on; then nothing twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from dockline.connectors.contract.errors import NotReached
from dockline.domain.exchanges.models import Exchange, Link, Position
from dockline.domain.guard.models import Sender, Stop
from dockline.domain.history.models import Event
from dockline.domain.inventory.models import Reservation
from dockline.domain.issues.models import Issue
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments.models import CancelWish, Shipment, ShipmentLine
from dockline.domain.sweeps.models import Finding, Sweep
from dockline.flows import sync, upkeep
from dockline.flows.outbound import cancel, lift, repair, sweep
from dockline.gateway import runtime
from dockline.kit import clock
from dockline.kit.errors import NotNow
from tests.flows.test_lost_answers import work_until_settled
from tests.support.hub import Hub


def send(hub: Hub, number: str, *, sku: str = "MUG") -> SalesOrder:
    """Send an order that is accepted."""
    order = hub.order(number, **{sku: 2})
    hub.work()
    assert hub.shipments(order)[0].dispatch == "confirmed"
    return order


def forget_sending(order: SalesOrder) -> None:
    """Leave the books as a backup does that was taken just before the order was sent."""
    ids = list(Shipment.objects.filter(order=order).values_list("id", flat=True))
    Exchange.objects.filter(subject_kind="shipment", subject_id__in=ids).delete()
    Link.objects.filter(kind="shipment", subject_id__in=ids).delete()
    Shipment.objects.filter(id__in=ids).update(
        dispatch="ready", status="ready", attempts=0, confirmed_at=None, seen_there_at=None, wake_at=clock.now()
    )
    Reservation.objects.filter(shipment_line__shipment_id__in=ids).update(known_there_at=None)
    Sender.objects.update(sent=F("sent") - 1)


def forget_order(order: SalesOrder) -> None:
    """Leave the books as a backup does that was taken before the order came in."""
    forget_sending(order)
    Reservation.objects.filter(shipment_line__shipment__order=order).delete()
    ShipmentLine.objects.filter(shipment__order=order).delete()
    Shipment.objects.filter(order=order).delete()
    SalesOrderLine.objects.filter(order=order).delete()
    order.delete()


def tick(hub: Hub) -> None:
    upkeep.tend()
    hub.work()


def creates(hub: Hub) -> int:
    requests: dict[str, Any] = hub.far.control.get("/requests")
    return sum(requests.get("POST /outbound-orders", {}).values())


def lift_now(hub: Hub) -> None:
    lift.lift_stop(actor="Mei", now=clock.now())
    hub.work()


@pytest.mark.fault("P02", "P03")
def test_a_database_set_back_sends_nothing_and_says_so(hub: Hub) -> None:
    hub.stock(MUG=20)
    order = send(hub, "SO-1")
    before = creates(hub)
    forget_sending(order)
    hub.order("SO-2", MUG=1)
    hub.order("SO-3", CUP=1)
    products = len(hub.far.control.get("/stock?code=CUP"))
    tick(hub)
    tick(hub)

    assert Stop.objects.get(lifted_at=None).cause == "forgotten"
    assert creates(hub) == before
    assert len(hub.far.control.get("/stock?code=CUP")) == products
    assert len(hub.far_orders()) == 1
    assert Issue.objects.get(cause="sending_stopped", resolved_at=None).account_id == hub.account_id
    hub.receive()
    with pytest.raises(NotReached):
        runtime.converse(hub.channel_id).connector.cancel_shipment(hub.far_orders()[0]["id"])


@pytest.mark.fault("P03")
def test_what_was_forgotten_is_found_there_and_not_sent_again(hub: Hub) -> None:
    hub.stock(MUG=20)
    order = send(hub, "SO-1")
    forget_sending(order)
    upkeep.tend()
    with pytest.raises(NotNow, match="Not compared"):
        lift.lift_stop(actor="Mei", now=clock.now())
    hub.work()

    found = Finding.objects.get(resolved_at=None)
    (there,) = hub.far_orders()
    assert (found.kind, found.reference, found.shipment.order_id) == ("missing_here", there["reference"], order.pk)
    later = hub.order("SO-2", MUG=1)
    lift_now(hub)
    assert work_until_settled(hub, order).dispatch == "confirmed"
    assert work_until_settled(hub, later).dispatch == "confirmed"
    assert len(hub.far_orders()) == 2
    assert not Issue.objects.filter(resolved_at=None)
    told = Event.objects.get(kind="sending.lifted")
    assert (told.actor, "looked for" in told.sentence) == ("Mei", True)
    sweep.sweep_channel(hub.channel_id, cause="schedule")
    assert not Finding.objects.filter(resolved_at=None)
    with pytest.raises(NotNow, match="not stopped"):
        lift.lift_stop(actor="Mei", now=clock.now())


@pytest.mark.parametrize("comes_in", ["while sending is stopped", "after it goes on"])
def test_an_order_that_was_forgotten_whole_is_recognised_by_its_number(hub: Hub, comes_in: str) -> None:
    hub.stock(MUG=20)
    forget_order(send(hub, "SO-1"))
    hub.far.control.post("/crew/step", {"stage": "all"})
    tick(hub)
    hub.receive()
    # So much is read again each time, and this is longer ago.
    Position.objects.filter(feed="shipments").update(value=(clock.now() + timedelta(hours=6)).isoformat())
    assert Finding.objects.get(resolved_at=None).shipment is None
    if comes_in == "while sending is stopped":
        again = hub.order("SO-1", MUG=2)
        hub.work()
        lift_now(hub)
    else:
        lift_now(hub)
        again = hub.order("SO-1", MUG=2)
        hub.work()
    shipment = work_until_settled(hub, again)
    (there,) = hub.far_orders()
    assert (shipment.dispatch, shipment.reference) == ("confirmed", there["reference"])
    assert not Finding.objects.filter(resolved_at=None)
    hub.receive()
    shipment.refresh_from_db()
    assert shipment.status == "shipped", "what left meanwhile is booked"


def test_new_shipments_never_take_an_id_that_was_forgotten(hub: Hub) -> None:
    hub.stock(MUG=20)
    order = send(hub, "SO-1")
    (former,) = hub.shipments(order)
    forget_sending(order)
    tick(hub)
    Sweep.objects.update(highest_id=former.pk + 500)
    lift_now(hub)
    later = hub.order("SO-2", MUG=1)
    hub.work()
    assert hub.shipments(later)[0].pk > former.pk + 500


def test_a_cancel_waits_until_it_is_known_what_was_sent(hub: Hub) -> None:
    hub.far.control.set(overridable_statuses=["REJECTED", "AWAITING_PICK_AND_PACK"])
    hub.stock(MUG=20)
    order = send(hub, "SO-1")
    forget_sending(order)
    tick(hub)
    assert cancel.ask_to_cancel(order_id=order.pk, actor="Mei", now=clock.now()).waits_for == 1
    tick(hub)
    assert (CancelWish.objects.get().state, len(hub.far_orders())) == ("asked", 1)
    lift_now(hub)
    work_until_settled(hub, order)
    CancelWish.objects.update(wake_at=clock.now())
    tick(hub)
    assert CancelWish.objects.get().state == "accepted"
    assert hub.far_orders() == []


def test_sending_a_refused_one_again_after_a_stop_looks_first(hub: Hub) -> None:
    hub.stock(MUG=20)
    order = send(hub, "SO-1")
    hub.far.control.post(f"/orders/{hub.far_orders()[0]['id']}/reject", {"reason": "Customer on stop"})
    hub.receive()
    Sender.objects.update(sent=F("sent") - 1)
    tick(hub)
    lift_now(hub)
    (shipment,) = hub.shipments(order)
    repair.send_again(shipment_id=shipment.pk, actor="Mei", now=clock.now())
    assert hub.shipments(order)[0].dispatch == "settling"


def test_an_ordinary_restart_and_a_lost_file_write_stop_nothing(hub: Hub) -> None:
    hub.stock(MUG=20)
    send(hub, "SO-1")
    # As after a kill between the commit and the file: the books know more than the file.
    Sender.objects.update(sent=F("sent") + 3)
    upkeep.tend()
    send(hub, "SO-2")
    assert not Stop.objects.exists()


def test_a_sweep_names_what_is_not_the_same_on_either_side(hub: Hub) -> None:
    hub.stock(MUG=50)
    gone, kept = send(hub, "SO-1"), send(hub, "SO-2")
    far_id = Link.objects.get(kind="shipment", subject_id=hub.shipments(gone)[0].pk).external_id
    hub.far.control.post("/faults", {"script": []})
    hub.far.control.delete(f"/orders/{far_id}")
    upkeep.tend()
    run = sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.SWEEP, actor="Mei", now=clock.now())
    hub.work()
    found = Finding.objects.get(resolved_at=None)
    assert (found.kind, found.shipment.order_id) == ("missing_there", gone.pk)
    assert hub.shipments(gone)[0].dispatch == "held"
    assert hub.shipments(kept)[0].dispatch == "confirmed"
    assert Sweep.objects.latest("id").finished_at is not None
    assert run


def test_a_sweep_that_cannot_read_everything_counts_as_not_done(hub: Hub) -> None:
    hub.stock(MUG=50)
    order = send(hub, "SO-1")
    forget_sending(order)
    hub.far.control.post(
        "/faults", {"script": [{"operation": "search_orders", "do": "status", "status": 500, "times": 9}]}
    )
    tick(hub)
    assert not Sweep.objects.filter(finished_at__isnull=False)
    with pytest.raises(NotNow, match="Not compared"):
        lift.lift_stop(actor="Mei", now=clock.now())
