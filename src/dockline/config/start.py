"""The `dockline` command: find the database, set Django up, hand over to the doors."""

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

    Session = Connection[tuple[Any, ...]]

WITHOUT_DATABASE = ("--help", "-h")
ENTER_TRIES = 5
LEAVE_TRIES = 5
"""Tenths of a second to wait for the connections of processes that are just ending."""
PRESENCE_LOCK = 7462036415229
"""Shared by everybody who uses the embedded database, taken alone by the last one out."""


def main() -> None:
    """Run `dockline`."""
    if sys.argv[1:2] == ["demo"]:
        begin_demo()
    needs_database = len(sys.argv) > 1 and not any(word in WITHOUT_DATABASE for word in sys.argv[1:])
    presence = None
    try:
        presence = find_database() if needs_database else None
        set_up_django()
        from dockline.interfaces.cli.commands import app
        from dockline.interfaces.files.commands import import_app
        from dockline.interfaces.jobs.worker import worker

        app.command("worker")(worker)
        app.add_typer(import_app, name="import")
        if presence is not None:
            prepare_tables()
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        if presence is not None:
            leave_database(presence)


def begin_demo() -> None:
    """The demo has data of its own, and starts anew unless told to keep them."""
    import fcntl
    import shutil

    from dockline.kit import postgres

    os.environ.setdefault("DOCKLINE_DATA", str(Path(".data") / "demo"))
    root = data_root()
    root.parent.mkdir(parents=True, exist_ok=True)
    # Held until this process ends, however it ends.
    lock = os.open(root.with_name(f"{root.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit("dockline: a demo is running with these data already; stop it, or give DOCKLINE_DATA another folder.")
    if "--keep" not in sys.argv and root.exists():
        postgres.stop(root, mode="immediate")
        shutil.rmtree(root)


def data_root() -> Path:
    """The folder that holds everything this installation keeps on this machine."""
    return Path(os.environ.get("DOCKLINE_DATA", ".data")).resolve()


def find_database() -> "Session | None":
    """Use the database of `DATABASE_URL`, or the embedded one in the data folder, and then return our presence there.

    The presence is a session kept open until we leave: without it, whoever leaves meanwhile would turn off the light.
    """
    if os.environ.get("DATABASE_URL"):
        return None
    import psycopg

    from dockline.kit import postgres

    for _ in range(ENTER_TRIES):
        try:
            url = postgres.ensure_running(data_root())
            presence = psycopg.connect(url, autocommit=True, connect_timeout=5)
            presence.execute(f"SELECT pg_advisory_lock_shared({PRESENCE_LOCK})")
        except postgres.PostgresError as error:
            sys.exit(f"dockline: {error}")
        except psycopg.OperationalError:
            # The last one out was just leaving.
            continue
        os.environ["DATABASE_URL"], os.environ["DOCKLINE_EMBEDDED"] = url, str(data_root())
        return presence
    sys.exit("dockline: The embedded database starts and does not stay; its log is in the data folder.")


def leave_database(presence: "Session") -> None:
    """Stop the embedded database unless somebody else is using it: the last one out turns off the light."""
    import psycopg
    from django.db import connections

    from dockline.kit import postgres

    # Our own connections would look like somebody else's, and so would those of children that have just ended.
    connections.close_all()
    presence.close()
    alone = f"""
        SELECT pg_try_advisory_lock({PRESENCE_LOCK}) AND NOT EXISTS (
            SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())
        """  # noqa: S608 - a number of ours
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, connect_timeout=5) as session:
            for _ in range(LEAVE_TRIES):
                if session.execute(alone).fetchone() == (True,):
                    # Still inside: whoever comes now waits for our lock, and then starts the server again.
                    postgres.stop(data_root())
                    return
                time.sleep(0.1)
    except psycopg.OperationalError:
        return


def prepare_tables() -> None:
    """Make the tables of an embedded database that is new; one that is merely older waits for `dockline migrate`."""
    from django.core.management import call_command
    from django.db import connection

    if "django_migrations" not in connection.introspection.table_names():
        call_command("migrate", interactive=False, verbosity=0)


def set_up_django() -> None:
    """Load settings and apps."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dockline.config.settings")
    import django

    django.setup()


if __name__ == "__main__":
    main()
