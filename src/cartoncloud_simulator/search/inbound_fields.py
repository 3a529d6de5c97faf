"""What inbound orders can be searched by."""

from dataclasses import replace
from decimal import Decimal

from cartoncloud_simulator.search.fields import CUSTOMER, WAREHOUSE, Endpoint, detail, is_visible, moment
from cartoncloud_simulator.world.world import World

_MODIFIED = "/timestamps/modified/time"

_ORDERS = Endpoint(
    name="inbound-orders",
    all=lambda world: world.inbound_orders.by_id,
    pointers={
        "/id": lambda world, order: str(order.id),
        "/type": lambda world, order: "INBOUND",
        "/status": lambda world, order: str(order.status),
        "/version": lambda world, order: Decimal(order.version),
        "/references/customer": lambda world, order: str(order.references["customer"]),
        "/references/numericId": lambda world, order: str(order.numeric_id),
        "/timestamps/created/time": moment("created_at"),
        _MODIFIED: moment("modified_at"),
        "/timestamps/verified/time": moment("verified_at"),
        "/details/urgent": detail("urgent"),
        "/details/arrivalDate": detail("arrivalDate"),
        "/details/parentId": lambda world, order: order.parent_id,
        "/details/hasChildren": lambda world, order: bool(order.has_children),
        **CUSTOMER,
        **WAREHOUSE,
    },
    aliases={
        "reference": "/references/customer",
        "customerName": "/customer/name",
        "customerId": "/customer/id",
        "arrivalDate": "/details/arrivalDate",
        "createdDate": "/timestamps/created/time",
    },
    indexes={
        "/id": lambda world, value: world.inbound_orders.ids_by_id(value),
        "/references/customer": lambda world, value: world.inbound_orders.ids_by_reference(value),
        "/customer/id": lambda world, value: world.inbound_orders.ids_by_customer(value),
        "/status": lambda world, value: world.inbound_orders.ids_by_status(value.upper()),
    },
    modified_since=lambda world, since: world.inbound_orders.ids_modified_since(since),
    visible=is_visible,
    attested=frozenset({"/customer/id", "/status", "/timestamps/created/time", _MODIFIED}),
)
_WITHOUT_MODIFIED = replace(
    _ORDERS,
    pointers={pointer: getter for pointer, getter in _ORDERS.pointers.items() if pointer != _MODIFIED},
    modified_since=None,
)


def endpoint(world: World) -> Endpoint:
    """Whether inbound orders are searchable by their last change is not known, so a setting says it."""
    return _ORDERS if world.settings.inbound_modified_searchable else _WITHOUT_MODIFIED
