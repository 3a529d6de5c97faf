"""What is asked about runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from dockline.domain.accounts.rules import AccountId
from dockline.domain.channels.rules import ChannelId, ChannelState
from dockline.domain.runs.models import PlanRow, Run, RunLine
from dockline.domain.runs.rules import PlannedAction, PlannedChange, RunKind, RunMode, RunState
from dockline.kit.errors import NotFound


class UnknownRun(NotFound):
    """There is no such run."""


@dataclass(frozen=True)
class RunRow:
    """One run, as a person reads it."""

    id: int
    account_id: AccountId
    account_name: str
    channel_id: ChannelId | None
    channel_name: str
    kind: str
    label: str
    cause: str
    state: RunState
    started_at: datetime
    beat_at: datetime
    finished_at: datetime | None
    total: int | None
    done: int
    changed: int
    failed: int
    calls: int
    summary: str
    stop_asked: bool
    mode: RunMode
    follows_id: int | None
    plan_digest: str
    reads_since: datetime | None

    @property
    def is_live(self) -> bool:
        """It still goes on, or is about to."""
        return self.state in (RunState.RUNNING, RunState.WAITING)

    @property
    def is_plan(self) -> bool:
        """It only says what would be done."""
        return self.mode == RunMode.PLAN


@dataclass(frozen=True)
class RunLineRow:
    """One line of a run's log."""

    id: int
    at: datetime
    level: str
    text: str


def get_run(run_id: int) -> RunRow:
    """Return one run. Raises UnknownRun."""
    run = Run.objects.select_related("account", "channel").filter(pk=run_id).first()
    if run is None:
        raise UnknownRun()
    return _row(run)


def count_runs(*, account_id: AccountId | None, channel_id: ChannelId | None = None, state: str = "") -> int:
    """Count runs."""
    return _matching(account_id, channel_id, state).count()


def list_runs(
    *,
    account_id: AccountId | None,
    channel_id: ChannelId | None = None,
    state: str = "",
    offset: int = 0,
    limit: int = 50,
) -> tuple[RunRow, ...]:
    """List runs, newest first."""
    runs = _matching(account_id, channel_id, state).select_related("account", "channel").order_by("-id")
    return tuple(_row(run) for run in runs[offset : offset + limit])


def list_recent_runs(channel_ids: Sequence[ChannelId], *, each: int = 14) -> Mapping[ChannelId, tuple[RunRow, ...]]:
    """List the latest runs of each channel, newest first."""
    nth = Window(RowNumber(), partition_by="channel_id", order_by=F("id").desc())
    runs = (
        Run.objects.filter(channel_id__in=channel_ids)
        .annotate(nth=nth)
        .filter(nth__lte=each)
        .select_related("account", "channel")
        .order_by("-id")
    )
    recent: dict[ChannelId, list[RunRow]] = {}
    for run in runs:
        if run.channel_id is not None:
            recent.setdefault(ChannelId(run.channel_id), []).append(_row(run))
    return {channel_id: tuple(rows) for channel_id, rows in recent.items()}


def list_run_lines(run_id: int, *, after: int = 0, limit: int = 500) -> tuple[RunLineRow, ...]:
    """List log lines with a greater id than `after`, oldest first."""
    lines = RunLine.objects.filter(run_id=run_id, id__gt=after).order_by("id")[:limit]
    return tuple(RunLineRow(line.pk, line.at, line.level, line.text) for line in lines)


def is_waiting(*, channel_id: int, kind: RunKind) -> bool:
    """Say whether somebody's run waits for this."""
    return Run.objects.filter(channel_id=channel_id, kind=kind, state=RunState.WAITING).exists()


def list_waiting(*, now: datetime) -> list[tuple[int, RunKind]]:
    """Return (channel, kind) of the runs that wait on a channel that is open for work."""
    is_rested = Q(channel__retry_at__isnull=True) | Q(channel__retry_at__lte=now)
    rows = Run.objects.filter(is_rested, state=RunState.WAITING, channel__state=ChannelState.ACTIVE)
    return [(channel_id, RunKind(kind)) for channel_id, kind in rows.values_list("channel_id", "kind").distinct()]


def count_plan_rows(run_id: int) -> Mapping[PlannedAction, int]:
    """Count what a plan would do, by what it is."""
    counts = PlanRow.objects.filter(run_id=run_id).values_list("action").annotate(count=Count("id")).order_by("action")
    return {PlannedAction(action): count for action, count in counts}


def list_plan_rows(run_id: int, *, action: str = "", offset: int = 0, limit: int = 100) -> tuple[PlannedChange, ...]:
    """List what a plan would do."""
    rows = PlanRow.objects.filter(run_id=run_id)
    rows = rows.filter(action=action) if action else rows
    ordered = rows.order_by("action", "id").values_list("action", "subject", "before", "after")
    return tuple(PlannedChange(*row) for row in ordered[offset : offset + limit])


def _matching(account_id: AccountId | None, channel_id: ChannelId | None, state: str) -> QuerySet[Run]:
    runs = Run.objects.all()
    if account_id is not None:
        runs = runs.filter(account_id=account_id)
    if channel_id is not None:
        runs = runs.filter(channel_id=channel_id)
    return runs.filter(state=state) if state else runs


def _row(run: Run) -> RunRow:
    return RunRow(
        id=run.pk,
        account_id=AccountId(run.account_id),
        account_name=run.account.name,
        channel_id=None if run.channel_id is None else ChannelId(run.channel_id),
        channel_name=run.channel.name if run.channel else "",
        kind=run.kind,
        label=RunKind(run.kind).label if run.kind in set(RunKind) else run.kind,
        cause=run.cause,
        state=RunState(run.state),
        started_at=run.started_at,
        beat_at=run.beat_at,
        finished_at=run.finished_at,
        total=run.total,
        done=run.done,
        changed=run.changed,
        failed=run.failed,
        calls=run.calls,
        summary=run.summary,
        stop_asked=run.stop_asked,
        mode=RunMode(run.mode),
        follows_id=run.follows_id,
        plan_digest=run.plan_digest,
        reads_since=run.reads_since,
    )
