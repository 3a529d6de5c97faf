"""What an unexpected error in our own work does: a person is told, and it is not tried again every second."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries as channel_queries
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.orders import operations as orders
from dockline.flows import job_names
from dockline.kit import clock, database
from dockline.kit.queue import port as queue

log = logging.getLogger(__name__)

REST = timedelta(seconds=60)


def attended(job: str, work: Callable[[int], None]) -> Callable[[int], None]:
    """Wrap the work of a job: an error nobody expected is told to a person before the job ends as failed."""

    def attend(subject_id: int) -> None:
        try:
            work(subject_id)
        except Exception as error:
            if database.is_lock_timeout(error):
                # Somebody else holds what it needs, such as a migration: what is due is still due in a moment.
                log.warning("%s waited too long for a lock; it comes back.", job)
                queue.wake(job, subject_id)
                return
            _tell(job, subject_id, error, now=clock.now())
            raise
        _clear(job, subject_id, now=clock.now())

    return attend


@transaction.atomic
def _tell(job: str, subject_id: int, error: Exception, *, now: datetime) -> None:
    """Open one issue for the account or channel whose work broke, and let it rest for a minute."""
    what = f"{job} ended with {type(error).__name__}: {error}"[:250]
    if job == job_names.ADVANCE:
        orders.postpone_due(subject_id, until=now + REST, now=now)
        account_id, label, kind = subject_id, "orders", "account"
    else:
        connection = channel_queries.get_connection(subject_id)
        channels.note_failure(subject_id, reason=what, asked_seconds=REST.total_seconds(), now=now)
        account_id, label, kind = connection.account_id, connection.name, "channel"
    issue = NewIssue(
        account_id=account_id,
        cause=causes.WORK_BROKE,
        subject_kind=kind,
        subject_id=subject_id,
        subject_label=label,
        title=what,
        detail=job,
        channel_id=subject_id if kind == "channel" else None,
    )
    issues.open_issues([issue], now=now)


def _clear(job: str, subject_id: int, *, now: datetime) -> None:
    """The work went through: what was said about it is over.

    Not what was said of other work, nor before the rest is over: until then the work passes over what broke it.
    """
    issues.resolve_issues(
        subject_kind="account" if job == job_names.ADVANCE else "channel",
        subject_ids=[subject_id],
        now=now,
        by="the work itself",
        causes=[causes.WORK_BROKE],
        detail=job,
        seen_until=now - REST,
    )
