"""Take products in, many at a time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal

from dockline.domain.products.models import Alternate, BundlePart, Product, UnitOfMeasure, Variant
from dockline.domain.products.queries import get_units, measures_of
from dockline.domain.products.rules import NOT_MEASURED, KnownUnit, Measures, describe_measures

LONGEST_SKU = 100
LONGEST_NAME = 500
LONGEST_UNIT = 20
LONGEST_BARCODE = 100
LONGEST_UNIT_NAME = 64
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
class VariantContent:
    """All of a variant but its units. Barcode and measures are those of one base unit."""

    sku: str
    name: str
    product: str
    is_active: bool
    base_unit: str
    barcode: str
    measures: Measures


def put_variants(account_id: int, contents: Sequence[VariantContent], *, now: datetime) -> dict[str, int]:
    """Create variants, or make them exactly so, by SKU; return the id of each. Needs a transaction.

    Variants of one product have it by its name: one that names another product moves there. The base unit of one that
    is there stays. The SKUs must be distinct.
    """
    skus = [one.sku for one in contents]
    ours = {
        variant.sku: variant
        for variant in Variant.objects.select_for_update(of=("self",), no_key=True)
        .select_related("product")
        .filter(account_id=account_id, sku__in=skus)
        .order_by("id")
    }
    moving = [one.product for one in contents if one.sku not in ours or ours[one.sku].product.name != one.product]
    homes = _find_products(account_id, moving)
    new = []
    for one in contents:
        variant = ours.get(one.sku)
        if variant is None:
            variant = Variant(account_id=account_id, sku=one.sku, base_unit=one.base_unit, product=homes[one.product])
            new.append(variant)
        elif variant.product.name != one.product:
            variant.product = homes[one.product]
        variant.name, variant.is_active, variant.barcode, variant.changed_at = one.name, one.is_active, one.barcode, now
        _measure(variant, one.measures)
    Variant.objects.bulk_create(new, 1000)
    Variant.objects.bulk_update(
        ours.values(), ["product", "name", "is_active", "barcode", "changed_at", *MEASURES], batch_size=500
    )
    return {variant.sku: variant.pk for variant in (*ours.values(), *new)}


def _find_products(account_id: int, names: Sequence[str]) -> dict[str, Product]:
    """The product of each name; what there is not is made."""
    found: dict[str, Product] = {}
    for product in Product.objects.filter(account_id=account_id, name__in=set(names)).order_by("id"):
        found.setdefault(product.name, product)
    made = [Product(account_id=account_id, name=name) for name in dict.fromkeys(names) if name not in found]
    return found | {product.name: product for product in Product.objects.bulk_create(made, 1000)}


def put_units(units: Sequence[tuple[int, KnownUnit]], *, now: datetime) -> None:
    """Create units beside the base unit, or make them exactly so; each comes with its variant. Needs a transaction."""
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
            for variant_id, unit in units
        ],
        1000,
        update_conflicts=True,
        unique_fields=["variant", "code"],
        update_fields=["base_quantity", "name", "barcode", *MEASURES],
    )
    Variant.objects.filter(id__in={variant_id for variant_id, _ in units}).update(changed_at=now)


def put_parts(parts: Sequence[tuple[int, int, Decimal]], *, now: datetime) -> None:
    """Set how many of a component are in a bundle, given as (bundle, component, quantity); 0 takes it out.

    Needs a transaction.
    """
    for bundle_id, component_id, quantity in parts:
        if not quantity:
            BundlePart.objects.filter(bundle_id=bundle_id, component_id=component_id).delete()
    BundlePart.objects.bulk_create(
        [
            BundlePart(bundle_id=bundle_id, component_id=component_id, quantity=quantity)
            for bundle_id, component_id, quantity in parts
            if quantity
        ],
        1000,
        update_conflicts=True,
        unique_fields=["bundle", "component"],
        update_fields=["quantity"],
    )
    Variant.objects.filter(id__in={bundle_id for bundle_id, _, _ in parts}).update(changed_at=now)


@dataclass(frozen=True)
class KnownAlternate:
    """That one product may be sent instead of another."""

    variant_id: int
    alternate_id: int
    rank: int
    is_active: bool


def put_alternates(put: Sequence[KnownAlternate], removed: Sequence[tuple[int, int]], *, now: datetime) -> None:
    """Set what may be sent instead of products, and take out what may not, as (product, alternate).

    Needs a transaction.
    """
    for variant_id, alternate_id in removed:
        Alternate.objects.filter(variant_id=variant_id, alternate_id=alternate_id).delete()
    Alternate.objects.bulk_create(
        [
            Alternate(variant_id=one.variant_id, alternate_id=one.alternate_id, rank=one.rank, is_active=one.is_active)
            for one in put
        ],
        1000,
        update_conflicts=True,
        unique_fields=["variant", "alternate"],
        update_fields=["rank", "is_active"],
    )
    touched = {one.variant_id for one in put} | {variant_id for variant_id, _ in removed}
    Variant.objects.filter(id__in=touched).update(changed_at=now)


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
