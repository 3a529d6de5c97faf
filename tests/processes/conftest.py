"""Installations of their own: one is prepared for the run, each test works on a copy."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockline.kit import postgres
from tests.processes.installation import Installation, a_copy_of


@pytest.fixture(scope="session")
def prepared() -> Iterator[Path]:
    """A folder with a migrated database that is not running, and in it an account and a warehouse."""
    # Not pytest's own folder: the server of a run as root is somebody else, who may not pass through it.
    folder = Path(tempfile.mkdtemp(prefix="dockline-processes-"))
    folder.chmod(0o711)
    installation = Installation(folder / "prepared")
    installation.root.mkdir()
    try:
        with installation.kept_running():
            installation.do("migrate")
            installation.do("account", "add", "Bluegum")
            installation.do("warehouse", "add", "Brisbane", "--account", "Bluegum")
        postgres.stop(installation.root)
        yield installation.root
    finally:
        installation.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def installation(prepared: Path) -> Iterator[Installation]:
    """An installation with the account Bluegum and its warehouse Brisbane that is not running."""
    with a_copy_of(prepared, Path(tempfile.mkdtemp(prefix="copy-", dir=prepared.parent)) / "data") as copied:
        yield copied
