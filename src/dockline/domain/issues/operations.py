"""Open and resolve issues: one open issue per subject and cause, however often it is seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from dockline.domain.issues.models import Issue
from dockline.domain.issues.rules import Cause


@dataclass(frozen=True)
class NewIssue:
    """What needs a person. `subject_label` is how people know the subject, such as an order number."""

    account_id: int
    cause: Cause
    subject_kind: str
    subject_id: int
    subject_label: str
    title: str
    detail: str = ""
    channel_id: int | None = None


def open_issues(issues: Sequence[NewIssue], *, now: datetime) -> None:
    """Open the issues; one that is open already is seen again and takes the newer words."""
    if not issues:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO issues_issue (account_id, cause, severity, subject_kind, subject_id, subject_label, channel_id,
                                      title, detail, repair, opened_at, seen_at, times_seen, resolved_by)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 1, '')
            ON CONFLICT (subject_kind, subject_id, cause) WHERE resolved_at IS NULL
            DO UPDATE SET seen_at = excluded.seen_at, times_seen = issues_issue.times_seen + 1,
                          title = excluded.title, detail = excluded.detail
            """,
            [
                (
                    issue.account_id,
                    issue.cause.code,
                    issue.cause.severity,
                    issue.subject_kind,
                    issue.subject_id,
                    issue.subject_label[:200],
                    issue.channel_id,
                    issue.title[:300],
                    issue.detail,
                    issue.cause.repair,
                    now,
                    now,
                )
                for issue in issues
            ],
        )


def resolve_issues(
    *,
    subject_kind: str,
    subject_ids: Iterable[int],
    now: datetime,
    by: str,
    causes: Sequence[Cause] = (),
    detail: str | None = None,
    seen_until: datetime | None = None,
) -> int:
    """Resolve the open issues of these subjects, of the given causes or of any. Returns how many there were.

    With `detail` only those that say just this there; with `seen_until` none that was seen after that.
    """
    open_ones = Issue.objects.filter(
        subject_kind=subject_kind, subject_id__in=list(subject_ids), resolved_at__isnull=True
    )
    if causes:
        open_ones = open_ones.filter(cause__in=[cause.code for cause in causes])
    if detail is not None:
        open_ones = open_ones.filter(detail=detail)
    if seen_until is not None:
        open_ones = open_ones.filter(seen_at__lte=seen_until)
    return open_ones.update(resolved_at=now, resolved_by=by)


def resolve_issue(*, issue_id: int, now: datetime, by: str) -> bool:
    """Resolve one issue; False when it was not open."""
    return bool(Issue.objects.filter(id=issue_id, resolved_at__isnull=True).update(resolved_at=now, resolved_by=by))
