"""Take products in, many at a time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from dockline.domain.products.models import Product, UnitOfMeasure, Variant
from dockline.domain.products.queries import get_units, measures_of
from dockline.domain.products.rules import NOT_MEASURED, KnownUnit, Measures, describe_measures

LONGEST_SKU = 100
LONGEST_NAME = 500
LONGEST_UNIT = 20
LONGEST_BARCODE = 100
MEASURES = ("length_mm", "width_mm", "height_mm", "weight_g")


@dataclass(frozen=True)
class KnownVariant:
    """A variant as its master knows it. Barcode and measures are those of one base unit."""

    sku: str
    name: str
    base_unit: str
    units: tuple[KnownUnit, ...]
    is_active: bool
    barcode: str = ""
    measures: Measures = NOT_MEASURED


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

    One whose base unit differs is left as it is: quantities in orders and stock are in the unit we have. A measure its
    master says nothing of stays. The SKUs must be distinct.
    """
    ours = {
        variant.sku: variant
        for variant in Variant.objects.select_for_update(of=("self",), no_key=True)
        .select_related("product")
        .filter(account_id=account_id, sku__in=[one.sku for one in known])
        .order_by("id")
    }
    units = get_units([variant.id for variant in ours.values()])
    created = _create([one for one in known if one.sku not in ours], account_id, now)
    taken: list[TakenVariant] = []
    changed: list[Variant] = []
    new_units: dict[int, tuple[KnownUnit, ...]] = {
        created[one.sku].id: one.units for one in known if one.sku in created
    }
    for one in known:
        if one.sku in created:
            taken.append(TakenVariant(created[one.sku].id, one.sku, "", _describe(one)))
            continue
        variant = ours[one.sku]
        held = _as_known(variant, units[variant.id])
        before = _describe(held)
        if variant.base_unit != one.base_unit:
            problem = f"it is counted in {variant.base_unit} here and in {one.base_unit} there"
            taken.append(TakenVariant(variant.id, one.sku, before, before, problem))
            continue
        wanted = _with_measures_of(held, one)
        taken.append(TakenVariant(variant.id, one.sku, before, _describe(wanted)))
        if taken[-1].is_changed:
            variant.name, variant.is_active, variant.changed_at = wanted.name, wanted.is_active, now
            variant.barcode = wanted.barcode
            _measure(variant, wanted.measures)
            changed.append(variant)
            new_units[variant.id] = wanted.units
    Variant.objects.bulk_update(changed, ["name", "is_active", "barcode", "changed_at", *MEASURES], batch_size=500)
    _replace_units(new_units)
    return taken


@dataclass(frozen=True)
class MeasuredUnit:
    """What is now known of one unit of a variant. `unit` is a code, of the base unit or another."""

    sku: str
    unit: str
    barcode: str
    measures: Measures


def measure_units(account_id: int, rows: Sequence[MeasuredUnit], *, now: datetime) -> list[tuple[int, str]]:
    """Set barcodes and measures of units that are there; return (variant, words) of each that changed.

    Needs a transaction. Every SKU and unit must exist.
    """
    skus = {row.sku for row in rows}
    variants = Variant.objects.select_for_update(no_key=True).filter(account_id=account_id, sku__in=skus).order_by("id")
    ours = {variant.sku: variant for variant in variants}
    units = {
        (unit.variant_id, unit.code): unit
        for unit in UnitOfMeasure.objects.filter(variant_id__in=[variant.id for variant in ours.values()])
    }
    changed: list[Variant | UnitOfMeasure] = []
    said: list[tuple[int, str]] = []
    touched: dict[int, Variant] = {}
    for row in rows:
        variant = ours[row.sku]
        one = variant if row.unit == variant.base_unit else units[variant.id, row.unit]
        if (one.barcode, measures_of(one)) == (row.barcode, row.measures):
            continue
        one.barcode = row.barcode
        _measure(one, row.measures)
        changed.append(one)
        touched[variant.id] = variant
        words = _detail(row.barcode, row.measures).strip() or "nothing known"
        said.append((variant.id, f"{row.unit} of {row.sku}: {words}."))
    for variant in touched.values():
        variant.changed_at = now
    Variant.objects.bulk_update(touched.values(), ["barcode", "changed_at", *MEASURES], batch_size=500)
    others = [one for one in changed if isinstance(one, UnitOfMeasure)]
    UnitOfMeasure.objects.bulk_update(others, ["barcode", *MEASURES], batch_size=500)
    return said


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
                barcode=one.barcode,
                **asdict(one.measures),
            )
            for product, one in zip(products, fresh, strict=True)
        ],
        1000,
    )
    return {variant.sku: variant for variant in variants}


def _as_known(variant: Variant, units: Sequence[KnownUnit]) -> KnownVariant:
    return KnownVariant(
        sku=variant.sku,
        name=variant.name,
        base_unit=variant.base_unit,
        units=tuple(units),
        is_active=variant.is_active,
        barcode=variant.barcode,
        measures=measures_of(variant),
    )


def _with_measures_of(held: KnownVariant, wanted: KnownVariant) -> KnownVariant:
    """What is wanted, with the measures that are held where it says nothing of them."""
    known = {unit.code: unit.measures for unit in held.units}
    return replace(
        wanted,
        measures=wanted.measures.or_else(held.measures),
        units=tuple(
            replace(unit, measures=unit.measures.or_else(known.get(unit.code, NOT_MEASURED))) for unit in wanted.units
        ),
    )


def _measure(row: Variant | UnitOfMeasure, measures: Measures) -> None:
    for name, value in asdict(measures).items():
        setattr(row, name, value)


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
                **asdict(unit.measures),
            )
            for variant_id, those in units.items()
            for unit in those
        ],
        1000,
    )


def _describe(variant: KnownVariant) -> str:
    base = f"{variant.base_unit}{_detail(variant.barcode, variant.measures)}"
    sizes = sorted(
        f"{unit.code} of {unit.base_quantity.normalize():f}{_detail(unit.barcode, unit.measures)}"
        for unit in variant.units
    )
    return f"{variant.name} ({', '.join([base, *sizes])})" + ("" if variant.is_active else ", inactive")


def _detail(barcode: str, measures: Measures) -> str:
    measured = describe_measures(measures)
    return (f" barcode {barcode}" if barcode else "") + (f" measuring {measured}" if measured else "")
