"""What is asked about stock."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Count, DecimalField, F, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest

from dockline.domain.accounts.rules import AccountId
from dockline.domain.inventory.models import (
    Buffer,
    Drift,
    LastReport,
    Level,
    Movement,
    ReportedPage,
    Reservation,
    UnmatchedLevel,
)
from dockline.domain.inventory.rules import DriftCause, MovementCause, Repair, choose_repair
from dockline.domain.mappings.drafts_sql import BLUR
from dockline.domain.products.rules import Part, count_sets
from dockline.domain.purchases.models import PurchaseOrderLine
from dockline.domain.purchases.rules import OPEN_STATUSES
from dockline.domain.shipments.rules import ShipmentStatus
from dockline.domain.warehouses.rules import WarehouseId
from dockline.kit.errors import NotFound

ON_HOLD = """
SELECT coalesce(held.requested_warehouse_id, usual.warehouse_id) AS warehouse_id, line.variant_id,
       sum(greatest(0, line.base_quantity - line.shipped_quantity - line.cancelled_quantity - coalesce((
           SELECT sum(carried.quantity) FROM shipments_shipmentline carried
           JOIN shipments_shipment shipment ON shipment.id = carried.shipment_id
           WHERE carried.order_line_id = line.id AND shipment.status IN ('ready', 'sent', 'rejected')), 0))) AS quantity
FROM orders_salesorder held
JOIN orders_salesorderline line ON line.order_id = held.id
LEFT JOIN warehouses_accountwarehouse usual ON usual.account_id = held.account_id AND usual.is_default
WHERE held.held_at IS NOT NULL AND held.status IN ('approved', 'fulfilling')
GROUP BY 1, 2
"""
"""What orders on hold want and no shipment carries, at the warehouse each would be allocated at first."""

AVAILABLE = f"""
SELECT wanted.variant_id, coalesce(level.free, 0)
    - coalesce(own.quantity, CASE WHEN level.id IS NOT NULL THEN usual.quantity END, 0)
    - coalesce(on_hold.quantity, 0)
    - coalesce((SELECT sum(reservation.quantity) FROM inventory_reservation reservation
      WHERE reservation.warehouse_id = %(warehouse)s AND reservation.variant_id = wanted.variant_id
        AND reservation.released_at IS NULL
        AND (reservation.known_there_at IS NULL OR level.as_of IS NULL
             OR reservation.known_there_at >= greatest(level.as_of, last.as_of))), 0)
FROM unnest(%(variants)s::bigint[]) AS wanted(variant_id)
LEFT JOIN products_variant variant ON variant.id = wanted.variant_id
LEFT JOIN inventory_level level ON level.warehouse_id = %(warehouse)s AND level.variant_id = wanted.variant_id
LEFT JOIN inventory_lastreport last ON last.warehouse_id = %(warehouse)s AND last.account_id = variant.account_id
LEFT JOIN inventory_buffer own ON own.warehouse_id = %(warehouse)s AND own.variant_id = wanted.variant_id
LEFT JOIN inventory_buffer usual ON usual.account_id = variant.account_id AND usual.variant_id IS NULL
LEFT JOIN ({ON_HOLD}) on_hold ON on_hold.warehouse_id = %(warehouse)s AND on_hold.variant_id = wanted.variant_id
"""  # noqa: S608


def get_available(warehouse_id: int, variant_ids: Iterable[int]) -> dict[int, Decimal]:
    """Return what may be promised of each variant, in its base unit.

    That is what the warehouse had free when it last reported, less what we have promised and it could not know then,
    less what orders on hold want, less the buffer.
    """
    with connection.cursor() as cursor:
        cursor.execute(AVAILABLE, {"warehouse": warehouse_id, "variants": sorted(set(variant_ids))})
        return dict(cursor.fetchall())


def list_sets_available(recipes: Mapping[int, Sequence[Part]]) -> dict[int, list[tuple[str, Decimal]]]:
    """Say of bundles how many whole ones may be promised at each warehouse that stocks all of their components."""
    found: dict[int, list[tuple[str, Decimal]]] = {bundle_id: [] for bundle_id in recipes}
    components = {part.component_id for parts in recipes.values() for part in parts}
    stocked: dict[tuple[int, str], set[int]] = {}
    for warehouse_id, name, variant_id in (
        Level.objects.filter(variant_id__in=components)
        .order_by("warehouse__name", "warehouse_id")
        .values_list("warehouse_id", "warehouse__name", "variant_id")
    ):
        stocked.setdefault((warehouse_id, name), set()).add(variant_id)
    for (warehouse_id, name), there in stocked.items():
        available = get_available(warehouse_id, components)
        for bundle_id, parts in recipes.items():
            if all(part.component_id in there for part in parts):
                found[bundle_id].append((name, count_sets(parts, available)))
    return found


@dataclass(frozen=True)
class LevelRow:
    """Stock of one variant at one warehouse, in its base unit.

    `on_hand` is the total there, `free` what of it the warehouse promised to nobody. `promised` is what we promised and
    it could not know yet, `on_hold` what orders on hold want, `not_for_sale` what lies there in a status in which
    nothing is sold. `incoming` is what open purchase orders still await, `incoming_there` what the warehouse's report
    said is to come. `buffer` is never promised. A pool of warehouses is no level and has no `id`.
    """

    id: int | None
    account_name: str
    warehouse_name: str
    sku: str
    name: str
    unit: str
    on_hand: Decimal
    free: Decimal
    promised: Decimal
    incoming: Decimal
    incoming_there: Decimal
    buffer: Decimal
    as_of: datetime
    on_hold: Decimal = Decimal(0)
    not_for_sale: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """All that lies there."""
        return self.on_hand

    @property
    def held_there(self) -> Decimal:
        """What lies there and may not be sold, as far as the level still has it: rows are as old as their report."""
        return max(min(self.not_for_sale, self.on_hand - self.free), Decimal(0))

    @property
    def held(self) -> Decimal:
        """What is promised to nobody and may not be: not for sale, or wanted by orders on hold."""
        return self.held_there + self.on_hold

    @property
    def allocated(self) -> Decimal:
        """What is promised to orders: by the warehouse when it last reported, and by us since."""
        return self.on_hand - self.free - self.held_there + self.promised

    @property
    def available(self) -> Decimal:
        """What may be promised: the total, less what is allocated, held, and kept back as the buffer."""
        return self.total - self.allocated - self.held - self.buffer


@dataclass(frozen=True)
class UnmatchedRow:
    """Stock that is reported and cannot be offered: of a SKU we do not know, or with a problem."""

    channel_name: str
    sku: str
    problem: str
    unit: str
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
    return _rows(_levels(account_id, warehouse_id, text), offset=offset, limit=limit)


def get_level(level_id: int) -> LevelRow:
    """Return one level. Raises NotFound."""
    found = _rows(Level.objects.filter(id=level_id), offset=0, limit=1)
    if not found:
        raise NotFound(f"There is no level {level_id}.")
    return found[0]


def _rows(levels: QuerySet[Level], *, offset: int, limit: int) -> tuple[LevelRow, ...]:
    page = _measured(levels).order_by("variant__sku", "warehouse__name", "id")
    columns = (
        "id",
        "variant__account__name",
        "warehouse__name",
        "variant__sku",
        "variant__name",
        "variant__base_unit",
        "on_hand",
        "free",
        "promised",
        "awaited",
        "incoming",
        "buffer",
        "confirmed_at",
    )
    found = list(page.values_list("warehouse_id", "variant_id", *columns)[offset : offset + limit])
    variants = [variant_id for _, variant_id, *_ in found]
    on_hold, not_for_sale = sum_on_hold(variants), sum_not_for_sale(variants)
    return tuple(
        replace(
            LevelRow(*row),
            on_hold=on_hold.get((warehouse_id, variant_id), Decimal(0)),
            not_for_sale=not_for_sale.get((warehouse_id, variant_id), Decimal(0)),
        )
        for warehouse_id, variant_id, *row in found
    )


def sum_not_for_sale(variant_ids: Sequence[int]) -> dict[tuple[int, int], Decimal]:
    """Sum what the newest reports have of these variants in a status not for sale, by warehouse and variant."""
    with connection.cursor() as cursor:
        cursor.execute(_NOT_FOR_SALE, {"variants": list(variant_ids)})
        return {(warehouse_id, variant_id): quantity for warehouse_id, variant_id, quantity in cursor.fetchall()}


_NOT_FOR_SALE = """
SELECT channel.warehouse_id, variant.id, sum(told.on_hand * coalesce(unit.base_quantity, told.size, 1))::numeric(20, 6)
FROM products_variant variant
JOIN channels_channel channel ON channel.account_id = variant.account_id
LEFT JOIN mappings_skumapping mapping ON mapping.channel_id = channel.id AND mapping.variant_id = variant.id
JOIN inventory_reportedrow told
     ON told.channel_id = channel.id AND told.sku = coalesce(mapping.channel_sku, variant.sku)
JOIN inventory_reportedpage page
     ON page.channel_id = told.channel_id AND page.page = told.page AND page.edition = told.edition
LEFT JOIN products_unitofmeasure unit ON unit.variant_id = variant.id AND unit.code = told.unit
WHERE variant.id = ANY(%(variants)s) AND NOT told.is_sellable AND told.problem = ''
GROUP BY 1, 2
"""


def sum_on_hold(variant_ids: Sequence[int]) -> dict[tuple[int, int], Decimal]:
    """Sum what orders on hold want of these variants, by warehouse and variant."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({ON_HOLD}) wanted WHERE variant_id = ANY(%(variants)s)",  # noqa: S608 - our own text
            {"variants": list(variant_ids)},
        )
        return {(warehouse_id, variant_id): quantity for warehouse_id, variant_id, quantity in cursor.fetchall()}


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
        _measured(_levels(account_id, None, text).filter(warehouse_id__in=warehouse_ids))
        .values("variant__account__name", "variant__sku", "variant__name", "variant__base_unit", "variant_id")
        .annotate(
            pooled_on_hand=Sum("on_hand"),
            pooled_free=Sum("free"),
            pooled_promised=Sum("promised"),
            pooled_awaited=Sum("awaited"),
            pooled_incoming=Sum("incoming"),
            pooled_buffer=Sum("buffer"),
            oldest=Min("confirmed_at"),
        )
        .order_by("variant__sku", "variant_id")
    )
    rows = list(page[offset : offset + limit])
    variants = [row["variant_id"] for row in rows]
    on_hold = _pool(sum_on_hold(variants), warehouse_ids)
    not_for_sale = _pool(sum_not_for_sale(variants), warehouse_ids)
    return tuple(
        LevelRow(
            None,
            row["variant__account__name"],
            name,
            row["variant__sku"],
            row["variant__name"],
            row["variant__base_unit"],
            row["pooled_on_hand"],
            row["pooled_free"],
            row["pooled_promised"],
            row["pooled_awaited"],
            row["pooled_incoming"],
            row["pooled_buffer"],
            row["oldest"],
            on_hold.get(row["variant_id"], Decimal(0)),
            not_for_sale.get(row["variant_id"], Decimal(0)),
        )
        for row in rows
    )


def _pool(sums: Mapping[tuple[int, int], Decimal], warehouse_ids: Sequence[int]) -> dict[int, Decimal]:
    """Add up by variant what is at one of these warehouses."""
    pooled: dict[int, Decimal] = {}
    for (warehouse_id, variant_id), quantity in sums.items():
        if warehouse_id in warehouse_ids:
            pooled[variant_id] = pooled.get(variant_id, Decimal(0)) + quantity
    return pooled


NOTHING = Value(Decimal(0), output_field=DecimalField(max_digits=20, decimal_places=6))


def _measured(levels: QuerySet[Level]) -> QuerySet[Level]:
    """With when the warehouse last said so, what it could not know then, and what is kept back."""
    last = LastReport.objects.filter(warehouse_id=OuterRef("warehouse_id"), account_id=OuterRef("variant__account_id"))
    own = Buffer.objects.filter(warehouse_id=OuterRef("warehouse_id"), variant_id=OuterRef("variant_id"))
    usual = Buffer.objects.filter(account_id=OuterRef("variant__account_id"), variant_id__isnull=True)
    return levels.annotate(confirmed_at=Greatest("as_of", Subquery(last.values("as_of")[:1]))).annotate(
        promised=_promised(),
        awaited=_awaited(),
        buffer=Coalesce(Subquery(own.values("quantity")[:1]), Subquery(usual.values("quantity")[:1]), NOTHING),
    )


def _promised() -> Coalesce:
    """What was promised of a level's variant and its warehouse could not know when it reported."""
    open_ones = Reservation.objects.filter(
        Q(known_there_at__isnull=True) | Q(known_there_at__gte=OuterRef("confirmed_at")),
        warehouse_id=OuterRef("warehouse_id"),
        variant_id=OuterRef("variant_id"),
        released_at__isnull=True,
    )
    promised = open_ones.order_by().values("variant_id").annotate(total=Sum("quantity")).values("total")
    return Coalesce(Subquery(promised), NOTHING)


def _awaited() -> Coalesce:
    """What open purchase orders still await of a level's variant at its warehouse."""
    lines = PurchaseOrderLine.objects.filter(
        order__warehouse_id=OuterRef("warehouse_id"),
        order__status__in=OPEN_STATUSES,
        variant_id=OuterRef("variant_id"),
    )
    lacking = lines.order_by().values("variant_id").annotate(total=Sum(F("base_quantity") - F("received_quantity")))
    return Coalesce(Subquery(lacking.values("total")), NOTHING)


@dataclass(frozen=True)
class BufferRow:
    """What is never promised of a level: its own buffer, or else the account's."""

    account_id: int
    warehouse_id: int
    variant_id: int
    own: Decimal | None
    usual: Decimal


def get_buffer(level_id: int) -> BufferRow:
    """Return what is kept back of a level. Raises NotFound."""
    level = Level.objects.filter(id=level_id).values_list("variant__account_id", "warehouse_id", "variant_id").first()
    if level is None:
        raise NotFound(f"There is no level {level_id}.")
    account_id, warehouse_id, variant_id = level
    held: dict[int | None, Decimal] = dict(
        Buffer.objects.filter(
            Q(account_id=account_id, variant_id__isnull=True) | Q(warehouse_id=warehouse_id, variant_id=variant_id)
        ).values_list("variant_id", "quantity")
    )
    return BufferRow(account_id, warehouse_id, variant_id, held.get(variant_id), held.get(None, Decimal(0)))


def get_usual_buffer(account_id: int) -> Decimal:
    """Return what an account keeps back of every level that has no buffer of its own."""
    found = Buffer.objects.filter(account_id=account_id, variant_id__isnull=True).values_list("quantity", flat=True)
    return found.first() or Decimal(0)


@dataclass(frozen=True)
class MovementRow:
    """One change of a level, as differences in the base unit. `subject_id` is of what caused it."""

    id: int
    at: datetime
    cause: MovementCause
    level_id: int
    sku: str
    warehouse_name: str
    account_name: str
    unit: str
    on_hand: Decimal
    free: Decimal
    incoming: Decimal
    subject_id: int | None
    reference: str


def list_movements(
    *,
    account_id: AccountId | None,
    warehouse_id: WarehouseId | None = None,
    level_id: int | None = None,
    sku: str = "",
    offset: int = 0,
    limit: int = 50,
) -> tuple[MovementRow, ...]:
    """List what changed levels, newest first: of everything, a warehouse, one SKU exactly, or one level."""
    rows = (
        _movements(account_id, warehouse_id, level_id, sku)
        .order_by("-id")
        .values_list(
            "id",
            "at",
            "cause",
            "level_id",
            "level__variant__sku",
            "level__warehouse__name",
            "level__variant__account__name",
            "level__variant__base_unit",
            "on_hand",
            "free",
            "incoming",
            "subject_id",
            "reference",
        )[offset : offset + limit]
    )
    return tuple(MovementRow(row[0], row[1], MovementCause(row[2]), *row[3:]) for row in rows)


def count_movements(
    *,
    account_id: AccountId | None,
    warehouse_id: WarehouseId | None = None,
    level_id: int | None = None,
    sku: str = "",
) -> int:
    """Count what changed levels."""
    return _movements(account_id, warehouse_id, level_id, sku).count()


def _movements(
    account_id: AccountId | None, warehouse_id: WarehouseId | None, level_id: int | None, sku: str
) -> QuerySet[Movement]:
    found = Movement.objects.all()
    if account_id is not None:
        found = found.filter(level__variant__account_id=account_id)
    if warehouse_id is not None:
        found = found.filter(level__warehouse_id=warehouse_id)
    if level_id is not None:
        found = found.filter(level_id=level_id)
    if sku:
        # Named by their keys, so that the index of a level is used and not every movement is looked at.
        levels = Level.objects.filter(variant__sku=sku)
        if account_id is not None:
            levels = levels.filter(variant__account_id=account_id)
        found = found.filter(level_id__in=list(levels.values_list("id", flat=True)))
    return found


@dataclass(frozen=True)
class DriftRow:
    """A level that is not what our ledger had expected. `channel_id` is where its warehouse's system is asked."""

    id: int
    level_id: int
    sku: str
    warehouse_name: str
    account_name: str
    account_id: int
    warehouse_id: int
    unit: str
    size: Decimal
    reported: Decimal
    cause: DriftCause
    first_seen_at: datetime
    seen_at: datetime

    @property
    def expected(self) -> Decimal:
        """What our ledger had."""
        return self.reported - self.size

    @property
    def repair(self) -> Repair:
        """What a person can do about it."""
        return choose_repair(self.cause)


def count_drifts(*, account_id: AccountId | None, cause: str = "") -> int:
    """Count the open differences."""
    return _drifts(account_id, cause).count()


def count_drifts_by_cause(*, account_id: AccountId | None) -> dict[DriftCause, int]:
    """Count the open differences of each probable cause there is one of."""
    counted = _drifts(account_id, "").order_by().values_list("cause").annotate(count=Count("id"))
    return {DriftCause(cause): count for cause, count in sorted(counted)}


def list_drifts(
    *, account_id: AccountId | None, cause: str = "", offset: int = 0, limit: int = 50
) -> tuple[DriftRow, ...]:
    """List open differences, those first that have been seen longest."""
    return _drift_rows(_drifts(account_id, cause).order_by("first_seen_at", "id")[offset : offset + limit])


def find_drift_of(level_id: int) -> DriftRow | None:
    """Return the open difference of a level, if there is one."""
    found = _drift_rows(Drift.objects.filter(level_id=level_id, resolved_at__isnull=True))
    return found[0] if found else None


def get_drift(drift_id: int) -> DriftRow:
    """Return an open difference. Raises NotFound, also when it is gone already."""
    found = _drift_rows(Drift.objects.filter(id=drift_id, resolved_at__isnull=True))
    if not found:
        raise NotFound("This difference is gone already.")
    return found[0]


def list_under_way(level_id: int, *, limit: int = 5) -> tuple[tuple[str, Decimal], ...]:
    """List references and quantities of what a level's warehouse was asked to ship and has not told of."""
    level = Level.objects.get(id=level_id)
    found = Reservation.objects.filter(
        warehouse_id=level.warehouse_id,
        variant_id=level.variant_id,
        released_at__isnull=True,
        shipment_line__shipment__status=ShipmentStatus.SENT,
    )
    return tuple(found.order_by("id").values_list("shipment_line__shipment__reference", "quantity")[:limit])


def list_awaited(level_id: int, *, limit: int = 5) -> tuple[tuple[str, Decimal], ...]:
    """List numbers and quantities of what purchase orders still await of a level."""
    level = Level.objects.get(id=level_id)
    found = PurchaseOrderLine.objects.filter(
        order__warehouse_id=level.warehouse_id,
        order__status__in=OPEN_STATUSES,
        variant_id=level.variant_id,
        base_quantity__gt=F("received_quantity"),
    ).annotate(lacking=F("base_quantity") - F("received_quantity"))
    return tuple(found.order_by("id").values_list("order__number", "lacking")[:limit])


def _drifts(account_id: AccountId | None, cause: str) -> QuerySet[Drift]:
    found = Drift.objects.filter(resolved_at__isnull=True)
    if account_id is not None:
        found = found.filter(level__variant__account_id=account_id)
    return found.filter(cause=cause) if cause else found


def _drift_rows(found: QuerySet[Drift]) -> tuple[DriftRow, ...]:
    rows = found.values_list(
        "id",
        "level_id",
        "level__variant__sku",
        "level__warehouse__name",
        "level__variant__account__name",
        "level__variant__account_id",
        "level__warehouse_id",
        "level__variant__base_unit",
        "size",
        "reported",
        "cause",
        "first_seen_at",
        "seen_at",
    )
    return tuple(DriftRow(*row[:10], DriftCause(row[10]), *row[11:]) for row in rows)


def find_level(*, account_id: AccountId | None, warehouse_id: int, sku: str) -> int:
    """Return the level of a SKU at a warehouse. Raises NotFound, also when several accounts have that SKU there."""
    found = Level.objects.filter(warehouse_id=warehouse_id, variant__sku=sku)
    if account_id is not None:
        found = found.filter(variant__account_id=account_id)
    ids = list(found.values_list("id", flat=True)[:2])
    if len(ids) != 1:
        raise NotFound(f"There is no one level of {sku} at warehouse {warehouse_id}.", field="sku")
    return ids[0]


def name_levels(level_ids: Sequence[int]) -> list[tuple[int, int, str]]:
    """Return id, account and SKU of levels."""
    return list(Level.objects.filter(id__in=level_ids).values_list("id", "variant__account_id", "variant__sku"))


def find_held_run(*, account_id: int, warehouse_id: int) -> int | None:
    """Return the run whose stock report is held for a person, if one is."""
    found = LastReport.objects.filter(account_id=account_id, warehouse_id=warehouse_id)
    return found.values_list("held_run_id", flat=True).first()


def get_page_digests(channel_id: int) -> dict[int, str]:
    """Return the digest of each page of the channel's newest stock report."""
    return dict(ReportedPage.objects.filter(channel_id=channel_id).values_list("page", "digest"))


def list_unmatched_levels(*, account_id: AccountId | None, limit: int = 50) -> tuple[UnmatchedRow, ...]:
    """List stock that is reported and cannot be offered."""
    found = UnmatchedLevel.objects.annotate(channel_name=F("channel__name"))
    if account_id is not None:
        found = found.filter(channel__account_id=account_id)
    rows = found.order_by("sku", "id").values_list(
        "channel_name", "sku", "problem", "unit", "on_hand", "free", "as_of"
    )[:limit]
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


@dataclass(frozen=True)
class LevelCells:
    """A level as a table tells it, in the base unit."""

    warehouse: str
    sku: str
    unit: str
    on_hand: Decimal
    free: Decimal
    incoming: Decimal


def list_level_cells(account_id: int, *, skus: Sequence[str] | None = None) -> Iterator[LevelCells]:
    """List the account's levels, or those of some SKUs, by warehouse and SKU; read it to its end in one transaction."""
    levels = Level.objects.filter(variant__account_id=account_id)
    if skus is not None:
        levels = levels.filter(variant__sku__in=set(skus))
    columns = ("warehouse__code", "variant__sku", "variant__base_unit", "on_hand", "free", "incoming")
    for row in levels.order_by("warehouse__code", "variant__sku", "id").values_list(*columns).iterator(chunk_size=2000):
        yield LevelCells(*row)
