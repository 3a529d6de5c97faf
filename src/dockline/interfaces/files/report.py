"""Write the rows of a file that were not imported, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterator
from pathlib import Path

from dockline.domain.orders.staging import RowOutcome

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class ReportFile:
    """A report that appears under its name only when all is done, and then whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._draft = path.with_name(path.name + ".part")
        self._file = self._draft.open("w", newline="", encoding="utf-8")

    def write(self, outcomes: Iterator[RowOutcome]) -> None:
        """Write every outcome."""
        writer = csv.writer(self._file)
        writer.writerow(["row", "order_number", "outcome", "field", "reason"])
        for each in outcomes:
            texts = (each.order_number, each.outcome, each.field, each.reason)
            writer.writerow([each.row, *map(defuse, texts)])

    def keep(self) -> None:
        """Show the report under its name."""
        self._file.close()
        self._draft.replace(self.path)

    def discard(self) -> None:
        """Leave no report, unless it was kept."""
        self._file.close()
        self._draft.unlink(missing_ok=True)


def defuse(text: str) -> str:
    """Prefix what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
