"""Supervises the embedded PostgreSQL: prepared once under the data root, started when needed, private to its owner."""

import hashlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from psycopg import pq

from dockline.kit.postgres_prepare import prepare
from dockline.kit.postgres_programs import (
    Account,
    PostgresError,
    PostgresStartFailed,
    PostgresUnavailable,
    PostgresVersionMismatch,
    Programs,
    find_programs,
)

__all__ = [
    "PostgresError",
    "PostgresStartFailed",
    "PostgresUnavailable",
    "PostgresVersionMismatch",
    "dsn",
    "ensure_running",
    "status",
    "stop",
]

State = Literal["running", "stopped", "absent"]
StopMode = Literal["smart", "fast", "immediate"]
Progress = Callable[[str], None]

START_LIMIT = 300
STOP_LIMIT = 120
SILENCE_LIMIT = 10
_LOG_LIMIT = 8 * 1024 * 1024
_SOCKET_PATH_LIMIT = 100
# Beyond the highest process id Linux can hand out, hence never alive.
_NOBODYS_PID = 4194305

# The relative socket directory is the data directory itself, which the server insists on being private.
_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # A table that a first file has just filled is sought by guesses until it is looked at: not a minute long.
    "autovacuum_naptime": "5s",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_checkpoints": "off",
    "cluster_name": "dockline",
}


def ensure_running(data_root: Path, *, on_progress: Progress | None = None) -> str:
    """Return the address of a server that answers, having prepared and started it where needed."""
    cluster = _Cluster.at(data_root)
    if cluster.exists and _ping(cluster) == pq.Ping.OK:
        _bound_log(cluster)
        return _dsn(cluster)
    tell = on_progress or (lambda _message: None)

    _make_home(cluster)
    with _call_lock(cluster) as lock:
        programs = find_programs(cluster.home, cluster.account, major=cluster.major)
        if not cluster.exists:
            tell("Preparing a new database; this happens once.")
            prepare(cluster.data, programs, lock)
        _bring_up(cluster, programs, tell)
    return _dsn(cluster)


def stop(data_root: Path, *, mode: StopMode = "fast") -> None:
    """Stop the server and wait for its end; nothing happens where none runs."""
    cluster = _Cluster.at(data_root)
    if not cluster.exists:
        return
    with _call_lock(cluster):
        # The last processes of a killed server may still be leaving, and its number be somebody else's by now: only
        # one that answers is told to stop.
        _wait_for(lambda: _answers(cluster) or _state(cluster) == "stopped", SILENCE_LIMIT)
        if _state(cluster) == "stopped":
            return
        programs = find_programs(cluster.home, cluster.account)
        programs.run("pg_ctl", "stop", "-s", "-m", mode, "-t", str(STOP_LIMIT), at=cluster.data)
        # Whatever pg_ctl made of it, what counts is that no process of the server is left.
        if not _wait_for(lambda: _state(cluster) == "stopped", 5):
            raise PostgresStartFailed("The embedded database did not stop.", programs.log_tail())


def status(data_root: Path) -> State:
    """Say whether the server runs (or is still on its way up or down), is stopped, or was never prepared."""
    cluster = _Cluster.at(data_root)
    return _state(cluster) if cluster.exists else "absent"


def dsn(data_root: Path) -> str:
    """Return the address, for psycopg and `DATABASE_URL`, whether the server runs or not."""
    return _dsn(_Cluster.at(data_root))


@dataclass(frozen=True)
class _Cluster:
    home: Path

    @classmethod
    def at(cls, data_root: Path) -> "_Cluster":
        if sys.platform == "win32":
            raise PostgresUnavailable("The embedded database needs Linux or macOS; set DATABASE_URL to a server.")
        return cls(data_root.resolve() / "postgres")

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def exists(self) -> bool:
        try:
            return (self.data / "PG_VERSION").exists()
        except PermissionError:
            raise PostgresUnavailable(f"The data in {self.data} belong to another account than ours.") from None

    @property
    def major(self) -> int | None:
        return int((self.data / "PG_VERSION").read_text()) if self.exists else None

    @property
    def account(self) -> Account | None:
        import pwd

        if os.geteuid() != 0:
            return None
        if not self.data.exists():
            try:
                nobody = pwd.getpwnam("nobody")
            except KeyError:
                raise PostgresUnavailable("As root, the embedded database needs the account nobody.") from None
            return Account(nobody.pw_uid, nobody.pw_gid)
        owner = self.data.stat()
        if owner.st_uid == 0:
            raise PostgresUnavailable(f"PostgreSQL refuses data owned by root: run chown -R nobody {self.data}")
        return Account(owner.st_uid, owner.st_gid)


def _dsn(cluster: _Cluster) -> str:
    return f"postgresql://dockline@/dockline?host={quote(str(_socket_directory(cluster.data)), safe='/')}&port=5432"


def _socket_directory(data: Path) -> Path:
    if _fits_address(data):
        return data
    # The server listens in its data directory all the same; a short private alias is all that clients need.
    name = f"dockline-{os.geteuid()}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    private = Path(tempfile.gettempdir()) / name
    if not _fits_address(private / "db"):
        private = Path("/tmp") / name  # noqa: S108 - ownership and mode are verified below
    with suppress(FileExistsError):
        private.mkdir(mode=0o700)
    found = private.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise PostgresUnavailable(f"{private} is not a private directory of ours; choose a shorter data directory.")
    alias = private / "db"
    if not alias.is_symlink() or alias.readlink() != data:
        fresh = Path(tempfile.mkdtemp(dir=private)) / "db"
        fresh.symlink_to(data)
        fresh.replace(alias)
        fresh.parent.rmdir()
    return alias


def _fits_address(directory: Path) -> bool:
    # A comma would separate two hosts, however it is quoted.
    return len(os.fsencode(directory / ".s.PGSQL.5432")) <= _SOCKET_PATH_LIMIT and "," not in str(directory)


def _ping(cluster: _Cluster) -> pq.Ping:
    return pq.Ping(pq.PGconn.ping(f"{_dsn(cluster)}&connect_timeout=5".encode()))


def _answers(cluster: _Cluster) -> bool:
    return _ping(cluster) in (pq.Ping.OK, pq.Ping.REJECT)


def _state(cluster: _Cluster) -> State:
    if _answers(cluster):
        return "running"
    with _server_lock(cluster, shared=True) as free:
        return "running" if free is None else "stopped"


def _make_home(cluster: _Cluster) -> None:
    try:
        cluster.home.parent.mkdir(parents=True, exist_ok=True)
        # Others may pass through, not look: the server's account can need programs kept here.
        cluster.home.mkdir(mode=0o711, exist_ok=True)
    except OSError as error:
        raise PostgresUnavailable(f"The data directory cannot be created: {error}") from error


@contextmanager
def _call_lock(cluster: _Cluster) -> Iterator[int]:
    """One caller at a time; the others wait their turn."""
    lock = _open_lock(cluster.home / "call.lock")
    try:
        if not _wait_for(lambda: _take(lock), START_LIMIT + 60):
            raise PostgresStartFailed("Another process has been busy with the database for minutes.")
        yield lock
    finally:
        os.close(lock)


@contextmanager
def _server_lock(cluster: _Cluster, *, shared: bool = False) -> Iterator[int | None]:
    """Yield the lock every process of a running server has inherited, or None while one of them is left.

    Unlike a process id it cannot be reused, outlive a kill, be a zombie, or mislead across containers.
    """
    lock = _open_lock(cluster.home / "server.lock")
    try:
        yield lock if _take(lock, shared=shared) else None
    finally:
        os.close(lock)


def _open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PostgresUnavailable(f"{path.parent} belongs to another account than ours: {error}") from error


def _take(lock: int, *, shared: bool = False) -> bool:
    import fcntl

    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _bring_up(cluster: _Cluster, programs: Programs, tell: Progress) -> None:
    tell("Starting the database.")
    if not _wait_for(lambda: _answers_or_starts(cluster, programs), START_LIMIT):
        raise PostgresStartFailed(f"The embedded database did not answer within {START_LIMIT} s.", programs.log_tail())


def _answers_or_starts(cluster: _Cluster, programs: Programs) -> bool:
    answer = _ping(cluster)
    if answer in (pq.Ping.OK, pq.Ping.REJECT):
        return answer == pq.Ping.OK
    with _server_lock(cluster) as free:
        if free is None:
            return False
        # A zombie, or a stranger with the dead server's number: all of the server's own processes are gone.
        if programs.run("pg_ctl", "status", at=cluster.data, quiet=True) == 0:
            _disarm_stale_pid(cluster)
        _bound_log(cluster)
        settings = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
        start = ("start", "-s", "-w", "-t", str(START_LIMIT), "-o", settings)
        if programs.run("pg_ctl", *start, at=cluster.data, keep=(free,)):
            raise PostgresStartFailed("The embedded database did not start.", programs.log_tail())
    return _ping(cluster) == pq.Ping.OK


def _disarm_stale_pid(cluster: _Cluster) -> None:
    """Put a dead number in place of the misleading one; the server's own check of the shared memory stays."""
    descriptor = os.open(cluster.data / "postmaster.pid", os.O_RDWR | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        if os.fstat(descriptor).st_nlink != 1:
            raise PostgresStartFailed(f"{file.name} has a second name; it is not the server's own.")
        _, *rest = file.readlines()
        file.seek(0)
        file.writelines([f"{_NOBODYS_PID}\n", *rest])
        file.truncate()
    # The socket has a lock file with the same number, and nothing else to check.
    (cluster.data / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _bound_log(cluster: _Cluster) -> None:
    """Keep one older part of the log; the server appends, so it goes on writing at the new end."""
    if cluster.log.exists() and cluster.log.stat().st_size > _LOG_LIMIT:
        shutil.copy2(cluster.log, cluster.log.with_suffix(".log.1"))
        os.truncate(cluster.log, 0)
