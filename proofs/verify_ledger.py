"""Compare what Dockline believes with what the warehouse's own record says, without a line of Dockline's code.

    python proofs/verify_ledger.py --database URL --simulator http://127.0.0.1:PORT [--seeded seeded.json]

It copies the simulator's three records (served, or from files) line by line into temporary tables of the database and
then asks one SQL question per sentence below, all in one read-only snapshot: each row that comes back is a case in
which the sentence is not true. Quantities go from text to NUMERIC and are never floating point. Run it while nothing
is being sent, shipped or received.

Exit status: 0 everything holds, 1 something does not, 2 it could not be checked.
"""

import argparse
import http.client
import json
import sys
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

EXAMPLES = 5

# ---------------------------------------------------------------------------------------------------------------------
# The two records side by side, in temporary tables.
# ---------------------------------------------------------------------------------------------------------------------

TABLES = """
    -- The warehouse's record as it was read, one entry a row.
    CREATE TEMP TABLE raw_ledger (entry jsonb);
    CREATE TEMP TABLE raw_orders (entry jsonb);
    CREATE TEMP TABLE raw_stock (entry jsonb);
    CREATE TEMP TABLE seeded (code text, quantity numeric);

    -- The hub's shipments to this kind of warehouse, and every reference each was ever sent under.
    CREATE TEMP TABLE shipment (id bigint, channel_id bigint, reference text, status text, dispatch text,
                                customer_name text);
    CREATE TEMP TABLE known (reference text, shipment_id bigint);

    -- Per shipment and SKU: what it carries and has shipped.
    CREATE TEMP TABLE carried (shipment_id bigint, code text, quantity numeric, shipped numeric);

    -- Every line of every order, with what its open shipments carry and what all its shipments have shipped.
    CREATE TEMP TABLE book (order_id bigint, order_number text, order_status text, sku text, ordered numeric,
                            shipped numeric, cancelled numeric, under_way numeric, shipped_by_shipments numeric,
                            remaining numeric);

    -- The warehouse's record in columns. `ours` is the hub's shipment id: of the shipment with this very reference,
    -- else as the end of the reference says it (-MARKER123 or -MARKER123-G2); null for other people's orders.
    CREATE TEMP TABLE accepted (order_id text, customer_name text, reference text, status text, ours text);
    CREATE TEMP TABLE requested (order_id text, code text, quantity numeric);
    CREATE TEMP TABLE ended (order_id text, event text, status text);
    CREATE TEMP TABLE live (order_id text, customer_id text, reference text, status text, tracking text[], ours text);
    CREATE TEMP TABLE packed (order_id text, code text, quantity numeric);

    -- A shipment here with each order that is live there under one of its references.
    CREATE TEMP TABLE pair (shipment_id bigint, order_id text, reference text, status text, tracking text[]);
"""

FILL = """
    INSERT INTO shipment
    SELECT s.id, s.channel_id, s.reference, s.status, s.dispatch, c.settings->>'customer_name'
    FROM shipments_shipment s JOIN channels_channel c ON c.id = s.channel_id
    WHERE c.connector = 'cartoncloud';

    INSERT INTO known
    SELECT reference, id FROM shipment
    UNION
    SELECT e.reference, s.id FROM exchanges_exchange e JOIN shipment s ON s.id = e.subject_id
    WHERE e.subject_kind = 'shipment' AND e.kind = 'export_shipment' AND e.reference <> '';

    INSERT INTO carried
    SELECT part.shipment_id, coalesce(other.sku, line.sku), sum(part.quantity), sum(part.shipped_quantity)
    FROM shipments_shipmentline part JOIN orders_salesorderline line ON line.id = part.order_line_id
    LEFT JOIN products_variant other ON other.id = part.alternate_id
    GROUP BY 1, 2;

    INSERT INTO book
    SELECT o.id, o.number, o.status, line.sku, line.base_quantity, line.shipped_quantity, line.cancelled_quantity,
           coalesce(parts.under_way, 0), coalesce(parts.shipped, 0),
           line.base_quantity - line.shipped_quantity - line.cancelled_quantity - coalesce(parts.under_way, 0)
    FROM orders_salesorderline line JOIN orders_salesorder o ON o.id = line.order_id
    LEFT JOIN (
        SELECT part.order_line_id, sum(part.shipped_quantity) AS shipped,
               sum(part.quantity) FILTER (WHERE s.status IN ('ready', 'sent', 'rejected')) AS under_way
        FROM shipments_shipmentline part JOIN shipments_shipment s ON s.id = part.shipment_id
        GROUP BY part.order_line_id) parts ON parts.order_line_id = line.id
    WHERE NOT line.is_bundle;

    ANALYZE shipment, known;

    INSERT INTO accepted
    SELECT entry->>'order_id', entry->>'customer_name', entry->>'reference', entry->>'status',
           coalesce(owner.id::text, substring(entry->>'reference' FROM (SELECT pattern FROM our_pattern)))
    FROM raw_ledger LEFT JOIN owner ON owner.reference = entry->>'reference'
    WHERE entry->>'event' = 'accepted';

    -- What the warehouse could not read is NaN: the sum becomes NaN, which equals no quantity of ours.
    INSERT INTO requested
    SELECT entry->>'order_id', line->>'code', coalesce((line->>'base_quantity')::numeric, 'NaN')
    FROM raw_ledger, jsonb_array_elements(entry->'lines') line
    WHERE entry->>'event' = 'accepted';

    INSERT INTO ended
    SELECT entry->>'order_id', entry->>'event', entry->>'status'
    FROM raw_ledger WHERE entry->>'event' IN ('replaced', 'deleted');

    INSERT INTO live
    SELECT entry->>'id', entry->>'customer_id', entry->>'reference', entry->>'status',
           ARRAY(SELECT DISTINCT jsonb_array_elements_text(entry->'tracking_numbers') ORDER BY 1),
           coalesce(owner.id::text, substring(entry->>'reference' FROM (SELECT pattern FROM our_pattern)))
    FROM raw_orders LEFT JOIN owner ON owner.reference = entry->>'reference';

    INSERT INTO packed
    SELECT entry->>'id', line->>'code', (line->>'packed_base_quantity')::numeric
    FROM raw_orders, jsonb_array_elements(entry->'lines') line;

    ANALYZE live;

    INSERT INTO pair
    SELECT known.shipment_id, live.order_id, live.reference, live.status, live.tracking
    FROM known JOIN live ON live.reference = known.reference AND live.status <> 'REJECTED';

    ANALYZE carried, book, seeded, accepted, requested, ended, packed, pair;
"""

VIEWS = """
    CREATE TEMP VIEW owner AS SELECT reference, min(shipment_id) AS id FROM known GROUP BY reference;

    CREATE TEMP VIEW our_pattern AS
    SELECT '-' || marker || '([0-9]+)(-G[0-9]+)?$' AS pattern FROM accounts_installation;

    CREATE TEMP VIEW open_order AS SELECT * FROM orders_salesorder WHERE status IN ('approved', 'fulfilling');

    CREATE TEMP VIEW open_issue AS SELECT * FROM issues_issue WHERE resolved_at IS NULL;

    -- Shipments still to be finished, and whether the warehouse has them, they are due, or a person was asked.
    CREATE TEMP VIEW open_shipment AS
    SELECT s.id, s.order_id, s.reference, s.status, s.dispatch,
           s.dispatch IN ('confirmed', 'differs') OR s.wake_at IS NOT NULL OR EXISTS (
               SELECT FROM open_issue WHERE subject_kind = 'shipment' AND subject_id = s.id) AS is_moving
    FROM shipments_shipment s WHERE s.status IN ('ready', 'sent', 'rejected');

    -- What the hub says the warehouse has.
    CREATE TEMP VIEW believed AS
    SELECT * FROM shipment
    WHERE dispatch IN ('confirmed', 'differs') AND status IN ('sent', 'shipped', 'short_shipped');
"""


# ---------------------------------------------------------------------------------------------------------------------
# The sentences. `looked_at` counts what a sentence is about; `broken` returns a row for each case that breaks it.
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Check:
    category: str
    sentence: str
    looked_at: str
    broken: str


CHECKS = (
    Check(
        "lost",
        "What the hub says the warehouse has, the warehouse accepted and still has.",
        "believed",
        """SELECT b.reference, b.status AS here,
                  CASE WHEN NOT EXISTS (SELECT FROM accepted a WHERE a.reference = b.reference) THEN 'never accepted'
                       WHEN EXISTS (SELECT FROM live l WHERE l.reference = b.reference) THEN 'rejected'
                       ELSE 'no longer live' END AS there
           FROM believed b
           WHERE NOT EXISTS (SELECT FROM accepted a WHERE a.reference = b.reference)
              OR NOT EXISTS (SELECT FROM live l WHERE l.reference = b.reference AND l.status <> 'REJECTED')""",
    ),
    Check(
        "lost",
        "Every order the warehouse accepted under a reference of this hub belongs to a shipment.",
        "accepted WHERE ours IS NOT NULL",
        """SELECT a.reference, a.order_id FROM accepted a
           WHERE a.ours IS NOT NULL AND NOT EXISTS (SELECT FROM known k WHERE k.reference = a.reference)""",
    ),
    Check(
        "duplicated",
        "No customer has more than one live order under a reference of this hub.",
        "live WHERE ours IS NOT NULL AND status <> 'REJECTED'",
        """SELECT reference, customer_id, count(*) AS orders, min(order_id) AS one, max(order_id) AS another
           FROM live WHERE ours IS NOT NULL AND status <> 'REJECTED'
           GROUP BY customer_id, reference HAVING count(*) > 1""",
    ),
    Check(
        "duplicated",
        "No shipment has live orders under several references or at several customers.",
        "live WHERE ours IS NOT NULL AND status <> 'REJECTED'",
        """SELECT ours AS shipment, min(reference) AS one, max(reference) AS another
           FROM live WHERE ours IS NOT NULL AND status <> 'REJECTED'
           GROUP BY ours HAVING count(DISTINCT (customer_id, reference)) > 1""",
    ),
    Check(
        "duplicated",
        "No two shipments are linked to one order there.",
        "exchanges_link WHERE kind = 'shipment'",
        """SELECT external_id, min(s.reference) AS one, max(s.reference) AS another
           FROM exchanges_link link JOIN shipment s ON s.id = link.subject_id AND s.channel_id = link.channel_id
           WHERE link.kind = 'shipment' GROUP BY external_id HAVING count(*) > 1""",
    ),
    Check(
        "different",
        "The warehouse was asked for exactly what the shipment carries.",
        "pair",
        """SELECT pair.reference, code, here.quantity AS here, there.quantity AS there
           FROM (SELECT pair.order_id, code, quantity FROM pair JOIN carried USING (shipment_id)) here
           FULL JOIN (SELECT order_id, code, sum(quantity) AS quantity FROM requested
                      WHERE order_id IN (SELECT order_id FROM pair) GROUP BY order_id, code) there
                USING (order_id, code)
           JOIN pair USING (order_id)
           WHERE here.quantity IS DISTINCT FROM there.quantity""",
    ),
    Check(
        "different",
        "What left the warehouse is what the shipment has shipped.",
        "pair",
        """SELECT pair.reference, code, coalesce(here.shipped, 0) AS here, coalesce(there.quantity, 0) AS there
           FROM (SELECT pair.order_id, code, shipped FROM pair JOIN carried USING (shipment_id)) here
           FULL JOIN (SELECT order_id, code, sum(quantity) AS quantity FROM pair JOIN packed USING (order_id)
                      WHERE status = 'DISPATCHED' GROUP BY order_id, code) there
                USING (order_id, code)
           JOIN pair USING (order_id)
           WHERE coalesce(here.shipped, 0) <> coalesce(there.quantity, 0)""",
    ),
    Check(
        "different",
        "A shipment is sent, shipped or short shipped just as its order there is.",
        "pair",
        """SELECT pair.reference, s.status AS here, expected.status AS there
           FROM pair JOIN shipment s ON s.id = pair.shipment_id
           LEFT JOIN (SELECT pair.order_id, bool_or(carried.quantity > coalesce(gone.quantity, 0)) AS is_short
                      FROM pair JOIN carried USING (shipment_id)
                      LEFT JOIN (SELECT order_id, code, sum(quantity) AS quantity FROM packed
                                 GROUP BY order_id, code) gone USING (order_id, code)
                      GROUP BY pair.order_id) outcome USING (order_id)
           CROSS JOIN LATERAL (SELECT CASE WHEN pair.status <> 'DISPATCHED' THEN 'sent'
                                           WHEN outcome.is_short THEN 'short_shipped'
                                           ELSE 'shipped' END AS status) expected
           WHERE s.status <> expected.status""",
    ),
    Check(
        "different",
        "A shipment that left has the tracking numbers its order there has.",
        "pair WHERE status = 'DISPATCHED'",
        """SELECT reference, coalesce(here, '{}') AS here, tracking AS there
           FROM pair
           LEFT JOIN (SELECT shipment_id, array_agg(DISTINCT tracking_number::text ORDER BY tracking_number::text)
                                          AS here
                      FROM shipments_package WHERE tracking_number <> '' GROUP BY shipment_id) packages
                USING (shipment_id)
           WHERE status = 'DISPATCHED' AND coalesce(here, '{}') <> tracking""",
    ),
    Check(
        "different",
        "The order there is one of the customer that the channel names.",
        "pair",
        """SELECT pair.reference, s.customer_name AS here, a.customer_name AS there
           FROM pair JOIN shipment s ON s.id = pair.shipment_id LEFT JOIN accepted a USING (order_id)
           WHERE a.customer_name IS DISTINCT FROM s.customer_name""",
    ),
    Check(
        "different",
        "A confirmed shipment is linked to the very order there.",
        "pair",
        """SELECT pair.reference, link.external_id AS here, pair.order_id AS there
           FROM pair JOIN believed s ON s.id = pair.shipment_id
           LEFT JOIN exchanges_link link
                ON link.kind = 'shipment' AND link.channel_id = s.channel_id AND link.subject_id = s.id
           WHERE link.external_id IS DISTINCT FROM pair.order_id""",
    ),
    Check(
        "sent once",
        "No reference was accepted more than once, rejected and replaced orders aside.",
        "known",
        """SELECT a.reference, count(*) AS times, min(a.order_id) AS one, max(a.order_id) AS another
           FROM accepted a
           WHERE a.ours IS NOT NULL AND a.status <> 'REJECTED'
             AND NOT EXISTS (SELECT FROM live l WHERE l.order_id = a.order_id AND l.status = 'REJECTED')
             AND NOT EXISTS (SELECT FROM ended e WHERE e.order_id = a.order_id
                             AND (e.event = 'replaced' OR e.status = 'REJECTED'))
           GROUP BY a.reference HAVING count(*) > 1""",
    ),
    Check(
        "books",
        "An order line has shipped what its shipments have shipped.",
        "book",
        """SELECT order_number, sku, shipped AS line, shipped_by_shipments AS shipments
           FROM book WHERE shipped <> shipped_by_shipments""",
    ),
    Check(
        "books",
        "Ordered is shipped, under way, remaining and cancelled; more shipped only where an issue or surplus says so.",
        "book",
        """SELECT order_number, sku, ordered, shipped, under_way, remaining, cancelled
           FROM book
           WHERE least(ordered, shipped, under_way, cancelled) < 0
              OR under_way > greatest(ordered - shipped - cancelled, 0)
              OR (remaining < 0 AND NOT EXISTS (
                  SELECT FROM issues_issue i JOIN shipments_shipment s ON s.id = i.subject_id
                  WHERE i.subject_kind = 'shipment' AND i.cause = 'shipped_more' AND s.order_id = book.order_id)
                AND NOT EXISTS (
                  SELECT FROM shipments_shipmentsurplus x JOIN shipments_shipment s ON s.id = x.shipment_id
                  WHERE x.is_ordered AND x.sku = book.sku AND s.order_id = book.order_id))""",
    ),
    Check(
        "books",
        "A closed order has nothing remaining and nothing under way.",
        "orders_salesorder WHERE status IN ('shipped', 'cancelled')",
        """SELECT order_number, order_status, sku, under_way, remaining
           FROM book WHERE order_status IN ('shipped', 'cancelled') AND (remaining > 0 OR under_way > 0)""",
    ),
    Check(
        "stock",
        "What lies there is what was put there less what was packed.",
        "seeded",
        """SELECT code, coalesce(seeded.quantity, 0) AS seeded, coalesce(gone.quantity, 0) AS packed,
                  coalesce(lies.quantity, 0) AS there
           FROM seeded
           FULL JOIN (SELECT code, sum(quantity) AS quantity FROM packed GROUP BY code) gone USING (code)
           FULL JOIN (SELECT entry->>'code' AS code, sum((entry->>'on_hand')::numeric) AS quantity
                      FROM raw_stock GROUP BY 1) lies USING (code)
           WHERE coalesce(lies.quantity, 0) <> coalesce(seeded.quantity, 0) - coalesce(gone.quantity, 0)""",
    ),
    Check(
        "visible",
        "Every open order is under way, due, or has an open issue.",
        "open_order",
        """SELECT o.number, o.status FROM open_order o
           WHERE o.wake_at IS NULL
             AND NOT EXISTS (SELECT FROM open_shipment s WHERE s.order_id = o.id AND s.is_moving)
             AND NOT EXISTS (SELECT FROM open_issue i WHERE i.subject_kind = 'order' AND i.subject_id = o.id)""",
    ),
    Check(
        "visible",
        "Every open shipment is at the warehouse, due, or has an open issue.",
        "open_shipment",
        "SELECT reference, status, dispatch FROM open_shipment WHERE NOT is_moving",
    ),
    Check(
        "visible",
        "An open order that waits says why, with an open issue: short of stock, or what a person must decide.",
        "open_order",
        """SELECT o.number, o.is_backordered, o.waiting_reason, coalesce(causes, '{}') AS issues
           FROM open_order o
           LEFT JOIN (SELECT subject_id AS id, array_agg(cause::text) AS causes FROM open_issue
                      WHERE subject_kind = 'order' GROUP BY subject_id) issues USING (id)
           LEFT JOIN (SELECT order_id AS id, max(remaining) AS remaining FROM book GROUP BY order_id) lacking USING (id)
           WHERE (o.is_backordered OR (o.wake_at IS NULL AND lacking.remaining > 0))
             AND (o.waiting_reason = '' OR causes IS NULL
                  OR NOT (o.is_backordered OR causes && ARRAY['no_warehouse', 'shipped_nothing', 'shipped_less']))""",
    ),
)


# ---------------------------------------------------------------------------------------------------------------------
# Reading, asking, telling.
# ---------------------------------------------------------------------------------------------------------------------


class CannotCheck(Exception):
    """Something needed for the checks is missing or unreadable."""


@dataclass(frozen=True)
class Finding:
    check: Check
    looked_at: int
    violations: int
    examples: list[dict[str, Any]]


def main() -> int:
    asked = read_arguments()
    try:
        seeded = read_seeded(asked.seeded) if asked.seeded else None
        with psycopg.connect(asked.database, autocommit=True) as connection:
            connection.execute(TABLES + VIEWS)
            with connection.transaction():
                # From here on the database refuses to change anything but our temporary tables.
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                load(connection, "raw_ledger (entry)", ((line,) for line in read_lines(asked, "ledger")))
                load(connection, "raw_orders (entry)", ((line,) for line in read_lines(asked, "orders")))
                if seeded is not None:
                    load(connection, "raw_stock (entry)", read_stock(asked))
                    load(connection, "seeded (code, quantity)", seeded)
                connection.execute(FILL)
                checks = [check for check in CHECKS if check.category != "stock" or seeded is not None]
                findings = [ask(connection, check) for check in checks]
    except (CannotCheck, OSError, ValueError, http.client.HTTPException, psycopg.Error) as error:
        print(f"Could not be checked: {error}", file=sys.stderr)
        return 2
    holds = all(finding.violations == 0 for finding in findings)
    tell(findings, holds=holds, stock_checked=seeded is not None)
    if asked.json:
        asked.json.write_text(json.dumps(describe(findings, holds=holds), indent=2, default=write_plainly) + "\n")
    return 0 if holds else 1


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--database", required=True, help="address of the Dockline database")
    parser.add_argument("--simulator", help="address of the simulator, such as http://127.0.0.1:8700")
    parser.add_argument("--ledger", type=Path, help="file with the lines of /_sim/ledger, instead of asking for them")
    parser.add_argument("--orders", type=Path, help="file with the lines of /_sim/orders")
    parser.add_argument("--stock", type=Path, help="file with the answer of /_sim/stock")
    parser.add_argument("--seeded", type=Path, help='file with all stock ever put there: {"CODE": "quantity", ...}')
    parser.add_argument("--json", type=Path, help="file to write the report to")
    return parser.parse_args()


def read_lines(asked: argparse.Namespace, name: str) -> Iterator[str]:
    """The lines of one record, one at a time, from its file or else from the simulator."""
    path: Path | None = getattr(asked, name)
    if path is None and not asked.simulator:
        raise CannotCheck(f"give --simulator or --{name}")
    if path is not None:
        source = path.open("rb")
    else:
        # Whatever proxy the environment names, the simulator is on a machine we reach directly.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        source = opener.open(f"{asked.simulator.rstrip('/')}/_sim/{name}", timeout=300)
    with source:
        for line in source:
            if line.strip():
                yield line.decode()


def read_stock(asked: argparse.Namespace) -> Iterator[tuple[str]]:
    for row in json.loads("".join(read_lines(asked, "stock")), parse_float=Decimal):
        yield (json.dumps(row, default=str),)


def read_seeded(path: Path) -> list[tuple[str, Decimal]]:
    found = json.loads(path.read_bytes(), parse_float=str)
    try:
        return [(code, Decimal(quantity)) for code, quantity in found.items()]
    except (AttributeError, TypeError, InvalidOperation):
        raise CannotCheck(f"{path} is not an object of codes and quantities") from None


def load(connection: psycopg.Connection[Any], table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def ask(connection: psycopg.Connection[Any], check: Check) -> Finding:
    with connection.cursor(row_factory=dict_row) as cursor:
        looked_at = cursor.execute(f"SELECT count(*) AS number FROM {check.looked_at}").fetchone()["number"]
        broken = (
            f"SELECT count(*) OVER () AS violations, found.* FROM ({check.broken}) found ORDER BY 2 LIMIT {EXAMPLES}"
        )
        examples = cursor.execute(broken).fetchall()
    violations = examples[0]["violations"] if examples else 0
    for example in examples:
        del example["violations"]
    return Finding(check, looked_at, violations, examples)


def tell(findings: list[Finding], *, holds: bool, stock_checked: bool) -> None:
    width = max(len(finding.check.sentence) for finding in findings)
    print(f"{'':10}  {'':{width}}  {'looked at':>9}  {'violated':>8}")
    for finding in findings:
        check = finding.check
        print(f"{check.category:10}  {check.sentence:{width}}  {finding.looked_at:9}  {finding.violations:8}")
        for example in finding.examples:
            print(f"{'':12}{', '.join(f'{name}: {write_plainly(value)}' for name, value in example.items())}")
    if not stock_checked:
        print(f"{'stock':10}  Not checked: --seeded was not given.")
    print(", ".join(f"{count(findings, name)} {name}" for name in ("lost", "duplicated", "different")))
    broken = dict.fromkeys(finding.check.category for finding in findings if finding.violations)
    print("Everything holds." if holds else f"It does NOT hold: {', '.join(broken)}.")


def describe(findings: list[Finding], *, holds: bool) -> dict[str, Any]:
    """The report: a verdict, the violations of each category that was checked, and each sentence with its examples."""
    categories = dict.fromkeys(finding.check.category for finding in findings)
    return {
        "holds": holds,
        "violations": {category: count(findings, category) for category in categories},
        "checks": [
            {
                "category": finding.check.category,
                "sentence": finding.check.sentence,
                "looked_at": finding.looked_at,
                "violations": finding.violations,
                "examples": finding.examples,
            }
            for finding in findings
        ],
    }


def count(findings: list[Finding], category: str) -> int:
    return sum(finding.violations for finding in findings if finding.check.category == category)


def write_plainly(value: object) -> str:
    """An exact quantity without idle zeros; nothing as a dash."""
    if isinstance(value, Decimal) and value.is_finite():
        digits = f"{value:f}"
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())
