"""Begin, follow and end runs."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from dockline.domain.runs.models import Run, RunLine
from dockline.domain.runs.rules import RunKind, RunState, final_state


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
    run_id: int, *, now: datetime, done: int = 0, changed: int = 0, failed: int = 0, total: int | None = None
) -> bool:
    """Add to a run's counters. Returns whether a person asked it to stop."""
    changes = {
        "beat_at": now,
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
    RunLine.objects.bulk_create([RunLine(run_id=run_id, at=now, level=level, text=text) for level, text in texts])


def end_run(run_id: int, *, now: datetime, summary: str, broke: bool = False, stopped: bool = False) -> None:
    """End a run."""
    run = Run.objects.only("failed", "done").get(id=run_id)
    state = RunState.STOPPED if stopped else final_state(failed=run.failed, done=run.done, broke=broke)
    Run.objects.filter(id=run_id).update(state=state, finished_at=now, beat_at=now, summary=summary)


def forget_run(run_id: int) -> None:
    """Drop a run that had nothing to do, so that quiet polls do not bury the others."""
    Run.objects.filter(id=run_id).delete()


def ask_run_to_stop(run_id: int) -> bool:
    """Ask a running run to stop at its next step; False when it is not running."""
    return bool(Run.objects.filter(id=run_id, state=RunState.RUNNING).update(stop_asked=True))


def fail_silent_runs(*, before: datetime, now: datetime) -> int:
    """End runs whose process has died: still running, but without a beat since `before`."""
    return Run.objects.filter(state=RunState.RUNNING, beat_at__lt=before).update(
        state=RunState.FAILED, finished_at=now, summary="The process that did this ended; the work goes on in another."
    )
