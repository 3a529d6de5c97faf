"""Webhook calls that come twice, late, in another order or not at all, and web servers that die while they come.

W3: many orders at once, each a history of events that a far side tells in its own disorder, over real HTTP; whatever
came of the calls, the end is what looking by the timetable alone would have given. W4: a call that was answered with
202 is kept, though the web server is killed in the middle of it.

    python -m proofs.webhooks                    as `make prove` does
    python -m proofs.webhooks --full             1,000 histories, 200 kills
    python -m proofs.webhooks --only W4
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from proofs import fuzz_input

ROOT = Path(__file__).resolve().parent.parent
KIND = "outbound-orders"
DISORDER = {"webhook_double": 0.2, "webhook_reorder": 0.15, "webhook_late": 0.15, "webhook_lose": 0.3}
MOST_TIMES = 20
LATE_SECONDS = 3600
HOUR = timedelta(hours=1)
CALLERS = 4
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
    hub.stock(MUG=4 * histories)
    orders = [hub.order(f"SO-{number}", MUG=1 + number % 3) for number in range(histories)]
    hub.work()
    with hub.far.weather.storm(DISORDER, seed=seed):
        for stage in ("pick", "pack", "dispatch"):
            hub.far.control.post("/crew/step", {"stage": stage, "orders": histories})
            hub.far.clock.advance(seconds=0)
            _look(hub)
        hub.far.clock.advance(seconds=LATE_SECONDS)
    _tell_again(hub, Random(seed), some=max(3, histories // 10))
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
    known = [one["number"] for one in hub.far.control.get("/webhooks")["deliveries"]]
    again = [
        number for number in random.sample(known, min(some, len(known))) for _ in range(random.randint(1, MOST_TIMES))
    ]
    random.shuffle(again)
    for number in again:
        hub.far.control.post(f"/webhooks/deliveries/{number}/redeliver")
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


@dataclass
class Kept:
    """How many calls were answered how, over how many lives of the web server, and what was lost of them."""

    kills: int = 0
    answered: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    lost: int = 0


def kill_the_server(kills: int, *, seed: int) -> Kept:
    """Call a real web server from several threads, kill it so many times, and count what was accepted and not kept."""
    from django.db import connections
    from tests.domain.conftest import make_shop

    from dockline.domain.channels.models import Channel
    from dockline.domain.channels.queries import get_connection
    from dockline.domain.webhooks.models import Endpoint
    from dockline.flows import webhooks
    from dockline.kit import clock

    shop = make_shop("Kept")
    Channel.objects.filter(pk=shop.channel.pk).update(connector="cartoncloud", automation_mode="webhook")
    key = webhooks.open_endpoint(shop.channel.pk, actor="Ada", now=clock.now())
    port = _free_port()
    page = webhooks.describe(get_connection(shop.channel.pk), server=f"http://127.0.0.1:{port}")
    address = next(address for kind, address in page.addresses if kind.key == KIND)
    kept, random, lock, stop = Kept(), Random(seed), threading.Lock(), threading.Event()

    def call(caller: int) -> None:
        for number in range(10**9):
            if stop.is_set():
                return
            status = _call(address, key, {"id": f"{caller}-{number}"})
            with lock:
                if status:
                    kept.answered[status] += 1
                else:
                    kept.unanswered += 1
            if status != 202:
                time.sleep(0.05)

    callers = [threading.Thread(target=call, args=(number,), daemon=True) for number in range(CALLERS)]
    for life in range(kills + 1):
        with _serving(port) as process:
            if not life:
                for one in callers:
                    one.start()
            before = kept.answered[202]
            end = time.monotonic() + STARTS_WITHIN
            # It dies in the middle of its work, not while it starts.
            while kept.answered[202] <= before and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(random.uniform(0.0, 0.5))
            kept.kills += life < kills
            process.kill()
    stop.set()
    for one in callers:
        one.join()
    kept.lost = kept.answered[202] - Endpoint.objects.get(channel=shop.channel).received
    connections.close_all()
    return kept


@contextmanager
def _serving(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "dockline.config.start", "web", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _call(address: str, key: str, body: dict[str, str]) -> int:
    """Call once; 0 when no answer came."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=ANSWERS_WITHIN) as response:
            return int(response.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code
    except OSError:
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
    with fuzz_input.own_database():
        return sum(prove(chosen.full, chosen.seed) for goal, prove in PROOFS.items() if chosen.only in (None, goal))


def _prove_disorder(full: bool, seed: int) -> bool:
    from django.conf import settings
    from tests.support.hub import hub_with_cartoncloud
    from tests.support.web_server import running_web

    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    with hub_with_cartoncloud() as hub, running_web() as server:
        told = tell_in_disorder(hub, server, histories=1000 if full else 40, seed=seed)
    print(
        f"W3: {told.histories:,} histories told by {told.calls:,} calls, {len(told.wrong)} wrong; seed {seed}",
        flush=True,
    )
    for one in told.wrong[:10]:
        print("  ", one)
    return bool(told.wrong)


def _prove_kept(full: bool, seed: int) -> bool:
    kept = kill_the_server(200 if full else 5, seed=seed)
    said = ", ".join(f"{count:,} times {status}" for status, count in sorted(kept.answered.items()))
    print(
        f"W4: {kept.kills} kills, answered {said}, {kept.unanswered:,} not at all, {max(kept.lost, 0)} wrong",
        flush=True,
    )
    return kept.lost > 0


PROOFS: dict[str, Callable[[bool, int], bool]] = {"W3": _prove_disorder, "W4": _prove_kept}

if __name__ == "__main__":
    sys.exit(main())
