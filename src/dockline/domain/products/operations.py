"""Take products in, many at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dockline.domain.products.models import Product, UnitOfMeasure, Variant

LONGEST_SKU = 100
LONGEST_NAME = 500
LONGEST_UNIT = 20


@dataclass(frozen=True)
class KnownUnit:
    """A unit beside the base unit."""

    code: str
    base_quantity: Decimal
    name: str = ""
    barcode: str = ""


@dataclass(frozen=True)
class KnownVariant:
    """A variant as its master knows it."""

    sku: str
    name: str
    base_unit: str
    units: tuple[KnownUnit, ...]
    is_active: bool


@dataclass(frozen=True)
class TakenVariant:
    """What became of one: `before` is empty for a new one, `problem` when it was left as it is."""

    variant_id: int
    sku: str
    before: str
    after: str
    problem: str = ""

    @property
    def is_changed(self) -> bool:
        """It is new, or not what it was."""
        return not self.problem and self.before != self.after


def take_variants(account_id: int, known: Sequence[KnownVariant], *, now: datetime) -> list[TakenVariant]:
    """Create or update an account's variants by SKU, in the order given. Needs a transaction.

    One whose base unit differs is left as it is: quantities in orders and stock are in the unit we have. The SKUs must
    be distinct.
    """
    ours = {
        variant.sku: variant
        for variant in Variant.objects.select_for_update(of=("self",))
        .select_related("product")
        .filter(account_id=account_id, sku__in=[one.sku for one in known])
        .order_by("id")
    }
    units = _units_of([variant.id for variant in ours.values()])
    created = _create([one for one in known if one.sku not in ours], account_id, now)
    taken: list[TakenVariant] = []
    changed: list[Variant] = []
    new_units: dict[int, tuple[KnownUnit, ...]] = {
        created[one.sku].id: one.units for one in known if one.sku in created
    }
    for one in known:
        after = _describe(one.name, one.base_unit, one.units, is_active=one.is_active)
        if one.sku in created:
            taken.append(TakenVariant(created[one.sku].id, one.sku, "", after))
            continue
        variant = ours[one.sku]
        before = _describe(variant.name, variant.base_unit, units[variant.id], is_active=variant.is_active)
        if variant.base_unit != one.base_unit:
            problem = f"it is counted in {variant.base_unit} here and in {one.base_unit} there"
            taken.append(TakenVariant(variant.id, one.sku, before, before, problem))
            continue
        taken.append(TakenVariant(variant.id, one.sku, before, after))
        if before != after:
            variant.name, variant.is_active, variant.changed_at = one.name, one.is_active, now
            changed.append(variant)
            new_units[variant.id] = one.units
    Variant.objects.bulk_update(changed, ["name", "is_active", "changed_at"], batch_size=500)
    _replace_units(new_units)
    return taken


def _create(fresh: Sequence[KnownVariant], account_id: int, now: datetime) -> dict[str, Variant]:
    products = Product.objects.bulk_create([Product(account_id=account_id, name=one.name) for one in fresh], 1000)
    variants = Variant.objects.bulk_create(
        [
            Variant(
                account_id=account_id,
                product=product,
                sku=one.sku,
                name=one.name,
                base_unit=one.base_unit,
                is_active=one.is_active,
            )
            for product, one in zip(products, fresh, strict=True)
        ],
        1000,
    )
    return {variant.sku: variant for variant in variants}


def _units_of(variant_ids: Sequence[int]) -> dict[int, list[KnownUnit]]:
    found: dict[int, list[KnownUnit]] = {variant_id: [] for variant_id in variant_ids}
    for unit in UnitOfMeasure.objects.filter(variant_id__in=variant_ids).order_by("variant_id", "code"):
        found[unit.variant_id].append(KnownUnit(unit.code, unit.base_quantity, unit.name, unit.barcode))
    return found


def _replace_units(units: dict[int, tuple[KnownUnit, ...]]) -> None:
    UnitOfMeasure.objects.filter(variant_id__in=units).delete()
    UnitOfMeasure.objects.bulk_create(
        [
            UnitOfMeasure(
                variant_id=variant_id,
                code=unit.code,
                base_quantity=unit.base_quantity,
                name=unit.name,
                barcode=unit.barcode,
            )
            for variant_id, those in units.items()
            for unit in those
        ],
        1000,
    )


def _describe(name: str, base_unit: str, units: Iterable[KnownUnit], *, is_active: bool) -> str:
    sizes = sorted(f"{unit.code} of {unit.base_quantity.normalize():f}{_barcode(unit)}" for unit in units)
    return f"{name} ({', '.join([base_unit, *sizes])})" + ("" if is_active else ", inactive")


def _barcode(unit: KnownUnit) -> str:
    return f" barcode {unit.barcode}" if unit.barcode else ""
