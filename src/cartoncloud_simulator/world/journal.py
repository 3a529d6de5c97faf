"""The append-only file behind the state: one line per transaction, each an array of changes."""

import os
import sys
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import msgspec

from cartoncloud_simulator.world.entities import Change

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(list[Change], float_hook=Decimal)
_OWNER_ONLY = 0o600


class AppendFile:
    """A file only its owner may read, to which whole lines are added in one write each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _OWNER_ONLY)

    def append(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._handle, view) :]

    @property
    def handle(self) -> int:
        return self._handle

    def sync(self) -> None:
        os.fsync(self._handle)

    def drop_torn_end(self) -> bytes:
        """Forget what follows the last line end, and hand out the rest."""
        data = self.path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            os.truncate(self.path, len(whole))
        return whole

    def close(self) -> None:
        os.close(self._handle)


class FolderInUse(Exception):
    """Another simulator keeps its state here."""


class FolderLock:
    """One process per data folder; the operating system lets go when the process dies."""

    def __init__(self) -> None:
        self._handle: int | None = None

    def take(self, path: Path) -> None:
        if sys.platform == "win32":
            return
        import fcntl

        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise FolderInUse(f"The data folder {path.parent} is in use by another simulator") from None

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class Journal:
    """Transactions on disk; a process killed while writing loses at most the line it was writing."""

    def __init__(self, path: Path) -> None:
        self._file = AppendFile(path)
        self.lines = 0

    def read(self) -> Iterator[list[Change]]:
        for line in self._file.drop_torn_end().splitlines():
            self.lines += 1
            yield _DECODER.decode(line)

    def append(self, changes: list[Change]) -> None:
        self._file.append(_ENCODER.encode(changes) + b"\n")
        self.lines += 1

    @property
    def handle(self) -> int:
        return self._file.handle

    def rewrite(self, changes: Iterable[Change]) -> None:
        """Replace the history by the present, in one rename."""
        path = self._file.path
        fresh_path = path.with_suffix(".rewrite")
        fresh_path.unlink(missing_ok=True)
        fresh = AppendFile(fresh_path)
        self.lines = 0
        for change in changes:
            fresh.append(_ENCODER.encode([change]) + b"\n")
            self.lines += 1
        fresh.sync()
        self._file.close()
        fresh_path.replace(path)
        _sync_folder(path.parent)
        fresh.path = path
        self._file = fresh

    def close(self) -> None:
        self._file.close()


def _sync_folder(folder: Path) -> None:
    """Make a rename survive; Windows cannot and need not."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
