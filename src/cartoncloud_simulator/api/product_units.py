"""Units of measure of a product: what is checked, and what is filled in."""

from typing import Any

from cartoncloud_simulator.api.bodies import read_flag
from cartoncloud_simulator.rules.refusals import error_at
from cartoncloud_simulator.settings import Settings
from cartoncloud_simulator.world.quantities import read_numeric_text
from cartoncloud_simulator.world.world import World, new_id

DIMENSIONS = ("length", "width", "height")
_NUMBERS = ("weight", "volume", *DIMENSIONS)
_SHORTEST_NAME, _LONGEST_NAME = 3, 64
_FINEST_VOLUME = 6


def check_units(world: World, units: dict[str, Any]) -> list[dict[str, Any]]:
    errors = []
    for code, unit in units.items():
        at = f"/unitOfMeasures/{code}"
        if not isinstance(unit, dict):
            errors.append(error_at(at, "Unit of measure must be an object."))
            continue
        base = world.read_number(unit.get("baseQty"))
        if base is None or base <= 0:
            errors.append(error_at(f"{at}/baseQty", "Base quantity must be a number above zero."))
        errors += [
            error_at(f"{at}/{name}", "Must be a number.")
            for name in _NUMBERS
            if unit.get(name) is not None and world.read_number(unit[name]) is None
        ]
        shippable, texts = unit.get("isDirectlyShippable", False), world.settings.string_booleans_accepted
        if read_flag(shippable, texts_accepted=texts) is None:
            errors.append(error_at(f"{at}/isDirectlyShippable", "Must be true or false."))
    return errors


def check_unit_names(units: dict[str, Any]) -> list[dict[str, Any]]:
    """Checked on every patch, whatever it changes; a unit without a name goes by its code."""
    return [
        error_at(f"/unitOfMeasures/{code}/name", "Name must be 3 to 64 characters.")
        for code, unit in units.items()
        if not _SHORTEST_NAME <= len(str(unit.get("name") or code)) <= _LONGEST_NAME
    ]


def complete_units(settings: Settings, document: dict[str, Any]) -> None:
    """Names, ids, the base unit's barcode, and its volume where it has all three dimensions."""
    units = document["unitOfMeasures"]
    for code, unit in units.items():
        unit["id"] = unit.get("id") or new_id()
        for name in ("baseQty", *_NUMBERS):
            if isinstance(unit.get(name), str):
                unit[name] = read_numeric_text(unit[name])
        if "isDirectlyShippable" in unit:
            unit["isDirectlyShippable"] = read_flag(unit["isDirectlyShippable"], texts_accepted=True)
        if not unit.get("name"):
            unit["name"] = code if settings.unit_name_default == "code" else None
        if not settings.product_barcodes_stored:
            unit.pop("barcode", None)
        for name in [name for name, value in unit.items() if value is None]:
            del unit[name]
    base = next((unit for unit in units.values() if unit["baseQty"] == 1), None)
    if base is None:
        return
    if settings.base_barcode_default and not base.get("barcode"):
        base["barcode"] = document["references"]["code"]
    if all(base.get(name) for name in DIMENSIONS):
        volume = base["length"] * base["width"] * base["height"]
        base["volume"] = round(volume, _FINEST_VOLUME)
