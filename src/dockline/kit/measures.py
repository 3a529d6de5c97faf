"""Sizes in millimetres and weights in grams, and the same in the units people and warehouses use. Exact decimals."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TypeVar

from dockline.kit.choices import Choice

PLACES = 8
"""How many decimals are kept of millimetres and grams; finer ones are rounded."""

SAID_PLACES = 6
"""How many decimals are said in a unit. Two fewer than are kept, so what is said with as many comes back unchanged."""

LARGEST = Decimal(10) ** 11
"""In millimetres or grams. Larger than anything that is stored on a shelf."""

_BY = " \N{MULTIPLICATION SIGN} "
_KEPT = Decimal(1).scaleb(-PLACES)
_SAID = Decimal(1).scaleb(-SAID_PLACES)
_EXACT = Context(prec=40, rounding=ROUND_HALF_EVEN)


class SizeUnit(Choice):
    """The unit of a length, a width or a height."""

    MILLIMETRE = "mm", "Millimetres"
    CENTIMETRE = "cm", "Centimetres"
    METRE = "m", "Metres"
    INCH = "in", "Inches"
    FOOT = "ft", "Feet"


class WeightUnit(Choice):
    """The unit of a weight."""

    GRAM = "g", "Grams"
    KILOGRAM = "kg", "Kilograms"
    TONNE = "t", "Tonnes"
    OUNCE = "oz", "Ounces"
    POUND = "lb", "Pounds"
    SHORT_TON = "ton", "Tons of 2,000 lb"


Unit = TypeVar("Unit", SizeUnit, WeightUnit)

_IN_BASE: dict[Choice, Decimal] = {
    SizeUnit.MILLIMETRE: Decimal(1),
    SizeUnit.CENTIMETRE: Decimal(10),
    SizeUnit.METRE: Decimal(1000),
    SizeUnit.INCH: Decimal("25.4"),
    SizeUnit.FOOT: Decimal("304.8"),
    WeightUnit.GRAM: Decimal(1),
    WeightUnit.KILOGRAM: Decimal(1000),
    WeightUnit.TONNE: Decimal(1_000_000),
    WeightUnit.OUNCE: Decimal("28.349523125"),
    WeightUnit.POUND: Decimal("453.59237"),
    WeightUnit.SHORT_TON: Decimal("907184.74"),
}


def read_unit(units: type[Unit], said: str) -> Unit:
    """Find a unit by its sign. Raises ValueError, which lists those there are."""
    try:
        return units(said)
    except ValueError:
        raise ValueError(f"{said!r} is none of {', '.join(units)}") from None


def into(stored: Decimal | None, unit: SizeUnit | WeightUnit) -> Decimal | None:
    """Say millimetres or grams in a unit; None when nothing is known, or too little for the unit's last decimal."""
    if stored is None:
        return None
    return _EXACT.divide(stored, _IN_BASE[unit]).quantize(_SAID, context=_EXACT) or None


def out_of(said: Decimal | None, unit: SizeUnit | WeightUnit, *, stored: Decimal | None = None) -> Decimal | None:
    """Read a number in a unit as millimetres or grams; None when it says nothing.

    What is said exactly as we would say what is stored is what is stored: there and back changes nothing. Raises
    ValueError for what is no size or weight.
    """
    if said is None:
        return None
    if not said.is_finite() or said < 0:
        raise ValueError("is no number above zero")
    if said > LARGEST or _EXACT.multiply(said, _IN_BASE[unit]) > LARGEST:
        raise ValueError("is larger than can be kept")
    if stored is not None and said == into(stored, unit):
        return stored
    return _EXACT.multiply(said, _IN_BASE[unit]).quantize(_KEPT, context=_EXACT) or None


def describe(sides: Sequence[Decimal | None], weight: Decimal | None, *, size_unit: str, weight_unit: str) -> str:
    """Say length, width and height, and a weight, as far as they are known; empty when nothing is."""
    said = []
    if any(side is not None for side in sides):
        said.append(_BY.join("?" if side is None else plain(side) for side in sides) + f" {size_unit}")
    if weight is not None:
        said.append(f"{plain(weight)} {weight_unit}")
    return ", ".join(said)


def plain(number: Decimal) -> str:
    """Write a number without an exponent and without idle zeros."""
    digits = f"{number:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
