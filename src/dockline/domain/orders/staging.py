"""Take orders in by the thousand: stage rows, judge every order as a whole, place what is right.

Everything up to `place_orders` touches temporary tables only, so a dry run is the same code without the last step.
The tables last for one transaction; `open_staging` begins it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from dockline.domain.orders import staging_sql as sql
from dockline.domain.orders.rules import OrderStatus
from dockline.kit import copy_text
from dockline.kit.copy_text import Row

RUN_COLUMNS = (
    "run",
    "first_row",
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
)
LINE_COLUMNS = ("at_row", "run", "sku", "description", "quantity", "unit", "unit_price", "line", "refs")
REFUSAL_COLUMNS = ("at_row", "number", "cause", "field", "reason", "blocks")

Facts = Mapping[str, int | str | bool | datetime]


@dataclass(frozen=True)
class Batch:
    """Some rows of a file, as text cells in the order of the columns above; an empty cell is absent.

    A *run* is a stretch of rows with the same order number and the same header values; the lines of one order may
    lie in several runs. `line_columns` says which of LINE_COLUMNS the lines have. A refusal that blocks refuses its
    whole order.
    """

    runs: Sequence[Row]
    lines: Sequence[Row]
    refusals: Sequence[Row]
    line_columns: Sequence[str] = LINE_COLUMNS


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


def open_staging() -> None:
    """Make the empty staging tables. Needs a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(sql.OPEN)


def stage(batch: Batch) -> None:
    """Put a batch into the staging tables."""
    _copy("staged_run", RUN_COLUMNS, batch.runs)
    _copy("staged_line", batch.line_columns, batch.lines)
    _copy("staged_refusal", REFUSAL_COLUMNS, batch.refusals)


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


def _copy(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    if not rows:
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH {copy_text.OPTIONS}") as copy,
    ):
        copy.write(copy_text.write_block(rows))
