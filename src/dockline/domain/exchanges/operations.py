"""Commit intents, remember how they ended, link ids of both sides, move positions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connection

from dockline.domain.exchanges.models import Exchange, Link, Position
from dockline.domain.exchanges.rules import ExchangeKind, ExchangeState

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Intent:
    """What is about to be sent for a subject, frozen; `message` is JSON already."""

    kind: ExchangeKind
    subject_kind: str
    subject_id: int
    reference: str
    attempt: int
    message: str
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
    """How an exchange ended. `answer` is whatever msgspec can write as JSON."""

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
    ids = _copy_exchanges(
        [
            (
                *(channel_id, run_id, intent.kind, intent.subject_kind, intent.subject_id, intent.reference),
                *(intent.attempt, ExchangeState.INTENDED, _storable(intent.message), intent.message_digest),
                *(None, "", "", credential_version, now, deadline, None),
            )
            for intent in intents
        ]
    )
    return {intent.subject_id: row_id for intent, row_id in zip(intents, ids, strict=True)}


def end_exchanges(endings: Sequence[Ending], *, now: datetime) -> None:
    """Remember how exchanges ended, with their calls; one that has ended already keeps its state, not its calls."""
    rows = [
        {
            "id": ending.exchange_id,
            "state": ending.state,
            "answer": ending.answer,
            "reason": ending.reason,
            "detail": ending.detail,
        }
        for ending in endings
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE exchanges_exchange exchange
            SET state = said.state, answer = said.answer, reason = said.reason, detail = said.detail, finished_at = %s
            FROM json_to_recordset(%s::json) AS said(id bigint, state text, answer jsonb, reason text, detail text)
            WHERE exchange.id = said.id AND exchange.state = 'intended'
            """,
            [now, _json(rows)],
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
    ids = _copy_exchanges(
        [
            (
                *(channel_id, run_id, reading.kind, reading.subject_kind, reading.subject_id, reading.reference),
                *(reading.attempt, reading.state, None, "", _json(reading.answer), reading.reason, ""),
                *(credential_version, now, now, now),
            )
            for reading in readings
        ]
    )
    _store_calls([(row_id, call) for row_id, reading in zip(ids, readings, strict=True) for call in reading.calls])


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


def link_subjects(
    links: Sequence[NewLink], *, channel_id: int, kind: str, now: datetime, takes_over: bool = False
) -> None:
    """Link our subjects to theirs; a subject that is linked already moves to the newer id and version.

    With `takes_over` one of theirs that was another of ours until now no longer is.
    """
    if takes_over:
        owners = {link.external_id: link.subject_id for link in links}
        held = Link.objects.filter(channel_id=channel_id, kind=kind, external_id__in=owners)
        lost = [
            pk for pk, theirs, ours in held.values_list("id", "external_id", "subject_id") if owners[theirs] != ours
        ]
        Link.objects.filter(id__in=lost).delete()
    rows = [
        {"subject": link.subject_id, "theirs": link.external_id, "version": link.version, "digest": link.digest}
        for link in links
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO exchanges_link (channel_id, kind, subject_id, external_id, version, digest, linked_at)
            SELECT %s, %s, said.subject, said.theirs, said.version, said.digest, %s
            FROM json_to_recordset(%s::json) AS said(subject bigint, theirs text, version int, digest text)
            ON CONFLICT (channel_id, kind, subject_id) DO UPDATE
            SET external_id = excluded.external_id, version = excluded.version, digest = excluded.digest,
                linked_at = excluded.linked_at
            """,
            [channel_id, kind, now, msgspec.json.encode(rows).decode()],
        )


def unlink_subjects(subject_ids: Sequence[int], *, channel_id: int, kind: str) -> int:
    """Forget what these subjects are over there, because they are something else there now. Returns how many were."""
    return int(Link.objects.filter(channel_id=channel_id, kind=kind, subject_id__in=subject_ids).delete()[0])


def compare_anew(channel_id: int) -> None:
    """Have every product compared by the next export: what is said of it may be something else now."""
    Link.objects.filter(channel_id=channel_id, kind="product").update(linked_at=LONG_AGO)


def move_position(channel_id: int, *, feed: str, value: str, now: datetime) -> None:
    """Remember how far a feed is read, in the transaction that books what was read."""
    Position.objects.update_or_create(channel_id=channel_id, feed=feed, defaults={"value": value, "moved_at": now})


def forget_far_side(channel_id: int) -> None:
    """Forget which products are known over there and how far everything was read: it is another far side now."""
    Link.objects.filter(channel_id=channel_id, kind="product").delete()
    Position.objects.filter(channel_id=channel_id).delete()


def forget_position(channel_id: int, *, feed: str) -> None:
    """Have a feed read from its start again."""
    Position.objects.filter(channel_id=channel_id, feed=feed).delete()


def _store_calls(calls: Sequence[tuple[int, RecordedCall]]) -> None:
    _copy(
        "exchanges_call (exchange_id, at, method, url, status, duration_ms, request, response, error)",
        [
            (
                *(exchange_id, call.at, call.method, call.url, call.status, call.duration_ms),
                # PostgreSQL's text has no NUL; what came from afar may.
                *(text.replace("\0", "�") for text in (call.request, call.response, call.error)),
            )
            for exchange_id, call in calls
        ],
    )


def _copy_exchanges(rows: Sequence[tuple[Any, ...]]) -> list[int]:
    """Store exchanges by COPY: messages are large, and quoting them into statements costs more than sending them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('exchanges_exchange', 'id')) FROM generate_series(1, %s)",
            [len(rows)],
        )
        ids = [int(row[0]) for row in cursor.fetchall()]
    _copy(
        "exchanges_exchange (id, channel_id, run_id, kind, subject_kind, subject_id, reference, attempt, state,"
        " message, message_digest, answer, reason, detail, credential_version, intended_at, deadline_at, finished_at)",
        [(row_id, *row) for row_id, row in zip(ids, rows, strict=True)],
    )
    return ids


def _copy(table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _json(value: Any) -> str | None:
    return None if value is None else _storable(msgspec.json.encode(value).decode())


def _storable(json: str) -> str:
    # PostgreSQL's JSON has no NUL.
    return json.replace("\\u0000", "\\ufffd")
