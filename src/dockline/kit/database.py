"""What is asked of PostgreSQL beyond Django: how long to wait for a lock, and when a commit is good enough."""

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from psycopg.errors import LockNotAvailable

log = logging.getLogger(__name__)

LOCK_SECONDS = 2
"""Who waits longer for a lock gives up, says so, and comes back: a migration, say, keeps nobody hanging."""
DEED_SECONDS = 30
"""What a person or a program wants done may have to wait for its turn behind another file of the same account."""

_LIMIT = "PGOPTIONS"
_is_limited = False


def end_long_waits() -> None:
    """Let every connection that this process opens from now on give up on a lock in time.

    What the operator says in PGOPTIONS, or in the address of the database, stands.
    """
    global _is_limited
    _is_limited = _LIMIT not in os.environ
    os.environ.setdefault(_LIMIT, f"-c lock_timeout={LOCK_SECONDS}s")


def wait_for_deeds() -> None:
    """Wait longer from here on, where waits are limited: a deed is not refused for a moment's sake."""
    if _is_limited:
        # Where the database is away, whoever asks it next says so in better words.
        with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{DEED_SECONDS}s'")


def is_lock_timeout(error: BaseException | None) -> bool:
    """Whether this is somebody who gave up on a lock."""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, LockNotAvailable)


def keep_trying(work: Callable[[], object], *, tries: int, rest_seconds: float) -> None:
    """Do work that gives up on locks in time, again and again: it must do no harm when it is begun anew."""
    for left in reversed(range(tries)):
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
            work()
        except OperationalError as error:
            if not left or not is_lock_timeout(error):
                raise
            log.warning("Somebody holds what is needed here; tried again in a moment.")
            time.sleep(rest_seconds)
        else:
            return
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")


def commit_soon() -> None:
    """Let this transaction's commit return before it is on disk: for facts that can be found out again."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def book_what_is_here() -> None:
    """For a transaction that books an answer which only we have heard.

    Its commit returns before it is on disk, for it can be found out again; but a lock is waited for, because finding
    out takes longer.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = '{DEED_SECONDS}s'")
