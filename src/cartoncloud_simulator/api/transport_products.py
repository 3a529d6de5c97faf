"""Transport products: kinds of packages, not what the warehouse stores."""

from typing import Any

from cartoncloud_simulator.api import paging, wire
from cartoncloud_simulator.api.bodies import NOTHING, mapping, read_text
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.api.custom_fields import take_properties
from cartoncloud_simulator.rules.refusals import Refusal, error_at, plain
from cartoncloud_simulator.world.quantities import wire_number
from cartoncloud_simulator.world.transport import TransportProduct
from cartoncloud_simulator.world.world import World, new_id

_KNOWN = ("scope", "references", "name", "properties", "details", "enabled")
_MEASURED = ("length", "width", "height")
_CHOICES = ("QUANTITY", "PALLETS", "NONE")


def create_product(call: Call) -> Answer:
    sent = call.json_object()
    if errors := _check(call.world, sent):
        raise Refusal(422, *errors)
    document = call.without_empty({name: sent[name] for name in _KNOWN if sent.get(name) not in NOTHING})
    if "properties" in document:
        document["properties"] = _take_properties(call, document["properties"])
    if "references" in document:
        references = mapping(document["references"]).items()
        document["references"] = {name: text for name, value in references if (text := read_text(value))}
    product = TransportProduct(id=new_id(), seq=call.world.next_seq(), document={"enabled": True, **document})
    call.world.save(product)
    return Answer(201, wire.encode(_shown(product)))


def list_products(call: Call) -> Answer:
    page, headers = paging.cut_page(call, list(call.world.transport.products.values()))
    return Answer(200, wire.encode([_shown(product) for product in page]), headers)


def get_product(call: Call) -> Answer:
    product = call.world.transport.products.get(call.path["id"])
    if product is None:
        raise plain(404, "Invalid product id")
    return Answer(200, wire.encode(_shown(product)))


def find_product(world: World, reference: Any) -> TransportProduct | None:
    """The package type the first supplied of id, code, barcode and name stands for."""
    if not isinstance(reference, dict):
        return None
    products = world.transport.products
    if product_id := reference.get("id"):
        return products.get(str(product_id).lower())
    references = mapping(reference.get("references"))
    for key in ("code", "barcode"):
        if wanted := references.get(key):
            found = (one for one in products.values() if mapping(one.document.get("references")).get(key) == wanted)
            return next(found, None)
    return next((one for one in products.values() if one.name == reference.get("name")), None)


def _check(world: World, sent: dict[str, Any]) -> list[dict[str, Any]]:
    errors = []
    if sent.get("scope") != "TRANSPORT":
        errors.append(error_at("/scope", "Scope must be TRANSPORT."))
    if not isinstance(sent.get("name"), str) or not sent["name"].strip():
        errors.append(error_at("/name", "Name cannot be empty."))
    code = mapping(sent.get("references")).get("code")
    if code and find_product(world, {"references": {"code": code}}) is not None:
        errors.append(error_at("/references/code", "A Product with this Code already exists."))
    properties = mapping(sent.get("properties"))
    errors += [
        error_at(f"/properties/{name}", "Must be a number.")
        for name in _MEASURED
        if properties.get(name) is not None and world.read_number(properties[name]) is None
    ]
    options = mapping(mapping(mapping(sent.get("details")).get("uiOptions")).get("consignmentItems"))
    chosen = {
        "splitByField": options.get("splitByField"),
        "cubicCalculator/multiplierField": mapping(options.get("cubicCalculator")).get("multiplierField"),
    }
    return errors + [
        error_at(f"/details/uiOptions/consignmentItems/{name}", f"Must be one of: {', '.join(_CHOICES)}")
        for name, value in chosen.items()
        if value is not None and value not in _CHOICES
    ]


def _take_properties(call: Call, sent: Any) -> dict[str, Any]:
    """The measures of the package, and custom fields."""
    numbers = {name: call.world.read_number(mapping(sent).get(name)) for name in mapping(sent) if name in _MEASURED}
    measured = {name: wire_number(number) for name, number in numbers.items() if number}
    rest = {name: value for name, value in sent.items() if name not in _MEASURED} if isinstance(sent, dict) else sent
    return {**measured, **take_properties(call, None, "transport_product", rest, at="/properties")}


def _shown(product: TransportProduct) -> dict[str, Any]:
    return {"id": product.id, **product.document}
