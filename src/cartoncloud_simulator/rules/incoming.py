"""Goods that are expected: which inbound orders still bring them, and by when."""

from collections.abc import Iterator
from decimal import Decimal

from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.entities import Lot
from cartoncloud_simulator.world.inbound import InboundItem, InboundOrder
from cartoncloud_simulator.world.quantities import ZERO
from cartoncloud_simulator.world.world import World


def is_due(world: World, *, warehouse_id: str, product_id: str) -> bool:
    """Whether an arrival of this product is near enough by the customer's settings."""
    days = world.customer_settings(world.catalogue.by_id[product_id].customer_id).due_within_days
    last_day = clock.format_day(world.clock.now() + days * 86_400, zone=world.zone_of(warehouse_id))
    return any(
        str(order.details.get("arrivalDate") or "9999-12-31") <= last_day
        for order in world.inbound_orders.list_bringing(warehouse_id, product_id)
    )


def list_expected(world: World, *, warehouse_id: str, product_id: str) -> Iterator[tuple[Lot, Decimal]]:
    """What is still to come of a product, each as the empty lot it would be, with its quantity in base units."""
    for order in world.inbound_orders.list_bringing(warehouse_id, product_id):
        for item in order.items:
            if item.product_id == product_id:
                yield _lot_to_be(order, item), item.base


def _lot_to_be(order: InboundOrder, item: InboundItem) -> Lot:
    return Lot(
        id="",
        seq=0,
        customer_id=order.customer_id,
        warehouse_id=order.warehouse_id,
        product_id=item.product_id,
        on_hand=ZERO,
        status=item.status,
        properties=item.properties,
        location="",
        inbound_order_id=order.id,
    )
