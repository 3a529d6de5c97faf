"""Stock levels as a table: out for every warehouse, in for those that have no system to report them.

Writes levels with their movements. Wakes backorders.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from dockline.connectors.contract.capabilities import Capability
from dockline.domain.accounts.queries import AccountRow
from dockline.domain.channels import queries as channels
from dockline.domain.inventory import operations as inventory
from dockline.domain.inventory import queries as stock
from dockline.domain.inventory.operations import Counted
from dockline.domain.inventory.queries import LevelCells
from dockline.domain.inventory.rules import fault_of
from dockline.domain.orders import operations as orders
from dockline.domain.products import queries as products
from dockline.domain.products.operations import LONGEST_SKU, LONGEST_UNIT
from dockline.domain.tables.rules import Cells, GivenRow, JudgedRow, Shape
from dockline.domain.warehouses import queries as warehouses
from dockline.flows import job_names
from dockline.flows.data.kind import Change, Kind, Trouble, WayIn, read_number, understand
from dockline.gateway import directory
from dockline.kit.measures import plain
from dockline.kit.queue import port as queue
from dockline.kit.sheet import SheetRow

SHAPE = Shape(
    ("warehouse", "sku", "unit", "on_hand", "free", "incoming"),
    ("warehouse", "sku"),
    (100, LONGEST_SKU, LONGEST_UNIT, 30, 30, 30),
)


def _cells(level: LevelCells) -> Cells:
    quantities = (plain(quantity) for quantity in (level.on_hand, level.free, level.incoming))
    return (level.warehouse, level.sku, level.unit, *quantities)


def _list(account: AccountRow) -> Iterator[Cells]:
    return map(_cells, stock.list_level_cells(account.id))


def _find(account: AccountRow, names: Sequence[Cells]) -> Mapping[Cells, Cells]:
    wanted = set(names)
    found = map(_cells, stock.list_level_cells(account.id, skus=[sku for _, sku in names]))
    return {key: cells for cells in found if (key := SHAPE.key_of(cells)) in wanted}


def _read(account: AccountRow, rows: Sequence[SheetRow], there: Mapping[Cells, Cells]) -> Sequence[GivenRow]:
    held = products.find_held(account.id, [row.cells[1] for row in rows])
    bundles = products.get_parts(int(variant.id) for variant in held.values())
    places, reporting = _warehouses(account)

    def read(cells: Cells) -> Cells:
        warehouse, sku, unit, *quantities = cells
        if warehouse not in places:
            raise Trouble("warehouse", f"is no warehouse of this account; they are {', '.join(sorted(places))}")
        variant = held.get(sku)
        if variant is None:
            raise Trouble("sku", "is no product's SKU")
        if variant.id in bundles:
            raise Trouble("sku", "is a bundle: its components are stocked")
        if unit and unit != variant.base.code:
            raise Trouble("unit", f"must be {variant.base.code}: stock is counted in the base unit")
        numbers = [
            read_number(column, cell or "0", may_be_below_zero=True, may_be_zero=True)
            for column, cell in zip(SHAPE.columns[3:], quantities, strict=True)
        ]
        if fault := fault_of(sku, variant.base.code, numbers):
            raise Trouble("on_hand", f"cannot be so: {fault.rstrip('.')}")
        said = (warehouse, sku, variant.base.code, *(plain(number) for number in numbers))
        if warehouse in reporting and there.get((warehouse, sku)) != said:
            raise Trouble("warehouse", "has a system that reports its stock; what is imported would not last")
        return said

    return understand(rows, read)


def _warehouses(account: AccountRow) -> tuple[dict[str, int], set[str]]:
    """The physical warehouses of an account by code, and those whose system reports its stock."""
    rows = [row for row in warehouses.list_warehouses(account_id=account.id) if not row.is_virtual]
    routes = channels.get_shipping_channels(account.id)
    reporting = {
        row.code
        for row in rows
        if (route := routes.get(row.id))
        and Capability.RECEIVE_INVENTORY in directory.get_connector(route.connector).capabilities
    }
    return {row.code: row.id for row in rows}, reporting


def _write(change: Change, rows: Sequence[JudgedRow]) -> None:
    ids = products.get_variant_ids(change.account.id, [row.cells[1] for row in rows])
    places, _ = _warehouses(change.account)
    risen = []
    for warehouse, warehouse_id in sorted(places.items(), key=lambda place: place[1]):
        counted = [
            Counted(ids[row.cells[1]], *(Decimal(cell) for cell in row.cells[3:]))
            for row in rows
            if row.cells[0] == warehouse
        ]
        inventory.count_levels(counted, warehouse_id=warehouse_id, reference=change.source, now=change.now)
        risen += [one.variant_id for one in counted if one.free > 0]
    if risen:
        orders.wake_backorders(change.account.id, variant_ids=risen, now=change.now)


def _follow(change: Change) -> None:
    queue.wake(job_names.ADVANCE, change.account.id)


LEVELS = Kind(
    name="levels",
    label="Stock levels",
    about="Stock by warehouse and SKU. In only for warehouses that have no system to report it, in base units.",
    shape=SHAPE,
    list_cells=_list,
    way_in=WayIn(_find, _read, _write, follow=_follow),
)
