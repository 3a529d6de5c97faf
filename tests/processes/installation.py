"""An installation of its own, run as real processes, and nothing of it left behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psycopg

from cartoncloud_simulator.testing import ControlClient
from dockline.kit import postgres
from dockline.kit.presence import Presence

COMMAND = [sys.executable, "-m", "dockline.config.start"]
PROFILE = """\
products = "create"
default_unit = "EA"

[columns]
order_number = "order_number"
placed_at = "placed_at"
contact = "contact"
line_1 = "line_1"
city = "city"
country = "country"
sku = "sku"
quantity = "quantity"

[dates]
formats = ["iso"]
"""


def wait_until(happened: Callable[[], Any], *, within_seconds: float, what: str | Callable[[], str]) -> Any:
    """Return the first true answer; fail when none came in time, saying what there is then."""
    deadline = time.monotonic() + within_seconds
    while not (answer := happened()):
        assert time.monotonic() < deadline, f"not within {within_seconds} s: {what() if callable(what) else what}"
        time.sleep(0.1)
    return answer


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not yet collected does not."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip()[:1] not in ("", "Z")


@dataclass
class Installation:
    """A data folder, and the processes a test has started on it."""

    root: Path
    _started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def environment(self, **more: str) -> dict[str, str]:
        """That of a plain terminal: the database is the one in the folder."""
        ours = ("DATABASE_URL", "DOCKLINE_")
        plain = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return {**plain, "DOCKLINE_DATA": str(self.root), **more}

    def call(self, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(
            [*COMMAND, *words],
            env=self.environment(**more),
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def do(self, *words: str, **more: str) -> str:
        """Run a command that must succeed, and return what it says."""
        done = self.call(*words, **more)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        """Start a command that goes on; its words are kept in the folder."""
        with (self.root / "said.log").open("ab") as said:
            process = subprocess.Popen(
                [*COMMAND, *words], env=self.environment(), cwd=self.root, stdout=said, stderr=said
            )
        self._started.append(process)
        return process

    @contextmanager
    def kept_running(self) -> Iterator[None]:
        """Be there as somebody else is: commands find the database running, and leave it on."""
        presence = Presence(self.root)
        presence.keep()
        try:
            yield
        finally:
            presence.step_out()

    def said(self) -> str:
        """What the commands that go on have said."""
        return (self.root / "said.log").read_text()

    def children(self, process: "subprocess.Popen[bytes]") -> dict[str, int]:
        """The live children of a process that we started, by the command they run."""
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
        )
        found = {}
        for line in listed.stdout.splitlines():
            pid, parent, state, command = line.split(None, 3)
            if int(parent) == process.pid and state[0] != "Z" and "dockline.config.start" in command:
                found[command.split("dockline.config.start", 1)[1].split()[0]] = int(pid)
        return found

    def postmaster(self) -> int:
        """The process id of the database's first process; 0 while it is starting."""
        try:
            return int((self.root / "postgres/data/postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, IndexError):
            return 0

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(postgres.dsn(self.root), autocommit=True) as session:
            return session.execute(query).fetchall()

    def execute(self, statement: str) -> None:
        """Change the database."""
        with psycopg.connect(postgres.dsn(self.root), autocommit=True) as session:
            session.execute(statement)

    def import_orders(self, account: str, numbers: Sequence[str], *, sku: str = "MUG") -> str:
        """Import orders of one line each."""
        profile, book = self.root / "shop.toml", self.root / f"{account}-{numbers[0]}.csv"
        profile.write_text(PROFILE)
        header = "order_number,placed_at,contact,line_1,city,country,sku,quantity"
        rows = [f"{number},2026-03-01T09:30:00Z,Mei Tan,1 Road,Perth,AU,{sku},2" for number in numbers]
        book.write_text("\n".join([header, *rows]) + "\n")
        return self.do("import", "orders", str(book), "--account", account, "--profile", str(profile))

    def end(self) -> None:
        """End what is still running, the database last."""
        for process in self._started:
            children = self.children(process) if process.poll() is None else {}
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(40)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            for pid in children.values():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        postgres.stop(self.root, mode="immediate")


@dataclass(frozen=True)
class Site:
    """Where the pages are, and the process that supervises them."""

    process: "subprocess.Popen[bytes]"
    address: str

    def status(self, path: str = "/sign-in/") -> int:
        """The status of a page; 0 when nobody answers."""
        try:
            return httpx2.get(f"{self.address}{path}", timeout=10).status_code
        except httpx2.TransportError:
            return 0


def bring_up(installation: Installation, port: int) -> Site:
    """Run `up` until its pages answer."""
    process = installation.start("up", "--port", str(port))
    announced = wait_until(
        lambda: "Dockline is at " in installation.said() and installation.said(), within_seconds=40, what="an address"
    )
    site = Site(process, announced.split("Dockline is at ", 1)[1].split()[0])
    wait_until(lambda: site.status() == 200, within_seconds=40, what=lambda: f"a page; said {installation.said()}")
    wait_until(lambda: len(installation.children(process)) == 2, within_seconds=10, what="web and worker")
    return site


@contextmanager
def a_copy_of(prepared: Path, root: Path) -> Iterator[Installation]:
    """A prepared installation that is not running, copied with its owners and modes."""
    subprocess.run(["cp", "-a", str(prepared), str(root)], check=True)
    installation = Installation(root)
    try:
        yield installation
    finally:
        installation.end()
        shutil.rmtree(root, ignore_errors=True)


@dataclass(frozen=True)
class FarAway:
    """A simulator in a process of its own."""

    facts: dict[str, Any]
    control: ControlClient


@contextmanager
def simulator_process() -> Iterator[FarAway]:
    """Serve a fresh tenant as long as the context lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cartoncloud_simulator.cli", "serve", "--json", "--port", "0"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        facts = json.loads(process.stdout.readline())
        yield FarAway(facts, ControlClient(facts["base_url"]))
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()
