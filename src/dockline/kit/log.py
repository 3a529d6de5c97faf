"""The lines of the log, written by a thread of their own: where nobody takes them, they are dropped and counted."""

import logging
import os
import threading
import time
from contextlib import suppress
from queue import Full, Queue

MOST_WAITING = 2000
LAST_LINES_SECONDS = 2.0
"""How long a process that ends waits until its last lines are taken."""


class LineWriter(logging.Handler):
    """Writes to a file descriptor, 2 unless told otherwise; says how many lines were dropped once it is read again."""

    def __init__(self, descriptor: int = 2) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._waiting: Queue[str] = Queue(MOST_WAITING)
        self._dropped = 0
        self._writer: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a line to the writer, if there is room for one more."""
        try:
            line = self.format(record)
        except Exception:
            self.handleError(record)
            return
        if self._writer is None:
            self._writer = threading.Thread(target=self._write, name="log", daemon=True)
            self._writer.start()
        try:
            self._waiting.put_nowait(line)
        except Full:
            self._dropped += 1

    def flush(self) -> None:
        """Wait a moment until what was said is written; called when the process ends."""
        until = time.monotonic() + LAST_LINES_SECONDS
        while self._waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.01)

    def _write(self) -> None:
        while True:
            self._put(self._waiting.get())
            if self._dropped and self._waiting.empty():
                dropped, self._dropped = self._dropped, 0
                self._put(f"{dropped} lines of the log were dropped: nobody took them.")
            self._waiting.task_done()

    def _put(self, line: str) -> None:
        rest = f"{line}\n".encode(errors="backslashreplace")
        # Whoever read it is gone: then there is nobody to tell.
        with suppress(OSError):
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
