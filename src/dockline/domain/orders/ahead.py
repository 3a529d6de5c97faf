"""Place the plain orders of a file while it is being read; stage the others, to be judged when all is known.

The database stores one chunk of rows while the next is read: between any two batches a step of storing is taken. What
is placed ahead is exactly what would be placed if all were staged; see `plain`.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress, repeat

from django.db import connection
from django.db.backends.utils import CursorWrapper

from dockline.domain.orders import ahead_sql as sql
from dockline.domain.orders import staging
from dockline.domain.orders.plain import NewProduct, are_described, find_plain, list_numbers, list_skus
from dockline.domain.orders.rules import OrderStatus
from dockline.domain.orders.staging import Batch, Policy, Tally
from dockline.domain.orders.staging_sql import LINE_COLUMNS, RUN_COLUMNS, SHIPPING
from dockline.kit import copy_text
from dockline.kit.copy_steps import Steps, copy_in_steps
from dockline.kit.copy_text import NULL, Row

_RUN, _REFERENCES = map(LINE_COLUMNS.index, ("run", "line_refs"))
_RUN_ID, _LINES, _CONTENT, _HEADER = map(RUN_COLUMNS.index, ("run_id", "lines", "content", "number"))

# Enough that the statements for a chunk do not count, few enough to be little beside the program itself.
CHUNK_ROWS = 6_000
MOST_REMEMBERED = 20_000


class Intertwined(Exception):
    """What was placed ahead and other rows of the file depend on each other: undo it all, and stage the whole file."""


@dataclass(frozen=True)
class Placing:
    """For whom, whence and by whom orders are placed."""

    account_id: int
    policy: Policy
    source: str
    actor: str
    now: datetime


@dataclass
class Placed:
    """What was placed ahead, and how many rows were read."""

    rows: int = 0
    orders: int = 0
    lines: int = 0
    products: int = 0

    def add_to(self, judged: Tally) -> Tally:
        """Say what becomes of all rows, from what becomes of those that were staged."""
        return replace(
            judged,
            imported=judged.imported + self.lines,
            orders=judged.orders + self.orders,
            products=judged.products + self.products,
        )


def place_plain_orders(batches: Iterable[Batch], placing: Placing) -> Placed:
    """Place what is plain and stage what is not. Needs a transaction. Raises Intertwined.

    Imports of one account queue up here, as they do before they judge.
    """
    staging.make_tables()
    with connection.cursor() as cursor:
        store = _Store(cursor, placing)
        chunk: list[Batch] = []
        steps = store.store(())
        # Closed whatever happens, so that no COPY is left open.
        try:
            for batch in batches:
                chunk.append(batch)
                next(steps, None)
                if sum(each.rows for each in chunk) >= CHUNK_ROWS:
                    _finish(steps)
                    steps, chunk = store.store(chunk), []
            _finish(steps)
            steps = store.store(chunk)
            _finish(steps)
        finally:
            steps.close()
        store.refuse_intertwined()
        return store.placed


def _finish(steps: Steps) -> None:
    with suppress(StopIteration):
        next(steps)
        while True:
            steps.send(True)


class _Store:
    """Stores chunk after chunk."""

    def __init__(self, cursor: CursorWrapper, placing: Placing) -> None:
        self.cursor = cursor
        self.placing = placing
        self.placed = Placed()
        self.variant_ids: dict[str, str] = {}
        self.base_units: dict[str, str] = {}
        self.has_nameless = False
        # Foreign keys are checked statement by statement: so late a surprise as at the commit would be nobody's.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql.BEGIN, {"account": placing.account_id})
        numbers: tuple[int, int] = (cursor.fetchone() or (None, 0, 0))[1:]
        self.last_order, self.last_variant = numbers
        cursor.execute(SHIPPING, {"account": placing.account_id})
        self.warehouse_ids = {code: str(warehouse_id) for code, warehouse_id in cursor.fetchall()}

    def store(self, batches: Sequence[Batch]) -> Steps:
        """Place the plain orders of some batches and stage all else, step by step."""
        if not batches:
            return
        if self.has_nameless and are_described(batches):
            raise Intertwined()
        self._look_up_products(list_skus(batches))
        plain = find_plain(
            batches,
            known_numbers=self._look_up_numbers(list_numbers(batches)),
            base_units=self.base_units,
            warehouses=self.warehouse_ids,
            policy=self.placing.policy,
        )
        ids = self._reserve("orders_salesorder", len(plain.runs))
        orders = {run[_RUN_ID]: order_id for run, order_id in zip(plain.runs, ids, strict=True)}

        yield from copy_in_steps(
            self.cursor, staging.COPY_STAGED, (_write_doubtful(batch, orders) for batch in batches)
        )
        if plain.runs:
            yield from self._make_products(plain.products)
            yield from copy_in_steps(self.cursor, sql.COPY_ORDERS, [self._write_orders(plain.runs, ids)])
            has_references = any(any(batch.lines[_REFERENCES]) for batch in batches if batch.lines)
            yield from copy_in_steps(
                self.cursor,
                sql.COPY_LINES_WITH_REFERENCES if has_references else sql.COPY_LINES,
                (self._write_lines(batch, orders, has_references=has_references) for batch in batches),
            )
            yield from copy_in_steps(self.cursor, sql.COPY_EVENTS, [self._write_events(plain.runs, ids)])
        self.placed.rows += sum(batch.rows for batch in batches)
        self.placed.orders += len(plain.runs)
        self.placed.lines += sum(int(run[_LINES]) for run in plain.runs)
        self.placed.products += len(plain.products)
        self.has_nameless |= not all(product.name for product in plain.products.values())

    def refuse_intertwined(self) -> None:
        """Raise Intertwined when staged rows have to do with what was placed."""
        facts: staging.Facts = {
            "account": self.placing.account_id,
            "last_order": self.last_order,
            "last_variant": self.last_variant,
            "unit": self.placing.policy.default_unit,
        }
        if self.placed.orders:
            self.cursor.execute(sql.ARE_INTERTWINED, facts)
            if self.cursor.fetchone() == (True,):
                raise Intertwined()

    def _look_up_products(self, skus: set[str]) -> None:
        if len(self.variant_ids) > MOST_REMEMBERED:
            self.variant_ids.clear()
            self.base_units.clear()
        if missing := skus.difference(self.variant_ids):
            self.cursor.execute(sql.KNOWN_PRODUCTS, {"account": self.placing.account_id, "skus": list(missing)})
            for sku, variant_id, base_unit in self.cursor.fetchall():
                self.variant_ids[sku], self.base_units[sku] = str(variant_id), base_unit

    def _look_up_numbers(self, numbers: list[str]) -> set[str]:
        self.cursor.execute(sql.KNOWN_NUMBERS, {"account": self.placing.account_id, "numbers": numbers})
        known = self.cursor.fetchall()
        if any(order_id > self.last_order for _, order_id in known):
            raise Intertwined()
        return {number for number, _ in known}

    def _reserve(self, table: str, count: int) -> list[str]:
        self.cursor.execute(sql.RESERVE_IDS, {"table": table, "count": count})
        return [str(reserved) for (reserved,) in self.cursor.fetchall()]

    def _make_products(self, products: Mapping[str, NewProduct]) -> Steps:
        product_ids = self._reserve("products_product", len(products))
        variant_ids = self._reserve("products_variant", len(products))
        self.variant_ids.update(zip(products, variant_ids, strict=True))
        self.base_units.update((sku, product.base_unit) for sku, product in products.items())
        account, now = str(self.placing.account_id), self.placing.now.isoformat()
        made, variants = [], []
        for (sku, product), product_id in zip(products.items(), product_ids, strict=True):
            name = product.name or sku
            made.append((product_id, name, account, now))
            variants.append((self.variant_ids[sku], product_id, sku, name, product.base_unit, account, "t", now, now))
        yield from copy_in_steps(self.cursor, sql.COPY_PRODUCTS, [copy_text.write_block(made)])
        yield from copy_in_steps(self.cursor, sql.COPY_VARIANTS, [copy_text.write_block(variants)])

    def _write_orders(self, runs: Sequence[Row], ids: Sequence[str]) -> bytes:
        account, now = str(self.placing.account_id), self.placing.now.isoformat()
        constants = (account, OrderStatus.APPROVED.value, self.placing.source, "f", "", now, now)
        rows = []
        for order_id, run in zip(ids, runs, strict=True):
            header = run[_HEADER:]
            *texts, ship_on, deliver_by, instructions, carrier, references, cancel_after, warehouse, _status = header
            digest = staging.digest_order(header, run[_CONTENT])
            later = (ship_on or NULL, deliver_by or NULL, instructions, carrier, references or "{}")
            limits = (cancel_after or NULL, self.warehouse_ids.get(warehouse, NULL))
            rows.append((order_id, *texts, *later, *limits, digest, *constants))
        return copy_text.write_block(rows)

    def _write_lines(self, batch: Batch, orders: Mapping[str, str], *, has_references: bool) -> bytes:
        lines = batch.lines
        order_ids = [orders.get(run, "") for run in lines[_RUN]] if lines else []
        if "" in order_ids:
            lines = [list(compress(column, order_ids)) for column in lines]
            order_ids = list(filter(None, order_ids))
        if not order_ids:
            return b""
        _row, _run, positions, skus, descriptions, quantities, _units, prices, numbers, references = lines
        columns = [
            order_ids,
            _fill(numbers, positions),
            list(map(self.variant_ids.__getitem__, skus)),
            skus,
            descriptions,
            quantities,
            quantities,
            list(map(self.base_units.__getitem__, skus)),
            _fill(prices, repeat(NULL)),
        ]
        if has_references:
            columns.append(_fill(references, repeat("{}")))
        return copy_text.write_columns(columns)

    def _write_events(self, runs: Sequence[Row], ids: Sequence[str]) -> bytes:
        place = self.placing
        constants = (str(place.account_id), place.now.isoformat(), place.actor, "placed", "order", "{}")
        rows = []
        for order_id, run in zip(ids, runs, strict=True):
            lines = "1 line" if run[_LINES] == "1" else f"{run[_LINES]} lines"
            rows.append((order_id, f"Placed from {place.source} with {lines}.", *constants))
        return copy_text.write_block(rows)


def _fill(column: Sequence[str], others: Iterable[str]) -> Sequence[str]:
    """Put something else where a column is empty."""
    return [cell or other for cell, other in zip(column, others, strict=False)] if "" in column else column


def _write_doubtful(batch: Batch, orders: Mapping[str, str]) -> bytes:
    """Write what is not of a plain order, for staging."""
    is_doubtful = [run not in orders for run in batch.lines[_RUN]] if batch.lines else []
    lines = [list(compress(column, is_doubtful)) for column in batch.lines] if any(is_doubtful) else []
    runs = [run for run in batch.runs if run[_RUN_ID] not in orders]
    return staging.write_batch(Batch(runs, lines, batch.refusals))
