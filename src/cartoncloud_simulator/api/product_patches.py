"""JSON Patch on warehouse products: add, replace and remove, with the rules products have."""

import copy
from typing import Any

from cartoncloud_simulator.api import wire
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.api.product_rules import DIMENSIONS, check_product, check_unit_names
from cartoncloud_simulator.api.products import find_product
from cartoncloud_simulator.rules.refusals import Refusal, error_at, invalid, plain
from cartoncloud_simulator.world.entities import Product
from cartoncloud_simulator.world.world import new_id

_OPERATIONS = ("add", "replace", "remove")
_DIMENSION_VERSION = 8
_MISSING = object()


def patch_product(call: Call) -> Answer:
    product = find_product(call)
    patch = call.json()
    if not isinstance(patch, list):
        raise plain(400, "A JSON Patch must be an array")
    document = copy.deepcopy(product.document)
    for step in patch:
        _apply_step(call, document, step)
    _give_default_unit(product, document)
    _check(call, product, document)

    changed = Product(
        id=product.id,
        seq=product.seq,
        customer_id=product.customer_id,
        code=str(document["references"]["code"]),
        document=document,
        created_at=product.created_at,
        modified_at=call.world.clock.now(),
    )
    call.world.save(changed)
    return Answer(200, wire.product_bytes(call.world, changed, version=call.version))


def _apply_step(call: Call, document: dict[str, Any], step: Any) -> None:
    if not isinstance(step, dict) or step.get("op") not in _OPERATIONS or not isinstance(step.get("path"), str):
        raise plain(400, "Each step of a JSON Patch needs op (add, replace or remove) and path")
    operation, path = step["op"], step["path"]
    if path == "/id" or path == "/customer" or path.startswith("/customer/"):
        raise invalid(path, "The path cannot be changed.")
    if operation != "remove" and "value" not in step:
        raise plain(400, "Each add or replace of a JSON Patch needs a value")
    keys = [key.replace("~1", "/").replace("~0", "~") for key in path.split("/")[1:]]
    if not keys:
        raise invalid(path, "The path cannot be changed.")
    if call.version < _DIMENSION_VERSION and _is_dimension(keys):
        return
    _change(document, keys, operation, step.get("value"), path)


def _change(document: dict[str, Any], keys: list[str], operation: str, value: Any, path: str) -> None:
    holder: Any = document
    for position, key in enumerate(keys[:-1]):
        if isinstance(holder, dict):
            if key not in holder and operation == "add" and position == 0:
                holder[key] = [] if keys[-1] == "-" else {}
            holder = holder.get(key, _MISSING)
        if not isinstance(holder, dict | list):
            raise invalid(path, "The path does not exist.")
    last = keys[-1]
    if isinstance(holder, list):
        if operation != "add" or last != "-":
            raise invalid(path, "Array elements cannot be addressed by index.")
        holder.append(value)
    elif operation == "add":
        holder[last] = value
    elif last not in holder:
        raise invalid(path, "The path does not exist.")
    elif operation == "replace":
        holder[last] = value
    else:
        del holder[last]


def _is_dimension(keys: list[str]) -> bool:
    return len(keys) == 3 and keys[0] == "unitOfMeasures" and keys[2] in DIMENSIONS


def _give_default_unit(product: Product, document: dict[str, Any]) -> None:
    """A new default unit nobody defined converts one to one."""
    default, units = document.get("defaultUnitOfMeasure"), document.get("unitOfMeasures")
    if isinstance(default, str) and default != product.default_unit and isinstance(units, dict):
        units.setdefault(default, {"baseQty": 1, "name": default, "id": new_id()})


def _check(call: Call, product: Product, document: dict[str, Any]) -> None:
    errors = check_product(call.world, document)
    units = document.get("unitOfMeasures")
    if isinstance(units, dict) and all(isinstance(unit, dict) for unit in units.values()):
        errors += check_unit_names(units)
    if errors:
        raise Refusal(422, *errors)
    code = str(document["references"]["code"])
    taken = call.world.catalogue.find_by_code(product.customer_id, code, ignore_case=False)
    if taken is not None and taken.id != product.id:
        raise Refusal(422, error_at("/references/code", "A Product with this Code already exists."))
