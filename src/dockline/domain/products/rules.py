"""How a product is counted and what it measures. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NewType

from dockline.kit.measures import SizeUnit, WeightUnit, describe, into

VariantId = NewType("VariantId", int)


@dataclass(frozen=True)
class Measures:
    """What one of something measures, in millimetres and grams; None where nobody said."""

    length_mm: Decimal | None = None
    width_mm: Decimal | None = None
    height_mm: Decimal | None = None
    weight_g: Decimal | None = None

    def or_else(self, other: "Measures") -> "Measures":
        """These, and the other's where nothing is known here."""
        return Measures(
            *(
                theirs if ours is None else ours
                for ours, theirs in (
                    (self.length_mm, other.length_mm),
                    (self.width_mm, other.width_mm),
                    (self.height_mm, other.height_mm),
                    (self.weight_g, other.weight_g),
                )
            )
        )


NOT_MEASURED = Measures()


@dataclass(frozen=True)
class KnownUnit:
    """A unit of a product: how many base units are in one, and what one of it measures."""

    code: str
    base_quantity: Decimal
    name: str = ""
    barcode: str = ""
    measures: Measures = NOT_MEASURED


def describe_measures(
    measures: Measures, size: SizeUnit = SizeUnit.MILLIMETRE, weight: WeightUnit = WeightUnit.GRAM
) -> str:
    """Say what something measures in these units; empty when nothing is known."""
    sides = [into(side, size) for side in (measures.length_mm, measures.width_mm, measures.height_mm)]
    return describe(sides, into(measures.weight_g, weight), size_unit=size, weight_unit=weight)


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


@dataclass(frozen=True)
class Part:
    """A component of a bundle: how many base units of it are in one of the bundle."""

    component_id: VariantId
    sku: str
    quantity: Decimal


@dataclass(frozen=True)
class Alternate:
    """A product that may be sent instead of another; one that is not active is not."""

    variant_id: VariantId
    sku: str
    rank: int
    is_active: bool = True


def count_sets(parts: Sequence[Part], available: Mapping[int, Decimal]) -> Decimal:
    """Say how many whole bundles the components that are available make."""
    sets = [max(available.get(part.component_id, Decimal(0)), Decimal(0)) // part.quantity for part in parts]
    return min(sets, default=Decimal(0))
