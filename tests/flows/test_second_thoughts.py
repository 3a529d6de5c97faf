"""Promises that were once broken: doubles, mended rejections, silent failures, stock held or given twice."""

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from django.db import connection, transaction

from dockline.connectors.cartoncloud.connector import CartonCloud
from dockline.connectors.contract.errors import OutcomeUnknown
from dockline.connectors.contract.messages import Quantity, ShipmentMessage
from dockline.connectors.contract.notices import FarStatus, ShipmentNotice, ShipmentNoticeLine
from dockline.domain.channels import queries as channels
from dockline.domain.channels.models import Channel
from dockline.domain.exchanges.models import Exchange, Link
from dockline.domain.inventory import queries as stock
from dockline.domain.issues.models import Issue
from dockline.domain.orders.models import SalesOrder
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import Shipment
from dockline.flows import breakage, guard, job_names, progress, upkeep
from dockline.flows import connection as channel_flow
from dockline.flows.catalog import export as catalog
from dockline.flows.inventory import receive as inventory
from dockline.flows.outbound import advance, cancel, export, record, remember, repair, settle
from dockline.gateway import deliver, runtime
from dockline.kit import clock
from dockline.kit.errors import NotNow
from dockline.kit.queue import port
from tests.flows.test_lost_answers import fault, work_until_settled
from tests.simulator.caller import Caller, line
from tests.support.hub import Hub


def causes() -> set[str]:
    return set(Issue.objects.filter(resolved_at__isnull=True).values_list("cause", flat=True))


def say(hub: Hub, reference: str, status: FarStatus, *, external_id: str, version: int = 50, **lines: int) -> None:
    notice = ShipmentNotice(
        external_id=external_id,
        version=version,
        reference=reference,
        status=status,
        far_status=status.value.upper(),
        lines=tuple(
            ShipmentNoticeLine(sku, Quantity(Decimal(amount), "EA"), Decimal(amount)) for sku, amount in lines.items()
        ),
    )
    with transaction.atomic():
        record.record_notices([notice], channels.get_connection(hub.channel_id), run_id=None, now=clock.now())


def test_two_orders_under_one_reference_do_not_stop_the_feed_and_are_told(hub: Hub) -> None:
    hub.stock(MUG=10)
    hub.far.control.patch(f"/customers/{hub.far.customer_id}", {"settings": {"unique_references": False}})
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (shipment,) = hub.shipments(order)
    with Caller(hub.far) as typist:
        typist.create(shipment.reference, line("MUG", 3))
    assert len(hub.far_orders()) == 2
    hub.receive()
    assert "duplicate" in causes()


def test_two_orders_one_by_one_in_the_feed_are_told(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (shipment,) = hub.shipments(order)
    say(hub, shipment.reference, FarStatus.SHIPPED, external_id="11111111-1111", MUG=3)
    say(hub, shipment.reference, FarStatus.SHIPPED, external_id="22222222-2222", MUG=3)
    hub.work()
    assert causes(), "six went out for three ordered, and nobody is told"


def test_one_of_two_being_rejected_does_not_stop_the_feed(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (shipment,) = hub.shipments(order)
    Shipment.objects.update(dispatch="duplicate")
    Issue.objects.create(
        account_id=hub.account_id,
        cause="duplicate",
        severity="error",
        subject_kind="shipment",
        subject_id=shipment.pk,
        subject_label="SO-1",
        title="two",
        opened_at=clock.now(),
        seen_at=clock.now(),
    )
    say(hub, shipment.reference, FarStatus.REJECTED, external_id="11111111-1111")


def test_a_rejected_order_mended_over_there_is_not_sent_again(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (there,) = hub.far_orders()
    hub.far.control.post(f"/orders/{there['id']}/reject", {"reason": "Customer on stop"})
    hub.receive()
    (shipment,) = hub.shipments(order)
    say(hub, shipment.reference, FarStatus.ACCEPTED, external_id=there["id"], MUG=3)
    hub.work()
    assert "rejected_there" not in causes()


def test_what_has_shipped_is_not_sent_again(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (there,) = hub.far_orders()
    hub.far.control.post(f"/orders/{there['id']}/reject", {"reason": "Customer on stop"})
    hub.receive()
    (shipment,) = hub.shipments(order)
    say(hub, shipment.reference, FarStatus.SHIPPED, external_id=there["id"], MUG=3)
    hub.work()
    order.refresh_from_db()
    assert order.status == "shipped"
    with pytest.raises(NotNow):
        repair.send_again(shipment_id=shipment.pk, actor="Ada", now=clock.now())


def test_a_refused_order_that_ships_all_the_same_gives_its_stock_back(hub: Hub) -> None:
    hub.stock(MUG=10)
    hub.far.control.post("/faults", {"script": [{"operation": "create_order", "do": "status", "status": 422}]})
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (shipment,) = hub.shipments(order)
    assert shipment.dispatch == "needs_fix"
    say(hub, shipment.reference, FarStatus.SHIPPED, external_id="11111111-1111", MUG=3)
    hub.receive_inventory()
    variant = hub.variant("MUG").pk
    assert stock.get_available(hub.warehouse_id, [variant]) == {variant: Decimal(10)}, "promised for ever"


def test_a_backorder_goes_when_goods_arrive_while_others_leave(hub: Hub) -> None:
    hub.stock(MUG=10)
    hub.order("SO-1", MUG=6)
    second = hub.order("SO-2", MUG=8)
    hub.work()
    second.refresh_from_db()
    assert second.is_backordered
    hub.stock(MUG=6)
    second.refresh_from_db()
    assert second.status == "fulfilling"


def test_stock_of_an_order_rejected_later_is_not_promised_twice(hub: Hub) -> None:
    hub.stock(MUG=10)
    first = hub.order("SO-1", MUG=6)
    hub.work()
    hub.receive_inventory()
    (there,) = hub.far_orders()
    hub.far.control.post(f"/orders/{there['id']}/reject", {"reason": "Customer on stop"})
    hub.receive()
    hub.receive_inventory()
    (shipment,) = hub.shipments(first)
    repair.send_again(shipment_id=shipment.pk, actor="Ada", now=clock.now())
    variant = hub.variant("MUG").pk
    assert stock.get_available(hub.warehouse_id, [variant]) == {variant: Decimal(4)}


def test_look_ups_that_are_refused_are_told(hub: Hub) -> None:
    hub.stock(MUG=10)
    hub.far.control.post(
        "/faults",
        {
            "script": [
                {"operation": "create_order", "do": "lose_answer"},
                {"operation": "search_orders", "do": "status", "status": 400, "times": 99},
            ]
        },
    )
    order = hub.order("SO-1", MUG=3)
    hub.work()
    for _ in range(5):
        Shipment.objects.update(wake_at=clock.now())
        Channel.objects.update(retry_at=None)
        upkeep.tend()
        hub.work()
    (shipment,) = hub.shipments(order)
    assert shipment.dispatch == "settling"
    assert causes(), "it can never be settled, and nobody is told"


def test_a_feed_that_is_refused_is_told(hub: Hub) -> None:
    hub.far.control.post(
        "/faults", {"script": [{"operation": "search_orders", "do": "status", "status": 404, "times": 99}]}
    )
    for _ in range(5):
        Channel.objects.update(retry_at=None)
        hub.receive()
    assert causes()


def test_what_was_never_sent_can_be_looked_for(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    advance.advance_account(hub.account_id)
    (shipment,) = hub.shipments(order)
    say(hub, shipment.reference, FarStatus.ACCEPTED, external_id="11111111-1111", MUG=2)
    shipment.refresh_from_db()
    assert shipment.dispatch == "held"
    repair.look_there(shipment_id=shipment.pk, actor="Ada", now=clock.now())
    hub.work()


@pytest.mark.fault("N06")
def test_an_order_we_cannot_read_is_not_taken_for_ours(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    advance.advance_account(hub.account_id)
    (shipment,) = hub.shipments(order)
    say(hub, shipment.reference, FarStatus.UNKNOWN, external_id="11111111-1111")
    shipment.refresh_from_db()
    assert shipment.dispatch != "confirmed"


def test_a_shipment_of_nothing_is_not_sent_again_and_again(hub: Hub) -> None:
    hub.stock(MUG=100)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    for _ in range(4):
        latest = hub.shipments(order)[-1]
        say(hub, latest.reference, FarStatus.SHIPPED, external_id=f"{latest.pk}1111111-1111")
        hub.work()
    sent = [(one.status, one.dispatch) for one in hub.shipments(order)]
    assert len(sent) < 5, f"four empty shipments, and a fifth order went out: {sent}"
    assert causes(), sent


def test_looking_again_waits_out_the_window_before_it_believes_in_absence(hub: Hub) -> None:
    hub.stock(MUG=10, TEE=10)
    Channel.objects.update(settle_seconds=10)
    hub.far.control.patch(
        f"/customers/{hub.far.customer_id}",
        {"settings": {"shortage_policy": "assign_and_drop", "unique_references": False}},
    )
    hub.far.control.set(search_lag_seconds=6)
    order = hub.order("SO-1", MUG=3)
    with Caller(hub.far) as typist:
        typist.create("TYPED-1", line("MUG", 8))
    hub.work()
    (shipment,) = hub.shipments(order)
    assert shipment.dispatch == "differs"
    hub.far.control.add_stock(hub.far.customer_id, "MUG", 5)
    repair.look_there(shipment_id=shipment.pk, actor="Ada", now=clock.now())
    work_until_settled(hub, order)
    assert [one["reference"] for one in hub.far_orders()].count(shipment.reference) == 1


@pytest.mark.fault("K06")
def test_a_channel_moved_to_another_customer_does_not_send_what_is_being_settled_there(hub: Hub) -> None:
    hub.stock(MUG=10)
    other = hub.far.control.post("/customers", {"name": "Other Pty"})
    hub.far.control.add_product(other["id"], "MUG")
    hub.far.control.add_stock(other["id"], "MUG", 10)
    hub.far.control.set(search_lag_seconds=60)
    fault(hub, "lose_answer")
    order = hub.order("SO-1", MUG=3)
    hub.work()
    hub.far.control.set(search_lag_seconds=0)
    channel_flow.change_values(hub.channel_id, values={"customer_name": "Other Pty"}, now=clock.now())
    shipment = work_until_settled(hub, order)
    assert len(hub.far_orders()) == 1

    assert causes() == {"sent_elsewhere"}
    with pytest.raises(NotNow, match="Ask the former warehouse"):
        repair.look_there(shipment_id=shipment.pk, actor="Ada", now=clock.now())
    assert hub.shipments(order)[0].dispatch == "held"
    repair.send_again(shipment_id=shipment.pk, actor="Ada", now=clock.now())
    hub.work()
    assert work_until_settled(hub, order).dispatch == "confirmed"
    assert len(hub.far_orders()) == 2, "a person wanted that, and was told what it means"


def test_what_is_at_the_account_a_channel_spoke_to_before_is_neither_missed_nor_called_cancelled(hub: Hub) -> None:
    hub.stock(MUG=10)
    hub.far.control.post("/customers", {"name": "Other Pty"})
    order = hub.order("SO-1", MUG=3)
    hub.work()
    channel_flow.change_values(hub.channel_id, values={"customer_name": "Other Pty"}, now=clock.now())
    Shipment.objects.update(seen_there_at=clock.now() - timedelta(hours=2))
    hub.receive()
    assert (hub.shipments(order)[0].dispatch, causes()) == ("confirmed", set())
    cancel.ask_to_cancel(order_id=order.pk, actor="Ada", now=clock.now())
    hub.work()
    assert causes() == {"cancel_refused"}
    assert (hub.shipments(order)[0].status, len(hub.far_orders())) == ("sent", 1)


def test_a_wake_up_whose_job_broke_before_it_began_can_be_asked_for_again(transactional_db: None) -> None:
    """The job ends as failed with the wake-up row still there: a later wake must make a new job."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    port.wake(job_names.ADVANCE, 4711)
    with connection.cursor() as cursor:
        # What the engine does with a job whose first statement failed: database restarting, lock or statement timeout.
        cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)")
        (job_id,) = cursor.fetchone()
        cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'failed', false)", [job_id])
    for _ in range(3):
        port.wake(job_names.ADVANCE, 4711)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        assert cursor.fetchone() == (1,), "this piece of work is never done again by anybody"


def test_a_job_that_breaks_unexpectedly_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.stock(MUG=10)
    hub.order("SO-1", MUG=3)
    with monkeypatch.context() as patched:
        patched.setattr(advance.allocate, "allocate_orders", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            hub.work()
        assert causes() == {"work_broke"}
        upkeep.tend()
        hub.work()  # It rests for a while instead of failing every second.
    assert causes() == {"work_broke"}
    SalesOrder.objects.update(wake_at=clock.now())
    Issue.objects.update(seen_at=clock.now() - breakage.REST)
    upkeep.tend()
    hub.work()
    assert causes() == set()


def test_products_of_what_waits_behind_are_missed_in_their_turn(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweeper looks at the oldest only, or it would read the whole backlog every second."""
    monkeypatch.setattr(shipment_queries, "OLDEST_DUE", 1)
    missing = lambda: shipment_queries.list_channels_missing_products(connectors=["cartoncloud"], now=clock.now())  # noqa: E731
    hub.stock(MUG=10, CUP=10)
    hub.order("SO-1", MUG=1)
    advance.advance_account(hub.account_id)
    catalog.export_products(hub.channel_id)
    hub.order("SO-2", CUP=1)
    advance.advance_account(hub.account_id)
    Link.objects.filter(kind="product", subject_id=hub.variant("CUP").pk).delete()

    assert missing() == []
    export.export_due(hub.channel_id)
    assert [order["status"] for order in hub.far_orders()] == ["AWAITING_PICK_AND_PACK"]
    assert missing() == [hub.channel_id]
    upkeep.tend()
    hub.work()
    assert len(hub.far_orders()) == 2


@pytest.mark.fault("C11")
def test_an_old_attempts_answer_does_not_confirm_a_new_generation(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    advance.advance_account(hub.account_id)
    conversation = runtime.converse(hub.channel_id)
    catalog.export_products(hub.channel_id)
    with progress.follow(conversation.connection, RunKind.EXPORT_SHIPMENTS, cause="a test") as log:
        permission = guard.ask_permission()
        assert permission is not None
        (frozen,) = export._claim(conversation, log, None, permission, most=9)
        Shipment.objects.update(wake_at=clock.now())
        settle._give_up_waiting(conversation.connection, log)
        Shipment.objects.update(dispatch="held", wake_at=None)
        repair.send_again(shipment_id=frozen.shipment_id, actor="Ada", now=clock.now())
        assert len(export._claim(conversation, log, None, permission, most=9)) == 1
        assert Exchange.objects.filter(state="intended").count() == 1
        with runtime.writing():
            outcome = deliver.send_shipment(conversation, frozen.message, intended_monotonic=frozen.intended_monotonic)
        answer = remember.Answer(frozen.shipment_id, frozen.exchange_id, frozen.attempt, frozen.message, outcome)
        remember.remember_answers([answer], conversation.connection, log, now=clock.now())
    (shipment,) = hub.shipments(order)
    found = shipment.dispatch
    Shipment.objects.update(dispatch="needs_fix")
    Issue.objects.create(
        account_id=hub.account_id,
        cause="held",
        severity="error",
        subject_kind="shipment",
        subject_id=shipment.pk,
        subject_label="SO-1",
        title="-",
        opened_at=clock.now(),
        seen_at=clock.now(),
    )
    Exchange.objects.filter(state="intended").update(state="unknown")
    assert found == "sending", "the frozen worker's answer was booked for the attempt that came after it"


@pytest.mark.fault("N10")
def test_a_reference_they_know_is_looked_up_though_the_first_look_misses_it(hub: Hub) -> None:
    hub.stock(MUG=10)
    body = '[{"message": "Customer reference already exists", "field": "/references/customer"}]'
    hub.far.control.post(
        "/faults", {"script": [{"operation": "create_order", "do": "status", "status": 422, "body": body}]}
    )
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (shipment,) = hub.shipments(order)
    assert shipment.dispatch != "needs_fix", "they said that it is there, and a person is offered to send it again"


def test_a_report_during_an_allocation_still_wakes_the_order(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.stock(MUG=2)
    order = hub.order("SO-1", MUG=3)
    hub.far.control.add_stock(hub.far.customer_id, "MUG", 5)
    looked, go_on = threading.Event(), threading.Event()
    real = advance.allocate.stock.get_available

    def slowly(*args: object) -> object:
        found = real(*args)
        looked.set()
        go_on.wait(3)
        return found

    monkeypatch.setattr(advance.allocate.stock, "get_available", slowly)

    def allocate() -> None:
        try:
            advance.advance_account(hub.account_id)
        finally:
            connection.close()

    thread = threading.Thread(target=allocate)
    thread.start()
    looked.wait(5)
    monkeypatch.setattr(advance.allocate.stock, "get_available", real)
    inventory.receive_inventory(hub.channel_id, cause="a test")
    go_on.set()
    thread.join()
    for _ in range(2):
        upkeep.tend()
        hub.work()
        hub.receive_inventory()
    order.refresh_from_db()
    assert order.status == "fulfilling", order.waiting_reason


def test_an_answer_that_names_what_another_of_ours_is_there_is_looked_for(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.stock(MUG=10)
    first = hub.order("SO-1", MUG=1)
    hub.work()
    (there,) = hub.far_orders()
    asked = CartonCloud.export_shipment

    def answer_with_the_first(connector: CartonCloud, message: ShipmentMessage) -> ShipmentNotice:
        return msgspec.structs.replace(asked(connector, message), external_id=there["id"])

    monkeypatch.setattr(CartonCloud, "export_shipment", answer_with_the_first)
    second, third = hub.order("SO-2", MUG=2), hub.order("SO-3", MUG=3)
    hub.work()
    told = {order.number: work_until_settled(hub, order).dispatch for order in (first, second, third)}
    assert set(told.values()) == {"confirmed"}
    assert set(Link.objects.values_list("external_id", flat=True)) >= {one["id"] for one in hub.far_orders()}
    assert len(hub.far_orders()) == 3


def test_what_is_found_and_is_anothers_is_adopted_by_nobody(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.stock(MUG=10)
    first = hub.order("SO-1", MUG=3)
    hub.work()
    (there,) = hub.far_orders()
    asked, found = CartonCloud.export_shipment, CartonCloud.find_shipments

    def lose(connector: CartonCloud, message: ShipmentMessage) -> ShipmentNotice:
        asked(connector, message)
        raise OutcomeUnknown("The answer was lost.")

    def find_the_first(connector: CartonCloud, references: Sequence[str]) -> Mapping[str, tuple[ShipmentNotice, ...]]:
        return {
            reference: tuple(msgspec.structs.replace(notice, external_id=there["id"]) for notice in notices)
            for reference, notices in found(connector, references).items()
        }

    monkeypatch.setattr(CartonCloud, "export_shipment", lose)
    monkeypatch.setattr(CartonCloud, "find_shipments", find_the_first)
    second = hub.order("SO-2", MUG=3)
    hub.work()
    (waiting,) = hub.shipments(second)
    say(hub, waiting.reference, FarStatus.SHIPPED, external_id=there["id"], MUG=3)
    assert hub.shipments(second)[0].status == "ready", "nothing is booked of news that are about another"

    Shipment.objects.filter(pk=waiting.pk).update(wake_at=clock.now())
    Channel.objects.update(retry_at=None)
    settle.settle_due(hub.channel_id)
    (held,) = hub.shipments(second)
    assert held.dispatch == "held" and there["id"] in held.reason
    assert dict(Link.objects.filter(kind="shipment").values_list("subject_id", "external_id")) == {
        hub.shipments(first)[0].pk: there["id"]
    }
    monkeypatch.undo()
    repair.look_there(shipment_id=held.id, actor="Mei", now=clock.now())
    assert work_until_settled(hub, second).dispatch == "confirmed"
