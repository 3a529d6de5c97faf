"""Bring back a warehouse's whole stock.

Puts the rows of the report by page by page, in short transactions; a report that breaks off changes nothing. The next
pages are asked for while one is written. Pages that are as they were are not read: their rows are kept from report to
report.
Writes levels, their movements and differences in one transaction; a report that is hard to believe is held instead.
Wakes advance for backorders that may be covered now.
"""

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from decimal import Decimal
from hashlib import sha256
from itertools import zip_longest

from django.db import connection as database

from dockline.connectors.contract.capabilities import Capability, ReceivesInventory
from dockline.connectors.contract.errors import ConnectorError, NotReached
from dockline.connectors.contract.notices import InventoryPage, InventoryReport, InventoryRow
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.inventory import operations as inventory
from dockline.domain.inventory import queries as stock
from dockline.domain.inventory.operations import AppliedReport, LevelChange, Pages, Review, StagedRow, UnitsUnknown
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
PAGES_AHEAD = 3
"""With one, whoever asks would wait until the page before is taken: it never takes equally long to read and to come."""
SECONDS_AT_A_TIME = 0.5
LONGEST_TEXT = 200
SHORT_TEXTS = 100
"""Texts of a row that are no longer all together are not too long, each for itself. Most rows have such."""
UNKNOWN_NAMED = 20
FAULTS_NAMED = 5
NOTHING = Decimal(0)
CHANGED = "The stock report changed while it was being read."


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
            inventory.drop_staged_rows(log.run_id, channel_id=channel_id)
            reactions.recover(connection, now=clock.now())
            held.hold_report(doubt.changes, connection, log, why=doubt.why)
            return
        except ConnectorError as error:
            inventory.drop_staged_rows(log.run_id, channel_id=channel_id)
            log.fail(f"{error.message} Nothing was changed.")
            reactions.react(connection, error, now=clock.now())
            return
        except BaseException:
            inventory.drop_staged_rows(log.run_id, channel_id=channel_id)
            raise
        reactions.recover(connection, now=clock.now())
        log.report(changed=applied.changed)
        log.summary.append(_sum_up(rows, applied))


def _replace_levels(connector: ReceivesInventory, connection: Connection, log: RunLog) -> tuple[int, AppliedReport]:
    """Read a report and apply it; returns how many rows it has, and what it changed.

    A SKU that lies there and is in no row may be sold out, or pages moved while they were read and it slipped through
    between two of them. So it is gone only when all pages of that report, read once more, are as they were.
    """
    inventory.drop_abandoned_rows(connection.channel_id)
    report = connector.receive_inventory(by_lot=connection.pass_lots)
    staging = _stage(report, connection, log)
    may_vanish: frozenset[str] = frozenset()
    pages, are_sized = staging.pages, False
    # Each of the two happens once at most: what is asked then is another thing.
    while True:
        try:
            applied = _apply(report, pages, connection, log, may_vanish=may_vanish, are_sized=are_sized)
        except UnitsUnknown:
            pages, are_sized = _size(connector, connection, pages, log), True
        except _Vanished as vanished:
            if may_vanish:
                raise NotReached(CHANGED) from None
            _require_unmoved(report, staging.signs)
            may_vanish = vanished.skus
        else:
            return staging.done, applied


def _require_unmoved(report: InventoryReport, signs: Sequence[str]) -> None:
    """Read a report once more. Raises `NotReached` unless all its pages are as they were."""
    with closing(_fetch_ahead(report.pages())) as pages:
        for page, sign in zip_longest(pages, signs):
            if page is None or _sign(page) != sign:
                raise NotReached(CHANGED)


def _sign(page: InventoryPage) -> str:
    """What a page says, as a digest: its own, where it has one."""
    return page.digest or sha256(repr(page.read()).encode()).hexdigest()


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


def _stage(report: InventoryReport, connection: Connection, log: RunLog) -> "_Staging":
    """Put the rows of all pages aside that are not as they were."""
    staging = _Staging(stock.get_page_digests(connection.channel_id))
    with closing(_fetch_ahead(report.pages())) as pages:
        while not staging.is_done:
            before = staging.done
            inventory.stage_rows(log.run_id, staging.take(pages), channel_id=connection.channel_id)
            passing(Failpoint.REPORT_STAGED)
            log.report(done=staging.done - before)
    return staging


class _Staging:
    """How far a report is read: pages that are as they were, pages that were staged, and how many rows they have."""

    def __init__(self, known: Mapping[int, str]) -> None:
        self._known = known
        self._kept: dict[int, str] = {}
        self._staged: dict[int, str] = {}
        self._rows = 0
        self.signs: list[str] = []
        self.done = 0
        self.is_done = False

    @property
    def pages(self) -> Pages:
        """The pages read so far, by number."""
        return Pages(self._kept, self._staged, self._rows)

    def take(self, pages: Iterator[InventoryPage]) -> Iterator[list[StagedRow]]:
        """Read for a while, and yield the rows of each page that is not as it was."""
        until = time.monotonic() + SECONDS_AT_A_TIME
        for page in pages:
            self.signs.append(_sign(page))
            number = len(self.signs)
            self.done += page.count
            if page.digest and self._known.get(number) == page.digest:
                self._kept[number] = page.digest
            else:
                self._staged[number] = page.digest
                rows = [_staged(row, number) for row in page.read()]
                self._rows += len(rows)
                yield rows
            if time.monotonic() > until:
                return
        self.is_done = True


def _fetch_ahead(pages: Iterable[InventoryPage]) -> Generator[InventoryPage]:
    """Let another thread ask for the next pages, one after the other, while one is read and written.

    A call may need the database, for a token or the pace, and a connection in the middle of a COPY answers nothing.
    """
    todo, context = iter(pages), copy_context()

    def fetch() -> InventoryPage | None:
        return next(todo, None)

    def leave() -> None:
        # That thread may have asked for a token: its database connection must not linger. Whose `database` means, the
        # thread says that asks.
        database.close()

    with ThreadPoolExecutor(1, thread_name_prefix="pages") as pool:
        coming = deque(pool.submit(context.run, fetch) for _ in range(PAGES_AHEAD))
        try:
            while page := coming.popleft().result():
                coming.append(pool.submit(context.run, fetch))
                yield page
        finally:
            for unwanted in coming:
                unwanted.cancel()
            pool.submit(leave)


def _staged(row: InventoryRow, page: int) -> StagedRow:
    sku, unit, status, lot = row.sku, row.unit, row.status, row.lot
    if len(sku) + len(unit) + len(status) + len(lot) > SHORT_TEXTS:
        sku, unit, status, lot = sku[:LONGEST_TEXT], unit[:100], status[:100], lot[:LONGEST_TEXT]
    on_hand, free, incoming = row.on_hand, row.free, row.incoming
    problem = ""
    if not (can_be_kept(on_hand) and can_be_kept(free) and can_be_kept(incoming)):
        # What does not fit is told in words: as a number it could only be rounded.
        problem = say_misfit(sku, unit, (on_hand, free, incoming))
        on_hand = free = incoming = NOTHING
    return StagedRow(sku, unit, on_hand, free, incoming, row.sellable, status, lot, problem, row.expires_on, page)


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
    staged = {page: "" if page in foreign else digest for page, digest in pages.staged.items()}
    return Pages(pages.kept, staged, pages.rows)


@committing(Failpoint.LEVELS_REPLACED)
def _apply(
    report: InventoryReport,
    pages: Pages,
    connection: Connection,
    log: RunLog,
    *,
    may_vanish: frozenset[str],
    are_sized: bool,
) -> AppliedReport:
    now = clock.now()
    applied = inventory.apply_report(
        log.run_id,
        channel_id=connection.channel_id,
        account_id=connection.account_id,
        warehouse_id=connection.warehouse_id,
        as_of=report.as_of,
        pages=pages,
        are_sized=are_sized,
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
    elif review.changes and (why := doubt_report(*review.weigh())):
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
