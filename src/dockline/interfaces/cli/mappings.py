"""Mappings and carriers as files, from the terminal."""

from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone

from dockline.domain.carriers.rules import COLUMNS, LONGEST_CODE, LONGEST_NAME
from dockline.domain.mappings.rules import SHAPES, MappingKind
from dockline.domain.tables.rules import ImportMode, Outcome
from dockline.flows import mappings, setup
from dockline.interfaces.cli.channel import find_channel
from dockline.interfaces.cli.speak import ACTOR, plainly, say
from dockline.kit.sheet import open_sheet, read_sheet, save_sheet, write_sheet

mappings_app = typer.Typer(no_args_is_help=True, help="What a channel calls carriers, SKUs and references.")
carriers_app = typer.Typer(no_args_is_help=True, help="The carriers master list of an account.")

MOST_CARRIERS = 20_000
ERRORS_SHOWN = 50


@mappings_app.command("export")
@plainly
def export_mappings(channel: str, kind: MappingKind, file: Annotated[Path, typer.Argument()] = Path("-")) -> None:
    """Write a channel's mappings of a kind as CSV; to the terminal unless a file is named."""
    save_sheet(file, write_sheet(SHAPES[kind].columns, mappings.list_cells(find_channel(channel), kind=kind)))


@mappings_app.command("import")
@plainly
def import_mappings(
    channel: str,
    kind: MappingKind,
    file: Path,
    mode: Annotated[ImportMode, typer.Option(help="What happens to rows that are there.")] = ImportMode.ADD,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change and change nothing.")] = False,
) -> None:
    """Import a channel's mappings of a kind, all rows or none. Exit code 1 when a row is in error."""
    channel_id, shape, now = find_channel(channel), SHAPES[kind], timezone.now()
    with open_sheet(file) as stream:
        rows = read_sheet(stream, shape.columns, longest=shape.longest, most_rows=mappings.MOST_ROWS)
        plan = mappings.plan(channel_id, rows, kind=kind, mode=mode, source=file.name, actor=ACTOR, now=now)
    say(
        ", ".join(f"{plan.counts[each]:,} {each.label.lower()}" for each in Outcome if plan.counts.get(each))
        or "Empty."
    )
    if plan.refused:
        for number, row in enumerate(mappings.list_refused(plan.id)):
            if number < ERRORS_SHOWN:
                say(f"Row {row.at_row}: {row.field} {row.reason}.")
        mappings.drop_plan(plan.id)
        say("Nothing was changed.")
        raise typer.Exit(1)
    if dry_run:
        mappings.drop_plan(plan.id)
        say("Nothing was changed: a dry run.")
        return
    applied = mappings.apply_plan(plan.id, actor=ACTOR, now=now)
    say(f"{applied.changes:,} rows changed; {applied.released:,} shipments go on.")


@carriers_app.command("export")
@plainly
def export_carriers(account: str, file: Annotated[Path, typer.Argument()] = Path("-")) -> None:
    """Write an account's carriers and services as CSV; to the terminal unless a file is named."""
    lines = mappings.list_carrier_lines(setup.get_account_id(account))
    cells = ((line.carrier, line.carrier_name, line.service, line.service_name) for line in lines)
    save_sheet(file, write_sheet(COLUMNS, cells))


@carriers_app.command("import")
@plainly
def import_carriers(
    account: str,
    file: Path,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change and change nothing.")] = False,
) -> None:
    """Add carriers and services by code, and take over new names; nothing is deleted."""
    longest = (LONGEST_CODE, LONGEST_NAME, LONGEST_CODE, LONGEST_NAME)
    with open_sheet(file) as stream:
        rows = read_sheet(stream, COLUMNS, longest=longest, most_rows=MOST_CARRIERS)
        merged = mappings.merge_carriers(
            setup.get_account_id(account), rows, dry_run=dry_run, actor=ACTOR, now=timezone.now()
        )
    say(f"{merged.added:,} added, {merged.renamed:,} renamed, {merged.same:,} already so.")
    if dry_run:
        say("Nothing was changed: a dry run.")
