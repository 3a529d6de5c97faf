"""Prepares the data directory of the embedded PostgreSQL: whole and on disk, or not there."""

import os
import shutil
from pathlib import Path

from dockline.kit.postgres_programs import Account, PostgresStartFailed, PostgresUnavailable, Programs

_FIRST_BUILTIN_LOCALE = 17
_OWNER = "CREATE ROLE dockline LOGIN CREATEDB;\nCREATE DATABASE dockline OWNER dockline;\n"


def prepare(data: Path, programs: Programs, lock: int) -> None:
    """Make the data directory under another name and give it its own only when it is whole and on disk."""
    caller = _name_of_caller()
    fresh = data.with_name("data.preparing")
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
    if programs.account:
        _hand_over(fresh, programs.account)

    new = ["--username=postgres", "--encoding=UTF8", "--locale=C", "--data-checksums", "--auth=peer", "--no-sync"]
    if programs.major >= _FIRST_BUILTIN_LOCALE:
        new += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    # The programs hold our lock too: should we be killed, the next caller waits until they have left the directory.
    keep = (lock,)
    if programs.run("initdb", *new, "--no-instructions", at=fresh, keep=keep):
        raise PostgresStartFailed("A new database could not be prepared.", programs.log_tail())
    if programs.run("postgres", "--single", "-c", "exit_on_error=on", "postgres", at=fresh, keep=keep, text=_OWNER):
        raise PostgresStartFailed("The new database could not be given its owner.", programs.log_tail())
    _write_access_rules(fresh, caller, programs.account)
    if programs.run("initdb", "--sync-only", at=fresh, keep=keep):
        raise PostgresStartFailed("The new database could not be written to disk.", programs.log_tail())

    fresh.rename(data)
    _sync_directory(data.parent)


def _name_of_caller() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise PostgresUnavailable(
            f"PostgreSQL needs a name for user id {os.geteuid()}: add one to /etc/passwd, or set DATABASE_URL."
        ) from None


def _hand_over(directory: Path, account: Account) -> None:
    try:
        os.chown(directory, account.uid, account.gid)
    except OSError as error:
        raise PostgresUnavailable(
            f"PostgreSQL refuses to run as root, and this root may not hand {directory} to another account ({error}): "
            "run as an ordinary user, or set DATABASE_URL to a server."
        ) from error


def _write_access_rules(data: Path, caller: str, account: Account | None) -> None:
    # The kernel says who is calling, so there is no password to keep, and sharing the server's account opens nothing.
    names = sorted({"root", caller})
    rules = {
        "pg_hba.conf": "local all dockline,postgres peer map=dockline\n",
        "pg_ident.conf": "".join(f'dockline "{name}" dockline\ndockline "{name}" postgres\n' for name in names),
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
