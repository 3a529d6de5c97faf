"""What no import contract can say: how doors, names, numbers and times are written."""

import ast
from pathlib import PurePath

import pytest

from dockline.flows import job_names
from dockline.kit.queue import port as queue
from tests.architecture.sources import DOCKLINE, SOURCE, calls, modules

SHAPELESS = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "shared", "base"}
SECONDS_NOT_QUANTITIES = {"connectors/toolkit/statuses.py"}


def breaches_of_a_door(tree: ast.Module) -> set[str]:
    """What a door does that is for flows and slices alone."""
    found = {
        f".{name}()"
        for name, call in calls(tree)
        if name in ("save", "delete") and isinstance(call.func, ast.Attribute)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("objects", "transaction"):
            found.add(f".{node.attr}")
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = getattr(node, "module", "") or ""
            for alias in node.names:
                for word in {*origin.split("."), *alias.name.split(".")} & {"transaction", "clock", "models"}:
                    found.add(f"import {word}")
    return found


def unaware_times(tree: ast.Module) -> set[str]:
    """Calls that make a time without saying where."""
    found = set()
    for name, call in calls(tree):
        if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name | ast.Attribute):
            continue
        owner = call.func.value.id if isinstance(call.func.value, ast.Name) else call.func.value.attr
        given = len(call.args) + len(call.keywords)
        if owner in ("datetime", "date") and (
            name in ("utcnow", "utcfromtimestamp", "today")
            or (name == "now" and given < 1)
            or (name == "fromtimestamp" and given < 2)
        ):
            found.add(f"{owner}.{name} in line {call.lineno}")
    return found


def floats(tree: ast.Module) -> set[str]:
    """Where exact numbers would be lost."""
    return {f"{name} in line {call.lineno}" for name, call in calls(tree) if name in ("float", "FloatField")}


@pytest.mark.parametrize(
    ("line", "breach"),
    [
        ("Order.objects.get()", ".objects"),
        ("order.save()", ".save()"),
        ("row.line.delete()", ".delete()"),
        ("from django.db import transaction", "import transaction"),
        ("from django.db.transaction import atomic", "import transaction"),
        ("import django.db\ndjango.db.transaction.atomic()", ".transaction"),
        ("from dockline.kit import clock", "import clock"),
        ("from dockline.kit.clock import now", "import clock"),
    ],
)
def test_a_breach_of_a_door_would_be_noticed(line: str, breach: str) -> None:
    assert breach in breaches_of_a_door(ast.parse(line))


def test_doors_translate_and_nothing_else() -> None:
    doors = modules(DOCKLINE / "interfaces")
    assert len(doors) > 40
    assert {path: found for path, tree in doors.items() if (found := breaches_of_a_door(tree))} == {}


@pytest.mark.parametrize("line", ["datetime.now()", "datetime.datetime.now()", "datetime.utcnow()", "date.today()"])
def test_an_unaware_time_would_be_noticed(line: str) -> None:
    assert unaware_times(ast.parse(line))
    assert not unaware_times(ast.parse("datetime.now(UTC), timezone.now(), datetime.fromtimestamp(1, tz=UTC)"))


def test_times_are_aware() -> None:
    assert {path: found for path, tree in modules(SOURCE).items() if (found := unaware_times(tree))} == {}


def test_no_quantity_becomes_a_float() -> None:
    assert floats(ast.parse("float('1.1'); models.FloatField()")) == {"float in line 1", "FloatField in line 1"}
    found = {path for path, tree in modules().items() if floats(tree)}
    assert found == SECONDS_NOT_QUANTITIES


def test_every_module_is_named_after_what_it_holds() -> None:
    names = {word for path in modules(SOURCE) for word in PurePath(path).with_suffix("").parts}
    assert "operations" in names
    assert names & SHAPELESS == set()


def test_every_job_has_exactly_one_handler() -> None:
    named = {value for name, value in vars(job_names).items() if name.isupper() and isinstance(value, str)}
    named |= set(job_names.ASKED_OF_RUN_KIND.values())
    assert named == job_names.ALL == queue.handled_names()
    with pytest.raises(ValueError, match="Two handlers"):
        queue.handles(job_names.ADVANCE)(print)
    assert queue._handlers[job_names.ADVANCE] is not print


def test_jobs_are_woken_by_their_names_alone() -> None:
    woken = [
        call.args[0]
        for tree in modules().values()
        for name, call in calls(tree)
        if name == "wake" and isinstance(call.func, ast.Attribute)
    ]
    assert len(woken) > 8
    assert not [ast.unparse(argument) for argument in woken if isinstance(argument, ast.Constant | ast.JoinedStr)]
