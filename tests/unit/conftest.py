"""Data folders with an embedded PostgreSQL: prepared once, where a test is not about just that, and copied."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockline.kit import postgres


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary directory for the private addresses of deep data roots, gone after the test."""
    short = Path(tempfile.mkdtemp(dir="/tmp"))
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    monkeypatch.setenv("TMPDIR", str(short))
    yield short
    shutil.rmtree(short)


@pytest.fixture
def new_root(tmp_path: Path, short: Path) -> Iterator[Path]:
    """A data folder nobody has used yet."""
    root = tmp_path / "hub"
    yield root
    postgres.stop(root, mode="immediate")


@pytest.fixture(scope="session")
def _prepared_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("prepared") / "hub"
    postgres.ensure_running(root)
    postgres.stop(root)
    return root


@pytest.fixture
def root(_prepared_root: Path, new_root: Path) -> Path:
    """A data folder whose database was prepared and is not running."""
    subprocess.run(["cp", "-a", str(_prepared_root), str(new_root)], check=True)
    return new_root
