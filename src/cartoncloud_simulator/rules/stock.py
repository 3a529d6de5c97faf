"""Moving stock: promising, giving back, taking out, receiving."""

from collections.abc import Iterable
from decimal import Decimal

from cartoncloud_simulator.world.entities import Item, Order
from cartoncloud_simulator.world.quantities import ZERO
from cartoncloud_simulator.world.world import World


def promise(world: World, items: Iterable[Item]) -> None:
    """Lower what is free."""
    for item in items:
        _move(world, item, on_hand=ZERO, allocated=item.base)


def release(world: World, order: Order) -> None:
    """Give back what an order promised; goods that have left stay gone."""
    if not order.stock_taken and order.status != "REJECTED":
        release_items(world, order.items)


def release_items(world: World, items: Iterable[Item]) -> None:
    for item in items:
        _move(world, item, on_hand=ZERO, allocated=-item.base)


def take_out(world: World, order: Order) -> None:
    """Packed goods leave the stock on hand."""
    for item in order.items:
        _move(world, item, on_hand=-item.base, allocated=-item.base)
    order.stock_taken = True


def put_back(world: World, order: Order) -> None:
    """A packed order that is reverted stands on the shelf again, still promised."""
    for item in order.items:
        _move(world, item, on_hand=item.base, allocated=item.base)
    order.stock_taken = False


def change_item(world: World, order: Order, item: Item, quantity: Decimal) -> None:
    """Give an item another quantity, and the difference back to or out of its lot."""
    difference = (quantity - item.quantity) * item.unit_size
    if order.stock_taken:
        _move(world, item, on_hand=-difference, allocated=ZERO)
    elif order.status != "REJECTED":
        _move(world, item, on_hand=ZERO, allocated=difference)
    item.quantity = quantity


def _move(world: World, item: Item, *, on_hand: Decimal, allocated: Decimal) -> None:
    if item.lot_id is not None:
        world.note(world.stockroom.move(item.lot_id, on_hand=on_hand, allocated=allocated))
