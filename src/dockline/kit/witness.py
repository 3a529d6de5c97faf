"""A small number kept on disk, outside the database, by a file that knows when it is a copy of itself."""

import ctypes
import fcntl
import os
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

_SLOT = 128
_SLOTS = (0, 1)
_BIRTH_WANTED = 0x800
_BIRTH_AT = 80


@dataclass(frozen=True)
class Witness:
    """What the file says. `is_at_home` is False in a copy, and in what was restored from one."""

    sender: UUID
    epoch: int
    number: int
    is_at_home: bool


def read_witness(path: Path) -> Witness | None:
    """Return what was kept last; None where there is no file, or none that was ever written whole."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return _best(_read_slots(descriptor), descriptor, path)
    finally:
        os.close(descriptor)


def keep_witness(path: Path, *, sender: UUID, epoch: int, number: int) -> None:
    """Have the file say this, on disk before we return; what it says for this sender never goes back.

    It is written in place, into the slot that does not hold what is said now: a crash leaves one of the two whole, and
    the file stays the one it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        slots = _read_slots(descriptor)
        said = _best(slots, descriptor, path)
        is_ours = said is not None and said.is_at_home and said.sender == sender
        if said is not None and is_ours and (said.epoch, said.number) >= (epoch, number):
            return
        home = " ".join(str(part) for part in _home(descriptor, path))
        words = f"{sender.hex} {home} {epoch} {number}"
        line = f"{words} {zlib.crc32(words.encode()):08x}".ljust(_SLOT - 1) + "\n"
        if not is_ours:
            # Whoever wrote here before is not who writes now.
            os.ftruncate(descriptor, 0)
            slots = (None, None)
        slot = min(_SLOTS, key=lambda place: _order(slots[place]))
        os.pwrite(descriptor, line.encode(), slot * _SLOT)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        _sync_folder(path.parent)


_Slot = tuple[UUID, tuple[int, int], int, int]


def _read_slots(descriptor: int) -> tuple[_Slot | None, ...]:
    return tuple(_parse(os.pread(descriptor, _SLOT, slot * _SLOT)) for slot in _SLOTS)


def _parse(raw: bytes) -> _Slot | None:
    words, _, digest = raw.decode("ascii", "replace").strip().rpartition(" ")
    if not words or f"{zlib.crc32(words.encode()):08x}" != digest:
        return None
    sender, inode, birth, epoch, number = words.split(" ")
    return UUID(sender), (int(inode), int(birth)), int(epoch), int(number)


def _order(slot: _Slot | None) -> tuple[int, int]:
    return (-1, -1) if slot is None else (slot[2], slot[3])


def _best(slots: tuple[_Slot | None, ...], descriptor: int, path: Path) -> Witness | None:
    whole = [slot for slot in slots if slot is not None]
    if not whole:
        return None
    sender, home, epoch, number = max(whole, key=_order)
    return Witness(sender, epoch, number, is_at_home=home == _home(descriptor, path))


def _home(descriptor: int, path: Path) -> tuple[int, int]:
    """What tells a file from every copy of it, and lasts when it or its folder is moved: its number and its birth.

    The number alone may be given to another file later. Where the system tells no birth, it has to do.
    """
    return os.fstat(descriptor).st_ino, _birth(descriptor, path)


def _birth(descriptor: int, path: Path) -> int:
    told = getattr(os.fstat(descriptor), "st_birthtime", None)
    if told is not None:
        return int(told * 1_000_000_000)
    statx = _find_statx()
    found = ctypes.create_string_buffer(256)
    if statx is None or statx(-100, os.fsencode(path.absolute()), 0, _BIRTH_WANTED, found) != 0:
        return 0
    if not struct.unpack_from("I", found, 0)[0] & _BIRTH_WANTED:
        return 0
    seconds, nanoseconds = struct.unpack_from("qI", found, _BIRTH_AT)
    return int(seconds) * 1_000_000_000 + int(nanoseconds)


@cache
def _find_statx() -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), "statx", None) if sys.platform == "linux" else None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
