"""Inbound orders: create, get, search, delete."""

from typing import Any

from cartoncloud_simulator.api import custom_fields, inbound_wire, paging, wire
from cartoncloud_simulator.api.bodies import NOTHING, mapping, read_text
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.api.order_requests import (
    check_deletable,
    check_duplicate,
    check_flags,
    keep_flag,
    kept_references,
    missing_order,
    read_head,
    take_line_properties,
)
from cartoncloud_simulator.rules import inbound_intake
from cartoncloud_simulator.rules.refusals import Refusal, error_at
from cartoncloud_simulator.search import engine, fields, inbound_fields
from cartoncloud_simulator.world.inbound import InboundOrder

_KEPT_DETAILS = ("urgent", "instructions", "arrivalDate", "externalMeta")


def create_order(call: Call) -> Answer:
    draft = _read_draft(call, call.json_object())
    if draft.replaces is not None:
        _check_removable(call, draft.replaces)
    order = inbound_intake.take_in(call.world, draft)
    return Answer(228 if order.status == "REJECTED" else 201, _shown(call, order))


def get_order(call: Call) -> Answer:
    body = _shown(call, _find_order(call))
    return wire.without_items(body) if call.prefers("return=no-items") else Answer(200, body)


def search_orders(call: Call) -> Answer:
    found = engine.search(call, inbound_fields.endpoint(call.world))
    page, headers = paging.cut_page(call, found)
    if call.prefers("return=minimal"):
        headers["Preference-Applied"] = "return=minimal"
        return Answer(200, wire.encode([{"id": order.id} for order in page]), headers)
    return Answer(200, wire.join_array(_shown(call, order) for order in page), headers)


def delete_order(call: Call) -> Answer:
    order = _find_order(call)
    overridable = call.world.customer_settings(order.customer_id).inbound_overridable_statuses
    check_deletable(call, order, overridable=overridable, name="Purchase Order")
    _check_removable(call, order)
    inbound_intake.remove_order(call.world, order)
    return Answer(204)


def _shown(call: Call, order: InboundOrder) -> bytes:
    return custom_fields.show(call, order.customer_id, inbound_wire.order_bytes(call.world, order))


def _find_order(call: Call) -> InboundOrder:
    order = call.world.inbound_orders.by_id.get(call.path["id"])
    if order is None:
        raise missing_order(call, call.world.inbound_orders, "Purchase Order")
    if not call.sees(order):
        raise call.out_of_scope("Purchase Order")
    return order


def _check_removable(call: Call, order: InboundOrder) -> None:
    """Stock that others were promised keeps its order alive, whatever the status allows."""
    try:
        inbound_intake.check_removable(call.world, order)
    except Refusal as refusal:
        raise Refusal(call.world.settings.delete_refused_status, *refusal.errors) from None


def _read_draft(call: Call, body: dict[str, Any]) -> inbound_intake.InboundDraft:
    world = call.world
    head = read_head(call, body, kind="INBOUND")
    details = mapping(body.get("details"))
    if (arrival := details.get("arrivalDate")) is not None and not fields.is_day(arrival):
        head.errors.append(error_at("/details/arrivalDate", "Date must be written as YYYY-MM-DD."))
    head.errors += check_flags(call, details, "urgent")
    head.errors += _check_item_statuses(call, head.lines) + _check_expiries(head.lines)
    if head.errors:
        raise Refusal(422, *head.errors)

    policy = world.customer_settings(head.customer_id)
    kept = call.without_empty({name: details[name] for name in _KEPT_DETAILS if details.get(name) not in NOTHING})
    if "instructions" in kept:
        kept["instructions"] = read_text(kept["instructions"])
    kept["urgent"] = keep_flag(call, details, "urgent", default=False) and policy.urgent_honoured
    return inbound_intake.InboundDraft(
        client=call.client,
        customer_id=head.customer_id,
        warehouse_id=head.warehouse_id,
        references=kept_references(body),
        details=kept,
        properties=custom_fields.take_properties(
            call, head.customer_id, "inbound_order", body.get("properties"), at="/properties"
        ),
        lines=take_line_properties(call, head),
        is_draft=body.get("status") == "DRAFT",
        replaces=check_duplicate(
            call,
            world.inbound_orders,
            head,
            overridable=policy.inbound_overridable_statuses,
            name="Purchase Order",
        ),
    )


def _check_item_statuses(call: Call, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = call.world.settings.stock_statuses
    return [
        error_at(f"/items/{index}/status", f"Status must be any of: {', '.join(known)}.")
        for index, line in enumerate(lines)
        if line.get("status") is not None and line["status"] not in known
    ]


def _check_expiries(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        error_at(f"/items/{index}/properties/expiryDate", "Date must be written as YYYY-MM-DD.")
        for index, line in enumerate(lines)
        if (day := mapping(line.get("properties")).get("expiryDate")) and not fields.is_day(day)
    ]
