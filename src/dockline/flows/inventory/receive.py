"""Bring back a warehouse's whole stock.

Reads the report page by page into a staging table, outside any transaction; a report that breaks off changes nothing.
Writes levels, their movements and differences in one transaction; a report that is hard to believe is held instead.
Wakes advance for backorders that may be covered now.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import islice

from dockline.connectors.contract.capabilities import Capability, ReceivesInventory
from dockline.connectors.contract.errors import ConnectorError, NotReached
from dockline.connectors.contract.notices import InventoryReport, InventoryRow
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.inventory import operations as inventory
from dockline.domain.inventory.operations import AppliedReport, LevelChange, Review, StagedRow
from dockline.domain.inventory.rules import MovementCause, doubt_report, fault_of
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.orders import operations as orders
from dockline.domain.runs.rules import RunKind
from dockline.flows import job_names, progress
from dockline.flows.inventory import held
from dockline.flows.progress import RunLog
from dockline.gateway import passage, reactions, runtime
from dockline.kit import clock
from dockline.kit.failpoints import Failpoint, committing, passing
from dockline.kit.queue import port as queue

ROWS_AT_A_TIME = 1000
UNKNOWN_NAMED = 20
FAULTS_NAMED = 5
NOTHING = Decimal(0)


def receive_inventory(channel_id: int, *, cause: str) -> None:
    """Ask for all stock of a channel and replace its warehouse's levels by the answer."""
    connection = channels.get_connection(channel_id)
    if not passage.may_call(channel_id, now=clock.now()):
        return
    with progress.follow(connection, RunKind.RECEIVE_INVENTORY, cause=cause) as log:
        try:
            conversation = runtime.converse(channel_id)
            if not conversation.can(Capability.RECEIVE_INVENTORY):
                return
            rows, applied = _replace_levels(conversation.connector, connection, log)
        except _Doubted as doubt:
            inventory.drop_staged_rows(log.run_id)
            reactions.recover(connection, now=clock.now())
            held.hold_report(doubt.changes, connection, log, why=doubt.why)
            return
        except ConnectorError as error:
            inventory.drop_staged_rows(log.run_id)
            log.fail(f"{error.message} Nothing was changed.")
            reactions.react(connection, error, now=clock.now())
            return
        except BaseException:
            inventory.drop_staged_rows(log.run_id)
            raise
        reactions.recover(connection, now=clock.now())
        log.report(changed=applied.changed)
        log.summary.append(_sum_up(rows, applied))


def _replace_levels(connector: ReceivesInventory, connection: Connection, log: RunLog) -> tuple[int, AppliedReport]:
    """Read a report and apply it; returns how many rows it has, and what it changed.

    A SKU that lies there and is in no row may be sold out, or pages moved while they were read and it slipped through
    between two of them. So a second report must miss it too.
    """
    report = connector.receive_inventory()
    rows = _stage(report, log)
    try:
        return rows, _apply(report, connection, log, may_vanish=frozenset())
    except _Vanished as vanished:
        inventory.drop_staged_rows(log.run_id)
        report = connector.receive_inventory()
        rows = _stage(report, log)
        try:
            return rows, _apply(report, connection, log, may_vanish=vanished.skus)
        except _Vanished:
            raise NotReached("The stock report changed while it was being read.") from None


class _Vanished(Exception):
    """A report leaves out SKUs that lie there. Raised inside its transaction, so that nothing of it stays."""

    def __init__(self, skus: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(skus)))
        self.skus = skus


class _Doubted(Exception):
    """A report is not believed at once. Raised inside its transaction, so that nothing of it stays."""

    def __init__(self, why: str, changes: Sequence[LevelChange]) -> None:
        super().__init__(why)
        self.why = why
        self.changes = changes


def _sum_up(rows: int, applied: AppliedReport) -> str:
    drifted = f", {applied.drifted} of them not as expected" if applied.drifted else ""
    return f"{rows} rows read, {applied.changed} levels changed{drifted}."


def _stage(report: InventoryReport, log: RunLog) -> int:
    total = 0
    rows = iter(report.rows)
    while batch := list(islice(rows, ROWS_AT_A_TIME)):
        inventory.stage_rows(log.run_id, (_staged(row) for row in batch))
        passing(Failpoint.REPORT_STAGED)
        total += len(batch)
        log.report(done=len(batch))
    return total


def _staged(row: InventoryRow) -> StagedRow:
    free = row.free if row.sellable else NOTHING
    if fault := fault_of(row.sku, row.unit, (row.on_hand, row.free, row.incoming)):
        # What does not fit is told in words: as a number it could only be rounded.
        return StagedRow(row.sku, NOTHING, NOTHING, NOTHING, row.problem or fault)
    return StagedRow(row.sku, row.on_hand, free, row.incoming, row.problem)


@committing(Failpoint.LEVELS_REPLACED)
def _apply(
    report: InventoryReport, connection: Connection, log: RunLog, *, may_vanish: frozenset[str]
) -> AppliedReport:
    now = clock.now()
    applied = inventory.apply_report(
        log.run_id,
        channel_id=connection.channel_id,
        account_id=connection.account_id,
        warehouse_id=connection.warehouse_id,
        as_of=report.as_of,
        review=lambda review: _agree(review, log, may_vanish),
        cause=MovementCause.REPORT if log.follows_id is None else MovementCause.ACCEPTED,
    )
    held.let_go(connection, by="the stock report", now=now)
    _speak_of_unknown(applied.unknown_skus, connection, log)
    _speak_of_faulty(applied.faulty, connection, log)
    # Whether stock has risen is not asked: as much may have arrived as has left, or the order began to wait meanwhile.
    if applied.in_stock and orders.wake_backorders(connection.account_id, variant_ids=applied.in_stock, now=now):
        queue.wake(job_names.ADVANCE, connection.account_id)
    return applied


def _agree(review: Review, log: RunLog, may_vanish: frozenset[str]) -> None:
    """A plan, and what follows one, was or will be seen by a person; what nobody sees must be plausible."""
    if not review.vanished <= may_vanish:
        raise _Vanished(review.vanished)
    if log.speaks_of_a_plan:
        log.agree([held.plan_change(change) for change in review.list_changes()])
    elif why := doubt_report(review.before, review.after):
        raise _Doubted(why, review.list_changes())


def _speak_of_unknown(skus: tuple[str, ...], connection: Connection, log: RunLog) -> None:
    now = clock.now()
    if not skus:
        issues.resolve_issues(
            subject_kind="channel",
            subject_ids=[connection.channel_id],
            now=now,
            by="the stock report",
            causes=[causes.UNKNOWN_STOCK],
        )
        return
    named = ", ".join(skus[:UNKNOWN_NAMED]) + (" …" if len(skus) > UNKNOWN_NAMED else "")
    issue = NewIssue(
        account_id=connection.account_id,
        cause=causes.UNKNOWN_STOCK,
        subject_kind="channel",
        subject_id=connection.channel_id,
        subject_label=connection.name,
        title=f"{connection.name} has stock of {len(skus)} SKUs we do not know.",
        detail=named,
        channel_id=connection.channel_id,
    )
    issues.open_issues([issue], now=now)
    log.report(lines=[("warning", f"Stock under unknown SKUs, kept and not offered: {named}")])


def _speak_of_faulty(faults: tuple[str, ...], connection: Connection, log: RunLog) -> None:
    now = clock.now()
    if not faults:
        issues.resolve_issues(
            subject_kind="channel",
            subject_ids=[connection.channel_id],
            now=now,
            by="the stock report",
            causes=[causes.FAULTY_STOCK],
        )
        return
    named = " ".join(faults[:FAULTS_NAMED]) + (" …" if len(faults) > FAULTS_NAMED else "")
    issue = NewIssue(
        account_id=connection.account_id,
        cause=causes.FAULTY_STOCK,
        subject_kind="channel",
        subject_id=connection.channel_id,
        subject_label=connection.name,
        title=f"{connection.name} reports {len(faults)} quantities that cannot be offered.",
        detail=named,
        channel_id=connection.channel_id,
    )
    issues.open_issues([issue], now=now)
    log.report(lines=[("warning", f"Kept and not offered: {named}")])
