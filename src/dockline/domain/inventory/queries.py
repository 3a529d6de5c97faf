"""What is asked about stock."""

from collections.abc import Iterable
from decimal import Decimal

from django.db import connection

AVAILABLE = """
SELECT wanted.variant_id, coalesce(level.free, 0) - coalesce(
    (SELECT sum(reservation.quantity) FROM inventory_reservation reservation
      WHERE reservation.warehouse_id = %(warehouse)s AND reservation.variant_id = wanted.variant_id
        AND reservation.released_at IS NULL
        AND (reservation.known_there_at IS NULL OR level.as_of IS NULL OR reservation.known_there_at >= level.as_of)), 0)
FROM unnest(%(variants)s::bigint[]) AS wanted(variant_id)
LEFT JOIN inventory_level level ON level.warehouse_id = %(warehouse)s AND level.variant_id = wanted.variant_id
"""


def get_available(warehouse_id: int, variant_ids: Iterable[int]) -> dict[int, Decimal]:
    """Return what may be promised of each variant, in its base unit.

    That is what the warehouse had free when it last reported, less what we have promised and it could not know then.
    """
    with connection.cursor() as cursor:
        cursor.execute(AVAILABLE, {"warehouse": warehouse_id, "variants": sorted(set(variant_ids))})
        return {variant_id: available for variant_id, available in cursor.fetchall()}
