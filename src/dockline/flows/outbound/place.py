"""Accept orders from a file: each whole or not at all, each once, the file in one transaction.

Reads the account's orders, products and units. Writes orders, lines, products, history and a run. Wakes advance.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.db import IntegrityError, transaction

from dockline.domain.orders import staging
from dockline.domain.orders.staging import Batch, Policy, RowOutcome, Tally
from dockline.domain.runs import operations as runs
from dockline.domain.runs.rules import RunKind
from dockline.flows import job_names
from dockline.kit.errors import Conflict
from dockline.kit.queue import port as queue

MOST_LOGGED_REFUSALS = 20_000

Report = Callable[[Iterator[RowOutcome]], None]


class BooksDoNotBalance(Exception):
    """Rows read and rows accounted for differ; nothing was imported. This is a fault of Dockline."""


class AccountChanged(Conflict):
    """Somebody placed one of these orders or products meanwhile; nothing was imported. Import the file again."""


def place_orders_from_file(
    batches: Iterable[Batch],
    *,
    account_id: int,
    source: str,
    actor: str,
    policy: Policy,
    dry_run: bool,
    report: Report | None,
    now: datetime,
) -> Tally:
    """Place the orders of a file and say what became of every row. A dry run decides the same and changes nothing.

    `report` is handed the rows that were not imported. Whatever is raised while batches are read, or by the report,
    leaves the account as it was.
    """
    with transaction.atomic():
        read = 0
        with staging.open_staging() as stage:
            for batch in batches:
                stage(batch)
                read += len(batch.lines) + len(batch.refusals)
        tally = staging.judge_orders(account_id, policy=policy)
        if tally.rows != read:
            raise BooksDoNotBalance(f"{read:,} rows were read, but {tally.rows:,} accounted for.")

        if report is not None:
            report(staging.list_outcomes())
        if dry_run:
            transaction.set_rollback(True)
        else:
            try:
                _place(tally, account_id=account_id, source=source, actor=actor, now=now)
            except IntegrityError as error:
                raise AccountChanged() from error
    return tally


def _place(tally: Tally, *, account_id: int, source: str, actor: str, now: datetime) -> None:
    run_id = runs.begin_run(
        account_id=account_id, channel_id=None, kind=RunKind.IMPORT_ORDERS, cause=source[:100], now=now
    )
    if tally.orders:
        staging.place_orders(account_id, source=source[:100], actor=actor, now=now)
        queue.wake(job_names.ADVANCE, account_id)
    staging.write_refusals_to_run(run_id, now=now, most=MOST_LOGGED_REFUSALS)
    if tally.refused > MOST_LOGGED_REFUSALS:
        more = tally.refused - MOST_LOGGED_REFUSALS
        runs.write_lines(run_id, [("warning", f"{more:,} more refused rows are not listed here.")], now=now)
    runs.report_progress(
        run_id, now=now, total=tally.rows, done=tally.rows, changed=tally.imported, failed=tally.refused
    )
    runs.end_run(run_id, now=now, summary=summarise(tally))


def summarise(tally: Tally) -> str:
    """Say in one line what became of a file."""
    return (
        f"{tally.rows:,} rows: {tally.imported:,} imported as {tally.orders:,} orders, "
        f"{tally.skipped:,} already known, {tally.refused:,} refused; {tally.products:,} products created."
    )
