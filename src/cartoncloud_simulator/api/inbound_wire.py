"""How inbound orders look on the wire; what has no value is left out."""

from typing import Any

from cartoncloud_simulator.api import wire
from cartoncloud_simulator.api.shown_lines import in_base_unit
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.inbound import InboundItem, InboundOrder
from cartoncloud_simulator.world.quantities import wire_number
from cartoncloud_simulator.world.world import World

_CONFIRMED = ("VERIFIED", "ALLOCATED")
_IDENTITY = ("id", "type", "references")


def order_bytes(world: World, order: InboundOrder) -> bytes:
    """The order's document, encoded once per version."""
    found = world.inbound_orders.documents.get(order.id)
    if found is None:
        found = world.inbound_orders.remember(order.id, wire.encode(order_document(world, order)))
    return found


def order_document(world: World, order: InboundOrder) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": order.id,
        "type": "INBOUND",
        "status": order.status,
        "version": order.version,
        "references": {**order.references, "numericId": str(order.numeric_id)},
        "customer": wire.customer_reference(world.customers[order.customer_id]),
        "warehouse": wire.warehouse_reference(world.warehouses[order.warehouse_id]),
        "details": _details(world, order),
    }
    if order.properties:
        document["properties"] = order.properties
    document["items"] = [_item_document(world, order, item) for item in order.items]
    if timestamps := _timestamps(world, order):
        document["timestamps"] = timestamps
    return document


def _details(world: World, order: InboundOrder) -> dict[str, Any]:
    details = dict(order.details)
    if order.has_children or world.settings.has_children_always_shown:
        details["hasChildren"] = order.has_children
    if order.parent_id:
        details["parentId"] = order.parent_id
    if order.errors:
        details["errors"] = wire.error_references(world, order)
    return details


def _item_document(world: World, order: InboundOrder, item: InboundItem) -> dict[str, Any]:
    if world.settings.item_units == "base":
        item = in_base_unit(world, item)
    quantity = item.quantity
    if order.status in _CONFIRMED and not world.settings.inbound_quantity_confirmed:
        quantity = item.expected or item.quantity
    document: dict[str, Any] = {
        "id": item.id,
        "type": "ITEM",
        "status": item.status,
        "references": {"numericId": str(item.numeric_id)},
        "details": wire.item_details(world, item.product_id, item.unit),
        "measures": {"quantity": wire_number(quantity)},
    }
    if not world.settings.inbound_item_identity_shown:
        document = {name: part for name, part in document.items() if name not in _IDENTITY}
    if item.properties:
        document["properties"] = item.properties
    return document


def _timestamps(world: World, order: InboundOrder) -> dict[str, Any]:
    zone = world.zone_of(order.warehouse_id)
    moments = {"created": order.created_at, "modified": order.modified_at, "verified": order.verified_at}
    return {
        name: {"time": clock.format_time(moment, zone=zone)}
        for name, moment in moments.items()
        if moment is not None and name in world.settings.inbound_timestamps
    }
