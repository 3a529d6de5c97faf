"""Bodies that work as they stand in this tenant, for readers and tools that try things out."""

from typing import Any

from cartoncloud_simulator.world.entities import Customer, Product
from cartoncloud_simulator.world.world import World

_ADDRESS = {
    "companyName": "Harbour Deli",
    "address1": "12 Wharf Road",
    "suburb": "Newcastle",
    "state": {"code": "NSW"},
    "postcode": "2300",
    "country": {"iso2Code": "AU"},
}


def search(world: World) -> Any:
    leaf = {
        "type": "TextComparisonCondition",
        "field": {"type": "JsonField", "pointer": "/customer/id"},
        "value": {"type": "ValueField", "value": _customer(world).id},
        "method": "EQUAL_TO",
    }
    return {"condition": {"type": "AndCondition", "conditions": [leaf]}}


def outbound_order(world: World) -> Any:
    return {
        "type": "OUTBOUND",
        "references": {"customer": "SO-10442"},
        "customer": {"id": _customer(world).id},
        "details": {"urgent": False, "deliver": {"address": _ADDRESS, "method": {"type": "SHIPPING"}}},
        "items": [_line(world)],
    }


def inbound_order(world: World) -> Any:
    return {
        "type": "INBOUND",
        "references": {"customer": "PO-2207"},
        "customer": {"id": _customer(world).id},
        "details": {"arrivalDate": "2027-03-12", "instructions": "2 pallets"},
        "items": [{**_line(world), "properties": {"expiryDate": "2028-02-28", "batch": "B130"}}],
    }


def consignment(world: World) -> Any:
    return {
        "references": {"customer": "CON-881"},
        "customer": {"id": _customer(world).id},
        "details": {"type": "DELIVERY", "deliver": {"address": _ADDRESS, "instructions": "Rear dock"}},
        "items": [{"properties": {"description": "Mixed pallet"}, "measures": {"pallets": 1, "weight": 312.5}}],
    }


def document(world: World) -> Any:
    return {"type": "INVOICE", "content": {"name": "invoice.txt", "data": "VGhhbmtzIQ=="}}


def report_run(world: World) -> Any:
    parameters = {"customer": {"id": _customer(world).id}, "pageSize": 100, "aggregateBy": ["expiryDate", "batch"]}
    return {"type": "STOCK_ON_HAND", "parameters": parameters}


def product(world: World) -> Any:
    return {
        "scope": "WAREHOUSE",
        "type": "Ambient",
        "references": {"code": "NEW-1"},
        "customer": {"id": _customer(world).id},
        "name": "New product",
        "defaultUnitOfMeasure": "EA",
        "unitOfMeasures": {"EA": {"baseQty": 1, "name": "Each"}, "CTN": {"baseQty": 12, "name": "Carton"}},
    }


def _line(world: World) -> dict[str, Any]:
    return {
        "details": {"product": {"references": {"code": _code(world)}}, "unitOfMeasure": {"type": "EA"}},
        "measures": {"quantity": 2},
        "properties": {"sop_custom_field_1": "line-1"},
    }


def _customer(world: World) -> Customer:
    return next(iter(world.customers.values()))


def _code(world: World) -> str:
    first: Product | None = next(iter(world.catalogue.by_id.values()), None)
    return first.code if first else "MAC250"
