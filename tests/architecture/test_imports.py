"""The import contracts hold, and each of them bites: a forbidden import in a copy of the source breaks it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, SOURCE

PLANTS = [
    ("floors", "dockline/flows/sync.py", "from dockline.interfaces.web import urls"),
    ("floors", "dockline/gateway/deliver.py", "from dockline.flows import sync"),
    ("floors", "dockline/domain/orders/operations.py", "from dockline.gateway import runtime"),
    ("floors", "dockline/domain/orders/operations.py", "from dockline.connectors import registry"),
    ("floors", "dockline/kit/clock.py", "from dockline.domain.accounts import models"),
    ("floors", "dockline/extras/__init__.py", "import decimal"),
    ("doors", "dockline/interfaces/web/home/views.py", "from dockline.interfaces.cli import speak"),
    ("domain-order", "dockline/domain/orders/queries.py", "from dockline.domain.shipments import rules"),
    ("domain-order", "dockline/domain/products/queries.py", "from dockline.domain.warehouses import queries"),
    ("domain-order", "dockline/domain/returns/__init__.py", "import decimal"),
    ("slice-shape", "dockline/domain/orders/queries.py", "from dockline.domain.orders import operations"),
    ("slice-shape", "dockline/domain/orders/rules.py", "from dockline.domain.orders import models"),
    ("pure-rules", "dockline/domain/orders/rules.py", "import django.db"),
    ("pure-rules", "dockline/connectors/manual/connector.py", "from django.utils import timezone"),
    ("island", "dockline/connectors/manual/connector.py", "from dockline.kit import clock"),
    ("island", "dockline/connectors/toolkit/json.py", "from dockline.domain.orders import rules"),
    (
        "connectors-stand-alone",
        "dockline/connectors/manual/spec.py",
        "from dockline.connectors.cartoncloud import units",
    ),
    (
        "contract-is-the-ground",
        "dockline/connectors/contract/errors.py",
        "from dockline.connectors.toolkit import json",
    ),
    ("one-door-out", "dockline/flows/sync.py", "from dockline.connectors import registry"),
    ("one-door-out", "dockline/gateway/runtime.py", "from dockline.connectors.cartoncloud import client"),
    (
        "models-stay-home",
        "dockline/interfaces/web/orders/views.py",
        "from dockline.domain.orders.models import SalesOrder",
    ),
    ("models-stay-home", "dockline/interfaces/files/commands.py", "from dockline.domain.accounts import models"),
    ("acyclic", "dockline/flows/job_names.py", "from dockline.flows import sync"),
    ("two-products", "dockline/kit/clock.py", "import cartoncloud_simulator"),
]


JUDGE = """
import contextlib, io, json, shutil, sys
from pathlib import Path
from importlinter.cli import lint_imports

def judge(contracts):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = lint_imports(config_filename=config, limit_to_contracts=contracts, no_cache=True)
    return code, said.getvalue()

config = sys.argv[1]
verdicts = [judge(())]
for contract, module, line in json.load(sys.stdin):
    planted = Path(module)
    before = planted.read_text() if planted.exists() else None
    planted.parent.mkdir(exist_ok=True)
    # Inside a function, where a careless eye would miss it.
    planted.write_text(f"{before or ''}\\n\\ndef planted() -> None:\\n    {line}\\n")
    verdicts.append(judge((contract,)))
    if before is None:
        shutil.rmtree(planted.parent)
    else:
        planted.write_text(before)
json.dump(verdicts, sys.stdout)
"""
"""Runs in a process whose `dockline` is the copy, and returns exit code and words: once for all, once per plant."""

Verdict = tuple[int, str]


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    """What the contracts say of a copy of the source, first as it is, then with one plant at a time."""
    with tempfile.TemporaryDirectory(prefix="dockline-source-") as folder:
        copied = Path(folder) / "src"
        shutil.copytree(SOURCE, copied, ignore=shutil.ignore_patterns("__pycache__", "static", "*.html", "*.egg-info"))
        judged = subprocess.run(
            [sys.executable, "-c", JUDGE, str(ROOT / "pyproject.toml")],
            cwd=copied,
            env={**os.environ, "PYTHONPATH": str(copied)},
            input=json.dumps(PLANTS),
            capture_output=True,
            text=True,
            check=False,
        )
    assert judged.returncode == 0, judged.stderr
    return [(code, said) for code, said in json.loads(judged.stdout)]


def test_all_contracts_hold(verdicts: list[Verdict]) -> None:
    code, said = verdicts[0]
    assert code == 0 and " 0 broken" in said, said


@pytest.mark.parametrize("plant", PLANTS, ids=[f"{contract}: {line}" for contract, _, line in PLANTS])
def test_a_forbidden_import_breaks_its_contract(verdicts: list[Verdict], plant: tuple[str, str, str]) -> None:
    code, said = verdicts[1 + PLANTS.index(plant)]
    assert code == 1 and "0 kept, 1 broken" in said, said
    blamed = plant[1].removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    name = blamed.rpartition(".")[2]
    shortened = (f"- .{name} ->", f"-> .{name} (")
    assert blamed in said or any(one in said for one in shortened), f"it breaks for another reason: {said}"


def test_every_contract_is_shown_to_bite() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in configured} == {contract for contract, _, _ in PLANTS}
