"""One real PostgreSQL for the whole test run, started before Django looks for it and removed afterwards."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import django
import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

from dockline.kit import postgres
from tests.support.tables import list_filled_tables

SHARED = "DOCKLINE_TEST_DATABASE"
SLOW_TO_START = ("new_site", "server", "prepared", "rest")


def _start() -> Path | None:
    """Start the server in the first process; parallel workers inherit its address."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dockline.config.settings")
    if SHARED in os.environ:
        return None
    root = Path(tempfile.mkdtemp(prefix="dockline-test-"))
    os.environ["DOCKLINE_DATA"] = str(root)
    # Nobody needs this database after a crash of the machine, and not waiting for the disk saves minutes.
    with mock.patch.dict(postgres._SETTINGS, fsync="off", full_page_writes="off", synchronous_commit="off"):
        os.environ["DATABASE_URL"] = os.environ[SHARED] = postgres.ensure_running(root)
    return root


# A busy machine is no reason to fail.
settings.register_profile("dockline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dockline")

# While conftests are imported, because those of the folders below already need Django's models.
_owned = _start()
django.setup()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have all tests of what takes long to start in one process, where it is started once."""
    for item in items:
        for fixture in SLOW_TO_START:
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group(fixture))
                break


@pytest.fixture(scope="session", autouse=True)
def _quickly_emptied() -> Iterator[None]:
    """Empty the database after a test that commits in a hundredth of the time a TRUNCATE of every table takes."""
    with mock.patch.object(TransactionTestCase, "_fixture_teardown", _empty):
        yield


def _empty(case: TransactionTestCase) -> None:
    # All other keys are looked at in the end.
    with transaction.atomic(), connection.cursor() as cursor:
        for name in list_filled_tables():
            # History allows nothing less.
            cursor.execute(f"TRUNCATE {name}" if name == "history_event" else f"DELETE FROM {name}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop and remove the server, in the process that started it."""
    if _owned is not None:
        postgres.stop(_owned, mode="immediate")
        shutil.rmtree(_owned, ignore_errors=True)
