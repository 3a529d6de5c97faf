"""What the picker finds at the shelf: other lots than planned, and numbers that are only read when goods go out."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from cartoncloud_simulator.rules import fulfilment, requirements, stock, stock_records
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.world.entities import Item, Order
from cartoncloud_simulator.world.quantities import ONE, ZERO
from cartoncloud_simulator.world.world import World, new_id

_OPEN = ("AWAITING_PICK_AND_PACK", "PACKING_IN_PROGRESS", "PICKED")


def substitute(world: World, order: Order, lots: Mapping[str, str]) -> None:
    """Take items, named by id, from other lots of the same product."""
    if order.status not in _OPEN:
        raise plain(409, f"Goods of an order in status {order.status} cannot be exchanged")
    wanted = [(item, lots[item.id]) for item in order.items if item.id in lots]
    for item, lot_id in wanted:
        lot = world.stockroom.by_id.get(lot_id)
        if lot is None or (lot.product_id, lot.warehouse_id) != (item.product_id, order.warehouse_id):
            raise invalid("/items", f"The product has no lot {lot_id} in this warehouse")
        if lot.status != "OK" or (lot_id != item.lot_id and lot.free < _asked_of(wanted, lot_id)):
            raise invalid("/items", f"Lot {lot_id} does not hold that much")
    for item, lot_id in wanted:
        stock.release_items(world, [item])
        own = stock_records.without_stock_fields(world, order, item)
        item.lot_id, item.properties = lot_id, {**world.stockroom.by_id[lot_id].properties, **own}
        stock.promise(world, [item])
    fulfilment.save_lines(world, order, status=order.status)


def capture(world: World, order: Order, read: Mapping[str, list[dict[str, Any]]]) -> None:
    """Write what was read at picking onto items, named by id; several readings make one item per unit."""
    items: list[Item] = []
    for item in order.items:
        readings = read.get(item.id, [])
        if len(readings) > 1 and (item.base != len(readings) or item.returned):
            raise invalid("/items", f"Item {item.id} needs one reading for each of its units")
        if len(readings) < 2:
            own = readings[0] if readings else {}
            items.append(msgspec.structs.replace(item, properties={**item.properties, **own}))
        else:
            items += _units(world, order, item, readings)
    order.items = items
    fulfilment.save_lines(world, order, status=order.status)


def make_up(world: World, order: Order) -> None:
    """Read something for everything that is required: what the crew does."""
    read = {}
    for item in order.items:
        if names := requirements.missing_outbound(world, item):
            count = int(item.base) if item.base == int(item.base) else 1
            read[item.id] = [dict.fromkeys(names, f"{item.numeric_id}-{number}") for number in range(1, count + 1)]
    if read:
        capture(world, order, read)


def _units(world: World, order: Order, item: Item, readings: list[dict[str, Any]]) -> Iterator[Item]:
    base_unit = world.catalogue.by_id[item.product_id].base_unit
    for index, reading in enumerate(readings):
        number = world.next_numeric_id("item", order.customer_id) if index else item.numeric_id
        yield msgspec.structs.replace(
            item,
            id=new_id() if index else item.id,
            numeric_id=number,
            unit=base_unit,
            unit_size=ONE,
            quantity=ONE,
            properties={**item.properties, **reading},
        )


def _asked_of(wanted: list[tuple[Item, str]], lot_id: str) -> Decimal:
    return sum(item.base for item, asked in wanted if asked == lot_id and item.lot_id != lot_id) or ZERO
