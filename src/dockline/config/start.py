"""The `dockline` command: find the database, set Django up, hand over to the terminal door."""

import os
import sys
from pathlib import Path

WITHOUT_DATABASE = ("--help", "-h", "--version")


def main() -> None:
    """Run `dockline`."""
    if not any(word in WITHOUT_DATABASE for word in sys.argv[1:]) and len(sys.argv) > 1:
        find_database()
    set_up_django()
    from dockline.interfaces.cli.commands import app

    app()


def find_database() -> None:
    """Use the database of `DATABASE_URL`, or start the embedded one in the data folder."""
    if os.environ.get("DATABASE_URL"):
        return
    from dockline.kit import postgres

    data_root = Path(os.environ.get("DOCKLINE_DATA", ".data")).resolve()
    try:
        os.environ["DATABASE_URL"] = postgres.ensure_running(data_root)
    except postgres.PostgresError as error:
        sys.exit(f"dockline: {error}")
    os.environ["DOCKLINE_EMBEDDED"] = str(data_root)


def set_up_django() -> None:
    """Load settings and apps."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dockline.config.settings")
    import django

    django.setup()
