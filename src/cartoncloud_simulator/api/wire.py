"""How entities look on the wire; what has no value is left out."""

from collections.abc import Iterable
from typing import Any

import msgspec

from cartoncloud_simulator.api import shown_lines
from cartoncloud_simulator.api.call import Answer
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.entities import Consignment, Customer, Item, Order, Product, Warehouse
from cartoncloud_simulator.world.inbound import InboundOrder
from cartoncloud_simulator.world.quantities import wire_number
from cartoncloud_simulator.world.world import World

_ENCODER = msgspec.json.Encoder(decimal_format="number")
encode = _ENCODER.encode

_DIMENSIONS = ("length", "width", "height", "id")
_ORIGIN = ("countryOfOrigin", "harmonizedSystemCode")


def customer_reference(customer: Customer) -> dict[str, Any]:
    reference: dict[str, Any] = {"enabled": True, "name": customer.name, "id": customer.id}
    if customer.code:
        reference["references"] = {"code": customer.code}
    return reference


def product_reference(world: World, product_id: str) -> Any:
    """The short form that items carry."""
    short = world.catalogue.wire_reference(product_id)
    if not world.settings.product_customer_shown:
        return short
    owner = world.customers[world.catalogue.by_id[product_id].customer_id]
    return {**msgspec.json.decode(short, type=dict[str, Any]), "customer": customer_reference(owner)}


def warehouse_reference(warehouse: Warehouse) -> dict[str, Any]:
    return {"enabled": True, "name": warehouse.name, "id": warehouse.id}


def order_bytes(world: World, order: Order) -> bytes:
    """The order's document, encoded once per version."""
    found = world.orders.documents.get(order.id)
    if found is None:
        found = world.orders.remember(order.id, encode(order_document(world, order)))
    return found


def order_document(world: World, order: Order, *, items: list[Item] | None = None) -> dict[str, Any]:
    """The order as it is read, or with other items than its own."""
    zone = world.zone_of(order.warehouse_id)
    warehouse = world.warehouses[order.warehouse_id]
    details = dict(order.details)
    collect = dict(details.get("collect") or {})
    if warehouse.address:
        collect["address"] = warehouse.address
    if collect:
        details["collect"] = collect
    if order.parent_id and world.settings.split_halves_linked:
        details["parentId"] = order.parent_id
    if order.errors:
        details["errors"] = error_references(world, order)
    timestamps = {"created": order.created_at, "modified": order.modified_at}
    if order.packed_at is not None:
        timestamps["packed"] = order.packed_at
    if order.dispatched_at is not None:
        timestamps["dispatched"] = order.dispatched_at
    document: dict[str, Any] = {
        "id": order.id,
        "type": "OUTBOUND",
        "status": order.status,
        "version": order.version,
        "references": {**order.references, "numericId": str(order.numeric_id)},
        "customer": customer_reference(world.customers[order.customer_id]),
        "warehouse": warehouse_reference(warehouse),
        "details": details,
    }
    if order.properties:
        document["properties"] = order.properties
    document["items"] = _item_documents(world, shown_lines.list_shown(world, order) if items is None else items)
    document["timestamps"] = {
        name: {"time": clock.format_time(moment, zone=zone)} for name, moment in timestamps.items()
    }
    return document


def error_references(world: World, order: Order | InboundOrder) -> list[dict[str, Any]]:
    """Why the order was rejected, if only in the past."""
    resolved = order.status != "REJECTED"
    return [{"message": shown_lines.tell_reason(world, reason), "isResolved": resolved} for reason in order.errors]


def consignment_bytes(world: World, consignment: Consignment) -> bytes:
    found = world.consignments.documents.get(consignment.id)
    if found is None:
        document = consignment_document(world, consignment)
        found = world.consignments.documents[consignment.id] = encode(document)
    return found


def consignment_document(world: World, consignment: Consignment) -> dict[str, Any]:
    zone = world.zone_of(consignment.warehouse_id)
    document: dict[str, Any] = {
        "id": consignment.id,
        "type": "CONSIGNMENT",
        "status": consignment.status,
        "version": consignment.version,
        "references": {**consignment.references, "numericId": str(consignment.numeric_id)},
        "customer": customer_reference(world.customers[consignment.customer_id]),
        "warehouse": warehouse_reference(world.warehouses[consignment.warehouse_id]),
    }
    if consignment.driver_id:
        document["user"] = {"id": consignment.driver_id, "name": world.transport.drivers[consignment.driver_id].name}
    document["details"] = _consignment_details(world, consignment)
    if consignment.measures:
        document["measures"] = consignment.measures
    if consignment.properties:
        document["properties"] = consignment.properties
    document["items"] = consignment.items
    if world.settings.consignment_source_shown and consignment.order_id:
        document["generatedFromTask"] = {"id": consignment.order_id, "type": "OUTBOUND"}
    if world.settings.consignment_extras_shown:
        document["areChargesEditable"] = not consignment.on_approved_invoice
        document["source"] = consignment.source
        job = {"id": consignment.order_id or consignment.id}
        document["items"] = [{**item, "details": {**item.get("details", {}), "job": job}} for item in consignment.items]
    document["createDate"] = clock.format_time(consignment.created_at, zone=zone)
    document["lastModified"] = clock.format_time(consignment.modified_at, zone=zone)
    return document


def _consignment_details(world: World, consignment: Consignment) -> dict[str, Any]:
    """With what the consignment travels on."""
    details, office = dict(consignment.details), world.transport
    if (tracking := details.get("tracking")) and (key := world.settings.tracking_company_key) != "companyName":
        details["tracking"] = {key if name == "companyName" else name: value for name, value in tracking.items()}
    if consignment.manifest_id:
        details["manifest"] = {"id": consignment.manifest_id}
    if consignment.delivery_run_id:
        run = office.delivery_runs[consignment.delivery_run_id]
        warehouse = warehouse_reference(world.warehouses[run.warehouse_id])
        details["deliveryRun"] = {"id": run.id, "name": run.name, "warehouse": warehouse}
    if consignment.run_sheet_id:
        sheet = office.run_sheets[consignment.run_sheet_id]
        details["runsheet"] = {"id": sheet.id, "name": sheet.name, "date": sheet.date}
    return details


def product_bytes(world: World, product: Product, *, version: int) -> bytes:
    """Versions below 8 know no dimensions; below 7 no origin."""
    shown = 8 if version >= 8 else version if version == 7 else 1
    found = world.catalogue.documents.get((product.id, shown))
    if found is None:
        found = encode(product_document(world, product, version=shown))
        world.catalogue.documents[product.id, shown] = found
    return found


def product_document(world: World, product: Product, *, version: int) -> dict[str, Any]:
    zone = world.default_warehouse().timezone
    document = dict(product.document)
    if version < 8:
        document["unitOfMeasures"] = {
            code: {name: value for name, value in unit.items() if name not in _DIMENSIONS}
            for code, unit in product.units.items()
        }
    if version < 7 and isinstance(details := document.get("details"), dict):
        document["details"] = {name: value for name, value in details.items() if name not in _ORIGIN}
    document = {"id": product.id, **document, "customer": customer_reference(world.customers[product.customer_id])}
    # The group is seen in stock reports alone.
    document.pop("group", None)
    if not world.settings.product_custom_fields_shown:
        document.pop("properties", None)
    if world.settings.product_timestamps_shown:
        document["timestamps"] = {
            "created": {"time": clock.format_time(product.created_at, zone=zone)},
            "modified": {"time": clock.format_time(product.modified_at, zone=zone)},
        }
    return {name: value for name, value in document.items() if value not in ({}, [])}


def without_items(document: bytes) -> Answer:
    """The answer to `Prefer: return=no-items`."""
    kept = msgspec.json.decode(document, type=dict[str, msgspec.Raw])
    kept.pop("items", None)
    return Answer(200, encode(kept), {"Preference-Applied": "return=no-items"})


def join_array(documents: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(documents) + b"]"


def _item_documents(world: World, items: list[Item]) -> list[dict[str, Any]]:
    documents = []
    for item in items:
        details = item_details(world, item.product_id, item.unit)
        if item.price:
            details = {**msgspec.json.decode(details, type=dict[str, msgspec.Raw]), "approximateUnitPrice": item.price}
        document: dict[str, Any] = {
            "id": item.id,
            "type": "ITEM",
            "references": {"numericId": str(item.numeric_id)},
            "details": details,
            "measures": {"quantity": wire_number(item.quantity)},
        }
        if item.properties:
            document["properties"] = item.properties
        documents.append(document)
    return documents


def item_details(world: World, product_id: str, unit: str) -> Any:
    """Product and unit, encoded once for all items that have them."""
    found = world.catalogue.item_details.get((product_id, unit))
    if found is None:
        known = world.catalogue.by_id[product_id].units.get(unit, {})
        unit_of_measure = {"type": unit, "name": known.get("name") or unit}
        details = {"product": product_reference(world, product_id), "unitOfMeasure": unit_of_measure}
        found = world.catalogue.item_details[product_id, unit] = msgspec.Raw(encode(details))
    return found
