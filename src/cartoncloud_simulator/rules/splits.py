"""One outbound order becoming two: part of its lines go on under the next free reference."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import count

import msgspec

from cartoncloud_simulator.rules import incoming, ledger_entries
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.world.entities import Item, Order
from cartoncloud_simulator.world.world import World, new_id

_SPLITTABLE = ("DRAFT", "AWAITING_STOCK", "AWAITING_PICK_AND_PACK", "PACKING_IN_PROGRESS", "PICKED")


def separate_backorder(world: World, order: Order) -> Order | None:
    """Move what waits for stock to a new order, where policy says so and both halves live; neither is kept yet."""
    waiting = [item for item in order.items if item.lot_id is None]
    if order.status != "AWAITING_STOCK" or len(waiting) in (0, len(order.items)):
        return None
    if not _may_split(order) or not _policy_splits(world, order, waiting):
        return None
    rest = _new_half(world, order, status="AWAITING_STOCK", items=waiting)
    order.items = [item for item in order.items if item.lot_id is not None]
    order.status = "AWAITING_PICK_AND_PACK"
    return rest


def split(world: World, order: Order, quantities: Mapping[str, Decimal]) -> Order:
    """Staff move so much of each item, named by id, to a new order; its stock stays promised."""
    if order.status not in _SPLITTABLE:
        raise plain(409, f"An order in status {order.status} cannot be split")
    if not _may_split(order):
        raise plain(409, "The order does not allow splitting")
    for item in order.items:
        if quantities.get(item.id, item.quantity) > item.quantity:
            raise invalid("/items", f"Item {item.id} does not hold that much")
    moved = [_part_of(world, order, item, quantities[item.id]) for item in order.items if quantities.get(item.id)]
    if not moved or sum(item.base for item in moved) == sum(item.base for item in order.items):
        raise invalid("/items", "Both halves of a split order need something")

    for item in order.items:
        item.quantity -= quantities.get(item.id, Decimal(0))
    order.items, order.planned = [item for item in order.items if item.quantity], []
    rest = _new_half(world, order, status=_status_of_half(order, moved), items=moved)
    order.status = _status_of_half(order, order.items)
    order.version = world.next_version(order.version)
    order.modified_at = world.clock.now()
    world.save(order)
    keep(world, rest, parent=order)
    return rest


def keep(world: World, rest: Order, *, parent: Order) -> None:
    """Keep a new half, and write into the ledger where it comes from."""
    world.save(rest)
    ledger_entries.record_split(world, rest, parent=parent)


def next_references(reference: str, pattern: str = "{reference} - {number}") -> Iterator[str]:
    """`SO-1 - 2`, `SO-1 - 3` and on, whichever half is split."""
    before, after = pattern.split("{reference}", 1)
    between, end = after.split("{number}", 1)
    parts = (re.escape(before), r"(.+)", re.escape(between), r"\d+", re.escape(end))
    half = re.fullmatch("".join(parts), reference, re.DOTALL)
    root = half[1] if half else reference
    return (f"{before}{root}{between}{number}{end}" for number in count(2))


def _may_split(order: Order) -> bool:
    return order.details.get("allowSplitting") is not False


def _policy_splits(world: World, order: Order, waiting: list[Item]) -> bool:
    match world.customer_settings(order.customer_id).shortage_policy:
        case "split":
            return True
        case "split_unless_due":
            products = {item.product_id for item in waiting}
            return not all(
                incoming.is_due(world, warehouse_id=order.warehouse_id, product_id=product) for product in products
            )
        case _:
            return False


def _status_of_half(order: Order, items: list[Item]) -> str:
    if order.status != "AWAITING_STOCK" or any(item.lot_id is None for item in items):
        return order.status
    return "AWAITING_PICK_AND_PACK"


def _part_of(world: World, order: Order, item: Item, quantity: Decimal) -> Item:
    number = world.next_numeric_id("item", order.customer_id)
    return msgspec.structs.replace(item, id=new_id(), numeric_id=number, quantity=quantity)


def _new_half(world: World, order: Order, *, status: str, items: list[Item]) -> Order:
    sensitive = world.settings.reference_case_sensitive
    taken = world.orders.find_by_reference
    reference = next(
        candidate
        for candidate in next_references(order.reference, world.settings.split_reference)
        if taken(order.customer_id, candidate, case_sensitive=sensitive) is None
    )
    now = world.clock.now()
    return msgspec.structs.replace(
        order,
        id=new_id(),
        numeric_id=world.next_numeric_id("order", order.customer_id),
        seq=world.next_seq(),
        status=status,
        references={**order.references, "customer": reference},
        version=1,
        created_at=now,
        modified_at=now,
        visible_at=world.clock.seconds(),
        items=items,
        errors=[],
        warnings=[],
        planned=[],
        parent_id=order.id,
        origin="split",
    )
