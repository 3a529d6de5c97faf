"""`dockline import`: bring a file of orders in from the terminal."""

import gc
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console
from rich.markup import escape

from dockline.domain.accounts.rules import AccountId
from dockline.domain.orders.staging import Batch, Policy, Tally
from dockline.flows.data.kinds import KINDS
from dockline.flows.data.orders import ORDERS
from dockline.flows.outbound import place
from dockline.interfaces.files.accounts import find_account
from dockline.interfaces.files.orders import read_orders
from dockline.interfaces.files.profile import OWN_PROFILE, Profile, load_profile
from dockline.interfaces.files.progress import follow, print_tally
from dockline.interfaces.files.report import ReportFile
from dockline.interfaces.files.source import open_source
from dockline.interfaces.files.tables import import_table
from dockline.kit.errors import Invalid, Problem

import_app = typer.Typer(no_args_is_help=True, help="Bring files in.")

USAGE_ERROR = 2
GARBAGE_EVERY = 10_000
for _kind in KINDS.values():
    # A file of orders may be of any length and shape: it has a command of its own, which takes ours as well.
    if _kind.way_in is not None and _kind is not ORDERS:
        import_app.command(_kind.name, help=f"Import {_kind.label.lower()}. {_kind.about}")(import_table(_kind))


@import_app.callback()
def import_() -> None:
    """Bring files in."""


@import_app.command("orders")
def import_orders(
    file: Annotated[Path, typer.Argument(help="A CSV file, plain or gzip.", show_default=False)],
    account: Annotated[str, typer.Option(help="The account's name or code.", show_default=False)],
    profile: Annotated[str, typer.Option(help="A shipped profile's name, or the path of yours.")] = OWN_PROFILE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write every row that is not imported, with its reason, into this CSV file.")
    ] = None,
) -> None:
    """Import sales orders: each whole or not at all, and each once however often the file is imported."""
    console = Console(soft_wrap=True)
    started = time.monotonic()
    try:
        tally = import_file(
            file,
            account_id=find_account(account),
            profile=load_profile(profile),
            dry_run=dry_run,
            report=report,
            console=console,
        )
    except Problem as problem:
        Console(stderr=True, soft_wrap=True).print(f"dockline: {escape(problem.message)}", highlight=False)
        raise typer.Exit(USAGE_ERROR) from None
    print_tally(console, tally, seconds=time.monotonic() - started, dry_run=dry_run)


def import_file(
    file: Path, *, account_id: AccountId, profile: Profile, dry_run: bool, report: Path | None, console: Console
) -> Tally:
    """Import one file, all or nothing. Raises Problem."""
    policy = Policy(
        creates_products=profile.products == "create",
        default_unit=profile.default_unit,
        takes_earliest_placed_at=profile.differing_placed_at == "earliest",
    )
    report_file = _open_report(report, file)

    def read() -> Generator[Batch]:
        with open_source(file, delimiter=profile.delimiter, encoding=profile.encoding) as source:
            yield from follow(read_orders(source, profile), source=source, console=console)

    try:
        with _seldom_looking_for_garbage():
            tally = place.place_orders_from_file(
                read,
                # A pipe gives its rows once.
                can_read_again=file.is_file(),
                account_id=account_id,
                source=f"file:{file.name}",
                actor="import",
                policy=policy,
                dry_run=dry_run,
                report=report_file.write if report_file else None,
                now=timezone.now(),
            )
        if report_file:
            report_file.keep()
    except OSError as error:
        raise Invalid(f"The report cannot be written: {error.strerror}.") from None
    finally:
        if report_file:
            report_file.discard()
    return tally


@contextmanager
def _seldom_looking_for_garbage() -> Iterator[None]:
    """Rows make no cycles, and the program's own objects stay: neither need be looked through again and again."""
    often = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(GARBAGE_EVERY, *often[1:])
    try:
        yield
    finally:
        gc.set_threshold(*often)
        gc.unfreeze()


def _open_report(report: Path | None, file: Path) -> ReportFile | None:
    if report is None:
        return None
    if report.exists() and file.exists() and report.samefile(file):
        raise Invalid("The report would overwrite the file to import. Give it another name.")
    try:
        return ReportFile(report)
    except OSError as error:
        raise Invalid(f"{report}: cannot be written: {error.strerror}.") from None
