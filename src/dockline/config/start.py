"""The `dockline` command: find the database, set Django up, hand over to the doors."""

import os
import sys
from pathlib import Path

WITHOUT_DATABASE = ("--help", "-h")


def main() -> None:
    """Run `dockline`."""
    needs_database = len(sys.argv) > 1 and not any(word in WITHOUT_DATABASE for word in sys.argv[1:])
    found_here = needs_database and find_database()
    set_up_django()
    from dockline.interfaces.cli.commands import app
    from dockline.interfaces.files.commands import import_app
    from dockline.interfaces.jobs.worker import worker

    app.command("worker")(worker)
    app.add_typer(import_app, name="import")
    try:
        app()
    finally:
        if found_here:
            leave_database()


def data_root() -> Path:
    """The folder that holds everything this installation keeps on this machine."""
    return Path(os.environ.get("DOCKLINE_DATA", ".data")).resolve()


def find_database() -> bool:
    """Use the database of `DATABASE_URL`, or the embedded one in the data folder. True when it is the embedded one."""
    if os.environ.get("DATABASE_URL"):
        return False
    from dockline.kit import postgres

    try:
        os.environ["DATABASE_URL"] = postgres.ensure_running(data_root())
    except postgres.PostgresError as error:
        sys.exit(f"dockline: {error}")
    os.environ["DOCKLINE_EMBEDDED"] = str(data_root())
    return True


def leave_database() -> None:
    """Stop the embedded database unless somebody else is using it: the last one out turns off the light."""
    import psycopg

    from dockline.kit import postgres

    others = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as session:
            row = session.execute(others).fetchone()
    except psycopg.OperationalError:
        return
    if row is not None and row[0] == 0:
        postgres.stop(data_root())


def set_up_django() -> None:
    """Load settings and apps."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dockline.config.settings")
    import django

    django.setup()


if __name__ == "__main__":
    main()
