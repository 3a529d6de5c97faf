"""`dockline import KIND` and `dockline export KIND`: the tables of an account from the terminal."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console

from dockline.domain.tables.rules import ImportMode
from dockline.flows.data import tables
from dockline.flows.data.kind import Kind
from dockline.flows.data.kinds import KINDS
from dockline.interfaces.files.accounts import find_account
from dockline.kit.errors import Problem
from dockline.kit.sheet import open_sheet, read_sheet, save_sheet, write_sheet

export_app = typer.Typer(no_args_is_help=True, help="Give out what an account has, as CSV that can be imported again.")

ACTOR = "import"
ERRORS_SHOWN = 50
REPORT = ("row", "field", "reason")
USAGE_ERROR = 2

Account = Annotated[str, typer.Option(help="The account's name or code.", show_default=False)]


def import_table(kind: Kind) -> Callable[..., None]:
    """Make the command that imports one kind of table."""

    usual = kind.way_in.modes[-1] if kind.way_in else ImportMode.ADD

    def run(
        file: Annotated[Path, typer.Argument(help="A CSV file.", show_default=False)],
        account: Account,
        mode: Annotated[ImportMode, typer.Option(help="What happens to rows that are there.")] = usual,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change and change nothing.")] = False,
        report: Annotated[Path | None, typer.Option(help="Write every row in error into this CSV file.")] = None,
    ) -> None:
        _plainly(lambda: _import(kind, file, account, mode=mode, dry_run=dry_run, report=report))

    return run


def _import(kind: Kind, file: Path, account: str, *, mode: ImportMode, dry_run: bool, report: Path | None) -> None:
    account_id, now, shape = find_account(account), timezone.now(), kind.shape
    with open_sheet(file) as stream:
        rows = read_sheet(
            stream, shape.columns, longest=shape.longest, most_rows=tables.MOST_ROWS, many_lines=kind.many_lines
        )
        plan = tables.plan(account_id, rows, kind=kind, mode=mode, source=file.name, actor=ACTOR, now=now)
    _say(f"{kind.label}: {tables.tell(plan)}.")
    if plan.refused:
        for number, row in enumerate(tables.list_refused(plan.id)):
            if number < ERRORS_SHOWN:
                _say(f"Row {row.at_row}: {row.field} {row.reason}.")
        if report is not None:
            cells = ((str(row.at_row), row.field, row.reason) for row in tables.list_refused(plan.id))
            save_sheet(report, write_sheet(REPORT, cells))
        tables.drop_plan(plan.id)
        _say("Nothing was changed.")
        raise typer.Exit(1)
    if dry_run:
        tables.drop_plan(plan.id)
        _say("Nothing was changed: a dry run.")
        return
    tables.apply_plan(plan.id, actor=ACTOR, now=now)


def _export(kind: Kind) -> Callable[..., None]:
    def run(
        account: Account,
        file: Annotated[Path, typer.Argument(help="Where to write it; to the terminal unless it is named.")] = Path(
            "-"
        ),
    ) -> None:
        _plainly(
            lambda: save_sheet(
                file, write_sheet(kind.shape.columns, tables.list_cells(find_account(account), kind=kind))
            )
        )

    return run


def _plainly(action: Callable[[], None]) -> None:
    try:
        action()
    except Problem as problem:
        where = f" ({problem.field})" if problem.field else ""
        Console(stderr=True, soft_wrap=True).print(f"dockline: {problem.message}{where}", markup=False, highlight=False)
        raise typer.Exit(USAGE_ERROR) from None


def _say(sentence: str) -> None:
    Console(soft_wrap=True).print(sentence, markup=False, highlight=False)


for _kind in KINDS.values():
    export_app.command(_kind.name, help=f"Export {_kind.label.lower()}. {_kind.about}")(_export(_kind))
