"""Orders that wait for stock, filled when stock comes in, oldest first."""

from decimal import Decimal

from cartoncloud_simulator.rules import allocation, fulfilment, stock
from cartoncloud_simulator.world.entities import Item, Order
from cartoncloud_simulator.world.world import World, new_id


def fill_waiting(world: World) -> int:
    """Give waiting orders what has come free; says how many got all they wanted."""
    filled = 0
    for order in world.orders.list_by_status("AWAITING_STOCK"):
        policy = world.customer_settings(order.customer_id)
        if policy.awaiting_stock_allocation != "never":
            only_if_complete = policy.awaiting_stock_allocation == "only_if_complete"
            filled += _fill(world, order, only_if_complete=only_if_complete)
    return filled


def _fill(world: World, order: Order, *, only_if_complete: bool) -> bool:
    promised: dict[str, Decimal] = {}
    found = {item.id: _allocate(world, order, item, promised) for item in order.items if item.lot_id is None}
    complete = not any(one.missing for one in found.values())
    if not any(one.parts for one in found.values()) or (only_if_complete and not complete):
        return False

    items: list[Item] = []
    for item in order.items:
        if item.id not in found:
            items.append(item)
            continue
        parts = [_part_item(world, order, item, part) for part in found[item.id].parts]
        stock.promise(world, parts)
        items += parts
        if missing := found[item.id].missing:
            items.append(_waiting_rest(world, item, missing))
    order.items = items
    fulfilment.save_lines(world, order, status="AWAITING_PICK_AND_PACK" if complete else order.status)
    return complete


def _allocate(world: World, order: Order, item: Item, promised: dict[str, Decimal]) -> allocation.Allocation:
    constraints = order.requested[item.line].constraints if item.line < len(order.requested) else {}
    return allocation.allocate(
        world,
        product=world.catalogue.by_id[item.product_id],
        warehouse_id=order.warehouse_id,
        unit=item.unit,
        quantity=item.quantity,
        constraints=constraints,
        promised=promised,
    )


def _part_item(world: World, order: Order, item: Item, part: allocation.Part) -> Item:
    return Item(
        id=new_id(),
        numeric_id=world.next_numeric_id("item", order.customer_id),
        line=item.line,
        product_id=item.product_id,
        unit=part.unit,
        unit_size=part.unit_size,
        quantity=part.quantity,
        lot_id=part.lot.id,
        properties={**part.lot.properties, **item.properties},
        price=item.price,
    )


def _waiting_rest(world: World, item: Item, missing: Decimal) -> Item:
    product = world.catalogue.by_id[item.product_id]
    if missing % item.unit_size == 0:
        item.quantity = missing / item.unit_size
    else:
        item.unit, item.unit_size, item.quantity = product.base_unit(), Decimal(1), missing
    return item
