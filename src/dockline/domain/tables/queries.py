"""What is asked about planned tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, QuerySet

from dockline.domain.tables.models import PlannedTable, PlannedTableRow
from dockline.domain.tables.rules import CHANGES, ImportMode, JudgedRow, Outcome
from dockline.kit.errors import NotFound

ROWS_AT_A_TIME = 2000
_COLUMNS = ("at_row", "begins_at", "cells", "outcome", "before", "field", "reason")


class UnknownTable(NotFound):
    """This plan is not there any more. Plan the import again."""


@dataclass(frozen=True)
class TableSummary:
    """A plan: how many rows have which outcome."""

    id: int
    account_id: int
    kind: str
    mode: ImportMode
    source: str
    actor: str
    made_at: datetime
    counts: dict[Outcome, int]

    @property
    def changes(self) -> int:
        """How many rows would change."""
        return sum(self.counts.get(outcome, 0) for outcome in CHANGES)

    @property
    def refused(self) -> int:
        """How many rows are in error."""
        return self.counts.get(Outcome.REFUSED, 0)


def get_table(table_id: int) -> TableSummary:
    """Return a plan. Raises UnknownTable."""
    table = PlannedTable.objects.filter(pk=table_id).first()
    if table is None:
        raise UnknownTable()
    rows = PlannedTableRow.objects.filter(table_id=table_id).values_list("outcome")
    counts = {Outcome(outcome): count for outcome, count in rows.annotate(Count("id")).order_by("outcome")}
    return TableSummary(
        id=table.pk,
        account_id=table.account_id,
        kind=table.kind,
        mode=ImportMode(table.mode),
        source=table.source,
        actor=table.actor,
        made_at=table.made_at,
        counts=counts,
    )


def list_planned(table_id: int, *, outcomes: Sequence[Outcome] = (), limit: int | None = 200) -> Iterator[JudgedRow]:
    """List rows of a plan in the order of the file; read it to its end in one transaction."""
    rows = PlannedTableRow.objects.filter(table_id=table_id)
    if outcomes:
        rows = rows.filter(outcome__in=outcomes)
    yield from _read(rows.order_by("begins_at", "at_row", "id")[:limit])


def list_touched(table_id: int) -> Iterator[JudgedRow]:
    """List the rows that change something, and those that are judged together with them."""
    changing = PlannedTableRow.objects.filter(
        table_id=OuterRef("table_id"), begins_at=OuterRef("begins_at"), outcome__in=CHANGES
    )
    rows = PlannedTableRow.objects.filter(Exists(changing), table_id=table_id)
    yield from _read(rows.order_by("begins_at", "at_row", "id"))


def _read(rows: QuerySet[PlannedTableRow]) -> Iterator[JudgedRow]:
    for at_row, begins_at, cells, outcome, before, field, reason in rows.values_list(*_COLUMNS).iterator(
        chunk_size=ROWS_AT_A_TIME
    ):
        there = None if before is None else tuple(before)
        yield JudgedRow(at_row, begins_at, tuple(cells), Outcome(outcome), there, field, reason)
