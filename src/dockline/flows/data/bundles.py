"""Bundles as a table: a row for each component, and the rows of a bundle are all of it.

Writes the components of bundles and history. Orders that were allocated keep what their bundles were made of.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from dockline.domain.accounts.queries import AccountRow
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.products import operations as products
from dockline.domain.products import queries as product_queries
from dockline.domain.products.operations import LONGEST_SKU
from dockline.domain.products.queries import BundleLine
from dockline.domain.tables import operations as tables
from dockline.domain.tables.rules import Cells, GivenRow, JudgedRow, Outcome, Shape
from dockline.flows.data.kind import Change, Kind, Trouble, WayIn, read_number, understand
from dockline.kit.errors import Conflict
from dockline.kit.measures import plain
from dockline.kit.sheet import SheetRow

SHAPE = Shape(("bundle", "component", "quantity"), ("bundle", "component"), (LONGEST_SKU, LONGEST_SKU, 30))
NESTED = "is a bundle itself. A bundle is made of single products"


def _cells(line: BundleLine) -> Cells:
    return (line.bundle, line.component, plain(line.quantity))


def _list(account: AccountRow) -> Iterator[Cells]:
    return map(_cells, product_queries.list_bundle_lines(account.id))


def _find(account: AccountRow, names: Sequence[Cells]) -> Mapping[Cells, Cells]:
    found = map(_cells, product_queries.list_bundle_lines(account.id, bundles=[bundle for (bundle,) in names]))
    return {SHAPE.key_of(cells): cells for cells in found}


def _read(account: AccountRow, rows: Sequence[SheetRow], there: Mapping[Cells, Cells]) -> Sequence[GivenRow]:
    skus = {sku for row in rows for sku in row.cells[:2]}
    known = product_queries.get_variant_ids(account.id, list(skus))
    bundles = {line.bundle for line in product_queries.list_bundle_lines(account.id, bundles=list(skus))}
    components = product_queries.list_components(account.id, skus=list(skus))

    def read(cells: Cells) -> Cells:
        bundle, component, quantity = cells
        for field, sku in zip(SHAPE.key, cells, strict=False):
            if sku not in known:
                raise Trouble(field, "is no product's SKU. Import the product first")
        if component == bundle:
            raise Trouble("component", "is the bundle itself")
        if component in bundles:
            raise Trouble("component", NESTED)
        if bundle in components:
            raise Trouble("bundle", f"is a component of {components[bundle]}. A component is a single product")
        return (bundle, component, plain(read_number("quantity", quantity)))

    return understand(rows, read)


def _check(table_id: int) -> None:
    tables.refuse_named_elsewhere(table_id, place=1, among=0, field="component", reason=NESTED)


def _write(change: Change, rows: Sequence[JudgedRow]) -> None:
    ids = product_queries.get_variant_ids(change.account.id, list({sku for row in rows for sku in row.cells[:2]}))
    parts = [
        (ids[bundle], ids[component], Decimal(0) if row.outcome == Outcome.REMOVED else Decimal(quantity))
        for row in rows
        for bundle, component, quantity in [row.cells]
    ]
    products.put_parts(parts, now=change.now)
    if nested := product_queries.find_nested(change.account.id):
        raise Conflict(f"{nested} {NESTED}.", field="component")
    history.remember(
        [
            Fact(change.account.id, row.outcome, "product", ids[row.cells[0]], _tell(row), {"source": change.source})
            for row in rows
        ],
        actor=change.actor,
        now=change.now,
    )


def _tell(row: JudgedRow) -> str:
    bundle, component, quantity = row.cells
    if row.outcome == Outcome.REMOVED:
        return f"{component} is no component of {bundle} any more."
    was = f", was {row.before[2]}" if row.before else ""
    return f"{bundle} is made of {quantity} {component}{was}."


BUNDLES = Kind(
    name="bundles",
    label="Bundles",
    about="A row for each component; the rows of a bundle are all of it. A change alters no order that was allocated.",
    shape=SHAPE,
    list_cells=_list,
    way_in=WayIn(_find, _read, _write, whole=1, check=_check),
)
