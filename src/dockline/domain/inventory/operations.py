"""Take in whole stock reports, and promise stock to shipments."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from dockline.domain.inventory.models import Reservation


@dataclass(frozen=True)
class StagedRow:
    """One row of a stock report, in the variant's base unit."""

    sku: str
    on_hand: Decimal
    free: Decimal
    incoming: Decimal


@dataclass(frozen=True)
class LevelChange:
    """What a report would do to one variant's level; no former quantities where there was no level."""

    sku: str
    on_hand_before: Decimal | None
    free_before: Decimal | None
    on_hand: Decimal
    free: Decimal


@dataclass(frozen=True)
class AppliedReport:
    """What a complete report changed. `in_stock` are the variants of which something is free."""

    changed: int
    emptied: int
    unknown_skus: tuple[str, ...]
    in_stock: tuple[int, ...]


def stage_rows(run_id: int, rows: Iterable[StagedRow]) -> None:
    """Put rows of a report aside until it is complete; nothing is visible yet."""
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY inventory_stagedlevel (run_id, sku, on_hand, free, incoming) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row((run_id, row.sku, row.on_hand, row.free, row.incoming))


def drop_staged_rows(run_id: int) -> None:
    """Forget what was put aside for a run."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM inventory_stagedlevel WHERE run_id = %s", [run_id])


def apply_report(
    run_id: int,
    *,
    channel_id: int,
    account_id: int,
    warehouse_id: int,
    as_of: datetime,
    agree: Callable[[Sequence[LevelChange]], None] | None = None,
) -> AppliedReport:
    """Replace the warehouse's levels by the staged report, which must be complete. Needs a transaction.

    `agree` is shown all that is about to change, and may raise.

    A variant the report leaves out has no stock. A level newer than the report stays. SKUs we do not know are kept as
    unmatched. Source: CartonCloud API notes, section 14.2; reliability D01, D10.
    """
    names: dict[str, int | datetime] = {
        "run": run_id,
        "channel": channel_id,
        "account": account_id,
        "warehouse": warehouse_id,
        "as_of": as_of,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, names)
        if agree is not None:
            cursor.execute(_LIST_CHANGES, names)
            agree([LevelChange(*row) for row in cursor.fetchall()])
        cursor.execute(_UPSERT_LEVELS, names)
        upserted = cursor.rowcount
        cursor.execute(_EMPTY_LEVELS, names)
        emptied = cursor.rowcount
        cursor.execute(_TOUCH_LEVELS, names)
        cursor.execute(_DROP_UNMATCHED, names)
        cursor.execute(_UPSERT_UNMATCHED, names)
        cursor.execute("SELECT sku FROM folded_report WHERE variant_id IS NULL ORDER BY sku LIMIT 1000")
        unknown = tuple(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT variant_id FROM folded_report WHERE variant_id IS NOT NULL AND free > 0")
        in_stock = tuple(row[0] for row in cursor.fetchall())
        cursor.execute("DROP TABLE folded_report")
        cursor.execute("DELETE FROM inventory_stagedlevel WHERE run_id = %(run)s", names)
    return AppliedReport(changed=upserted + emptied, emptied=emptied, unknown_skus=unknown, in_stock=in_stock)


# The channel's SKU: the mapped one, else our own, unless that product goes by another one there.
_FOLD = """
CREATE TEMP TABLE folded_report ON COMMIT DROP AS
SELECT staged.sku, coalesce(mapped.variant_id, variant.id) AS variant_id, sum(staged.on_hand) AS on_hand,
       sum(staged.free) AS free, sum(staged.incoming) AS incoming
FROM inventory_stagedlevel staged
LEFT JOIN mappings_skumapping mapped ON mapped.channel_id = %(channel)s AND mapped.channel_sku = staged.sku
LEFT JOIN products_variant variant
    ON variant.account_id = %(account)s AND variant.sku = staged.sku AND mapped.id IS NULL
   AND NOT EXISTS (SELECT FROM mappings_skumapping elsewhere
                   WHERE elsewhere.channel_id = %(channel)s AND elsewhere.variant_id = variant.id)
WHERE staged.run_id = %(run)s
GROUP BY staged.sku, coalesce(mapped.variant_id, variant.id)
"""

# What the two statements after it will do, said beforehand.
_LIST_CHANGES = """
SELECT coalesce(folded.sku, variant.sku) AS sku, level.on_hand, level.free,
       coalesce(folded.on_hand, 0), coalesce(folded.free, 0)
FROM (SELECT * FROM folded_report WHERE variant_id IS NOT NULL) folded
FULL JOIN (
    SELECT level.* FROM inventory_level level JOIN products_variant mine ON mine.id = level.variant_id
    WHERE level.warehouse_id = %(warehouse)s AND mine.account_id = %(account)s
) level ON level.variant_id = folded.variant_id
LEFT JOIN products_variant variant ON variant.id = level.variant_id
WHERE (level.as_of IS NULL OR level.as_of <= %(as_of)s)
  AND (level.on_hand, level.free, level.incoming) IS DISTINCT FROM
      (coalesce(folded.on_hand, 0), coalesce(folded.free, 0), coalesce(folded.incoming, 0))
ORDER BY sku
"""

_UPSERT_LEVELS = """
INSERT INTO inventory_level AS level (warehouse_id, variant_id, on_hand, free, incoming, as_of)
SELECT %(warehouse)s, variant_id, on_hand, free, incoming, %(as_of)s
FROM folded_report WHERE variant_id IS NOT NULL ORDER BY variant_id
ON CONFLICT (warehouse_id, variant_id) DO UPDATE
    SET on_hand = excluded.on_hand, free = excluded.free, incoming = excluded.incoming, as_of = excluded.as_of
    WHERE level.as_of <= excluded.as_of
      AND (level.on_hand, level.free, level.incoming)
          IS DISTINCT FROM (excluded.on_hand, excluded.free, excluded.incoming)
"""

# Not in a complete report: no stock there. The variants are those of the channel's account only.
_EMPTY_LEVELS = """
UPDATE inventory_level level SET on_hand = 0, free = 0, incoming = 0, as_of = %(as_of)s
FROM products_variant variant
WHERE level.warehouse_id = %(warehouse)s AND variant.id = level.variant_id AND variant.account_id = %(account)s
  AND level.as_of <= %(as_of)s AND (level.on_hand, level.free, level.incoming) IS DISTINCT FROM (0, 0, 0)
  AND NOT EXISTS (SELECT 1 FROM folded_report folded WHERE folded.variant_id = level.variant_id)
"""

_TOUCH_LEVELS = """
UPDATE inventory_level level SET as_of = %(as_of)s
FROM products_variant variant
WHERE level.warehouse_id = %(warehouse)s AND variant.id = level.variant_id AND variant.account_id = %(account)s
  AND level.as_of < %(as_of)s
"""

_DROP_UNMATCHED = """
DELETE FROM inventory_unmatchedlevel kept
WHERE kept.channel_id = %(channel)s
  AND NOT EXISTS (SELECT 1 FROM folded_report folded WHERE folded.variant_id IS NULL AND folded.sku = kept.sku)
"""

_UPSERT_UNMATCHED = """
INSERT INTO inventory_unmatchedlevel (channel_id, sku, on_hand, free, as_of)
SELECT %(channel)s, sku, on_hand, free, %(as_of)s FROM folded_report WHERE variant_id IS NULL ORDER BY sku
ON CONFLICT (channel_id, sku) DO UPDATE
    SET on_hand = excluded.on_hand, free = excluded.free, as_of = excluded.as_of
"""


def lock_warehouse_stock(warehouse_id: int) -> None:
    """Let one transaction at a time promise this warehouse's stock. Released at its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('inventory.promise'), %s)", [warehouse_id])


@dataclass(frozen=True)
class Promise:
    """Stock to promise to one shipment line."""

    shipment_line_id: int
    variant_id: int
    quantity: Decimal


def reserve(promises: Sequence[Promise], *, warehouse_id: int, now: datetime) -> None:
    """Promise stock to shipment lines."""
    Reservation.objects.bulk_create(
        [
            Reservation(
                shipment_line_id=promise.shipment_line_id,
                warehouse_id=warehouse_id,
                variant_id=promise.variant_id,
                quantity=promise.quantity,
                made_at=now,
            )
            for promise in promises
        ],
        batch_size=2000,
    )


def mark_known_there(shipment_ids: Sequence[int], *, now: datetime) -> None:
    """From now on the warehouse subtracts these shipments' stock itself."""
    Reservation.objects.filter(shipment_line__shipment_id__in=shipment_ids, known_there_at__isnull=True).update(
        known_there_at=now
    )


def mark_unknown_there(shipment_ids: Sequence[int]) -> None:
    """The warehouse has dropped these shipments and given their stock back: we hold it for them again."""
    Reservation.objects.filter(shipment_line__shipment_id__in=shipment_ids).update(known_there_at=None)


def release(shipment_ids: Sequence[int], *, now: datetime) -> None:
    """Take back what was promised to these shipments."""
    Reservation.objects.filter(shipment_line__shipment_id__in=shipment_ids, released_at__isnull=True).update(
        released_at=now
    )


def promise_again(shipment_ids: Sequence[int]) -> None:
    """Hold stock again for shipments that had given it back and go after all."""
    Reservation.objects.filter(shipment_line__shipment_id__in=shipment_ids).update(released_at=None)
