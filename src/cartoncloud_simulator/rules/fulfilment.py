"""What the floor does with an order: pick, pack, dispatch, and every step back."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from cartoncloud_simulator.rules import consignments, requirements, resubmission, stock
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.world.entities import Consignment, Order, OrderProgress
from cartoncloud_simulator.world.quantities import ZERO
from cartoncloud_simulator.world.world import World

PICKABLE = ("AWAITING_PICK_AND_PACK", "PACKING_IN_PROGRESS")
PACKABLE = (*PICKABLE, "PICKED")


def pick(world: World, order: Order, *, quantities: Mapping[str, Decimal] | None = None) -> None:
    """Start picking and, where fulfilments are generated, finish it; fewer goods than asked go back to free."""
    _require(order, PICKABLE, "picked")
    if quantities:
        _check_quantities(world, order, quantities)
    if world.settings.packed_items == "planned" and not order.planned:
        order.planned = [msgspec.structs.replace(item) for item in order.items]
        world.save(order)
    if order.status == "AWAITING_PICK_AND_PACK":
        _advance(world, order, "PACKING_IN_PROGRESS")
    if quantities:
        set_quantities(world, order, quantities)
    if world.customer_settings(order.customer_id).consignment_generation != "off":
        _advance(world, order, "PICKED")


def pack(
    world: World, order: Order, *, quantities: Mapping[str, Decimal] | None = None, packages: int | None = None
) -> None:
    """Take the goods out of stock and give the shipment its tracking."""
    _require(order, PACKABLE, "packed")
    requirements.check_outgoing(world, order)
    if order.status in PICKABLE:
        pick(world, order, quantities=quantities)
    elif quantities:
        _check_quantities(world, order, quantities)
        set_quantities(world, order, quantities)
    stock.take_out(world, order)
    order.packed_at = world.clock.now()
    _advance(world, order, "PACKED")
    consignments.complete_packing(world, order, packages=packages)


def dispatch(world: World, order: Order) -> None:
    _require(order, (*PACKABLE, "PACKED"), "dispatched")
    if order.status != "PACKED":
        pack(world, order)
    order.dispatched_at = world.clock.now()
    _advance(world, order, "DISPATCHED")
    consignments.ship(world, order)


def follow_consignment(world: World, consignment: Consignment) -> None:
    """Dispatch a packed order once nothing of it is in the warehouse, where the customer has it so."""
    order = world.orders.by_id.get(consignment.order_id or "")
    if order is None or order.status != "PACKED":
        return
    if world.customer_settings(order.customer_id).dispatch_with_consignment and not any(
        one.status in consignments.IN_THE_WAREHOUSE for one in world.consignments.list_of_order(order.id)
    ):
        dispatch(world, order)


def revert(world: World, order: Order, *, status: str = "AWAITING_PICK_AND_PACK") -> None:
    """Staff take an order back; packed goods return to the shelf."""
    _require(order, ("DRAFT", "AWAITING_STOCK", *PACKABLE, "PACKED", "DISPATCHED"), "reverted")
    if any(item.returned for item in order.items):
        raise plain(409, "Goods of this order have been returned to stock")
    if order.stock_taken:
        stock.put_back(world, order)
        consignments.unpack(world, order)
    if status == "AWAITING_PICK_AND_PACK" and any(item.lot_id is None for item in order.items):
        status = "AWAITING_STOCK"
    order.packed_at = order.dispatched_at = None
    if order.planned:
        order.planned = []
        world.save(order)
    _advance(world, order, status)


def reject(world: World, order: Order, *, reason: str) -> None:
    """Staff reject an order that has not left; what it promised is free again."""
    _require(order, ("DRAFT", "AWAITING_STOCK", *PACKABLE), "rejected")
    stock.release(world, order)
    for consignment in list(world.consignments.list_of_order(order.id)):
        world.remove("consignment", consignment.id)
    order.errors.append(reason)
    order.sent_lines = resubmission.rebuild_lines(world, order)
    if not world.settings.rejected_orders_keep_items:
        order.items = []
    for item in order.items:
        item.lot_id = None
    save_lines(world, order, status="REJECTED")


def edit(world: World, order: Order, quantities: Mapping[str, Decimal]) -> None:
    """Staff change quantities, in any status; where the plan is shown instead of what was picked, in the plan too."""
    _check_quantities(world, order, quantities)
    for item in order.planned:
        item.quantity = quantities.get(item.id, item.quantity)
    set_quantities(world, order, quantities)


def set_quantities(world: World, order: Order, quantities: Mapping[str, Decimal]) -> None:
    """Give items, named by id, new quantities; the order's version moves once."""
    for item in order.items:
        if item.id in quantities:
            stock.change_item(world, order, item, quantities[item.id])
    if not world.settings.zero_items_kept:
        order.items = [item for item in order.items if item.quantity]
    filled = order.status == "AWAITING_STOCK" and all(item.lot_id for item in order.items)
    save_lines(world, order, status="AWAITING_PICK_AND_PACK" if filled else order.status)


def _check_quantities(world: World, order: Order, quantities: Mapping[str, Decimal]) -> None:
    items = {item.id: item for item in order.items}
    wanted: dict[str | None, Decimal] = {}
    for item_id, quantity in quantities.items():
        item = items.get(item_id)
        if item is None:
            raise invalid("/items", f"The order has no item {item_id}")
        if quantity < item.returned:
            raise invalid("/items", f"A quantity is never below what was returned, here {item.returned}")
        wanted[item.lot_id] = wanted.get(item.lot_id, ZERO) + (quantity - item.quantity) * item.unit_size
    for lot_id, more in wanted.items():
        if more > ZERO and not world.settings.stock_may_go_negative and more > _free(world, lot_id):
            raise invalid("/items", "A lot does not hold that much")


def _free(world: World, lot_id: str | None) -> Decimal:
    return world.stockroom.by_id[lot_id].free if lot_id else ZERO


def _require(order: Order, statuses: tuple[str, ...], what: str) -> None:
    if order.status not in statuses:
        raise plain(409, f"An order in status {order.status} cannot be {what}")


def _advance(world: World, order: Order, status: str) -> None:
    order.status = status
    order.version = world.next_version(order.version)
    order.modified_at = world.clock.now()
    world.orders.put(order)
    world.note(
        OrderProgress(
            id=order.id,
            status=status,
            version=order.version,
            modified_at=order.modified_at,
            packed_at=order.packed_at,
            dispatched_at=order.dispatched_at,
            stock_taken=order.stock_taken,
        )
    )


def save_lines(world: World, order: Order, *, status: str) -> None:
    """Keep an order whose lines changed."""
    order.status = status
    order.version = world.next_version(order.version)
    order.modified_at = world.clock.now()
    world.save(order)
