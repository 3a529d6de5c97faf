"""What is asked about messages across the border and the ids of both sides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dockline.domain.channels.rules import ChannelId
from dockline.domain.exchanges.models import Call, Exchange, Link
from dockline.domain.exchanges.rules import ExchangeState


@dataclass(frozen=True)
class CallRow:
    """One HTTP request with its answer, redacted before it was stored."""

    at: datetime
    method: str
    url: str
    status: int | None
    duration_ms: int
    request: str
    response: str
    error: str


@dataclass(frozen=True)
class ExchangeRow:
    """One message with its life and its calls."""

    id: int
    channel_id: ChannelId
    channel_name: str
    kind: str
    subject_kind: str
    subject_id: int
    reference: str
    attempt: int
    state: ExchangeState
    message: Any
    answer: Any
    reason: str
    detail: str
    intended_at: datetime
    finished_at: datetime | None
    calls: tuple[CallRow, ...]


def list_exchanges_of(subject_kind: str, *, subject_ids: Sequence[int], limit: int = 200) -> tuple[ExchangeRow, ...]:
    """List the exchanges of these subjects with their calls, oldest first."""
    found = Exchange.objects.filter(subject_kind=subject_kind, subject_id__in=subject_ids)
    exchanges = list(found.select_related("channel").order_by("id")[:limit])

    calls: dict[int, list[CallRow]] = {}
    for call in Call.objects.filter(exchange__in=exchanges).order_by("id"):
        calls.setdefault(call.exchange_id, []).append(_call(call))

    return tuple(_row(exchange, tuple(calls.get(exchange.pk, ()))) for exchange in exchanges)


def list_links(
    kind: str, *, subject_ids: Sequence[int], channel_ids: Sequence[ChannelId]
) -> Mapping[tuple[ChannelId, int], str]:
    """Return their id for each (channel, our id) that is known over there."""
    links = Link.objects.filter(kind=kind, subject_id__in=subject_ids, channel_id__in=channel_ids)
    return {(ChannelId(link.channel_id), link.subject_id): link.external_id for link in links.order_by("id")}


def _row(exchange: Exchange, calls: tuple[CallRow, ...]) -> ExchangeRow:
    return ExchangeRow(
        id=exchange.pk,
        channel_id=ChannelId(exchange.channel_id),
        channel_name=exchange.channel.name,
        kind=exchange.kind,
        subject_kind=exchange.subject_kind,
        subject_id=exchange.subject_id,
        reference=exchange.reference,
        attempt=exchange.attempt,
        state=ExchangeState(exchange.state),
        message=exchange.message,
        answer=exchange.answer,
        reason=exchange.reason,
        detail=exchange.detail,
        intended_at=exchange.intended_at,
        finished_at=exchange.finished_at,
        calls=calls,
    )


def _call(call: Call) -> CallRow:
    return CallRow(
        at=call.at,
        method=call.method,
        url=call.url,
        status=call.status,
        duration_ms=call.duration_ms,
        request=call.request,
        response=call.response,
        error=call.error,
    )
