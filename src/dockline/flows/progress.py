"""A run as it goes on: counters and a log for the people who watch, their wish to stop, and the plan they agreed to.

A run may be asked to *plan*: it does its work up to the point where something would be changed, and says what. A run
that follows a plan does exactly that or nothing: what it is about to change is compared with what the plan said.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from dockline.domain.channels import operations as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.runs import operations as runs
from dockline.domain.runs import queries as run_queries
from dockline.domain.runs.rules import PlannedChange, RunKind, RunMode, RunState, digest_plan
from dockline.flows import automations, job_names
from dockline.gateway import passage, runtime
from dockline.gateway.runtime import CallCount
from dockline.kit import clock
from dockline.kit.errors import Conflict
from dockline.kit.failpoints import Failpoint, passing
from dockline.kit.queue import port as queue


class OnlyPlanned(Exception):
    """Raised inside the transaction of a plan, so that nothing of it stays."""


class PlanIsStale(Conflict):
    """What would be done is no longer what the plan said."""


@dataclass
class RunLog:
    """One run being worked on. Counters are stored with every report."""

    run_id: int
    mode: RunMode = RunMode.APPLY
    follows_id: int | None = None
    reads_since: datetime | None = None
    stop_asked: bool = False
    did_something: bool = False
    summary: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: {"done": 0, "changed": 0, "failed": 0})
    broke: bool = False
    planned: Sequence[PlannedChange] = ()
    calls: CallCount = field(default_factory=CallCount)

    @property
    def speaks_of_a_plan(self) -> bool:
        """Whether all that would be changed must be known before anything is."""
        return self.mode == RunMode.PLAN or self.follows_id is not None

    def report(
        self,
        *,
        done: int = 0,
        changed: int = 0,
        failed: int = 0,
        total: int | None = None,
        lines: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Add to the counters and the log."""
        now = clock.now()
        self.did_something = self.did_something or bool(changed or failed or lines)
        for name, count in (("done", done), ("changed", changed), ("failed", failed)):
            self.counts[name] += count
        self.stop_asked = runs.report_progress(
            self.run_id, now=now, done=done, changed=changed, failed=failed, total=total, calls=self.calls.made
        )
        passing(Failpoint.RUN_REPORTED)
        if lines:
            runs.write_lines(self.run_id, lines, now=now)
            passing(Failpoint.LINES_WRITTEN)

    def fail(self, sentence: str) -> None:
        """Say that the run could not go on."""
        self.broke = True
        self.summary.append(sentence)
        self.report(lines=[("error", sentence)])

    def refuse(self, sentence: str) -> None:
        """Say why nothing is done. Only who asked for the run is told: one that nobody asked for leaves no trace."""
        self.broke = True
        self.summary.append(sentence)

    def agree(self, rows: Sequence[PlannedChange]) -> None:
        """Say what is about to be done, everything at once. Does nothing for a run without a plan.

        Raises OnlyPlanned when this run only plans, and PlanIsStale when it follows a plan that said something else.
        What was changed in the same transaction is undone by either.
        """
        if self.mode == RunMode.PLAN:
            self.planned = rows
            raise OnlyPlanned
        if self.follows_id is not None:
            self._compare(rows)

    def hold(self, rows: Sequence[PlannedChange], *, why: str) -> NoReturn:
        """Change nothing, and keep what would be done as a plan that a person may accept."""
        self.mode, self.planned, self.did_something = RunMode.PLAN, rows, True
        self.summary.append(why)
        raise OnlyPlanned

    def _compare(self, rows: Sequence[PlannedChange]) -> None:
        assert self.follows_id is not None, "only a run that follows a plan is compared"
        if run_queries.get_run(self.follows_id).plan_digest != digest_plan(rows):
            raise PlanIsStale(
                "Something has changed since the plan was made: what would be done now is not what it said. "
                "Nothing was changed. Plan again and look at it."
            )

    def keep_plan(self) -> None:
        """Store what this run would do."""
        runs.store_plan(self.run_id, self.planned)
        count = len(self.planned)
        self.summary.append(f"{count} planned, nothing changed." if count else "There is nothing to do.")
        self.report(done=count)


def wake_asked(channel_id: int, kind: RunKind) -> None:
    """Have a worker take up the run that waits for this, never beside other work of its kind."""
    queue.wake(job_names.ASKED_OF_RUN_KIND[kind], channel_id, priority=5, in_turn_with=job_names.OF_RUN_KIND[kind])


def when_asked(kind: RunKind, work: Callable[[int], None]) -> Callable[[int], None]:
    """Wrap work that is done only for a run that waits: one that was stopped, or was a plan, is not done after all."""

    def do(channel_id: int) -> None:
        if run_queries.is_waiting(channel_id=channel_id, kind=kind):
            work(channel_id)

    return do


QUIET_CAUSES = ("schedule", "the order flow")


@contextmanager
def follow(connection: Connection, kind: RunKind, *, cause: str) -> Iterator[RunLog]:
    """Keep a run for the time of the block: the one that somebody asked for, or else a new one.

    One that nobody asked for and that did nothing leaves no trace.
    """
    taken = runs.take_run(channel_id=connection.channel_id, kind=kind, now=clock.now())
    if taken is None:
        log = RunLog(
            runs.begin_run(
                account_id=connection.account_id,
                channel_id=connection.channel_id,
                kind=kind,
                cause=cause,
                now=clock.now(),
            )
        )
        passing(Failpoint.RUN_BEGUN)
    else:
        passing(Failpoint.RUN_TAKEN)
        log, cause = RunLog(taken.id, taken.mode, taken.follows_id, taken.reads_since), taken.cause
    try:
        with runtime.counting() as log.calls:
            yield log
    except OnlyPlanned:
        log.keep_plan()
    except PlanIsStale as stale:
        log.fail(stale.message)
    except BaseException as error:
        log.broke = True
        log.did_something = True
        log.summary.append(f"Ended by an error: {type(error).__name__}.")
        raise
    finally:
        passage.give_back()
        _end(log, connection, kind, is_quiet=taken is None and cause in QUIET_CAUSES)
        if run_queries.is_waiting(channel_id=connection.channel_id, kind=kind):
            wake_asked(connection.channel_id, kind)


def _end(log: RunLog, connection: Connection, kind: RunKind, *, is_quiet: bool) -> None:
    now, summary = clock.now(), " ".join(log.summary) or _count(log)
    if is_quiet and not log.did_something:
        runs.forget_run(log.run_id)
        state = RunState.FINISHED
    else:
        state = runs.end_run(
            log.run_id, now=now, summary=summary, calls=log.calls.made, broke=log.broke, stopped=log.stop_asked
        )
    passing(Failpoint.RUN_ENDED)
    if log.broke or log.mode == RunMode.PLAN:
        # A plan may have taken the place of the look that a webhook asked for.
        automations.look_again(connection, kind, now=now)
        passing(Failpoint.LOOK_PUT_OFF)
    if log.mode == RunMode.APPLY:
        channels.note_ran(connection.channel_id, job=job_names.OF_RUN_KIND[kind], state=state, summary=summary, now=now)
        passing(Failpoint.RUN_NOTED)


def _count(log: RunLog) -> str:
    parts = [f"{count} {name}" for name, count in log.counts.items() if count]
    return (", ".join(parts) or "nothing to do") + "."
