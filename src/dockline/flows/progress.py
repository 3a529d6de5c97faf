"""A run as it goes on: counters and log lines for the people who watch, and their wish to stop."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from dockline.domain.channels.queries import Connection
from dockline.domain.runs import operations as runs
from dockline.domain.runs.rules import RunKind
from dockline.kit import clock


@dataclass
class RunLog:
    """One run being worked on. Counters are stored with every report."""

    run_id: int
    stop_asked: bool = False
    did_something: bool = False
    summary: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: {"done": 0, "changed": 0, "failed": 0})
    broke: bool = False

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
            self.run_id, now=now, done=done, changed=changed, failed=failed, total=total
        )
        if lines:
            runs.write_lines(self.run_id, lines, now=now)

    def fail(self, sentence: str) -> None:
        """Say that the run could not go on."""
        self.broke = True
        self.summary.append(sentence)
        self.report(lines=[("error", sentence)])


QUIET_CAUSES = ("schedule", "the order flow")


@contextmanager
def follow(connection: Connection, kind: RunKind, *, cause: str) -> Iterator[RunLog]:
    """Keep a run for the time of the block. One that nobody asked for and that did nothing leaves no trace."""
    run_id = runs.begin_run(
        account_id=connection.account_id,
        channel_id=connection.channel_id,
        kind=kind,
        cause=cause,
        now=clock.now(),
    )
    log = RunLog(run_id)
    try:
        yield log
    except BaseException as error:
        log.broke = True
        log.did_something = True
        log.summary.append(f"Ended by an error: {type(error).__name__}.")
        raise
    finally:
        if cause in QUIET_CAUSES and not log.did_something:
            runs.forget_run(run_id)
        else:
            runs.end_run(
                run_id,
                now=clock.now(),
                summary=" ".join(log.summary) or _count(log),
                broke=log.broke,
                stopped=log.stop_asked,
            )


def _count(log: RunLog) -> str:
    parts = [f"{count} {name}" for name, count in log.counts.items() if count]
    return (", ".join(parts) or "nothing to do") + "."
