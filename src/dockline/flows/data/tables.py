"""A table is brought in: planned, looked at, applied as it was planned; and the same table is given out.

Writes plans; and, by the kind of the table, what its rows are about, with history.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, groupby, islice
from typing import TypeVar

from django.db import transaction

from dockline.domain.accounts import queries as accounts
from dockline.domain.accounts.queries import AccountRow
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.tables import operations as tables
from dockline.domain.tables import queries as planned
from dockline.domain.tables.queries import TableSummary
from dockline.domain.tables.rules import CHANGES, Cells, ImportMode, JudgedRow, Outcome, judge_row, judge_whole
from dockline.flows.data.kind import Change, Kind, WayIn
from dockline.flows.data.kinds import KINDS
from dockline.kit.errors import Conflict, Invalid, NotFound, NotNow
from dockline.kit.sheet import SheetRow

Row = TypeVar("Row")

MOST_ROWS = 250_000
SUBJECT = "tables"
"""What the history of an account's imports is kept under."""
ROWS_AT_A_TIME = 1000


class StaleTable(Conflict):
    """What this plan would change was changed since it was made. Plan the import again."""


def get_kind(name: str) -> Kind:
    """Return a kind of table. Raises NotFound."""
    kind = KINDS.get(name)
    if kind is None:
        raise NotFound(f"There is no table {name!r}; there are {', '.join(KINDS)}.", field="kind")
    return kind


def list_cells(account_id: int, *, kind: Kind) -> Iterator[Cells]:
    """Every row of an account, in the order of its file, as it is at one instant."""
    with transaction.atomic():
        yield from kind.list_cells(accounts.get_account(account_id))


@transaction.atomic
def plan(
    account_id: int, rows: Iterable[SheetRow], *, kind: Kind, mode: ImportMode, source: str, actor: str, now: datetime
) -> TableSummary:
    """Judge a table against what is there, and keep the plan.

    Raises NotFound, Conflict where nothing of this kind may be brought in, and SheetError as it reads.
    """
    account, way_in = accounts.get_account(account_id), _way_in(kind)
    way_in.require(account)
    if mode not in way_in.modes:
        named = " or ".join(one.label.partition(":")[0] for one in way_in.modes)
        raise Invalid(f"{kind.label} can be imported with {named} only. Choose that.", field="mode")
    table_id = tables.begin_table(account_id, kind=kind.name, mode=mode, source=source, actor=actor, now=now)
    names = [kind.shape.columns.index(column) for column in kind.shape.key[: way_in.whole or None]]
    for batch in _batches(rows, way_in, names):
        tables.add_rows(table_id, _judge(account, batch, kind, mode, names))
    tables.refuse_repeated(table_id, places=names, field=kind.shape.key[0])
    way_in.check(table_id)
    return planned.get_table(table_id)


@transaction.atomic
def apply_plan(table_id: int, *, actor: str, now: datetime) -> TableSummary:
    """Apply a plan as it stands, all of it or nothing. Raises UnknownTable, StaleTable, NotNow with rows in error."""
    tables.lock_tables(planned.get_table(table_id).account_id)
    summary = planned.get_table(table_id)
    if summary.refused:
        raise NotNow(f"{summary.refused:,} rows are in error. Mend them and plan again; nothing was changed.")
    kind, account = get_kind(summary.kind), accounts.get_account(summary.account_id)
    way_in = _way_in(kind)
    way_in.require(account)
    change = Change(account, actor, summary.source, now)
    for batch in _together(planned.list_touched(table_id), key=lambda row: row.begins_at):
        _require_unchanged(account, batch, kind)
        way_in.write(change, [row for row in batch if row.outcome in CHANGES])
    if summary.changes:
        way_in.follow(change)
        history.remember(
            [Fact(account.id, "imported", SUBJECT, account.id, f"{kind.label}: {tell(summary)}.")],
            actor=actor,
            now=now,
        )
    tables.drop_table(table_id)
    return summary


def tell(summary: TableSummary) -> str:
    """Say in words what a plan does."""
    parts = [f"{count:,} {each.label.lower()}" for each in Outcome if (count := summary.counts.get(each))]
    return (", ".join(parts) or "empty") + (f", from {summary.source}" if summary.source else "")


def list_refused(table_id: int) -> Iterator[JudgedRow]:
    """List every row of a plan that is in error."""
    with transaction.atomic():
        yield from planned.list_planned(table_id, outcomes=[Outcome.REFUSED], limit=None)


@transaction.atomic
def drop_plan(table_id: int) -> None:
    """Forget a plan."""
    tables.drop_table(table_id)


def _way_in(kind: Kind) -> WayIn:
    if kind.way_in is None:
        raise Invalid(f"{kind.label} cannot be imported here.", field="kind")
    return kind.way_in


def _name(cells: Sequence[str], places: Sequence[int]) -> Cells:
    """What a row is looked up by, and judged together with others of the same name."""
    return tuple(cells[place] for place in places)


def _batches(rows: Iterable[SheetRow], way_in: WayIn, places: Sequence[int]) -> Iterator[list[SheetRow]]:
    """Rows as they come, many at a time; those that are judged together stay together."""
    if way_in.whole:
        yield from _together(rows, key=lambda row: _name(row.cells, places))
        return
    rest = iter(rows)
    while batch := list(islice(rest, ROWS_AT_A_TIME)):
        yield batch


def _together(rows: Iterable[Row], *, key: Callable[[Row], object]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for _, group in groupby(rows, key=key):
        batch += group
        if len(batch) >= ROWS_AT_A_TIME:
            yield batch
            batch = []
    if batch:
        yield batch


def _judge(
    account: AccountRow, batch: Sequence[SheetRow], kind: Kind, mode: ImportMode, places: Sequence[int]
) -> list[JudgedRow]:
    way_in, key_of = _way_in(kind), kind.shape.key_of
    there = way_in.find(account, list(dict.fromkeys(_name(row.cells, places) for row in batch)))
    given = way_in.read(account, batch, there)
    if not way_in.whole:
        return [judge_row(row, there.get(key_of(row.cells)), mode) for row in given]
    by_name: dict[Cells, dict[Cells, Cells]] = {}
    for key, cells in there.items():
        by_name.setdefault(key[: way_in.whole], {})[key] = cells
    groups = groupby(given, key=lambda row: _name(row.cells, places))
    judged = (judge_whole(list(group), by_name.get(name, {}), mode, kind.shape) for name, group in groups)
    return list(chain.from_iterable(judged))


def _require_unchanged(account: AccountRow, batch: Sequence[JudgedRow], kind: Kind) -> None:
    """What is there must be what it was when the plan was made. Raises StaleTable."""
    way_in, key_of = _way_in(kind), kind.shape.key_of
    names = list(dict.fromkeys(key_of(row.cells)[: way_in.whole or None] for row in batch))
    before = {key_of(row.before): row.before for row in batch if row.before is not None}
    if dict(way_in.find(account, names)) != before:
        raise StaleTable()
