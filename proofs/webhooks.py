"""Webhook calls that come twice, late, in another order or not at all, and web servers that die while they come.

W3: many orders at once, each a history of events that a far side tells in its own disorder, over real HTTP; whatever
came of the calls, the end is what looking by the timetable alone would have given. W4: a call that was answered with
202 is kept, though the web server is killed in the middle of it; and at 200 calls a second, with no worker about, 99 of
100 are answered within 0.2 seconds and all within one, each counted from when it was due. Between the turns of that the
same calls go to a server that does nothing but to write a row: what this machine can do just now.

    python -m proofs.webhooks                    as `make prove` does
    python -m proofs.webhooks --full             3,000 histories, 200 kills, 60,000 calls at a steady pace
    python -m proofs.webhooks --only W4
"""

import argparse
import http.client
import itertools
import json
import math
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from proofs import fuzz_input

ROOT = Path(__file__).resolve().parent.parent
KIND = "outbound-orders"
DISORDER = {"webhook_double": 0.2, "webhook_reorder": 0.15, "webhook_late": 0.15, "webhook_lose": 0.3}
MOST_TIMES = 20
LOT = 100
"""Orders that the warehouse works on, and calls that are told again, before those on their way have come."""

LATE_SECONDS = 3600
HOUR = timedelta(hours=1)
CALLERS = 16
LONGEST_LIFE = 1.0
FORKS = multiprocessing.get_context("forkserver")
IN_ADVANCE = ["dockline.config.asgi", "dockline.interfaces.cli.processes", "proofs.fuzz_input"]
"""What a web server reads while it starts, which takes longer than it is to live."""

RATE = 200
CALLERS_AT_A_PACE = 64
OURS_SECONDS, FLOOR_SECONDS = 30, 10
SOON_SECONDS, LONGEST_SECONDS = 0.2, 1.0
ANSWERS_WITHIN = 5.0
STARTS_WITHIN = 60.0


# -- W3: disorder -----------------------------------------------------------------------------------------------------


@dataclass
class Told:
    """What came of some histories: how many calls arrived, and what is not as it would be in good order."""

    histories: int
    calls: int = 0
    wrong: list[str] = field(default_factory=list)


def tell_in_disorder(hub: Any, server: str, *, histories: int, seed: int) -> Told:
    """Have so many orders shipped under a storm of webhooks, some calls told again and again, and read the books."""
    from django.db.models import F

    from dockline.domain.channels.models import Channel, Schedule
    from dockline.domain.channels.queries import get_connection
    from dockline.domain.webhooks.models import Endpoint
    from dockline.flows import invariants, webhooks
    from dockline.kit import clock

    key = webhooks.open_endpoint(hub.channel_id, actor="Ada", now=clock.now())
    Channel.objects.update(automation_mode="webhook")
    for kind, address in webhooks.describe(get_connection(hub.channel_id), server=server).addresses:
        if kind.key in ("outbound-orders", "consignments"):
            place = f"/webhooks/{kind.key.replace('-', '_')}"
            hub.far.control._call("PUT", place, {"url": address, "style": "bearer", "secret": key})
    lots = -(-histories // LOT)
    hub.stock(MUG=4 * histories)
    orders = []
    for number in range(histories):
        orders.append(hub.order(f"SO-{number}", MUG=1 + number % 3))
        if len(orders) % LOT == 0 or len(orders) == histories:
            hub.work()
            hub.far.clock.advance(seconds=0)
    with hub.far.weather.storm(DISORDER, seed=seed):
        for stage in ("pick", "pack", "dispatch"):
            for _ in range(lots):
                hub.far.control.post("/crew/step", {"stage": stage, "orders": LOT})
                hub.far.clock.advance(seconds=0)
            _look(hub)
        for _ in range(lots):
            hub.far.clock.advance(seconds=LATE_SECONDS / lots)
    _tell_again(hub, Random(seed), some=min(30, max(3, histories // 10)))
    for _ in range(2):
        # An hour later, by when whatever was not told is looked for.
        Schedule.objects.update(next_at=F("next_at") - HOUR, ran_at=F("ran_at") - HOUR)
        _look(hub)
    told = Told(histories, calls=Endpoint.objects.get().received)
    told.wrong = [f"{one.sentence} {one.examples[:2]}" for one in invariants.list_violations()]
    told.wrong += [f"{order.number}: {books}" for order in orders if (books := _books(order)) != _expected(order)]
    return told


def _tell_again(hub: Any, random: Random, *, some: int) -> None:
    """Some of what was told is told again, up to twenty times, in any order."""
    # The newest, for it keeps a thousand, and each that is told again pushes an old one out.
    known = sorted(one["number"] for one in hub.far.control.get("/webhooks")["deliveries"])[-LOT:]
    again = [
        number for number in random.sample(known, min(some, len(known))) for _ in range(random.randint(1, MOST_TIMES))
    ]
    random.shuffle(again)
    for place, number in enumerate(again, start=1):
        hub.far.control.post(f"/webhooks/deliveries/{number}/redeliver")
        if place % LOT == 0 or place == len(again):
            hub.far.clock.advance(seconds=0)


def _look(hub: Any) -> None:
    from dockline.flows import upkeep

    upkeep.tend()
    hub.work()


def _books(order: Any) -> tuple[Any, ...]:
    from dockline.domain.history.models import Event
    from dockline.domain.orders.models import SalesOrderLine
    from dockline.domain.shipments.models import Package, Shipment

    order.refresh_from_db()
    shipments = Shipment.objects.filter(order=order)
    return (
        order.status,
        [int(one.shipped_quantity) for one in SalesOrderLine.objects.filter(order=order)],
        shipments.count(),
        Package.objects.filter(shipment__order=order).count(),
        Event.objects.filter(kind="shipped", subject_kind="order", subject_id=order.pk).count(),
    )


def _expected(order: Any) -> tuple[Any, ...]:
    """What is in the books of an order that was told of in good order, once: shipped whole, by one shipment."""
    return ("shipped", [1 + int(order.number.removeprefix("SO-")) % 3], 1, 1, 2)


# -- W4: kept means kept ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Called:
    """A channel that may be called, where, and with which key."""

    channel_id: int
    address: str
    key: str
    port: int


def open_channel() -> Called:
    """Have a channel in Webhook mode, and an address of a web server that is still to be started."""
    from django.db import connections
    from tests.domain.conftest import make_shop

    from dockline.domain.channels.models import Channel
    from dockline.domain.channels.queries import get_connection
    from dockline.flows import webhooks
    from dockline.kit import clock

    channel_id = make_shop("Kept").channel.pk
    Channel.objects.filter(pk=channel_id).update(connector="cartoncloud", automation_mode="webhook")
    key = webhooks.open_endpoint(channel_id, actor="Ada", now=clock.now())
    port = _free_port()
    page = webhooks.describe(get_connection(channel_id), server=f"http://127.0.0.1:{port}")
    address = next(address for kind, address in page.addresses if kind.key == KIND)
    connections.close_all()
    return Called(channel_id, address, key, port)


def count_kept(called: Called) -> int:
    """How many calls the hub knows of."""
    from django.db import connections

    from dockline.domain.webhooks.models import Endpoint

    kept = Endpoint.objects.get(channel=called.channel_id).received
    connections.close_all()
    return kept


@dataclass
class Kept:
    """How many calls were answered how, over how many lives of the web server, and what was lost of them."""

    kills: int = 0
    answered: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    lost: int = 0


def kill_the_server(called: Called, kills: int, *, seed: int) -> Kept:
    """Call a real web server from several threads, kill it so many times, and count what was accepted and not kept."""
    kept, random, lock, stop = Kept(), Random(seed), threading.Lock(), threading.Event()
    kept_before = count_kept(called)

    def call(caller: int) -> None:
        for number in range(10**9):
            if stop.is_set():
                return
            status = _call(called.address, called.key, f"{caller}-{number}")
            with lock:
                if status:
                    kept.answered[status] += 1
                else:
                    kept.unanswered += 1
            if status != 202:
                time.sleep(0.05)

    callers = [threading.Thread(target=call, args=(number,), daemon=True) for number in range(CALLERS)]
    for life in range(kills + 1):
        with _forked(called.port) as process:
            if not life:
                for one in callers:
                    one.start()
            before = kept.answered[202]
            end = time.monotonic() + STARTS_WITHIN
            # It dies in the middle of its work, not while it starts; see IN_ADVANCE.
            while kept.answered[202] <= before and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(random.uniform(0.0, LONGEST_LIFE))
            kept.kills += life < kills
            process.kill()
    stop.set()
    for one in callers:
        one.join()
    kept.lost = kept.answered[202] - (count_kept(called) - kept_before)
    return kept


# -- W4: soon ---------------------------------------------------------------------------------------------------------

FLOOR = """
import asyncio, os, sys, threading
import psycopg, uvicorn

mine = threading.local()

def keep(body):
    if not hasattr(mine, "session"):
        mine.session = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        mine.session.execute("CREATE TABLE IF NOT EXISTS floor (body text)")
    mine.session.execute("INSERT INTO floor (body) VALUES (%s)", [body])

async def application(scope, receive, send):
    message = await receive()
    await asyncio.to_thread(keep, message["body"].decode())
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})

uvicorn.run(application, port=int(sys.argv[1]), log_level="error", lifespan="off")
"""


@dataclass
class Pace:
    """How long calls waited for their answer that came at a steady rate, each from when it was due, in seconds."""

    waited: list[float] = field(default_factory=list)
    refused: int = 0

    def within(self, share: float) -> float:
        """So long did this share of them wait at most."""
        return sorted(self.waited)[max(0, math.ceil(len(self.waited) * share) - 1)]

    @property
    def is_soon(self) -> bool:
        return self.within(0.99) <= SOON_SECONDS and self.within(1) < LONGEST_SECONDS

    def __str__(self) -> str:
        middle, most, longest = (f"{self.within(share) * 1000:.0f}" for share in (0.5, 0.99, 1))
        return f"half within {middle} ms, 99 of 100 within {most} ms, all within {longest} ms"


def call_steadily(
    address: str, key: str, pace: Pace, *, seconds: float, rate: int = RATE, callers: int = CALLERS_AT_A_PACE
) -> None:
    """Call so many times a second, whether or not the calls before are answered."""
    numbers, begun = itertools.count(), time.monotonic() + 0.5

    def call() -> None:
        while (number := next(numbers)) < rate * seconds:
            due = begun + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            status = _call(address, key, f"steady-{number}")
            pace.waited.append(time.monotonic() - due)
            pace.refused += status != 202

    threads = [threading.Thread(target=call) for _ in range(callers)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def measure_pace(called: Called, *, turns: int) -> tuple[Pace, Pace, int]:
    """Call the web server and the floor by turns; says how long both took, and how many calls were not kept."""
    ours, floor, port = Pace(), Pace(), _free_port()
    bare = f"http://127.0.0.1:{port}/"
    with _serving(called.port), _running([sys.executable, "-c", FLOOR, str(port)]):
        _await_answer(called.address, called.key)
        _await_answer(bare, "")
        kept_before = count_kept(called)
        for _ in range(turns):
            call_steadily(called.address, called.key, ours, seconds=OURS_SECONDS)
            call_steadily(bare, "", floor, seconds=FLOOR_SECONDS)
    lost = len(ours.waited) - ours.refused - (count_kept(called) - kept_before)
    return ours, floor, max(lost, 0)


def _await_answer(address: str, key: str) -> None:
    """Wait until a server has answered."""
    end = time.monotonic() + STARTS_WITHIN
    while _call(address, key, "first") != 202:
        if time.monotonic() > end:
            raise SystemExit(f"no answer within {STARTS_WITHIN} s")
        time.sleep(0.1)


@contextmanager
def _forked(port: int) -> Iterator[Any]:
    """The web server in a process of its own, by its own command, in which the code is read already."""
    from dockline.interfaces.cli import processes

    FORKS.set_forkserver_preload(IN_ADVANCE)
    process = FORKS.Process(target=processes.web, kwargs={"port": port}, daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _serving(port: int) -> AbstractContextManager["subprocess.Popen[bytes]"]:
    return _running([sys.executable, "-m", "dockline.config.start", "web", "--port", str(port)])


@contextmanager
def _running(command: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _call(address: str, key: str, name: str) -> int:
    """Call once, on a connection of its own; 0 when no answer came."""
    parts = urlsplit(address)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection(parts.netloc, timeout=ANSWERS_WITHIN)) as line:
        try:
            line.request("POST", parts.path, json.dumps({"id": name}), headers)
            answer = line.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


# -- both -------------------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", choices=list(PROOFS))
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.only:
        with fuzz_input.own_database(is_lasting=chosen.only != "W3"):
            return PROOFS[chosen.only](chosen.full, chosen.seed)
    # Each with a database of its own, in a process of its own.
    words = [sys.executable, "-m", "proofs.webhooks", "--seed", str(chosen.seed), *(["--full"] if chosen.full else [])]
    return sum(subprocess.run([*words, "--only", goal], cwd=ROOT, check=False).returncode for goal in PROOFS)


def _prove_disorder(full: bool, seed: int) -> bool:
    from django.conf import settings
    from tests.support.hub import hub_with_cartoncloud
    from tests.support.web_server import running_web

    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    with hub_with_cartoncloud() as hub, running_web() as server:
        told = tell_in_disorder(hub, server, histories=3000 if full else 40, seed=seed)
    print(
        f"W3: {told.histories:,} histories told by {told.calls:,} calls, {len(told.wrong)} wrong; seed {seed}",
        flush=True,
    )
    for one in told.wrong[:10]:
        print("  ", one)
    return bool(told.wrong)


def _prove_kept(full: bool, seed: int) -> bool:
    from django.conf import settings

    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    called = open_channel()
    kept = kill_the_server(called, 200 if full else 5, seed=seed)
    said = ", ".join(f"{count:,} times {status}" for status, count in sorted(kept.answered.items()))
    print(
        f"W4: {kept.kills} kills, answered {said}, {kept.unanswered:,} not at all, {max(kept.lost, 0)} wrong",
        flush=True,
    )
    return kept.lost > 0


def _prove_pace(full: bool, seed: int) -> bool:
    ours, floor, lost = measure_pace(open_channel(), turns=10 if full else 1)
    late = not ours.is_soon
    print(
        f"W4 pace: {len(ours.waited):,} calls at {RATE} a second answered: {ours}; a server that only writes a row:"
        f" {floor}; {ours.refused} refused, {lost} lost, {lost + ours.refused + late} wrong",
        flush=True,
    )
    return lost > 0 or ours.refused > 0 or late


PROOFS: dict[str, Callable[[bool, int], bool]] = {"W3": _prove_disorder, "W4": _prove_kept, "W4 pace": _prove_pace}

if __name__ == "__main__":
    sys.exit(main())
