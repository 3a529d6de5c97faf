"""What is asked about a channel's mappings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from dockline.domain.mappings.drafts_sql import OF_KIND
from dockline.domain.mappings.models import CarrierMapping, Edition, ReferenceMapping, SkuMapping
from dockline.domain.mappings.rules import SHAPES, CarrierRow, MappingKind

ALL, UNMAPPED, UNUSED = "", "unmapped", "unused"
"""The tabs of a view."""

MAPPED = "mapped"
"""How many carriers and services have a row: what is covered."""


@dataclass(frozen=True)
class EditionRow:
    """How often the mappings of a kind have changed, and who did it last."""

    number: int = 0
    actor: str = ""
    at: datetime | None = None


def get_edition(channel_id: int, *, kind: MappingKind) -> EditionRow:
    """Return the present edition."""
    row = Edition.objects.filter(channel_id=channel_id, kind=kind).values_list("number", "actor", "at").first()
    return EditionRow(*row) if row else EditionRow()


def list_cells(channel_id: int, *, kind: MappingKind) -> Iterator[tuple[str, ...]]:
    """List all rows as the cells of their file, in its order; read it to its end in one transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_cells_in_order(kind), {"channel": channel_id})
        for (cells,) in cursor:
            yield tuple(cells)


def list_page(channel_id: int, *, kind: MappingKind, offset: int, limit: int) -> list[tuple[str, ...]]:
    """List some of the rows of `list_cells`, in the same order."""
    page = {"channel": channel_id, "offset": offset, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(f"{_cells_in_order(kind)} LIMIT %(limit)s OFFSET %(offset)s", page)
        return [tuple(cells) for (cells,) in cursor.fetchall()]


def _cells_in_order(kind: MappingKind) -> str:
    order = ", ".join(f'cells[{at}] COLLATE "C"' for at in range(1, len(SHAPES[kind].columns) + 1))
    return f"SELECT cells FROM ({OF_KIND[kind].present}) present ORDER BY {order}"  # noqa: S608


def find_cells(channel_id: int, *, kind: MappingKind, key: Sequence[str]) -> tuple[str, ...] | None:
    """Return the row of this name, if there is one."""
    of_kind = OF_KIND[kind]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT cells FROM ({of_kind.present}) present WHERE {of_kind.key.format('cells')} = %(key)s::text[]",  # noqa: S608
            {"channel": channel_id, "key": list(key)},
        )
        found = cursor.fetchone()
    return tuple(found[0]) if found else None


# For the flows


def list_carrier_rows(channel_id: int) -> tuple[CarrierRow, ...]:
    """List what carriers are called at a channel."""
    rows = CarrierMapping.objects.filter(channel_id=channel_id).order_by("id")
    columns = ("carrier__code", "service__code", "channel_carrier", "channel_service", "is_primary", "id")
    return tuple(
        CarrierRow(carrier, service or "", theirs, their_service, primary, pk)
        for carrier, service, theirs, their_service, primary, pk in rows.values_list(*columns)
    )


def get_properties(channel_id: int) -> dict[str, dict[str, str]]:
    """Return the property of each mapped reference by object and code."""
    found: dict[str, dict[str, str]] = {}
    rows = ReferenceMapping.objects.filter(channel_id=channel_id)
    for place, code, name in rows.values_list("object", "code", "property"):
        found.setdefault(place, {})[code] = name
    return found


def get_channel_skus(channel_id: int, variant_ids: Sequence[int]) -> dict[int, str]:
    """Return the channel SKU of those of these variants that are mapped."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT variant_id, channel_sku FROM mappings_skumapping WHERE channel_id = %s AND variant_id = ANY(%s)",
            [channel_id, list(variant_ids)],
        )
        return dict(cursor.fetchall())


def get_own_skus(channel_id: int, channel_skus: Sequence[str]) -> dict[str, str]:
    """Return our SKU for those of the channel's SKUs that are mapped."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT mapping.channel_sku, variant.sku FROM mappings_skumapping mapping
            JOIN products_variant variant ON variant.id = mapping.variant_id
            WHERE mapping.channel_id = %s AND mapping.channel_sku = ANY(%s)
            """,
            [channel_id, list(channel_skus)],
        )
        return dict(cursor.fetchall())


def find_taken(channel_id: int, skus: Mapping[int, str]) -> dict[int, str]:
    """Say which of these unmapped variants cannot go by their own SKU, because it is another's: by whose SKU it is."""
    owners = get_own_skus(channel_id, list(set(skus.values())))
    return {variant_id: owners[sku] for variant_id, sku in skus.items() if sku in owners and owners[sku] != sku}


# For the pages


@dataclass(frozen=True)
class CarrierMappingRow:
    """One carrier mapping, as a person reads it."""

    id: int
    carrier: str
    carrier_name: str
    service: str
    service_name: str
    channel_carrier: str
    channel_service: str
    is_primary: bool
    used_at: datetime | None


@dataclass(frozen=True)
class SkuRow:
    """One variant with its SKU at the channel; empty means its own."""

    variant_id: int
    sku: str
    name: str
    channel_sku: str
    used_at: datetime | None


@dataclass(frozen=True)
class ReferenceRow:
    """Where one reference goes."""

    id: int
    object: str
    code: str
    property: str
    used_at: datetime | None


def count_mappings(channel_id: int, *, kind: MappingKind) -> int:
    """Count a channel's mappings of a kind."""
    model: Any = {
        MappingKind.CARRIERS: CarrierMapping,
        MappingKind.SKUS: SkuMapping,
        MappingKind.REFERENCES: ReferenceMapping,
    }[kind]
    return int(model.objects.filter(channel_id=channel_id).count())


_CARRIERS_FROM = """
    FROM mappings_carriermapping mapping JOIN carriers_carrier carrier ON carrier.id = mapping.carrier_id
    LEFT JOIN carriers_service service ON service.id = mapping.service_id
    WHERE mapping.channel_id = %(channel)s AND (%(text)s = '' OR concat_ws(E'\\n', carrier.code, carrier.name,
          service.code, service.name, mapping.channel_carrier, mapping.channel_service) ILIKE %(like)s)
"""
_NOT_MAPPED = """
    SELECT wanted.carrier, wanted.service, wanted.name FROM (
        SELECT carrier.id AS carrier_id, NULL::bigint AS service_id, carrier.code AS carrier, '' AS service,
               carrier.name AS name FROM carriers_carrier carrier WHERE carrier.account_id = %(account)s
                 AND NOT EXISTS (SELECT FROM carriers_service service WHERE service.carrier_id = carrier.id)
        UNION ALL
        SELECT carrier.id, service.id, carrier.code, service.code, carrier.name || ' · ' || service.name
        FROM carriers_service service JOIN carriers_carrier carrier ON carrier.id = service.carrier_id
        WHERE carrier.account_id = %(account)s) wanted
    WHERE NOT EXISTS (SELECT FROM mappings_carriermapping mapping WHERE mapping.channel_id = %(channel)s
                      AND mapping.carrier_id = wanted.carrier_id
                      AND mapping.service_id IS NOT DISTINCT FROM wanted.service_id)
      AND (%(text)s = '' OR concat_ws(E'\\n', wanted.carrier, wanted.service, wanted.name) ILIKE %(like)s)
"""


def count_carrier_tabs(channel_id: int, *, account_id: int, text: str = "") -> dict[str, int]:
    """Count the rows of each tab, and what is mapped; carriers with services are not expected to be without one."""
    facts = _facts(channel_id, account_id, text)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*), count(*) FILTER (WHERE mapping.used_at IS NULL),
                       count(DISTINCT (carrier.id, service.id)),
                       (SELECT count(*) FROM ({_NOT_MAPPED}) missing) {_CARRIERS_FROM}""",  # noqa: S608
            facts,
        )
        total, unused, mapped, unmapped = cursor.fetchone() or (0, 0, 0, 0)
    return {ALL: total, UNMAPPED: unmapped, UNUSED: unused, MAPPED: mapped}


def list_carrier_mappings(
    channel_id: int, *, account_id: int, text: str, tab: str, offset: int, limit: int
) -> tuple[CarrierMappingRow, ...]:
    """List carrier mappings by our codes; on the tab of those not mapped, what the master list has beside them."""
    page = _facts(channel_id, account_id, text) | {"offset": offset, "limit": limit}
    if tab == UNMAPPED:
        with connection.cursor() as cursor:
            cursor.execute(f"{_NOT_MAPPED} ORDER BY 1, 2 LIMIT %(limit)s OFFSET %(offset)s", page)
            return tuple(
                CarrierMappingRow(0, carrier, name, service, "", "", "", False, None)
                for carrier, service, name in cursor.fetchall()
            )
    unused = "AND mapping.used_at IS NULL" if tab == UNUSED else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT mapping.id, carrier.code, carrier.name, coalesce(service.code, ''), coalesce(service.name, ''),
                       mapping.channel_carrier, mapping.channel_service, mapping.is_primary, mapping.used_at
                {_CARRIERS_FROM} {unused} ORDER BY carrier.code, service.code NULLS FIRST, mapping.is_primary DESC,
                mapping.channel_carrier, mapping.channel_service LIMIT %(limit)s OFFSET %(offset)s""",
            page,
        )
        return tuple(CarrierMappingRow(*row) for row in cursor.fetchall())


_SKUS_FROM = """
    FROM products_variant variant
    LEFT JOIN mappings_skumapping mapping ON mapping.variant_id = variant.id AND mapping.channel_id = %(channel)s
    WHERE variant.account_id = %(account)s AND (%(text)s = '' OR variant.sku ILIKE %(like)s
          OR variant.name ILIKE %(like)s OR mapping.channel_sku ILIKE %(like)s)
"""
_SKU_TABS = {ALL: "true", UNMAPPED: "is_loose", UNUSED: "NOT is_loose AND used_at IS NULL"}
_SKU_TOTALS = {ALL: "all_rows", UNMAPPED: "loose", UNUSED: "unused"}


@dataclass(frozen=True)
class SkuPage:
    """One page of variants, and how many rows each tab has; `variants` counts all of the account's."""

    rows: tuple[SkuRow, ...]
    counts: dict[str, int]
    variants: int


def get_sku_page(channel_id: int, *, account_id: int, text: str, tab: str, page: int, size: int) -> SkuPage:
    """Return the account's variants by SKU with their SKU at the channel; beyond the last page, the last."""
    facts = _facts(channel_id, account_id, text) | {"page": page - 1, "size": size, "tab": tab}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH found AS (SELECT variant.id, variant.sku, variant.name, mapping.channel_sku, mapping.used_at,
                                  mapping.id IS NULL AS is_loose {_SKUS_FROM}),
                 counted AS (SELECT count(*) AS all_rows, count(*) FILTER (WHERE is_loose) AS loose,
                                    count(*) FILTER (WHERE NOT is_loose AND used_at IS NULL) AS unused,
                                    (SELECT count(*) FROM products_variant WHERE account_id = %(account)s) AS variants
                             FROM found)
            SELECT counted.*, shown.id, shown.sku, shown.name, coalesce(shown.channel_sku, ''), shown.used_at
            FROM counted LEFT JOIN (
                SELECT * FROM found WHERE {_SKU_TABS[tab]} ORDER BY sku, id LIMIT %(size)s
                OFFSET (SELECT least(%(page)s, greatest(0, ({_SKU_TOTALS[tab]} - 1) / %(size)s)) * %(size)s
                        FROM counted)
            ) shown ON true ORDER BY shown.sku, shown.id""",  # noqa: S608
            facts,
        )
        rows = cursor.fetchall()
    in_all, loose, unused, variants = rows[0][:4]
    listed = tuple(SkuRow(*row[4:]) for row in rows if row[4] is not None)
    return SkuPage(listed, {ALL: in_all, UNMAPPED: loose, UNUSED: unused}, variants)


def list_references(channel_id: int) -> tuple[ReferenceRow, ...]:
    """List where references go, by object and code; there are few."""
    rows = ReferenceMapping.objects.filter(channel_id=channel_id).order_by("object", "code", "id")
    return tuple(ReferenceRow(*row) for row in rows.values_list("id", "object", "code", "property", "used_at")[:2000])


def _facts(channel_id: int, account_id: int, text: str) -> dict[str, Any]:
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {"channel": channel_id, "account": account_id, "text": text, "like": f"%{plain}%"}
