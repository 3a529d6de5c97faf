"""Outbound orders: create, get, search, delete."""

from typing import Any

from cartoncloud_simulator.api import custom_fields, paging, shown_lines, wire
from cartoncloud_simulator.api.addresses import check_address, complete_address
from cartoncloud_simulator.api.bodies import NOTHING, mapping, read_text
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.api.money import check_money, take_money
from cartoncloud_simulator.api.order_requests import (
    check_deletable,
    check_duplicate,
    check_flags,
    check_shapes,
    keep_flag,
    kept_references,
    missing_order,
    read_head,
    take_line_properties,
)
from cartoncloud_simulator.rules import intake, ledger_entries
from cartoncloud_simulator.rules.refusals import Refusal, error_at
from cartoncloud_simulator.search import engine, fields
from cartoncloud_simulator.world.entities import Order

_KEPT_DETAILS = ("urgent", "instructions", "collect", "deliver", "invoiceValue", "allowSplitting", "externalMeta")


def create_order(call: Call) -> Answer:
    body = call.json_object()
    draft = _read_draft(call, body)
    order = intake.take_in(call.world, draft)
    if order.status == "REJECTED":
        return Answer(228, _shown(call, order))
    if call.world.settings.created_items == "requested":
        return Answer(201, _shown_as_requested(call, order))
    return Answer(201, _shown(call, order))


def get_order(call: Call) -> Answer:
    body = _shown(call, _find_order(call))
    bare = call.world.settings.outbound_no_items_honoured and call.prefers("return=no-items")
    return wire.without_items(body) if bare else Answer(200, body)


def search_orders(call: Call) -> Answer:
    found = engine.search(call, fields.ORDERS)
    page, headers = paging.cut_page(call, found)
    if call.prefers("return=minimal"):
        headers["Preference-Applied"] = "return=minimal"
        return Answer(200, wire.encode([{"id": order.id} for order in page]), headers)
    return Answer(200, wire.join_array(_shown(call, order) for order in page), headers)


def delete_order(call: Call) -> Answer:
    order = _find_order(call)
    overridable = call.world.customer_settings(order.customer_id).overridable_statuses
    check_deletable(call, order, overridable=overridable, name="Sale Order")
    intake.remove_order(call.world, order)
    ledger_entries.record_deleted(call.world, order, by="api")
    return Answer(204)


def _shown(call: Call, order: Order) -> bytes:
    return custom_fields.show(call, order.customer_id, wire.order_bytes(call.world, order))


def _shown_as_requested(call: Call, order: Order) -> bytes:
    document = wire.order_document(call.world, order, items=shown_lines.list_requested(call.world, order))
    return custom_fields.show(call, order.customer_id, wire.encode(document))


def _find_order(call: Call) -> Order:
    order = call.world.orders.by_id.get(call.path["id"])
    if order is None:
        raise missing_order(call, call.world.orders, "Sale Order")
    if not call.sees(order):
        raise call.out_of_scope("Sale Order")
    return order


def _read_draft(call: Call, body: dict[str, Any]) -> intake.OrderDraft:
    world = call.world
    head = read_head(call, body, kind="OUTBOUND")
    head.errors += _check_details(call, mapping(body.get("details")))
    if head.errors:
        raise Refusal(422, *head.errors)

    policy = world.customer_settings(head.customer_id)
    if policy.consignment_generation == "on_import":
        call.require_role("TMS Create Job")
    details = _keep_details(call, mapping(body.get("details")))
    details["urgent"] = details["urgent"] and policy.urgent_honoured
    return intake.OrderDraft(
        client=call.client,
        customer_id=head.customer_id,
        warehouse_id=head.warehouse_id,
        references=kept_references(body),
        details=details,
        properties=custom_fields.take_properties(
            call, head.customer_id, "order", body.get("properties"), at="/properties"
        ),
        lines=take_line_properties(call, head),
        is_draft=body.get("status") == "DRAFT",
        replaces=check_duplicate(call, world.orders, head, overridable=policy.overridable_statuses, name="Sale Order"),
    )


def _check_details(call: Call, details: dict[str, Any]) -> list[dict[str, Any]]:
    deliver = mapping(details.get("deliver"))
    address = deliver.get("address")
    errors = []
    if address is None:
        if call.world.settings.delivery_address_required:
            errors.append(error_at("/details/deliver/address", "Address cannot be empty."))
    else:
        errors += check_address(call.world, address, at="/details/deliver/address")
    errors += check_flags(call, details, "urgent", "allowSplitting")
    errors += check_shapes(details, "collect", "deliver", at="/details")
    errors += check_shapes(deliver, "method", at="/details/deliver")
    method = mapping(deliver.get("method")).get("type")
    if method not in (None, "SHIPPING", "PICKUP"):
        errors.append(error_at("/details/deliver/method/type", "Delivery method must be SHIPPING or PICKUP."))
    for holder, name in (("collect", "requiredDate"), ("deliver", "requiredDate")):
        value = mapping(details.get(holder)).get(name)
        if value is not None and not fields.is_day(value):
            errors.append(error_at(f"/details/{holder}/{name}", "Date must be written as YYYY-MM-DD."))
    cash, value = deliver.get("cashPaymentAmount"), details.get("invoiceValue")
    errors += check_money(call.world, cash, at="/details/deliver/cashPaymentAmount")
    errors += check_money(call.world, value, at="/details/invoiceValue", any_currency=True)
    return errors


def _keep_details(call: Call, details: dict[str, Any]) -> dict[str, Any]:
    kept = {name: details[name] for name in _KEPT_DETAILS if details.get(name) not in NOTHING}
    kept["urgent"] = keep_flag(call, details, "urgent", default=False)
    kept["allowSplitting"] = keep_flag(call, details, "allowSplitting", default=True)
    if "instructions" in kept:
        kept["instructions"] = read_text(kept["instructions"])
    if "invoiceValue" in kept:
        kept["invoiceValue"] = take_money(call.world, kept["invoiceValue"])
    if "collect" in kept:
        kept["collect"] = {name: value for name, value in kept["collect"].items() if name == "requiredDate"}
    if "deliver" in kept:
        kept["deliver"] = deliver = dict(kept["deliver"])
        if "address" in deliver:
            deliver["address"] = complete_address(call.world, deliver["address"])
        if deliver.get("method"):
            deliver["method"] = {"type": "SHIPPING", **deliver["method"]}
        if "cashPaymentAmount" in deliver:
            deliver["cashPaymentAmount"] = take_money(call.world, deliver["cashPaymentAmount"])
    return call.without_empty(kept)
