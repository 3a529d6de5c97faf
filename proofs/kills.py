"""Real workers, a real database and a simulated warehouse, under kills: nothing is lost, doubled or different.

    python -m proofs.kills                   500 orders, 40 kills, 2 restarts of the database: about four minutes
    python -m proofs.kills --full            10,000 orders, 500 kills, 20 restarts
    python -m proofs.kills --seed 7          the same choices and the same storm once more

Workers die by SIGKILL from outside, nine in ten of those in the middle of their work and the others at any instant, and
by their own hand at a failpoint: one in three of those while they do the work of recovery. They are stopped for longer
than a job is left to a silent worker, and now and then for longer than an attempt may take. The database is stopped at
once, and killed. One call in five to the warehouse goes wrong. So all must come to rest by itself, in time, and
`verify_ledger.py` judges. Only what was started here is ended.

A worker is a process of its own, forked from this one, which has read the code already: else most would die while they
start, and little would be done for the kills to disturb.
"""

import argparse
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from ctypes import c_bool
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

import psycopg
from tests.processes.installation import FarAway, Installation, simulator_process

from dockline.config import start
from dockline.kit import failpoints, postgres
from dockline.kit.failpoints import Failpoint

SETTLE_SECONDS = 3
"""Longer than the storm's requests are late; a window this short is allowed towards this very machine alone."""

STORM = {
    "lose_answer": 0.04,
    "reset_before": 0.04,
    "reset_after": 0.04,
    "apply_late": 0.03,
    "http_503": 0.02,
    "http_500_applied": 0.02,
    "http_429": 0.01,
}
CALLS = ("create_order", "search_orders", "get_order", "search_consignments")
RECOVERS = (
    Failpoint.JOBS_RETURNED,
    Failpoint.DISPATCHES_WOKEN,
    Failpoint.ORDERS_WOKEN,
    Failpoint.ATTEMPTS_GIVEN_UP,
    Failpoint.LOOK_BOOKED,
)
WORKS = (
    Failpoint.WAKE_TAKEN,
    Failpoint.ORDERS_ADVANCED,
    Failpoint.SHIPMENTS_CLAIMED,
    Failpoint.SENDING_SEALED,
    Failpoint.REQUEST_LEAVES,
    Failpoint.ANSWER_CAME,
    Failpoint.ANSWERS_REMEMBERED,
    Failpoint.SHIPMENTS_RECEIVED,
)
PAUSE_SECONDS = (11.0, 16.0)
"""Longer than a silent worker's jobs are left to it."""

LONG_PAUSE_SECONDS = 96.0
"""Longer than an attempt may take."""

RETURNED_WITHIN = 120.0
TOLD_EVERY = 25
IN_THE_MIDDLE = 0.9
VICTIMS_SPARED = 0.8
"""So that most of them come to where they die by their own hand."""

LONG_PAUSE_EVERY = 25
"""The second pause is long, and each so many after it."""

FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Victim:
    """Where a worker dies by its own hand: when it passes this point so many times."""

    point: Failpoint
    times: int


def be_worker(installation: Installation, victim: Victim | None, is_at_work: Any) -> None:
    """Be a worker until the end, and say when the first step of the work is done; in a process of its own."""
    os.chdir(installation.root)
    os.environ.clear()
    os.environ.update(installation.environment())
    said = os.open("said.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(said, 1)
    os.dup2(said, 2)
    lock, left = Lock(), victim.times if victim else 0

    def watch(point: Failpoint, _: str) -> None:
        nonlocal left
        is_at_work.value = True
        with lock:
            left -= bool(victim and point == victim.point)
            if victim and left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.argv[1:] = ["worker"]
    with failpoints.watched(watch):
        start.main()


def read_the_code(installation: Installation) -> None:
    """Have everything read that a worker needs, as `start.main` does, so that whoever is forked need not."""
    root = installation.root
    os.environ |= {"DATABASE_URL": postgres.dsn(root), "DOCKLINE_EMBEDDED": str(root), "DOCKLINE_DATA": str(root)}
    start.set_up_django()
    from dockline.interfaces.cli import commands
    from dockline.interfaces.files import commands as file_commands
    from dockline.interfaces.files import tables
    from dockline.interfaces.jobs import worker

    assert commands and file_commands and tables and worker


@dataclass
class Seat:
    """A place for a worker; whoever sits there is replaced when it is gone. `at_work` is memory shared with it."""

    process: Any = None
    at_work: Any = None
    wakes_at: float = 0.0
    is_victim: bool = False

    @property
    def is_living(self) -> bool:
        return self.process is not None and self.process.exitcode is None

    @property
    def is_at_work(self) -> bool:
        return bool(self.at_work.value)


@dataclass
class Run:
    """What happens and what was seen."""

    installation: Installation
    far: FarAway
    random: Random
    seats: list[Seat]
    done: Counter[str] = field(default_factory=Counter)
    longest_silence: float = 0.0
    is_over: bool = False

    # -- workers -----------------------------------------------------------------------------------------------------

    def fill(self) -> None:
        """Have a worker in every seat; each second one that follows a dead one will die at a failpoint."""
        for seat in self.seats:
            if seat.is_living:
                continue
            if seat.process is not None and seat.process.exitcode == -signal.SIGKILL and seat.is_victim:
                self.done["kills at failpoints"] += 1
            seat.is_victim = self.random.random() < 0.5 and not self.is_over
            seat.at_work = FORK.RawValue(c_bool, False)
            victim = self.choose_end() if seat.is_victim else None
            seat.process = FORK.Process(target=be_worker, args=(self.installation, victim, seat.at_work))
            seat.process.start()

    def choose_end(self) -> Victim:
        """Recovery is rare, so there the first times count."""
        among, most_times = (RECOVERS, 3) if self.random.random() < 0.34 else (WORKS, 12)
        return Victim(self.random.choice(among), self.random.randint(1, most_times))

    def strike(self) -> None:
        """Kill a worker, or stop it for a while."""
        living = [seat for seat in self.seats if seat.is_living and not seat.wakes_at]
        if self.random.random() < IN_THE_MIDDLE:
            living = [seat for seat in living if seat.is_at_work]
        if self.random.random() < VICTIMS_SPARED:
            living = [seat for seat in living if not seat.is_victim]
        if not living:
            return
        seat = self.random.choice(living)
        if self.random.random() < 0.2 and len(living) > 1:
            is_long = self.done["stops"] % LONG_PAUSE_EVERY == 1
            seconds = LONG_PAUSE_SECONDS if is_long else self.random.uniform(*PAUSE_SECONDS)
            os.kill(seat.process.pid, signal.SIGSTOP)
            seat.wakes_at = time.monotonic() + seconds
            self.done["stops"] += 1
        else:
            seat.is_victim = False
            seat.process.kill()
            seat.process.join()
            self.done["kills from outside"] += 1

    def wake(self, *, all_of_them: bool = False) -> None:
        """Let those go on whose pause is over."""
        for seat in self.seats:
            if seat.wakes_at and (all_of_them or time.monotonic() > seat.wakes_at):
                seat.wakes_at = 0.0
                with suppress(ProcessLookupError):
                    os.kill(seat.process.pid, signal.SIGCONT)

    def restart_database(self) -> None:
        """Stop it as in a crash, or kill its first process; whoever needs it next starts it."""
        self.done["restarts of the database"] += 1
        if self.done["restarts of the database"] % 2:
            postgres.stop(self.installation.root, mode="immediate")
        elif pid := self.installation.postmaster():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(self.random.uniform(0.2, 2.0))
        postgres.ensure_running(self.installation.root)

    @property
    def kills(self) -> int:
        return self.done["kills from outside"] + self.done["kills at failpoints"]

    # -- what is seen ------------------------------------------------------------------------------------------------

    def watch_silence(self) -> None:
        """How long a worker was silent at most and still had a job: then another one does it."""
        silence = """SELECT coalesce(max(extract(epoch FROM now() - worker.last_heartbeat)), 0)
            FROM procrastinate_jobs job JOIN procrastinate_workers worker ON worker.id = job.worker_id
            WHERE job.status = 'doing'"""
        with suppress(psycopg.OperationalError):
            self.longest_silence = max(self.longest_silence, float(self.installation.rows(silence)[0][0]))

    def count_at_rest(self) -> int:
        """How many shipments are through, whatever became of them."""
        with suppress(psycopg.OperationalError):
            rows = self.installation.rows(
                "SELECT count(*) FROM shipments_shipment WHERE status NOT IN ('ready', 'sent')"
            )
            return int(rows[0][0])
        return 0

    def list_moving(self) -> list[tuple[str, int]]:
        """What is not at rest yet, by its state."""
        moving = """SELECT 'shipment ' || dispatch, count(*) FROM shipments_shipment
                        WHERE wake_at IS NOT NULL OR status = 'sent' GROUP BY 1
                    UNION ALL SELECT 'order ' || status, count(*) FROM orders_salesorder open
                        WHERE status IN ('approved', 'fulfilling') AND NOT EXISTS (
                            SELECT FROM shipments_shipment WHERE order_id = open.id AND dispatch = 'held') GROUP BY 1"""
        try:
            return [(str(state), int(count)) for state, count in self.installation.rows(moving)]
        except psycopg.OperationalError:
            return [("database", 0)]


def main() -> int:
    """Run it and say how it went."""
    asked = read_arguments()
    seed = asked.seed if asked.seed is not None else int.from_bytes(os.urandom(3), "big")
    print(f"seed {seed}, which is the storm's seed, too", flush=True)
    # Not below a private folder: as root the database is somebody else, who may not pass through one.
    folder = Path(tempfile.mkdtemp(prefix="dockline-kills-"))
    folder.chmod(0o711)
    installation = Installation(folder / "data")
    installation.root.mkdir()
    try:
        with simulator_process() as far:
            seats = [Seat() for _ in range(asked.workers)]
            return Trial(Run(installation, far, Random(seed), seats), asked, seed).go()
    finally:
        installation.end()
        shutil.rmtree(folder, ignore_errors=True)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="10,000 orders, 500 kills, 20 restarts")
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--restarts", type=int, default=2)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=12.0, help="after this it has failed")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--json", type=Path, help="write the result there, too")
    asked = parser.parse_args()
    if asked.full:
        asked.orders, asked.kills, asked.restarts, asked.minutes = 10_000, 500, 20, 180.0
        asked.workers, asked.channels = 4, 5
    return asked


@dataclass
class Trial:
    """One run from its setting up to the verdict."""

    run: Run
    asked: argparse.Namespace
    seed: int
    began: float = field(default_factory=time.monotonic)
    at_rest_under_kills: int = 0

    def go(self) -> int:
        """Bring orders under kills, let all come to rest, and judge."""
        with self.run.installation.kept_running():
            self._set_up()
        self._tell("set up")
        read_the_code(self.run.installation)
        try:
            self._under_kills()
            self.at_rest_under_kills = self.run.count_at_rest()
            self._tell(f"no more kills; {self.at_rest_under_kills} shipments at rest")
            self._come_to_rest()
            self._tell("at rest")
        finally:
            self._end_workers()
        return self._judge()

    def _accounts(self) -> list[str]:
        return [f"Shop {number}" for number in range(1, self.asked.channels + 1)]

    def _set_up(self) -> None:
        run, far = self.run, self.run.far
        far.control.set(outbound_rate_limit_enabled=False, report_delay_seconds=0)
        run.installation.do("migrate")
        for account in self._accounts():
            customer = far.control.post("/customers", {"name": account})["id"]
            far.control.add_product(customer, "MUG")
            far.control.add_stock(customer, "MUG", 1_000_000)
            settings = {
                "api_url": far.facts["base_url"],
                "client_id": far.facts["client_id"],
                "tenant_id": far.facts["tenant_id"],
                "customer_name": account,
                "orders_per_minute": "0",
                "overlap_minutes": "1",
            }
            run.installation.do("account", "add", account)
            run.installation.do("warehouse", "add", f"House {account}", "--account", account)
            run.installation.do(
                *("channel", "connect", "--account", account, "--warehouse", f"House {account}"),
                *("--connector", "cartoncloud", "--settle-seconds", str(SETTLE_SECONDS), "--confirm", "all"),
                *(word for name, value in settings.items() for word in ("--set", f"{name}={value}")),
                *("--name", f"Channel {account}"),
                DOCKLINE_SECRET_CLIENT_SECRET=far.facts["client_secret"],
            )
            for job in ("receive_shipments", "receive_inventory"):
                run.installation.do("channel", "rhythm", f"Channel {account}", job, "10")
        far.control.post("/crew", {"running": True, "orders_per_second": 0, "short_pick_rate": 0, "seed": self.seed})

    def _under_kills(self) -> None:
        run, asked = self.run, self.asked
        raised = {"rates": STORM, "operations": CALLS, "seed": self.seed, "apply_late_seconds": [0.0, 1.0]}
        run.far.control.post("/storm", raised)
        batches = self._batches()
        restarts = [asked.kills * (number + 1) // (asked.restarts + 1) for number in range(asked.restarts)]
        bring_after, told = 0, 0
        while run.kills < asked.kills or batches:
            self._must_not_take_longer()
            run.wake()
            run.fill()
            if batches and run.kills >= bring_after:
                # Orders come in while workers die; the import is a process of its own.
                account, numbers = batches.pop(0)
                run.installation.import_orders(account, numbers)
                bring_after = run.kills + asked.kills // (2 * asked.channels * len(batches) + 1)
            time.sleep(run.random.uniform(0.3, 2.5))
            run.watch_silence()
            if restarts and run.kills >= restarts[0]:
                restarts.pop(0)
                run.restart_database()
            elif run.kills < asked.kills:
                run.strike()
            if run.kills >= told + TOLD_EVERY:
                told = run.kills
                self._tell(f"{run.count_at_rest()} shipments at rest")
        run.is_over = True

    def _batches(self) -> list[tuple[str, list[str]]]:
        accounts = self._accounts()
        size = max(1, min(400, self.asked.orders // (3 * len(accounts))))
        numbers = [f"O-{number:06}" for number in range(self.asked.orders)]
        return [
            (accounts[place // size % len(accounts)], numbers[place : place + size])
            for place in range(0, len(numbers), size)
        ]

    def _come_to_rest(self) -> None:
        """Everything must come right by itself: nobody does anything but to replace workers that die."""
        run = self.run
        run.wake(all_of_them=True)
        run.done["storm"] = sum(
            sum(deeds.values()) for deeds in run.far.control.get("/storm")["storm"]["hits"].values()
        )
        run.far.control.delete("/storm")
        still = 0
        while still < 3:
            self._must_not_take_longer()
            run.fill()
            run.watch_silence()
            moving = run.list_moving()
            still = 0 if moving else still + 1
            time.sleep(1.0)

    def _end_workers(self) -> None:
        self.run.wake(all_of_them=True)
        sitting = [seat.process for seat in self.run.seats if seat.process is not None]
        for process in sitting:
            process.terminate()
        for process in sitting:
            process.join(40)
            process.kill()
            process.join()

    def _judge(self) -> int:
        run = self.run
        url = postgres.ensure_running(run.installation.root)
        verifier = str(Path(__file__).with_name("verify_ledger.py"))
        command = [sys.executable, verifier, "--database", url, "--simulator", run.far.facts["base_url"]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        print(done.stdout, done.stderr)
        statuses = dict(run.installation.rows("SELECT status, count(*) FROM orders_salesorder GROUP BY 1"))
        held = run.installation.rows("SELECT count(*) FROM shipments_shipment WHERE dispatch = 'held'")[0][0]
        requests = run.far.control.get("/requests").get("POST /outbound-orders", {})
        verdict = re.search(r"(\d+) lost, (\d+) duplicated, (\d+) different", done.stdout)
        came = sum(statuses.values())
        holds = done.returncode == 0 and came == self.asked.orders and run.longest_silence < RETURNED_WITHIN
        result = {
            "seed": self.seed,
            "orders": came,
            "statuses": statuses,
            "held for a person": held,
            "kills": run.kills,
            "through when the last kill fell": self.at_rest_under_kills,
            **run.done,
            "longest silence of a worker with a job, seconds": round(run.longest_silence, 1),
            "calls to create": requests,
            "verdict": verdict[0] if verdict else "could not be checked",
            "seconds": round(time.monotonic() - self.began),
            "holds": holds,
        }
        print(*(f"{name:45} {value}" for name, value in result.items()), sep="\n")
        if self.asked.json:
            self.asked.json.write_text(json.dumps(result))
        return not holds

    def _must_not_take_longer(self) -> None:
        if time.monotonic() - self.began > self.asked.minutes * 60:
            print(self.run.installation.said()[-3000:], file=sys.stderr)
            raise SystemExit(f"Not at rest after {self.asked.minutes} minutes: {self.run.list_moving()}")

    def _tell(self, what: str) -> None:
        done = ", ".join(f"{count} {name}" for name, count in self.run.done.items())
        print(f"{time.monotonic() - self.began:7.1f} s  {what}. {done}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
