"""Far sides that are overloaded, broken, hang, drip or swell, and what that costs: calls, places of workers, memory.

Counted, not timed, where that can be: F2 pours orders into a bucket of tokens in pretended time, F3 lets the hub live
through an hour of server errors on a pretended clock. F4 compares by turns (proofs/hanging.py). F5 and F6 need real
sockets, and F6 a process of its own.

    python -m proofs.overload                    as `make prove` does
    python -m proofs.overload --full             10,000 orders through the hour of errors, 1 GiB of answer
    python -m proofs.overload --only F5          one of them
"""

import argparse
import heapq
import http.client
import os
import resource
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock
from weakref import WeakSet

from dockline.connectors.contract.errors import ConnectorError, NotReached, Unreadable
from dockline.connectors.contract.runtime import HttpResponse
from dockline.connectors.toolkit import json
from dockline.connectors.toolkit.redaction import Redactor
from dockline.domain.channels.slowdown import LearnedPace, Shared, Slowdown
from dockline.gateway.http import MAX_BYTES, HttpDoor
from proofs import fuzz_input

ROOT = Path(__file__).resolve().parent.parent
SENDERS, BATCH = 4, 40
WAITS_AT_LEAST = 1.0
MOST_CALLS = 1.1
"""Calls for each that was needed, in a storm of 429."""
LEAST_SHARE = 0.9
"""Of the allowed rate, a minute after a storm."""
PROBES_APART = 30
OPEN_WITHIN = 120
TICK = 15
DRIP_DEADLINE = 0.3
MOST_GROWTH = 32 * 1024 * 1024


# -- F2: too many requests --------------------------------------------------------------------------------------------


@dataclass
class Bucket:
    """A far side that accepts so many a second and some at once, and in a storm none at all."""

    rate: float
    burst: float
    storms: tuple[tuple[float, float], ...] = ()
    tokens: float = 0.0
    filled_at: float = 0.0

    def answer(self, now: float) -> float:
        """Accept, or say how long to wait."""
        self.tokens = min(self.burst, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        for begins, ends in self.storms:
            if begins <= now < ends:
                return max(ends - now, WAITS_AT_LEAST)
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return max((1 - self.tokens) / self.rate, WAITS_AT_LEAST)


@dataclass
class Poured:
    """What came of pouring orders into a bucket."""

    calls: int = 0
    early: int = 0
    early_elsewhere: int = 0
    accepted: list[float] = field(default_factory=list)

    @property
    def calls_each(self) -> float:
        return self.calls / len(self.accepted)

    def share_of(self, rate: float, *, begins: float, ends: float) -> float:
        """How much of the allowed rate was used in this time."""
        return sum(begins <= at < ends for at in self.accepted) / (rate * (ends - begins))


class Clock:
    """The moment it is, and what all workers have learned by it: the database, in pretended time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.kept = Slowdown()

    def read(self) -> tuple[Slowdown, float]:
        return self.kept, self.now

    @contextmanager
    def change(self) -> Iterator[tuple[Slowdown, float]]:
        yield self.kept, self.now


def pour(bucket: Bucket, *, seconds: float, seed: int, workers: int, reads_each: int) -> Poured:
    """Send as `gateway/runtime.py` does for as long as orders never end.

    One worker has a sender for each thread of an export, the others have one each. With every so many of its calls a
    worker reads whether the others have learned something.
    """
    random, database, poured = Random(seed), Clock(), Poured()
    paces = [LearnedPace(Shared(database.read, database.change), now=lambda: database.now) for _ in range(workers)]
    made = [0] * workers
    places = count()
    heap = [(0.0, next(places), sender // SENDERS, "free", 0.0) for sender in range(SENDERS + workers - 1)]
    heard_until = [0.0] * workers
    while heap and heap[0][0] < seconds:
        database.now, _, worker, what, wait = heapq.heappop(heap)
        now, pace = database.now, paces[worker]
        after, then = 0.0, "free"
        if what == "free" or (what == "leave" and wait and pace.is_quiet()):
            if what == "free":
                if made[worker] % reads_each == 0:
                    pace.hear(database.kept.between)
                made[worker] += 1
            after, then = pace.take_turn(), "leave"
            wait = after
        elif what == "leave":
            poured.calls += 1
            # What had left before the refusal was heard could not know of it.
            poured.early += now < heard_until[worker]
            poured.early_elsewhere += now < max(heard_until)
            after, then, wait = random.uniform(0.02, 0.2), "hear", bucket.answer(now)
        elif wait:
            pace.hear_refusal(wait)
            heard_until[worker] = max(heard_until[worker], now + wait)
        else:
            pace.hear_answer()
            poured.accepted.append(now)
        heapq.heappush(heap, (now + after, next(places), worker, then, wait))
    return poured


def too_many_requests(seeds: int) -> list[str]:
    """F2: nothing leaves before the time that was asked for, few calls are for nothing, and the rate comes back.

    Two workers share what they learn. Where a pace is agreed, each reads it with every call, and neither calls too
    early; where none is, it is read with each batch, and only who was refused is sure to be silent.
    """
    wrong = []
    for seed in range(seeds):
        rate = Random(seed).choice((1.0, 2.0, 5.0, 10.0, 20.0))
        storms, is_agreed = ((100.0, 130.0), (400.0, 460.0)), seed % 2 == 0
        bucket = Bucket(rate, burst=2 * rate + 1, storms=storms)
        poured = pour(bucket, seconds=700.0, seed=seed, workers=2, reads_each=1 if is_agreed else BATCH)
        share = min(poured.share_of(rate, begins=ends + 60, ends=ends + 120) for _, ends in storms)
        what = f"seed {seed}: {rate:g}/s, {poured.calls_each:.3f} calls each, {share:.0%} a minute after a storm"
        early = poured.early_elsewhere if is_agreed else poured.early
        if early or poured.calls_each > MOST_CALLS or share < LEAST_SHARE:
            wrong.append(f"{what}, {early} too early")
    return wrong


# -- F3: an hour of server errors -------------------------------------------------------------------------------------


@dataclass
class Outage:
    """The weather at the door, on a pretended clock, and every request that came there."""

    begun: datetime
    seconds: float = 0.0
    is_down: bool = False
    requests: list[tuple[float, bool]] = field(default_factory=list)
    under_way: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> datetime:
        return self.begun + timedelta(seconds=self.seconds)


@contextmanager
def _weather(outage: Outage) -> Iterator[None]:
    from dockline.kit import clock

    pass_on = HttpDoor._exchange

    def exchange(door: HttpDoor, attempt: Any) -> HttpResponse:
        with outage.lock:
            outage.requests.append((outage.seconds, outage.is_down))
            outage.under_way += 1
            outage.most_at_once = max(outage.most_at_once, outage.under_way)
        try:
            if outage.is_down:
                attempt.status = 503
                return HttpResponse(503, {}, b"")
            return pass_on(door, attempt)
        finally:
            with outage.lock:
                outage.under_way -= 1

    with mock.patch.object(HttpDoor, "_exchange", exchange), mock.patch.object(clock, "now", outage.now):
        yield


@dataclass
class Survived:
    """What came of an hour of server errors."""

    orders: int
    probes: int
    wrong: list[str]


def hour_of_errors(hub: Any, *, orders: int, seconds: int = 3600) -> Survived:
    """F3: a channel that fails is asked once in half a minute, and all goes again soon after, without a herd."""
    from dockline.domain.shipments.models import Shipment
    from dockline.flows.outbound import export
    from dockline.kit import clock

    hub.stock(MUG=2 * orders + 2)
    first = hub.order("SO-0", MUG=1)
    hub.work()
    assert hub.shipments(first)[0].dispatch == "confirmed", "its product is known there"
    outage = Outage(clock.now(), is_down=True)
    with _weather(outage):
        for number in range(1, orders + 1):
            hub.order(f"SO-{number}", MUG=1)
        _live(hub, outage, until=seconds)
        outage.is_down, outage.most_at_once = False, 0
        _live(hub, outage, until=seconds + OPEN_WITHIN)
        waiting = Shipment.objects.exclude(dispatch="confirmed").count()
    asked = sorted({at for at, was_down in outage.requests if was_down and at > 60})
    wrong = []
    if any(later - earlier < PROBES_APART for earlier, later in pairwise(asked)):
        wrong.append(f"asked again within {PROBES_APART} s")
    if len(asked) < seconds // 120:
        wrong.append(f"asked {len(asked)} times only: nobody would notice that it is well again")
    most = max(Counter(at for at, was_down in outage.requests if was_down and at > 60).values(), default=0)
    if most > 2:
        wrong.append(f"{most} requests for one probe")
    if waiting:
        wrong.append(f"{waiting} orders still wait {OPEN_WITHIN} s after the end")
    if outage.most_at_once > export.THREADS:
        wrong.append(f"{outage.most_at_once} at once")
    there = Counter(one["reference"] for one in hub.far_orders())
    if len(there) != orders + 1 or max(there.values()) > 1:
        wrong.append(f"{len(there)} of {orders + 1} there, {max(there.values())} times")
    return Survived(orders, len(asked), wrong)


def _live(hub: Any, outage: Outage, *, until: int) -> None:
    from dockline.flows import upkeep

    while outage.seconds < until:
        outage.seconds += TICK
        upkeep.tend()
        hub.work()


# -- F5 and F6: answers that drip, and answers that swell -------------------------------------------------------------


@contextmanager
def far_side(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A bare socket that answers every connection so, until the other side has had enough."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    stop = threading.Event()

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.recv(65536)
            while not stop.is_set() and not _has_gone(connection):
                answer(connection)

    def accept() -> None:
        with suppress(OSError):
            while not stop.is_set():
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _has_gone(connection: socket.socket) -> bool:
    """Whether the other side has closed: the silent ones would not notice, and thousands hold up the process."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False


def _open_door(origin: str, *, deadline: float) -> HttpDoor:
    return HttpDoor(allowed_origin=origin, redactor=Redactor((), ()), deadline_seconds=deadline)


def _drip(head: bytes, drop: bytes, every: float) -> Callable[[socket.socket], None]:
    known = WeakSet[socket.socket]()

    def answer(connection: socket.socket) -> None:
        if connection not in known:
            known.add(connection)
            connection.sendall(head)
        connection.sendall(drop)
        time.sleep(every)

    return answer


DRIPS: dict[str, Callable[[], Callable[[socket.socket], None]]] = {
    "a byte at a time": lambda: _drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"a", 0.05),
    "endless headers": lambda: _drip(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n", 0.05),
    "silence": lambda: _drip(b"", b"", 0.05),
}


def drip(calls: int, *, at_once: int = 50) -> list[str]:
    """F5: whoever calls is free within the deadline and a second, each time."""
    wrong: list[str] = []
    for name, answer in DRIPS.items():
        with far_side(answer()) as origin, _open_door(origin, deadline=DRIP_DEADLINE) as door:

            def call(number: int, door: HttpDoor = door, origin: str = origin, name: str = name) -> None:
                began = time.monotonic()
                try:
                    door.send("GET", f"{origin}/{number}", headers={})
                    wrong.append(f"{name}: an answer")
                except NotReached:
                    pass
                if time.monotonic() - began > DRIP_DEADLINE + 1:
                    wrong.append(f"{name}: held for {time.monotonic() - began:.1f} s")

            with ThreadPoolExecutor(min(at_once, calls)) as pool:
                list(pool.map(call, range(calls // len(DRIPS) + 1)))
    return wrong


def _swell(head: str, piece: bytes, pieces: int) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{head}\r\n".encode())
        for _ in range(pieces):
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")

    return answer


def _bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(size // 2**20)) + packer.flush()


def swell(size: int) -> list[str]:
    """F6, in this process: answers of so many bytes, bombs that unpack to as many, and JSON of endless depth.

    Says what was not refused in our words, and how much the memory has grown beyond one answer of the allowed size.
    """
    deep = b"[" * 100_000
    wrong = []
    answers = {
        "as large as may be": _swell("", bytes(65536), MAX_BYTES // 65536),
        "a huge body": _swell("", bytes(65536), size // 65536),
        "a bomb": _swell("Content-Encoding: gzip\r\n", _bomb(size), 1),
        "deep JSON": _swell("", deep, 1),
    }
    before = 0
    for name, answer in answers.items():
        with far_side(answer) as origin, _open_door(origin, deadline=30.0) as door:
            try:
                response = door.send("GET", origin, headers={})
                json.read_tree(response.body)
                wrong.append(f"{name}: read")
            except Unreadable:
                pass
            except (ConnectorError, RecursionError, http.client.HTTPException) as error:
                wrong.append(f"{name}: {type(error).__name__}: {error}")
        before = before or _memory()
    growth = _memory() - before
    if growth > MOST_GROWTH:
        wrong.append(f"memory +{growth / 2**20:.0f} MiB")
    print(f"memory +{max(growth, 0) / 2**20:.0f} MiB", flush=True)
    return wrong


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def swell_apart(size: int) -> tuple[list[str], str]:
    """The same in a process of its own, whose memory is nobody else's."""
    ended = subprocess.run(
        [sys.executable, "-m", "proofs.overload", "--swell", str(size)],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    *wrong, memory = (ended.stdout.strip() or ended.stderr.strip()[-300:]).splitlines()
    return wrong, memory


# -- all of it --------------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", choices=["F2", "F3", "F4", "F5", "F6"])
    parser.add_argument("--swell", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.swell:
        wrong = swell(chosen.swell)
        print("\n".join(wrong), end="\n" if wrong else "")
        return bool(wrong)
    if chosen.only in WITH_A_DATABASE:
        with fuzz_input.own_database():
            return _say(WITH_A_DATABASE[chosen.only](chosen.full))
    failed = sum(_say(prove(chosen.full)) for goal, prove in PROOFS.items() if chosen.only in (None, goal))
    if chosen.only is None:
        failed += sum(_prove_apart(goal, full=chosen.full) for goal in WITH_A_DATABASE)
    return bool(failed)


def _say(wrong: Sequence[str]) -> bool:
    for one in wrong:
        print("  ", one, flush=True)
    return bool(wrong)


def _prove_apart(goal: str, *, full: bool) -> bool:
    """In a process and a database of its own, in which nothing of another proof is still to be done."""
    command = [sys.executable, "-m", "proofs.overload", "--only", goal, *(["--full"] if full else [])]
    return subprocess.run(command, cwd=ROOT, check=False).returncode != 0


def _prove_429(full: bool) -> list[str]:
    seeds = 1000 if full else 100
    wrong = too_many_requests(seeds)
    print(f"F2: {seeds} channels of two workers in storms of 429, {len(wrong)} wrong", flush=True)
    return wrong


def _prove_errors(full: bool) -> list[str]:
    from tests.support.hub import hub_with_cartoncloud

    with hub_with_cartoncloud() as hub:
        survived = hour_of_errors(hub, orders=10_000 if full else 100)
    print(
        f"F3: an hour of errors with {survived.orders:,} orders waiting, {survived.probes} probes,"
        f" {len(survived.wrong)} wrong",
        flush=True,
    )
    return survived.wrong


def _prove_hanging(full: bool) -> list[str]:
    from proofs import hanging

    pairs = 15 if full else 5
    compared, wrong = hanging.compare(100, hanging=50, pairs=pairs, most_pairs=2 * pairs)
    ratios = ", ".join(f"{one.name} {one.ratio:.2f} (calm turns differ by {one.spread:.0%})" for one in compared)
    most = hanging.MOST_RISE + hanging.NOISE
    print(
        f"F4: 50 of 100 channels hang; p95 with to without, median of {len(compared[0].pairs)} pairs: {ratios};"
        f" at most {most:.2f}, which is {hanging.MOST_RISE:.2f} and {hanging.NOISE:.2f} for noise, {len(wrong)} wrong",
        flush=True,
    )
    return wrong


def _prove_drips(full: bool) -> list[str]:
    calls = 3000 if full else 1000
    wrong = drip(calls)
    print(f"F5: {calls:,} answers that drip, have no end or never come, {len(wrong)} wrong", flush=True)
    return wrong


def _prove_swelling(full: bool) -> list[str]:
    size = 2**30 if full else 2**27
    wrong, memory = swell_apart(size)
    print(
        f"F6: {size / 2**20:,.0f} MiB, a bomb of as many, JSON 100,000 deep: {memory}, {len(wrong)} wrong", flush=True
    )
    return wrong


PROOFS: dict[str, Callable[[bool], list[str]]] = {
    "F2": _prove_429,
    "F5": _prove_drips,
    "F6": _prove_swelling,
}
WITH_A_DATABASE: dict[str, Callable[[bool], list[str]]] = {"F3": _prove_errors, "F4": _prove_hanging}

if __name__ == "__main__":
    sys.exit(main())
