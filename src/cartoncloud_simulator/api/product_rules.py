"""What makes a warehouse product valid, and what each API version lets through."""

import re
from collections.abc import Mapping
from typing import Any

from cartoncloud_simulator.rules.refusals import error_at
from cartoncloud_simulator.world.quantities import read_number
from cartoncloud_simulator.world.world import World

DIMENSIONS = ("length", "width", "height")
_ORIGIN_DETAILS = ("countryOfOrigin", "harmonizedSystemCode")
_ORIGIN_VERSION, _DIMENSION_VERSION = 7, 8
_KNOWN = (
    "scope",
    "type",
    "references",
    "customer",
    "name",
    "description",
    "details",
    "itemPropertyRequirements",
    "defaultUnitOfMeasure",
    "unitOfMeasures",
    "notifications",
    "properties",
)
_UNIT_NUMBERS = ("weight", "volume", *DIMENSIONS)
_SHORTEST_UNIT_NAME, _LONGEST_UNIT_NAME = 3, 64
_HARMONIZED = re.compile(r"[0-9]{6,}")


def keep_known(document: Mapping[str, Any]) -> dict[str, Any]:
    """Unknown keys and empty values are not stored."""
    return {name: document[name] for name in _KNOWN if document.get(name) not in (None, "")}


def strip_for_version(document: dict[str, Any], *, version: int) -> dict[str, Any]:
    """Drop, silently, what this version of the API cannot write."""
    document = dict(document)
    units = document.get("unitOfMeasures")
    if version < _DIMENSION_VERSION and isinstance(units, dict):
        document["unitOfMeasures"] = {
            code: {name: value for name, value in unit.items() if name not in DIMENSIONS}
            if isinstance(unit, dict)
            else unit
            for code, unit in units.items()
        }
    if version < _ORIGIN_VERSION and isinstance(details := document.get("details"), dict):
        document["details"] = {name: value for name, value in details.items() if name not in _ORIGIN_DETAILS}
    return document


def check_product(world: World, document: dict[str, Any]) -> list[dict[str, Any]]:
    """Every rule a new or replaced product breaks; a harmonized code loses its dots on the way."""
    errors = []
    if document.get("scope") != "WAREHOUSE":
        errors.append(error_at("/scope", "Scope must be WAREHOUSE."))
    errors += _check_texts(world, document)
    units = document.get("unitOfMeasures")
    if not isinstance(units, dict) or not units:
        errors.append(error_at("/unitOfMeasures", "Unit of measures cannot be empty."))
    else:
        errors += check_units(units)
        default_unit = document.get("defaultUnitOfMeasure")
        if not isinstance(default_unit, str) or default_unit not in units:
            errors.append(error_at("/defaultUnitOfMeasure", "Default unit of measure must be one of the units."))
    return errors + _check_details(document.get("details"))


def check_units(units: dict[str, Any]) -> list[dict[str, Any]]:
    errors = []
    for code, unit in units.items():
        at = f"/unitOfMeasures/{code}"
        if not isinstance(unit, dict):
            errors.append(error_at(at, "Unit of measure must be an object."))
            continue
        base = read_number(unit.get("baseQty"))
        if base is None or base <= 0:
            errors.append(error_at(f"{at}/baseQty", "Base quantity must be a number above zero."))
        errors += [
            error_at(f"{at}/{name}", "Must be a number.")
            for name in _UNIT_NUMBERS
            if unit.get(name) is not None and read_number(unit[name]) is None
        ]
    return errors


def check_unit_names(units: dict[str, Any]) -> list[dict[str, Any]]:
    """Checked on every patch, whatever it changes; a unit without a name goes by its code."""
    return [
        error_at(f"/unitOfMeasures/{code}/name", "Name must be 3 to 64 characters.")
        for code, unit in units.items()
        if not _SHORTEST_UNIT_NAME <= len(str(unit.get("name") or code)) <= _LONGEST_UNIT_NAME
    ]


def _check_texts(world: World, document: dict[str, Any]) -> list[dict[str, Any]]:
    errors = []
    references = document.get("references")
    code = references.get("code") if isinstance(references, dict) else None
    if not isinstance(code, str) or not code.strip():
        errors.append(error_at("/references/code", "Code cannot be empty."))
    if not isinstance(document.get("name"), str):
        errors.append(error_at("/name", "Name cannot be empty."))
    kind = document.get("type")
    if not isinstance(kind, str):
        errors.append(error_at("/type", "Type cannot be empty."))
    elif world.settings.product_types and kind not in world.settings.product_types:
        errors.append(error_at("/type", "Product type not found."))
    return errors


def _check_details(details: Any) -> list[dict[str, Any]]:
    if details is None:
        return []
    if not isinstance(details, dict):
        return [error_at("/details", "Details must be an object.")]
    if (code := details.get("harmonizedSystemCode")) is None:
        return []
    details["harmonizedSystemCode"] = str(code).replace(".", "")
    if _HARMONIZED.fullmatch(details["harmonizedSystemCode"]):
        return []
    return [error_at("/details/harmonizedSystemCode", "Must be digits and dots, at least 6 digits.")]
