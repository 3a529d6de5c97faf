"""What becomes of the rows of a table that is brought in. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dockline.kit.choices import Choice

Cells = tuple[str, ...]


class ImportMode(Choice):
    """What an import does with rows that are there already, and with those the file does not have."""

    ADD = "add", "Add: what is there stays as it is"
    UPSERT = "upsert", "Add and change"
    REPLACE = "replace", "Replace: what the file leaves out is removed"


class Outcome(Choice):
    """What becomes of one row of a planned change."""

    ADDED = "added", "Added"
    CHANGED = "changed", "Changed"
    REMOVED = "removed", "Removed"
    SAME = "same", "Already so"
    KEPT = "kept", "Kept as it is"
    REFUSED = "refused", "In error"


CHANGES = (Outcome.ADDED, Outcome.CHANGED, Outcome.REMOVED)


@dataclass(frozen=True)
class Shape:
    """The columns of a kind's file: all of them, those that name a row, and how long each may be."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
    longest: tuple[int, ...]

    def key_of(self, cells: Sequence[str]) -> Cells:
        """The cells that name the row."""
        return tuple(cells[self.columns.index(name)] for name in self.key)


@dataclass(frozen=True)
class JudgedRow:
    """One row of a table and what becomes of it. `at_row` is 0 for what is there and the table leaves out.

    `begins_at` is the row with which the rows begin that are judged together: itself, where each stands alone.
    """

    at_row: int
    begins_at: int
    cells: Cells
    outcome: Outcome
    before: Cells | None = None
    field: str = ""
    reason: str = ""


@dataclass(frozen=True)
class GivenRow:
    """One row of a table as it is understood. With a reason it is in error; `field` is the column to blame."""

    at_row: int
    cells: Cells
    field: str = ""
    reason: str = ""


def judge_row(row: GivenRow, before: Cells | None, mode: ImportMode, *, begins_at: int = 0) -> JudgedRow:
    """Say what becomes of a row beside what is there under its name."""
    start = begins_at or row.at_row
    if row.reason:
        return JudgedRow(row.at_row, start, row.cells, Outcome.REFUSED, None, row.field, row.reason)
    if before is None:
        outcome = Outcome.ADDED
    elif before == row.cells:
        outcome = Outcome.SAME
    else:
        outcome = Outcome.KEPT if mode == ImportMode.ADD else Outcome.CHANGED
    return JudgedRow(row.at_row, start, row.cells, outcome, before)


def judge_whole(
    rows: Sequence[GivenRow], there: Mapping[Cells, Cells], mode: ImportMode, shape: Shape
) -> list[JudgedRow]:
    """Say what becomes of rows that together are all of something, beside all that is there of it.

    What is there and not among them goes. Nothing of it is changed when one of them is in error, or by a mode that
    leaves what is there as it is.
    """
    start, named = rows[0].at_row, set()
    judged = []
    for row in rows:
        key = shape.key_of(row.cells)
        if not row.reason and key in named:
            row = GivenRow(row.at_row, row.cells, shape.key[-1], "is there twice. Keep one of the rows")
        named.add(key)
        if mode == ImportMode.ADD and there and not row.reason and there.get(key) != row.cells:
            judged.append(JudgedRow(row.at_row, start, row.cells, Outcome.KEPT, there.get(key)))
        else:
            judged.append(judge_row(row, there.get(key), mode, begins_at=start))
    if mode != ImportMode.ADD:
        judged += [
            JudgedRow(0, start, cells, Outcome.REMOVED, cells) for key, cells in there.items() if key not in named
        ]
    return judged
