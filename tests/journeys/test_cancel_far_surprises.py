"""The warehouse's people do things by themselves: delete an order, replace it, or have one that was cancelled here."""

from datetime import timedelta

import pytest

from dockline.domain.exchanges.models import Link
from dockline.domain.shipments.models import CancelWish, Shipment
from dockline.flows.outbound import repair, vanish
from dockline.kit import clock
from tests.journeys.test_cancel_an_order import allow, ask, open_causes, status, told
from tests.simulator.caller import Caller, line
from tests.support.hub import Hub


@pytest.fixture(autouse=True)
def _look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vanish, "UNSEEN_FOR", timedelta(0))


@pytest.mark.fault("D07")
def test_an_order_deleted_there_is_told_and_not_sent_again_by_itself(hub: Hub) -> None:
    hub.stock(MUG=5)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    hub.far.control.delete(f"/orders/{hub.far_orders()[0]['id']}")
    hub.receive()
    (shipment,) = hub.shipments(order)
    assert (shipment.status, shipment.dispatch, status(order)) == ("ready", "held", "fulfilling")
    assert open_causes() == {"gone_there"} and hub.far_orders() == []
    repair.send_again(shipment_id=shipment.pk, actor="Mei", now=clock.now())
    hub.work()
    assert len(hub.far_orders()) == 1 and not open_causes()


@pytest.mark.fault("D06")
def test_an_order_replaced_under_another_id_stays_ours(hub: Hub) -> None:
    hub.stock(MUG=9)
    allow(hub, "AWAITING_PICK_AND_PACK")
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (shipment,) = hub.shipments(order)
    with Caller(hub.far) as typist:
        typist.create(shipment.reference, line("MUG", 3))
    (there,) = hub.far_orders()
    hub.receive()
    assert Link.objects.get(kind="shipment", subject_id=shipment.pk).external_id == there["id"]
    assert "replaced its order" in told(order) and "duplicate" not in open_causes()


def test_what_was_cancelled_here_and_lives_there_is_told_and_asked_for_again(hub: Hub) -> None:
    hub.stock(MUG=9)
    allow(hub, "AWAITING_PICK_AND_PACK")
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (shipment,) = hub.shipments(order)
    ask(order)
    hub.work()
    with Caller(hub.far) as typist:
        typist.create(shipment.reference, line("MUG", 3))
    hub.receive()
    assert hub.far_orders() == [] and status(order) == "cancelled"
    assert "was cancelled here, but" in told(order)
    assert CancelWish.objects.filter(state="accepted").count() == 2
    assert Shipment.objects.get().status == "cancelled"
