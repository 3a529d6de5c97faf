"""The road: a real order book travels from a file to a simulated CartonCloud warehouse and back, and the books balance.

Drives the product through its doors only (the `dockline` command, its processes, the database read-only) and the
simulator through its control plane, then lets `verify_ledger.py` judge. Skips with a message when the book is absent.

    python proofs/road.py                  the whole book, undisturbed
    python proofs/road.py --trouble        the same, while worker, database and simulator are killed in turn
    python proofs/road.py --paced 35       a few orders under the 30-a-minute limit: not one 429 may be seen
    python proofs/road.py --orders 300     the first orders of the book only
"""

import argparse
import csv
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import psycopg

HERE = Path(__file__).resolve().parent
BOOK = HERE.parent.parent / "shared" / "data" / "online-retail-2010-12_2011-01.csv.gz"
ACCOUNT, WAREHOUSE = "Online Retail", "Leicester"
COMMAND = [sys.executable, "-m", "dockline.config.start"]
SCARCE_SHARE, SCARCE_STOCK = 40, Decimal("0.7")
"""One SKU in so many has only this part of what is ordered."""
STILL_SECONDS = 40.0
"""Longer than from one stock report to the next: stock that one brings sets backorders going again."""
PATIENCE_SECONDS = 900.0


@dataclass
class Road:
    """Everything that runs, and where it is."""

    root: Path
    environment: dict[str, str]
    simulator: "Simulator"
    up: "subprocess.Popen[str] | None" = None
    figures: dict[str, object] = field(default_factory=dict)

    @property
    def database(self) -> str:
        return self.environment["DATABASE_URL"]

    def dockline(self, *words: str, **environment: str) -> str:
        """Run a command as a person would; end everything when it fails."""
        done = subprocess.run(
            [*COMMAND, *words], env={**self.environment, **environment}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"dockline {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Read from the database; while it restarts, wait."""
        deadline = time.monotonic() + 60
        while True:
            try:
                with psycopg.connect(self.database, connect_timeout=5) as session:
                    return session.execute(query, values).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)


class Simulator:
    """The simulated warehouse, on one port for the whole run so that it can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = 0
        self.process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "cartoncloud_simulator.cli", "serve", "--json", "--port", str(self.port)]
        self.process = subprocess.Popen([*command, "--data", str(self._folder)], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.access = json.loads(self.process.stdout.readline())
        self.port = int(self.access["base_url"].rpartition(":")[2])

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def call(self, method: str, path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.access['base_url']}/_sim{path}"
        request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)


@contextmanager
def everything(root: Path) -> Iterator[Road]:
    """Start database, simulator and nothing else yet; end all of it afterwards."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    environment = {**os.environ, "DOCKLINE_DATA": str(root)}
    environment.pop("DATABASE_URL", None)
    address = supervise(root, "print(postgres.ensure_running(root))")
    environment |= {"DATABASE_URL": address, "DOCKLINE_EMBEDDED": str(root)}
    simulator = Simulator(root / "simulator")
    road = Road(root, environment, simulator)
    try:
        yield road
    finally:
        if road.up is not None and road.up.poll() is None:
            road.up.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                road.up.wait(40)
            road.up.kill()
        if simulator.process is not None and simulator.process.poll() is None:
            simulator.process.terminate()
            simulator.process.wait(20)
        supervise(root, "postgres.stop(root)")


def supervise(root: Path, words: str) -> str:
    """Let a process of its own start or stop the embedded database, as any `dockline` command would."""
    program = f"import sys, pathlib; from dockline.kit import postgres; root = pathlib.Path(sys.argv[1]); {words}"
    return subprocess.check_output([sys.executable, "-c", program, str(root)], text=True).strip()


def set_up(road: Road, *, per_minute: int) -> None:
    """Account, warehouse, channel; the simulator's limit is off unless this run is about it."""
    customer = road.simulator.call("POST", "/customers", {"name": ACCOUNT})
    assert isinstance(customer, dict)
    road.figures["customer_id"] = customer["id"]
    road.simulator.call(
        "PATCH", "/settings", {"outbound_rate_limit_enabled": per_minute > 0, "report_delay_seconds": 0.5}
    )
    road.dockline("migrate")
    road.dockline("account", "add", ACCOUNT)
    road.dockline("warehouse", "add", WAREHOUSE, "--account", ACCOUNT)
    access = road.simulator.access
    settings = {
        "api_url": access["base_url"],
        "client_id": access["client_id"],
        "tenant_id": access["tenant_id"],
        "customer_name": ACCOUNT,
        "orders_per_minute": per_minute,
        "overlap_minutes": 1,
    }
    words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    road.dockline(
        *("channel", "connect", "--account", ACCOUNT, "--warehouse", WAREHOUSE, "--connector", "cartoncloud"),
        *words,
        *("--settle-seconds", "5", "--partial-backorder", "--name", "Leicester", "--confirm", "all"),
        DOCKLINE_SECRET_CLIENT_SECRET=access["client_secret"],
    )
    for kind, seconds in (("receive_shipments", "10"), ("receive_inventory", "30")):
        road.dockline("channel", "rhythm", "Leicester", kind, seconds)


def import_book(road: Road, book: Path) -> None:
    """Import through the command, twice: the second time must change nothing."""
    started = time.monotonic()
    pid = subprocess.Popen(
        [*COMMAND, "import", "orders", str(book), "--account", ACCOUNT, "--profile", "online-retail"],
        env=road.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    output = pid.stdout.read() if pid.stdout else ""
    _, status, usage = os.wait4(pid.pid, 0)
    if status:
        raise SystemExit(f"the import failed:\n{output}")
    seconds = time.monotonic() - started
    (rows, imported, refused), *_ = road.ask("SELECT done, changed, failed FROM runs_run WHERE kind = 'import_orders'")
    reasons = road.ask(
        "SELECT regexp_replace(text, '^.*: ', ''), count(*) FROM runs_runline GROUP BY 1 ORDER BY 2 DESC LIMIT 8"
    )
    again = road.dockline("import", "orders", str(book), "--account", ACCOUNT, "--profile", "online-retail")
    (orders, lines), *_ = road.ask(
        "SELECT (SELECT count(*) FROM orders_salesorder), (SELECT count(*) FROM orders_salesorderline)"
    )
    road.figures |= {
        "rows": rows,
        "imported": imported,
        "refused": refused,
        "orders": orders,
        "lines": lines,
        "refusals": reasons,
        "import seconds": round(seconds, 1),
        "rows per second": round(int(str(rows)) / seconds),
        "import peak MiB": round(usage.ru_maxrss / 1024),
        "second import": " ".join(re.sub(r"[^\w\s,.:]", " ", again).split()),
    }


def seed(road: Road) -> dict[str, str]:
    """Put the book's products and enough stock for most of them into the warehouse."""
    wanted = road.ask(
        "SELECT variant.sku, variant.name, sum(line.base_quantity) FROM orders_salesorderline line "
        "JOIN products_variant variant ON variant.id = line.variant_id GROUP BY variant.sku, variant.name"
    )
    seeded: dict[str, str] = {}
    for sku, _, quantity in wanted:
        scarce = zlib.crc32(str(sku).encode()) % SCARCE_SHARE == 0
        amount = Decimal(str(quantity)) * (SCARCE_STOCK if scarce else 1)
        seeded[str(sku)] = str(amount.quantize(Decimal(1)))
    customer = road.figures["customer_id"]
    products = [{"code": sku, "name": str(name)[:60] or sku} for sku, name, _ in wanted]
    road.simulator.call("POST", "/products", {"customer": customer, "products": products})
    stock = [{"code": sku, "quantity": quantity} for sku, quantity in seeded.items() if Decimal(quantity) > 0]
    road.simulator.call("POST", "/stock", {"customer": customer, "rows": stock})
    (road.root / "seeded.json").write_text(json.dumps(seeded))
    return seeded


def run(road: Road, *, trouble: bool, workers: int) -> None:
    """Start the product and the crew; wait until nothing moves any more."""
    log = (road.root / "up.log").open("w")
    command = [*COMMAND, "up", "--port", "8100", "--workers", str(workers)]
    road.up = subprocess.Popen(command, env=road.environment, stdout=log, stderr=log, text=True)
    road.dockline("sync", "Leicester", "export_products")
    road.dockline("sync", "Leicester", "receive_inventory")
    road.simulator.call("POST", "/crew", {"running": True, "orders_per_second": 0, "short_pick_rate": 0.05, "seed": 7})
    started, exported, still_since, last = time.monotonic(), 0.0, 0.0, ""
    misfortunes = misfortunes_of(road) if trouble else iter(())
    first_sent = 0.0
    while True:
        now = time.monotonic() - started
        (moving, sent, shipped, waiting, open_due), *_ = road.ask(MOVING)
        if sent and not first_sent:
            first_sent = now
        state = f"{moving} under way, {sent} accepted, {shipped} orders shipped, {waiting} short of stock"
        if state != last:
            print(f"  {now:6.1f} s  {state}", flush=True)
            last, still_since = state, now
        if moving == 0 and not exported and sent:
            exported = now
        idle = moving == 0 and open_due == 0 and now - still_since > STILL_SECONDS
        if trouble and int(str(sent)) > 150:
            next(misfortunes, None)
        if idle and next(misfortunes, "none left") == "none left":
            break
        if now > PATIENCE_SECONDS:
            raise SystemExit(f"still moving after {now:.0f} s: {state}")
        time.sleep(0.5)
    (accepted,), *_ = road.ask("SELECT count(*) FROM shipments_shipment WHERE confirmed_at IS NOT NULL")
    (begun, ended), *_ = road.ask(
        "SELECT min(intended_at), max(finished_at) FROM exchanges_exchange WHERE kind = 'export_shipment'"
    )
    span = (ended - begun).total_seconds()  # type: ignore[operator]
    road.figures |= {
        "shipments": accepted,
        "orders shipped": shipped,
        "short of stock": waiting,
        "seconds until still": round(still_since, 1),
        "shipments per second": round(int(str(accepted)) / span, 1),
        "worker peak MiB": max(peaks(road), default=0),
    }


MOVING = """
SELECT (SELECT count(*) FROM shipments_shipment WHERE status IN ('ready', 'sent')),
       (SELECT count(*) FROM shipments_shipment WHERE confirmed_at IS NOT NULL),
       (SELECT count(*) FROM orders_salesorder WHERE status = 'shipped'),
       (SELECT count(*) FROM orders_salesorder WHERE is_backordered AND status IN ('approved', 'fulfilling')),
       (SELECT count(*) FROM orders_salesorder WHERE wake_at <= now() AND status IN ('approved', 'fulfilling'))
"""


def children(road: Road) -> list[int]:
    assert road.up is not None
    listed = Path(f"/proc/{road.up.pid}/task/{road.up.pid}/children").read_text().split()
    return [int(pid) for pid in listed]


def workers_of(road: Road) -> list[int]:
    found = []
    for pid in children(road):
        with suppress(OSError):
            if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                found.append(pid)
    return found


def peaks(road: Road) -> list[int]:
    found = []
    for pid in workers_of(road):
        with suppress(OSError):
            match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
            if match:
                found.append(int(match.group(1)) // 1024)
    return found


def misfortunes_of(road: Road) -> Iterator[None]:
    """One mishap for each step taken; each is let happen once."""
    for pid in workers_of(road):
        print(f"  kill -9 of worker {pid}", flush=True)
        os.kill(pid, signal.SIGKILL)
    yield from pause(4)
    postmaster = int((road.root / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    print(f"  kill -9 of the database {postmaster}", flush=True)
    os.kill(postmaster, signal.SIGKILL)
    yield from pause(10)
    print("  kill -9 of the simulator", flush=True)
    road.simulator.kill()
    yield from pause(12)
    print("  the simulator is back", flush=True)
    road.simulator.start()
    road.simulator.call("POST", "/crew", {"running": True, "orders_per_second": 0, "short_pick_rate": 0.05, "seed": 7})
    yield from pause(4)
    for pid in workers_of(road):
        print(f"  kill -9 of worker {pid}", flush=True)
        os.kill(pid, signal.SIGKILL)
    yield from pause(4)


def pause(seconds: float) -> Iterator[None]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield


def verify(road: Road) -> bool:
    """Let the independent program and the product's own invariants judge."""
    own = subprocess.run([*COMMAND, "check"], env=road.environment, check=False)
    judged = subprocess.run(
        [
            *(sys.executable, str(HERE / "verify_ledger.py"), "--database", road.database),
            *("--simulator", road.simulator.access["base_url"], "--seeded", str(road.root / "seeded.json")),
        ],
        check=False,
    )
    requests = road.simulator.call("GET", "/requests")
    assert isinstance(requests, dict)
    creates = requests.get("POST /outbound-orders", {})
    road.figures["orders on the wire"] = creates
    unlimited = creates.get("429", 0) == 0
    return own.returncode == 0 and judged.returncode == 0 and unlimited


@contextmanager
def cut(book: Path, orders: int) -> Iterator[Path]:
    """The rows of the first so many invoices."""
    if not orders:
        yield book
        return
    with tempfile.TemporaryDirectory() as folder:
        short = Path(folder) / book.name.removesuffix(".gz")
        with gzip.open(book, "rt", newline="") as source, short.open("w", newline="") as target:
            reader, writer = csv.reader(source), csv.writer(target)
            writer.writerow(next(reader))
            seen: set[str] = set()
            for row in reader:
                if not row[0].startswith("C"):
                    seen.add(row[0])
                if len(seen) > orders:
                    break
                writer.writerow(row)
        yield short


def main() -> int:
    """Walk the road and print what was measured. Exit 0 only when everything held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--book", type=Path, default=BOOK)
    parser.add_argument("--orders", type=int, default=0, help="only the first so many invoices")
    parser.add_argument("--paced", type=int, default=0, help="that many orders, with the 30-a-minute limit on")
    parser.add_argument("--trouble", action="store_true", help="kill worker, database and simulator meanwhile")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--root", type=Path, default=HERE.parent / ".data" / "road")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    given = parser.parse_args()
    if not given.book.exists():
        print(f"skipped: there is no order book at {given.book.name}; see proofs/README.md.")
        return 0
    with cut(given.book, given.paced or given.orders) as book, everything(given.root) as road:
        set_up(road, per_minute=30 if given.paced else 0)
        import_book(road, book)
        seed(road)
        run(road, trouble=given.trouble, workers=given.workers)
        held = verify(road)
        for name, figure in road.figures.items():
            print(f"{name:22} {figure}")
        if given.json:
            given.json.write_text(json.dumps(road.figures, default=str, indent=1))
    print("the road holds" if held else "THE ROAD DOES NOT HOLD")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
