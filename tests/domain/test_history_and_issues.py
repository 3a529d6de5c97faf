"""History is only ever added to; a cause is an open issue once."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from dockline.domain.history import operations as history
from dockline.domain.history.models import Event
from dockline.domain.history.operations import Fact
from dockline.domain.history.queries import list_events
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.models import Issue
from dockline.domain.issues.operations import NewIssue
from dockline.kit import clock
from tests.domain.conftest import Shop


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE history_event SET sentence = 'something else'",
        "UPDATE history_event SET sentence = 'something else' WHERE false",
        "DELETE FROM history_event",
    ],
)
def test_history_is_never_edited(shop: Shop, statement: str) -> None:
    fact = Fact(shop.account.pk, "placed", "order", 1, "It was placed.", {"from": "a file"})
    history.remember([fact], actor="a person", now=clock.now())
    before = list(Event.objects.values())
    with pytest.raises(DatabaseError, match="append only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(Event.objects.values()) == before and len(before) == 1


def test_history_is_told_in_the_order_it_happened_and_of_the_asked_alone(shop: Shop) -> None:
    def fact(kind: str, subject_id: int, sentence: str) -> Fact:
        return Fact(shop.account.pk, "k", kind, subject_id, sentence)

    now = clock.now()
    history.remember([fact("order", 1, "first"), fact("order", 2, "other")], actor="a", now=now)
    history.remember([fact("shipment", 1, "second"), fact("order", 1, "third")], actor="b", now=now)
    told = list_events(subjects=[("order", 1), ("shipment", 1)])
    assert [(event.sentence, event.actor) for event in told] == [("first", "a"), ("second", "b"), ("third", "b")]
    assert list_events(subjects=[]) == ()


def new_issue(shop: Shop, *, subject_id: int = 1, cause: causes.Cause = causes.HELD, title: str = "Held") -> NewIssue:
    return NewIssue(shop.account.pk, cause, "shipment", subject_id, "SO-1", title)


def test_a_cause_is_open_once_however_often_it_is_seen(shop: Shop) -> None:
    first = clock.now()
    issues.open_issues([new_issue(shop)], now=first)
    later = first + timedelta(minutes=5)
    issues.open_issues([new_issue(shop, title="Held, again")], now=later)
    issue = Issue.objects.get()
    assert (issue.times_seen, issue.title) == (2, "Held, again")
    assert (issue.opened_at, issue.seen_at) == (first, later)


def test_another_subject_or_cause_is_another_issue(shop: Shop) -> None:
    several = [new_issue(shop), new_issue(shop, subject_id=2), new_issue(shop, cause=causes.REFUSED), new_issue(shop)]
    issues.open_issues(several, now=clock.now())
    assert sorted(Issue.objects.values_list("subject_id", "cause", "times_seen")) == [
        (1, "held", 2),
        (1, "refused", 1),
        (2, "held", 1),
    ]


def test_what_was_resolved_opens_anew(shop: Shop) -> None:
    now = clock.now()
    issues.open_issues([new_issue(shop)], now=now)
    resolved = issues.resolve_issues(subject_kind="shipment", subject_ids=[1], now=now, by="a person")
    issues.open_issues([new_issue(shop)], now=now)
    assert resolved == 1
    assert sorted(Issue.objects.values_list("resolved_by", "times_seen")) == [("", 1), ("a person", 1)]


def test_only_the_named_causes_and_subjects_are_resolved(shop: Shop) -> None:
    now = clock.now()
    issues.open_issues([new_issue(shop), new_issue(shop, cause=causes.REFUSED), new_issue(shop, subject_id=2)], now=now)
    count = issues.resolve_issues(
        subject_kind="shipment", subject_ids=[1], now=now, by="it", causes=[causes.HELD, causes.DUPLICATE]
    )
    assert count == 1
    assert issues.resolve_issues(subject_kind="order", subject_ids=[1, 2], now=now, by="it") == 0
    still = Issue.objects.filter(resolved_at__isnull=True).values_list("subject_id", "cause")
    assert sorted(still) == [(1, "refused"), (2, "held")]


def test_an_issue_is_resolved_once(shop: Shop) -> None:
    now = clock.now()
    issues.open_issues([new_issue(shop)], now=now)
    issue = Issue.objects.get()
    assert issues.resolve_issue(issue_id=issue.pk, now=now, by="first")
    assert not issues.resolve_issue(issue_id=issue.pk, now=now + timedelta(hours=1), by="second")
    issue.refresh_from_db()
    assert (issue.resolved_by, issue.resolved_at) == ("first", now)
