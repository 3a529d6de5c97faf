"""What is asked about past changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from dockline.domain.history.models import Event


@dataclass(frozen=True)
class EventRow:
    """One change, as a person reads it."""

    id: int
    at: datetime
    actor: str
    kind: str
    subject_kind: str
    subject_id: int
    sentence: str
    detail: dict[str, Any]


def list_events(*, subjects: Sequence[tuple[str, int]], limit: int = 500) -> tuple[EventRow, ...]:
    """List what happened to these subjects, given as (kind, id), oldest first."""
    if not subjects:
        return ()
    wanted = Q()
    for kind, pk in subjects:
        wanted |= Q(subject_kind=kind, subject_id=pk)
    return tuple(_row(event) for event in Event.objects.filter(wanted).order_by("id")[:limit])


def list_latest_events(subject: tuple[str, int], *, limit: int) -> tuple[EventRow, ...]:
    """List the latest of what happened to a subject, newest first."""
    kind, pk = subject
    events = Event.objects.filter(subject_kind=kind, subject_id=pk).order_by("-id")[:limit]
    return tuple(_row(event) for event in events)


def list_latest_of_several(subjects: Mapping[str, Sequence[int]], *, limit: int) -> tuple[EventRow, ...]:
    """List the latest of what happened to any of these subjects, given as ids by kind, newest first."""
    wanted = Q(pk__in=[])
    for kind, ids in subjects.items():
        wanted |= Q(subject_kind=kind, subject_id__in=ids)
    return tuple(_row(event) for event in Event.objects.filter(wanted).order_by("-id")[:limit])


def list_events_since(subject: tuple[str, int], *, version: int, limit: int = 50) -> tuple[EventRow, ...]:
    """List what was changed of a subject after it had this version, oldest first."""
    kind, pk = subject
    events = Event.objects.filter(subject_kind=kind, subject_id=pk, detail__version__gt=version)
    return tuple(_row(event) for event in events.order_by("id")[:limit])


def _row(event: Event) -> EventRow:
    return EventRow(
        event.pk,
        event.at,
        event.actor,
        event.kind,
        event.subject_kind,
        event.subject_id,
        event.sentence,
        event.detail,
    )
