"""Outbound orders: create, get, search, delete."""

from typing import Any

from cartoncloud_simulator.api import paging, wire
from cartoncloud_simulator.api.addresses import check_address, complete_address
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.api.customers import find_customer, find_warehouse
from cartoncloud_simulator.rules import intake, ledger_entries
from cartoncloud_simulator.rules.refusals import Refusal, error_at, plain
from cartoncloud_simulator.search import engine, fields
from cartoncloud_simulator.world.entities import Order
from cartoncloud_simulator.world.quantities import read_number

_KEPT_DETAILS = ("urgent", "instructions", "collect", "deliver", "invoiceValue", "allowSplitting", "externalMeta")


def create_order(call: Call) -> Answer:
    body = call.json_object()
    draft = _read_draft(call, body)
    order = intake.take_in(call.world, draft)
    return Answer(228 if order.status == "REJECTED" else 201, wire.order_bytes(call.world, order))


def get_order(call: Call) -> Answer:
    return Answer(200, wire.order_bytes(call.world, _find_order(call)))


def search_orders(call: Call) -> Answer:
    found = engine.search(call, fields.ORDERS)
    page, headers = paging.cut_page(call, found)
    if call.prefers("return=minimal"):
        headers["Preference-Applied"] = "return=minimal"
        return Answer(200, wire.encode([{"id": order.id} for order in page]), headers)
    return Answer(200, wire.join_array(wire.order_bytes(call.world, order) for order in page), headers)


def delete_order(call: Call) -> Answer:
    order = _find_order(call)
    if order.status not in call.world.customer_settings(order.customer_id).overridable_statuses:
        message = f"A Sale Order in status {order.status} cannot be deleted."
        raise plain(call.world.settings.delete_refused_status, message)
    intake.remove_order(call.world, order)
    ledger_entries.record_deleted(call.world, order, by="api")
    return Answer(204)


def _find_order(call: Call) -> Order:
    order = call.world.orders.by_id.get(call.path["id"])
    if order is None:
        raise plain(404, "Sale Order not found")
    if not call.sees(order):
        raise call.out_of_scope("Sale Order")
    return order


def _read_draft(call: Call, body: dict[str, Any]) -> intake.OrderDraft:
    world = call.world
    errors: list[dict[str, Any]] = []
    if body.get("type", "OUTBOUND") != "OUTBOUND":
        errors.append(error_at("/type", "Type must be OUTBOUND."))
    reference = _mapping(body.get("references")).get("customer")
    if not isinstance(reference, str) or not reference.strip():
        errors.append(error_at("/references/customer", "Reference cannot be empty."))
    customer = find_customer(world, body.get("customer"))
    if customer is None or not call.sees_customer(customer.id):
        errors.append(error_at("/customer", "Customer not found."))
    warehouse = world.default_warehouse()
    if body.get("warehouse") is not None:
        named = find_warehouse(world, body["warehouse"])
        if named is None:
            errors.append(error_at("/warehouse", "Warehouse not found."))
        else:
            warehouse = named
    if not call.sees_warehouse(warehouse.id):
        errors.append(error_at("/warehouse", "Warehouse not found."))
    lines = body.get("items")
    if not isinstance(lines, list) or not lines or not all(isinstance(line, dict) for line in lines):
        errors.append(error_at("/items", "Items cannot be empty."))
    errors += _check_details(call, body.get("details"))
    if body.get("properties") is not None and not isinstance(body["properties"], dict):
        errors.append(error_at("/properties", "Properties must be an object."))
    if errors:
        raise Refusal(422, *errors)

    assert customer and isinstance(reference, str) and isinstance(lines, list)
    if world.customer_settings(customer.id).consignment_generation == "on_import":
        call.require_role("TMS Create Job")
    return intake.OrderDraft(
        client=call.client,
        customer_id=customer.id,
        warehouse_id=warehouse.id,
        references={name: value for name, value in body["references"].items() if value and name != "numericId"},
        details=_keep_details(call, _mapping(body.get("details"))),
        properties=_without_empty(_mapping(body.get("properties"))),
        lines=lines,
        is_draft=body.get("status") == "DRAFT",
        replaces=_check_duplicate(call, customer.id, reference),
    )


def _check_duplicate(call: Call, customer_id: str, reference: str) -> Order | None:
    """The order this one replaces, if any; a taken reference is refused."""
    world = call.world
    policy = world.customer_settings(customer_id)
    existing = world.orders.find_by_reference(
        customer_id, reference, case_sensitive=world.settings.reference_case_sensitive
    )
    if existing is None or existing.status in policy.overridable_statuses:
        return existing
    if not policy.unique_references:
        return None
    error = error_at("/references/customer", "A Sale Order with this Customer Reference already exists.")
    raise Refusal(
        world.settings.duplicate_status, {**error, "type": "DUPLICATE", "details": {"duplicateId": existing.id}}
    )


def _check_details(call: Call, details: Any) -> list[dict[str, Any]]:
    if details is not None and not isinstance(details, dict):
        return [error_at("/details", "Details must be an object.")]
    deliver = _mapping(_mapping(details).get("deliver"))
    address = deliver.get("address")
    errors = []
    if address is None:
        if call.world.settings.delivery_address_required:
            errors.append(error_at("/details/deliver/address", "Address cannot be empty."))
    else:
        errors += check_address(call.world, address, at="/details/deliver/address")
    method = _mapping(deliver.get("method")).get("type")
    if method not in (None, "SHIPPING", "PICKUP"):
        errors.append(error_at("/details/deliver/method/type", "Delivery method must be SHIPPING or PICKUP."))
    for holder, name in (("collect", "requiredDate"), ("deliver", "requiredDate")):
        value = _mapping(_mapping(details).get(holder)).get(name)
        if value is not None and not fields.is_day(value):
            errors.append(error_at(f"/details/{holder}/{name}", "Date must be written as YYYY-MM-DD."))
    invoice_value = _mapping(details).get("invoiceValue")
    if invoice_value is not None:
        amount = read_number(_mapping(invoice_value).get("amount"))
        if amount is None or amount < 0:
            errors.append(error_at("/details/invoiceValue/amount", "Amount must be zero or more."))
    return errors


def _keep_details(call: Call, details: dict[str, Any]) -> dict[str, Any]:
    kept = {name: details[name] for name in _KEPT_DETAILS if details.get(name) not in (None, {})}
    kept.setdefault("urgent", False)
    kept.setdefault("allowSplitting", True)
    if "collect" in kept:
        kept["collect"] = {name: value for name, value in _mapping(kept["collect"]).items() if name == "requiredDate"}
    if deliver := _mapping(kept.get("deliver")):
        deliver = _without_empty(deliver)
        if isinstance(deliver.get("address"), dict):
            deliver["address"] = complete_address(call.world, deliver["address"])
        kept["deliver"] = deliver
    return _without_empty(kept)


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", {})}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
