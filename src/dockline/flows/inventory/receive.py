"""Bring back a warehouse's whole stock.

Reads the report page by page into a staging table, outside any transaction; a report that breaks off changes nothing.
Pages that are as they were are not read: their rows are kept from report to report.
Writes levels, their movements and differences in one transaction; a report that is hard to believe is held instead.
Wakes advance for backorders that may be covered now.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from dockline.connectors.contract.capabilities import Capability, ReceivesInventory
from dockline.connectors.contract.errors import ConnectorError, NotReached
from dockline.connectors.contract.notices import InventoryReport, InventoryRow
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.inventory import operations as inventory
from dockline.domain.inventory import queries as stock
from dockline.domain.inventory.operations import AppliedReport, LevelChange, Pages, Review, StagedRow
from dockline.domain.inventory.rules import MovementCause, can_be_kept, doubt_report, say_misfit, size_in_base
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
LONGEST_TEXT = 200
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
    try:
        return _read_and_apply(connector, connection, log, may_vanish=frozenset())
    except _Vanished as vanished:
        inventory.drop_staged_rows(log.run_id)
        try:
            return _read_and_apply(connector, connection, log, may_vanish=vanished.skus)
        except _Vanished:
            raise NotReached("The stock report changed while it was being read.") from None


def _read_and_apply(
    connector: ReceivesInventory, connection: Connection, log: RunLog, *, may_vanish: frozenset[str]
) -> tuple[int, AppliedReport]:
    report = connector.receive_inventory(by_lot=connection.pass_lots)
    pages, rows = _stage(report, stock.get_page_digests(connection.channel_id), log)
    pages = _size(connector, connection, pages, log)
    return rows, _apply(report, pages, connection, log, may_vanish=may_vanish)


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


def _stage(report: InventoryReport, known: Mapping[int, str], log: RunLog) -> tuple[Pages, int]:
    """Put the rows of all pages aside that are not as they were. Returns what pages there are and how many rows."""
    kept: dict[int, str] = {}
    staged: dict[int, str] = {}
    rows: list[StagedRow] = []
    done = told = 0
    for number, page in enumerate(report.pages, 1):
        if page.digest and known.get(number) == page.digest:
            kept[number] = page.digest
        else:
            staged[number] = page.digest
            rows.extend(_staged(row, number) for row in page.read())
        done += page.count
        if len(rows) >= ROWS_AT_A_TIME:
            inventory.stage_rows(log.run_id, rows)
            passing(Failpoint.REPORT_STAGED)
            rows = []
        if done - told >= ROWS_AT_A_TIME:
            log.report(done=done - told)
            told = done
    inventory.stage_rows(log.run_id, rows)
    passing(Failpoint.REPORT_STAGED)
    log.report(done=done - told)
    return Pages(kept, staged), done


def _staged(row: InventoryRow, page: int) -> StagedRow:
    sku, unit, status, lot = row.sku[:LONGEST_TEXT], row.unit[:100], row.status[:100], row.lot[:LONGEST_TEXT]
    quantities = (row.on_hand, row.free, row.incoming)
    if not all(map(can_be_kept, quantities)):
        # What does not fit is told in words: as a number it could only be rounded.
        misfit = say_misfit(sku, unit, quantities)
        return StagedRow(sku, unit, NOTHING, NOTHING, NOTHING, row.sellable, status, lot, row.expires_on, misfit, page)
    return StagedRow(sku, unit, *quantities, row.sellable, status, lot, row.expires_on, "", page)


def _size(connector: ReceivesInventory, connection: Connection, pages: Pages, log: RunLog) -> Pages:
    """Ask for the sizes of units that are not our products'. Pages with such units are read anew each time."""
    foreign: set[int] = set()
    after = 0
    while unsized := inventory.list_unsized_rows(
        log.run_id,
        channel_id=connection.channel_id,
        account_id=connection.account_id,
        after=after,
        limit=ROWS_AT_A_TIME,
    ):
        there = connector.unit_sizes(sorted({row.sku for row in unsized}))
        sizes = {row.id: size_in_base(row.unit, row.base_unit, there.get(row.sku, {})) for row in unsized}
        inventory.size_rows({row_id: size for row_id, size in sizes.items() if size is not None})
        foreign |= {row.page for row in unsized}
        after = unsized[-1].id
    return Pages(pages.kept, {page: "" if page in foreign else digest for page, digest in pages.staged.items()})


@committing(Failpoint.LEVELS_REPLACED)
def _apply(
    report: InventoryReport, pages: Pages, connection: Connection, log: RunLog, *, may_vanish: frozenset[str]
) -> AppliedReport:
    now = clock.now()
    applied = inventory.apply_report(
        log.run_id,
        channel_id=connection.channel_id,
        account_id=connection.account_id,
        warehouse_id=connection.warehouse_id,
        as_of=report.as_of,
        pages=pages,
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
