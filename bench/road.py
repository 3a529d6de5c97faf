"""Measure export against a bare client in the same run: the same bodies, the same simulator, the same database.

    python bench/road.py [--orders 600]

The floor is one asynchronous client that posts the bodies one by one and stores each id in PostgreSQL. Ours is the
real worker process, which besides commits intents, compares the echo, keeps the exchange and writes history. Printed
are orders per second of both, their ratio, the processor time of the worker and of the bare client for an order, which
says more than the ratio where other work shares the machine, and the worker's peak memory for a tenth of the orders
and for all.
Uses the real book where it is present (see proofs/road.py), else it says so and stops.
"""

import argparse
import asyncio
import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from proofs import road as walked

REPEATS = 3
ROOT = walked.HERE.parent / ".data" / "bench-road"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=600)
    given = parser.parse_args()
    if not walked.BOOK.exists():
        print(f"skipped: there is no order book at {walked.BOOK.name}; see proofs/README.md.")
        return
    peaks = {orders: measure(orders) for orders in (given.orders // 10, given.orders)}
    small, large = peaks.values()
    print(f"memory of the worker: {small} MiB for {given.orders // 10} orders, {large} MiB for {given.orders}")
    print(f"growth: {large / small - 1:+.1%}")


def measure(orders: int) -> int:
    """Send some orders through the worker, then the same bodies through the bare client; return the worker's peak."""
    with walked.cut(walked.BOOK, orders) as book, walked.everything(ROOT) as road:
        walked.set_up(road, per_minute=0)
        for kind in ("receive_shipments", "receive_inventory"):
            road.dockline("channel", "rhythm", "Leicester", kind, "0")
        walked.import_book(road, book)
        seed_twice(road)
        prepare(road)
        ours, busy, peak = run_worker(road)
        bodies = read_bodies(road)
        idle = time.process_time()
        best = max(asyncio.run(post_bare(road, bodies, attempt)) for attempt in range(REPEATS))
        bare = (time.process_time() - idle) / REPEATS
        print(
            f"{len(bodies)} orders: bare client {best:.1f}/s (best of {REPEATS}), worker {ours:.1f}/s, "
            f"ratio {ours / best:.2f}; processor time for an order: bare client {bare / len(bodies) * 1000:.1f} ms, "
            f"worker {busy / len(bodies) * 1000:.1f} ms"
        )
        return peak


def seed_twice(road: walked.Road) -> None:
    """Stock for the worker's orders and for every repetition of the bare client's."""
    walked.SCARCE_STOCK = walked.Decimal(1)
    for _ in range(REPEATS + 1):
        walked.seed(road)


def prepare(road: walked.Road) -> None:
    """Let a worker do everything but send: products, stock, allocation; the channel's rest keeps the sending back."""
    with worker(road):
        road.dockline("sync", "Leicester", "export_products")
        wait_until(road, "SELECT count(*) = (SELECT count(*) FROM products_variant) FROM exchanges_link")
        road.dockline("sync", "Leicester", "receive_inventory")
        wait_until(road, "SELECT count(*) > 0 FROM inventory_level")
    with psycopg.connect(road.database, autocommit=True) as session:
        # Allocation goes on while the channel is paused, sending does not.
        session.execute("UPDATE channels_channel SET state = 'paused', state_reason = 'bench'")
    with worker(road):
        wait_until(road, "SELECT count(*) = 0 FROM orders_salesorder WHERE wake_at IS NOT NULL")


def run_worker(road: walked.Road) -> tuple[float, float, int]:
    """Open the gate and measure from the first intent to the last answer, by the database's clock.

    Returns orders per second, the worker's processor seconds and its peak memory in MiB.
    """
    with worker(road) as process:
        time.sleep(2)
        before = processor_seconds(process.pid)
        road.dockline("channel", "resume", "Leicester")
        wait_until(road, "SELECT count(*) = 0 FROM shipments_shipment WHERE dispatch <> 'confirmed'")
        busy = processor_seconds(process.pid) - before
        match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
        assert match is not None
    (count, seconds), *_ = road.ask(
        "SELECT count(*), extract(epoch FROM max(finished_at) - min(intended_at)) FROM exchanges_exchange "
        "WHERE kind = 'export_shipment'"
    )
    return int(str(count)) / float(str(seconds)), busy, int(match.group(1)) // 1024


def processor_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class worker:
    """A worker process for the time of a block."""

    def __init__(self, road: walked.Road) -> None:
        self._road = road

    def __enter__(self) -> "subprocess.Popen[bytes]":
        self._process = subprocess.Popen([*walked.COMMAND, "worker"], env=self._road.environment)
        return self._process

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(40)


def wait_until(road: walked.Road, query: str, *, seconds: float = 600) -> None:
    """Ask again and again, over one connection: to open one each time would take from what is measured."""
    deadline = time.monotonic() + seconds
    with psycopg.connect(road.database, autocommit=True) as session:
        while session.execute(query.encode()).fetchall() != [(True,)]:
            if time.monotonic() > deadline:
                raise SystemExit(f"did not come true in {seconds} s: {query}")
            time.sleep(0.1)


def read_bodies(road: walked.Road) -> list[dict[str, object]]:
    """What the worker sent. Addresses are masked in what is kept, which makes no difference to either side."""
    rows = road.ask("SELECT request FROM exchanges_call WHERE method = 'POST' AND url LIKE '%%/outbound-orders'")
    return [json.loads(str(row[0])) for row in rows]


async def post_bare(road: walked.Road, bodies: list[dict[str, object]], attempt: int) -> float:
    """Post the bodies one by one, each id stored as soon as it is there. Returns orders per second."""
    access = road.simulator.access
    basic = base64.b64encode(f"{access['client_id']}:{access['client_secret']}".encode()).decode()
    async with (
        httpx2.AsyncClient(base_url=access["base_url"], trust_env=False) as client,
        await psycopg.AsyncConnection.connect(road.database, autocommit=True) as session,
    ):
        token = await client.post(
            "/uaa/oauth/token",
            headers={"Authorization": f"Basic {basic}"},
            data={"grant_type": "client_credentials"},
        )
        headers = {"Authorization": f"Bearer {token.json()['access_token']}", "Accept-Version": "1"}
        await session.execute("CREATE TABLE IF NOT EXISTS bench_bare (reference text, external_id text)")
        started = time.monotonic()
        for number, body in enumerate(bodies):
            reference = f"BARE-{attempt}-{number}"
            said = {**body, "references": {"customer": reference}}
            answer = await client.post(f"/tenants/{access['tenant_id']}/outbound-orders", json=said, headers=headers)
            assert answer.status_code == 201, answer.text
            await session.execute("INSERT INTO bench_bare VALUES (%s, %s)", (reference, answer.json()["id"]))
        return len(bodies) / (time.monotonic() - started)


if __name__ == "__main__":
    main()
