"""Control of stock records: what lies where, adjustments, changes of state."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

from cartoncloud_simulator.control import inbound, orders
from cartoncloud_simulator.control.endpoint import Command
from cartoncloud_simulator.control.goods import StockRow, read_lot
from cartoncloud_simulator.rules import adjustments, stock_records
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.search.fields import is_day
from cartoncloud_simulator.world.entities import Lot
from cartoncloud_simulator.world.quantities import plain_text, read_number
from cartoncloud_simulator.world.world import World


class Adjustment(msgspec.Struct, forbid_unknown_fields=True):
    """Above zero something was found, below zero something is gone: of one lot, or of any that fits."""

    customer: str
    code: str
    quantity: Decimal
    warehouse: str | None = None
    unit: str | None = None
    lot: str | None = None
    expiry: str | None = None
    batch: str | None = None
    status: str = "OK"
    properties: dict[str, Any] = {}
    location: str = "RECV-01"


class LotPatch(msgspec.Struct, forbid_unknown_fields=True):
    status: str | None = None
    expiry: str | None = None
    batch: str | None = None
    properties: dict[str, Any] = {}
    location: str | None = None


def list_lots(command: Command) -> Any:
    """Every stock record with anything on hand, `?empty=true` the others too; filters as for the stock."""
    world, wanted = command.world, command.query
    lots: Iterable[Lot] = world.stockroom.by_id.values()
    if wanted.get("empty") != "true":
        lots = (lot for _, _, present in world.stockroom.shelves() for lot in present)
    described = (_describe_lot(world, lot) for lot in lots)
    return [
        lot
        for lot in described
        if all(lot[name] == wanted[name] for name in ("customer", "warehouse", "code") if name in wanted)
    ]


def adjust(command: Command) -> Any:
    """Stock found or lost; the answer names the order it made, if it made one."""
    sent = command.read(Adjustment)
    world = command.world
    if sent.customer not in world.customers:
        raise invalid("/customer", "Customer not found")
    warehouse_id = sent.warehouse or world.default_warehouse().id
    if warehouse_id not in world.warehouses:
        raise invalid("/warehouse", "Warehouse not found")
    if read_number(sent.quantity) is None or not sent.quantity:
        raise invalid("/quantity", "Quantity must be a number other than zero")
    row = StockRow(
        code=sent.code,
        quantity=abs(sent.quantity),
        unit=sent.unit,
        expiry=sent.expiry,
        batch=sent.batch,
        status=sent.status,
        properties=sent.properties,
        location=sent.location,
    )
    like = read_lot(world, row, customer_id=sent.customer, warehouse_id=warehouse_id, at="")
    if sent.quantity > 0:
        found = adjustments.adjust_up(world, like)
        return {"inbound_order": inbound.describe_order(world, found) if found else None}
    lots = [_named_lot(world, sent.lot, like)] if sent.lot else _lots_like(world, like)
    gone = adjustments.adjust_down(world, lots, like.on_hand)
    return {"order": orders.describe_order(world, gone) if gone else None}


def change_lot(command: Command) -> Any:
    """Another status, place, expiry or batch; orders that were promised a lot that is no longer OK get other stock."""
    sent = command.read(LotPatch)
    world = command.world
    lot = world.stockroom.by_id.get(command.path["id"])
    if lot is None:
        raise plain(404, "Lot not found")
    if sent.expiry is not None and not is_day(sent.expiry):
        raise invalid("/expiry", "Date must be written as YYYY-MM-DD")
    named = {"expiryDate": sent.expiry, "batch": sent.batch}
    properties = {**sent.properties, **{name: value for name, value in named.items() if value}}
    stock_records.change(world, lot, status=sent.status, properties=properties, location=sent.location)
    return _describe_lot(world, world.stockroom.by_id[lot.id])


def _named_lot(world: World, lot_id: str, like: Lot) -> Lot:
    lot = world.stockroom.by_id.get(lot_id)
    if lot is None or (lot.product_id, lot.warehouse_id) != (like.product_id, like.warehouse_id):
        raise invalid("/lot", "The product has no such lot in this warehouse")
    return lot


def _lots_like(world: World, like: Lot) -> list[Lot]:
    """Lots of the product in this status, oldest first, with the properties that were named."""
    return sorted(
        (
            lot
            for lot in world.stockroom.present_lots(like.warehouse_id, like.product_id)
            if lot.status == like.status and like.properties.items() <= lot.properties.items()
        ),
        key=lambda lot: lot.seq,
    )


def _describe_lot(world: World, lot: Lot) -> dict[str, Any]:
    return {
        "id": lot.id,
        "customer": lot.customer_id,
        "warehouse": lot.warehouse_id,
        "code": world.catalogue.by_id[lot.product_id].code,
        "initial": plain_text(lot.initial or Decimal(0)),
        "on_hand": plain_text(lot.on_hand),
        "free": plain_text(lot.free),
        "allocated": plain_text(lot.allocated),
        "status": lot.status,
        "expiry": lot.expiry,
        "properties": lot.properties,
        "location": lot.location,
        "inbound_order": lot.inbound_order_id,
        "inbound_status": lot.inbound_status,
    }
