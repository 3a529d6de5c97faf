"""Stock records and their fate: what must be true of a new one, and what happens when one is no longer good."""

from collections.abc import Iterable
from typing import Any

import msgspec

from cartoncloud_simulator.rules import backorders, stock
from cartoncloud_simulator.rules.refusals import invalid
from cartoncloud_simulator.world.entities import Item, Lot, Order
from cartoncloud_simulator.world.world import World

_OPEN = ("DRAFT", "AWAITING_STOCK", "AWAITING_PICK_AND_PACK", "PACKING_IN_PROGRESS", "PICKED")


def check_unique(world: World, lots: Iterable[Lot], *, at: str) -> None:
    """Refuse a serial or an SSCC that is on hand already, or twice among these."""
    seen: dict[tuple[str, str, str, str], str] = {}
    for index, lot in enumerate(lots):
        for name in world.customer_settings(lot.customer_id).unique_stock_fields:
            value = lot.properties.get(name)
            if value is None or not lot.on_hand:
                continue
            key = (lot.warehouse_id, lot.customer_id, name, str(value))
            others = world.stockroom.lots_carrying(lot.warehouse_id, lot.customer_id, name, value)
            if seen.setdefault(key, lot.id) != lot.id or any(one.on_hand and one.id != lot.id for one in others):
                raise invalid(at.replace("*", str(index)), f"{name} {value} is already on hand")


def check_single_units(world: World, customer_id: str, properties: dict[str, Any], base: Any, *, at: str) -> None:
    """A serial stands for one base unit."""
    for name in world.customer_settings(customer_id).single_unit_stock_fields:
        if properties.get(name) is not None and base != 1:
            raise invalid(at, f"A {name} is for exactly one unit")


def change(
    world: World,
    lot: Lot,
    *,
    status: str | None = None,
    properties: dict[str, Any] | None = None,
    location: str | None = None,
) -> None:
    """Give a lot, and the inbound line it came with, another state; open orders it was promised to get other stock."""
    changed = msgspec.structs.replace(
        lot,
        status=status or lot.status,
        location=location or lot.location,
        properties={**lot.properties, **(properties or {})},
    )
    expiry = changed.properties.get("expiryDate")
    changed.expiry = str(expiry) if expiry else None
    check_unique(world, [changed], at="/properties")
    check_single_units(world, lot.customer_id, changed.properties, changed.initial, at="/properties")
    world.save(changed)
    _tell_inbound_order(world, changed)
    if changed.status != "OK":
        withdraw(world, changed)
    else:
        backorders.fill_waiting(world, {changed.product_id})


def _tell_inbound_order(world: World, lot: Lot) -> None:
    order = world.inbound_orders.by_id.get(lot.inbound_order_id or "")
    for item in order.items if order else ():
        if order and item.lot_id == lot.id:
            item.status, item.properties = lot.status, {**item.properties, **lot.properties}
            order.version = world.next_version(order.version)
            order.modified_at = world.clock.now()
            world.save(order)


def withdraw(world: World, lot: Lot) -> None:
    """Take a lot out of every open order and look for other stock instead."""
    if not lot.allocated:
        return
    affected = sorted(
        (order for status in _OPEN for order in world.orders.list_by_status(status)), key=lambda order: order.seq
    )
    for order in affected:
        if not any(item.lot_id == lot.id for item in order.items):
            continue
        stock.release_items(world, [item for item in order.items if item.lot_id == lot.id])
        for item in order.items:
            if item.lot_id == lot.id:
                item.properties = without_stock_fields(world, order, item)
                item.lot_id = None
        backorders.fill(world, order)


def without_stock_fields(world: World, order: Order, item: Item) -> dict[str, Any]:
    """What an item carries of its own, whichever lot it is taken from."""
    of_stock = {*world.customer_settings(order.customer_id).stock_fields}
    if item.lot_id is not None:
        of_stock.update(world.stockroom.by_id[item.lot_id].properties)
    return {name: value for name, value in item.properties.items() if name not in of_stock}
