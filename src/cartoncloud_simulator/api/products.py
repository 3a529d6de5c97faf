"""Warehouse products: create, get, list, search, replace."""

from collections.abc import Sequence
from typing import Any

import msgspec

from cartoncloud_simulator.api import paging, wire
from cartoncloud_simulator.api.bodies import leave_out, read_text
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.api.custom_fields import show, take_properties
from cartoncloud_simulator.api.customers import find_customer
from cartoncloud_simulator.api.product_rules import (
    DIMENSION_VERSION,
    check_product,
    complete_product,
    keep_known,
    keep_unseen,
)
from cartoncloud_simulator.rules.refusals import Refusal, error_at, plain, unknown_party
from cartoncloud_simulator.search import engine, fields
from cartoncloud_simulator.world.entities import Product
from cartoncloud_simulator.world.world import new_id

_MOST_PROPERTIES = 10


def create_product(call: Call) -> Answer:
    document = keep_known(call.json_object())
    customer = find_customer(call.world, document.pop("customer", None))
    keep_unseen(document, {}, version=call.version)
    errors = check_product(call.world, document)
    if customer is None or not call.sees_customer(customer.id):
        errors.append(unknown_party(call.world.settings, "/customer", "Customer"))
    if errors:
        raise Refusal(422, *errors)
    assert customer
    now = call.world.clock.now()
    product = Product(
        id=new_id(),
        seq=call.world.next_seq(),
        customer_id=customer.id,
        code="",
        document={},
        created_at=now,
        modified_at=now,
    )
    return answer(call, store(call, product, document), status=201)


def replace_product(call: Call) -> Answer:
    """The whole product anew, but for id and customer; deprecated since there is a patch."""
    settings = call.world.settings
    if call.version >= DIMENSION_VERSION and settings.deprecated_put_status != 200:
        raise plain(settings.deprecated_put_status, "Request method 'PUT' not supported", Allow="GET, PATCH")
    product = find_product(call)
    document = keep_known(call.json_object())
    customer = document.pop("customer", None)
    keep_unseen(document, product.document if settings.put_keeps_unseen else {}, version=call.version)
    errors = check_product(call.world, document)
    if customer is not None and (named := find_customer(call.world, customer)) is not None:
        errors += [error_at("/customer", "The path cannot be changed.")] * (named.id != product.customer_id)
    if errors:
        raise Refusal(422, *errors)
    for code, unit in document["unitOfMeasures"].items():
        if known := product.units.get(code):
            unit["id"] = known["id"]
    return answer(call, store(call, product, document))


def store(call: Call, product: Product, document: dict[str, Any]) -> Product:
    """Keep a valid document as the product's; its code must be free and its properties known."""
    leave_out(document, "", {}, None)
    references = {name: text for name, value in document["references"].items() if (text := read_text(value))}
    document |= {"references": references, "name": read_text(document["name"])}
    if group := product.document.get("group"):
        document["group"] = group
    code = references["code"]
    _check_code_is_free(call, product, code)
    if "properties" in document:
        taken = take_properties(call, product.customer_id, "product", document["properties"], at="/properties")
        if len(taken) > _MOST_PROPERTIES:
            raise Refusal(422, error_at("/properties", f"At most {_MOST_PROPERTIES} fields."))
        document["properties"] = taken
    complete_product(call.world.settings, document)
    stored = msgspec.structs.replace(product, code=code, document=document, modified_at=call.world.clock.now())
    call.world.save(stored)
    return stored


def get_product(call: Call) -> Answer:
    return answer(call, find_product(call))


def list_products(call: Call) -> Answer:
    visible = [product for product in call.world.catalogue.by_id.values() if call.sees_customer(product.customer_id)]
    return _page(call, visible)


def search_products(call: Call) -> Answer:
    return _page(call, engine.search(call, fields.PRODUCTS))


def find_product(call: Call) -> Product:
    product = call.world.catalogue.by_id.get(call.path["id"])
    if product is None:
        raise plain(404, "Product not found")
    if not call.sees_customer(product.customer_id):
        raise call.out_of_scope("Product")
    return product


def answer(call: Call, product: Product, *, status: int = 200) -> Answer:
    return Answer(status, _shown(call, product))


def _check_code_is_free(call: Call, product: Product, code: str) -> None:
    world = call.world
    found = world.catalogue.list_by_code(code)
    if world.settings.product_code_scope == "customer":
        found = [other for other in found if other.customer_id == product.customer_id]
    if any(other.id != product.id for other in found):
        taken = error_at(world.settings.product_code_taken_field, "A Product with this Code already exists.")
        raise Refusal(world.settings.product_code_taken_status, taken)


def _shown(call: Call, product: Product) -> bytes:
    return show(call, product.customer_id, wire.product_bytes(call.world, product, version=call.version))


def _page(call: Call, products: Sequence[Product]) -> Answer:
    page, headers = paging.cut_page(call, products)
    return Answer(200, wire.join_array(_shown(call, product) for product in page), headers)
