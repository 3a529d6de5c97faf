"""The `dockline` command: find the database, set Django up, hand over to the doors."""

import faulthandler
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockline.kit.presence import Presence

WITHOUT_DATABASE = ("--help", "-h")


def main() -> None:
    """Run `dockline`."""
    # A process that ends by a fault in a library of machine code says where, instead of nothing.
    faulthandler.enable()
    if sys.argv[1:2] == ["demo"]:
        begin_demo()
    needs_database = len(sys.argv) > 1 and not any(word in WITHOUT_DATABASE for word in sys.argv[1:])
    presence = None
    try:
        presence = find_database() if needs_database else None
        set_up_django()
        from dockline.interfaces.cli.commands import app
        from dockline.interfaces.files.commands import import_app
        from dockline.interfaces.files.tables import export_app
        from dockline.interfaces.jobs.worker import worker

        app.command("worker")(worker)
        app.add_typer(import_app, name="import")
        app.add_typer(export_app, name="export")
        if presence is not None:
            # All this takes a while, and the database may have been stopped under us.
            be_there(presence)
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


def find_database() -> "Presence | None":
    """Use the database of `DATABASE_URL`, or the embedded one in the data folder; then return our presence there."""
    if os.environ.get("DATABASE_URL"):
        return None
    from dockline.kit import postgres
    from dockline.kit.presence import Presence

    root = data_root()
    presence = Presence(root)
    be_there(presence)
    os.environ["DATABASE_URL"], os.environ["DOCKLINE_EMBEDDED"] = postgres.dsn(root), str(root)
    return presence


def be_there(presence: "Presence") -> None:
    """Come in to the embedded database unless we are there; end in words where it cannot be started."""
    from dockline.kit import postgres

    try:
        presence.keep()
    except postgres.PostgresError as error:
        sys.exit(f"dockline: {error}")


def leave_database(presence: "Presence") -> None:
    """Close what we opened, and stop the embedded database unless somebody else is using it."""
    from django.db import connections

    connections.close_all()
    presence.leave()


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
