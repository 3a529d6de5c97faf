"""The statements behind `staging`, in the order they run."""

LINE_COLUMNS = (
    "at_row",
    "run",
    "position",
    "sku",
    "description",
    "quantity",
    "unit",
    "unit_price",
    "line",
    "line_refs",
)
RUN_COLUMNS = (
    "run_id",
    "first_row",
    "lines",
    "content",
    "number",
    "placed_at",
    "customer_name",
    "customer_reference",
    "ship_to",
    "service",
    "currency",
    "ship_on",
    "deliver_by",
    "instructions",
    "carrier",
    "refs",
    "cancel_after",
    "warehouse",
    "status",
)
REFUSAL_COLUMNS = ("refused_row", "refused_number", "cause", "field", "reason", "blocks")
STAGED_COLUMNS = (*LINE_COLUMNS, *RUN_COLUMNS, *REFUSAL_COLUMNS)

# Each staged record is a line, a run or a refusal; the columns of the others are empty and take no room.
# Compiling plans costs more than these few big statements win; sorting in memory wins much.
OPEN = """
DROP TABLE IF EXISTS staged, staged_run, staged_refusal, staged_order, staged_variant, staged_place;
SET LOCAL jit = off;
SET LOCAL work_mem = '64MB';
SET LOCAL enable_mergejoin = off;
CREATE TEMP TABLE staged (
    at_row int, run int, position int, sku text, description text, quantity numeric(20, 6), unit text,
    unit_price numeric(20, 6), line int, line_refs text,
    run_id int, first_row int, lines int, content text, number text, placed_at timestamptz, customer_name text,
    customer_reference text, ship_to text, service text, currency text, ship_on date, deliver_by date,
    instructions text, carrier text, refs text, cancel_after timestamptz, warehouse text, status text,
    refused_row int, refused_number text, cause text, field text, reason text, blocks boolean
) ON COMMIT DROP;
"""

_HEADER = (
    "placed_at",
    "customer_name",
    "customer_reference",
    "ship_to",
    "service",
    "currency",
    "ship_on",
    "deliver_by",
    "instructions",
)
_LATER = ("carrier", "refs", "cancel_after", "warehouse")
_FIELD_OF = {"refs": "references", "warehouse": "requested_warehouse"}

# By their codes, the warehouses that an order of the account may ask for.
SHIPPING = """
SELECT place.code, place.id FROM warehouses_accountwarehouse enabled
JOIN warehouses_warehouse place ON place.id = enabled.warehouse_id
WHERE enabled.account_id = %(account)s AND NOT place.is_virtual
"""


def _header_text(alias: str) -> str:
    parts = []
    for name in _HEADER:
        column = f"{alias}.{name}"
        if name == "placed_at":
            column = f"extract(epoch from {column})::text"
        elif name in ("ship_on", "deliver_by"):
            column = f"to_char({column}, 'YYYY-MM-DD')"
        parts.append(f"coalesce({column}, '')")
    # Control characters never occur inside a cell, so they separate cells without doubt.
    text = " || E'\\x1f' || ".join(parts)
    # Columns that came later count only where they hold something: what was imported before stays known.
    return text + "".join(f" || coalesce(E'\\x1c{name}=' || {_later_text(alias, name)}, '')" for name in _LATER)


def _later_text(alias: str, name: str) -> str:
    return f"extract(epoch from {alias}.{name})::text" if name == "cancel_after" else f"{alias}.{name}"


_TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtext('orders.staging'), %(account)s::int)"

# An order is known by its first run.
_RUNS = """
CREATE TEMP TABLE staged_run ON COMMIT DROP AS
SELECT run_id AS run, first_value(run_id) OVER same_order AS head, first_row, lines,
       coalesce(sum(lines) OVER earlier, 0)::int AS lines_before, content, number, placed_at, customer_name,
       customer_reference, ship_to, service, currency, ship_on, deliver_by, instructions, carrier, refs,
       cancel_after, warehouse, status
FROM staged WHERE run_id IS NOT NULL
WINDOW same_order AS (PARTITION BY number ORDER BY run_id),
       earlier AS (PARTITION BY number ORDER BY run_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
"""

_REFUSALS = """
CREATE TEMP TABLE staged_refusal ON COMMIT DROP AS
SELECT refused_row AS at_row, refused_number AS number, cause, field, reason, blocks
FROM staged WHERE refused_row IS NOT NULL
"""

# What the lines of an order say is known from its run, unless they lie in several: see `staging.Content`.
_ORDERS = f"""
CREATE TEMP TABLE staged_order ON COMMIT DROP AS
SELECT head.run, head.number,
       CASE WHEN %(earliest)s THEN whole.earliest ELSE head.placed_at END AS placed_at,
       head.customer_name, head.customer_reference, head.ship_to, head.service, head.currency, head.ship_on,
       head.deliver_by, head.instructions, head.carrier, head.refs, head.cancel_after, head.warehouse,
       shipping.id AS warehouse_id, head.status, head.first_row, whole.lines,
       encode(sha256(convert_to({_header_text("head")} || E'\\x1d' || coalesce(apart.content, head.content), 'UTF8')),
              'hex') AS digest,
       known.source_digest AS known_digest,
       NULL::text AS verdict, NULL::text AS cause, NULL::text AS field, NULL::text AS reason, NULL::int AS blamed_row
FROM (SELECT head, min(placed_at) AS earliest, sum(lines)::int AS lines FROM staged_run GROUP BY head) whole
JOIN staged_run head ON head.run = whole.head
LEFT JOIN ({SHIPPING}) shipping ON shipping.code = head.warehouse
LEFT JOIN (
    SELECT number, source_digest FROM orders_salesorder
    WHERE account_id = %(account)s AND number = ANY(ARRAY(SELECT number FROM staged_run))
) known ON known.number = head.number
LEFT JOIN (
    SELECT part.head, encode(sha256(convert_to(string_agg(rtrim(
               line.sku || E'\\x1f' || coalesce(line.description, '') || E'\\x1f' || trim_scale(line.quantity)::text
               || E'\\x1f' || coalesce(line.unit, '') || E'\\x1f' || coalesce(trim_scale(line.unit_price)::text, '')
               || E'\\x1f' || coalesce(line.line::text, '') || E'\\x1f' || coalesce(line.line_refs, ''), E'\\x1f')
               || E'\\x1e', '' ORDER BY line.at_row), 'UTF8')), 'hex') AS content
    FROM staged line JOIN staged_run part ON part.run = line.run
    WHERE part.head IN (SELECT head FROM staged_run WHERE run <> head) GROUP BY part.head
) apart ON apart.head = head.run
"""  # noqa: S608

_FIELD_IN_CONFLICT = (
    "CASE WHEN NOT %(earliest)s AND part.placed_at IS DISTINCT FROM head.placed_at THEN 'placed_at' "
    + " ".join(
        f"WHEN part.{name} IS DISTINCT FROM head.{name} THEN '{_FIELD_OF.get(name, name)}'"
        for name in (*_HEADER, *_LATER, "status")
        if name != "placed_at"
    )
    + " END"
)

_REFUSE_CONFLICTS = f"""
UPDATE staged_order SET verdict = 'refused', cause = 'conflict', field = found.field, blamed_row = found.first_row,
       reason = 'differs from row ' || staged_order.first_row || ' of the same order'
FROM (SELECT DISTINCT ON (part.head) part.head, part.first_row, {_FIELD_IN_CONFLICT} AS field
      FROM staged_run part JOIN staged_run head ON head.run = part.head
      WHERE part.run <> part.head AND {_FIELD_IN_CONFLICT} IS NOT NULL
      ORDER BY part.head, part.first_row) found
WHERE found.head = staged_order.run
"""  # noqa: S608

_REFUSE_BLOCKED = """
UPDATE staged_order SET verdict = 'refused', cause = bad.cause, field = bad.field, reason = bad.reason,
       blamed_row = bad.at_row
FROM (SELECT DISTINCT ON (number) number, at_row, cause, field, reason FROM staged_refusal WHERE blocks
      ORDER BY number, at_row) bad
WHERE bad.number = staged_order.number AND (staged_order.verdict IS NULL OR bad.at_row < staged_order.blamed_row)
"""

_REFUSE_LINE_NUMBERS = """
UPDATE staged_order SET verdict = 'refused', cause = 'line_number', field = 'line_number', blamed_row = bad.at_row,
       reason = CASE WHEN bad.line IS NULL THEN 'is empty, but other lines of the order have one'
                     ELSE 'is used twice in the order' END
FROM (SELECT DISTINCT ON (head) head, at_row, line
      FROM (SELECT part.head, line.at_row, line.line, count(line.line) OVER (PARTITION BY part.head) AS numbered,
                   row_number() OVER (PARTITION BY part.head, line.line ORDER BY line.at_row) AS nth
            FROM staged line JOIN staged_run part USING (run)
            WHERE EXISTS (SELECT 1 FROM staged WHERE line IS NOT NULL)) counted
      WHERE (line IS NULL AND numbered > 0) OR (line IS NOT NULL AND nth > 1)
      ORDER BY head, at_row) bad
WHERE bad.head = staged_order.run AND staged_order.verdict IS NULL
"""

# The digest is of how a file wrote it. What was exported says the same in other words, such as the unit in every line.
_KNOW_BY_CONTENT = """
UPDATE staged_order SET known_digest = digest
FROM orders_salesorder known
WHERE known.account_id = %(account)s AND known.number = staged_order.number
  AND staged_order.verdict IS NULL AND staged_order.known_digest <> staged_order.digest
  AND (known.placed_at, known.customer_name, known.customer_reference, known.ship_to, known.service, known.currency,
       known.ship_on, known.deliver_by, known.instructions, known.carrier, known.references, known.cancel_after,
       (SELECT code FROM warehouses_warehouse WHERE id = known.requested_warehouse_id))
      IS NOT DISTINCT FROM (
       staged_order.placed_at, coalesce(staged_order.customer_name, ''), coalesce(staged_order.customer_reference, ''),
       coalesce(staged_order.ship_to, '{}')::jsonb, coalesce(staged_order.service, ''),
       coalesce(staged_order.currency, ''), staged_order.ship_on, staged_order.deliver_by,
       coalesce(staged_order.instructions, ''), coalesce(staged_order.carrier, ''),
       coalesce(staged_order.refs, '{}')::jsonb, staged_order.cancel_after, staged_order.warehouse)
  AND (SELECT array_agg(ARRAY[number::text, sku, description, trim_scale(quantity)::text, unit,
                              coalesce(trim_scale(unit_price)::text, ''), "references"::text] ORDER BY number)
       FROM orders_salesorderline kept WHERE kept.order_id = known.id AND kept.part_of_id IS NULL)
    = (SELECT array_agg(ARRAY[said.line_number::text, said.sku, coalesce(said.description, ''),
                              trim_scale(said.quantity)::text, coalesce(said.unit, variant.base_unit, ''),
                              coalesce(trim_scale(said.unit_price)::text, ''),
                              coalesce(said.line_refs, '{}')::jsonb::text] ORDER BY said.line_number)
       FROM (SELECT coalesce(line.line, part.lines_before + line.position) AS line_number, line.*
             FROM staged line JOIN staged_run part ON part.run = line.run WHERE part.head = staged_order.run) said
       LEFT JOIN products_variant variant ON variant.account_id = %(account)s AND variant.sku = said.sku)
"""

# Before anything is looked up in the account: an order placed earlier stays known when its products changed since.
_SETTLE_KNOWN = """
UPDATE staged_order
SET verdict = CASE WHEN known_digest = digest THEN 'skipped' ELSE 'refused' END,
    cause = CASE WHEN known_digest = digest THEN 'known' ELSE 'known_otherwise' END,
    field = 'order_number',
    reason = CASE WHEN known_digest = digest THEN 'already known' ELSE 'already known with other content' END
WHERE known_digest IS NOT NULL AND verdict IS NULL
"""

# What a warehouse has, had or will not have any more must not be sent once more from here.
_REFUSE_UNDER_WAY = """
UPDATE staged_order SET verdict = 'refused', cause = 'status', field = 'status', blamed_row = first_row,
       reason = 'of a new order is approved. Leave out what is ' || status || ': it would be sent from here as well'
WHERE status IS NOT NULL AND verdict IS NULL
"""

_REFUSE_WAREHOUSES = f"""
UPDATE staged_order SET verdict = 'refused', cause = 'warehouse', field = 'requested_warehouse', blamed_row = first_row,
       reason = '"' || warehouse || '" is no warehouse that this account ships from; '
                || coalesce('they are ' || (SELECT string_agg(code, ', ' ORDER BY code) FROM ({SHIPPING}) shipping),
                            'there is none yet')
WHERE warehouse IS NOT NULL AND warehouse_id IS NULL AND verdict IS NULL
"""  # noqa: S608

_VARIANTS = """
CREATE TEMP TABLE staged_variant ON COMMIT DROP AS
SELECT wanted.sku, wanted.first_row, known.id AS variant_id, known.id IS NULL AS is_new,
       coalesce(known.base_unit, first.unit, %(unit)s) AS base_unit,
       coalesce(named.description, wanted.sku) AS name
FROM (SELECT line.sku, min(line.at_row) AS first_row,
             min(line.at_row) FILTER (WHERE line.description IS NOT NULL) AS named_row
      FROM staged line JOIN staged_run part USING (run) JOIN staged_order ON staged_order.run = part.head
      WHERE staged_order.verdict IS NULL GROUP BY line.sku) wanted
LEFT JOIN LATERAL (
    SELECT id, base_unit FROM products_variant WHERE account_id = %(account)s AND sku = wanted.sku LIMIT 1
) known ON true
LEFT JOIN staged first ON first.at_row = wanted.first_row AND known.id IS NULL
LEFT JOIN staged named ON named.at_row = wanted.named_row AND known.id IS NULL
"""

_REFUSE_UNSELLABLE = """
UPDATE staged_order SET verdict = 'refused', cause = bad.cause, blamed_row = bad.at_row,
       field = CASE bad.cause WHEN 'unknown_sku' THEN 'sku' WHEN 'unknown_unit' THEN 'unit' ELSE 'quantity' END,
       reason = CASE bad.cause WHEN 'unknown_sku' THEN 'no product has the SKU "' || bad.sku || '"'
                    WHEN 'unknown_unit' THEN 'the product has no unit "' || bad.unit || '"'
                    ELSE 'is not an exact quantity in the base unit' END
FROM (
    SELECT DISTINCT ON (part.head) part.head, line.at_row, line.sku, line.unit,
           CASE WHEN variant.is_new AND NOT %(create)s THEN 'unknown_sku'
                WHEN unit.id IS NULL THEN 'unknown_unit' ELSE 'quantity' END AS cause
    FROM staged line JOIN staged_run part USING (run) JOIN staged_order ON staged_order.run = part.head
    JOIN staged_variant variant ON variant.sku = line.sku
    LEFT JOIN products_unitofmeasure unit ON unit.variant_id = variant.variant_id AND unit.code = line.unit
    WHERE staged_order.verdict IS NULL
      AND ((variant.is_new AND NOT %(create)s)
           OR (line.unit <> variant.base_unit
               AND (unit.id IS NULL OR line.quantity * unit.base_quantity >= 1e14
                    OR line.quantity * unit.base_quantity <> round(line.quantity * unit.base_quantity, 6))))
    ORDER BY part.head, line.at_row
) bad
WHERE bad.head = staged_order.run
"""

_DROP_UNUSED_VARIANTS = """
DELETE FROM staged_variant WHERE is_new
AND EXISTS (SELECT 1 FROM staged_order WHERE cause IN ('unknown_sku', 'unknown_unit', 'quantity'))
AND NOT EXISTS (
    SELECT 1 FROM staged line JOIN staged_run part USING (run) JOIN staged_order ON staged_order.run = part.head
    WHERE staged_order.verdict IS NULL AND line.sku = staged_variant.sku)
"""

JUDGE = (
    _TAKE_TURNS,
    _RUNS,
    _REFUSALS,
    _ORDERS,
    _REFUSE_CONFLICTS,
    _REFUSE_BLOCKED,
    _REFUSE_LINE_NUMBERS,
    _KNOW_BY_CONTENT,
    _SETTLE_KNOWN,
    _REFUSE_UNDER_WAY,
    _REFUSE_WAREHOUSES,
    _VARIANTS,
    _REFUSE_UNSELLABLE,
    _DROP_UNUSED_VARIANTS,
)

# The row to blame keeps the reason itself; the other rows of its order name it.
OUTCOMES = """
SELECT at_row, number, 'refused' AS outcome, cause, field, reason FROM staged_refusal
UNION ALL
SELECT line.at_row, staged_order.number, staged_order.verdict,
       CASE WHEN blamed_row <> line.at_row THEN 'order_in_error' ELSE staged_order.cause END,
       CASE WHEN blamed_row <> line.at_row THEN NULL ELSE staged_order.field END,
       CASE WHEN blamed_row <> line.at_row
            THEN 'row ' || blamed_row || ' of this order is in error: '
                 || coalesce(nullif(staged_order.field, '') || ' ', '') || staged_order.reason
            ELSE staged_order.reason END
FROM staged line JOIN staged_run part USING (run) JOIN staged_order ON staged_order.run = part.head
WHERE staged_order.verdict IS NOT NULL
ORDER BY at_row
"""

# The row to blame for a refused order is one of its lines, or was refused by itself and then counted already.
TALLY = """
SELECT 'refused', cause, count(*)::int FROM staged_refusal GROUP BY cause
UNION ALL
SELECT coalesce(verdict, 'imported'), coalesce(cause, ''), sum(lines)::int
FROM staged_order WHERE blamed_row IS NULL GROUP BY verdict, cause
UNION ALL
SELECT 'refused', staged_order.cause, count(*)::int
FROM staged_order LEFT JOIN staged_refusal bad ON bad.at_row = blamed_row
WHERE blamed_row IS NOT NULL AND bad.at_row IS NULL GROUP BY staged_order.cause
UNION ALL
SELECT 'refused', 'order_in_error', (coalesce(sum(lines), 0) - count(*) FILTER (WHERE bad.at_row IS NULL))::int
FROM staged_order LEFT JOIN staged_refusal bad ON bad.at_row = blamed_row
WHERE blamed_row IS NOT NULL
"""

COUNT_PLACED = """
SELECT (SELECT count(*) FROM staged_order WHERE verdict IS NULL), (SELECT count(*) FROM staged_variant WHERE is_new)
"""

WRITE_RUN_LINES = f"""
INSERT INTO runs_runline (run_id, at, level, text)
SELECT %(run)s, %(now)s, 'warning',
       'Row ' || at_row || ', order ' || coalesce(number, '(none)') || ': '
       || coalesce(nullif(field, '') || ' ', '') || reason
FROM ({OUTCOMES}) outcome WHERE outcome = 'refused' ORDER BY at_row LIMIT %(most)s
"""  # noqa: S608

_NAME_VARIANTS = """
UPDATE staged_variant SET variant_id = nextval(pg_get_serial_sequence('products_variant', 'id')) WHERE is_new
"""

_INSERT_PRODUCTS = """
WITH made AS (
    SELECT nextval(pg_get_serial_sequence('products_product', 'id')) AS product_id, variant_id, sku, name, base_unit
    FROM (SELECT * FROM staged_variant WHERE is_new ORDER BY first_row) new
), product AS (
    INSERT INTO products_product (id, account_id, name, created_at) SELECT product_id, %(account)s, name, %(now)s
    FROM made
)
INSERT INTO products_variant (id, account_id, product_id, sku, name, base_unit, is_active, created_at, changed_at)
SELECT variant_id, %(account)s, product_id, sku, name, base_unit, true, %(now)s, %(now)s FROM made
"""

_NAME_ORDERS = """
CREATE TEMP TABLE staged_place ON COMMIT DROP AS
SELECT part.run, named.order_id, part.lines_before
FROM (SELECT run, nextval(pg_get_serial_sequence('orders_salesorder', 'id')) AS order_id
      FROM (SELECT run FROM staged_order WHERE verdict IS NULL ORDER BY first_row) accepted) named
JOIN staged_run part ON part.head = named.run
"""

_INSERT_ORDERS = """
INSERT INTO orders_salesorder (
    id, account_id, number, status, placed_at, customer_name, customer_reference, ship_to, service, currency, ship_on,
    deliver_by, instructions, carrier, "references", cancel_after, requested_warehouse_id, source, source_digest,
    is_backordered, waiting_reason, wake_at, created_at)
SELECT place.order_id, %(account)s, number, %(status)s, placed_at, coalesce(customer_name, ''),
       coalesce(customer_reference, ''), ship_to::jsonb, coalesce(service, ''), coalesce(currency, ''), ship_on,
       deliver_by, coalesce(instructions, ''), coalesce(carrier, ''), coalesce(refs, '{}')::jsonb, cancel_after,
       warehouse_id, %(source)s, digest, false, '', %(now)s, %(now)s
FROM staged_place place JOIN staged_order USING (run) ORDER BY place.order_id
"""

_INSERT_LINES = """
INSERT INTO orders_salesorderline (
    order_id, number, variant_id, sku, description, quantity, unit, base_quantity, shipped_quantity,
    cancelled_quantity, unit_price, "references")
SELECT place.order_id, coalesce(line.line, place.lines_before + line.position),
       variant.variant_id, line.sku, coalesce(line.description, ''), line.quantity,
       coalesce(line.unit, variant.base_unit),
       CASE WHEN line.unit <> variant.base_unit THEN line.quantity * unit.base_quantity ELSE line.quantity END,
       0, 0, line.unit_price, coalesce(line.line_refs, '{}')::jsonb
FROM staged line JOIN staged_place place USING (run) JOIN staged_variant variant ON variant.sku = line.sku
LEFT JOIN products_unitofmeasure unit ON unit.variant_id = variant.variant_id AND unit.code = line.unit
"""

_INSERT_EVENTS = """
INSERT INTO history_event (account_id, at, actor, kind, subject_kind, subject_id, sentence, detail)
SELECT %(account)s, %(now)s, %(actor)s, 'placed', 'order', place.order_id,
       %(sentence)s || CASE WHEN lines = 1 THEN ' with 1 line.' ELSE ' with ' || lines || ' lines.' END, '{}'
FROM staged_place place JOIN staged_order USING (run) ORDER BY place.order_id
"""

# Foreign keys are checked statement by statement: so late a surprise as at the commit would be nobody's.
PLACE = (
    "SET CONSTRAINTS ALL IMMEDIATE",
    _NAME_VARIANTS,
    _INSERT_PRODUCTS,
    _NAME_ORDERS,
    _INSERT_ORDERS,
    _INSERT_LINES,
    _INSERT_EVENTS,
)
