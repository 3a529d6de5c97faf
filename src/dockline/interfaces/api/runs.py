"""Synchronisations: asked for, planned first, applied, stopped, and followed."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field

from dockline.domain.channels.rules import ChannelId
from dockline.domain.runs import queries as runs
from dockline.domain.runs.queries import RunRow, UnknownRun
from dockline.domain.runs.rules import PlannedAction, RunKind, RunMode, RunState
from dockline.flows import backfill, sync
from dockline.interfaces.api.access import actor_of, find_channel, opens, scope_of
from dockline.interfaces.api.errors import answers
from dockline.interfaces.api.shapes import MOST_PER_PAGE, Asked, In, Out, Page, Paging, page_of

router = Router(tags=["Syncs and runs"])


class Sync(In):
    """What to do. With `plan`, only say what it would change: `apply` then does exactly that.

    `days` is how far back `backfill_lots` reads.
    """

    kind: RunKind
    plan: bool = False
    days: int = Field(default=backfill.USUAL_DAYS, ge=1, le=3650)


class Run(Out):
    """One synchronisation: `total`, `done`, `changed` and `failed` count what it looked at, `calls` what it asked."""

    id: int
    account_id: int
    channel_id: int | None
    kind: str
    label: str
    cause: str
    mode: RunMode
    follows_id: int | None
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    total: int | None
    done: int
    changed: int
    failed: int
    calls: int
    summary: str
    stop_asked: bool


class RunWithPlan(Run):
    """A run and, when it is a plan, how many rows it has of each kind."""

    plan: dict[PlannedAction, int]


class PlanRow(Out):
    """One thing a plan would do."""

    action: PlannedAction
    subject: str
    before: str
    after: str


class LogLine(Out):
    """One line of a run's log."""

    id: int
    at: datetime
    level: str
    text: str


class LogLines(Out):
    """Log lines, oldest first; ask again with `after` = the last id."""

    items: list[LogLine]


class RunsWanted(Paging):
    """Which runs are wanted."""

    channel_id: int | None = None
    state: RunState | None = None


class PlanRowsWanted(Paging):
    """Which rows of a plan are wanted."""

    action: PlannedAction | None = None


class LinesWanted(Asked):
    """Which log lines are wanted."""

    after: int = Field(default=0, ge=0, le=2**62)
    limit: int = Field(default=MOST_PER_PAGE, ge=1, le=MOST_PER_PAGE)


@router.post("/channels/{channel_id}/syncs", response=answers(RunWithPlan, 202))
def ask_sync(request: HttpRequest, channel_id: int, wanted: Sync) -> Any:
    """Have a worker synchronise a channel soon, or say what that would change. Answers with the run to follow."""
    channel = find_channel(request, channel_id)
    mode = RunMode.PLAN if wanted.plan else RunMode.APPLY
    actor, now = actor_of(request), timezone.now()
    if wanted.kind == RunKind.BACKFILL_LOTS:
        run_id = sync.ask_backfill(channel_id=channel.id, days=wanted.days, actor=actor, now=now, mode=mode)
    else:
        run_id = sync.ask_sync(channel_id=channel.id, kind=wanted.kind, actor=actor, now=now, mode=mode)
    return Status(202, _with_plan(runs.get_run(run_id)))


@router.get("/runs", response=answers(Page[Run]))
def list_runs(request: HttpRequest, wanted: Query[RunsWanted]) -> Any:
    """List runs, newest first."""
    channel_id = None if wanted.channel_id is None else ChannelId(wanted.channel_id)
    rows = runs.list_runs(
        account_id=scope_of(request), channel_id=channel_id, state=wanted.state or "", **wanted.window
    )
    return page_of(rows, wanted)


@router.get("/runs/{run_id}", response=answers(RunWithPlan))
def get_run(request: HttpRequest, run_id: int) -> Any:
    """Show how a run stands."""
    return _with_plan(_find(request, run_id))


@router.get("/runs/{run_id}/plan", response=answers(Page[PlanRow]))
def list_plan_rows(request: HttpRequest, run_id: int, wanted: Query[PlanRowsWanted]) -> Any:
    """List what a plan would do."""
    run = _find(request, run_id)
    return page_of(runs.list_plan_rows(run.id, action=wanted.action or "", **wanted.window), wanted)


@router.get("/runs/{run_id}/log", response=answers(LogLines))
def list_log_lines(request: HttpRequest, run_id: int, wanted: Query[LinesWanted]) -> Any:
    """List a run's log lines after the one with this id, oldest first."""
    run = _find(request, run_id)
    return {"items": runs.list_run_lines(run.id, after=wanted.after, limit=wanted.limit)}


@router.post("/runs/{run_id}/apply", response=answers(RunWithPlan, 202))
def apply_plan(request: HttpRequest, run_id: int) -> Any:
    """Have a worker do exactly what a finished plan says. Answers with the run that does."""
    run = _find(request, run_id)
    applied = sync.apply_plan(run_id=run.id, actor=actor_of(request), now=timezone.now())
    return Status(202, _with_plan(runs.get_run(applied)))


@router.post("/runs/{run_id}/stop", response=answers(RunWithPlan, 202))
def stop_run(request: HttpRequest, run_id: int) -> Any:
    """Ask a run to stop at its next step."""
    run = _find(request, run_id)
    sync.ask_stop(run_id=run.id, actor=actor_of(request), now=timezone.now())
    return Status(202, _with_plan(runs.get_run(run.id)))


def _find(request: HttpRequest, run_id: int) -> RunRow:
    run = runs.get_run(run_id)
    if not opens(request, run.account_id):
        raise UnknownRun()
    return run


def _with_plan(run: RunRow) -> dict[str, Any]:
    return {**vars(run), "plan": runs.count_plan_rows(run.id) if run.is_plan else {}}
