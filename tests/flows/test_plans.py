"""A plan says what would be done and changes nothing; doing it means exactly that or nothing."""

from collections.abc import Callable

import pytest
from django.db import connection as database

from dockline.domain.channels.models import Schedule
from dockline.domain.inventory.models import Level
from dockline.domain.runs import operations as runs
from dockline.domain.runs.models import PlanRow, Run
from dockline.domain.runs.rules import RunKind, RunMode
from dockline.domain.shipments.models import Shipment
from dockline.flows import sync, upkeep
from dockline.kit import clock
from dockline.kit.errors import NotNow
from tests.support.hub import Hub


def plan(hub: Hub, kind: RunKind) -> Run:
    run_id = sync.ask_sync(channel_id=hub.channel_id, kind=kind, actor="Ada", now=clock.now(), mode=RunMode.PLAN)
    hub.work()
    return Run.objects.get(pk=run_id)


def apply(hub: Hub, made: Run) -> Run:
    run_id = sync.apply_plan(run_id=made.pk, actor="Ada", now=clock.now())
    hub.work()
    return Run.objects.get(pk=run_id)


def rows(run: Run) -> list[tuple[str, str, str, str]]:
    return list(PlanRow.objects.filter(run=run).order_by("id").values_list("action", "subject", "before", "after"))


def books() -> list[tuple[object, ...]]:
    """Everything a sync might change, as it stands."""
    with database.cursor() as cursor:
        cursor.execute(
            """
            SELECT 'level', variant_id::text, on_hand::text || free::text FROM inventory_level
            UNION ALL SELECT 'shipment', id::text, status || dispatch FROM shipments_shipment
            UNION ALL SELECT 'exchange', id::text, state FROM exchanges_exchange
            UNION ALL SELECT 'position', feed, value FROM exchanges_position
            UNION ALL SELECT 'link', id::text, external_id || version::text FROM exchanges_link
            UNION ALL SELECT 'event', id::text, sentence FROM history_event
            UNION ALL SELECT 'staged', id::text, sku FROM inventory_reportedrow
            ORDER BY 1, 2
            """
        )
        return list(cursor.fetchall())


def test_stock_is_planned_then_taken_in_as_planned(hub: Hub) -> None:
    hub.stock(MUG=10, CUP=4, PLATE=2)
    hub.variant("BOWL")
    assert hub.far is not None
    hub.far.control.add_product(hub.far.customer_id, "BOWL")
    hub.far.control.add_stock(hub.far.customer_id, "BOWL", 7)
    hub.far.control.add_stock(hub.far.customer_id, "MUG", 5)
    before = books()

    made = plan(hub, RunKind.RECEIVE_INVENTORY)

    assert made.state == "finished" and made.summary == "2 planned, nothing changed."
    assert rows(made) == [
        ("create", "BOWL", "", "7 on hand, 7 free"),
        ("change", "MUG", "10 on hand, 10 free", "15 on hand, 15 free"),
    ]
    assert books() == before

    done = apply(hub, made)
    assert (done.state, done.changed, done.follows_id) == ("finished", 2, made.pk)
    assert {level.variant.sku: level.on_hand for level in Level.objects.select_related("variant")} == {
        "MUG": 15,
        "CUP": 4,
        "PLATE": 2,
        "BOWL": 7,
    }


def test_a_plan_that_is_no_longer_true_changes_nothing(hub: Hub) -> None:
    hub.stock(MUG=10)
    assert hub.far is not None
    hub.far.control.add_stock(hub.far.customer_id, "MUG", 5)
    made = plan(hub, RunKind.RECEIVE_INVENTORY)
    hub.far.control.add_stock(hub.far.customer_id, "MUG", 1)
    before = books()

    done = apply(hub, made)

    assert done.state == "failed"
    assert done.summary.startswith("Something has changed since the plan was made")
    assert books() == before


def test_shipments_are_planned_then_booked_as_planned(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    assert hub.far is not None
    hub.far.control.post("/crew/step", {"stage": "all"})
    before = books()

    made = plan(hub, RunKind.RECEIVE_SHIPMENTS)

    (shipment,) = hub.shipments(order)
    (row,) = rows(made)
    assert row[:3] == ("change", shipment.reference, "Sent to Warehouse")
    assert row[3].startswith("Shipped; ") and row[3].endswith(": MUG 3")
    assert books() == before

    assert apply(hub, made).state == "finished"
    assert hub.shipments(order)[0].status == "shipped"


def test_sending_is_planned_and_only_the_planned_is_sent(hub: Hub, rest: Callable[[bool], None]) -> None:
    hub.stock(MUG=10)
    hub.order("SO-1", MUG=1)
    hub.work()
    rest(True)
    hub.order("SO-2", MUG=1)
    hub.work()
    rest(False)
    assert len(hub.far_orders()) == 1

    made = plan_quietly(hub)
    assert [row[0] for row in rows(made)] == ["send"] and "order SO-2, 1 lines" in rows(made)[0][3]
    assert len(hub.far_orders()) == 1, "a plan sends nothing"

    assert apply(hub, made).state == "finished"
    assert len(hub.far_orders()) == 2


def plan_quietly(hub: Hub) -> Run:
    """Plan what waits before the order flow sends it by itself."""
    from dockline.flows.outbound import export
    from dockline.kit.queue import port

    run_id = sync.ask_sync(
        channel_id=hub.channel_id, kind=RunKind.EXPORT_SHIPMENTS, actor="Ada", now=clock.now(), mode=RunMode.PLAN
    )
    with database.cursor() as cursor:
        cursor.execute("DELETE FROM queue_wakeup")
    export.export_due(hub.channel_id)
    assert port.drain() == 0
    return Run.objects.get(pk=run_id)


@pytest.fixture
def rest(hub: Hub) -> Callable[[bool], None]:
    """Have the channel rest as after a failure, or go on."""
    from datetime import timedelta

    from dockline.domain.channels.models import Channel

    def set_rest(is_resting: bool) -> None:
        until = clock.now() + timedelta(hours=1) if is_resting else None
        Channel.objects.filter(pk=hub.channel_id).update(retry_at=until)

    return set_rest


def test_product_export_is_planned(hub: Hub) -> None:
    hub.variant("MUG")
    made = plan(hub, RunKind.EXPORT_PRODUCTS)
    assert rows(made) == [("create", "MUG", "", "Variant MUG (EA of 1)")]
    assert hub.far is not None
    assert hub.far.control.get("/state")["products"] == 0
    assert apply(hub, made).changed == 1
    assert hub.far.control.get("/state")["products"] == 1
    again = plan(hub, RunKind.EXPORT_PRODUCTS)
    assert rows(again) == [] and again.summary == "There is nothing to do."


def test_only_a_finished_plan_can_be_done(hub: Hub) -> None:
    hub.stock(MUG=1)
    made = plan(hub, RunKind.RECEIVE_INVENTORY)
    done = apply(hub, made)
    with pytest.raises(NotNow):
        sync.apply_plan(run_id=done.pk, actor="Ada", now=clock.now())


def test_a_run_that_waits_can_be_stopped_and_asked_for_again(hub: Hub) -> None:
    hub.stock(MUG=1)
    run_id = sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.RECEIVE_INVENTORY, actor="Ada", now=clock.now())
    sync.ask_stop(run_id=run_id, actor="Ada", now=clock.now())
    hub.work()
    assert Run.objects.get(pk=run_id).state == "stopped"
    again = sync.ask_again(run_id=run_id, actor="Bea", now=clock.now())
    hub.work()
    assert (Run.objects.get(pk=again).state, Run.objects.get(pk=again).cause) == ("finished", "Bea")
    assert not Shipment.objects.exists()


def test_a_run_that_was_stopped_before_it_began_does_nothing(hub: Hub) -> None:
    hub.stock(MUG=1)
    assert hub.far is not None
    hub.far.control.add_stock(hub.far.customer_id, "MUG", 5)
    run_id = sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.RECEIVE_INVENTORY, actor="Ada", now=clock.now())
    sync.ask_stop(run_id=run_id, actor="Ada", now=clock.now())
    before = books()

    hub.work()

    assert Run.objects.get(pk=run_id).state == "stopped"
    assert books() == before


def test_a_plan_whose_worker_died_is_not_carried_out_by_the_next(hub: Hub) -> None:
    hub.stock(MUG=1)
    assert hub.far is not None
    hub.far.control.add_stock(hub.far.customer_id, "MUG", 5)
    kind = RunKind.RECEIVE_INVENTORY
    run_id = sync.ask_sync(channel_id=hub.channel_id, kind=kind, actor="Ada", now=clock.now(), mode=RunMode.PLAN)
    runs.take_run(channel_id=hub.channel_id, kind=kind, now=clock.now())
    before = books()

    hub.work()

    assert Run.objects.get(pk=run_id).state == "running", "it is ended when it has been silent for a while"
    assert books() == before


def test_a_run_asked_for_while_the_channel_rests_begins_afterwards(hub: Hub, rest: Callable[[bool], None]) -> None:
    hub.stock(MUG=1)
    Schedule.objects.update(next_at=None, every_seconds=0)
    rest(True)
    run_id = sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.RECEIVE_INVENTORY, actor="Ada", now=clock.now())
    hub.work()
    upkeep.tend()
    hub.work()
    assert Run.objects.get(pk=run_id).state == "waiting"

    rest(False)
    upkeep.tend()
    hub.work()
    assert Run.objects.get(pk=run_id).state == "finished"


def test_a_plan_is_not_done_by_another_run_that_waits(hub: Hub) -> None:
    hub.stock(MUG=1)
    made = plan(hub, RunKind.RECEIVE_INVENTORY)
    waiting = sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.RECEIVE_INVENTORY, actor="Bea", now=clock.now())

    with pytest.raises(NotNow, match="waits already"):
        sync.apply_plan(run_id=made.pk, actor="Ada", now=clock.now())

    hub.work()
    assert Run.objects.get(pk=waiting).follows_id is None
