"""The statements behind `drafts`: one set for all kinds, and for each kind its rows, its checks and its table.

A row is an array of cells in the order of its file's columns. `key` is the part that names it.
"""

from dataclasses import dataclass

from dockline.domain.mappings.rules import MappingKind

BLUR = "ltrim(lower(translate({0}, E' \\t\\n\\r\\u00a0', '') COLLATE \"C\"), '0')"
"""`rules.blur_sku` in SQL."""


@dataclass(frozen=True)
class Check:
    """What makes a row an error: the column to blame, why (SQL), and when (SQL)."""

    field: str
    reason: str
    when: str


@dataclass(frozen=True)
class KindSql:
    """What differs from kind to kind. `row` stands for a row of the draft, `key` for the cells that name it."""

    present: str
    key: str
    checks: tuple[Check, ...]
    conflicts: tuple[Check, ...]
    delete: str
    insert: str
    told: str


_CARRIERS = KindSql(
    present="""
        SELECT ARRAY[carrier.code, coalesce(service.code, ''), mapping.channel_carrier, mapping.channel_service,
                     CASE WHEN mapping.is_primary THEN 'yes' ELSE 'no' END]::text[] AS cells, mapping.used_at
        FROM mappings_carriermapping mapping JOIN carriers_carrier carrier ON carrier.id = mapping.carrier_id
        LEFT JOIN carriers_service service ON service.id = mapping.service_id
        WHERE mapping.channel_id = %(channel)s""",
    key="ARRAY[{0}[3], {0}[4]]",
    checks=(
        Check("carrier", "'is empty. Give a code of the carriers master list'", "row.cells[1] = ''"),
        Check("channel_carrier", "'is empty. Give what the channel calls the carrier'", "row.cells[3] = ''"),
        Check("primary", "'is neither yes nor no'", "row.cells[5] NOT IN ('yes', 'no')"),
        Check(
            "primary",
            "'cannot be yes: a code with * is understood, and never sent'",
            "row.cells[5] = 'yes' AND (row.cells[3] LIKE '%%*%%' OR row.cells[4] LIKE '%%*%%')",
        ),
        Check(
            "carrier",
            "'is no code of the carriers master list. Add it there first'",
            """NOT EXISTS (SELECT FROM carriers_carrier carrier
                           WHERE carrier.account_id = %(account)s AND carrier.code = row.cells[1])""",
        ),
        Check(
            "service",
            "'is no service of ' || row.cells[1] || ' in the carriers master list. Add it there first'",
            """row.cells[2] <> '' AND NOT EXISTS (
                   SELECT FROM carriers_service service JOIN carriers_carrier carrier ON carrier.id = service.carrier_id
                   WHERE carrier.account_id = %(account)s AND carrier.code = row.cells[1]
                     AND service.code = row.cells[2])""",
        ),
    ),
    conflicts=(
        Check(
            "primary",
            "'is yes, and so it is in another row of ' || concat_ws(' ', row.cells[1], row.cells[2]) || '. One can be'",
            """row.cells[5] = 'yes' AND EXISTS (
                   SELECT FROM draft_result other WHERE other.cells[5] = 'yes' AND other.cells[1:2] = row.cells[1:2]
                     AND other.cells[3:4] <> row.cells[3:4])""",
        ),
    ),
    delete="""
        DELETE FROM mappings_carriermapping mapping USING mappings_draftrow row
        WHERE row.draft_id = %(draft)s AND row.outcome IN ('changed', 'removed') AND mapping.channel_id = %(channel)s
          AND mapping.channel_carrier = row.before[3] AND mapping.channel_service = row.before[4]""",
    insert="""
        INSERT INTO mappings_carriermapping (channel_id, carrier_id, service_id, channel_carrier, channel_service,
                                             is_primary)
        SELECT %(channel)s, carrier.id, service.id, row.cells[3], row.cells[4], row.cells[5] = 'yes'
        FROM mappings_draftrow row
        JOIN carriers_carrier carrier ON carrier.account_id = %(account)s AND carrier.code = row.cells[1]
        LEFT JOIN carriers_service service ON service.carrier_id = carrier.id AND service.code = row.cells[2]
        WHERE row.draft_id = %(draft)s AND row.outcome IN ('added', 'changed')""",
    told="""nullif(concat_ws(' / ', nullif({0}[1], ''), nullif({0}[2], '')), '') || ' = '
            || concat_ws(' / ', nullif({0}[3], ''), nullif({0}[4], ''))
            || CASE WHEN {0}[5] = 'yes' THEN ' (Primary)' ELSE '' END""",
)

_SKUS = KindSql(
    present="""
        SELECT ARRAY[variant.sku, mapping.channel_sku]::text[] AS cells, mapping.used_at
        FROM mappings_skumapping mapping JOIN products_variant variant ON variant.id = mapping.variant_id
        WHERE mapping.channel_id = %(channel)s""",
    key="ARRAY[{0}[1]]",
    checks=(
        Check("sku", "'is empty. Give the SKU of a product'", "row.cells[1] = ''"),
        Check("channel_sku", "'is empty. Give the SKU at the channel'", "row.cells[2] = ''"),
        Check(
            "sku",
            """'is no product''s SKU' || CASE WHEN row.cells[1] ~ '^[0-9]([.,][0-9]+)?E[+][0-9]+$'
                THEN '. A spreadsheet seems to have rewritten it: format the column as text' ELSE '' END""",
            """NOT EXISTS (SELECT FROM products_variant variant
                           WHERE variant.account_id = %(account)s AND variant.sku = row.cells[1])""",
        ),
    ),
    conflicts=(
        Check(
            "channel_sku",
            """'is the channel SKU of ' || (SELECT min(other.cells[1]) FROM draft_result other
                WHERE other.cells[2] = row.cells[2] AND other.cells[1] <> row.cells[1]) || ' already'""",
            """EXISTS (SELECT FROM draft_result other
                       WHERE other.cells[2] = row.cells[2] AND other.cells[1] <> row.cells[1])""",
        ),
        Check(
            "channel_sku",
            "'is the own SKU of another product, which the channel would confuse with it. Map that product first'",
            """row.cells[2] <> row.cells[1]
               AND EXISTS (SELECT FROM products_variant variant
                           WHERE variant.account_id = %(account)s AND variant.sku = row.cells[2])
               AND NOT EXISTS (SELECT FROM draft_result other WHERE other.cells[1] = row.cells[2])""",
        ),
    ),
    delete="""
        DELETE FROM mappings_skumapping mapping USING mappings_draftrow row, products_variant variant
        WHERE row.draft_id = %(draft)s AND row.outcome IN ('changed', 'removed') AND mapping.channel_id = %(channel)s
          AND variant.account_id = %(account)s AND variant.sku = row.before[1] AND mapping.variant_id = variant.id""",
    insert="""
        INSERT INTO mappings_skumapping (channel_id, variant_id, channel_sku)
        SELECT %(channel)s, variant.id, row.cells[2] FROM mappings_draftrow row
        JOIN products_variant variant ON variant.account_id = %(account)s AND variant.sku = row.cells[1]
        WHERE row.draft_id = %(draft)s AND row.outcome IN ('added', 'changed')""",
    told="{0}[1] || ' = ' || {0}[2]",
)

_REFERENCES = KindSql(
    present="""
        SELECT ARRAY[mapping.object, mapping.code, mapping.property]::text[] AS cells, mapping.used_at
        FROM mappings_referencemapping mapping WHERE mapping.channel_id = %(channel)s""",
    key="ARRAY[{0}[1], {0}[2]]",
    checks=(
        Check(
            "object",
            "'is not one of ' || array_to_string(%(objects)s::text[], ', ')",
            "row.cells[1] <> ALL (%(objects)s::text[])",
        ),
        Check("code", "'is empty. Give the name of the reference'", "row.cells[2] = ''"),
        Check("property", "'is empty. Give the property at the channel'", "row.cells[3] = ''"),
        Check(
            "property",
            "'is no property of the channel that is free for this object'",
            """NOT EXISTS (SELECT FROM unnest(%(place_objects)s::text[], %(place_patterns)s::text[])
                                        AS place(object, name)
                           WHERE place.object = row.cells[1] AND row.cells[3] ~ place.name)""",
        ),
    ),
    conflicts=(
        Check(
            "property",
            """'takes ' || (SELECT min(other.cells[2]) FROM draft_result other WHERE other.cells[1] = row.cells[1]
                AND other.cells[3] = row.cells[3] AND other.cells[2] <> row.cells[2])
                || ' already; it has room for one reference'""",
            """EXISTS (SELECT FROM draft_result other WHERE other.cells[1] = row.cells[1]
                       AND other.cells[3] = row.cells[3] AND other.cells[2] <> row.cells[2])""",
        ),
    ),
    delete="""
        DELETE FROM mappings_referencemapping mapping USING mappings_draftrow row
        WHERE row.draft_id = %(draft)s AND row.outcome IN ('changed', 'removed') AND mapping.channel_id = %(channel)s
          AND mapping.object = row.before[1] AND mapping.code = row.before[2]""",
    insert="""
        INSERT INTO mappings_referencemapping (channel_id, object, code, property)
        SELECT %(channel)s, row.cells[1], row.cells[2], row.cells[3] FROM mappings_draftrow row
        WHERE row.draft_id = %(draft)s AND row.outcome IN ('added', 'changed')""",
    told="{0}[1] || ' ' || {0}[2] || ' = ' || {0}[3]",
)

OF_KIND = {MappingKind.CARRIERS: _CARRIERS, MappingKind.SKUS: _SKUS, MappingKind.REFERENCES: _REFERENCES}


def refuse(check: Check) -> str:
    """Refuse the rows a check finds. What was refused before keeps its first reason."""
    return f"""
        UPDATE mappings_draftrow row SET outcome = 'refused', field = '{check.field}', reason = {check.reason}
        WHERE row.draft_id = %(draft)s AND row.outcome IN ('', 'added', 'changed') AND NOT row.goes
          AND ({check.when})"""  # noqa: S608


def refuse_twice(sql: KindSql, field: str) -> str:
    """Refuse rows that name the same thing as an earlier one."""
    return f"""
        UPDATE mappings_draftrow row SET outcome = 'refused', field = '{field}',
               reason = 'is in row ' || again.first_row || ' already. Keep one of them'
        FROM (SELECT id, first_row FROM (
                  SELECT id, at_row, min(at_row) OVER (PARTITION BY {sql.key.format("cells")}) AS first_row,
                         row_number() OVER (PARTITION BY {sql.key.format("cells")} ORDER BY at_row, id) AS nth
                  FROM mappings_draftrow WHERE draft_id = %(draft)s AND outcome = '' AND NOT goes) numbered
              WHERE nth > 1) again
        WHERE row.id = again.id"""  # noqa: S608


def find_before(sql: KindSql) -> str:
    """Put beside each row what is there now under its name."""
    return f"""
        UPDATE mappings_draftrow row SET before = present.cells FROM ({sql.present}) present
        WHERE row.draft_id = %(draft)s AND row.outcome = ''
          AND {sql.key.format("present.cells")} = {sql.key.format("row.cells")}"""  # noqa: S608


DECIDE = """
UPDATE mappings_draftrow SET outcome = CASE
        WHEN goes AND before IS NULL THEN 'same' WHEN goes THEN 'removed'
        WHEN before IS NULL THEN 'added' WHEN before = cells THEN 'same'
        WHEN %(mode)s = 'add' THEN 'kept' ELSE 'changed' END
WHERE draft_id = %(draft)s AND outcome = ''
"""


def take_away_the_rest(sql: KindSql) -> str:
    """Add the rows a replacing file leaves out."""
    return f"""
        INSERT INTO mappings_draftrow (draft_id, at_row, cells, before, goes, outcome, field, reason)
        SELECT %(draft)s, 0, present.cells, present.cells, true, 'removed', '', '' FROM ({sql.present}) present
        WHERE NOT EXISTS (SELECT FROM mappings_draftrow row WHERE row.draft_id = %(draft)s
                          AND {sql.key.format("row.cells")} = {sql.key.format("present.cells")})"""  # noqa: S608


def make_result(sql: KindSql) -> str:
    """What there would be after the change."""
    return f"""
        CREATE TEMP TABLE draft_result ON COMMIT DROP AS
        SELECT CASE WHEN outcome = 'kept' THEN before ELSE cells END AS cells FROM mappings_draftrow
        WHERE draft_id = %(draft)s AND outcome IN ('added', 'changed', 'same', 'kept') AND NOT goes
        UNION ALL
        SELECT present.cells FROM ({sql.present}) present
        WHERE NOT EXISTS (SELECT FROM mappings_draftrow row WHERE row.draft_id = %(draft)s AND row.outcome <> 'refused'
                          AND {sql.key.format("row.cells")} = {sql.key.format("present.cells")})"""  # noqa: S608


INDEX_RESULT = (
    "CREATE INDEX ON draft_result ((cells[1]))",
    "CREATE INDEX ON draft_result ((cells[2]))",
    "ANALYZE draft_result",
)

# One row per service can be primary: a new one takes it from the row that had it, which the draft then changes too.
DEMOTE = """
INSERT INTO mappings_draftrow (draft_id, at_row, cells, before, goes, outcome, field, reason)
SELECT %(draft)s, 0, present.cells[1:4] || 'no'::text, present.cells, false, 'changed', '', ''
FROM ({present}) present
WHERE present.cells[5] = 'yes'
  AND EXISTS (SELECT FROM mappings_draftrow row WHERE row.draft_id = %(draft)s AND row.outcome IN ('added', 'changed')
              AND row.cells[5] = 'yes' AND row.cells[1:2] = present.cells[1:2])
  AND NOT EXISTS (SELECT FROM mappings_draftrow row WHERE row.draft_id = %(draft)s
                  AND row.cells[3:4] = present.cells[3:4])
"""

# Without its mapping a product answers to its own SKU again, which must be free.
REFUSE_REMOVAL = """
UPDATE mappings_draftrow row SET outcome = 'refused', field = 'sku',
       reason = 'cannot go back to its own SKU: it is the channel SKU of '
                || (SELECT min(other.cells[1]) FROM draft_result other WHERE other.cells[2] = row.cells[1])
WHERE row.draft_id = %(draft)s AND row.outcome = 'removed'
  AND EXISTS (SELECT FROM draft_result other WHERE other.cells[2] = row.cells[1])
"""

SUGGEST = f"""
UPDATE mappings_draftrow row SET reason = row.reason || '. Did you mean "' || near.sku || '"?'
FROM (SELECT unsure.id, min(variant.sku) AS sku
      FROM (SELECT id, cells FROM mappings_draftrow
            WHERE draft_id = %(draft)s AND outcome = 'refused' AND field = 'sku' AND reason LIKE 'is no product%%'
            ORDER BY at_row LIMIT 50) unsure
      JOIN products_variant variant ON variant.account_id = %(account)s
           AND {BLUR.format("variant.sku")} = {BLUR.format("unsure.cells[1]")}
      GROUP BY unsure.id) near
WHERE row.id = near.id
"""  # noqa: S608


def remember(sql: KindSql) -> str:
    """One event for each row that changes, with what it was and what it is."""
    before, after = sql.told.format("row.before"), sql.told.format("row.cells")
    return f"""
        INSERT INTO history_event (account_id, at, actor, kind, subject_kind, subject_id, sentence, detail)
        SELECT %(account)s, %(now)s, %(actor)s, 'mapping_' || row.outcome, %(subject)s, %(channel)s,
               CASE row.outcome WHEN 'added' THEN {after} WHEN 'removed' THEN 'Removed: ' || ({before})
                    ELSE ({after}) || ', was ' || ({before}) END,
               jsonb_build_object('from', row.before, 'to', CASE WHEN row.goes THEN NULL ELSE row.cells END,
                                  'source', %(source)s::text)
        FROM mappings_draftrow row WHERE row.draft_id = %(draft)s AND row.outcome IN ('added', 'changed', 'removed')
        ORDER BY row.id"""  # noqa: S608
