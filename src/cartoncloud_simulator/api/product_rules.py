"""What makes a warehouse product valid, what each API version lets through, and what is filled in by itself."""

import re
from collections.abc import Mapping
from typing import Any

from cartoncloud_simulator.api.bodies import NOTHING, read_flag, read_text
from cartoncloud_simulator.api.countries import find_country
from cartoncloud_simulator.api.product_units import DIMENSIONS, check_units, complete_units
from cartoncloud_simulator.rules.refusals import Refusal, error_at
from cartoncloud_simulator.settings import Settings
from cartoncloud_simulator.world.world import World

ORIGIN = ("countryOfOrigin", "harmonizedSystemCode")
ORIGIN_VERSION, DIMENSION_VERSION = 7, 8
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
_FLAGS = (("active",), ("variableWeight",), ("stockSelection", "strict"))
_REQUIREMENTS = ("REQUIRED", "OPTIONAL", "REQUIRED_ON_INCOMING", "REQUIRED_ON_OUTGOING")
_THRESHOLDS = {"STOCK_EXPIRY": "thresholdDays", "STOCK_LOW": "thresholdCount"}
_HARMONIZED = re.compile(r"[0-9.]+")
_FEWEST_HARMONIZED_DIGITS = 6


def keep_known(document: Mapping[str, Any]) -> dict[str, Any]:
    """Unknown keys and empty values are not stored."""
    return {name: document[name] for name in _KNOWN if document.get(name) not in NOTHING}


def keep_unseen(document: dict[str, Any], stored: Mapping[str, Any], *, version: int) -> None:
    """Put what this version of the API cannot write back to what is stored: silently, as the service does."""
    units = document.get("unitOfMeasures")
    if version < DIMENSION_VERSION and isinstance(units, dict):
        known = stored.get("unitOfMeasures") or {}
        for code, unit in units.items():
            if isinstance(unit, dict):
                _put_back(unit, known.get(code) or {}, DIMENSIONS)
    if version < ORIGIN_VERSION:
        known_details = stored.get("details") or {}
        details = document.get("details")
        if details is None and any(name in known_details for name in ORIGIN):
            details = document["details"] = {}
        if isinstance(details, dict):
            _put_back(details, known_details, ORIGIN)


def check_product(world: World, document: dict[str, Any]) -> list[dict[str, Any]]:
    """Every rule a new or changed product breaks."""
    errors = []
    if document.get("scope") != "WAREHOUSE":
        errors.append(error_at("/scope", "Scope must be WAREHOUSE."))
    errors += _check_texts(world, document)
    units = document.get("unitOfMeasures")
    if not isinstance(units, dict) or not units:
        errors.append(error_at("/unitOfMeasures", "Unit of measures cannot be empty."))
    else:
        errors += check_units(world, units)
        default_unit = document.get("defaultUnitOfMeasure")
        if not isinstance(default_unit, str) or default_unit not in units:
            errors.append(error_at("/defaultUnitOfMeasure", "Default unit of measure must be one of the units."))
    errors += _check_requirements(document.get("itemPropertyRequirements"))
    errors += _check_notifications(document.get("notifications"))
    return errors + _check_details(world, document.get("details"))


def complete_product(settings: Settings, document: dict[str, Any]) -> None:
    """Fill in what a valid product has although nobody sent it, and write the rest as it is stored."""
    details = document.setdefault("details", {})
    details.setdefault("active", True)
    details.setdefault("variableWeight", False)
    selection = details.setdefault("stockSelection", {})
    selection.setdefault("method", "FEFO")
    selection.setdefault("strict", False)
    if country := find_country(details.get("countryOfOrigin")):
        details["countryOfOrigin"] = country
    if code := details.get("harmonizedSystemCode"):
        details["harmonizedSystemCode"] = str(code).replace(".", "")
    for path in _FLAGS:
        holder = details if len(path) == 1 else selection
        holder[path[-1]] = read_flag(holder[path[-1]], texts_accepted=True)
    complete_units(settings, document)


def _put_back(written: dict[str, Any], stored: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        written.pop(name, None)
        if name in stored:
            written[name] = stored[name]


def _check_texts(world: World, document: dict[str, Any]) -> list[dict[str, Any]]:
    errors = []
    references = document.get("references")
    code = references.get("code") if isinstance(references, dict) else None
    if not (read_text(code) or "").strip():
        errors.append(error_at("/references/code", "Code cannot be empty."))
    if not (read_text(document.get("name")) or "").strip():
        errors.append(error_at("/name", "Name cannot be empty."))
    kind = document.get("type")
    if not isinstance(kind, str) or not kind.strip():
        errors.append(error_at("/type", "Type cannot be empty."))
    elif world.settings.product_types and kind not in world.settings.product_types:
        unknown = error_at("/type", "Product type not found.")
        if world.settings.unknown_product_type_status != 422:
            raise Refusal(world.settings.unknown_product_type_status, unknown)
        errors.append(unknown)
    return errors


def _check_requirements(requirements: Any) -> list[dict[str, Any]]:
    if requirements is None:
        return []
    if not isinstance(requirements, dict):
        return [error_at("/itemPropertyRequirements", "Item property requirements must be an object.")]
    return [
        error_at(f"/itemPropertyRequirements/{name}", f"Must be one of: {', '.join(_REQUIREMENTS)}")
        for name, value in requirements.items()
        if value not in _REQUIREMENTS
    ]


def _check_notifications(notifications: Any) -> list[dict[str, Any]]:
    if notifications is None:
        return []
    if not isinstance(notifications, list):
        return [error_at("/notifications", "Notifications must be an array.")]
    errors = []
    for index, one in enumerate(notifications):
        threshold = _THRESHOLDS.get(str(one.get("type"))) if isinstance(one, dict) else None
        if threshold is None:
            errors.append(error_at(f"/notifications/{index}/type", f"Must be one of: {', '.join(_THRESHOLDS)}"))
        elif not _is_whole(one.get(threshold)):
            errors.append(error_at(f"/notifications/{index}/{threshold}", "Must be a whole number."))
    return errors


def _check_details(world: World, details: Any) -> list[dict[str, Any]]:
    if details is None:
        return []
    selection = details.get("stockSelection", {}) if isinstance(details, dict) else None
    if not isinstance(selection, dict):
        return [error_at("/details", "Details must be an object.")]
    texts = world.settings.string_booleans_accepted
    errors = [
        error_at(f"/details/{'/'.join(path)}", "Must be true or false.")
        for path in _FLAGS
        if read_flag((details if len(path) == 1 else selection).get(path[-1], False), texts_accepted=texts) is None
    ]
    if not _is_whole(selection.get("expiryThresholdDays", 0)):
        errors.append(error_at("/details/stockSelection/expiryThresholdDays", "Must be a whole number."))
    if details.get("countryOfOrigin") is not None and find_country(details["countryOfOrigin"]) is None:
        errors.append(error_at("/details/countryOfOrigin", "Country not found."))
    code = details.get("harmonizedSystemCode")
    if code is not None and not _is_harmonized(str(code)):
        errors.append(error_at("/details/harmonizedSystemCode", "Must be digits and dots, at least 6 digits."))
    return errors


def _is_harmonized(code: str) -> bool:
    digits = code.replace(".", "")
    return _HARMONIZED.fullmatch(code) is not None and len(digits) >= _FEWEST_HARMONIZED_DIGITS


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
