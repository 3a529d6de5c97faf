"""Marks that say what a test shows, read from the source of the tests: nothing is run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_NOT_ALWAYS_RUN = ("skip", "skipif", "xfail")


@dataclass(frozen=True, slots=True)
class Mark:
    """One test that claims to show one statement."""

    statement: str
    test: str
    path: Path


def find_marks(marker: str, folder: Path, *, row: str = "") -> Iterator[Mark]:
    """Every mark of this name on every test below the folder.

    `pytest.mark.NAME("one", "another")` is for a whole test, a call of the function `row` for one row of its table.
    """
    for path in sorted(folder.rglob("test_*.py")):
        for node in _tests(path):
            for statement in _marked_statements(node, marker, row):
                yield Mark(statement, node.name, path)


@cache
def _tests(path: Path) -> list[ast.FunctionDef]:
    return list(_find_tests(ast.parse(path.read_text())))


def _find_tests(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        for inner in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(inner, ast.FunctionDef) and inner.name.startswith("test_"):
                yield inner


def _marked_statements(test: ast.FunctionDef, marker: str, row: str) -> Iterator[str]:
    """Those of a test that is always run; one that may be skipped or may fail shows nothing."""
    nodes = [node for decorator in test.decorator_list for node in ast.walk(decorator)]
    if any(isinstance(node, ast.Attribute) and node.attr in _NOT_ALWAYS_RUN for node in nodes):
        return
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        names: list[ast.expr] = []
        if isinstance(call.func, ast.Attribute) and call.func.attr == marker:
            names = call.args
        elif isinstance(call.func, ast.Name) and call.func.id == row:
            names = call.args[:1]
        for name in names:
            if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
                raise ValueError(f"{test.name}: marks are written as plain strings")
            yield name.value
