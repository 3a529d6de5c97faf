"""What is asked about products."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Q, QuerySet

from dockline.domain.accounts.rules import AccountId
from dockline.domain.products.models import Alternate as AlternateRow
from dockline.domain.products.models import BundlePart, Measured, UnitOfMeasure, Variant
from dockline.domain.products.rules import Alternate, KnownUnit, Measures, Part, VariantId, describe_measures
from dockline.kit.measures import SizeUnit, WeightUnit


@dataclass(frozen=True)
class VariantRow:
    """One thing that can be sold."""

    id: VariantId
    sku: str
    name: str
    product_name: str
    account_name: str
    base_unit: str
    is_active: bool
    base: KnownUnit
    units: tuple[KnownUnit, ...]
    size_unit: SizeUnit
    weight_unit: WeightUnit
    """What the account measures in."""
    parts: tuple[Part, ...] = ()
    """What it is made of, when it is a bundle."""
    alternates: tuple[Alternate, ...] = ()
    """What may be sent instead of it when it is short, the preferred one first."""

    @property
    def measured(self) -> list[tuple[str, str]]:
        """What one of each unit measures, as (unit code, words) in the account's units; unknown ones are left out."""
        said = (
            (unit.code, describe_measures(unit.measures, self.size_unit, self.weight_unit))
            for unit in (self.base, *self.units)
        )
        return [(code, words) for code, words in said if words]


def count_variants(*, account_id: AccountId | None, text: str = "") -> int:
    """Count variants whose SKU or name contains the text."""
    return _matching(account_id, text).count()


def list_variants(
    *, account_id: AccountId | None, text: str = "", offset: int = 0, limit: int = 50
) -> tuple[VariantRow, ...]:
    """List variants by SKU."""
    page = _matching(account_id, text).select_related("product", "account").order_by("sku", "id")
    variants = list(page[offset : offset + limit])

    units = get_units([variant.pk for variant in variants])
    parts = get_parts([variant.pk for variant in variants])
    alternates = get_alternates([variant.pk for variant in variants])
    return tuple(
        VariantRow(
            id=VariantId(variant.pk),
            sku=variant.sku,
            name=variant.name,
            product_name=variant.product.name,
            account_name=variant.account.name,
            base_unit=variant.base_unit,
            is_active=variant.is_active,
            base=KnownUnit(variant.base_unit, Decimal(1), "", variant.barcode, measures_of(variant)),
            units=tuple(sorted(units[variant.pk], key=lambda unit: unit.base_quantity)),
            size_unit=SizeUnit(variant.account.size_unit),
            weight_unit=WeightUnit(variant.account.weight_unit),
            parts=parts.get(variant.pk, ()),
            alternates=alternates.get(variant.pk, ()),
        )
        for variant in variants
    )


def get_units(variant_ids: Sequence[int]) -> dict[int, list[KnownUnit]]:
    """Return the units beside the base unit of each of these variants, by code."""
    found: dict[int, list[KnownUnit]] = {variant_id: [] for variant_id in variant_ids}
    for unit in UnitOfMeasure.objects.filter(variant_id__in=variant_ids).order_by("variant_id", "code"):
        found[unit.variant_id].append(
            KnownUnit(unit.code, unit.base_quantity, unit.name, unit.barcode, measures_of(unit))
        )
    return found


def get_parts(variant_ids: Iterable[int]) -> dict[int, tuple[Part, ...]]:
    """Return the components of those of these variants that are bundles, by SKU."""
    found: dict[int, list[Part]] = {}
    rows = BundlePart.objects.filter(bundle_id__in=set(variant_ids)).order_by("bundle_id", "component__sku")
    for bundle_id, component_id, sku, quantity in rows.values_list(
        "bundle_id", "component_id", "component__sku", "quantity"
    ):
        found.setdefault(bundle_id, []).append(Part(VariantId(component_id), sku, quantity))
    return {bundle_id: tuple(parts) for bundle_id, parts in found.items()}


def get_alternates(variant_ids: Iterable[int], *, usable: bool = False) -> dict[int, tuple[Alternate, ...]]:
    """Return what may be sent instead of each of these variants that has alternates, the preferred one first.

    With `usable` only what can be sent as it is now: that is active, no bundle, and counted in the same base unit.
    """
    rows = AlternateRow.objects.filter(variant_id__in=set(variant_ids))
    if usable:
        rows = rows.filter(is_active=True, alternate__is_active=True, alternate__base_unit=F("variant__base_unit"))
        rows = rows.filter(alternate__parts__isnull=True)
    found: dict[int, list[Alternate]] = {}
    columns = ("variant_id", "alternate_id", "alternate__sku", "rank", "is_active")
    for variant_id, alternate_id, *rest in rows.order_by("variant_id", "rank", "alternate__sku").values_list(*columns):
        found.setdefault(variant_id, []).append(Alternate(VariantId(alternate_id), *rest))
    return {variant_id: tuple(alternates) for variant_id, alternates in found.items()}


@dataclass(frozen=True)
class AlternateLine:
    """One product that may be sent instead of another, by their SKUs."""

    sku: str
    alternate: str
    rank: int
    is_active: bool


def list_alternate_lines(account_id: int, *, skus: Sequence[str] | None = None) -> Iterator[AlternateLine]:
    """List the alternates of an account's products, or of these; read it to its end in one transaction."""
    rows = AlternateRow.objects.filter(variant__account_id=account_id)
    if skus is not None:
        rows = rows.filter(variant__sku__in=set(skus))
    columns = ("variant__sku", "alternate__sku", "rank", "is_active")
    for row in rows.order_by("variant__sku", "alternate__sku").values_list(*columns).iterator(chunk_size=2000):
        yield AlternateLine(*row)


@dataclass(frozen=True)
class VariantName:
    """What a variant is called, and what it is counted in."""

    name: str
    base_unit: str


def get_names(variant_ids: Iterable[int]) -> dict[int, VariantName]:
    """Return what these variants are called."""
    rows = Variant.objects.filter(id__in=set(variant_ids)).values_list("id", "name", "base_unit")
    return {variant_id: VariantName(name, base_unit) for variant_id, name, base_unit in rows}


@dataclass(frozen=True)
class BundleLine:
    """One component of a bundle, by their SKUs."""

    bundle: str
    component: str
    quantity: Decimal


def list_bundle_lines(account_id: int, *, bundles: Sequence[str] | None = None) -> Iterator[BundleLine]:
    """List the components of an account's bundles, or of these; read it to its end in one transaction."""
    rows = BundlePart.objects.filter(bundle__account_id=account_id)
    if bundles is not None:
        rows = rows.filter(bundle__sku__in=set(bundles))
    columns = ("bundle__sku", "component__sku", "quantity")
    for row in rows.order_by("bundle__sku", "component__sku").values_list(*columns).iterator(chunk_size=2000):
        yield BundleLine(*row)


def find_nested(account_id: int) -> str:
    """Return the SKU of a bundle that is a component of another, which none may be; empty when there is none."""
    nested = BundlePart.objects.filter(bundle__account_id=account_id, component__parts__isnull=False)
    return nested.values_list("component__sku", flat=True).first() or ""


def list_components(account_id: int, *, skus: Sequence[str]) -> dict[str, str]:
    """Of these SKUs, return those that are components, each with a bundle that has it."""
    rows = BundlePart.objects.filter(bundle__account_id=account_id, component__sku__in=set(skus))
    return dict(rows.order_by("-bundle__sku").values_list("component__sku", "bundle__sku"))


def get_measures(account_id: int, skus: Sequence[str]) -> dict[str, dict[str, Measures]]:
    """Return what is known of the measures of each SKU, by unit code."""
    variants = list(Variant.objects.filter(account_id=account_id, sku__in=skus))
    units = get_units([variant.pk for variant in variants])
    return {
        variant.sku: {
            variant.base_unit: measures_of(variant),
            **{unit.code: unit.measures for unit in units[variant.pk]},
        }
        for variant in variants
    }


def measures_of(row: Measured) -> Measures:
    """What a stored variant or unit measures."""
    return Measures(row.length_mm, row.width_mm, row.height_mm, row.weight_g)


def get_variant_ids(account_id: int, skus: Sequence[str]) -> dict[str, int]:
    """Return the variant of each SKU that there is."""
    return dict(Variant.objects.filter(account_id=account_id, sku__in=skus).values_list("sku", "id"))


def get_counted(account_id: int, skus: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Return the variant of each SKU that there is, and its base unit."""
    rows = Variant.objects.filter(account_id=account_id, sku__in=skus).values_list("sku", "id", "base_unit")
    return {sku: (variant_id, base_unit) for sku, variant_id, base_unit in rows}


@dataclass(frozen=True)
class HeldVariant:
    """A variant with all that is known of it; `base` is its base unit."""

    id: VariantId
    sku: str
    name: str
    product_id: int
    product_name: str
    is_active: bool
    base: KnownUnit
    units: tuple[KnownUnit, ...]


def list_held(account_id: int, *, after: str, limit: int) -> list[HeldVariant]:
    """List the account's next variants after a SKU, by SKU."""
    return _hold(Variant.objects.filter(account_id=account_id, sku__gt=after).order_by("sku")[:limit])


def find_held(account_id: int, skus: Sequence[str]) -> dict[str, HeldVariant]:
    """Return the variants with these SKUs that there are."""
    found = _hold(Variant.objects.filter(account_id=account_id, sku__in=set(skus)).order_by("sku"))
    return {variant.sku: variant for variant in found}


def _hold(variants: QuerySet[Variant]) -> list[HeldVariant]:
    found = list(variants.select_related("product"))
    units = get_units([variant.pk for variant in found])
    return [
        HeldVariant(
            VariantId(variant.pk),
            variant.sku,
            variant.name,
            variant.product_id,
            variant.product.name,
            variant.is_active,
            KnownUnit(variant.base_unit, Decimal(1), "", variant.barcode, measures_of(variant)),
            tuple(units[variant.pk]),
        )
        for variant in found
    ]


def _matching(account_id: AccountId | None, text: str) -> QuerySet[Variant]:
    variants = Variant.objects.all() if account_id is None else Variant.objects.filter(account_id=account_id)
    if text:
        variants = variants.filter(Q(sku__icontains=text) | Q(name__icontains=text))
    return variants
