"""Accept orders from a file: each whole or not at all, each once, the file in one transaction.

Reads the account's orders, products and units. Writes orders, lines, products, history and a run. Wakes advance.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime

from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import DeadlockDetected

from dockline.domain.orders import ahead, staging
from dockline.domain.orders.ahead import Intertwined, Placed, Placing
from dockline.domain.orders.staging import Batch, Policy, RowOutcome, Tally
from dockline.domain.runs import operations as runs
from dockline.domain.runs.rules import RunKind
from dockline.flows import job_names
from dockline.kit.errors import Conflict
from dockline.kit.queue import port as queue

MOST_LOGGED_REFUSALS = 20_000

Read = Callable[[], Generator[Batch]]
"""Begins to read the file, from its beginning each time."""

Report = Callable[[Iterator[RowOutcome]], None]


class BooksDoNotBalance(Exception):
    """Rows read and rows accounted for differ; nothing was imported. This is a fault of Dockline."""


class AccountChanged(Conflict):
    """Somebody placed one of these orders or products meanwhile; nothing was imported. Import the file again."""


def place_orders_from_file(
    read: Read,
    *,
    can_read_again: bool,
    account_id: int,
    source: str,
    actor: str,
    policy: Policy,
    dry_run: bool,
    report: Report | None,
    now: datetime,
) -> Tally:
    """Place the orders of a file and say what became of every row. A dry run decides the same and changes nothing.

    What is plain is placed while the file is read. Where that turns out to depend on other rows of the file, it is read
    a second time. `report` is handed the rows that were not imported. Whatever is raised while batches are read, or by
    the report, leaves the account as it was.
    """
    placing = Placing(account_id=account_id, policy=policy, source=source[:100], actor=actor, now=now)
    with transaction.atomic(), _told_of_changes():
        placed = _place_ahead(read, placing) if can_read_again and not dry_run else None
        if placed is None:
            placed = Placed(rows=_stage(read))
        judged = staging.judge_orders(account_id, policy=policy)
        tally = placed.add_to(judged)
        if tally.rows != placed.rows:
            raise BooksDoNotBalance(f"{placed.rows:,} rows were read, but {tally.rows:,} accounted for.")

        if report is not None:
            report(staging.list_outcomes())
        if dry_run:
            transaction.set_rollback(True)
        else:
            _place(judged, tally, placing)
    return tally


@contextmanager
def _told_of_changes() -> Iterator[None]:
    """Say so when somebody else changes what an import builds on."""
    try:
        yield
    except IntegrityError as error:
        raise AccountChanged() from error
    except OperationalError as error:
        if isinstance(error.__cause__, DeadlockDetected):
            raise AccountChanged() from error
        raise


def _place_ahead(read: Read, placing: Placing) -> Placed | None:
    """Place what is plain and stage the rest; or change nothing, and return nothing, where all must be staged."""
    try:
        with transaction.atomic(), closing(read()) as batches:
            return ahead.place_plain_orders(batches, placing)
    except Intertwined:
        return None


def _stage(read: Read) -> int:
    rows = 0
    with staging.open_staging() as stage, closing(read()) as batches:
        for batch in batches:
            stage(batch)
            rows += batch.rows
    return rows


def _place(judged: Tally, tally: Tally, placing: Placing) -> None:
    account_id, source, now = placing.account_id, placing.source, placing.now
    run_id = runs.begin_run(account_id=account_id, channel_id=None, kind=RunKind.IMPORT_ORDERS, cause=source, now=now)
    if judged.orders:
        staging.place_orders(account_id, source=source, actor=placing.actor, now=now)
    if tally.orders:
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
