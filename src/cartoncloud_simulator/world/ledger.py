"""The ledger of everything the API ever accepted: append-only, the warehouse's own memory of its promises."""

import os
from pathlib import Path
from typing import Any

import msgspec

from cartoncloud_simulator.world.journal import AppendFile


class Ledger:
    """Numbered JSON lines, in memory and in a file when there is a data folder."""

    def __init__(self, path: Path | None = None) -> None:
        self._lines: list[bytes] = []
        self._file = AppendFile(path) if path else None

    @property
    def seq(self) -> int:
        return len(self._lines)

    @property
    def handle(self) -> int | None:
        return self._file.handle if self._file else None

    def add(self, entry: dict[str, Any]) -> int:
        line = msgspec.json.encode({"seq": self.seq + 1, **entry}) + b"\n"
        if self._file:
            self._file.append(line)
        self._lines.append(line)
        return self.seq

    def read(self, after: int = 0) -> bytes:
        return b"".join(self._lines[after:])

    def load(self, upto: int) -> None:
        """Read the file, dropping entries whose transaction never reached the journal."""
        if not self._file:
            return
        lines = self._file.drop_torn_end().splitlines(keepends=True)
        self._lines = lines[:upto]
        if len(lines) > upto:
            os.truncate(self._file.path, sum(map(len, self._lines)))

    def close(self) -> None:
        if self._file:
            self._file.close()
