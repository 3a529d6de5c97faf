"""Overload in short: what proofs/overload.py does in full, counted the same way."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from dockline.domain.channels.models import Channel, LearnedPace
from dockline.domain.shipments.models import Shipment
from dockline.gateway import runtime
from dockline.kit import clock
from proofs import hanging, overload
from tests.support.hub import Hub, hub_with_cartoncloud

MIB = 2**20


@pytest.fixture
def hub(transactional_db: None) -> Iterator[Hub]:
    with hub_with_cartoncloud() as found:
        yield found


@pytest.mark.fault("N04")
def test_storms_of_429_cost_few_calls_and_none_too_early() -> None:
    assert overload.too_many_requests(10) == []


@pytest.mark.fault("N04")
def test_without_learning_most_calls_are_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overload.Slowdown, "hear_refusal", lambda *_, **__: None)
    assert len(overload.too_many_requests(2)) == 2


@pytest.mark.fault("N04", "C09")
def test_a_worker_that_learns_nothing_of_the_others_calls_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    def early() -> int:
        bucket = overload.Bucket(20.0, burst=41.0, storms=((100.0, 130.0),))
        return overload.pour(bucket, seconds=150.0, seed=6, workers=2, reads_each=1).early_elsewhere

    assert early() == 0
    monkeypatch.setattr(overload.LearnedPace, "hear", lambda *_: None)
    assert early() > 0


@pytest.mark.fault("N04")
def test_of_a_batch_nothing_leaves_while_the_far_side_wants_silence(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.stock(MUG=20)
    monkeypatch.setattr(runtime, "LONGEST_TURN_SECONDS", 0.0)
    script = [
        {"operation": "create_order", "do": "status", "status": 429, "times": 50, "headers": {"Retry-After": "30"}}
    ]
    hub.far.control.post("/faults", {"script": script})
    for number in range(20):
        hub.order(f"SO-{number}", MUG=1)
    hub.work()
    asked = hub.far.control.get("/requests")["POST /outbound-orders"]
    assert set(asked) == {"429"} and 1 <= asked["429"] <= overload.SENDERS, "what had left before, and not the batch"


@pytest.mark.fault("N04", "C09")
def test_a_worker_that_begins_keeps_the_pace_that_another_learned(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.stock(MUG=20)
    hub.order("SO-0", MUG=1)
    hub.work()
    script = [{"operation": "create_order", "do": "status", "status": 429, "headers": {"Retry-After": "1"}}]
    hub.far.control.post("/faults", {"script": script})
    hub.order("SO-1", MUG=1)
    hub.work()
    learned = LearnedPace.objects.get(channel_id=hub.channel_id)
    assert learned.microseconds_between > 0 and learned.quiet_until is not None

    # The silence is over, and a process that knows nothing goes on; it may wait for no turn at all.
    LearnedPace.objects.update(microseconds_between=30_000_000, next_at=None, quiet_until=None)
    Channel.objects.update(retry_at=None)
    Shipment.objects.update(wake_at=clock.now())
    runtime.end_conversations()
    monkeypatch.setattr(runtime, "LONGEST_TURN_SECONDS", 0.0)
    for number in range(2, 12):
        hub.order(f"SO-{number}", MUG=1)
    hub.work()
    assert len(hub.far_orders()) == 2, "one in thirty seconds, and not the batch"


@pytest.mark.fault("N05")
def test_minutes_of_server_errors_cost_few_probes_and_nothing_is_lost(hub: Hub) -> None:
    survived = overload.hour_of_errors(hub, orders=5, seconds=150)
    assert survived.wrong == [] and survived.probes >= 1


def test_what_is_slower_while_channels_hang_is_told_from_noise() -> None:
    noise = [(1.2, 1.0), (0.7, 1.0), (1.0, 1.0), (3.0, 2.0), (1.1, 1.0)]
    slower = [(1.6 * held, calm) for held, calm in noise]
    assert [hanging.Compared("pages", pairs).is_right for pairs in (noise, slower)] == [True, False]


@pytest.mark.fault("N12")
def test_whoever_waits_for_a_drip_is_free_in_time() -> None:
    assert overload.drip(30) == []


@pytest.mark.fault("N13")
def test_what_swells_is_refused_and_takes_no_memory() -> None:
    wrong, _ = overload.swell_apart(32 * MIB)
    assert wrong == []


def test_a_far_side_that_says_nothing_lets_go_of_who_has_left() -> None:
    def others() -> set[threading.Thread]:
        return set(threading.enumerate()) - before

    def await_threads(count: int) -> None:
        deadline = time.monotonic() + 5
        while len(others()) != count:
            assert time.monotonic() < deadline, f"{others()}, not {count}"
            time.sleep(0.01)

    with overload.far_side(overload.DRIPS["silence"]()) as origin, ExitStack() as lines:
        # Those of earlier tests may end meanwhile.
        before, address = set(threading.enumerate()), urlsplit(origin)
        for _ in range(5):
            line = lines.enter_context(socket.create_connection((address.hostname or "", address.port or 0)))
            line.sendall(b"GET / HTTP/1.1\r\n\r\n")
        await_threads(5)
        lines.close()
        await_threads(0)
