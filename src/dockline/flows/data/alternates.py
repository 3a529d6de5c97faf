"""Alternates as a table: a row for each product that may be sent instead of another, and its rows are all of them.

Writes the alternates of products and history. Wakes advance for orders that wait for such a product.
"""

from collections.abc import Iterator, Mapping, Sequence

from dockline.domain.accounts.queries import AccountRow
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.orders import operations as orders
from dockline.domain.products import operations as products
from dockline.domain.products import queries as product_queries
from dockline.domain.products.operations import LONGEST_SKU, KnownAlternate
from dockline.domain.products.queries import AlternateLine
from dockline.domain.tables.rules import Cells, GivenRow, JudgedRow, Outcome, Shape
from dockline.flows import job_names
from dockline.flows.data.kind import Change, Kind, Trouble, WayIn, read_number, understand
from dockline.kit.queue import port as queue
from dockline.kit.sheet import SheetRow

SHAPE = Shape(("sku", "alternate", "rank", "active"), ("sku", "alternate"), (LONGEST_SKU, LONGEST_SKU, 4, 3))
LAST_RANK = 999


def _cells(line: AlternateLine) -> Cells:
    return (line.sku, line.alternate, str(line.rank), "yes" if line.is_active else "no")


def _list(account: AccountRow) -> Iterator[Cells]:
    return map(_cells, product_queries.list_alternate_lines(account.id))


def _find(account: AccountRow, names: Sequence[Cells]) -> Mapping[Cells, Cells]:
    found = map(_cells, product_queries.list_alternate_lines(account.id, skus=[sku for (sku,) in names]))
    return {SHAPE.key_of(cells): cells for cells in found}


def _read(account: AccountRow, rows: Sequence[SheetRow], there: Mapping[Cells, Cells]) -> Sequence[GivenRow]:
    skus = {sku for row in rows for sku in row.cells[:2]}
    counted = product_queries.get_counted(account.id, list(skus))
    bundles = {line.bundle for line in product_queries.list_bundle_lines(account.id, bundles=list(skus))}

    def read(cells: Cells) -> Cells:
        sku, alternate, rank, active = cells
        for field, one in zip(SHAPE.key, cells, strict=False):
            if one not in counted:
                raise Trouble(field, "is no product's SKU. Import the product first")
            if one in bundles:
                raise Trouble(field, "is a bundle. Only single products are sent instead of each other")
        if alternate == sku:
            raise Trouble("alternate", "is the product itself")
        ours, theirs = counted[sku][1], counted[alternate][1]
        if ours != theirs:
            raise Trouble("alternate", f"is counted in {theirs}, and {sku} in {ours}: one is not sent for one")
        if active.lower() not in ("", "yes", "no"):
            raise Trouble("active", "is neither yes nor no")
        return (sku, alternate, _read_rank(rank), active.lower() or "yes")

    return understand(rows, read)


def _read_rank(text: str) -> str:
    rank = read_number("rank", text)
    if rank != int(rank) or rank > LAST_RANK:
        raise Trouble("rank", f"is a whole number from 1 to {LAST_RANK}, the preferred one first")
    return str(int(rank))


def _write(change: Change, rows: Sequence[JudgedRow]) -> None:
    ids = product_queries.get_variant_ids(change.account.id, list({sku for row in rows for sku in row.cells[:2]}))
    put, removed = [], []
    for row in rows:
        sku, alternate, rank, active = row.cells
        if row.outcome == Outcome.REMOVED:
            removed.append((ids[sku], ids[alternate]))
        else:
            put.append(KnownAlternate(ids[sku], ids[alternate], int(rank), is_active=active == "yes"))
    products.put_alternates(put, removed, now=change.now)
    history.remember(
        [
            Fact(change.account.id, row.outcome, "product", ids[row.cells[0]], _tell(row), {"source": change.source})
            for row in rows
        ],
        actor=change.actor,
        now=change.now,
    )
    wanted = [one.variant_id for one in put]
    orders.wake_backorders(change.account.id, variant_ids=wanted, now=change.now)


def _follow(change: Change) -> None:
    queue.wake(job_names.ADVANCE, change.account.id)


def _tell(row: JudgedRow) -> str:
    sku, alternate, rank, active = row.cells
    if row.outcome == Outcome.REMOVED:
        return f"{alternate} is not sent instead of {sku} any more."
    if active == "no":
        return f"{alternate} is an alternate of {sku} that is switched off."
    return f"{alternate} may be sent instead of {sku} when that is short, as number {rank}."


ALTERNATES = Kind(
    name="alternates",
    label="Alternates",
    about="A row for each product that may be sent instead of another that is short; the rows of one are all of them.",
    shape=SHAPE,
    list_cells=_list,
    way_in=WayIn(_find, _read, _write, whole=1, follow=_follow),
)
