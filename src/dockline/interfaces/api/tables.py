"""An account as tables: CSV out, and CSV in, all rows or none, or only said what it would do."""

from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from dockline.domain.tables.queries import TableSummary
from dockline.domain.tables.rules import ImportMode, JudgedRow
from dockline.flows.data import tables
from dockline.interfaces.api.access import account_meant, actor_of
from dockline.interfaces.api.errors import answers
from dockline.interfaces.api.shapes import Asked, Out
from dockline.kit.sheet import read_sheet, write_sheet

router = Router(tags=["Tables"])

ERRORS_TOLD = 1000


class Whose(Asked):
    """Whose table it is; may be left out with the key of one account."""

    account_id: int | None = None


class Import(Whose):
    """How a table is brought in. With `dry_run` it is only said what it would do."""

    mode: ImportMode = ImportMode.ADD
    dry_run: bool = False
    source: str = Field(default="a table", max_length=200, description="What it is called in the history.")


class RowInError(Out):
    """A row that cannot be taken. The header is row 1."""

    row: int
    field: str
    reason: str


class Imported(Out):
    """What became of the rows, or would become. With a row in error nothing was changed; the first 1,000 are told."""

    is_applied: bool
    added: int = 0
    changed: int = 0
    removed: int = 0
    same: int = 0
    kept: int = 0
    refused: int = 0
    errors: list[RowInError]


@router.get("/tables/{kind}", response=answers(str))
def export_table(request: HttpRequest, kind: str, whose: Query[Whose]) -> Any:
    """Give all rows of a kind as CSV, which comes in again as nothing new."""
    chosen, account_id = tables.get_kind(kind), account_meant(request, whose.account_id)
    pieces = write_sheet(chosen.shape.columns, tables.list_cells(account_id, kind=chosen))
    return HttpResponse(b"".join(pieces), content_type="text/csv; charset=utf-8")


@router.put("/tables/{kind}", response=answers(Imported))
def import_table(request: HttpRequest, kind: str, wanted: Query[Import]) -> Any:
    """Bring in the CSV of the body, all rows or none. Its columns are those that are given out."""
    chosen, actor, now = tables.get_kind(kind), actor_of(request), timezone.now()
    rows = read_sheet(
        cast(BinaryIO, request),
        chosen.shape.columns,
        longest=chosen.shape.longest,
        most_rows=tables.MOST_ROWS,
        many_lines=chosen.many_lines,
    )
    account_id = account_meant(request, wanted.account_id)
    plan = tables.plan(account_id, rows, kind=chosen, mode=wanted.mode, source=wanted.source, actor=actor, now=now)
    errors = [row for _, row in zip(range(ERRORS_TOLD), tables.list_refused(plan.id), strict=False)]
    if wanted.dry_run or plan.refused:
        tables.drop_plan(plan.id)
    else:
        tables.apply_plan(plan.id, actor=actor, now=now)
    return _say(plan, errors, is_applied=not (wanted.dry_run or plan.refused))


def _say(plan: TableSummary, errors: Sequence[JudgedRow], *, is_applied: bool) -> Imported:
    counts = {outcome.value: count for outcome, count in plan.counts.items()}
    told = [RowInError(row=row.at_row, field=row.field, reason=row.reason) for row in errors]
    return Imported(is_applied=is_applied, errors=told, **counts)
