"""What is asked about messages across the border and the ids of both sides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from dockline.domain.channels.rules import ChannelId
from dockline.domain.exchanges.models import Call, Exchange, Link, Position
from dockline.domain.exchanges.rules import ExchangeState
from dockline.domain.products.queries import get_units
from dockline.domain.products.rules import KnownUnit, Measures


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


def get_last_messages(
    subject_kind: str, *, subject_ids: Sequence[int], kind: str
) -> dict[int, tuple[str, dict[str, Any]]]:
    """Return the reference and the frozen message of each subject's newest exchange of a kind, where there is one."""
    rows = (
        Exchange.objects.filter(subject_kind=subject_kind, subject_id__in=subject_ids, kind=kind, message__isnull=False)
        .order_by("subject_id", "-id")
        .distinct("subject_id")
        .values_list("subject_id", "reference", "message")
    )
    return {subject_id: (reference, message) for subject_id, reference, message in rows if message is not None}


def get_newest_ids(subject_kind: str, *, subject_ids: Sequence[int], kind: str) -> dict[int, int]:
    """Return the id of each subject's newest exchange of a kind."""
    rows = (
        Exchange.objects.filter(subject_kind=subject_kind, subject_id__in=subject_ids, kind=kind)
        .order_by("subject_id", "-id")
        .distinct("subject_id")
        .values_list("subject_id", "id")
    )
    return dict(rows)


def find_sent_elsewhere(channel_id: int, *, subject_ids: Sequence[int], subject_kind: str = "shipment") -> set[int]:
    """Find the shipments whose last attempt went to another account than the one the channel speaks to now.

    Or the purchase orders, when `subject_kind` is that.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT last.subject_id FROM (
                SELECT DISTINCT ON (exchange.subject_id) exchange.subject_id, exchange.credential_version
                FROM exchanges_exchange exchange
                WHERE exchange.subject_kind = %(kind)s AND exchange.subject_id = ANY(%(subjects)s)
                  AND exchange.kind = 'export_' || %(kind)s AND exchange.state <> 'not_sent'
                ORDER BY exchange.subject_id, exchange.id DESC) last
            JOIN channels_channel channel ON channel.id = %(channel)s
            WHERE last.credential_version < channel.account_since
            """,
            {"channel": channel_id, "subjects": list(subject_ids), "kind": subject_kind},
        )
        return {row[0] for row in cursor.fetchall()}


def get_links(channel_id: ChannelId | int, *, kind: str, subject_ids: Sequence[int]) -> dict[int, tuple[str, int, str]]:
    """Return (external id, booked version, booked digest) of those subjects that are linked."""
    rows = Link.objects.filter(channel_id=channel_id, kind=kind, subject_id__in=subject_ids).values_list(
        "subject_id", "external_id", "version", "digest"
    )
    return {subject_id: (external_id, version, digest) for subject_id, external_id, version, digest in rows}


def list_taken(channel_id: ChannelId | int, *, kind: str, said: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    """List what cannot be: our subjects that are said to be, over there, what another one of ours is.

    All are pairs of a subject's id and an external id. Of several that nobody had, the first has it.
    """
    pairs = list(said)
    rows = Link.objects.filter(channel_id=channel_id, kind=kind, external_id__in={theirs for _, theirs in pairs})
    owners = dict(rows.values_list("external_id", "subject_id"))
    return {(ours, theirs) for ours, theirs in pairs if owners.setdefault(theirs, ours) != ours}


def find_position(channel_id: int, *, feed: str) -> str:
    """Return how far a feed has been read; empty means not at all."""
    return Position.objects.filter(channel_id=channel_id, feed=feed).values_list("value", flat=True).first() or ""


@dataclass(frozen=True)
class VariantToExport:
    """A variant the channel does not know, or knows from before it changed; `base` is its base unit."""

    variant_id: int
    sku: str
    variant_name: str
    product_name: str
    is_active: bool
    is_known_there: bool
    base: KnownUnit
    units: tuple[KnownUnit, ...]


def list_variants_to_export(
    channel_id: int, *, account_id: int, after_id: int, limit: int
) -> tuple[VariantToExport, ...]:
    """Return the next variants, by id, whose export to the channel is missing or older than their last change.

    Bundles are none: no warehouse has them, only their components.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT variant.id, variant.sku, variant.name, product.name, variant.is_active, link.id IS NOT NULL,
                   variant.base_unit, variant.barcode, variant.length_mm, variant.width_mm, variant.height_mm,
                   variant.weight_g
            FROM products_variant variant JOIN products_product product ON product.id = variant.product_id
            LEFT JOIN exchanges_link link ON link.channel_id = %(channel)s AND link.kind = 'product'
                 AND link.subject_id = variant.id
            WHERE variant.account_id = %(account)s AND variant.id > %(after)s
              AND NOT EXISTS (SELECT FROM products_bundlepart part WHERE part.bundle_id = variant.id)
              AND (link.id IS NULL OR link.linked_at < variant.changed_at)
            ORDER BY variant.id LIMIT %(limit)s
            """,
            {"channel": channel_id, "account": account_id, "after": after_id, "limit": limit},
        )
        rows = cursor.fetchall()
    units = get_units([row[0] for row in rows])
    return tuple(
        VariantToExport(
            *(*row[:6], KnownUnit(row[6], Decimal(1), "", row[7], Measures(*row[8:12])), tuple(units[row[0]]))
        )
        for row in rows
    )


def get_external_ids(channel_id: int, *, kind: str, skus: Sequence[str]) -> dict[str, str]:
    """Return what products with these SKUs are called there, as far as they are linked."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT variant.sku, link.external_id FROM products_variant variant
            JOIN channels_channel channel ON channel.id = %(channel)s AND channel.account_id = variant.account_id
            JOIN exchanges_link link
                ON link.channel_id = channel.id AND link.kind = %(kind)s AND link.subject_id = variant.id
            WHERE variant.sku = ANY(%(skus)s) AND link.external_id <> ''
            """,
            {"channel": channel_id, "kind": kind, "skus": list(skus)},
        )
        return dict(cursor.fetchall())


def list_variants_missing_there(channel_id: int, *, limit: int = 200) -> list[tuple[int, str]]:
    """Return (variant, SKU) of what waits to be sent, either way, but the channel is not known to have."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT wanted.variant_id, wanted.sku FROM (
                SELECT coalesce(other.id, asked.variant_id) AS variant_id, coalesce(other.sku, asked.sku) AS sku
                FROM shipments_shipment shipment
                JOIN shipments_shipmentline line ON line.shipment_id = shipment.id
                JOIN orders_salesorderline asked ON asked.id = line.order_line_id
                LEFT JOIN products_variant other ON other.id = line.alternate_id
                WHERE shipment.channel_id = %(channel)s AND shipment.dispatch = 'ready'
                UNION ALL
                SELECT line.variant_id, line.sku FROM purchases_purchaseorder purchase
                JOIN purchases_purchaseorderline line ON line.order_id = purchase.id
                WHERE purchase.channel_id = %(channel)s AND purchase.dispatch = 'ready'
            ) wanted
            LEFT JOIN exchanges_link link ON link.channel_id = %(channel)s AND link.kind = 'product'
                 AND link.subject_id = wanted.variant_id
            WHERE link.id IS NULL
            ORDER BY wanted.sku, wanted.variant_id LIMIT %(limit)s
            """,
            {"channel": channel_id, "limit": limit},
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]
