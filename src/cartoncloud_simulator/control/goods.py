"""Control of goods: products and stock in bulk, and what lies where."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cartoncloud_simulator.api.product_rules import complete_product
from cartoncloud_simulator.api.product_units import check_units
from cartoncloud_simulator.control.endpoint import Command
from cartoncloud_simulator.rules import backorders, stock_records
from cartoncloud_simulator.rules.refusals import Refusal, invalid
from cartoncloud_simulator.search.fields import is_day
from cartoncloud_simulator.world.entities import Lot, Product
from cartoncloud_simulator.world.quantities import ONE, ZERO, plain_text, read_number
from cartoncloud_simulator.world.world import World, new_id

Code = Annotated[str, Meta(min_length=1)]
_EACH = {"EA": {"baseQty": 1, "name": "Each"}}


class ProductRow(msgspec.Struct, forbid_unknown_fields=True):
    code: Code
    name: str
    description: str | None = None
    units: dict[str, dict[str, Any]] | None = None
    default_unit: str | None = None
    type: str = "Ambient"
    active: bool = True
    barcode: str | None = None
    method: str | None = None
    group: str | None = None
    properties: dict[str, Any] = {}
    selection: dict[str, Any] = {}
    initial_status: str | None = None
    requirements: dict[str, str] = {}


class ProductRows(msgspec.Struct, forbid_unknown_fields=True):
    customer: str
    products: list[ProductRow]


class StockRow(msgspec.Struct, forbid_unknown_fields=True):
    code: Code
    quantity: Decimal
    unit: str | None = None
    expiry: str | None = None
    batch: str | None = None
    status: str = "OK"
    properties: dict[str, Any] = {}
    location: str = "RECV-01"


class StockRows(msgspec.Struct, forbid_unknown_fields=True):
    customer: str
    rows: list[StockRow]
    warehouse: str | None = None


def put_products(command: Command) -> Any:
    """Add or replace products by code; all of them or none."""
    sent = command.read(ProductRows)
    world = command.world
    if sent.customer not in world.customers:
        raise invalid("/customer", "Customer not found")
    documents = [_read_product(world, index, row) for index, row in enumerate(sent.products)]

    ids, added = {}, 0
    for row, document in zip(sent.products, documents, strict=True):
        product, is_new = _put_product(world, sent.customer, row.code, document)
        ids[row.code] = product.id
        added += is_new
    return {"added": added, "replaced": len(sent.products) - added, "ids": ids}


def receive_stock(command: Command) -> Any:
    """Add one lot per row, then let waiting orders have what they wait for."""
    sent = command.read(StockRows)
    world = command.world
    if sent.customer not in world.customers:
        raise invalid("/customer", "Customer not found")
    warehouse_id = sent.warehouse or world.default_warehouse().id
    if warehouse_id not in world.warehouses:
        raise invalid("/warehouse", "Warehouse not found")
    lots = [
        read_lot(world, row, customer_id=sent.customer, warehouse_id=warehouse_id, at=f"/rows/{index}")
        for index, row in enumerate(sent.rows)
    ]
    stock_records.check_unique(world, lots, at="/rows/*/properties")

    for lot in lots:
        lot.seq = world.next_seq()
        world.save(lot)
    filled = backorders.fill_waiting(world, {lot.product_id for lot in lots})
    return {"lots": [lot.id for lot in lots], "orders_filled": filled}


def list_stock(command: Command) -> Any:
    """On hand, free and allocated per customer, warehouse and code, in base units."""
    world = command.world
    rows = []
    for warehouse_id, product_id, lots in world.stockroom.shelves():
        product = world.catalogue.by_id[product_id]
        on_hand = sum((lot.on_hand for lot in lots), start=ZERO)
        allocated = sum((lot.allocated for lot in lots), start=ZERO)
        rows.append(
            {
                "customer": product.customer_id,
                "warehouse": warehouse_id,
                "code": product.code,
                "on_hand": plain_text(on_hand),
                "free": plain_text(on_hand - allocated),
                "allocated": plain_text(allocated),
            }
        )
    return [row for row in rows if _asked_for(row, command)]


def _asked_for(row: dict[str, str], command: Command) -> bool:
    return all(row[name] == command.query[name] for name in ("customer", "warehouse", "code") if name in command.query)


def _read_product(world: World, index: int, row: ProductRow) -> dict[str, Any]:
    units = {code: dict(unit) for code, unit in (row.units or _EACH).items()}
    for unit in units.values():
        if isinstance(base := unit.get("baseQty"), str):
            unit["baseQty"] = _as_decimal(base)
    if errors := check_units(world, units):
        raise Refusal(422, *({**error, "field": f"/products/{index}{error['field']}"} for error in errors))
    default_unit = row.default_unit or next(iter(units))
    if default_unit not in units:
        raise invalid(f"/products/{index}/default_unit", "The default unit must be one of the units")
    if row.barcode:
        units[default_unit].setdefault("barcode", row.barcode)
    document: dict[str, Any] = {
        "scope": "WAREHOUSE",
        "type": row.type,
        "references": {"code": row.code},
        "name": row.name,
        "details": {"active": row.active, "stockSelection": {"method": row.method or "FEFO", **row.selection}},
        "defaultUnitOfMeasure": default_unit,
        "unitOfMeasures": units,
    }
    if row.initial_status:
        document["details"]["inbound"] = {"initialStatus": row.initial_status}
    if row.requirements:
        document["itemPropertyRequirements"] = row.requirements
    for name, value in (("description", row.description), ("group", row.group), ("properties", row.properties)):
        if value:
            document[name] = value
    complete_product(world.settings, document)
    return document


def _as_decimal(value: str) -> Decimal | None:
    try:
        return Decimal(value)
    except ArithmeticError:
        return None


def _put_product(world: World, customer_id: str, code: str, document: dict[str, Any]) -> tuple[Product, bool]:
    known = world.catalogue.find_by_code(customer_id, code, ignore_case=False)
    now = world.clock.now()
    product = Product(
        id=known.id if known else new_id(),
        seq=known.seq if known else world.next_seq(),
        customer_id=customer_id,
        code=code,
        document=document,
        created_at=known.created_at if known else now,
        modified_at=now,
    )
    world.save(product)
    return product, known is None


def read_lot(world: World, row: StockRow, *, customer_id: str, warehouse_id: str, at: str) -> Lot:
    """The lot a row describes, not yet kept."""
    product = world.catalogue.find_by_code(customer_id, row.code, ignore_case=False)
    if product is None:
        raise invalid(f"{at}/code", f"Product {row.code} not found")
    if (quantity := read_number(row.quantity)) is None or quantity <= 0:
        raise invalid(f"{at}/quantity", "Quantity must be a number above zero, with at most 6 decimals")
    if row.unit is not None and row.unit not in product.units:
        raise invalid(f"{at}/unit", f"Product {row.code} has no unit {row.unit}")
    if row.expiry is not None and not is_day(row.expiry):
        raise invalid(f"{at}/expiry", "Date must be written as YYYY-MM-DD")
    properties = dict(row.properties)
    if row.expiry:
        properties["expiryDate"] = row.expiry
    if row.batch:
        properties["batch"] = row.batch
    on_hand = quantity * (product.unit_sizes[row.unit] if row.unit else ONE)
    stock_records.check_single_units(world, customer_id, properties, on_hand, at=f"{at}/quantity")
    return Lot(
        id=new_id(),
        seq=0,
        customer_id=customer_id,
        warehouse_id=warehouse_id,
        product_id=product.id,
        on_hand=on_hand,
        status=row.status,
        expiry=row.expiry,
        properties=properties,
        location=row.location,
        received_at=world.clock.now(),
    )
