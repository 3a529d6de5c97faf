"""Measure taking in a stock report against a bare client of the same report, in the same run.

    python bench/inventory.py [--rows 100000] [--small 10000] [--large 300000] [--repeats 3]

The floor is one client that pages the report over one connection, decodes it, copies it into a temporary table and
upserts a table of levels from there. Ours is the flow that a worker runs. Each measurement is a process of its own, on
a database made for it, with the same simulator beside it. Time counts from the moment that the report is there: how
long a warehouse takes to make one says nothing about who waits. Printed are seconds and rows per second of both, how
busy the simulator was, what a second, unchanged report costs and writes, and the peak memory for few and for many rows.
"""

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import psycopg
from psycopg.conninfo import make_conninfo

PAGE_SIZE = 100
RATIO_AT_LEAST, REPEAT_BELOW, GROWTH_BELOW = 0.5, 0.4, 0.2
WRITTEN = ("inventory_level", "inventory_movement", "inventory_drift", "inventory_unmatchedlevel")
WRITTEN += ("inventory_reportedrow", "inventory_reportedpage")
FLOOR = """
CREATE TABLE floor (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sku text NOT NULL UNIQUE, on_hand numeric(20, 6) NOT NULL,
    free numeric(20, 6) NOT NULL, incoming numeric(20, 6) NOT NULL, as_of timestamptz NOT NULL)
"""
UPSERT = """
INSERT INTO floor (sku, on_hand, free, incoming, as_of)
SELECT sku, on_hand, free, incoming, now() FROM page
ON CONFLICT (sku) DO UPDATE SET on_hand = excluded.on_hand, free = excluded.free, incoming = excluded.incoming,
    as_of = excluded.as_of
"""


def main() -> None:
    """Measure, print and judge."""
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(KINDS[sys.argv[2]](json.loads(sys.argv[3]))))
        return
    parser = argparse.ArgumentParser()
    for name, number in (("--rows", 100_000), ("--small", 10_000), ("--large", 300_000), ("--repeats", 3)):
        parser.add_argument(name, type=int, default=number)
    given = parser.parse_args()
    if not os.environ.get("DATABASE_URL"):
        from dockline.kit import postgres

        os.environ["DATABASE_URL"] = postgres.ensure_running(Path(os.environ.get("DOCKLINE_DATA", ".data")).resolve())
    floor, ours = compare(given.rows, given.repeats)
    peaks = [weigh(rows) for rows in (given.small, given.large)]
    verdicts = (
        judge("ratio_to_floor", floor / ours["first"], ">=", RATIO_AT_LEAST),
        judge("repeat_to_first", ours["repeat"] / ours["first"], "<", REPEAT_BELOW),
        judge("rows_written_on_repeat", ours["written"], "<", 1),
        judge("memory_growth", peaks[1] / peaks[0] - 1, "<", GROWTH_BELOW),
    )
    sys.exit(0 if all(verdicts) else 1)


def compare(rows: int, repeats: int) -> tuple[float, dict[str, float]]:
    """Measure both sides in turn, and return the best of each."""
    floors: list[float] = []
    runs: list[dict[str, float]] = []
    with Far(rows) as far:
        for _ in range(repeats):
            floors.append(far.watch("bare client", "floor")["first"])
            runs.append(far.watch("ours", "ours"))
    best = {name: min(run[name] for run in runs) for name in ("first", "repeat")}
    return min(floors), {**best, "written": max(run["written"] for run in runs)}


def weigh(rows: int) -> float:
    """Return the peak memory in MiB of taking in so many rows, twice."""
    with Far(rows) as far:
        return far.watch("ours", "ours")["peak_mib"]


def judge(name: str, figure: float, relation: str, bound: float) -> bool:
    """Print one figure and whether it is good enough."""
    holds = figure >= bound if relation == ">=" else figure < bound
    print(f"{name}: {figure:.2f}  (wanted {relation} {bound:g}: {'holds' if holds else 'FAILS'})", flush=True)
    return holds


class Far:
    """A simulator in a process of its own, with so many products in stock."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def __enter__(self) -> "Far":
        command = [sys.executable, "-m", "cartoncloud_simulator.cli", "serve", "--json", "--port", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        facts = json.loads(self._process.stdout.readline())
        customer = facts["customers"][0]
        self._access = {name: facts[name] for name in ("base_url", "tenant_id", "client_id", "client_secret")}
        self._access |= {"customer_id": customer["id"], "customer_name": customer["name"], "rows": self._rows}
        with httpx2.Client(base_url=f"{facts['base_url']}/_sim", timeout=600, trust_env=False) as control:
            settings = {"outbound_rate_limit_enabled": False, "report_delay_seconds": 0}
            control.patch("/settings", json=settings).raise_for_status()
            for first in range(0, self._rows, 10_000):
                codes = [sku_of(number) for number in range(first, min(first + 10_000, self._rows))]
                products = [{"code": code, "name": f"Product {code}"} for code in codes]
                control.post("/products", json={"customer": customer["id"], "products": products}).raise_for_status()
                stock = [{"code": code, "quantity": 1 + at % 97} for at, code in enumerate(codes)]
                control.post("/stock", json={"customer": customer["id"], "rows": stock}).raise_for_status()
        return self

    def __exit__(self, *failure: object) -> None:
        self._process.terminate()
        self._process.wait()

    def watch(self, name: str, kind: str) -> dict[str, float]:
        """Let a child measure, and print what it took of the simulator."""
        before = processor_seconds(self._process.pid)
        answer = measure(kind, self._access)
        busy = (processor_seconds(self._process.pid) - before) / answer["reports"]
        again = f", again {answer['repeat']:.2f} s" if "repeat" in answer else ""
        print(
            f"{name:11} {self._rows:>7,} rows {answer['first']:6.2f} s{again}, {self._rows / answer['first']:>7,.0f} "
            f"rows/s, peak {answer['peak_mib']:.0f} MiB; the simulator was busy for {busy:.2f} s of each report",
            flush=True,
        )
        return answer


def sku_of(number: int) -> str:
    return f"SKU-{number:07}"


def processor_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(kind: str, access: dict[str, Any]) -> dict[str, float]:
    """Measure in a new process, on a new database."""
    with database() as url, tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "DOCKLINE_DATA": folder,
            "DJANGO_SETTINGS_MODULE": "dockline.config.settings",
        }
        command = [sys.executable, __file__, "--child", kind, json.dumps(access)]
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return answer


@contextmanager
def database() -> Iterator[str]:
    """A database for the time of a block."""
    name, home = f"bench_{uuid.uuid4().hex[:12]}", os.environ["DATABASE_URL"]
    with psycopg.connect(home, autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        try:
            yield make_conninfo(home, dbname=name)
        finally:
            session.execute(f"DROP DATABASE {name}")  # type: ignore[arg-type]


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_floor(access: dict[str, Any]) -> dict[str, float]:
    """Page the report over one connection and upsert it, as durable as ours."""
    credentials = (access["client_id"], access["client_secret"])
    with (
        httpx2.Client(base_url=access["base_url"], timeout=60, trust_env=False) as client,
        psycopg.connect(os.environ["DATABASE_URL"]) as session,
    ):
        answer = client.post("/uaa/oauth/token", data={"grant_type": "client_credentials"}, auth=credentials)
        client.headers |= {"Authorization": f"Bearer {answer.json()['access_token']}", "Accept-Version": "1"}
        session.execute(FLOOR)
        session.commit()
        pages = read_report(client, access)
        first = next(pages)
        started = time.perf_counter()
        rows = upsert(session, itertools.chain([first], pages))
        seconds = time.perf_counter() - started
    assert rows == access["rows"], rows
    return {"first": seconds, "reports": 1, "peak_mib": peak_mib()}


def read_report(client: httpx2.Client, access: dict[str, Any]) -> Iterator[list[Any]]:
    """Ask for the report and read it page by page."""
    path = f"/tenants/{access['tenant_id']}/report-runs"
    parameters = {"pageSize": PAGE_SIZE, "customer": {"id": access["customer_id"]}}
    answer = client.post(path, json={"type": "STOCK_ON_HAND", "parameters": parameters}).raise_for_status()
    run = answer.json()["id"]
    number, pages = 1, 1
    while number <= pages:
        answer = client.get(f"{path}/{run}?page={number}&size={PAGE_SIZE}").raise_for_status()
        page = msgspec.json.decode(answer.content)
        if page["status"] == "IN_PROCESS":
            time.sleep(0.02)
            continue
        pages = int(answer.headers["total-pages"])
        number += 1
        yield page["items"]


def upsert(session: psycopg.Connection, pages: Iterator[list[Any]]) -> int:
    """Copy the pages aside as they come, and upsert all of them at once."""
    rows = 0
    with session.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE page (sku text, on_hand numeric, free numeric, incoming numeric)")
        with cursor.copy("COPY page FROM STDIN") as copy:
            for items in pages:
                for item in items:
                    measures = item["measures"]
                    copy.write_row(
                        (
                            item["details"]["product"]["references"]["code"],
                            measures["quantity"],
                            measures.get("quantityFree", 0),
                            measures.get("quantityIncoming", 0),
                        )
                    )
                rows += len(items)
        cursor.execute(UPSERT)
        session.commit()
    return rows


def run_ours(access: dict[str, Any]) -> dict[str, float]:
    """Take the report in as a worker does, and then once more."""
    channel_id = set_up(access)
    from dockline.connectors.cartoncloud.stock_report import StockReport
    from dockline.flows.inventory import receive
    from dockline.interfaces.jobs import worker

    worker.settle_in()
    ready: list[float] = []
    ask = StockReport.open

    def ask_and_note(report: StockReport, *, by_lot: bool) -> Any:
        pages = ask(report, by_lot=by_lot)
        ready.append(time.perf_counter())
        return pages

    StockReport.open = ask_and_note  # type: ignore[method-assign]
    seconds = []
    writes = []
    for _ in range(2):
        receive.receive_inventory(channel_id, cause="a bench")
        seconds.append(time.perf_counter() - ready[-1])
        writes.append(count_writes())
    with psycopg.connect(os.environ["DATABASE_URL"]) as session:
        ((levels,),) = session.execute("SELECT count(*) FROM inventory_level").fetchall()
    assert levels == access["rows"], levels
    return {
        "first": seconds[0],
        "repeat": seconds[1],
        "written": writes[1] - writes[0],
        "reports": 2,
        "peak_mib": peak_mib(),
    }


def set_up(access: dict[str, Any]) -> int:
    """An account with all the products, and a channel to the simulator."""
    import django

    django.setup()
    from django.core.management import call_command

    from dockline.flows import connection, setup
    from dockline.flows.connection import Draft
    from dockline.kit import clock

    call_command("migrate", verbosity=0)
    account_id = setup.add_account(name="Bench")
    warehouse_id = setup.add_warehouse(name="Bench", account_ids=[account_id])
    values = {
        "api_url": access["base_url"],
        "client_id": access["client_id"],
        "client_secret": access["client_secret"],
        "tenant_id": access["tenant_id"],
        "customer_name": access["customer_name"],
    }
    draft = Draft(account_id, warehouse_id, "cartoncloud", "Bench", values)
    channel_id = connection.connect_channel(draft, options={}, now=clock.now())
    with psycopg.connect(os.environ["DATABASE_URL"]) as session, session.cursor() as cursor:
        cursor.execute(
            "INSERT INTO products_product (account_id, name, created_at) VALUES (%s, 'All', now()) RETURNING id",
            [account_id],
        )
        (product_id,) = cursor.fetchone() or (None,)
        columns = "account_id, product_id, sku, name, base_unit, is_active, created_at, changed_at"
        with cursor.copy(f"COPY products_variant ({columns}) FROM STDIN") as copy:  # type: ignore[arg-type]
            for number in range(access["rows"]):
                sku, now = sku_of(number), clock.now()
                copy.write_row((account_id, product_id, sku, f"Product {sku}", "EA", True, now, now))
        session.commit()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as session:
        session.execute("VACUUM ANALYZE")
    return channel_id


def count_writes() -> int:
    """Rows that were inserted, updated or deleted in what a report changes, since the database was made."""
    time.sleep(1.2)  # The statistics are told within a second.
    with psycopg.connect(os.environ["DATABASE_URL"]) as session:
        query = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables WHERE relname = ANY(%s)"
        ((total,),) = session.execute(query, [list(WRITTEN)]).fetchall()
    return int(total)


KINDS = {"floor": run_floor, "ours": run_ours}


if __name__ == "__main__":
    main()
