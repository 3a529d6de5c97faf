"""Item properties a product requires, on the way in and on the way out."""

from collections.abc import Collection, Mapping
from typing import Any

from cartoncloud_simulator.rules.refusals import invalid
from cartoncloud_simulator.world.entities import Item, Order, Product
from cartoncloud_simulator.world.world import World

_INBOUND = ("REQUIRED", "REQUIRED_ON_INCOMING")
_OUTBOUND = ("REQUIRED_ON_OUTGOING",)


def missing_inbound(product: Product, properties: Mapping[str, Any]) -> list[str]:
    return _missing(product, properties, _INBOUND)


def missing_outbound(world: World, item: Item) -> list[str]:
    return _missing(world.catalogue.by_id[item.product_id], item.properties, _OUTBOUND)


def check_outgoing(world: World, order: Order) -> None:
    """Refuse to pack while something that must be known of outgoing goods is not."""
    for index, item in enumerate(order.items):
        for name in missing_outbound(world, item):
            raise invalid(f"/items/{index}/properties/{name}", f"{name} is required of outgoing goods")


def _missing(product: Product, properties: Mapping[str, Any], needs: Collection[str]) -> list[str]:
    sent = product.document.get("itemPropertyRequirements")
    required = [name for name, need in sent.items() if need in needs] if isinstance(sent, dict) else []
    keys = ["expiryDate" if name == "expiry" else name for name in required]
    return [key for key in keys if properties.get(key) in (None, "")]
