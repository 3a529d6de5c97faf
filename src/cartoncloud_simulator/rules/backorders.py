"""Orders that wait for stock, filled when stock comes in, oldest first."""

from collections.abc import Iterable
from decimal import Decimal

from cartoncloud_simulator.rules import allocation, fulfilment, incoming, stock
from cartoncloud_simulator.world.entities import Item, Order
from cartoncloud_simulator.world.world import World, new_id


def fill_waiting(world: World, products: Iterable[str]) -> int:
    """Give orders that wait for these products what has come free; says how many got all they wanted."""
    waiting = world.orders.list_waiting_for(products)
    return sum(_fill_by_policy(world, order) for order in waiting if _has_something_for(world, order))


def fill(world: World, order: Order) -> None:
    """Look for stock for every item that has none, and keep the order: waiting again where not all was found."""
    found = _look(world, order)
    _take(world, order, found)
    complete = all(item.lot_id for item in order.items)
    status = order.status
    if status != "DRAFT":
        status = (status if status != "AWAITING_STOCK" else "AWAITING_PICK_AND_PACK") if complete else "AWAITING_STOCK"
    fulfilment.save_lines(world, order, status=status)


def _has_something_for(world: World, order: Order) -> bool:
    """Whether anything an order lacks is free at all: cheap, before looking closely."""
    return any(
        item.lot_id is None and world.stockroom.has_usable(order.warehouse_id, item.product_id) for item in order.items
    )


def _fill_by_policy(world: World, order: Order) -> bool:
    policy = world.customer_settings(order.customer_id).awaiting_stock_allocation
    if policy == "never":
        return False
    found = _look(world, order)
    missing = {item.product_id for item in order.items if item.id in found and found[item.id].missing}
    if not any(one.parts for one in found.values()) or (missing and policy == "only_if_complete"):
        return False
    if policy == "only_if_rest_due" and not all(
        incoming.is_due(world, warehouse_id=order.warehouse_id, product_id=product_id) for product_id in missing
    ):
        return False
    _take(world, order, found)
    fulfilment.save_lines(world, order, status=order.status if missing else "AWAITING_PICK_AND_PACK")
    return not missing


def _look(world: World, order: Order) -> dict[str, allocation.Allocation]:
    promised: dict[str, Decimal] = {}
    return {item.id: _allocate(world, order, item, promised) for item in order.items if item.lot_id is None}


def _take(world: World, order: Order, found: dict[str, allocation.Allocation]) -> None:
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
        item.unit, item.unit_size, item.quantity = product.base_unit, Decimal(1), missing
    return item
