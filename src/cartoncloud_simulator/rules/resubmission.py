"""The lines of an order as somebody would send them again."""

from typing import Any

from cartoncloud_simulator.world.entities import Order
from cartoncloud_simulator.world.quantities import read_numeric_text
from cartoncloud_simulator.world.world import World


def rebuild_lines(world: World, order: Order) -> list[dict[str, Any]]:
    """What was requested, without what the stock added to it."""
    stock_fields = world.customer_settings(order.customer_id).stock_fields
    lines = []
    for index, requested in enumerate(order.requested):
        if requested.product_id is None:
            continue
        items = [item for item in order.items if item.line == index]
        kept = items[0].properties if items else {}
        details: dict[str, Any] = {
            "product": {"id": requested.product_id},
            "unitOfMeasure": {"type": requested.unit},
        }
        if items and items[0].price:
            details["approximateUnitPrice"] = items[0].price
        own = {name: value for name, value in kept.items() if name not in stock_fields}
        lines.append(
            {
                "details": details,
                "measures": {"quantity": read_numeric_text(requested.quantity)},
                "properties": {**own, **requested.constraints},
            }
        )
    return lines
