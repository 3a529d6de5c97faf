"""The simulator by itself: what its wheel holds, what it needs, and a stranger's test that uses its fixture."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "cartoncloud_simulator"
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
DISTRIBUTIONS = {"cartoncloud-simulator": "packages/cartoncloud-simulator", "dockline": "."}
STRANGERS_TEST = """
from urllib.request import urlopen

def test_it_is_there(cartoncloud_simulator):
    assert urlopen(cartoncloud_simulator.base_url + "/_sim/health").status == 200
    cartoncloud_simulator.control.add_product(cartoncloud_simulator.customer_id, "A")
"""


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_wheel_holds_every_file(name: str, tmp_path: Path) -> None:
    for wanted in ("src", "packages", "pyproject.toml", "README.md"):
        copy = shutil.copytree if (ROOT / wanted).is_dir() else shutil.copy
        copy(ROOT / wanted, tmp_path / wanted)
    folder = tmp_path / DISTRIBUTIONS[name]
    subprocess.run([sys.executable, "-c", BUILD, str(tmp_path)], cwd=folder, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        (entry_points,) = (entry for entry in held if entry.endswith("/entry_points.txt"))
        assert b"cartoncloud-simulator = cartoncloud_simulator.cli:main" in archive.read(entry_points)
    present = [path for path in SOURCE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.relative_to(ROOT / "src").as_posix() for path in present} - held == set()
    assert name == "dockline" or not [entry for entry in held if entry.startswith("dockline/")]


def test_it_needs_no_more_than_it_says() -> None:
    project = tomllib.loads((ROOT / DISTRIBUTIONS["cartoncloud-simulator"] / "pyproject.toml").read_text())["project"]
    declared = {requirement.partition(">")[0] for requirement in project["dependencies"]}
    needed = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                needed |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                needed.add((node.module or "").partition(".")[0])
    foreign = needed - sys.stdlib_module_names - {"cartoncloud_simulator"}
    assert foreign - {"pytest"} <= declared
    assert "dockline" not in needed


def test_a_strangers_test_gets_the_fixture(tmp_path: Path) -> None:
    (tmp_path / "test_stranger.py").write_text(STRANGERS_TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "cartoncloud_simulator.testing", "--rootdir", str(tmp_path)]
    found = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    ended = subprocess.run(
        [*command, str(tmp_path)], cwd=tmp_path, env=found, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, "1 passed" in ended.stdout) == (0, True), ended.stdout + ended.stderr
