"""Place the plain orders of a file while it is being read; stage the others, to be judged when all is known.

The database stores one chunk of rows while the next is read and judged: between any two batches a step of storing is
taken. What is placed ahead is exactly what would be placed if all were staged; see `plain`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import compress, repeat
from typing import NamedTuple

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
_RUN_ID, _LINES, _CONTENT, _ORDER_NUMBER = map(RUN_COLUMNS.index, ("run_id", "lines", "content", "number"))

# Enough that the statements for a chunk do not count, few enough to be little beside the program itself. The first ones
# are smaller, for the database waits for the first, and grow.
CHUNK_ROWS = 6_000
FIRST_ROWS = 1_000
MOST_REMEMBERED = 20_000


class _Product(NamedTuple):
    """A product that lines may name."""

    variant_id: str
    base_unit: str


class _Ids(NamedTuple):
    """Ids set aside for new rows: as many as there may be."""

    orders: Sequence[str]
    products: Sequence[str]
    variants: Sequence[str]

    def first(self, orders: int, products: int) -> "_Ids":
        """Take as many as there are new rows."""
        return _Ids(self.orders[:orders], self.products[:products], self.variants[:products])


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
        chunk, wanted = _Chunk(), FIRST_ROWS
        # Closed whatever happens, so that no COPY is left open.
        try:
            for batch in batches:
                chunk.batches.append(batch)
                store.go_on()
                if chunk.rows >= min(wanted, CHUNK_ROWS):
                    store.take(chunk)
                    chunk, wanted = _Chunk(), wanted * 2
            store.take(chunk)
            store.finish()
        finally:
            store.close()
        store.refuse_intertwined()
        return store.placed


@dataclass
class _Chunk:
    """Some batches, and what is to be copied for them: statements with their blocks, in the order they are sent."""

    batches: list[Batch] = field(default_factory=list)
    copies: list[tuple[str, list[bytes]]] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    products: dict[str, _Product] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(batch.rows for batch in self.batches)


class _Store:
    """Stores chunk after chunk: one is on its way to the database while the next is made ready to be sent."""

    def __init__(self, cursor: CursorWrapper, placing: Placing) -> None:
        self.cursor = cursor
        self.placing = placing
        self.placed = Placed()
        self.products: dict[str, _Product] = {}
        self.has_nameless = False
        self.ready = _Chunk()
        self.steps = self._send(self.ready)
        # Foreign keys are checked statement by statement: so late a surprise as at the commit would be nobody's.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql.BEGIN, {"account": placing.account_id})
        numbers: tuple[int, int] = (cursor.fetchone() or (None, 0, 0))[1:]
        self.last_order, self.last_variant = numbers
        cursor.execute(SHIPPING, {"account": placing.account_id})
        self.warehouse_ids = {code: str(warehouse_id) for code, warehouse_id in cursor.fetchall()}

    def go_on(self) -> None:
        """Take a step of storing."""
        next(self.steps, None)

    def take(self, chunk: _Chunk) -> None:
        """Take a chunk on: ask what the account has of it, send the one before, and meanwhile make this one ready."""
        self._wait()
        if self.has_nameless and are_described(chunk.batches):
            raise Intertwined()
        known, ids = self._look_up(chunk.batches)
        self.steps = self._send(self.ready)
        self.ready = chunk
        for _ in self._make_ready(chunk, known, ids):
            self.go_on()

    def finish(self) -> None:
        """Send what is ready, and wait until all is stored."""
        self._wait()
        self.steps = self._send(self.ready)
        self._wait()

    def close(self) -> None:
        """Leave no COPY open."""
        self.steps.close()

    def _wait(self) -> None:
        with suppress(StopIteration):
            next(self.steps)
            while True:
                self.steps.send(True)

    def _send(self, chunk: _Chunk) -> Steps:
        for statement, blocks in chunk.copies:
            yield from copy_in_steps(self.cursor, statement, blocks)

    def _look_up(self, batches: Sequence[Batch]) -> tuple[set[str], _Ids]:
        """Return the known ones of the orders of some batches, and ids for the others and their products.

        The chunk that is ready is not in the database yet.
        """
        if len(self.products) > MOST_REMEMBERED:
            self.products = dict(self.ready.products)
        account, numbers = self.placing.account_id, list_numbers(batches)
        if not self.ready.numbers.isdisjoint(numbers):
            raise Intertwined()
        missing = list_skus(batches).difference(self.products)
        self.cursor.execute(sql.KNOWN_PRODUCTS, {"account": account, "skus": list(missing)})
        for sku, variant_id, base_unit in self.cursor.fetchall():
            self.products[sku] = _Product(str(variant_id), base_unit)
        self.cursor.execute(sql.KNOWN_NUMBERS, {"account": account, "numbers": numbers})
        found = self.cursor.fetchall()
        if any(order_id > self.last_order for _, order_id in found):
            raise Intertwined()
        known = {number for number, _ in found}
        new = len(missing.difference(self.products)) if self.placing.policy.creates_products else 0
        self.cursor.execute(sql.RESERVE_IDS, {"orders": len(numbers) - len(known), "products": new})
        reserved: tuple[list[int], list[int], list[int]] = self.cursor.fetchone() or ([], [], [])
        orders, products, variants = (list(map(str, ids)) for ids in reserved)
        return known, _Ids(orders, products, variants)

    def _make_ready(self, chunk: _Chunk, known: set[str], ids: _Ids) -> Iterator[None]:
        """Judge a chunk and write what is to be copied, bit by bit."""
        plain = find_plain(
            chunk.batches,
            known_numbers=known,
            base_units={sku: product.base_unit for sku, product in self.products.items()},
            warehouses=self.warehouse_ids,
            policy=self.placing.policy,
        )
        ids = ids.first(len(plain.runs), len(plain.products))
        orders = dict(zip((run[_RUN_ID] for run in plain.runs), ids.orders, strict=True))
        chunk.numbers = {run[_ORDER_NUMBER] for run in plain.runs}
        chunk.products = {
            sku: _Product(variant_id, product.base_unit)
            for (sku, product), variant_id in zip(plain.products.items(), ids.variants, strict=True)
        }
        self.products |= chunk.products
        yield
        has_references = any(any(batch.lines[_REFERENCES]) for batch in chunk.batches if batch.lines)
        doubtful, lines = [], []
        for batch in chunk.batches:
            order_ids = list(map(orders.get, batch.lines[_RUN])) if batch.lines else []
            doubtful.append(_write_doubtful(batch, order_ids, orders))
            lines.append(self._write_lines(batch, order_ids, has_references=has_references))
            yield
        made, variants = self._write_products(plain.products, ids)
        chunk.copies = [
            (sql.COPY_PRODUCTS, [made]),
            (sql.COPY_VARIANTS, [variants]),
            (sql.COPY_ORDERS, [self._write_orders(plain.runs, ids.orders)]),
            (sql.COPY_LINES_WITH_REFERENCES if has_references else sql.COPY_LINES, lines),
            (sql.COPY_EVENTS, [self._write_events(plain.runs, ids.orders)]),
            (staging.COPY_STAGED, doubtful),
        ]
        self.placed.rows += chunk.rows
        self.placed.orders += len(plain.runs)
        self.placed.lines += sum(int(run[_LINES]) for run in plain.runs)
        self.placed.products += len(plain.products)
        self.has_nameless |= not all(product.name for product in plain.products.values())
        chunk.batches = []

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

    def _write_products(self, products: Mapping[str, NewProduct], ids: _Ids) -> tuple[bytes, bytes]:
        account, now = str(self.placing.account_id), self.placing.now.isoformat()
        made, variants = [], []
        for (sku, product), product_id, variant_id in zip(products.items(), ids.products, ids.variants, strict=True):
            name = product.name or sku
            made.append((product_id, name, account, now))
            variants.append((variant_id, product_id, sku, name, product.base_unit, account, "t", now, now))
        return copy_text.write_block(made), copy_text.write_block(variants)

    def _write_orders(self, runs: Sequence[Row], ids: Sequence[str]) -> bytes:
        account, now = str(self.placing.account_id), self.placing.now.isoformat()
        constants = (account, OrderStatus.APPROVED.value, self.placing.source, "f", "", now, now)
        rows = []
        for order_id, run in zip(ids, runs, strict=True):
            header = run[_ORDER_NUMBER:]
            *texts, ship_on, deliver_by, instructions, carrier, references, cancel_after, warehouse, _status = header
            digest = staging.digest_order(header, run[_CONTENT])
            later = (ship_on or NULL, deliver_by or NULL, instructions, carrier, references or "{}")
            limits = (cancel_after or NULL, self.warehouse_ids.get(warehouse, NULL))
            rows.append((order_id, *texts, *later, *limits, digest, *constants))
        return copy_text.write_block(rows)

    def _write_lines(self, batch: Batch, order_ids: Sequence[str | None], *, has_references: bool) -> bytes:
        lines = [list(compress(column, order_ids)) for column in batch.lines] if None in order_ids else batch.lines
        placed = list(filter(None, order_ids))
        if not placed:
            return b""
        _row, _run, positions, skus, descriptions, quantities, _units, prices, numbers, references = lines
        variant_ids, base_units = zip(*map(self.products.__getitem__, skus), strict=True)
        columns = [
            placed,
            _fill(numbers, positions) if any(numbers) else positions,
            variant_ids,
            skus,
            descriptions,
            quantities,
            quantities,
            base_units,
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


def _write_doubtful(batch: Batch, order_ids: Sequence[str | None], orders: Mapping[str, str]) -> bytes:
    """Write what is not of a plain order, for staging."""
    is_doubtful = [order_id is None for order_id in order_ids] if None in order_ids else []
    lines = [list(compress(column, is_doubtful)) for column in batch.lines] if is_doubtful else []
    runs = [run for run in batch.runs if run[_RUN_ID] not in orders]
    return staging.write_batch(Batch(runs, lines, batch.refusals))
