"""JSON Patch on warehouse products: add, replace and remove, with the rules products have."""

import copy
from typing import Any

from cartoncloud_simulator.api.bodies import leave_out
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.api.product_rules import (
    DIMENSION_VERSION,
    ORIGIN,
    ORIGIN_VERSION,
    check_product,
    keep_known,
    keep_unseen,
)
from cartoncloud_simulator.api.product_units import DIMENSIONS, check_unit_names
from cartoncloud_simulator.api.products import answer, find_product, store
from cartoncloud_simulator.rules.refusals import Refusal, invalid, plain
from cartoncloud_simulator.world.entities import Product

_OPERATIONS = ("add", "replace", "remove")
_UNIT_FIELD_DEPTH = 3
_MISSING = object()


def patch_product(call: Call) -> Answer:
    product = find_product(call)
    patch = call.json()
    if not isinstance(patch, list):
        raise plain(400, "A JSON Patch must be an array")
    document = copy.deepcopy(product.document)
    for step in patch:
        _apply_step(call, document, step)
    leave_out(document, None)
    document = keep_known(document)
    _give_default_unit(call, product, document)
    keep_unseen(document, product.document, version=call.version)
    errors = check_product(call.world, document)
    units = document.get("unitOfMeasures")
    if isinstance(units, dict) and all(isinstance(unit, dict) for unit in units.values()):
        errors += check_unit_names(units)
    if errors:
        raise Refusal(422, *errors)
    return answer(call, store(call, product, document))


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
    if _is_unseen(keys, call.version):
        return
    _change(document, keys, operation, step.get("value"), path)


def _change(document: dict[str, Any], keys: list[str], operation: str, value: Any, path: str) -> None:
    holder: Any = document
    for position, key in enumerate(keys[:-1]):
        if isinstance(holder, dict):
            if key not in holder and operation == "add" and keys[0] != "unitOfMeasures":
                holder[key] = [] if position == len(keys) - 2 and keys[-1] == "-" else {}
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


def _is_unseen(keys: list[str], version: int) -> bool:
    """Whether the path leads to what this version of the API does not know."""
    if keys[0] == "unitOfMeasures" and keys[-1] in DIMENSIONS:
        return version < DIMENSION_VERSION and len(keys) == _UNIT_FIELD_DEPTH
    return version < ORIGIN_VERSION and keys[0] == "details" and len(keys) > 1 and keys[1] in ORIGIN


def _give_default_unit(call: Call, product: Product, document: dict[str, Any]) -> None:
    """A new default unit converts one to one: one nobody defined, or by setting any."""
    default, units = document.get("defaultUnitOfMeasure"), document.get("unitOfMeasures")
    if not isinstance(default, str) or default == product.default_unit or not isinstance(units, dict):
        return
    unit = units.setdefault(default, {"baseQty": 1, "name": default})
    if call.world.settings.default_unit_change == "all_units" and isinstance(unit, dict):
        unit["baseQty"] = 1
