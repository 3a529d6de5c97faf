"""Begin, follow and end runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db import connection, transaction
from django.db.models import F

from dockline.domain.runs.models import PlanRow, Run
from dockline.domain.runs.rules import PlannedChange, RunKind, RunMode, RunState, digest_plan, final_state

PLAN_ROWS_AT_A_TIME = 2000


@dataclass(frozen=True)
class TakenRun:
    """A run that a worker has taken up: who asked for it, and how it is to be done."""

    id: int
    cause: str
    mode: RunMode
    follows_id: int | None
    reads_since: datetime | None = None


def ask_run(
    *,
    account_id: int,
    channel_id: int,
    kind: RunKind,
    cause: str,
    mode: RunMode,
    follows_id: int | None,
    reads_since: datetime | None = None,
    now: datetime,
) -> int:
    """Have a run wait for a worker and return its id; that of the one that waits already, if one does."""
    run, _ = Run.objects.get_or_create(
        channel_id=channel_id,
        kind=kind,
        mode=mode,
        state=RunState.WAITING,
        defaults={
            "account_id": account_id,
            "cause": cause,
            "follows_id": follows_id,
            "reads_since": reads_since,
            "started_at": now,
            "beat_at": now,
        },
    )
    return run.pk


def take_run(*, channel_id: int, kind: RunKind, now: datetime) -> TakenRun | None:
    """Take up the oldest run that waits for this, if one does."""
    with transaction.atomic():
        run = (
            Run.objects.select_for_update(skip_locked=True)
            .filter(channel_id=channel_id, kind=kind, state=RunState.WAITING)
            .order_by("id")
            .first()
        )
        if run is None:
            return None
        run.state, run.started_at, run.beat_at = RunState.RUNNING, now, now
        run.save(update_fields=["state", "started_at", "beat_at"])
    return TakenRun(run.pk, run.cause, RunMode(run.mode), run.follows_id, run.reads_since)


def store_plan(run_id: int, rows: Sequence[PlannedChange]) -> None:
    """Keep what a run would do; it changed nothing, so from now on it is a plan."""
    PlanRow.objects.bulk_create(
        [
            PlanRow(run_id=run_id, action=row.action, subject=row.subject, before=row.before, after=row.after)
            for row in rows
        ],
        batch_size=PLAN_ROWS_AT_A_TIME,
    )
    Run.objects.filter(id=run_id).update(plan_digest=digest_plan(rows), mode=RunMode.PLAN)


def begin_run(*, account_id: int, channel_id: int | None, kind: RunKind, cause: str, now: datetime) -> int:
    """Begin a run and return its id."""
    run = Run.objects.create(
        account_id=account_id,
        channel_id=channel_id,
        kind=kind,
        cause=cause,
        state=RunState.RUNNING,
        started_at=now,
        beat_at=now,
    )
    return run.id


def report_progress(
    run_id: int,
    *,
    now: datetime,
    done: int = 0,
    changed: int = 0,
    failed: int = 0,
    total: int | None = None,
    calls: int = 0,
) -> bool:
    """Add to a run's counters, and say how many `calls` it made so far. Returns whether a person asked it to stop."""
    changes = {
        "beat_at": now,
        "calls": calls,
        "done": F("done") + done,
        "changed": F("changed") + changed,
        "failed": F("failed") + failed,
    }
    if total is not None:
        changes["total"] = total
    Run.objects.filter(id=run_id).update(**changes)
    return Run.objects.filter(id=run_id, stop_asked=True).exists()


def write_lines(run_id: int, texts: Sequence[tuple[str, str]], *, now: datetime) -> None:
    """Append (level, text) lines to a run's log."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO runs_runline (run_id, at, level, text)
            SELECT %s, %s, said.line ->> 0, said.line ->> 1 FROM json_array_elements(%s::json) AS said(line)
            """,
            [run_id, now, msgspec.json.encode(texts).decode()],
        )


def end_run(
    run_id: int, *, now: datetime, summary: str, calls: int = 0, broke: bool = False, stopped: bool = False
) -> RunState:
    """End a run and return how."""
    run = Run.objects.only("failed", "done").get(id=run_id)
    state = RunState.STOPPED if stopped else final_state(failed=run.failed, done=run.done, broke=broke)
    Run.objects.filter(id=run_id).update(state=state, finished_at=now, beat_at=now, summary=summary, calls=calls)
    return state


def forget_run(run_id: int) -> None:
    """Drop a run that had nothing to do, so that quiet polls do not bury the others."""
    Run.objects.filter(id=run_id).delete()


def ask_run_to_stop(run_id: int, *, now: datetime) -> bool:
    """Ask a running run to stop at its next step, or end one that still waits; False when it is over."""
    waiting = Run.objects.filter(id=run_id, state=RunState.WAITING)
    if waiting.update(state=RunState.STOPPED, stop_asked=True, finished_at=now, summary="Stopped before it began."):
        return True
    return bool(Run.objects.filter(id=run_id, state=RunState.RUNNING).update(stop_asked=True))


def fail_silent_runs(*, before: datetime, now: datetime) -> int:
    """End runs whose process has died: still running, but without a beat since `before`."""
    return Run.objects.filter(state=RunState.RUNNING, beat_at__lt=before).update(
        state=RunState.FAILED, finished_at=now, summary="The process that did this ended; the work goes on in another."
    )
