"""What is asked about things that need a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from dockline.domain.accounts.rules import AccountId
from dockline.domain.issues.models import Issue
from dockline.domain.issues.rules import CAUSES
from dockline.kit.errors import NotFound


class UnknownIssue(NotFound):
    """There is no such issue."""


@dataclass(frozen=True)
class IssueRow:
    """One issue, as a person reads it."""

    id: int
    account_id: AccountId
    account_name: str
    cause: str
    severity: str
    subject_kind: str
    subject_id: int
    subject_label: str
    channel_id: int | None
    title: str
    detail: str
    repair: str
    opened_at: datetime
    seen_at: datetime
    times_seen: int


@dataclass(frozen=True)
class IssueGroup:
    """All open issues of one cause."""

    cause: str
    name: str
    severity: str
    repair: str
    count: int
    oldest_at: datetime


def get_issue(issue_id: int) -> IssueRow:
    """Return one issue, resolved or not. Raises UnknownIssue."""
    issue = Issue.objects.select_related("account").filter(pk=issue_id).first()
    if issue is None:
        raise UnknownIssue()
    return _row(issue)


def count_open_issues(account_id: AccountId | None) -> int:
    """Count what needs a person, in one account or in all."""
    return _open(account_id).count()


def list_issue_groups(account_id: AccountId | None) -> tuple[IssueGroup, ...]:
    """List the causes that have open issues: errors first, then the most frequent."""
    found = (
        _open(account_id)
        .values("cause", "severity")
        .annotate(count=Count("id"), oldest=Min("opened_at"))
        .order_by("cause", "severity")
    )
    groups = [_group(row["cause"], row["severity"], row["count"], row["oldest"]) for row in found]
    return tuple(sorted(groups, key=lambda group: (group.severity != "error", -group.count, group.cause)))


def list_open_issues(
    *, account_id: AccountId | None, cause: str = "", offset: int = 0, limit: int = 50
) -> tuple[IssueRow, ...]:
    """List open issues, oldest first, perhaps of one cause only."""
    issues = _open(account_id).filter(**({"cause": cause} if cause else {}))
    page = issues.select_related("account").order_by("opened_at", "id")[offset : offset + limit]
    return tuple(_row(issue) for issue in page)


def list_issues_of(subjects: Sequence[tuple[str, int]], *, limit: int = 100) -> tuple[IssueRow, ...]:
    """List the open issues of these subjects, given as (kind, id), oldest first."""
    if not subjects:
        return ()
    wanted = Q()
    for kind, pk in subjects:
        wanted |= Q(subject_kind=kind, subject_id=pk)
    issues = Issue.objects.filter(wanted, resolved_at__isnull=True).select_related("account")
    return tuple(_row(issue) for issue in issues.order_by("opened_at", "id")[:limit])


def list_subject_ids(cause: str, *, channel_id: int, subject_kind: str) -> list[int]:
    """List what has an open issue of this cause at a channel, oldest first."""
    issues = Issue.objects.filter(
        cause=cause, channel_id=channel_id, subject_kind=subject_kind, resolved_at__isnull=True
    )
    return list(issues.order_by("opened_at", "id").values_list("subject_id", flat=True))


def _open(account_id: AccountId | None) -> QuerySet[Issue]:
    issues = Issue.objects.filter(resolved_at__isnull=True)
    return issues if account_id is None else issues.filter(account_id=account_id)


def _group(cause: str, severity: str, count: int, oldest_at: datetime) -> IssueGroup:
    known = CAUSES.get(cause)
    name, repair = (known.group, known.repair) if known else (cause.replace("_", " ").capitalize(), "")
    return IssueGroup(cause, name, severity, repair, count, oldest_at)


def _row(issue: Issue) -> IssueRow:
    return IssueRow(
        id=issue.pk,
        account_id=AccountId(issue.account_id),
        account_name=issue.account.name,
        cause=issue.cause,
        severity=issue.severity,
        subject_kind=issue.subject_kind,
        subject_id=issue.subject_id,
        subject_label=issue.subject_label,
        channel_id=issue.channel_id,
        title=issue.title,
        detail=issue.detail,
        repair=issue.repair,
        opened_at=issue.opened_at,
        seen_at=issue.seen_at,
        times_seen=issue.times_seen,
    )
