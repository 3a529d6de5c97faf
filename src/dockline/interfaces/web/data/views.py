"""The tables of an account: give one out, plan an import, look at what it would do, apply exactly that."""

from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.domain.accounts.rules import AccountId
from dockline.domain.history import queries as history
from dockline.domain.tables import queries as planned
from dockline.domain.tables.queries import TableSummary
from dockline.domain.tables.rules import CHANGES, ImportMode, Outcome
from dockline.flows.data import tables
from dockline.flows.data.kind import Kind
from dockline.flows.data.kinds import KINDS
from dockline.interfaces.web.parts.answer import actor_of
from dockline.interfaces.web.parts.download import download
from dockline.interfaces.web.parts.scope import scope_of
from dockline.kit.errors import NotFound, Problem
from dockline.kit.sheet import read_sheet, write_sheet

SHOWN = 200
REPORT = ("row", "field", "reason")
LATEST_IMPORTS = 10


def show_data(request: HttpRequest) -> HttpResponse:
    """Show every kind of table there is."""
    return _draw(request)


@require_POST
def plan_import(request: HttpRequest) -> HttpResponse:
    """Judge a file, and show what it would do."""
    account_id, uploaded = scope_of(request).only_account_id, request.FILES.get("file")
    mode = request.POST.get("mode", "")
    try:
        kind = tables.get_kind(request.POST.get("kind", ""))
        if account_id is None or uploaded is None:
            return _draw(request, problem="Choose a file.", status=422)
        rows = read_sheet(
            cast(BinaryIO, uploaded.file),
            kind.shape.columns,
            longest=kind.shape.longest,
            most_rows=tables.MOST_ROWS,
            many_lines=kind.many_lines,
        )
        summary = tables.plan(
            account_id,
            rows,
            kind=kind,
            mode=ImportMode(mode) if mode in set(ImportMode) else ImportMode.ADD,
            source=uploaded.name or "a file",
            actor=actor_of(request),
            now=timezone.now(),
        )
    except Problem as problem:
        return _draw(request, problem=problem.message, status=422)
    return HttpResponseRedirect(reverse("data-plan", args=[summary.id]))


def show_plan(request: HttpRequest, table_id: int) -> HttpResponse:
    """Show what a plan would do, or do it."""
    summary = _get(request, table_id)
    if request.method == "POST":
        return _decide(request, summary)
    kind = tables.get_kind(summary.kind)
    shown = [outcome for outcome in (*CHANGES, Outcome.REFUSED) if summary.counts.get(outcome)]
    context: dict[str, Any] = {
        "kind": kind,
        "plan": summary,
        "columns": kind.shape.columns,
        "counts": [(outcome, summary.counts[outcome]) for outcome in Outcome if summary.counts.get(outcome)],
        "groups": [
            (outcome, list(planned.list_planned(summary.id, outcomes=[outcome], limit=SHOWN))) for outcome in shown
        ],
        "shown": SHOWN,
    }
    return render(request, "data/plan.html", context)


def report_plan(request: HttpRequest, table_id: int) -> HttpResponse:
    """Give the rows in error as a file: row number, field, reason."""
    summary = _get(request, table_id)
    rows = ((str(row.at_row), row.field, row.reason) for row in tables.list_refused(summary.id))
    return download(write_sheet(REPORT, rows), f"report-{table_id}.csv")


def export_table(request: HttpRequest, kind: str) -> HttpResponse:
    """Give all rows of a kind as a file that imports again to exactly the same."""
    account_id, chosen = scope_of(request).only_account_id, KINDS.get(kind)
    if chosen is None or account_id is None:
        raise Http404("There is no such table.")
    return download(write_sheet(chosen.shape.columns, tables.list_cells(account_id, kind=chosen)), f"{chosen.name}.csv")


def _draw(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    account_id = scope_of(request).only_account_id
    context = {
        "account_id": account_id,
        "kinds": [(kind, _modes(kind)) for kind in KINDS.values()],
        "chosen": request.POST.get("kind", ""),
        "problem": problem,
        "imports": _list_imports(account_id),
    }
    return render(request, "data/data.html", context, status=status)


def _modes(kind: Kind) -> tuple[ImportMode, ...]:
    return kind.way_in.modes if kind.way_in else ()


def _list_imports(account_id: AccountId | None) -> Any:
    if account_id is None:
        return ()
    return history.list_latest_events((tables.SUBJECT, account_id), limit=LATEST_IMPORTS)


def _decide(request: HttpRequest, summary: TableSummary) -> HttpResponseRedirect:
    if request.POST.get("do") != "apply":
        tables.drop_plan(summary.id)
        messages.info(request, "The plan was dropped; nothing was changed.")
        return HttpResponseRedirect(reverse("data"))
    try:
        done = tables.apply_plan(summary.id, actor=actor_of(request), now=timezone.now())
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, f"{tables.get_kind(done.kind).label}: {tables.tell(done)}.")
    return HttpResponseRedirect(reverse("data"))


def _get(request: HttpRequest, table_id: int) -> TableSummary:
    """A plan of an account that the pages show."""
    try:
        summary = planned.get_table(table_id)
    except NotFound as problem:
        raise Http404(problem.message) from None
    if summary.account_id not in {account.id for account in scope_of(request).accounts}:
        raise Http404("There is no such plan.")
    return summary
