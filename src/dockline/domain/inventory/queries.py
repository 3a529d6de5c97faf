"""What is asked about stock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import DecimalField, F, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from dockline.domain.accounts.rules import AccountId
from dockline.domain.inventory.models import Level, Reservation, UnmatchedLevel
from dockline.domain.mappings.drafts_sql import BLUR
from dockline.domain.warehouses.rules import WarehouseId

AVAILABLE = """
SELECT wanted.variant_id, coalesce(level.free, 0) - coalesce(
    (SELECT sum(reservation.quantity) FROM inventory_reservation reservation
      WHERE reservation.warehouse_id = %(warehouse)s AND reservation.variant_id = wanted.variant_id
        AND reservation.released_at IS NULL
        AND (reservation.known_there_at IS NULL OR level.as_of IS NULL
             OR reservation.known_there_at >= level.as_of)), 0)
FROM unnest(%(variants)s::bigint[]) AS wanted(variant_id)
LEFT JOIN inventory_level level ON level.warehouse_id = %(warehouse)s AND level.variant_id = wanted.variant_id
"""


def get_available(warehouse_id: int, variant_ids: Iterable[int]) -> dict[int, Decimal]:
    """Return what may be promised of each variant, in its base unit.

    That is what the warehouse had free when it last reported, less what we have promised and it could not know then.
    """
    with connection.cursor() as cursor:
        cursor.execute(AVAILABLE, {"warehouse": warehouse_id, "variants": sorted(set(variant_ids))})
        return dict(cursor.fetchall())


@dataclass(frozen=True)
class LevelRow:
    """Stock of one variant at one warehouse, in its base unit. `promised` is what the warehouse could not know yet."""

    account_name: str
    warehouse_name: str
    sku: str
    name: str
    unit: str
    on_hand: Decimal
    free: Decimal
    promised: Decimal
    incoming: Decimal
    as_of: datetime

    @property
    def available(self) -> Decimal:
        """What may be promised: free there, less what we have promised and it could not know."""
        return self.free - self.promised


@dataclass(frozen=True)
class UnmatchedRow:
    """Stock reported under a SKU we do not know."""

    channel_name: str
    sku: str
    on_hand: Decimal
    free: Decimal
    as_of: datetime


def count_levels(*, account_id: AccountId | None, warehouse_id: WarehouseId | None = None, text: str = "") -> int:
    """Count levels."""
    return _levels(account_id, warehouse_id, text).count()


def list_levels(
    *,
    account_id: AccountId | None,
    warehouse_id: WarehouseId | None = None,
    text: str = "",
    offset: int = 0,
    limit: int = 50,
) -> tuple[LevelRow, ...]:
    """List levels by SKU and warehouse."""
    page = (
        _levels(account_id, warehouse_id, text)
        .annotate(promised=_promised())
        .order_by("variant__sku", "warehouse__name", "id")
    )
    columns = (
        "variant__account__name",
        "warehouse__name",
        "variant__sku",
        "variant__name",
        "variant__base_unit",
        "on_hand",
        "free",
        "promised",
        "incoming",
        "as_of",
    )
    return tuple(LevelRow(*row) for row in page.values_list(*columns)[offset : offset + limit])


def count_pooled_levels(*, account_id: AccountId | None, warehouse_ids: Sequence[WarehouseId], text: str = "") -> int:
    """Count the variants of which one of these warehouses has a level."""
    levels = _levels(account_id, None, text).filter(warehouse_id__in=warehouse_ids)
    return levels.values("variant_id").distinct().count()


def list_pooled_levels(
    *,
    account_id: AccountId | None,
    warehouse_ids: Sequence[WarehouseId],
    name: str,
    text: str = "",
    offset: int = 0,
    limit: int = 50,
) -> tuple[LevelRow, ...]:
    """List the stock of several warehouses as one pool of this name: live sums, as old as the oldest level."""
    page = (
        _levels(account_id, None, text)
        .filter(warehouse_id__in=warehouse_ids)
        .annotate(promised=_promised())
        .values("variant__account__name", "variant__sku", "variant__name", "variant__base_unit", "variant_id")
        .annotate(
            pooled_on_hand=Sum("on_hand"),
            pooled_free=Sum("free"),
            pooled_promised=Sum("promised"),
            pooled_incoming=Sum("incoming"),
            oldest=Min("as_of"),
        )
        .order_by("variant__sku", "variant_id")
    )
    return tuple(
        LevelRow(
            row["variant__account__name"],
            name,
            row["variant__sku"],
            row["variant__name"],
            row["variant__base_unit"],
            row["pooled_on_hand"],
            row["pooled_free"],
            row["pooled_promised"],
            row["pooled_incoming"],
            row["oldest"],
        )
        for row in page[offset : offset + limit]
    )


def _promised() -> Coalesce:
    """What was promised of a level's variant and its warehouse could not know when it reported."""
    open_ones = Reservation.objects.filter(
        Q(known_there_at__isnull=True) | Q(known_there_at__gte=OuterRef("as_of")),
        warehouse_id=OuterRef("warehouse_id"),
        variant_id=OuterRef("variant_id"),
        released_at__isnull=True,
    )
    promised = open_ones.order_by().values("variant_id").annotate(total=Sum("quantity")).values("total")
    nothing = Value(Decimal(0), output_field=DecimalField(max_digits=20, decimal_places=6))
    return Coalesce(Subquery(promised), nothing)


def list_unmatched_levels(*, account_id: AccountId | None, limit: int = 50) -> tuple[UnmatchedRow, ...]:
    """List stock under SKUs we do not know."""
    found = UnmatchedLevel.objects.annotate(channel_name=F("channel__name"))
    if account_id is not None:
        found = found.filter(channel__account_id=account_id)
    rows = found.order_by("sku", "id").values_list("channel_name", "sku", "on_hand", "free", "as_of")[:limit]
    return tuple(UnmatchedRow(*row) for row in rows)


@dataclass(frozen=True)
class NearMiss:
    """Stock reported under a SKU we do not know, and the product that is spelled almost like it."""

    channel_sku: str
    sku: str
    name: str
    on_hand: Decimal


@dataclass(frozen=True)
class Acquaintance:
    """What a channel knows of the account's products: how many, which of those asked about, and near misses."""

    count: int
    known: frozenset[int]
    near: tuple[NearMiss, ...]


def get_acquaintance(channel_id: int, *, account_id: int, variant_ids: Sequence[int]) -> Acquaintance:
    """Say what a channel knows of the account's products, in one question.

    A near miss is a reported SKU that differs from one unmapped product of ours in case, blanks or leading zeros only.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ACQUAINTANCE, {"account": account_id, "channel": channel_id, "variants": list(variant_ids)})
        count, known, near = cursor.fetchone() or (0, None, None)
    misses = tuple(NearMiss(theirs, sku, name, Decimal(on_hand)) for theirs, sku, name, on_hand in near or ())
    return Acquaintance(count, frozenset(known or ()), misses)


_ACQUAINTANCE = f"""
SELECT (SELECT count(*) FROM exchanges_link link WHERE link.channel_id = %(channel)s AND link.kind = 'product'),
       (SELECT array_agg(link.subject_id) FROM exchanges_link link WHERE link.channel_id = %(channel)s
          AND link.kind = 'product' AND link.subject_id = ANY(%(variants)s)),
       (SELECT array_agg(ARRAY[near.theirs, near.sku, near.name, near.on_hand::text]) FROM (
            SELECT stray.sku AS theirs, min(variant.sku) AS sku, min(variant.name) AS name, stray.on_hand
            FROM inventory_unmatchedlevel stray
            JOIN products_variant variant ON variant.account_id = %(account)s
                 AND {BLUR.format("variant.sku")} = {BLUR.format("stray.sku")}
            WHERE stray.channel_id = %(channel)s AND NOT EXISTS (
                SELECT FROM mappings_skumapping mapping WHERE mapping.channel_id = %(channel)s
                  AND (mapping.variant_id = variant.id OR mapping.channel_sku = stray.sku))
            GROUP BY stray.id HAVING count(*) = 1 ORDER BY stray.sku LIMIT 50) near)
"""  # noqa: S608


def _levels(account_id: AccountId | None, warehouse_id: WarehouseId | None, text: str) -> QuerySet[Level]:
    levels = Level.objects.all()
    if account_id is not None:
        levels = levels.filter(variant__account_id=account_id)
    if warehouse_id is not None:
        levels = levels.filter(warehouse_id=warehouse_id)
    if text:
        levels = levels.filter(Q(variant__sku__icontains=text) | Q(variant__name__icontains=text))
    return levels
