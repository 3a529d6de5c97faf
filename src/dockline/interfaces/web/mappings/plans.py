"""Tables in and out: plan an import, look at what it would do, apply exactly that; export; report."""

import io
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.domain.mappings import drafts
from dockline.domain.mappings.drafts import DraftSummary
from dockline.domain.mappings.rules import SHAPES, MappingKind
from dockline.domain.tables.rules import CHANGES, ImportMode, Outcome
from dockline.flows import mappings
from dockline.interfaces.web.channels.page import channel_page, get_channel
from dockline.interfaces.web.mappings.views import draw, kind_of, tell
from dockline.interfaces.web.parts.answer import actor_of
from dockline.interfaces.web.parts.download import download
from dockline.kit.errors import NotFound, Problem
from dockline.kit.sheet import read_sheet, write_sheet

SHOWN = 200
REPORT = ("row", "field", "reason")


@require_POST
def plan_import(request: HttpRequest, channel_id: int, kind: str) -> HttpResponse:
    """Judge a file or a pasted block, and show what it would do."""
    channel, chosen = get_channel(channel_id), kind_of(kind)
    uploaded, pasted = request.FILES.get("file"), request.POST.get("pasted", "")
    mode = request.POST.get("mode", "")
    try:
        if uploaded is None and not pasted.strip():
            return draw(request, channel, chosen, problem="Choose a file, or paste some rows.", status=422)
        stream = cast(BinaryIO, uploaded.file) if uploaded else io.BytesIO(pasted.encode("utf-8", "replace"))
        summary = mappings.plan(
            channel.id,
            read_sheet(
                stream,
                SHAPES[chosen].columns,
                longest=SHAPES[chosen].longest,
                most_rows=mappings.MOST_ROWS,
                needs_header=uploaded is not None,
            ),
            kind=chosen,
            mode=ImportMode(mode) if mode in set(ImportMode) else ImportMode.ADD,
            source=(uploaded.name or "a file") if uploaded else "a pasted block",
            actor=actor_of(request),
            now=timezone.now(),
        )
    except Problem as problem:
        return draw(request, channel, chosen, problem=problem.message, status=422, pasted=pasted[:20000])
    return HttpResponseRedirect(reverse("channel-mapping-plan", args=[channel.id, chosen.value, summary.id]))


def show_plan(request: HttpRequest, channel_id: int, kind: str, draft_id: int) -> HttpResponse:
    """Show what a plan would do, or do it."""
    channel, chosen = get_channel(channel_id), kind_of(kind)
    summary = _get(draft_id, channel.id, chosen)
    if request.method == "POST":
        return _decide(request, summary)
    shown = [outcome for outcome in (*CHANGES, Outcome.REFUSED) if summary.counts.get(outcome)]
    context: dict[str, Any] = {
        "kind": chosen,
        "is_offered": True,
        "history": None,
        "plan": summary,
        "columns": SHAPES[chosen].columns,
        "counts": [(outcome, summary.counts[outcome]) for outcome in Outcome if summary.counts.get(outcome)],
        "groups": [
            (outcome, list(drafts.list_planned(summary.id, outcomes=[outcome], limit=SHOWN))) for outcome in shown
        ],
        "shown": SHOWN,
        "waits": mappings.list_waiting(channel.id),
    }
    return channel_page(request, channel, chosen.value, context)


def export_mappings(request: HttpRequest, channel_id: int, kind: str) -> HttpResponse:
    """Give all rows as a file that imports again to exactly the same."""
    channel, chosen = get_channel(channel_id), kind_of(kind)
    rows = mappings.list_cells(channel.id, kind=chosen)
    return download(write_sheet(SHAPES[chosen].columns, rows), f"{chosen}-{channel.id}.csv")


def report_plan(request: HttpRequest, channel_id: int, kind: str, draft_id: int) -> HttpResponse:
    """Give the rows in error as a file: row number, field, reason."""
    summary = _get(draft_id, channel_id, kind_of(kind))
    rows = ((str(row.at_row), row.field, row.reason) for row in mappings.list_refused(summary.id))
    return download(write_sheet(REPORT, rows), f"report-{draft_id}.csv")


def _decide(request: HttpRequest, summary: DraftSummary) -> HttpResponseRedirect:
    view = reverse(f"channel-{summary.kind}", args=[summary.channel_id])
    if request.POST.get("do") != "apply":
        mappings.drop_plan(summary.id)
        messages.info(request, "The plan was dropped; nothing was changed.")
        return HttpResponseRedirect(view)
    try:
        applied = mappings.apply_plan(summary.id, actor=actor_of(request), now=timezone.now())
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, tell(applied))
    return HttpResponseRedirect(view)


def _get(draft_id: int, channel_id: int, kind: MappingKind) -> DraftSummary:
    try:
        summary = drafts.get_draft(draft_id)
    except NotFound as problem:
        raise Http404(problem.message) from None
    if (summary.channel_id, summary.kind) != (channel_id, kind):
        raise Http404("There is no such plan.")
    return summary
