"""Commit intents, remember how they ended, link ids of both sides, move positions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dockline.domain.exchanges.models import Call, Exchange, Link, Position
from dockline.domain.exchanges.rules import ExchangeKind, ExchangeState


@dataclass(frozen=True)
class Intent:
    """What is about to be sent for a subject, frozen."""

    kind: ExchangeKind
    subject_kind: str
    subject_id: int
    reference: str
    attempt: int
    message: dict[str, Any]
    message_digest: str


@dataclass(frozen=True)
class RecordedCall:
    """One HTTP request with its answer, redacted already."""

    at: datetime
    method: str
    url: str
    status: int | None
    duration_ms: int
    request: str
    response: str
    error: str


@dataclass(frozen=True)
class Ending:
    """How an exchange ended."""

    exchange_id: int
    state: ExchangeState
    answer: Any = None
    reason: str = ""
    detail: str = ""
    calls: Sequence[RecordedCall] = field(default=())


def intend(
    intents: Sequence[Intent],
    *,
    channel_id: int,
    run_id: int | None,
    credential_version: int,
    now: datetime,
    deadline: datetime,
) -> dict[int, int]:
    """Store the intents and return the exchange id of each subject. Must be committed before anything is sent."""
    rows = Exchange.objects.bulk_create(
        [
            Exchange(
                channel_id=channel_id,
                run_id=run_id,
                kind=intent.kind,
                subject_kind=intent.subject_kind,
                subject_id=intent.subject_id,
                reference=intent.reference,
                attempt=intent.attempt,
                state=ExchangeState.INTENDED,
                message=intent.message,
                message_digest=intent.message_digest,
                credential_version=credential_version,
                intended_at=now,
                deadline_at=deadline,
            )
            for intent in intents
        ]
    )
    return {row.subject_id: row.id for row in rows}


def end_exchanges(endings: Sequence[Ending], *, now: datetime) -> None:
    """Remember how exchanges ended, with their calls; one that has ended already keeps its state, not its calls."""
    for ending in endings:
        Exchange.objects.filter(id=ending.exchange_id, state=ExchangeState.INTENDED).update(
            state=ending.state, answer=ending.answer, reason=ending.reason, detail=ending.detail, finished_at=now
        )
    _store_calls([(ending.exchange_id, call) for ending in endings for call in ending.calls])


@dataclass(frozen=True)
class Reading:
    """An exchange that is over when it is stored: something was read of a subject."""

    kind: ExchangeKind
    subject_kind: str
    subject_id: int
    reference: str
    state: ExchangeState
    answer: Any
    reason: str
    attempt: int = 1
    calls: Sequence[RecordedCall] = field(default=())


def record_readings(
    readings: Sequence[Reading], *, channel_id: int, run_id: int | None, credential_version: int, now: datetime
) -> None:
    """Store what was read, with its calls."""
    rows = Exchange.objects.bulk_create(
        [
            Exchange(
                channel_id=channel_id,
                run_id=run_id,
                kind=reading.kind,
                subject_kind=reading.subject_kind,
                subject_id=reading.subject_id,
                reference=reading.reference,
                attempt=reading.attempt,
                state=reading.state,
                answer=reading.answer,
                reason=reading.reason,
                credential_version=credential_version,
                intended_at=now,
                deadline_at=now,
                finished_at=now,
            )
            for reading in readings
        ]
    )
    _store_calls([(row.id, call) for row, reading in zip(rows, readings, strict=True) for call in reading.calls])


def lose_exchanges(*, subject_kind: str, subject_ids: Sequence[int], reason: str, now: datetime) -> None:
    """Mark the open exchanges of these subjects as having no answer."""
    Exchange.objects.filter(subject_kind=subject_kind, subject_id__in=subject_ids, state=ExchangeState.INTENDED).update(
        state=ExchangeState.UNKNOWN, reason=reason, finished_at=now
    )


@dataclass(frozen=True)
class NewLink:
    """Theirs for ours, and the newest version of theirs that is booked."""

    subject_id: int
    external_id: str
    version: int
    digest: str = ""


def link_subjects(links: Sequence[NewLink], *, channel_id: int, kind: str, now: datetime) -> None:
    """Link our subjects to theirs; a subject that is linked already moves to the newer id and version."""
    Link.objects.bulk_create(
        [
            Link(
                channel_id=channel_id,
                kind=kind,
                subject_id=link.subject_id,
                external_id=link.external_id,
                version=link.version,
                digest=link.digest,
                linked_at=now,
            )
            for link in links
        ],
        update_conflicts=True,
        unique_fields=["channel", "kind", "subject_id"],
        update_fields=["external_id", "version", "digest", "linked_at"],
    )


def move_position(channel_id: int, *, feed: str, value: str, now: datetime) -> None:
    """Remember how far a feed is read, in the transaction that books what was read."""
    Position.objects.update_or_create(channel_id=channel_id, feed=feed, defaults={"value": value, "moved_at": now})


def _store_calls(calls: Sequence[tuple[int, RecordedCall]]) -> None:
    Call.objects.bulk_create(
        [
            Call(
                exchange_id=exchange_id,
                at=call.at,
                method=call.method,
                url=call.url,
                status=call.status,
                duration_ms=call.duration_ms,
                request=call.request,
                response=call.response,
                error=call.error,
            )
            for exchange_id, call in calls
        ]
    )
