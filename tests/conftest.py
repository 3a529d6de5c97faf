"""One real PostgreSQL for the whole test run, started before Django looks for it and removed afterwards."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from dockline.kit import postgres

OWNED = "DOCKLINE_TEST_ROOT"


def pytest_configure(config: pytest.Config) -> None:
    """Start the server in the first process; parallel workers inherit its address."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dockline.config.settings")
    if "DOCKLINE_TEST_DATABASE" in os.environ:
        return
    root = Path(tempfile.mkdtemp(prefix="dockline-test-"))
    os.environ[OWNED] = str(root)
    os.environ["DOCKLINE_DATA"] = str(root)
    os.environ["DATABASE_URL"] = os.environ["DOCKLINE_TEST_DATABASE"] = postgres.ensure_running(root)
    config.stash[_root_key] = root


_root_key = pytest.StashKey[Path]()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop and remove the server, in the process that started it."""
    root = config.stash.get(_root_key, None)
    if root is not None:
        postgres.stop(root, mode="immediate")
        shutil.rmtree(root, ignore_errors=True)
        os.environ.pop("DOCKLINE_TEST_DATABASE", None)
