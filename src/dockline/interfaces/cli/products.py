"""What products measure, as a file, from the terminal."""

from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone

from dockline.flows import setup
from dockline.flows.catalog import measure
from dockline.interfaces.cli.mappings import open_table, write_table
from dockline.interfaces.cli.speak import ACTOR, plainly, say
from dockline.kit.sheet import read_sheet, write_sheet

products_app = typer.Typer(no_args_is_help=True, help="Sizes, weights and barcodes of an account's products.")


@products_app.command("export")
@plainly
def export_measures(account: str, file: Annotated[Path, typer.Argument()] = Path("-")) -> None:
    """Write sizes, weights and barcodes as CSV, a row for each unit; to the terminal unless a file is named."""
    write_table(file, write_sheet(measure.COLUMNS, measure.list_cells(setup.get_account_id(account))))


@products_app.command("import")
@plainly
def import_measures(
    account: str,
    file: Path,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change and change nothing.")] = False,
) -> None:
    """Take over sizes, weights and barcodes, all rows or none; a product or a unit without a row stays as it is."""
    with open_table(file) as stream:
        rows = read_sheet(stream, measure.COLUMNS, longest=measure.LONGEST, most_rows=measure.MOST_ROWS)
        taken = measure.take_measures(
            setup.get_account_id(account), rows, dry_run=dry_run, actor=ACTOR, now=timezone.now()
        )
    say(f"{taken.changed:,} changed, {taken.same:,} already so.")
    if dry_run:
        say("Nothing was changed: a dry run.")
