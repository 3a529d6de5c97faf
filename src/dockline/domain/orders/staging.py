"""Take orders in by the thousand: stage rows, judge every order as a whole, place what is right.

Everything up to `place_orders` touches temporary tables only, so a dry run is the same code without the last step.
The tables last for one transaction, or until they are made anew, by `make_tables` or `open_staging`. Orders that were
placed while the file was being read, see `ahead`, are not among them.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from dockline.domain.orders import staging_sql as sql
from dockline.domain.orders.rules import OrderStatus
from dockline.kit import copy_text
from dockline.kit.copy_text import Row

Facts = Mapping[str, int | str | bool | datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

COPY_STAGED = f"COPY staged ({', '.join(sql.STAGED_COLUMNS)}) FROM STDIN WITH {copy_text.OPTIONS}"


@dataclass(frozen=True)
class Batch:
    """Some rows of a file, as text cells in the order of the columns of `staging_sql`; an empty cell is absent.

    Lines are given column by column. A *run* is a stretch of lines with the same order number and the same header
    values; it may follow in a later batch than its lines, and the lines of one order may lie in several runs. It has a
    status only where no order is placed in it. A refusal that blocks refuses its whole order.
    """

    runs: Sequence[Row] = ()
    lines: Sequence[Sequence[str]] = ()
    refusals: Sequence[Row] = ()

    @property
    def rows(self) -> int:
        """How many rows of the file these are."""
        return (len(self.lines[0]) if self.lines else 0) + len(self.refusals)


class Content:
    """What the lines of a run say, as a digest: an order that comes again is known by it.

    `staging_sql` makes the same digest where an order's lines lie apart.
    """

    def __init__(self) -> None:
        self.lines = 0
        self._hash = hashlib.sha256()

    @staticmethod
    def join(columns: Sequence[Sequence[str]]) -> list[str]:
        """Write the cells of each line, without its row and run, as one text."""
        # These control characters never occur inside a cell. A column that is added at the end counts only where it
        # holds something: what was placed before stays known.
        return [line.rstrip("\x1f") for line in map("\x1f".join, zip(*columns, strict=True))]

    def add(self, lines: Sequence[str]) -> range:
        """Add joined lines. Returns their positions, counted from 1."""
        self._hash.update("\x1e".join([*lines, ""]).encode())
        self.lines += len(lines)
        return range(self.lines - len(lines) + 1, self.lines + 1)

    def digest(self) -> str:
        """Return the digest of all lines added."""
        return self._hash.hexdigest()


def write_texts(texts: Mapping[str, str]) -> str:
    """Write texts by name as one cell: the same texts are the same cell, in whatever order somebody gave them."""
    given = {name: texts[name] for name in sorted(texts) if texts[name]}
    return json.dumps(given, ensure_ascii=False) if given else ""


def digest_order(header: Row, content: str) -> str:
    """Make the digest an order is known by: from its header in the order of the columns of a run, and from its lines.

    `staging_sql` makes the same digest of what is staged.
    """
    _number, placed_at, *texts, carrier, references, cancel_after, warehouse, _status = header
    came_later = (
        ("carrier", carrier),
        ("refs", references),
        ("cancel_after", cancel_after and _count_seconds(cancel_after)),
        ("warehouse", warehouse),
    )
    later = (f"\x1c{name}={text}" for name, text in came_later if text)
    whole = "\x1f".join((_count_seconds(placed_at), *texts)) + "".join(later) + f"\x1d{content}"
    return hashlib.sha256(whole.encode()).hexdigest()


def _count_seconds(moment: str) -> str:
    """Write a moment as PostgreSQL writes the seconds since 1970."""
    micros = (datetime.fromisoformat(moment) - _EPOCH) // timedelta(microseconds=1)
    seconds, rest = divmod(abs(micros), 1_000_000)
    return f"{'-' * (micros < 0)}{seconds}.{rest:06}"


@dataclass(frozen=True)
class Policy:
    """What the account wants done where a file leaves room."""

    creates_products: bool = False
    default_unit: str = "EA"
    takes_earliest_placed_at: bool = False


@dataclass(frozen=True)
class Tally:
    """What becomes of the staged rows; `causes` counts refused rows."""

    imported: int
    skipped: int
    refused: int
    orders: int
    products: int
    causes: Mapping[str, int]

    @property
    def rows(self) -> int:
        """Every staged row has exactly one outcome."""
        return self.imported + self.skipped + self.refused


@dataclass(frozen=True)
class RowOutcome:
    """Why one row was not imported."""

    row: int
    order_number: str
    outcome: str
    field: str
    reason: str


@contextmanager
def open_staging() -> Iterator[Callable[[Batch], None]]:
    """Make the empty staging table and give what puts a batch into it. Needs a transaction, and all of it till done."""
    make_tables()
    # One COPY for the whole file: the database takes a batch in while the next is being read.
    with connection.cursor() as cursor, cursor.copy(COPY_STAGED) as copy:
        yield lambda batch: copy.write(write_batch(batch))


def make_tables() -> None:
    """Make the empty staging table. Needs a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(sql.OPEN)


def write_batch(batch: Batch) -> bytes:
    """Write a batch for `COPY_STAGED`."""
    lines, runs, refusals = (
        "\t" * len(columns) for columns in (sql.LINE_COLUMNS, sql.RUN_COLUMNS, sql.REFUSAL_COLUMNS)
    )
    return b"".join(
        (
            copy_text.write_columns(batch.lines, after=runs + refusals),
            copy_text.write_block(batch.runs, before=lines, after=refusals),
            copy_text.write_block(batch.refusals, before=lines + runs),
        )
    )


def judge_orders(account_id: int, *, policy: Policy) -> Tally:
    """Decide what becomes of every staged order, against what the account has now.

    Imports of one account queue up here, so two imports of one file place it once.
    """
    facts: Facts = {
        "account": account_id,
        "create": policy.creates_products,
        "unit": policy.default_unit,
        "earliest": policy.takes_earliest_placed_at,
    }
    with connection.cursor() as cursor:
        for statement in sql.JUDGE:
            cursor.execute(statement, facts)
        cursor.execute(sql.TALLY)
        counts = cursor.fetchall()
        cursor.execute(sql.COUNT_PLACED)
        orders, products = cursor.fetchone() or (0, 0)
    by_outcome = {"imported": 0, "skipped": 0, "refused": 0}
    causes: dict[str, int] = {}
    for outcome, cause, count in counts:
        by_outcome[outcome] += count
        if outcome == "refused" and count:
            causes[cause] = causes.get(cause, 0) + count
    return Tally(**by_outcome, orders=orders, products=products, causes=causes)


def place_orders(account_id: int, *, source: str, actor: str, now: datetime) -> None:
    """Store the orders judged right, with their lines, the products they need, and one `placed` event each."""
    facts: Facts = {
        "account": account_id,
        "source": source,
        "actor": actor,
        "now": now,
        "status": OrderStatus.APPROVED.value,
        "sentence": f"Placed from {source}",
    }
    with connection.cursor() as cursor:
        for statement in sql.PLACE:
            cursor.execute(statement, facts)


def list_outcomes() -> Iterator[RowOutcome]:
    """Name every row that was not imported, in the order of the file; read it to its end in the same transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql.OUTCOMES)
        for at_row, number, outcome, _cause, field, reason in cursor:
            yield RowOutcome(at_row, number or "", outcome, field or "", reason)


def write_refusals_to_run(run_id: int, *, now: datetime, most: int) -> None:
    """Write refused rows into the run's log, at most so many."""
    with connection.cursor() as cursor:
        cursor.execute(sql.WRITE_RUN_LINES, {"run": run_id, "now": now, "most": most})
