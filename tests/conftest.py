"""One real PostgreSQL for the whole test run, started before Django looks for it and removed afterwards."""

import os
import shutil
import tempfile
from pathlib import Path

import django
import pytest

from dockline.kit import postgres

SHARED = "DOCKLINE_TEST_DATABASE"


def _start() -> Path | None:
    """Start the server in the first process; parallel workers inherit its address."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dockline.config.settings")
    if SHARED in os.environ:
        return None
    root = Path(tempfile.mkdtemp(prefix="dockline-test-"))
    os.environ["DOCKLINE_DATA"] = str(root)
    os.environ["DATABASE_URL"] = os.environ[SHARED] = postgres.ensure_running(root)
    return root


# While conftests are imported, because those of the folders below already need Django's models.
_owned = _start()
django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop and remove the server, in the process that started it."""
    if _owned is not None:
        postgres.stop(_owned, mode="immediate")
        shutil.rmtree(_owned, ignore_errors=True)
