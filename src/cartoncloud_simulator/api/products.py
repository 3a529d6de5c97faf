"""Warehouse products: create, get, list, search and patch."""

from typing import Any

from cartoncloud_simulator.api import paging, wire
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.api.customers import find_customer
from cartoncloud_simulator.api.product_rules import check_product, keep_known, strip_for_version
from cartoncloud_simulator.rules.refusals import Refusal, error_at, plain
from cartoncloud_simulator.search import engine, fields
from cartoncloud_simulator.world.entities import Product
from cartoncloud_simulator.world.world import new_id


def create_product(call: Call) -> Answer:
    world = call.world
    document = keep_known(strip_for_version(call.json_object(), version=call.version))
    errors = check_product(world, document)
    customer = find_customer(world, document.pop("customer", None))
    if customer is None or not call.sees_customer(customer.id):
        errors.append(error_at("/customer", "Customer not found."))
    if errors:
        raise Refusal(422, *errors)
    assert customer
    code = str(document["references"]["code"])
    _check_code_is_free(call, customer.id, code)
    product = build_product(call, customer_id=customer.id, code=code, document=document)
    world.save(product)
    return _answer(call, product, status=201)


def build_product(call: Call, *, customer_id: str, code: str, document: dict[str, Any]) -> Product:
    world = call.world
    for unit_code, unit in document["unitOfMeasures"].items():
        unit.setdefault("id", new_id())
        unit.setdefault("name", unit_code)
    now = world.clock.now()
    return Product(
        id=new_id(),
        seq=world.next_seq(),
        customer_id=customer_id,
        code=code,
        document=document,
        created_at=now,
        modified_at=now,
    )


def get_product(call: Call) -> Answer:
    return _answer(call, find_product(call))


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


def _check_code_is_free(call: Call, customer_id: str, code: str) -> None:
    world = call.world
    if world.settings.product_code_scope == "tenant":
        taken = bool(world.catalogue.list_by_code(code))
    else:
        taken = world.catalogue.find_by_code(customer_id, code, ignore_case=False) is not None
    if taken:
        raise Refusal(422, error_at("/references/code", "A Product with this Code already exists."))


def _answer(call: Call, product: Product, *, status: int = 200) -> Answer:
    return Answer(status, wire.product_bytes(call.world, product, version=call.version))


def _page(call: Call, products: list[Product]) -> Answer:
    page, headers = paging.cut_page(call, products)
    body = wire.join_array(wire.product_bytes(call.world, product, version=call.version) for product in page)
    return Answer(200, body, headers)
