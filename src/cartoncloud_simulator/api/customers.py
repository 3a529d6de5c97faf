"""Customers: list, get and, for internal clients, create."""

from typing import Any

from cartoncloud_simulator.api import paging, wire
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.api.custom_fields import take_properties
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.world.entities import Customer, Warehouse
from cartoncloud_simulator.world.world import World, new_id


def list_customers(call: Call) -> Answer:
    visible = [customer for customer in call.world.customers.values() if call.sees_customer(customer.id)]
    shown = [{"id": customer.id, "name": customer.name} for customer in visible]
    if not call.world.settings.customer_list_paged:
        return Answer(200, wire.encode(shown))
    # Who knows nothing of pages sees them all.
    most = max(len(shown), call.world.settings.max_page_size)
    page, headers = paging.cut_page(call, shown, default_size=most, max_size=most)
    return Answer(200, wire.encode(page), headers)


def get_customer(call: Call) -> Answer:
    customer = call.world.customers.get(call.path["id"])
    if customer is None:
        raise plain(404, "Customer not found")
    if not call.sees_customer(customer.id):
        raise call.out_of_scope("Customer")
    return Answer(200, wire.encode({"id": customer.id, "name": customer.name}))


def create_customer(call: Call) -> Answer:
    if not call.client.internal or call.client.customer_ids is not None:
        raise plain(403, "Access is denied")
    body = call.json_object()
    if body.get("scope", "CUSTOMER") != "CUSTOMER":
        raise invalid("/scope", "Scope must be CUSTOMER.")
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise invalid("/name", "Name cannot be empty.")
    if any(customer.name == name for customer in call.world.customers.values()):
        raise invalid("/name", "A Customer with this name already exists.")
    for key in ("email", "telephone"):
        if not isinstance(body.get(key) or "", str):
            raise invalid(f"/{key}", "Must be text.")
    references = body.get("references")
    code = references.get("code") if isinstance(references, dict) else None
    profile = {key: body[key] for key in ("email", "telephone") if body.get(key)}
    if properties := take_properties(call, None, "customer", body.get("properties"), at="/properties"):
        profile["properties"] = properties
    profile["scope"] = "CUSTOMER"
    profile["warehouses"] = [warehouse.id for warehouse in _read_warehouses(call.world, body.get("warehouses"))]
    customer = Customer(id=new_id(), name=name, code=str(code) if code else None, profile=profile)
    call.world.save(customer)
    return Answer(201, wire.encode(_full(call.world, customer)))


def _read_warehouses(world: World, sent: Any) -> list[Warehouse]:
    if sent is None:
        return [world.default_warehouse()]
    if not isinstance(sent, list):
        raise invalid("/warehouses", "Warehouses must be an array.")
    found = []
    for index, reference in enumerate(sent):
        warehouse = find_warehouse(world, reference)
        if warehouse is None:
            raise invalid(f"/warehouses/{index}", "Warehouse not found.")
        found.append(warehouse)
    return found


def find_warehouse(world: World, reference: Any) -> Warehouse | None:
    """By id, else by exact name; the first supplied decides."""
    if not isinstance(reference, dict):
        return None
    if warehouse_id := reference.get("id"):
        return world.warehouses.get(str(warehouse_id).lower())
    named = (warehouse for warehouse in world.warehouses.values() if warehouse.name == reference.get("name"))
    return next(named, None)


def find_customer(world: World, reference: Any) -> Customer | None:
    """By id, else by code, else by name; the first supplied decides."""
    if not isinstance(reference, dict):
        return None
    if customer_id := reference.get("id"):
        return world.customers.get(str(customer_id).lower())
    references = reference.get("references")
    code = references.get("code") if isinstance(references, dict) else None
    for customer in world.customers.values():
        if customer.code == code if code else customer.name == reference.get("name"):
            return customer
    return None


def _full(world: World, customer: Customer) -> dict[str, Any]:
    warehouses = [wire.warehouse_reference(world.warehouses[found]) for found in customer.profile["warehouses"]]
    return {**wire.customer_reference(customer), **customer.profile, "warehouses": warehouses}
