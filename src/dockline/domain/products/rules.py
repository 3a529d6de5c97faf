"""How quantities of a product convert between its units. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NewType

VariantId = NewType("VariantId", int)


class UnitUnknown(ValueError):
    """The product has no such unit of measure."""


def to_base_quantity(quantity: Decimal, unit: str, *, base_unit: str, units: Mapping[str, Decimal]) -> Decimal:
    """Convert an exact quantity to the base unit by the product's own table. Raises UnitUnknown."""
    if unit == base_unit:
        return quantity
    try:
        return quantity * units[unit]
    except KeyError:
        known = ", ".join([base_unit, *sorted(units)])
        raise UnitUnknown(f"Unit {unit!r} is not one of {known}.") from None
