"""What no import contract can say: how doors, names, numbers and times are written."""

import ast
from pathlib import PurePath

import pytest

from dockline.flows import job_names
from dockline.kit.queue import port as queue
from tests.architecture.sources import DOCKLINE, SOURCE, calls, modules

SHAPELESS = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "shared", "base"}
READERS_OF_JSON = {
    "connectors/toolkit/json.py": "the one strict reader of everything from outside",
    "connectors/toolkit/redaction.py": "masks what is kept for people to see; nothing else is done with it",
    "connectors/contract/certificate.py": "a certificate, which ships with the connector",
    "connectors/contract/messages.py": "nothing; it makes its own types known to msgspec",
    "kit/structs.py": "nothing; it makes types known to msgspec, and reads plain values into them",
    "kit/crypto.py": "our own file of keys",
    "domain/shipments/queries.py": "a column of ours",
    "interfaces/cli/demo/warehouse.py": "the demo's own simulator",
    "interfaces/cli/demo/story.py": "the demo's own notes",
    "interfaces/files/profile.py": "a profile, written in TOML by who runs the import",
}
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


def readings(tree: ast.Module) -> set[str]:
    """Where text or bytes that may come from outside are read by a parser of its own."""
    parsers = {"json", "tomllib", "pickle", "yaml", "etree", "ElementTree", "marshal"}
    found = set()
    for name, call in calls(tree):
        owner = ast.unparse(call.func.value).split(".") if isinstance(call.func, ast.Attribute) else []
        read = name in ("load", "loads", "raw_decode", "parse", "fromstring") and parsers & set(owner)
        # `json.decode` without msgspec before it is the strict reader itself.
        read = read or (name == "decode" and owner[-2:] == ["msgspec", "json"])
        if read or name in ("JSONDecoder", "Decoder", "model_validate_json", "literal_eval", "eval"):
            found.add(f"{ast.unparse(call.func)} in line {call.lineno}")
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


@pytest.mark.parametrize(
    "line",
    [
        "json.loads(body)",
        "json.load(file)",
        "msgspec.json.decode(body, type=Order)",
        "msgspec.json.Decoder(Order)",
        "json.JSONDecoder()",
        "Order.model_validate_json(body)",
        "pickle.loads(body)",
        "ElementTree.fromstring(body)",
    ],
)
def test_a_parser_of_its_own_would_be_noticed(line: str) -> None:
    assert readings(ast.parse(line))
    assert not readings(ast.parse("json.decode(body, as_type=Order); collect.read_json(body); body.decode(); dumps(1)"))


@pytest.mark.fault("N15")
def test_nobody_else_reads_what_comes_from_outside() -> None:
    assert {path for path, tree in modules().items() if readings(tree)} == set(READERS_OF_JSON)


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
