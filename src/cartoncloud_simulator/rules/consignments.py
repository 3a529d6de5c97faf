"""The consignments an order brings about: packages, carrier, tracking."""

import secrets
from decimal import Decimal
from typing import Any

from cartoncloud_simulator.world.entities import Consignment, Order
from cartoncloud_simulator.world.quantities import wire_number
from cartoncloud_simulator.world.world import World, new_id

_TRACKING_ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_ON_THE_ROAD = "IN_TRANSIT_WAREHOUSE_DELIVERY"
_AWAITING_PACKING = "AWAITING_SALE_ORDER_PACKING"
IN_THE_WAREHOUSE = (_AWAITING_PACKING, "IN_WAREHOUSE")


def add_fulfilment(world: World, order: Order) -> Consignment:
    """One more fulfilment of an order, made by hand."""
    made = _build(world, order)
    world.save(made)
    return made


def set_tracking(consignment: Consignment, *, tracking: str | None, carrier: str | None, url: str | None) -> None:
    if tracking is not None:
        consignment.references["tracking"] = tracking
    wanted = {"companyName": carrier, "url": url}
    known = consignment.details.get("tracking", {})
    if told := {**known, **{name: value for name, value in wanted.items() if value is not None}}:
        consignment.details["tracking"] = told


def generate(world: World, order: Order) -> list[Consignment]:
    """New consignments of an order, before it is packed."""
    policy = world.customer_settings(order.customer_id)
    made = [_build(world, order) for _ in range(policy.consignments_per_order)]
    for consignment in made:
        world.save(consignment)
    return made


def complete_packing(world: World, order: Order, *, packages: int | None = None) -> None:
    """Give the order's consignments their packages and tracking; make them first where none was made on import."""
    policy = world.customer_settings(order.customer_id)
    found = world.consignments.list_of_order(order.id)
    if not found and policy.consignment_generation != "off":
        found = generate(world, order)
    for consignment in found:
        if consignment.status != _AWAITING_PACKING:
            continue
        tracking = _new_tracking()
        consignment.status = "IN_WAREHOUSE"
        consignment.references["tracking"] = tracking
        consignment.details["tracking"] = {
            "companyName": policy.carrier_name,
            "url": policy.tracking_url.replace("{tracking}", tracking),
        }
        count = packages or policy.packages_per_order
        consignment.items = [_package(world, order, number) for number in range(1, count + 1)]
        save_changed(world, consignment)


def ship(world: World, order: Order) -> None:
    """What is still in the warehouse leaves it."""
    for consignment in world.consignments.list_of_order(order.id):
        if consignment.status in IN_THE_WAREHOUSE:
            is_fulfilment = consignment.is_fulfilment
            consignment.status = world.settings.fulfilment_shipped_status if is_fulfilment else _ON_THE_ROAD
            save_changed(world, consignment)


def unpack(world: World, order: Order) -> None:
    """An order reverted to picking: the consignment waits for packing again, with its tracking kept."""
    for consignment in world.consignments.list_of_order(order.id):
        consignment.status = _AWAITING_PACKING
        save_changed(world, consignment)


def save_changed(world: World, consignment: Consignment) -> None:
    consignment.version = world.next_version(consignment.version)
    consignment.modified_at = world.clock.now()
    world.save(consignment)
    _tell_order(world, consignment)


def _tell_order(world: World, consignment: Consignment) -> None:
    """Store connectors copy the tracking into properties of the order, where the customer named some."""
    names = world.customer_settings(consignment.customer_id).tracking_properties
    order = world.orders.by_id.get(consignment.order_id or "")
    if not names or order is None:
        return
    told = consignment.details.get("tracking", {})
    known = {
        "carrier": told.get("companyName"),
        "tracking": consignment.references.get("tracking"),
        "url": told.get("url"),
    }
    written = {name: known[part] for part, name in names.items() if known[part]}
    if written.items() <= order.properties.items():
        return
    order.properties = {**order.properties, **written}
    order.version = world.next_version(order.version)
    order.modified_at = world.clock.now()
    world.save(order)


def _build(world: World, order: Order) -> Consignment:
    now = world.clock.now()
    deliver = order.details.get("deliver")
    details: dict[str, Any] = {
        "type": world.customer_settings(order.customer_id).generated_consignment_type,
        "authorityToLeave": False,
    }
    if isinstance(deliver, dict):
        details["deliver"] = {
            name: deliver[name] for name in ("address", "instructions", "requiredDate") if name in deliver
        }
    return Consignment(
        id=new_id(),
        numeric_id=world.next_numeric_id("consignment", order.customer_id),
        seq=world.next_seq(),
        customer_id=order.customer_id,
        warehouse_id=order.warehouse_id,
        order_id=order.id,
        status=_AWAITING_PACKING,
        references={"customer": order.reference},
        details=details,
        created_at=now,
        modified_at=now,
        properties=_service_type(deliver),
    )


def _service_type(deliver: Any) -> dict[str, Any]:
    method = deliver.get("method") if isinstance(deliver, dict) else None
    service = method.get("requestedService") if isinstance(method, dict) else None
    return {"serviceType": service} if service else {}


def _package(world: World, order: Order, number: int) -> dict[str, Any]:
    """A carton; the first holds everything, where contents are told at all."""
    extras = world.customer_settings(order.customer_id).package_extras
    package: dict[str, Any] = {"id": new_id(), "type": "ITEM", "measures": {"quantity": 1, "weight": 1}}
    if "dimensions" in extras:
        package["measures"] |= {"length": Decimal("0.43"), "width": Decimal("0.3"), "height": Decimal("0.31")}
    package["properties"] = {"description": f"Carton {number}"}
    if "contents" in extras and number == 1:
        package["items"] = [
            {
                "details": {"product": {"references": {"code": world.catalogue.by_id[item.product_id].code}}},
                "measures": {"quantity": wire_number(item.quantity)},
            }
            for item in order.items
        ]
    return package


def _new_tracking() -> str:
    return "HFL" + "".join(secrets.choice(_TRACKING_ALPHABET) for _ in range(10))
