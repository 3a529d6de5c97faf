"""The rows of an editor: drawn with what they were, and read back as edits."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest

from dockline.domain.mappings.rules import SHAPES, MappingKind
from dockline.flows.mappings import Edit
from dockline.gateway import collect
from dockline.kit.errors import Invalid

MOST_ROWS = 200


@dataclass
class EditorRow:
    """One row as it is drawn. `was` is what is stored, empty for a row that is not; `cells` may be a person's."""

    number: int
    cells: tuple[str, ...]
    was: str = ""
    label: str = ""
    note: str = ""
    trouble: str = ""
    trouble_field: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


def pack(cells: Sequence[str]) -> str:
    """Write what a row was into the page."""
    return json.dumps(list(cells), ensure_ascii=False)


def read_edits(request: HttpRequest, kind: MappingKind) -> tuple[list[Edit], list[EditorRow]]:
    """Return what the person changed, and the rows of those edits in the same order, to be drawn again."""
    edits: list[Edit] = []
    drawn: list[EditorRow] = []
    removed = request.POST.get("remove", "")
    for number in range(MOST_ROWS):
        cells = _cells(request, kind, number)
        if cells is None:
            continue
        packed = request.POST.get(f"r{number}-was", "")
        was = _unpack(packed, len(cells))
        becomes = None if removed == str(number) or not _says_something(kind, cells) else cells
        if becomes == was or (was is None and becomes is None):
            continue
        edits.append(Edit(was, becomes))
        drawn.append(EditorRow(number, cells, packed))
    return edits, drawn


def _cells(request: HttpRequest, kind: MappingKind, number: int) -> tuple[str, ...] | None:
    columns = SHAPES[kind].columns
    found = [request.POST.get(f"r{number}-{column}") for column in columns]
    if all(cell is None for cell in found):
        return None
    cells = [(cell or "").replace("\0", "") for cell in found]
    if kind == MappingKind.CARRIERS:
        cells[4] = "yes" if cells[4] else "no"
    return tuple(cells)


def _says_something(kind: MappingKind, cells: Sequence[str]) -> bool:
    """An emptied right side takes the mapping away; an untouched empty row is none."""
    if kind == MappingKind.CARRIERS:
        return any(cells[2:4])
    return bool(cells[-1])


def _unpack(packed: str, width: int) -> tuple[str, ...] | None:
    try:
        found = collect.read_json(packed.encode()) if packed else None
    except Invalid:
        return None
    if isinstance(found, list) and len(found) == width and all(isinstance(cell, str) for cell in found):
        return tuple(found)
    return None
