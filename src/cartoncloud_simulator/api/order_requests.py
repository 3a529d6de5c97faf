"""What a request for a new order has in common in both directions, and what is wrong with it."""

from dataclasses import dataclass, field
from typing import Any

from cartoncloud_simulator.api import custom_fields
from cartoncloud_simulator.api.bodies import NOTHING, mapping, read_flag, read_text
from cartoncloud_simulator.api.call import Call
from cartoncloud_simulator.api.customers import find_customer, find_warehouse
from cartoncloud_simulator.api.money import check_money, take_money
from cartoncloud_simulator.rules.intake_lines import LINE_FIELD_PREFIX
from cartoncloud_simulator.rules.refusals import Refusal, duplicate, error_at, plain, unknown_party
from cartoncloud_simulator.world.entities import Order
from cartoncloud_simulator.world.inbound import InboundOrder
from cartoncloud_simulator.world.order_book import OrderBook


@dataclass(slots=True)
class Head:
    """The parties, the reference and the lines as sent; `errors` says what cannot be."""

    reference: str = ""
    customer_id: str = ""
    warehouse_id: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


def read_head(call: Call, body: dict[str, Any], *, kind: str) -> Head:
    world, head = call.world, Head()
    errors = head.errors
    if body.get("type") not in (None, kind):
        errors.append(error_at("/type", f"Type must be {kind}."))
    reference = read_text(mapping(body.get("references")).get("customer"))
    if reference is not None and reference.strip():
        head.reference = reference
    else:
        errors.append(error_at("/references/customer", "Reference cannot be empty."))
    customer = find_customer(world, body.get("customer"))
    if customer is None or not call.sees_customer(customer.id):
        errors.append(unknown_party(world.settings, "/customer", "Customer"))
    else:
        head.customer_id = customer.id
    warehouse = find_warehouse(world, body["warehouse"]) if body.get("warehouse") is not None else None
    if body.get("warehouse") is None:
        warehouse = world.default_warehouse()
    if warehouse is None or not call.sees_warehouse(warehouse.id):
        errors.append(unknown_party(world.settings, "/warehouse", "Warehouse"))
    else:
        head.warehouse_id = warehouse.id
    lines = body.get("items")
    if isinstance(lines, list) and lines and all(isinstance(line, dict) for line in lines):
        head.lines = lines
        errors += _check_lines(call, head)
    else:
        errors.append(error_at("/items", "Items cannot be empty."))
    if body.get("details") not in NOTHING and not isinstance(body["details"], dict):
        errors.append(error_at("/details", "Details must be an object."))
    if body.get("properties") not in NOTHING and not isinstance(body["properties"], dict):
        errors.append(error_at("/properties", "Properties must be an object."))
    return head


def take_line_properties(call: Call, head: Head) -> list[dict[str, Any]]:
    """The lines with only those properties that are custom fields of order lines or of stock."""
    policy = call.world.customer_settings(head.customer_id)
    if not policy.custom_fields and not policy.internal_fields:
        return head.lines
    return [
        {**line, "properties": _take(call, head.customer_id, line["properties"], at=f"/items/{index}/properties")}
        if isinstance(line.get("properties"), dict)
        else line
        for index, line in enumerate(head.lines)
    ]


def check_duplicate(
    call: Call, book: OrderBook[Any], head: Head, *, overridable: tuple[str, ...], name: str
) -> Any | None:
    """The order this one replaces, if any; a taken reference is refused."""
    world = call.world
    existing = book.find_by_reference(
        head.customer_id, head.reference, case_sensitive=world.settings.reference_case_sensitive
    )
    if existing is None or existing.status in overridable:
        return existing
    if not world.customer_settings(head.customer_id).unique_references:
        return None
    raise duplicate(world.settings, name, existing.id)


def missing_order(call: Call, book: OrderBook[Any], name: str) -> Refusal:
    """An order that is not there: it never was, or it was deleted."""
    status = call.world.settings.deleted_order_status if call.path["id"] in book.removed else 404
    return plain(status, f"{name} not found")


def check_deletable(call: Call, order: Order | InboundOrder, *, overridable: tuple[str, ...], name: str) -> None:
    if order.status not in overridable:
        message = f"A {name} in status {order.status} cannot be deleted."
        raise plain(call.world.settings.delete_refused_status, message)


def kept_references(body: dict[str, Any]) -> dict[str, Any]:
    """What the caller calls the order; the number is the warehouse's own."""
    sent = body["references"].items()
    return {name: text for name, value in sent if name != "numericId" and (text := read_text(value))}


def check_shapes(holder: dict[str, Any], *names: str, at: str) -> list[dict[str, Any]]:
    """A text where an object belongs would otherwise say nothing at all."""
    errors = []
    for name in names:
        value = holder.get(name)
        if not isinstance(value, dict) and value not in NOTHING:
            errors.append(error_at(f"{at}/{name}", "Must be an object."))
    return errors


def check_flags(call: Call, details: dict[str, Any], *names: str) -> list[dict[str, Any]]:
    errors = []
    for name in names:
        value = details.get(name)
        if not isinstance(value, bool) and value not in NOTHING and _read_flag(call, value) is None:
            errors.append(error_at(f"/details/{name}", "Must be true or false."))
    return errors


def keep_flag(call: Call, details: dict[str, Any], name: str, *, default: bool) -> bool:
    sent = details.get(name)
    read = sent if sent is None or isinstance(sent, bool) else _read_flag(call, sent)
    return default if read is None else read


def _read_flag(call: Call, value: Any) -> bool | None:
    return read_flag(value, texts_accepted=call.world.settings.string_booleans_accepted)


def _check_lines(call: Call, head: Head) -> list[dict[str, Any]]:
    errors: list[dict[str, Any]] = []
    for index, line in enumerate(head.lines):
        details = line.get("details")
        if not isinstance(details, dict):
            errors += check_shapes(line, "details", at=f"/items/{index}")
            continue
        if not isinstance(details.get("product"), dict) or not isinstance(details.get("unitOfMeasure"), dict):
            errors += check_shapes(details, "product", "unitOfMeasure", at=f"/items/{index}/details")
        if (price := details.get("approximateUnitPrice")) is not None:
            at = f"/items/{index}/details/approximateUnitPrice"
            wrong = check_money(call.world, price, at=at, currency_required=True)
            errors += wrong
            if not wrong:
                line["details"] = {**details, "approximateUnitPrice": take_money(call.world, price)}
    return errors


def _take(call: Call, customer_id: str, sent: dict[str, Any], *, at: str) -> dict[str, Any]:
    of_line = {name: value for name, value in sent.items() if name.startswith(LINE_FIELD_PREFIX)}
    of_stock = {name: value for name, value in sent.items() if name not in of_line}
    return {
        **custom_fields.take_properties(call, customer_id, "order_line", of_line, at=at),
        **custom_fields.take_properties(call, customer_id, "stock", of_stock, at=at),
    }
