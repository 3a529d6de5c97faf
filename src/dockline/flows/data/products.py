"""Products and their units as tables. Writes variants, their units and history. Wakes the export to channels."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from dockline.domain.accounts.queries import AccountRow
from dockline.domain.channels import queries as channels
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.products import operations as products
from dockline.domain.products import queries as product_queries
from dockline.domain.products.operations import (
    LONGEST_BARCODE,
    LONGEST_NAME,
    LONGEST_SKU,
    LONGEST_UNIT,
    LONGEST_UNIT_NAME,
    VariantContent,
)
from dockline.domain.products.queries import HeldVariant
from dockline.domain.products.rules import NOT_MEASURED, KnownUnit, Measures
from dockline.domain.tables.rules import Cells, GivenRow, JudgedRow, Outcome, Shape
from dockline.flows import job_names
from dockline.flows.data import measures
from dockline.flows.data.kind import Change, Kind, Trouble, WayIn, read_number, understand
from dockline.kit.errors import Conflict
from dockline.kit.measures import plain
from dockline.kit.queue import port as queue
from dockline.kit.sheet import SheetRow

ROWS_AT_A_TIME = 2000

PRODUCT_SHAPE = Shape(
    ("sku", "name", "product", "active", "base_unit", "barcode", *measures.COLUMNS),
    ("sku",),
    (LONGEST_SKU, LONGEST_NAME, LONGEST_NAME, 3, LONGEST_UNIT, LONGEST_BARCODE, *measures.LONGEST),
)
UNIT_SHAPE = Shape(
    ("sku", "unit", "base_quantity", "name", "barcode", *measures.COLUMNS),
    ("sku", "unit"),
    (LONGEST_SKU, LONGEST_UNIT, 30, LONGEST_UNIT_NAME, LONGEST_BARCODE, *measures.LONGEST),
)


def require_no_master(account: AccountRow) -> None:
    """Refuse where a channel is the Master Product Source: two systems never write the same fact. Raises Conflict."""
    master = channels.find_product_master(account.id)
    if master is not None:
        name = channels.get_connection(master).name
        raise Conflict(f"{name} is the Master Product Source: change products there, and import them.", field="kind")


def wake_exports(change: Change) -> None:
    """Have every channel of the account told."""
    for channel_id in channels.list_other_channels(change.account.id, besides=0):
        queue.wake(job_names.EXPORT_PRODUCTS, channel_id)


def _list_held(account: AccountRow) -> Iterator[HeldVariant]:
    after = ""
    while page := product_queries.list_held(account.id, after=after, limit=ROWS_AT_A_TIME):
        after = page[-1].sku
        yield from page


def _list_products(account: AccountRow) -> Iterator[Cells]:
    for variant in _list_held(account):
        yield _say_product(variant, account)


def _say_product(variant: HeldVariant, account: AccountRow) -> Cells:
    active = "yes" if variant.is_active else "no"
    head = (variant.sku, variant.name, variant.product_name, active, variant.base.code, variant.base.barcode)
    return head + measures.say_measures(variant.base.measures, account)


def _find_products(account: AccountRow, names: Sequence[Cells]) -> Mapping[Cells, Cells]:
    held = product_queries.find_held(account.id, [sku for (sku,) in names])
    return {(sku,): _say_product(variant, account) for sku, variant in held.items()}


def _read_products(account: AccountRow, rows: Sequence[SheetRow], there: Mapping[Cells, Cells]) -> Sequence[GivenRow]:
    def read(cells: Cells) -> Cells:
        sku, name, product, active, base_unit, barcode, *sizes = cells
        if not sku.strip():
            raise Trouble("sku", "is empty. Give the product's SKU")
        before = there.get((sku,))
        if active.lower() not in ("", "yes", "no"):
            raise Trouble("active", "is neither yes nor no")
        unit = base_unit or (before[4] if before else "EA")
        if before and unit != before[4]:
            raise Trouble("base_unit", f"is {before[4]} here; orders and stock are counted in it, so it stays")
        name = name or sku
        said = (sku, name, product or name, active.lower() or "yes", unit, barcode)
        return said + measures.settle_cells(tuple(sizes), account, there=before and before[len(said) :])

    return understand(rows, read)


def _write_products(change: Change, rows: Sequence[JudgedRow]) -> None:
    held = product_queries.find_held(change.account.id, [row.cells[0] for row in rows])
    contents = []
    for row in rows:
        sku, name, product, active, base_unit, barcode, *sizes = row.cells
        known = held[sku].base.measures if sku in held else NOT_MEASURED
        measured = measures.read_measures(tuple(sizes), change.account, held=known)
        contents.append(VariantContent(sku, name, product, active == "yes", base_unit, barcode, measured))
    ids = products.put_variants(change.account.id, contents, now=change.now)
    _remember(change, rows, [ids[row.cells[0]] for row in rows], PRODUCT_SHAPE)


def _list_units(account: AccountRow) -> Iterator[Cells]:
    for variant in _list_held(account):
        for unit in variant.units:
            yield _say_unit(variant.sku, unit, account)


def _say_unit(sku: str, unit: KnownUnit, account: AccountRow) -> Cells:
    head = (sku, unit.code, plain(unit.base_quantity), unit.name, unit.barcode)
    return head + measures.say_measures(unit.measures, account)


def _find_units(account: AccountRow, names: Sequence[Cells]) -> Mapping[Cells, Cells]:
    held = product_queries.find_held(account.id, [sku for sku, _ in names])
    return {
        (sku, unit.code): _say_unit(sku, unit, account)
        for sku, variant in held.items()
        for unit in variant.units
        if (sku, unit.code) in set(names)
    }


def _read_units(account: AccountRow, rows: Sequence[SheetRow], there: Mapping[Cells, Cells]) -> Sequence[GivenRow]:
    held = product_queries.find_held(account.id, [row.cells[0] for row in rows])

    def read(cells: Cells) -> Cells:
        sku, code, quantity, name, barcode, *sizes = cells
        variant = held.get(sku)
        if variant is None:
            raise Trouble("sku", "is no product's SKU. Import the product first")
        if not code.strip():
            raise Trouble("unit", "is empty. Give the unit's code, such as CTN")
        if code == variant.base.code:
            raise Trouble("unit", f"is the base unit of {sku}: what one of it measures stands with the product")
        number = read_number("base_quantity", quantity)
        said = (sku, code, plain(number), name, barcode)
        before = there.get((sku, code))
        return said + measures.settle_cells(tuple(sizes), account, there=before and before[len(said) :])

    return understand(rows, read)


def _write_units(change: Change, rows: Sequence[JudgedRow]) -> None:
    held = product_queries.find_held(change.account.id, [row.cells[0] for row in rows])
    units, owners = [], []
    for row in rows:
        sku, code, quantity, name, barcode, *sizes = row.cells
        known = next((unit.measures for unit in held[sku].units if unit.code == code), NOT_MEASURED)
        measured: Measures = measures.read_measures(tuple(sizes), change.account, held=known)
        units.append((held[sku].id, KnownUnit(code, Decimal(quantity), name, barcode, measured)))
        owners.append(int(held[sku].id))
    products.put_units(units, now=change.now)
    _remember(change, rows, owners, UNIT_SHAPE)


def _remember(change: Change, rows: Sequence[JudgedRow], variant_ids: Sequence[int], shape: Shape) -> None:
    facts = []
    for row, variant_id in zip(rows, variant_ids, strict=True):
        name = " ".join(shape.key_of(row.cells))
        told = ", ".join(
            f"{column} {after or 'nothing'}" + (f", was {before or 'nothing'}" if row.before else "")
            for column, before, after in zip(
                shape.columns, row.before or ("",) * len(row.cells), row.cells, strict=True
            )
            if before != after and column not in shape.key
        )
        verb = "added" if row.outcome == Outcome.ADDED else "changed"
        detail = {"from": row.before, "to": row.cells, "source": change.source}
        facts.append(Fact(change.account.id, verb, "product", variant_id, f"{name}: {told}.", detail))
    history.remember(facts, actor=change.actor, now=change.now)


PRODUCTS = Kind(
    name="products",
    label="Products",
    about="One row for each SKU, with its base unit and what one of it measures.",
    shape=PRODUCT_SHAPE,
    list_cells=_list_products,
    way_in=WayIn(_find_products, _read_products, _write_products, require=require_no_master, follow=wake_exports),
)
UNITS = Kind(
    name="units",
    label="Units",
    about="The units of a product beside its base unit, such as cartons: how many base units are in one.",
    shape=UNIT_SHAPE,
    list_cells=_list_units,
    way_in=WayIn(_find_units, _read_units, _write_units, require=require_no_master, follow=wake_exports),
)
