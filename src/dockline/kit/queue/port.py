"""The narrow door to the job engine: wake, handle, and run a worker.

A job is a wake-up, never the work item: the work is in tables, and a lost or doubled wake-up is harmless.
"""

from collections.abc import Callable
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app

from dockline.kit.failpoints import Failpoint, committing, passing

TASK = "dockline.wake"
Handler = Callable[[int], None]

LaneOf = Callable[[int], str]

USUAL_LANE = "default"
"""Where work waits that nobody chose a lane for, and what an older release has asked for."""

_handlers: dict[str, Handler] = {}
_lanes: dict[str, LaneOf] = {}


def wake(name: str, subject_id: int, *, priority: int = 0, in_turn_with: str = "") -> None:
    """Ask for a piece of work, in the caller's transaction: no commit, no job.

    Asking again while one waits adds nothing. Jobs of one name and subject are done one at a time; `in_turn_with` names
    another job they share their turn with. The upsert takes the row's lock on purpose: a worker that begins this
    very wake-up waits for our commit and so sees our facts.
    """
    with committing(Failpoint.WAKE_ASKED), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO queue_wakeup (name, subject_id, asked_at) VALUES (%s, %s, now())
            ON CONFLICT (name, subject_id) DO UPDATE SET asked_at = excluded.asked_at
            RETURNING xmax = 0
            """,
            [name, subject_id],
        )
        row = cursor.fetchone()
        is_new = row is not None and row[0]
        lock = f"{in_turn_with or name}:{subject_id}"
        if is_new or not _has_job(cursor, lock):
            lane = _lanes[name](subject_id) if name in _lanes else USUAL_LANE
            app.configure_task(TASK, lock=lock, queue=lane, priority=priority).defer(name=name, subject_id=subject_id)


def _has_job(cursor: Any, lock: str) -> bool:
    """Say whether a job for this wake-up still exists; one that broke before it began has left the wake-up behind."""
    cursor.execute(
        "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE lock = %s AND status IN ('todo', 'doing'))", [lock]
    )
    row = cursor.fetchone()
    return bool(row and row[0])


def handles(name: str, *, lane_of: LaneOf | None = None) -> Callable[[Handler], Handler]:
    """Register the one function that does the work of this name. It is given the subject's id.

    `lane_of` says in which lane a subject's work waits; each lane has workers of its own, so none starves another.
    """

    def register(handler: Handler) -> Handler:
        if name in _handlers:
            raise ValueError(f"Two handlers for the job {name!r}.")
        _handlers[name] = handler
        if lane_of is not None:
            _lanes[name] = lane_of
        return handler

    return register


def handled_names() -> frozenset[str]:
    """The names that have a handler."""
    return frozenset(_handlers)


def run_one(name: str, subject_id: int) -> None:
    """Do one piece of work now. The wake-up is taken down first, so what is asked meanwhile is a new one."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM queue_wakeup WHERE name = %s AND subject_id = %s", [name, subject_id])
    passing(Failpoint.WAKE_TAKEN)
    _handlers[name](subject_id)


def drain(*, most: int = 1000) -> int:
    """Do waiting work in this process until none is left; for tests and one-shot commands. Returns how much it did."""
    done = 0
    while done < most:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, subject_id FROM queue_wakeup ORDER BY id LIMIT 1")
            row = cursor.fetchone()
        if row is None:
            return done
        run_one(row[0], row[1])
        done += 1
    raise RuntimeError(f"The queue still has work after {most} jobs.")


@app.task(name=TASK)
def _run_task(name: str, subject_id: int, **unknown: object) -> None:
    """Run a wake-up. Unknown arguments are accepted so that a newer web process may talk to an older worker."""
    run_one(name, subject_id)
