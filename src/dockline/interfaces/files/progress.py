"""Show how far an import is, and what came of it."""

from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from dockline.domain.orders.staging import Batch, Tally
from dockline.interfaces.files.source import Source

_PLAIN_LINE_EVERY_ROWS = 200_000

CAUSES = {
    "service_code": "not goods (service code)",
    "cancellation": "cancellation",
    "negative_quantity": "negative quantity",
    "zero_quantity": "quantity of zero",
    "number": "not a number",
    "empty": "empty field",
    "too_long": "field too long",
    "characters": "control characters",
    "form": "wrong form",
    "date": "not a date",
    "line_number": "line number",
    "width": "too many or too few columns",
    "address": "no deliverable address",
    "conflict": "order contradicts itself",
    "unknown_sku": "unknown SKU",
    "unknown_unit": "unknown unit",
    "quantity": "quantity not exact in base unit",
    "status": "under way elsewhere, or over",
    "known_otherwise": "already known with other content",
    "order_in_error": "another row of the order is in error",
}


def follow(batches: Iterator[Batch], *, source: Source, console: Console) -> Iterator[Batch]:
    """Pass batches on and show how far the file is read: a bar on a terminal, plain lines elsewhere."""
    if not console.is_terminal:
        yield from _follow_plainly(batches, console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Reading", total=source.size)
        for batch in batches:
            yield batch
            progress.update(task, completed=source.position)
        progress.update(task, description="Placing", total=None)


def _follow_plainly(batches: Iterator[Batch], console: Console) -> Iterator[Batch]:
    rows, told = 0, 0
    for batch in batches:
        yield batch
        rows += batch.rows
        if rows - told >= _PLAIN_LINE_EVERY_ROWS:
            told = rows
            console.print(f"{rows:,} rows read", highlight=False)


def print_tally(console: Console, tally: Tally, *, seconds: float, dry_run: bool) -> None:
    """Print the summary."""
    done = "Imported" if tally.imported else "Nothing was imported"
    table = Table(title="Dry run: nothing was changed" if dry_run else done, title_justify="left")
    table.add_column("what", no_wrap=True)
    table.add_column("count", justify="right", no_wrap=True)
    for what, count in (("rows", tally.rows), ("imported", tally.imported), ("already known", tally.skipped)):
        table.add_row(what, f"{count:,}")
    table.add_row("refused", f"{tally.refused:,}")
    for cause, count in sorted(tally.causes.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(f"  {CAUSES.get(cause, cause)}", f"{count:,}")
    table.add_section()
    for what, count in (("orders", tally.orders), ("lines", tally.imported), ("products created", tally.products)):
        table.add_row(what, f"{count:,}")
    table.add_row("rows per second", f"{tally.rows / max(seconds, 0.001):,.0f}")
    console.print(table)
