"""The runs, and one run as it goes on."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.domain.channels import queries as channels
from dockline.domain.channels.rules import ChannelId
from dockline.domain.runs import queries as runs
from dockline.domain.runs.queries import RunRow
from dockline.domain.runs.rules import PlannedAction, RunState
from dockline.flows import job_names, sync
from dockline.interfaces.web.parts.answer import act, actor_of, answer, wants_fragment
from dockline.interfaces.web.parts.asked import number_in, page_of, text_in
from dockline.interfaces.web.parts.scope import scope_of
from dockline.kit.errors import NotFound, Problem

LINES = 500
YOUNG_SECONDS = 60


def list_runs(request: HttpRequest) -> HttpResponse:
    """List runs, newest first."""
    account_id = scope_of(request).account_id
    asked, state = number_in(request, "channel"), text_in(request, "state")
    channel_id = None if asked is None else ChannelId(asked)
    state = state if state in set(RunState) else ""
    page = page_of(request, total=runs.count_runs(account_id=account_id, channel_id=channel_id, state=state))
    context = {
        "rows": runs.list_runs(
            account_id=account_id, channel_id=channel_id, state=state, offset=page.offset, limit=page.size
        ),
        "page": page,
        "states": [("", "All"), *RunState.choices()],
        "state": state,
        "channel_id": channel_id,
        "is_filtered": bool(state or channel_id),
        "channels": () if wants_fragment(request) else channels.list_channels(account_id=account_id),
    }
    return answer(request, "runs/list", context)


def show_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show one run; as a fragment its progress and the log lines after the last one seen."""
    run = _get(run_id)
    after = number_in(request, "after") or 0
    lines = runs.list_run_lines(run.id, after=after, limit=LINES)
    now = timezone.now()
    context = {
        "run": run,
        "lines": lines,
        "last": lines[-1].id if lines else after,
        "has_more": len(lines) == LINES and not run.is_live,
        "percent": min(100, 100 * run.done // run.total) if run.total else None,
        "unchanged": max(run.done - run.changed - run.failed, 0),
        "seconds": ((run.finished_at or now) - run.started_at).total_seconds(),
        "seconds_left": _seconds_left(run, now),
        "interval": 1 if (now - run.started_at).total_seconds() < YOUNG_SECONDS else 5,
        "can_repeat": run.channel_id is not None and run.kind in set(job_names.NEEDS_OF_RUN_KIND),
        **_plan(request, run),
    }
    return answer(request, "runs/detail", context)


@require_POST
def stop_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Ask a run to stop at its next step."""
    run = _get(run_id)
    act(
        request,
        lambda: sync.ask_stop(run_id=run.id, actor=actor_of(request), now=timezone.now()),
        done="Asked to stop after the present item.",
    )
    return HttpResponseRedirect(reverse("run", args=[run.id]))


@require_POST
def apply_plan(request: HttpRequest, run_id: int) -> HttpResponse:
    """Do exactly what a plan says, and show that run."""
    run = _get(run_id)
    return _start(request, run, lambda: sync.apply_plan(run_id=run.id, actor=actor_of(request), now=timezone.now()))


@require_POST
def run_again(request: HttpRequest, run_id: int) -> HttpResponse:
    """Do once more what a run did, and show the new one."""
    run = _get(run_id)
    return _start(request, run, lambda: sync.ask_again(run_id=run.id, actor=actor_of(request), now=timezone.now()))


def _start(request: HttpRequest, run: RunRow, ask: Callable[[], int]) -> HttpResponseRedirect:
    try:
        return HttpResponseRedirect(reverse("run", args=[ask()]))
    except Problem as problem:
        messages.error(request, problem.message)
        return HttpResponseRedirect(reverse("run", args=[run.id]))


def _plan(request: HttpRequest, run: RunRow) -> dict[str, Any]:
    """What a finished plan says; nothing for other runs."""
    if not run.is_plan or run.is_live:
        return {}
    counts = runs.count_plan_rows(run.id)
    action = text_in(request, "action")
    action = action if action in counts else ""
    page = page_of(request, total=counts[PlannedAction(action)] if action else sum(counts.values()))
    rows = runs.list_plan_rows(run.id, action=action, offset=page.offset, limit=page.size)
    return {
        "plan_counts": list(counts.items()),
        "plan_rows": [(PlannedAction(row.action), row) for row in rows],
        "action": action,
        "page": page,
        "can_apply": any(one != PlannedAction.SKIP for one in counts),
    }


def _seconds_left(run: RunRow, now: datetime) -> float | None:
    if not run.is_live or not run.total or not run.done:
        return None
    return max(0.0, (now - run.started_at).total_seconds() * (run.total - run.done) / run.done)


def _get(run_id: int) -> RunRow:
    try:
        return runs.get_run(run_id)
    except NotFound as problem:
        raise Http404(problem.message) from None
