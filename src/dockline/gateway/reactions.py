"""What each kind of failure does to a channel: rest and try again, or pause until a person mends it."""

from datetime import datetime, timedelta

from dockline.connectors.contract import errors
from dockline.domain.channels import operations as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.issues.rules import Cause
from dockline.kit.failpoints import Failpoint, committing

FAILURES_BEFORE_ISSUE = 3
PAUSING = (errors.NotAuthorised, errors.Misconfigured)


@committing(Failpoint.CHANNEL_REACTS)
def react(connection: Connection, error: errors.ConnectorError, *, now: datetime) -> None:
    """Let the channel rest or pause, and tell a person where one is needed."""
    match error:
        case errors.NotAuthorised() | errors.Misconfigured():
            channels.pause_channel(connection.channel_id, reason=error.message, now=now)
            _open(connection, causes.CHANNEL_PAUSED, f"{connection.name}: {error.message}", error.detail, now)
        case errors.NotReached(throttled=True):
            channels.rest_channel(connection.channel_id, seconds=error.wait_seconds or 1.0, now=now)
        case errors.NotReached() | errors.OutcomeUnknown():
            asked = error.wait_seconds if isinstance(error, errors.NotReached) else None
            failures = channels.note_failure(connection.channel_id, reason=error.message, asked_seconds=asked, now=now)
            if failures >= FAILURES_BEFORE_ISSUE:
                title = f"{connection.name} cannot be reached: {error.message}"
                _open(connection, causes.CHANNEL_NOT_REACHED, title, error.detail, now)
        case errors.Unreadable() | errors.Refused() | errors.NotExpressible():
            # A record that is declined is spoken of where it was sent. This was a question, and nobody else would know.
            channels.note_failure(connection.channel_id, reason=error.message, asked_seconds=60.0, now=now)
            _open(connection, causes.UNREADABLE, f"{connection.name}: {error.message}", error.detail, now)
        case _:
            channels.note_failure(connection.channel_id, reason=error.message, asked_seconds=60.0, now=now)
            _open(connection, causes.UNREADABLE, f"{connection.name}: {error.message}", error.detail, now)


@committing(Failpoint.CHANNEL_RECOVERS)
def recover(connection: Connection, *, now: datetime) -> None:
    """The far side answered as agreed: what was said about reaching it is over."""
    if not channels.note_success(connection.channel_id, now=now):
        return
    issues.resolve_issues(
        subject_kind="channel",
        subject_ids=[connection.channel_id],
        now=now,
        by="the channel",
        causes=[causes.CHANNEL_NOT_REACHED, causes.UNREADABLE],
    )


@committing(Failpoint.CLOCK_NOTED)
def note_clock(connection: Connection, *, apart: timedelta | None, now: datetime) -> None:
    """Tell a person that the far side's clock is apart from this machine's; None when it is not, or no longer."""
    if apart is None:
        issues.resolve_issues(
            subject_kind="channel",
            subject_ids=[connection.channel_id],
            now=now,
            by="the channel",
            causes=[causes.CLOCK_APART],
        )
        return
    minutes, way = round(abs(apart).total_seconds() / 60), "ahead of" if apart > timedelta(0) else "behind"
    title = f"{connection.name}: its clock is {minutes} minutes {way} this machine's."
    _open(connection, causes.CLOCK_APART, title, "", now)


def _open(connection: Connection, cause: Cause, title: str, detail: str, now: datetime) -> None:
    issues.open_issues(
        [
            NewIssue(
                account_id=connection.account_id,
                cause=cause,
                subject_kind="channel",
                subject_id=connection.channel_id,
                subject_label=connection.name,
                title=title,
                detail=detail,
                channel_id=connection.channel_id,
            )
        ],
        now=now,
    )
