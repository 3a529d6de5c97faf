"""The statements by which levels, their movements and differences change, each for a whole report at once."""

# Whose a SKU of the channel is: the mapped product's, else that of our own name, unless it goes by another one there.
_OWNER = """
LEFT JOIN (
    SELECT mapped.channel_sku AS sku, meant.id, meant.base_unit
    FROM mappings_skumapping mapped JOIN products_variant meant ON meant.id = mapped.variant_id
    WHERE mapped.channel_id = %(channel)s
    UNION ALL
    SELECT named.sku, named.id, named.base_unit FROM products_variant named
    WHERE named.account_id = %(account)s
      AND named.id NOT IN (SELECT variant_id FROM mappings_skumapping WHERE channel_id = %(channel)s)
      AND named.sku NOT IN (SELECT channel_sku FROM mappings_skumapping WHERE channel_id = %(channel)s)
) owner ON owner.sku = told.sku
"""

# What was told in a unit whose size we do not know ourselves, and only that.
LIST_UNSIZED = f"""
SELECT told.id, told.page, told.sku, told.unit, owner.base_unit
FROM inventory_reportedrow told {_OWNER}
WHERE told.channel_id = %(channel)s AND told.edition = %(run)s AND told.id > %(after)s
  AND told.problem = '' AND told.unit <> owner.base_unit
  AND NOT EXISTS (SELECT FROM products_unitofmeasure known
                  WHERE known.variant_id = owner.id AND known.code = told.unit)
ORDER BY told.id LIMIT %(limit)s
"""  # noqa: S608

SIZE_ROWS = """
UPDATE inventory_reportedrow told SET size = said.size
FROM unnest(%s::bigint[], %s::numeric[]) AS said(id, size) WHERE told.id = said.id
"""

# What a report that came to nothing has left; with one that counts there is nothing to drop.
DROP_ROWS = """
DELETE FROM inventory_reportedrow told
WHERE told.channel_id = %(channel)s AND told.edition = %(run)s
  AND NOT EXISTS (SELECT FROM inventory_reportedpage page
                  WHERE page.channel_id = told.channel_id AND page.edition = told.edition)
"""

# What processes that died while they read a report have left.
DROP_ABANDONED = """
DELETE FROM inventory_reportedrow told
WHERE told.channel_id = %(channel)s
  AND told.edition NOT IN (SELECT edition FROM inventory_reportedpage WHERE channel_id = %(channel)s)
  AND told.edition NOT IN (SELECT id FROM runs_run WHERE channel_id = %(channel)s AND state = %(running)s)
"""

# Of a page that is as it was we have the rows; of all others there are new ones, or none any more.
REPLACE_PAGES = """
DELETE FROM inventory_reportedrow told USING inventory_reportedpage page
WHERE page.channel_id = %(channel)s AND page.page <> ALL(%(kept)s)
  AND told.channel_id = page.channel_id AND told.page = page.page AND told.edition = page.edition;
DELETE FROM inventory_reportedpage WHERE channel_id = %(channel)s AND page <> ALL(%(kept)s);
INSERT INTO inventory_reportedpage (channel_id, page, digest, edition)
SELECT %(channel)s, page, digest, %(run)s FROM unnest(%(pages)s::int[], %(digests)s::text[]) AS new(page, digest)
"""

# The statements that follow handle many rows, and would spill them to disk. A sum for each of many groups is a large
# thing in a hash, and a small one after sorting. What is asked once is not worth compiling. Of how many rows an edition
# has, the planner guesses few, and would look each of them up by itself.
HANDLE_MANY = "SET LOCAL work_mem = '32MB'; SET LOCAL enable_hashagg = off; SET LOCAL jit = off"
LOOK_NOTHING_UP = "SET LOCAL enable_nestloop = off"
MAY_LOOK_UP = "SET LOCAL enable_nestloop = on"

COUNT_STAGED = "SELECT count(*) FROM inventory_reportedrow WHERE channel_id = %(channel)s AND edition = %(run)s"

# Levels are in the base unit. What cannot be read as a quantity of a product stands for itself. Most rows are a whole
# number of base units and need no more thought, nor a look for their unit; OFFSET keeps the planner from thinking it
# once for each column.
FOLD = f"""
CREATE TEMP TABLE folded_report ON COMMIT DROP AS
SELECT variant_id, sku, problem, unit,
       sum(on_hand * size) AS on_hand, sum(free * size) AS free, sum(incoming * size) AS incoming
FROM (
    SELECT CASE WHEN told.fault = '' THEN told.variant_id END AS variant_id, told.sku, told.fault AS problem,
           CASE WHEN told.fault = '' AND told.variant_id IS NOT NULL THEN '' ELSE told.unit END AS unit,
           CASE WHEN told.fault = '' AND told.variant_id IS NOT NULL THEN told.size ELSE 1 END AS size,
           told.on_hand, CASE WHEN told.is_sellable THEN told.free ELSE 0 END AS free, told.incoming
    FROM (
        SELECT told.*, CASE
            WHEN told.problem <> '' OR told.variant_id IS NULL THEN told.problem
            WHEN told.size = 1 AND (trunc(told.on_hand), trunc(told.free), trunc(told.incoming))
                                   = (told.on_hand, told.free, told.incoming) THEN ''
            WHEN told.size IS NULL THEN format('The stock of %%s is in %%s, whose size is not known.', told.sku,
                                               coalesce(nullif(told.unit, ''), 'no unit'))
            WHEN upper(told.base_unit) = ANY(%(pieces)s) AND (told.on_hand * told.size %% 1, told.free * told.size %% 1,
                                                              told.incoming * told.size %% 1) <> (0, 0, 0)
            THEN format('%%s %%s of %%s is no whole number of pieces.',
                        trim_scale(CASE WHEN told.on_hand * told.size %% 1 <> 0 THEN told.on_hand
                                        WHEN told.free * told.size %% 1 <> 0 THEN told.free
                                        ELSE told.incoming END), told.unit, told.sku)
            WHEN greatest(abs(told.on_hand), abs(told.free), abs(told.incoming)) * told.size >= %(most)s
              OR round(told.on_hand * told.size, %(decimals)s) <> told.on_hand * told.size
              OR round(told.free * told.size, %(decimals)s) <> told.free * told.size
              OR round(told.incoming * told.size, %(decimals)s) <> told.incoming * told.size
            THEN format('%%s %%s of %%s has more than 14 digits or %%s decimals in %%s.', trim_scale(told.on_hand),
                        told.unit, told.sku, %(decimals)s, told.base_unit)
            ELSE '' END AS fault
        FROM (
            SELECT told.sku, told.unit, told.problem, told.is_sellable, told.on_hand, told.free, told.incoming,
                   owner.id AS variant_id, owner.base_unit,
                   CASE WHEN told.unit = owner.base_unit THEN 1
                        ELSE coalesce((SELECT known.base_quantity FROM products_unitofmeasure known
                                       WHERE known.variant_id = owner.id AND known.code = told.unit), told.size)
                   END AS size
            FROM (SELECT * FROM inventory_reportedrow
                  WHERE channel_id = %(channel)s AND edition = ANY(%(editions)s)) told {_OWNER}
            OFFSET 0
        ) told
        OFFSET 0
    ) told
) told
GROUP BY variant_id, sku, problem, unit
"""  # noqa: S608

# Every level that would differ, and how. Not in a complete report: no stock there. The variants are those of the
# channel's account only. A report that is older than the last one, or than a level, has nothing to say to it.
COMPARE = """
CREATE TEMP TABLE changed_level ON COMMIT DROP AS
SELECT level.id AS level_id, coalesce(folded.variant_id, level.variant_id) AS variant_id, folded.sku,
       folded.variant_id IS NULL AS is_gone,
       level.on_hand AS on_hand_before, level.free AS free_before, level.incoming AS incoming_before,
       coalesce(folded.on_hand, 0) AS on_hand, coalesce(folded.free, 0) AS free,
       coalesce(folded.incoming, 0) AS incoming
FROM (SELECT * FROM folded_report WHERE variant_id IS NOT NULL) folded
FULL JOIN (
    SELECT * FROM inventory_level WHERE warehouse_id = %(warehouse)s
) level ON level.variant_id = folded.variant_id
WHERE (level.as_of IS NULL OR level.as_of <= %(as_of)s)
  AND (level.on_hand, level.free, level.incoming) IS DISTINCT FROM
      (coalesce(folded.on_hand, 0), coalesce(folded.free, 0), coalesce(folded.incoming, 0))
  AND (folded.variant_id IS NOT NULL
       OR (SELECT mine.account_id FROM products_variant mine WHERE mine.id = level.variant_id) = %(account)s)
"""

LIST_CHANGES = """
SELECT coalesce(changed.sku, variant.sku) AS sku, changed.on_hand_before, changed.free_before,
       changed.on_hand, changed.free
FROM changed_level changed JOIN products_variant variant ON variant.id = changed.variant_id
ORDER BY sku
"""

LIST_VANISHED = """
SELECT variant.sku FROM changed_level changed JOIN products_variant variant ON variant.id = changed.variant_id
WHERE changed.is_gone AND changed.on_hand_before > 0
"""

WEIGH = """
SELECT held.skus, held.units, held.skus + moved.skus, held.units + moved.units
FROM (SELECT count(*) FILTER (WHERE level.on_hand > 0) AS skus, coalesce(sum(greatest(level.on_hand, 0)), 0) AS units
      FROM inventory_level level JOIN products_variant mine ON mine.id = level.variant_id
      WHERE level.warehouse_id = %(warehouse)s AND mine.account_id = %(account)s) held,
     (SELECT count(*) FILTER (WHERE on_hand > 0) - count(*) FILTER (WHERE on_hand_before > 0) AS skus,
             coalesce(sum(greatest(on_hand, 0) - greatest(coalesce(on_hand_before, 0), 0)), 0) AS units
      FROM changed_level) moved
"""

INSERT_LEVELS = """
WITH born AS (
    INSERT INTO inventory_level (warehouse_id, variant_id, on_hand, free, incoming, as_of)
    SELECT %(warehouse)s, variant_id, on_hand, free, incoming, %(as_of)s
    FROM changed_level WHERE level_id IS NULL ORDER BY variant_id
    RETURNING id, on_hand, free, incoming)
INSERT INTO inventory_movement (level_id, at, cause, on_hand, free, incoming, subject_id)
SELECT id, %(as_of)s, 'opening', on_hand, free, incoming, %(run)s FROM born
"""

UPDATE_LEVELS = """
WITH moved AS (
    UPDATE inventory_level level SET on_hand = changed.on_hand, free = changed.free, incoming = changed.incoming,
           as_of = %(as_of)s
    FROM changed_level changed WHERE level.id = changed.level_id
    RETURNING level.id, changed.on_hand - changed.on_hand_before AS on_hand, changed.free - changed.free_before AS free,
              changed.incoming - changed.incoming_before AS incoming)
INSERT INTO inventory_movement (level_id, at, cause, on_hand, free, incoming, subject_id)
SELECT id, %(as_of)s, %(cause)s, on_hand, free, incoming, %(run)s FROM moved
"""

# A level is what our ledger expects, so what a report changes of it is a difference; one that comes to nothing is gone.
RECORD_DRIFT = """
WITH found AS (
    SELECT level_id, on_hand - on_hand_before AS size, on_hand AS reported
    FROM changed_level WHERE level_id IS NOT NULL AND on_hand <> on_hand_before),
gone AS (
    UPDATE inventory_drift drift SET resolved_at = %(as_of)s, resolved_by = 'the stock report', seen_at = %(as_of)s,
           size = 0, reported = found.reported
    FROM found WHERE drift.level_id = found.level_id AND drift.resolved_at IS NULL AND drift.size + found.size = 0
    RETURNING drift.level_id)
INSERT INTO inventory_drift AS drift (level_id, size, reported, cause, first_seen_at, seen_at, resolved_by)
SELECT level_id, size, reported, 'unknown', %(as_of)s, %(as_of)s, '' FROM found
WHERE level_id NOT IN (SELECT level_id FROM gone) ORDER BY level_id
ON CONFLICT (level_id) WHERE resolved_at IS NULL DO UPDATE
    SET size = drift.size + excluded.size, reported = excluded.reported, seen_at = excluded.seen_at
"""

DRIFT_FACTS = """
SELECT drift.id, drift.size, drift.reported, changed.free - changed.free_before,
       coalesce(carried.quantity, 0), coalesce(ordered.quantity, 0), coalesce(booked.quantity, 0),
       coalesce(sizes.of_units, ARRAY[]::numeric[])
FROM inventory_drift drift JOIN changed_level changed ON changed.level_id = drift.level_id
LEFT JOIN (
    SELECT reserved.variant_id, sum(line.quantity) AS quantity
    FROM inventory_reservation reserved
    JOIN shipments_shipmentline line ON line.id = reserved.shipment_line_id
    JOIN shipments_shipment shipment ON shipment.id = line.shipment_id AND shipment.status = 'sent'
    WHERE reserved.warehouse_id = %(warehouse)s AND reserved.released_at IS NULL
    GROUP BY reserved.variant_id) carried ON carried.variant_id = changed.variant_id
LEFT JOIN (
    SELECT line.variant_id, sum(line.base_quantity - line.received_quantity) AS quantity
    FROM purchases_purchaseorderline line
    JOIN purchases_purchaseorder bought ON bought.id = line.order_id
    WHERE bought.warehouse_id = %(warehouse)s AND bought.closed_at IS NULL
      AND line.base_quantity > line.received_quantity
    GROUP BY line.variant_id) ordered ON ordered.variant_id = changed.variant_id
LEFT JOIN LATERAL (
    SELECT sum(movement.on_hand) AS quantity FROM inventory_movement movement
    WHERE movement.level_id = drift.level_id AND movement.cause IN ('shipment', 'receipt')
      AND movement.id > coalesce((SELECT max(earlier.id) FROM inventory_movement earlier
          WHERE earlier.level_id = drift.level_id AND earlier.cause NOT IN ('shipment', 'receipt')
            AND earlier.at < %(as_of)s), 0)) booked ON true
LEFT JOIN (
    SELECT unit.variant_id, array_agg(unit.base_quantity) AS of_units FROM products_unitofmeasure unit
    GROUP BY unit.variant_id) sizes ON sizes.variant_id = changed.variant_id
WHERE drift.resolved_at IS NULL AND drift.seen_at = %(as_of)s
"""

NAME_DRIFTS = """
UPDATE inventory_drift drift SET cause = named.cause
FROM unnest(%s::bigint[], %s::text[]) AS named(id, cause) WHERE drift.id = named.id
"""

NOTE_REPORT = """
INSERT INTO inventory_lastreport AS last (account_id, warehouse_id, as_of)
VALUES (%(account)s, %(warehouse)s, %(as_of)s)
ON CONFLICT (account_id, warehouse_id) DO UPDATE SET as_of = greatest(last.as_of, excluded.as_of)
"""

DROP_UNMATCHED = """
DELETE FROM inventory_unmatchedlevel kept
WHERE kept.channel_id = %(channel)s
  AND NOT EXISTS (SELECT FROM folded_report folded WHERE folded.variant_id IS NULL AND folded.sku = kept.sku)
"""

UPSERT_UNMATCHED = """
INSERT INTO inventory_unmatchedlevel AS kept (channel_id, sku, problem, unit, on_hand, free, as_of)
SELECT %(channel)s, sku,
       coalesce(string_agg(problem, ' ' ORDER BY problem) FILTER (WHERE problem <> ''),
                CASE WHEN count(DISTINCT unit) > 1 THEN 'It is there in several units.' END, ''),
       string_agg(DISTINCT unit, ', '), sum(on_hand), sum(free), %(as_of)s
FROM folded_report WHERE variant_id IS NULL GROUP BY sku ORDER BY sku
ON CONFLICT (channel_id, sku) DO UPDATE
    SET problem = excluded.problem, unit = excluded.unit, on_hand = excluded.on_hand, free = excluded.free,
        as_of = excluded.as_of
    WHERE (kept.problem, kept.unit, kept.on_hand, kept.free)
          IS DISTINCT FROM (excluded.problem, excluded.unit, excluded.on_hand, excluded.free)
"""

COUNT_ODD = """
SELECT count(*) FILTER (WHERE problem <> ''), count(*) FILTER (WHERE problem = '')
FROM folded_report WHERE variant_id IS NULL
"""

LIST_UNKNOWN = "SELECT sku FROM folded_report WHERE variant_id IS NULL AND problem = '' ORDER BY sku LIMIT 1000"

LIST_FAULTS = "SELECT problem FROM folded_report WHERE problem <> '' ORDER BY problem LIMIT 1000"

# Few of many: only what somebody waits for is told.
LIST_AWAITED = """
SELECT variant_id FROM folded_report
WHERE free > 0 AND variant_id IN (
    SELECT unnest(ARRAY[line.variant_id, other.alternate_id]) FROM orders_salesorder waiting
    JOIN orders_salesorderline line ON line.order_id = waiting.id
    LEFT JOIN products_alternate other ON other.variant_id = line.variant_id AND other.is_active
    WHERE waiting.account_id = %(account)s AND waiting.is_backordered)
"""

_MOVES = """
WITH move AS (
    SELECT * FROM unnest(%(variants)s::bigint[], %(on_hand)s::numeric[], %(free)s::numeric[],
                         %(at)s::timestamptz[], %(subjects)s::bigint[], %(references)s::text[])
        AS given(variant_id, on_hand, free, at, subject_id, reference)),
placed AS (
    SELECT move.*, level.id AS level_id, move.at > greatest(level.as_of, last.as_of) AS is_new
    FROM move
    JOIN inventory_level level ON level.warehouse_id = %(warehouse)s AND level.variant_id = move.variant_id
    JOIN products_variant variant ON variant.id = level.variant_id
    LEFT JOIN inventory_lastreport last
        ON last.warehouse_id = level.warehouse_id AND last.account_id = variant.account_id)
"""

MOVE_LEVELS = f"""{_MOVES},
moved AS (
    UPDATE inventory_level level SET on_hand = level.on_hand + sum.on_hand, free = level.free + sum.free
    FROM (SELECT level_id, sum(on_hand) AS on_hand, sum(free) AS free FROM placed WHERE is_new GROUP BY level_id) sum
    WHERE level.id = sum.level_id)
INSERT INTO inventory_movement (level_id, at, cause, on_hand, free, incoming, subject_id, reference)
SELECT level_id, at, %(cause)s, on_hand, free, 0, subject_id, reference FROM placed WHERE is_new
"""  # noqa: S608

# What the report had seen before we knew takes its part of the difference away, and never more than there is.
EXPLAIN_DRIFTS = f"""{_MOVES},
known AS (
    SELECT level_id, sum(on_hand) AS on_hand, min(reference) AS reference FROM placed WHERE NOT is_new
    GROUP BY level_id)
UPDATE inventory_drift drift
SET size = left_over.size,
    resolved_at = CASE WHEN left_over.size = 0 THEN %(now)s::timestamptz END,
    resolved_by = CASE WHEN left_over.size = 0 THEN known.reference ELSE '' END
FROM known, LATERAL (
    SELECT CASE WHEN abs(known.on_hand) >= abs(open.size) THEN 0 ELSE open.size - known.on_hand END AS size, open.id
    FROM inventory_drift open
    WHERE open.level_id = known.level_id AND open.resolved_at IS NULL AND sign(open.size) = sign(known.on_hand)
) left_over
WHERE drift.id = left_over.id
"""  # noqa: S608

COUNT_LEVELS = """
WITH given AS (
    SELECT * FROM unnest(%(variants)s::bigint[], %(on_hand)s::numeric[], %(free)s::numeric[], %(incoming)s::numeric[])
        AS given(variant_id, on_hand, free, incoming)),
before AS (
    SELECT level.* FROM inventory_level level JOIN given ON given.variant_id = level.variant_id
    WHERE level.warehouse_id = %(warehouse)s),
counted AS (
    INSERT INTO inventory_level AS level (warehouse_id, variant_id, on_hand, free, incoming, as_of)
    SELECT %(warehouse)s, variant_id, on_hand, free, incoming, %(now)s FROM given ORDER BY variant_id
    ON CONFLICT (warehouse_id, variant_id) DO UPDATE
        SET on_hand = excluded.on_hand, free = excluded.free, incoming = excluded.incoming, as_of = excluded.as_of
    RETURNING level.id, level.on_hand, level.free, level.incoming)
INSERT INTO inventory_movement (level_id, at, cause, on_hand, free, incoming, reference)
SELECT counted.id, %(now)s, CASE WHEN before.id IS NULL THEN %(opening)s ELSE %(cause)s END,
       counted.on_hand - coalesce(before.on_hand, 0), counted.free - coalesce(before.free, 0),
       counted.incoming - coalesce(before.incoming, 0), %(reference)s
FROM counted LEFT JOIN before ON before.id = counted.id
"""
