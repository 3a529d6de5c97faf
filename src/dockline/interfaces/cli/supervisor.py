"""Keeps child processes alive: starts them, restarts what ends, keeps the embedded database up, ends them all."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from dockline.kit import postgres
from dockline.kit.presence import Presence

LOOK_SECONDS = 0.5
LONGEST_REST_SECONDS = 10.0
END_WITHIN_SECONDS = 30.0
STEADY_SECONDS = 20.0


def on_ending(handler: "Callable[[int, FrameType | None], object] | signal.Handlers") -> None:
    """Have this done when interrupted, told to end, or left by the terminal (unless under nohup)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


@dataclass
class Child:
    """A process to keep alive."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    rest_until: float = 0.0
    ends: int = 0


class Supervisor:
    """Runs children until told to stop, or from a thread of its own."""

    def __init__(self, children: list[Child]) -> None:
        self._children = children
        self._stop = threading.Event()
        root = os.environ.get("DOCKLINE_EMBEDDED")
        self._presence = Presence(Path(root)) if root else None
        self._was_present = False

    def run(self) -> int:
        """Keep the children alive until interrupted, told to end, or left by the terminal. Returns the exit code."""
        on_ending(lambda *_: self._stop.set())
        try:
            self.keep_alive()
        finally:
            self.end()
        return 0

    def keep_alive(self) -> None:
        """Start what is not running, again and again, until stopped."""
        while not self._stop.is_set():
            self._keep_database()
            for child in self._children:
                self._keep(child)
            self._stop.wait(LOOK_SECONDS)

    def ask_to_stop(self) -> None:
        """Have `keep_alive` return soon."""
        self._stop.set()

    def end(self) -> None:
        """End every child this supervisor started, kindly first."""
        self._stop.set()
        running = [child.process for child in self._children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + END_WITHIN_SECONDS
        for process in running:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._presence is not None:
            self._presence.step_out()

    def _keep(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None or child.process.poll() is not None:
            if child.process is not None:
                self._note_end(child, now)
            if now >= child.rest_until and not self._stop.is_set():
                self._start(child, now)

    def _start(self, child: Child, now: float) -> None:
        # A session of its own: Ctrl-C reaches us alone, and we end the children in order.
        child.process = subprocess.Popen(  # noqa: S603 - our own command
            child.command, env={**os.environ, **child.environment}, start_new_session=True, stdin=subprocess.DEVNULL
        )
        child.started = now

    def _note_end(self, child: Child, now: float) -> None:
        assert child.process is not None, "only a started child ends"
        child.ends = 1 if now - child.started > STEADY_SECONDS else child.ends + 1
        rest = min(0.5 * 2 ** (child.ends - 1), LONGEST_REST_SECONDS)
        sys.stderr.write(f"dockline: {child.name} ended ({child.process.returncode}); starting it again.\n")
        child.rest_until = now + rest
        child.process = None

    def _keep_database(self) -> None:
        if self._presence is None:
            return
        try:
            came_in = self._presence.keep()
        except postgres.PostgresError as error:
            sys.stderr.write(f"dockline: {error}\n")
            return
        if came_in and self._was_present:
            sys.stderr.write("dockline: the database had ended; it is running again.\n")
        self._was_present = True
