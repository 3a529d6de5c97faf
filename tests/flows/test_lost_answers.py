"""Whatever happens to a call, the warehouse ends with exactly one order: lost answers are looked up, never guessed."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import DatabaseError, OperationalError
from django.db import connection as database

from dockline.domain.channels.models import Channel, StoredText
from dockline.domain.exchanges.models import Exchange
from dockline.domain.issues.models import Issue
from dockline.domain.orders.models import SalesOrder
from dockline.domain.shipments.models import Shipment
from dockline.flows import connection, upkeep
from dockline.flows.outbound import advance, export, receive, repair, settle
from dockline.gateway import deliver, runtime
from dockline.kit import clock
from dockline.kit.crypto import KeyRing
from dockline.kit.errors import Invalid
from tests.simulator.caller import Caller, line
from tests.support.hub import Hub


def work_until_settled(hub: Hub, order: SalesOrder, *, within_seconds: float = 15) -> Shipment:
    """Let the clock tick until nothing of the order is under way."""
    deadline = time.monotonic() + within_seconds
    while True:
        Channel.objects.update(retry_at=None)
        upkeep.tend()
        hub.work()
        (shipment,) = hub.shipments(order)
        if shipment.dispatch not in ("ready", "sending", "settling"):
            return shipment
        assert time.monotonic() < deadline, f"still {shipment.dispatch}: {shipment.reason}"
        time.sleep(0.1)


def fault(hub: Hub, do: str, **more: object) -> None:
    hub.far.control.post("/faults", {"script": [{"operation": "create_order", "do": do, **more}]})


@pytest.mark.parametrize(
    ("do", "more", "expected"),
    [
        ("lose_answer", {}, 1),
        ("reset_after", {}, 1),
        ("reset_before", {}, 2),
        ("apply_late", {"delay_seconds": 0.5}, 1),
        ("status", {"status": 500}, 2),
        ("status", {"status": 503, "body": "<html>maintenance</html>"}, 2),
        ("status", {"status": 429}, 2),
        ("status", {"status": 401}, 2),
        ("status", {"status": 200, "body": "<html>welcome</html>"}, 2),
        ("status", {"status": 201, "body": "{}"}, 2),
    ],
)
@pytest.mark.fault("C03", "N02", "N04", "N05", "N06", "N07")
def test_one_order_is_there_whatever_happens_to_the_call(
    hub: Hub, do: str, more: dict[str, object], expected: int
) -> None:
    hub.stock(MUG=10)
    fault(hub, do, **more)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    shipment = work_until_settled(hub, order)
    assert shipment.dispatch == "confirmed"
    (there,) = hub.far_orders()
    assert there["reference"] == shipment.reference
    assert sends(hub) == expected


class Death(BaseException):
    """A worker is no more."""


def die(*_: object, **__: object) -> None:
    raise Death


def sends(hub: Hub) -> int:
    """How often an order was sent, on the wire."""
    return sum(hub.far.control.get("/requests").get("POST /outbound-orders", {}).values())


def test_absence_is_believed_only_after_the_window_and_two_clean_looks(hub: Hub) -> None:
    hub.stock(MUG=10)
    fault(hub, "reset_before")
    order = hub.order("SO-1", MUG=3)
    hub.work()
    work_until_settled(hub, order)
    kinds = list(Exchange.objects.filter(subject_kind="shipment").order_by("id").values_list("kind", "state"))
    looks = [state for kind, state in kinds if kind == "find_shipment"]
    assert kinds[0] == ("export_shipment", "unknown")
    assert kinds[-1] == ("export_shipment", "done")
    assert looks.count("absent") >= 2


def test_a_look_up_that_fails_tells_nothing(hub: Hub) -> None:
    hub.stock(MUG=10)
    hub.far.control.post(
        "/faults",
        {
            "script": [
                {"operation": "create_order", "do": "lose_answer"},
                {"operation": "search_orders", "do": "status", "status": 503, "times": 2},
            ]
        },
    )
    order = hub.order("SO-1", MUG=3)
    hub.work()
    Shipment.objects.update(wake_at=clock.now())
    Channel.objects.update(retry_at=None)
    upkeep.tend()
    hub.work()
    Shipment.objects.filter(dispatch="settling").update(wake_at=clock.now())
    assert work_until_settled(hub, order).dispatch == "confirmed"
    assert len(hub.far_orders()) == 1


@pytest.mark.fault("C01")
def test_a_worker_that_dies_before_the_intent_has_sent_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    with monkeypatch.context() as patched:
        patched.setattr("dockline.domain.exchanges.operations.intend", die)
        with pytest.raises(Death):
            hub.work()
    (shipment,) = hub.shipments(order)
    assert (shipment.dispatch, shipment.attempts, sends(hub)) == ("ready", 0, 0)
    assert work_until_settled(hub, order).dispatch == "confirmed"
    assert sends(hub) == len(hub.far_orders()) == 1


@pytest.mark.fault("C06")
def test_an_intent_whose_commit_ended_in_an_error_is_not_sent_by_who_asked(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    claim = export._claim

    def claim_and_lose_the_line(*given: Any, **more: Any) -> None:
        claim(*given, **more)
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patched:
        patched.setattr(export, "_claim", claim_and_lose_the_line)
        with pytest.raises(OperationalError):
            hub.work()
    (shipment,) = hub.shipments(order)
    assert (shipment.dispatch, sends(hub)) == ("sending", 0)

    Shipment.objects.update(wake_at=clock.now() - timedelta(seconds=1))
    assert work_until_settled(hub, order).dispatch == "confirmed"
    assert sends(hub) == len(hub.far_orders()) == 1


@pytest.mark.fault("P05")
def test_without_a_place_for_the_intent_nothing_is_sent(hub: Hub) -> None:
    hub.stock(MUG=10)
    hub.order("SO-0", MUG=1)
    hub.work()
    order = hub.order("SO-1", MUG=3)
    advance.advance_account(hub.account_id)
    with database.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        try:
            with pytest.raises(DatabaseError, match="read-only"):
                export.export_due(hub.channel_id)
        finally:
            cursor.execute("SET default_transaction_read_only = off")
    assert sends(hub) == 1
    assert work_until_settled(hub, order).dispatch == "confirmed"
    assert sends(hub) == len(hub.far_orders()) == 2


@pytest.mark.fault("C08")
def test_two_at_once_claim_different_orders(hub: Hub) -> None:
    hub.stock(MUG=100)
    orders = [hub.order("SO-0", MUG=1)]
    hub.work()
    orders += [hub.order(f"SO-{number}", MUG=1) for number in range(1, 12)]
    advance.advance_account(hub.account_id)
    fault(hub, "delay", delay_seconds=0.05, times=12)

    def export_here() -> None:
        try:
            export.export_due(hub.channel_id)
        finally:
            database.close()

    with ThreadPoolExecutor(2) as both:
        for one in [both.submit(export_here) for _ in range(2)]:
            one.result(30)
    assert {hub.shipments(order)[0].dispatch for order in orders} == {"confirmed"}
    assert sends(hub) == len(hub.far_orders()) == 12


@pytest.mark.fault("K02")
def test_while_nobody_hands_out_tokens_orders_wait(hub: Hub) -> None:
    hub.stock(MUG=10)
    runtime.end_conversations()
    StoredText.objects.all().delete()
    hub.far.control.post("/faults", {"script": [{"operation": "token", "do": "status", "status": 503, "times": 2}]})
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (shipment,) = hub.shipments(order)
    assert (shipment.dispatch, sends(hub)) == ("ready", 0)
    assert Channel.objects.get().retry_at is not None, "it rests instead of asking again and again"
    assert work_until_settled(hub, order).dispatch == "confirmed"
    assert sends(hub) == len(hub.far_orders()) == 1


@pytest.mark.fault("D12")
def test_what_the_warehouse_tells_of_by_itself_settles_the_attempt(hub: Hub) -> None:
    hub.stock(MUG=10)
    fault(hub, "lose_answer")
    hub.far.control.set(search_lag_seconds=60)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (there,) = hub.far_orders()
    hub.far.control.post(f"/orders/{there['id']}/pick")
    hub.far.control.post(f"/orders/{there['id']}/pack")
    hub.far.control.post(f"/orders/{there['id']}/dispatch")
    assert hub.shipments(order)[0].dispatch == "settling"
    hub.far.control.set(search_lag_seconds=0)
    Channel.objects.update(retry_at=None)
    receive.receive_shipments(hub.channel_id, cause="a test")
    (shipment,) = hub.shipments(order)
    assert (shipment.dispatch, shipment.status, sends(hub)) == ("confirmed", "shipped", 1)


@pytest.mark.fault("C02")
def test_a_worker_that_dies_after_the_intent_leaves_no_doubt(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    with monkeypatch.context() as patched:
        patched.setattr(export, "_call", die)
        with pytest.raises(Death):
            hub.work()
    (shipment,) = hub.shipments(order)
    assert shipment.dispatch == "sending" and hub.far_orders() == []

    Shipment.objects.update(wake_at=clock.now() - timedelta(seconds=1))
    assert work_until_settled(hub, order).dispatch == "confirmed"
    assert len(hub.far_orders()) == 1
    assert Exchange.objects.filter(kind="export_shipment", state="unknown").count() == 1


@pytest.mark.fault("C04", "C07")
def test_a_worker_that_dies_after_the_call_finds_its_order(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    with monkeypatch.context() as patched:
        patched.setattr("dockline.flows.outbound.remember.remember_answers", die)
        with pytest.raises(Death):
            hub.work()
    assert len(hub.far_orders()) == 1
    Shipment.objects.update(wake_at=clock.now() - timedelta(seconds=1))
    shipment = work_until_settled(hub, order)
    assert shipment.dispatch == "confirmed" and shipment.attempts == 1
    assert len(hub.far_orders()) == 1


@pytest.mark.fault("C11")
def test_an_attempt_that_slept_past_its_time_is_not_sent(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.stock(MUG=10)
    monkeypatch.setattr(deliver, "DEADLINE_SECONDS", 0.0)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (shipment,) = hub.shipments(order)
    assert shipment.dispatch in ("ready", "settling")
    assert hub.far_orders() == []


@pytest.mark.fault("D08", "N10")
def test_an_order_of_other_content_under_our_reference_is_held(hub: Hub) -> None:
    hub.stock(MUG=10)
    fault(hub, "lose_answer")
    # The first look finds nothing yet, so there is time for somebody to change what is there.
    hub.far.control.set(search_lag_seconds=60)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (there,) = hub.far_orders()
    hub.far.control.patch(f"/orders/{there['id']}", {"items": [{"code": "MUG", "quantity": 2}]})
    hub.far.control.set(search_lag_seconds=0)
    assert work_until_settled(hub, order).dispatch == "held"
    assert Issue.objects.get(resolved_at__isnull=True).cause == "held"


def test_an_order_picked_short_before_it_is_found_is_ours_all_the_same(hub: Hub) -> None:
    hub.stock(MUG=10)
    fault(hub, "lose_answer")
    hub.far.control.set(search_lag_seconds=60)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (there,) = hub.far_orders()
    hub.far.control.post(f"/orders/{there['id']}/pick", {"items": [{"code": "MUG", "quantity": 2}]})
    hub.far.control.post(f"/orders/{there['id']}/pack")
    hub.far.control.set(search_lag_seconds=0)
    Channel.objects.update(retry_at=None)
    Shipment.objects.update(wake_at=clock.now())
    settle.settle_due(hub.channel_id)

    assert hub.shipments(order)[0].dispatch == "confirmed"
    assert not Issue.objects.filter(resolved_at__isnull=True).exists()


@pytest.mark.fault("K04")
def test_wrong_credentials_pause_the_channel_and_nothing_is_lost(hub: Hub) -> None:
    hub.stock(MUG=10)
    secret = hub.far.control.post(f"/clients/{hub.far.client_id}/rotate")["secret"]
    order = hub.order("SO-1", MUG=3)
    hub.work()
    channel = Channel.objects.get()
    assert channel.state == "paused"
    assert Issue.objects.get(resolved_at__isnull=True).cause == "channel_paused"
    assert hub.far_orders() == []

    connection.change_values(hub.channel_id, values={"client_secret": secret}, now=clock.now())
    connection.resume_channel(channel_id=hub.channel_id, actor="a person", now=clock.now())
    assert work_until_settled(hub, order).dispatch == "confirmed"
    assert len(hub.far_orders()) == 1


@pytest.mark.fault("K03")
def test_a_worker_that_opened_the_channel_before_it_was_changed_claims_nothing(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.stock(MUG=10)
    agree = export._agree

    def change_and_agree(*given: Any) -> Any:
        monkeypatch.undo()
        secret = hub.far.control.post(f"/clients/{hub.far.client_id}/rotate")["secret"]
        connection.change_values(hub.channel_id, values={"client_secret": secret}, now=clock.now())
        return agree(*given)

    monkeypatch.setattr(export, "_agree", change_and_agree)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    assert hub.shipments(order)[0].dispatch == "confirmed"
    assert set(Exchange.objects.filter(kind="export_shipment").values_list("state", "credential_version")) == {
        ("done", Channel.objects.get().credential_version)
    }


@pytest.mark.fault("N08")
def test_a_rejected_order_asks_a_person_and_goes_again_under_a_new_reference(hub: Hub) -> None:
    hub.stock(MUG=10)
    hub.far.control.post(
        "/stock",
        {"customer": hub.far.customer_id, "rows": [{"code": "MUG", "quantity": "1", "status": "DAMAGED"}]},
    )
    order = hub.order("SO-1", MUG=3)
    # Somebody takes the stock between our reading and our order.
    with Caller(hub.far) as typist:
        typist.create("TYPED-1", line("MUG", 9))
    hub.work()
    (shipment,) = hub.shipments(order)
    assert (shipment.status, shipment.dispatch) == ("rejected", "needs_fix")
    issue = Issue.objects.get(resolved_at__isnull=True)
    assert issue.cause == "rejected_there" and "Not enough stock" in issue.title

    hub.far.control.add_stock(hub.far.customer_id, "MUG", 5)
    repair.send_again(shipment_id=shipment.pk, actor="a person", now=clock.now())
    hub.work()
    shipment.refresh_from_db()
    assert shipment.dispatch == "confirmed" and shipment.reference.endswith("-G2")
    assert not Issue.objects.filter(resolved_at__isnull=True).exists()


@pytest.mark.fault("D05")
def test_lines_dropped_over_there_are_noticed_before_picking(hub: Hub) -> None:
    hub.stock(MUG=10, TEE=10)
    hub.far.control.patch(f"/customers/{hub.far.customer_id}", {"settings": {"shortage_policy": "drop"}})
    order = hub.order("SO-1", MUG=3, TEE=2)
    with Caller(hub.far) as typist:
        typist.create("TYPED-1", line("TEE", 9))
    hub.work()
    (shipment,) = hub.shipments(order)
    assert shipment.dispatch == "differs"
    assert Issue.objects.get(resolved_at__isnull=True).cause == "accepted_differently"
    assert "TEE: meant 2, there 0" in shipment.reason


def test_what_differs_can_be_put_right_there_and_looked_for_again(hub: Hub) -> None:
    hub.stock(MUG=10, TEE=10)
    hub.far.control.patch(f"/customers/{hub.far.customer_id}", {"settings": {"shortage_policy": "assign_and_drop"}})
    order = hub.order("SO-1", MUG=3)
    with Caller(hub.far) as typist:
        typist.create("TYPED-1", line("MUG", 8))
    hub.work()
    (shipment,) = hub.shipments(order)
    assert shipment.dispatch == "differs"

    (there,) = [one for one in hub.far_orders() if one["reference"] == shipment.reference]
    hub.far.control.delete(f"/orders/{there['id']}")
    hub.far.control.add_stock(hub.far.customer_id, "MUG", 5)
    repair.look_there(shipment_id=shipment.pk, actor="Ada", now=clock.now())
    assert work_until_settled(hub, order).dispatch == "confirmed"
    assert [one["reference"] for one in hub.far_orders()].count(shipment.reference) == 1


def test_lost_keys_pause_the_channel_with_a_sentence_and_new_secrets_mend_it(hub: Hub, settings: Any) -> None:
    hub.stock(MUG=10)
    settings.KEY_RING = KeyRing(current="k-new", keys={"k-new": AESGCM.generate_key(256)}, signing="x")
    runtime.end_conversations()
    order = hub.order("SO-1", MUG=3)
    hub.work()
    channel = Channel.objects.get()
    assert channel.state == "paused"
    assert "not among the keys" in channel.state_reason
    with pytest.raises(Invalid, match="Client Secret"):
        connection.change_values(hub.channel_id, values={}, now=clock.now())
    connection.change_values(hub.channel_id, values={"client_secret": hub.far.client_secret}, now=clock.now())
    connection.resume_channel(channel_id=hub.channel_id, actor="Ada", now=clock.now())
    assert work_until_settled(hub, order).dispatch == "confirmed"


def test_an_address_without_a_name_goes_to_the_customer(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    SalesOrder.objects.update(ship_to={"line_1": "1 Road", "country": "AU"}, customer_name="Ada")
    hub.work()
    (shipment,) = hub.shipments(order)
    assert shipment.dispatch == "confirmed"


@pytest.mark.fault("K05")
@pytest.mark.parametrize(("answer", "cause"), [(403, "channel_paused"), (404, "unreadable")])
def test_credentials_that_belong_to_another_account_by_now_send_nothing(
    hub: Hub, answer: int, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    hub.far.control.set(foreign_tenant_status=answer)
    with monkeypatch.context() as moved:
        # They sign in as before, but what they may see is another tenant's.
        moved.setattr(hub.far.simulator.world.tenant, "id", "00000000-0000-4000-8000-000000000005")
        hub.work()
        (shipment,) = hub.shipments(order)
        channel = Channel.objects.get()
        assert (shipment.dispatch, hub.far_orders()) == ("ready", [])
        assert channel.state == "paused" or channel.retry_at is not None, "it does not go on asking"
        assert Issue.objects.filter(cause=cause, resolved_at__isnull=True).count() == 1
    if channel.state == "paused":
        connection.resume_channel(channel_id=hub.channel_id, actor="Ada", now=clock.now())
    assert work_until_settled(hub, order).dispatch == "confirmed"
    assert len(hub.far_orders()) == 1
