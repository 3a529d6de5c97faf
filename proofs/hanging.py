"""F4: half of the channels hang, and nobody else notices: not the work of the others, not the pages, not the API.

One worker, a real web server, and a far side that takes every connection and never says a word. Turns in which it is
asked by all work of the channels behind it alternate with turns in which it is not, and each pair of neighbours is
compared: what a machine does beside this falls on both. The median of the pairs' ratios is asserted.
"""

import asyncio
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from unittest import mock
from uuid import uuid4

from django.db import connections

ROOT = Path(__file__).resolve().parent.parent
MOST_RISE = 1.10
"""What may become of a p95 while half of the channels hang."""
NOISE = 0.15
"""And what is forgiven beyond: on a busy machine of two cores neighbouring turns without any hanging differ by more."""
REQUESTS = 20
PAGES = ("/channels/", "/orders/")
CALLS = ("/api/channels", "/api/sales-orders")
WITHIN_SECONDS = 60.0


@dataclass
class Turn:
    """The seconds that things took in one turn, and how many places hanging work held meanwhile."""

    jobs: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)
    places: int = 0


@dataclass
class Pair:
    """Two neighbouring turns: one while channels hang, one while none does."""

    held: Turn
    calm: Turn


@dataclass
class Compared:
    """One kind of thing, in pairs of neighbouring turns: its p95 while channels hang, and while none does."""

    name: str
    pairs: list[tuple[float, float]]

    @property
    def ratio(self) -> float:
        return median(held / calm for held, calm in self.pairs)

    @property
    def spread(self) -> float:
        """By how much turns without any hanging differ from the next such turn."""
        calm = [one for _, one in self.pairs]
        return median(max(pair) / min(pair) for pair in pairwise(calm)) - 1

    @property
    def is_right(self) -> bool:
        return self.ratio <= MOST_RISE + NOISE


class SilentSide:
    """A far side that accepts every connection and says nothing, until it lets all of them go."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._lock = threading.Lock()
        self._held: list[socket.socket] = []
        self._is_silent = False
        self.most_held = 0
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self) -> None:
        with self._lock:
            self._is_silent, self.most_held = True, 0

    def let_go(self) -> None:
        with self._lock:
            self._is_silent = False
            while self._held:
                self._held.pop().close()

    def close(self) -> None:
        self.let_go()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with self._lock:
                    if not self._is_silent:
                        connection.close()
                        continue
                    self._held.append(connection)
                    self.most_held = max(self.most_held, len(self._held))


def compare(channels: int, *, hanging: int, pairs: int, most_pairs: int) -> tuple[list[Compared], list[str]]:
    """Measure in pairs of turns, and say what is wrong: slower, or places that hanging work should not hold.

    What is too slow after so many pairs is measured on, up to `most_pairs`: noise evens out, a fault does not.
    """
    from dockline.flows import lanes
    from dockline.interfaces.jobs.worker import JOBS_AT_A_TIME

    far = SilentSide()
    taken: list[Pair] = []
    try:
        healthy, stuck = _make_channels(channels - hanging), _make_channels(hanging, far.origin)
        with _web_server() as web, _working(healthy) as ask:
            while len(taken) < pairs or (len(taken) < most_pairs and not all(one.is_right for one in _sum_up(taken))):
                # A pair begins now with the one, now with the other: what only drifts cancels out.
                if len(taken) % 2:
                    calm = _take_turn(far, (), ask, web)
                    taken.append(Pair(_take_turn(far, stuck, ask, web), calm))
                else:
                    held = _take_turn(far, stuck, ask, web)
                    taken.append(Pair(held, _take_turn(far, (), ask, web)))
    finally:
        far.close()
    found = _sum_up(taken)
    wrong = [f"the p95 of {one.name} is {one.ratio:.2f} of what it is without" for one in found if not one.is_right]
    if places := {pair.held.places for pair in taken} - {JOBS_AT_A_TIME[lanes.TROUBLED]}:
        wrong.append(f"hanging work held {sorted(places)} places")
    if short := sum(len(turn.jobs) != channels - hanging for pair in taken for turn in (pair.held, pair.calm)):
        wrong.append(f"in {short} turns some work waited for work that hangs")
    return found, wrong


def _sum_up(taken: Sequence[Pair]) -> list[Compared]:
    return [
        Compared("others' work", [(_p95(pair.held.jobs), _p95(pair.calm.jobs)) for pair in taken]),
        Compared("pages", [(_p95(pair.held.pages), _p95(pair.calm.pages)) for pair in taken]),
        Compared("API", [(_p95(pair.held.calls), _p95(pair.calm.calls)) for pair in taken]),
    ]


def _p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


def _make_channels(many: int, address: str = "") -> list[int]:
    """Channels of accounts of their own; with an address they speak to it, and are known to hang."""
    from tests.domain.conftest import make_shop

    from dockline.domain.channels import operations
    from dockline.domain.channels.models import Channel
    from dockline.kit import clock

    shops = [make_shop(f"{'Hanging' if address else 'Shop'} {number}").channel for number in range(many)]
    if not address:
        return [one.pk for one in shops]
    made = []
    for shop in shops:
        Channel.objects.filter(pk=shop.pk).delete()
        made.append(
            operations.connect_channel(
                account_id=shop.account_id,
                warehouse_id=shop.warehouse_id,
                connector="cartoncloud",
                name=shop.name,
                plain={"api_url": address, "client_id": "one", "tenant_id": str(uuid4()), "customer_name": "One"},
                secrets={"client_secret": "a secret"},
                options={},
                actor="a proof",
                now=clock.now(),
            )
        )
        operations.note_failure(made[-1], reason="silence", asked_seconds=None, now=clock.now())
    return made


def _take_turn(
    far: SilentSide, stuck: Sequence[int], ask: Callable[[], list[float]], web: Callable[[str], float]
) -> Turn:
    """Let all of the stuck ask first, and measure once they hold all the places they can get."""
    from dockline.domain.channels.models import Channel
    from dockline.flows import job_names, lanes
    from dockline.interfaces.jobs.worker import JOBS_AT_A_TIME
    from dockline.kit.queue import port as queue

    turn = Turn()
    Channel.objects.filter(pk__in=stuck).update(retry_at=None)
    far.fall_silent()
    for channel_id in stuck:
        queue.wake(job_names.RECEIVE_SHIPMENTS, channel_id)
    if stuck:
        _wait_until(lambda: far.most_held >= JOBS_AT_A_TIME[lanes.TROUBLED])
    turn.jobs = ask()
    for number in range(REQUESTS):
        turn.pages.append(web(PAGES[number % len(PAGES)]))
        turn.calls.append(web(CALLS[number % len(CALLS)]))
    turn.places = far.most_held
    _forget_what_waits()
    far.let_go()
    _wait_until(lambda: not _is_any_left())
    return turn


def _forget_what_waits() -> None:
    """What still waits behind the hanging work would only hang as well."""
    with connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")
        cursor.execute("DELETE FROM queue_wakeup")


def _is_any_left() -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))")
        row = cursor.fetchone()
    return bool(row and row[0])


def _wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError("nothing happens any more")
        time.sleep(0.02)


@contextmanager
def _working(healthy: Sequence[int]) -> Iterator[Callable[[], list[float]]]:
    """One worker for the time of a block; what is yielded asks for work on each healthy channel, and says the waits."""
    from dockline.flows import job_names
    from dockline.interfaces.jobs.worker import JOBS_AT_A_TIME
    from dockline.kit.queue import engine
    from dockline.kit.queue import port as queue

    asked, waited, lock, ready = dict[int, float](), list[float](), threading.Lock(), threading.Event()

    def work(channel_id: int) -> None:
        began = time.monotonic()
        time.sleep(0.01)
        with lock:
            waited.append(began - asked[channel_id])
            if len(waited) == len(healthy):
                ready.set()

    def ask() -> list[float]:
        ready.clear()
        waited.clear()
        for channel_id in healthy:
            asked[channel_id] = time.monotonic()
            queue.wake(job_names.EXPORT_SHIPMENTS, channel_id)
        ready.wait(WITHIN_SECONDS)
        with lock:
            return list(waited)

    def run() -> None:
        asyncio.run(go_on())

    stop = threading.Event()

    async def go_on() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(sum(JOBS_AT_A_TIME.values()) + 2))
        working = asyncio.create_task(engine.work(JOBS_AT_A_TIME))
        while not stop.is_set() and not working.done():
            await asyncio.sleep(0.1)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working

    worker = threading.Thread(target=run, daemon=True)
    with mock.patch.dict(queue._handlers, {job_names.EXPORT_SHIPMENTS: work}):
        worker.start()
        try:
            yield ask
        finally:
            stop.set()
            worker.join(WITHIN_SECONDS)


@contextmanager
def _web_server() -> Iterator[Callable[[str], float]]:
    """The product's own web server over this database; what is yielded asks it and says how many seconds it took."""
    from django.test import Client
    from django.utils import timezone

    from dockline.domain.accounts.models import User
    from dockline.flows import api_keys
    from dockline.interfaces.cli import processes

    processes.migrate()
    person = Client()
    person.force_login(User.objects.create_user("proof", password=str(uuid4())))
    key = api_keys.add_key(name="proof", account_id=None, actor="a proof", now=timezone.now()).key
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in person.cookies.items())
    port = processes.find_free_port("127.0.0.1", 8100)
    command = [sys.executable, "-m", "dockline.config.start", "web", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ)
    try:
        _wait_until(lambda: _is_served(port))
        ask = partial(_ask, port, {"Cookie": cookie, "Authorization": f"Bearer {key}"})
        for address in (*PAGES, *CALLS):
            ask(address)
        yield ask
    finally:
        server.terminate()
        server.wait(WITHIN_SECONDS)


def _is_served(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _ask(port: int, headers: Mapping[str, str], address: str) -> float:
    """Ask for a page on a connection of its own, and say how many seconds it took."""
    began = time.monotonic()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=WITHIN_SECONDS)) as connection:
        connection.request("GET", address, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
    if answer.status != 200:
        raise AssertionError(f"{address} answered {answer.status}")
    return time.monotonic() - began
