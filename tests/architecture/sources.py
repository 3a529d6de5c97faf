"""The source tree, parsed once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
DOCKLINE = SOURCE / "dockline"


@cache
def modules(under: Path = DOCKLINE) -> dict[str, ast.Module]:
    """Every module below a folder by its path from there; what machines wrote into migrations is left out."""
    found = {
        path.relative_to(under).as_posix(): _read(path)
        for path in sorted(under.rglob("*.py"))
        if "migrations" not in path.parts
    }
    assert found, f"no modules below {under}"
    return found


@cache
def _read(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the last word of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield node.func.id, node
