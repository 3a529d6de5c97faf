"""Calls from a warehouse's system to the real web server: taken as hints, and harmless however they come."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.db import OperationalError
from django.db.models import F
from pytest_django import Settings

from dockline.domain.channels.models import Channel, Schedule
from dockline.domain.channels.queries import get_channel, get_connection
from dockline.domain.channels.rules import ChannelId
from dockline.domain.history.models import Event
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments.models import Package
from dockline.domain.webhooks.models import Endpoint, Hint
from dockline.flows import automations, channel_life, channel_options, connection, job_names, keys, upkeep, webhooks
from dockline.flows.channel_options import MainOptions
from dockline.kit import clock
from dockline.kit.errors import Invalid
from dockline.kit.queue import port as queue
from dockline.kit.queue.models import Wakeup
from tests.support.hub import Hub
from tests.support.web_server import running_web

RECEIVES = {job_names.RECEIVE_SHIPMENTS, job_names.RECEIVE_RECEIPTS}


@dataclass
class Hooks:
    """A hub whose web server can be called, and what a caller needs to know."""

    hub: Hub
    server: str
    key: str

    @property
    def addresses(self) -> dict[str, str]:
        page = webhooks.describe(get_connection(self.hub.channel_id), server=self.server)
        return {kind.key: address for kind, address in page.addresses}

    def call(
        self, body: bytes | dict[str, Any], *, kind: str = "outbound-orders", key: str | None = None, **more: Any
    ) -> httpx2.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key or self.key}", **more.pop("headers", {})}
        return httpx2.post(more.pop("url", "") or self.addresses[kind], content=content, headers=headers, **more)

    def subscribe(self, *, style: str = "bearer") -> None:
        """Have the simulator call us about everything."""
        assert self.hub.far is not None
        for entity, kind in (
            ("outbound_orders", "outbound-orders"),
            ("inbound_orders", "inbound-orders"),
            ("consignments", "consignments"),
        ):
            body = {"url": self.addresses[kind], "style": style, "secret": self.key}
            self.hub.far.control._call("PUT", f"/webhooks/{entity}", body)

    def settle(self, *, seconds: float = 0) -> None:
        """Let everything be sent that the simulator has to tell."""
        assert self.hub.far is not None
        self.hub.far.clock.advance(seconds=seconds)

    def ship(self) -> None:
        """Have the warehouse do all its work."""
        assert self.hub.far is not None
        self.hub.far.control.post("/crew/step", {"stage": "all"})
        self.settle()

    def deliveries(self) -> list[dict[str, Any]]:
        assert self.hub.far is not None
        return list(self.hub.far.control.get("/webhooks")["deliveries"])


@pytest.fixture
def hooks(hub: Hub, settings: Settings) -> Iterator[Hooks]:
    """A channel in Webhook mode, behind a real server; nothing is due by the timetable."""
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    key = webhooks.open_endpoint(hub.channel_id, actor="Ada", now=clock.now())
    set_mode(hub, "webhook")
    Schedule.objects.filter(job__in=RECEIVES).update(next_at=clock.now() + timedelta(hours=1))
    with running_web() as server:
        yield Hooks(hub, server, key)


def set_mode(hub: Hub, mode: str) -> None:
    columns = get_channel(ChannelId(hub.channel_id)).columns
    options = MainOptions(**{**channel_options.values_of(columns, MainOptions), "automation_mode": mode})
    connection.change_options(hub.channel_id, options, actor="Ada", now=clock.now())


def woken() -> set[str]:
    return RECEIVES & set(Wakeup.objects.values_list("name", flat=True))


def pass_a_minute() -> None:
    """Have everything that runs by the timetable be a minute further, and woken where it is due."""
    minute = timedelta(minutes=1)
    Schedule.objects.update(next_at=F("next_at") - minute, ran_at=F("ran_at") - minute)
    upkeep.tend()


def come_to_rest(hub: Hub) -> None:
    """Do all that is waiting or was put off, and let the last look be a while ago."""
    for _ in range(2):
        hub.work()
        pass_a_minute()
    hub.work()


def send_order(hub: Hub) -> SalesOrder:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    return order


def books(order: SalesOrder) -> tuple[str, list[Any], int, int]:
    """What is known of an order in the end."""
    order.refresh_from_db()
    shipped = list(SalesOrderLine.objects.order_by("number").values_list("shipped_quantity", flat=True))
    return (
        order.status,
        shipped,
        Package.objects.count(),
        Event.objects.filter(kind="shipped", subject_kind="order").count(),
    )


DONE = ("shipped", [3], 1, 2)
"""Shipped once: by its shipment, and then as a whole."""


def test_a_dispatch_there_is_recorded_here_without_polling(hooks: Hooks) -> None:
    hooks.subscribe()
    order = send_order(hooks.hub)
    hooks.settle()
    come_to_rest(hooks.hub)
    hooks.ship()
    assert {one["state"] for one in hooks.deliveries()} == {"delivered"}
    assert woken() == {job_names.RECEIVE_SHIPMENTS}, "however many calls, one wake-up"
    hooks.hub.work()
    assert books(order) == DONE
    endpoint = Endpoint.objects.get()
    assert endpoint.received == len(hooks.deliveries()) > 2 and endpoint.received_at is not None


@pytest.mark.parametrize("style", ["bearer", "header", "query"])
def test_the_key_is_taken_in_every_way_the_warehouse_can_send_it(hooks: Hooks, style: str) -> None:
    hooks.subscribe(style=style)
    send_order(hooks.hub)
    hooks.settle()
    assert {one["state"] for one in hooks.deliveries()} == {"delivered"}
    assert not Hint.objects.filter(body__contains=hooks.key).exists()


def test_a_purchase_order_there_hints_at_receipts(hooks: Hooks) -> None:
    assert hooks.call({"id": "p-1"}, kind="inbound-orders").status_code == 202
    assert woken() == {job_names.RECEIVE_RECEIPTS}


@pytest.mark.fault("H05")
def test_a_lost_call_is_found_by_the_safety_net(hooks: Hooks) -> None:
    assert hooks.hub.far is not None
    hooks.subscribe()
    order = send_order(hooks.hub)
    hooks.settle()
    come_to_rest(hooks.hub)
    with hooks.hub.far.weather.storm({"webhook_lose": 1}):
        hooks.ship()
    assert woken() == set()
    upkeep.tend()
    hooks.hub.work()
    assert books(order)[0] == "fulfilling", "it is not due yet"
    Schedule.objects.filter(job=job_names.RECEIVE_SHIPMENTS).update(next_at=clock.now())
    upkeep.tend()
    hooks.hub.work()
    assert books(order) == DONE


@pytest.mark.parametrize("trouble", ["webhook_double", "webhook_reorder", "webhook_late"])
@pytest.mark.fault("H01", "H02", "H03")
def test_however_calls_come_the_end_is_the_same(hooks: Hooks, trouble: str) -> None:
    assert hooks.hub.far is not None
    hooks.subscribe()
    order = send_order(hooks.hub)
    with hooks.hub.far.weather.storm({trouble: 1}, seed=1):
        hooks.ship()
    come_to_rest(hooks.hub)
    hooks.settle(seconds=3600)
    come_to_rest(hooks.hub)
    assert books(order) == DONE
    for delivery in hooks.deliveries():
        hooks.hub.far.control.post(f"/webhooks/deliveries/{delivery['number']}/redeliver")
    hooks.settle()
    come_to_rest(hooks.hub)
    assert books(order) == DONE, "told everything once more"


@pytest.mark.fault("H02", "H04", "H10")
def test_nothing_a_body_says_is_believed(hooks: Hooks) -> None:
    hooks.subscribe()
    order = send_order(hooks.hub)
    hooks.settle()
    come_to_rest(hooks.hub)
    before = books(order)
    told = json.loads(Hint.objects.latest("id").body)
    lie = {**told, "status": "DISPATCHED", "version": 999}
    assert hooks.call(lie).status_code == 202
    assert hooks.call({"id": "another tenant's"}).status_code == 202
    hooks.hub.work()
    assert books(order) == before
    assert before[0] == "fulfilling"


def test_strangers_are_answered_without_being_asked_to_sign_in(hooks: Hooks) -> None:
    answer = httpx2.get(f"{hooks.server}/hooks/{'x' * 43}/consignments")
    assert (answer.status_code, answer.json()["status"]) == (404, "not_found")
    assert not answer.cookies and answer.headers["Cache-Control"] == "no-store"


@pytest.mark.fault("H04", "H06", "H07")
def test_calls_that_come_together_are_told_apart(hooks: Hooks) -> None:
    """They are kept in one transaction: one that is wrong holds up no other, and each gets its own answer."""
    wishes: list[tuple[bytes, str | None, int]] = [
        (b'{"id": "1"}', None, 202),
        (b"{", None, 400),
        (b'{"id": "2"}', "wrong", 404),
        (b'{"id": "3"}', None, 202),
    ] * 3
    address = hooks.addresses["outbound-orders"]
    with ThreadPoolExecutor(len(wishes)) as pool:
        answers = [pool.submit(hooks.call, body, key=key, url=address) for body, key, _ in wishes]
        assert [one.result().status_code for one in answers] == [status for *_, status in wishes]
    assert sorted(Hint.objects.values_list("external_id", flat=True)) == ["1"] * 3 + ["3"] * 3
    assert Endpoint.objects.get().received == 6 and woken() == {job_names.RECEIVE_SHIPMENTS}


@pytest.mark.fault("H04", "H07")
def test_whoever_does_not_know_the_key_is_told_nothing_and_changes_nothing(hooks: Hooks) -> None:
    right = hooks.addresses["outbound-orders"]
    unknown = right.replace(right.split("/")[-2], "x" * 43)
    other_kind = f"{right.rpartition('/')[0]}/products"
    answers = [
        hooks.call({"id": "1"}, key="wrong"),
        hooks.call({"id": "1"}, headers={"Authorization": hooks.key}),
        hooks.call({"id": "1"}, headers={"X-Api-Key": "wrong", "Authorization": "Basic abc"}),
        hooks.call({"id": "1"}, url=f"{right}?key=wrong", key="wrong"),
        hooks.call({"id": "1"}, url=unknown),
        hooks.call({"id": "1"}, url=other_kind),
        hooks.call({"id": "1"}, url=f"{hooks.server}/hooks/{'y' * 43}/a/b"),
        httpx2.get(right, headers={"Authorization": f"Bearer {hooks.key}"}),
    ]
    assert {(one.status_code, one.content) for one in answers} == {(404, answers[0].content)}
    assert len({tuple(sorted(set(one.headers) - {"date"})) for one in answers}) == 1
    assert not Hint.objects.exists() and woken() == set()
    endpoint = Endpoint.objects.get()
    assert (endpoint.received, endpoint.refused_reason) == (0, "The key was missing or wrong.")


GARBAGE = (
    b"",
    b"{",
    b"[]",
    b'"text"',
    b'{"id": 1, "id": 2}',
    b'{"id": NaN}',
    b'{"id": "\xff"}',
    b'{"id": "\\u0000"}',
    b'{"id": ' + b"[" * 65 + b"]" * 65 + b"}",
    b'{"id": 1' + b"0" * 50 + b"}",
    "{'id': 1}".encode("utf-16"),
)


@pytest.mark.fault("H08")
def test_garbage_is_refused_and_leaves_nothing(hooks: Hooks) -> None:
    assert [hooks.call(body).status_code for body in GARBAGE] == [400] * len(GARBAGE)
    assert not Hint.objects.exists() and woken() == set()
    assert Endpoint.objects.get().refused_reason.startswith("The body is not JSON")


@pytest.mark.fault("H08")
def test_a_body_too_large_is_refused_however_it_is_announced(hooks: Hooks) -> None:
    large = b'{"id": "' + b"x" * (1024 * 1024) + b'"}'
    assert hooks.call(large).status_code == 413
    assert hooks.call(large, key="wrong").status_code == 413

    def chunks() -> Iterator[bytes]:
        yield large

    streamed = httpx2.post(
        hooks.addresses["outbound-orders"], content=chunks(), headers={"Authorization": f"Bearer {hooks.key}"}
    )
    assert streamed.status_code == 413
    assert not Hint.objects.exists() and woken() == set()
    just_fits = b'{"id": "' + b"x" * (1024 * 1024 - 10) + b'"}'
    assert hooks.call(just_fits).status_code == 202
    assert len(Hint.objects.get().body) <= 16_384


def test_what_is_kept_of_a_call_has_no_personal_data(hooks: Hooks) -> None:
    body = {"id": "o-1", "details": {"deliver": {"address": {"companyName": "Secret Deli", "address1": "1 Wharf Rd"}}}}
    assert hooks.call(body).status_code == 202
    kept = Hint.objects.get()
    assert (kept.external_id, kept.kind, kept.woke) == ("o-1", "outbound-orders", job_names.RECEIVE_SHIPMENTS)
    assert kept.size == len(json.dumps(body)) and len(kept.digest) == 64
    assert "Secret Deli" not in kept.body and "Wharf" not in kept.body and '"companyName"' in kept.body


def test_under_recurring_calls_are_counted_and_ignored(hooks: Hooks) -> None:
    set_mode(hooks.hub, "recurring")
    assert hooks.call({"id": "1"}).status_code == 202
    assert woken() == set()
    assert (Endpoint.objects.get().received, Endpoint.objects.get().ignored, Hint.objects.get().woke) == (1, 1, "")


def test_a_job_that_is_off_is_not_woken(hooks: Hooks) -> None:
    automations.set_period(
        hooks.hub.channel_id, kind=RunKind.RECEIVE_SHIPMENTS, own_seconds=0, actor="Ada", now=clock.now()
    )
    assert hooks.call({"id": "1"}).status_code == 202
    assert woken() == set()


@pytest.mark.fault("H06")
def test_a_burst_costs_the_far_side_few_looks(hooks: Hooks) -> None:
    assert hooks.call({"id": "1"}).status_code == 202
    hooks.hub.work()
    for number in range(5):
        assert hooks.call({"id": str(number)}).status_code == 202
    assert woken() == set(), "it has just looked"
    due = Schedule.objects.get(job=job_names.RECEIVE_SHIPMENTS).next_at
    assert due is not None and due <= clock.now() + webhooks.BREATH
    Schedule.objects.update(next_at=clock.now())
    upkeep.tend()
    assert job_names.RECEIVE_SHIPMENTS in woken(), "and looks again in a moment, once for all"


def test_a_look_that_fails_is_repeated_before_the_safety_net(hooks: Hooks) -> None:
    assert hooks.hub.far is not None
    hooks.hub.far.weather.fault("search_orders", "status", status=503)
    hooks.hub.receive()
    row = Schedule.objects.get(job=job_names.RECEIVE_SHIPMENTS)
    assert row.ran_state == "failed"
    assert row.next_at is not None and row.next_at <= clock.now() + automations.LOOK_AGAIN_AFTER


def test_a_former_key_works_while_the_new_one_travels(hooks: Hooks) -> None:
    new = webhooks.replace_key(hooks.hub.channel_id, actor="Ada", now=clock.now())
    assert new != hooks.key
    assert hooks.call({"id": "1"}).status_code == 202
    assert hooks.call({"id": "1"}, key=new).status_code == 202
    Endpoint.objects.update(former_until=clock.now())
    assert hooks.call({"id": "1"}).status_code == 404
    assert hooks.call({"id": "1"}, key=new).status_code == 202


def test_a_new_address_stops_the_old_one_at_once(hooks: Hooks) -> None:
    old = hooks.addresses["outbound-orders"]
    new = webhooks.open_endpoint(hooks.hub.channel_id, actor="Ada", now=clock.now())
    assert hooks.call({"id": "1"}, url=old).status_code == hooks.call({"id": "1"}, url=old, key=new).status_code == 404
    assert hooks.call({"id": "1"}).status_code == 404
    assert hooks.call({"id": "1"}, key=new).status_code == 202


def test_neither_key_nor_address_can_be_read_from_the_database(hooks: Hooks) -> None:
    token = hooks.addresses["consignments"].split("/")[-2]
    stored = json.dumps(list(Endpoint.objects.values()), default=str)
    events = json.dumps(list(Event.objects.values()), default=str)
    for secret in (token, hooks.key):
        assert secret not in stored and secret not in events
    keys.encrypt_anew()
    assert hooks.addresses["consignments"].split("/")[-2] == token


def test_a_deleted_channel_is_not_called_any_more(hooks: Hooks) -> None:
    channel_life.delete_channel(channel_id=hooks.hub.channel_id, actor="Ada", now=clock.now())
    assert hooks.call({"id": "1"}).status_code == 404
    assert not Hint.objects.exists()


@pytest.mark.fault("H06")
def test_calls_are_forgotten_by_age_and_by_number(hooks: Hooks) -> None:
    assert hooks.call({"id": "1"}).status_code == 202
    upkeep.tend()
    assert Hint.objects.count() == 1
    Hint.objects.update(received_at=clock.now() - timedelta(days=15))
    upkeep.tend()
    assert Hint.objects.count() == 0
    old = Hint.objects.create(
        channel_id=hooks.hub.channel_id, kind="consignments", received_at=clock.now(), size=1, digest=""
    )
    Hint.objects.bulk_create(
        Hint(channel_id=hooks.hub.channel_id, kind="consignments", received_at=clock.now(), size=1, digest="")
        for _ in range(999)
    )
    Endpoint.objects.update(received=1099)
    assert hooks.call({"id": "1"}).status_code == 202
    assert Hint.objects.count() == 1000 and not Hint.objects.filter(pk=old.pk).exists()


def test_webhook_mode_needs_an_address_and_slows_the_timetable_down(hub: Hub) -> None:
    def periods() -> dict[str, int]:
        return dict(Schedule.objects.values_list("job", "every_seconds"))

    before = periods()
    with pytest.raises(Invalid, match="address and the key") as caught:
        set_mode(hub, "webhook")
    assert caught.value.field == "automation_mode"
    assert Channel.objects.get().automation_mode == "recurring" and periods() == before
    webhooks.open_endpoint(hub.channel_id, actor="Ada", now=clock.now())
    automations.set_period(hub.channel_id, kind=RunKind.RECEIVE_RECEIPTS, own_seconds=900, actor="Ada", now=clock.now())
    set_mode(hub, "webhook")
    assert periods() == {**before, job_names.RECEIVE_SHIPMENTS: 3600, job_names.RECEIVE_RECEIPTS: 900}
    set_mode(hub, "recurring")
    assert periods() == before


@pytest.mark.fault("H09")
def test_a_call_that_cannot_be_kept_is_not_called_kept(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*words: object, **more: object) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(queue, "wake", fail)
    assert hooks.call({"id": "1"}).status_code == 503
    assert hooks.call({"id": "1"}, key="wrong").status_code == 404
    assert not Hint.objects.exists()
    logged = caplog.text
    assert "could not be kept" in logged and "/hooks/" not in logged and "Not Found" not in logged
    assert hooks.addresses["consignments"].split("/")[-2] not in logged
