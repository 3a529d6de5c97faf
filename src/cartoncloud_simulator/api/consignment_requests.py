"""A consignment as callers send one: what is checked, what is kept, what is looked up."""

from dataclasses import dataclass
from typing import Any

from cartoncloud_simulator.api.addresses import check_address, complete_address
from cartoncloud_simulator.api.bodies import NOTHING, mapping, read_flag, read_text
from cartoncloud_simulator.api.call import Call
from cartoncloud_simulator.api.custom_fields import take_properties
from cartoncloud_simulator.api.customers import find_customer, find_warehouse
from cartoncloud_simulator.api.money import check_money, take_money
from cartoncloud_simulator.api.transport_products import find_product
from cartoncloud_simulator.rules.refusals import Refusal, error_at, unknown_party
from cartoncloud_simulator.rules.transport import CREATED_TYPES
from cartoncloud_simulator.search.fields import is_day
from cartoncloud_simulator.world.entities import Customer, Warehouse
from cartoncloud_simulator.world.quantities import wire_number
from cartoncloud_simulator.world.transport import find_named
from cartoncloud_simulator.world.world import new_id

_ITEM_MEASURES = ("pallets", "weight", "cubic", "quantity", "spaces")
_STOP = ("address", "instructions", "requiredDate", "cashPaymentAmount")
_Errors = list[dict[str, Any]]


@dataclass(slots=True)
class ConsignmentRequest:
    """A valid request; `travels_on` names the fields of the consignment that refer to runs, sheets and people."""

    customer: Customer
    warehouse: Warehouse
    references: dict[str, Any]
    details: dict[str, Any]
    measures: dict[str, Any]
    properties: dict[str, Any]
    items: list[dict[str, Any]]
    travels_on: dict[str, str | None]


def read_request(call: Call, body: dict[str, Any], *, types: tuple[str, ...] = CREATED_TYPES) -> ConsignmentRequest:
    """The request as it will be stored, or a 422 naming everything wrong with it."""
    world, errors = call.world, _Errors()
    references, details = mapping(body.get("references")), mapping(body.get("details"))
    if not (read_text(references.get("customer")) or "").strip():
        errors.append(error_at("/references/customer", "Reference cannot be empty."))
    customer = find_customer(world, body.get("customer"))
    if customer is None or not call.sees_customer(customer.id):
        errors.append(unknown_party(world.settings, "/customer", "Customer"))
    warehouse: Warehouse | None = world.default_warehouse()
    if body.get("warehouse") is not None:
        warehouse = find_warehouse(world, body["warehouse"])
    if warehouse is None or not call.sees_warehouse(warehouse.id):
        errors.append(unknown_party(world.settings, "/warehouse", "Warehouse"))
    if details.get("type", types[0]) not in types:
        errors.append(error_at("/details/type", f"Must be one of: {', '.join(types)}"))
    errors += _check_details(call, details) + _check_measures(call, body) + _check_items(call, body.get("items"))
    travels_on = _look_up(call, body, details, errors)
    if errors:
        raise Refusal(422, *errors)

    assert customer and warehouse
    return ConsignmentRequest(
        customer=customer,
        warehouse=warehouse,
        references={
            name: text for name, value in references.items() if name != "numericId" and (text := read_text(value))
        },
        details={"type": details.get("type", types[0]), **_keep_details(call, warehouse, details)},
        measures=_keep_measures(call, mapping(body.get("measures"))),
        properties=take_properties(call, customer.id, "consignment", body.get("properties"), at="/properties"),
        items=[_keep_item(call, customer, index, item) for index, item in enumerate(body.get("items") or [])],
        travels_on=travels_on,
    )


def _check_details(call: Call, details: dict[str, Any]) -> _Errors:
    errors = _Errors()
    for name in ("collect", "deliver"):
        stop = mapping(details.get(name))
        if stop.get("address") is not None:
            errors += check_address(call.world, stop["address"], at=f"/details/{name}/address")
        errors += check_money(call.world, stop.get("cashPaymentAmount"), at=f"/details/{name}/cashPaymentAmount")
        if stop.get("requiredDate") is not None and not is_day(stop["requiredDate"]):
            errors.append(error_at(f"/details/{name}/requiredDate", "Date must be written as YYYY-MM-DD."))
    errors += check_money(call.world, details.get("invoiceValue"), at="/details/invoiceValue", any_currency=True)
    if details.get("authorityToLeave") not in NOTHING and _read_flag(call, details["authorityToLeave"]) is None:
        errors.append(error_at("/details/authorityToLeave", "Must be true or false."))
    return errors


def _check_measures(call: Call, body: dict[str, Any]) -> _Errors:
    measures = mapping(body.get("measures"))
    values = {"hours": measures.get("hours"), "distance/value": mapping(measures.get("distance")).get("value")}
    return [
        error_at(f"/measures/{name}", "Must be a number.")
        for name, value in values.items()
        if value is not None and call.world.read_number(value) is None
    ]


def _check_items(call: Call, items: Any) -> _Errors:
    if items is None:
        return []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return [error_at("/items", "Items must be an array of objects.")]
    errors = _Errors()
    for index, item in enumerate(items):
        measures = mapping(item.get("measures"))
        errors += [
            error_at(f"/items/{index}/measures/{name}", "Must be a number.")
            for name in _ITEM_MEASURES
            if measures.get(name) is not None and call.world.read_number(measures[name]) is None
        ]
        product = mapping(item.get("details")).get("product")
        if product is not None and find_product(call.world, product) is None:
            errors.append(error_at(f"/items/{index}/details/product", "Product not found."))
    return errors


def _look_up(call: Call, body: dict[str, Any], details: dict[str, Any], errors: _Errors) -> dict[str, str | None]:
    office = call.world.transport
    run = find_named(office.delivery_runs, details.get("deliveryRun"))
    sheet = find_named(office.run_sheets, details.get("runsheet"))
    driver = find_named(office.drivers, body.get("user"))
    manifest = office.manifests.get(str(mapping(details.get("manifest")).get("id")).lower())
    for at, sent, found in (
        ("/details/deliveryRun", details.get("deliveryRun"), run),
        ("/details/runsheet", details.get("runsheet"), sheet),
        ("/details/manifest", details.get("manifest"), manifest),
        ("/user", body.get("user"), driver),
    ):
        if sent is not None and found is None:
            errors.append(error_at(at, "Not found."))
    return {
        "delivery_run_id": run.id if run else None,
        "run_sheet_id": sheet.id if sheet else None,
        "manifest_id": manifest.id if manifest else None,
        "driver_id": driver.id if driver else None,
    }


def _keep_details(call: Call, warehouse: Warehouse, details: dict[str, Any]) -> dict[str, Any]:
    """Stops without an address begin or end at the depot."""
    kept: dict[str, Any] = {"authorityToLeave": _read_flag(call, details.get("authorityToLeave")) or False}
    if instructions := details.get("authorityToLeaveInstructions"):
        kept["authorityToLeaveInstructions"] = read_text(instructions)
    for name in ("collect", "deliver"):
        sent = mapping(details.get(name))
        stop = {key: sent[key] for key in _STOP if sent.get(key) not in (None, "")}
        address = stop.get("address")
        if address and address.get("id") != warehouse.address.get("id", ""):
            stop["address"] = complete_address(call.world, address)
        else:
            stop["address"] = warehouse.address
        if cash := stop.get("cashPaymentAmount"):
            stop["cashPaymentAmount"] = take_money(call.world, cash)
        kept[name] = stop
    if value := details.get("invoiceValue"):
        kept["invoiceValue"] = take_money(call.world, value)
    tracking = mapping(details.get("tracking"))
    carrier = tracking.get("companyName") or tracking.get("company")
    known = {"companyName": carrier, "url": tracking.get("url")}
    if tracking := {name: value for name, value in known.items() if value}:
        kept["tracking"] = tracking
    return call.without_empty(kept)


def _keep_measures(call: Call, measures: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if hours := call.world.read_number(measures.get("hours")):
        kept["hours"] = wire_number(hours)
    if distance := call.world.read_number(mapping(measures.get("distance")).get("value")):
        kept["distance"] = {"value": wire_number(distance), "unit": "km"}
    return kept


def _keep_item(call: Call, customer: Customer, index: int, sent: dict[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = {"id": str(sent.get("id") or new_id()), "type": "ITEM"}
    if product := find_product(call.world, mapping(sent.get("details")).get("product")):
        references = {"references": product.document["references"]} if "references" in product.document else {}
        item["details"] = {"product": {"id": product.id, "name": product.name, **references}}
    measures = mapping(sent.get("measures"))
    read = {name: call.world.read_number(measures.get(name)) for name in _ITEM_MEASURES}
    item["measures"] = {name: wire_number(number) for name, number in read.items() if number}
    at = f"/items/{index}/properties"
    properties = dict(mapping(sent.get("properties")))
    description = properties.pop("description", None)
    kept = take_properties(call, customer.id, "consignment_item", properties, at=at)
    if description:
        kept = {"description": description, **kept}
    if kept:
        item["properties"] = kept
    return item


def _read_flag(call: Call, value: Any) -> bool | None:
    return read_flag(value, texts_accepted=call.world.settings.string_booleans_accepted)
