"""What staff do with an inbound order besides receiving it: approve, edit, revert, reject."""

from decimal import Decimal
from typing import Any

import msgspec

from cartoncloud_simulator.rules import inbound_stock, receiving
from cartoncloud_simulator.rules.refusals import plain
from cartoncloud_simulator.world.inbound import InboundOrder
from cartoncloud_simulator.world.world import World

STATUSES = ("DRAFT", "NOT_YET_RECEIVED", "RECEIVED", "VERIFIED", "ALLOCATED")
_WITH_STOCK = STATUSES[2:]


def approve(world: World, order: InboundOrder) -> None:
    if order.status != "DRAFT":
        raise plain(409, f"An inbound order in status {order.status} cannot be approved")
    receiving.advance(world, order, "NOT_YET_RECEIVED")


def edit(world: World, order: InboundOrder, count: receiving.Count) -> None:
    """Staff change lines, in any status; stock follows where the goods have come."""
    if order.status == "REJECTED":
        raise plain(409, "A rejected inbound order cannot be edited")
    items, locations = receiving.count_items(world, order, count, arriving=False)
    if order.status in _WITH_STOCK:
        inbound_stock.check_arrival(world, order, items)
        inbound_stock.settle(world, order, items, status=order.status, locations=locations)
    else:
        order.items = [msgspec.structs.replace(item, expected=item.quantity) for item in items]
    receiving.advance(world, order, order.status)


def revert(world: World, order: InboundOrder, *, status: str) -> None:
    """Staff take an order back; before RECEIVED its stock does not exist."""
    if order.status not in STATUSES or status not in STATUSES[: STATUSES.index(order.status)]:
        raise plain(409, f"An inbound order in status {order.status} cannot be reverted to {status}")
    if status in _WITH_STOCK:
        _check_not_promised(world, order, status)
        items = [msgspec.structs.replace(item) for item in order.items]
        inbound_stock.settle(world, order, items, status=status)
    elif order.status in _WITH_STOCK:
        inbound_stock.take_back(world, order)
    if status != "VERIFIED":
        order.verified_at = None
    receiving.advance(world, order, status)


def reject(world: World, order: InboundOrder, *, reason: str) -> None:
    """Staff reject an order that has not come."""
    if order.status not in ("DRAFT", "NOT_YET_RECEIVED"):
        raise plain(409, f"An inbound order in status {order.status} cannot be rejected")
    order.sent_lines = [
        _resubmitted(item.product_id, item.unit, item.quantity, item.properties, item.status) for item in order.items
    ]
    order.errors.append(reason)
    if not world.settings.rejected_orders_keep_items:
        order.items = []
    receiving.advance(world, order, "REJECTED")


def _check_not_promised(world: World, order: InboundOrder, status: str) -> None:
    minimum = world.customer_settings(order.customer_id).minimum_inbound_status
    if STATUSES.index(status) >= STATUSES.index(minimum):
        return
    if any(item.lot_id and world.stockroom.by_id[item.lot_id].allocated for item in order.items):
        raise plain(409, "Stock of this order is promised to outbound orders")


def _resubmitted(
    product_id: str, unit: str, quantity: Decimal, properties: dict[str, Any], status: str
) -> dict[str, Any]:
    return {
        "details": {"product": {"id": product_id}, "unitOfMeasure": {"type": unit}},
        "measures": {"quantity": quantity},
        "properties": properties,
        "status": status,
    }
