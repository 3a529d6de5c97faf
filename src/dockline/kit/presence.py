"""Who uses the embedded database: it is there while anybody is, and the last one out turns off the light."""

import time
from pathlib import Path
from typing import Any

import psycopg

from dockline.kit import postgres

__all__ = ["Presence"]

ENTER_TRIES = 5
LEAVE_TRIES = 5
"""Tenths of a second to wait for somebody who is there and may just be going."""
ENDING_TRIES = 20
"""The same for the connections of processes that are just ending, while nobody is there any more."""
PRESENCE_LOCK = 7462036415229
"""Shared by everybody who uses the embedded database, taken alone by the last one out."""
DOOR_LOCK = 7462036415230
"""Held by the one who is leaving: two at once would each take the other for somebody who stays."""


class Presence:
    """A session kept open as long as we use the database: without it, whoever leaves meanwhile would stop it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._session: psycopg.Connection[tuple[Any, ...]] | None = None

    def keep(self) -> bool:
        """Be there, starting the server where needed; True when we had to come in (again).

        Raises `PostgresError` where the server cannot be started, or starts and does not stay.
        """
        if self._is_there():
            return False
        for _ in range(ENTER_TRIES):
            url = postgres.ensure_running(self._root)
            try:
                session = psycopg.connect(url, autocommit=True, connect_timeout=5)
                session.execute(f"SELECT pg_advisory_lock_shared({PRESENCE_LOCK})")
            except psycopg.OperationalError:
                # The last one out was just leaving.
                continue
            self._session = session
            return True
        raise postgres.PostgresUnavailable(
            "The embedded database starts and does not stay; its log is in the data folder."
        )

    def leave(self) -> None:
        """Go, and stop the server unless somebody else is using it.

        Our own other connections must be closed by now: they would look like somebody else's.
        """
        self.step_out()
        # A person at psql never said that they are there. Whoever waits for a lock of ours comes in or leaves after us.
        look = f"""
            SELECT pg_try_advisory_lock({PRESENCE_LOCK}), count(*), count(*) FILTER (WHERE wait_event = 'advisory')
            FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
            """  # noqa: S608 - a number of ours
        try:
            with psycopg.connect(postgres.dsn(self._root), autocommit=True, connect_timeout=5) as session:
                session.execute(f"SELECT pg_advisory_lock({DOOR_LOCK})")
                for tried in range(ENDING_TRIES):
                    nobody_is_there, connections, waiting = session.execute(look).fetchone() or (False, 0, 0)
                    if nobody_is_there and not connections:
                        # Still inside: whoever comes now waits for our lock, and then starts the server again.
                        postgres.stop(self._root)
                        return
                    if waiting or (not nobody_is_there and tried >= LEAVE_TRIES):
                        return
                    time.sleep(0.1)
        except psycopg.OperationalError:
            return

    def step_out(self) -> None:
        """Go, and leave the server as it is."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _is_there(self) -> bool:
        if self._session is None:
            return False
        try:
            self._session.execute("SELECT 1")
        except psycopg.OperationalError:
            self.step_out()
            return False
        return True
