"""Goods of an outbound order coming back: an inbound order under its reference with -RTS."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import chain

from cartoncloud_simulator.rules import fulfilment, inbound_intake, receiving
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.rules.splits import next_references
from cartoncloud_simulator.world.entities import Item, Order
from cartoncloud_simulator.world.inbound import InboundItem, InboundOrder
from cartoncloud_simulator.world.quantities import ZERO
from cartoncloud_simulator.world.world import World, new_id


def return_to_stock(world: World, order: Order, quantities: Mapping[str, Decimal]) -> InboundOrder:
    """Announce the goods, all that left or so much of the items named by id; none comes back twice."""
    if not order.stock_taken:
        raise plain(409, f"Nothing of an order in status {order.status} has left")
    amounts = {
        item.id: quantities.get(item.id, ZERO if quantities else item.quantity - item.returned) for item in order.items
    }
    for item in order.items:
        if amounts[item.id] > item.quantity - item.returned:
            raise invalid("/items", f"Not that much of item {item.id} can come back")
    if not any(amounts.values()):
        raise invalid("/items", "There is nothing left to come back")

    back = inbound_intake.new_order(
        world,
        client_id=order.client_id,
        customer_id=order.customer_id,
        warehouse_id=order.warehouse_id,
        references={"customer": _free_reference(world, order)},
        details={"urgent": False},
        origin="return",
    )
    back.items = [_returned(world, order, item, amounts[item.id]) for item in order.items if amounts[item.id]]
    for item in order.items:
        item.returned += amounts[item.id]
    fulfilment.save_lines(world, order, status=order.status)
    status = world.customer_settings(order.customer_id).return_status
    back.status = "DRAFT" if status == "DRAFT" else "NOT_YET_RECEIVED"
    world.save(back)
    if status == "RECEIVED":
        receiving.receive(world, back)
    return back


def _free_reference(world: World, order: Order) -> str:
    wanted = f"{order.reference}-RTS"
    sensitive = world.settings.reference_case_sensitive
    return next(
        candidate
        for candidate in chain([wanted], next_references(wanted))
        if world.inbound_orders.find_by_reference(order.customer_id, candidate, case_sensitive=sensitive) is None
    )


def _returned(world: World, order: Order, item: Item, quantity: Decimal) -> InboundItem:
    lot = world.stockroom.by_id[item.lot_id] if item.lot_id else None
    return InboundItem(
        id=new_id(),
        numeric_id=world.next_numeric_id("inbound_item", order.customer_id),
        product_id=item.product_id,
        unit=item.unit,
        unit_size=item.unit_size,
        quantity=quantity,
        expected=quantity,
        properties=dict(lot.properties) if lot else {},
    )
