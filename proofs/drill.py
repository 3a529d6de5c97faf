"""The restore drill: a backup is put back after more was sent, and a copy is started; nothing may be sent twice.

    python -m proofs.drill                 60 orders before the backup, 60 since, 30 after it was put back
    python -m proofs.drill --orders 10     fewer
    python -m proofs.drill --drills 5      one installation set back again and again, each time in another way
    python -m proofs.drill --full          50 drills, the first one with 1,000 orders since the backup
    python -m proofs.drill --record docs/proofs/drill.md

The ways: the files of the database, a dump into a new server, a dump over the database itself, a recovery to a point in
time, the whole data folder. Real processes on a database of their own and a simulated warehouse, judged by
`verify_ledger.py`, which shares no code with the product. Exit status 0 when nothing was lost, doubled or different.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import psycopg
from tests.processes.installation import FarAway, Installation, simulator_process, wait_until

from dockline.kit import postgres
from dockline.kit.postgres_programs import find_programs

ACCOUNT = "Bluegum"
WATCHED_SECONDS = 6.0
"""How long a stopped worker is watched: several of its ticks, in each of which it would send what is due."""
SETTLES_WITHIN = 300.0
"""Nothing is promised of how fast: longer than this it was forgotten."""
FULL_DRILLS, FULL_ORDERS, FULL_ORDERS_LATER = 50, 1000, 20


@dataclass
class Drill:
    """What was seen, step by step. `orders` are those that came until now."""

    told: list[tuple[str, str, float]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    is_good: bool = True
    orders: int = 0

    def tell(self, step: str, seen: str, *, good: bool = True) -> None:
        """Keep and print what a step has shown."""
        self.is_good = self.is_good and good
        self.told.append((step, seen if good else f"**{seen}**", time.monotonic() - self.began))
        print(f"{self.told[-1][2]:6.1f} s  {'ok ' if good else 'BAD'}  {step}: {seen}", flush=True)


# -- ways to set a database back --------------------------------------------------------------------------------------


@dataclass
class Way:
    """A way to take a backup and put it back. Workers are off then; the database may be on or off, before and after."""

    installation: Installation
    backup: Path
    name: ClassVar[str]

    def begin(self) -> None:
        """Do what must be done some time before the moment that is come back to."""

    def keep(self) -> None:
        """Take the backup."""
        raise NotImplementedError

    def put_back(self) -> None:
        """Put it back."""
        raise NotImplementedError

    @property
    def files(self) -> Path:
        return self.installation.root / "postgres"

    def copy(self, source: Path, target: Path) -> None:
        """Copy with owners and modes, in place of what is there; the database is off."""
        self.installation.end()
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(["cp", "-a", source, target], check=True)

    def run(self, program: str, *words: str) -> None:
        """Run a program of PostgreSQL on the database, which is on then."""
        url = postgres.ensure_running(self.installation.root)
        found = find_programs(self.files, None).directory / program
        subprocess.run([found, *words, "--dbname", url], check=True)


class DatabaseFiles(Way):
    name = "the files of the database"

    def keep(self) -> None:
        self.copy(self.files, self.backup)

    def put_back(self) -> None:
        self.copy(self.backup, self.files)


class DumpElsewhere(Way):
    name = "a dump into a new server"

    def keep(self) -> None:
        self.backup.unlink(missing_ok=True)
        self.run("pg_dump", "--format=custom", "--file", str(self.backup))

    def put_back(self) -> None:
        self.installation.end()
        shutil.rmtree(self.files)
        self.run("pg_restore", "--no-owner", "--exit-on-error", str(self.backup))


class DumpOver(DumpElsewhere):
    name = "a dump over the database itself"

    def put_back(self) -> None:
        self.run("pg_restore", "--clean", "--if-exists", "--no-owner", "--exit-on-error", str(self.backup))


class PointInTime(Way):
    """The files of some time before, and what was written to the log since, up to the moment that is come back to."""

    name = "a recovery to a point in time"
    moment = ""

    def begin(self) -> None:
        self.installation.end()
        self.set("wal_keep_size = '2GB'")
        self.copy(self.files, self.backup)

    def keep(self) -> None:
        postgres.ensure_running(self.installation.root)
        self.moment = str(self.installation.rows("SELECT pg_current_wal_lsn()")[0][0])

    def put_back(self) -> None:
        log = self.backup.with_name("log")
        self.copy(self.files / "data" / "pg_wal", log)
        self.copy(self.backup, self.files)
        data = self.files / "data"
        self.set(f"restore_command = 'cp {log}/%f %p'")
        self.set(f"recovery_target_lsn = '{self.moment}'")
        self.set("recovery_target_action = 'promote'")
        signal = data / "recovery.signal"
        signal.touch()
        shutil.chown(signal, data.stat().st_uid, data.stat().st_gid)

    def set(self, line: str) -> None:
        """Add a setting; the last one of a name counts."""
        with (self.files / "data" / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"{line}\n")


class WholeFolder(DatabaseFiles):
    """The witness file goes back with the database; it is another file than it was."""

    name = "the whole data folder"

    @property
    def files(self) -> Path:
        return self.installation.root


WAYS: tuple[type[Way], ...] = (DatabaseFiles, DumpElsewhere, DumpOver, PointInTime, WholeFolder)


# -- the drill --------------------------------------------------------------------------------------------------------


def main() -> int:
    """Run the drill and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=60, help="orders before the backup, and as many since")
    parser.add_argument("--drills", type=int, help="how often the database is set back; once unless said")
    parser.add_argument("--full", action="store_true", help="50 drills, the first one with 1,000 orders since")
    parser.add_argument("--record", type=Path, help="write the result there")
    asked = parser.parse_args()
    sizes = [asked.orders] * (asked.drills or 1)
    if asked.full:
        sizes = [FULL_ORDERS, *[FULL_ORDERS_LATER] * ((asked.drills or FULL_DRILLS) - 1)]
    drill = run(sizes)
    if asked.record:
        asked.record.write_text(render(drill, sizes))
    print("The drill passed." if drill.is_good else "The drill FAILED.")
    return 0 if drill.is_good else 1


def run(sizes: Sequence[int]) -> Drill:
    """Do as many drills, each with so many orders since the backup; at last start a copy."""
    drill = Drill()
    # Not below a private folder: as root the database is somebody else, who may not pass through one.
    folder = Path(tempfile.mkdtemp(prefix="dockline-drill-"))
    folder.chmod(0o711)
    installation, copy = Installation(folder / "data"), Installation(folder / "copy")
    installation.root.mkdir()
    try:
        with simulator_process() as far:
            _set_up(installation, far)
            for number, orders in enumerate(sizes):
                way = WAYS[number % len(WAYS)](installation, folder / f"backup-{number % len(WAYS)}")
                _restore(way, far, drill, orders, number=number)
            _copy(installation, copy, far, drill)
    except (AssertionError, psycopg.OperationalError):
        print(installation.said()[-3000:], file=sys.stderr)
        raise
    finally:
        installation.end()
        copy.end()
        shutil.rmtree(folder, ignore_errors=True)
    return drill


def render(drill: Drill, sizes: Sequence[int]) -> str:
    """Write the record of a drill."""
    rows = "\n".join(f"| {step} | {seen} | {at:.1f} s |" for step, seen, at in drill.told)
    verdict = "passed" if drill.is_good else "failed"
    return f"""# The restore drill

`make drill` ({", ".join(map(str, sizes))} orders since the backup) {verdict}. Written by `proofs/drill.py`; the last
column is the time since its beginning.

| Step | Seen | After |
| --- | --- | --- |
{rows}

Real processes, an embedded PostgreSQL and the CartonCloud simulator on one machine, with a settle window of one second;
the sentences are those of `proofs/verify_ledger.py`.
"""


def _restore(way: Way, far: FarAway, drill: Drill, orders: int, *, number: int) -> None:
    installation = way.installation
    waiting, later = orders // 2, orders - orders // 2
    way.begin()
    if not number:
        # Later there are those of the drill before.
        with _worker(installation):
            _bring(installation, drill, "A", orders)
            _settle(installation, drill)
    # What waits at the moment of the backup is sent after it: the restored database knows the orders, not the sending.
    _bring(installation, drill, f"B{number}", waiting)
    way.keep()
    sent = _creates(far)
    drill.tell("Sent before the backup", f"{sent} orders", good=sent == drill.orders - waiting)
    with _worker(installation):
        _bring(installation, drill, f"C{number}", later)
        _settle(installation, drill)
    drill.tell("Sent after the backup", f"{_creates(far) - sent} orders", good=_creates(far) == drill.orders)

    sent = _creates(far)
    way.put_back()
    drill.tell("Set back", f"by {way.name}")
    with _worker(installation):
        # The shop delivers again what it delivered after the backup, in another order, and goes on with new ones.
        _bring(installation, drill, f"D{number}", waiting)
        _bring(installation, drill, f"C{number}", later, again=True)
        _watch(installation, far, drill, sent, "Sent by the restored database before a person let it")
        wait_until(lambda: _swept(installation), within_seconds=SETTLES_WITHIN, what="a complete sweep")
        found = dict(
            installation.rows("SELECT kind, count(*) FROM sweeps_finding WHERE resolved_at IS NULL GROUP BY 1")
        )
        drill.tell("Found by the sweep", ", ".join(f"{count} {kind}" for kind, count in found.items()) or "nothing")
        drill.tell("Lifted", installation.do("lift").strip().replace("\n", " "))
        _settle(installation, drill)
    fresh = _creates(far) - sent
    drill.tell("Sent since it was lifted", f"{fresh} new orders", good=fresh == waiting)
    _verify(installation, far, drill, "Verified after the restore")


def _copy(installation: Installation, copy: Installation, far: FarAway, drill: Drill) -> None:
    installation.end()
    sent = _creates(far)
    subprocess.run(["cp", "-a", installation.root, copy.root], check=True)
    with _worker(copy):
        _bring(copy, Drill(), "E", 5)
        _watch(copy, far, drill, sent, "Sent by a copy of the whole data folder")
    with _worker(installation):
        _bring(installation, drill, "E", 5)
        _settle(installation, drill)
        stops = installation.rows("SELECT count(*) FROM guard_stop WHERE lifted_at IS NULL")[0][0]
    drill.tell("Sent by the original meanwhile", f"{_creates(far) - sent} orders", good=_creates(far) == sent + 5)
    drill.tell("False alarms of the original", str(stops), good=stops == 0)
    _verify(installation, far, drill, "Verified after the copy")


def _set_up(installation: Installation, far: FarAway) -> None:
    far.control.set(outbound_rate_limit_enabled=False, report_delay_seconds=0)
    customer = far.facts["customers"][0]
    far.control.add_product(customer["id"], "MUG")
    far.control.add_stock(customer["id"], "MUG", 100_000)
    settings = {
        "api_url": far.facts["base_url"],
        "client_id": far.facts["client_id"],
        "tenant_id": far.facts["tenant_id"],
        "customer_name": customer["name"],
        "orders_per_minute": "0",
    }
    installation.do("migrate")
    installation.do("account", "add", ACCOUNT)
    installation.do("warehouse", "add", "Brisbane", "--account", ACCOUNT)
    installation.do(
        *("channel", "connect", "--account", ACCOUNT, "--warehouse", "Brisbane", "--connector", "cartoncloud"),
        *("--settle-seconds", "1", "--confirm", "all"),
        *(word for name, value in settings.items() for word in ("--set", f"{name}={value}")),
        DOCKLINE_SECRET_CLIENT_SECRET=far.facts["client_secret"],
    )


@contextmanager
def _worker(installation: Installation) -> Iterator[None]:
    worker = installation.start("worker")
    try:
        wait_until(lambda: postgres.status(installation.root) == "running", within_seconds=60, what="a database")
        yield
    finally:
        worker.terminate()
        worker.wait(60)


def _bring(installation: Installation, drill: Drill, batch: str, count: int, *, again: bool = False) -> None:
    """Import orders; what is known already is skipped, as when a shop delivers its book again, in another order."""
    numbers: Sequence[str] = [f"{batch}-{number:04}" for number in range(count)]
    if count:
        installation.import_orders(ACCOUNT, numbers[::-1] if again else numbers)
    drill.orders += 0 if again else count


def _settle(installation: Installation, drill: Drill) -> None:
    confirmed = "SELECT count(*) FROM shipments_shipment WHERE dispatch = 'confirmed'"
    stands = (
        "SELECT dispatch, reason, attempts, wake_at - now(), count(*) FROM shipments_shipment GROUP BY 1, 2, 3, 4",
        "SELECT queue_name, task_name, status, args, count(*) FROM procrastinate_jobs GROUP BY 1, 2, 3, 4",
        "SELECT state, state_reason, failure, failures_in_a_row, retry_at - now() FROM channels_channel",
    )
    wait_until(
        lambda: installation.rows(confirmed)[0][0] >= drill.orders,
        within_seconds=SETTLES_WITHIN,
        what=lambda: f"{drill.orders} confirmed; {[installation.rows(query) for query in stands]}",
    )


def _watch(installation: Installation, far: FarAway, drill: Drill, sent: int, step: str) -> None:
    stopped = "SELECT cause FROM guard_stop WHERE lifted_at IS NULL"
    cause = wait_until(lambda: installation.rows(stopped), within_seconds=60, what="a stop")[0][0]
    time.sleep(WATCHED_SECONDS)
    extra = _creates(far) - sent
    said = "Nothing is sent" in installation.do("status")
    drill.tell(step, f"{extra} requests; noticed as {cause}", good=extra == 0 and said)


def _swept(installation: Installation) -> bool:
    query = """SELECT count(*) FROM sweeps_sweep sweep JOIN guard_stop stop ON sweep.started_at >= stop.noticed_at
               WHERE sweep.is_wide AND sweep.finished_at IS NOT NULL AND stop.lifted_at IS NULL"""
    return bool(installation.rows(query)[0][0])


def _creates(far: FarAway) -> int:
    """Every request to create an order that ever reached the warehouse, whatever was answered."""
    requests = far.control.get("/requests").get("POST /outbound-orders", {})
    return int(sum(requests.values()))


def _verify(installation: Installation, far: FarAway, drill: Drill, step: str) -> None:
    url = postgres.ensure_running(installation.root)
    base = far.facts["base_url"]
    command = [sys.executable, "proofs/verify_ledger.py", "--database", url, "--simulator", base]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent)
    line = next((one for one in done.stdout.splitlines() if " lost, " in one), done.stdout[-300:] + done.stderr[-300:])
    drill.tell(step, line.strip(), good=done.returncode == 0)


if __name__ == "__main__":
    sys.exit(main())
