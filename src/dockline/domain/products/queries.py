"""What is asked about products."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet

from dockline.domain.accounts.rules import AccountId
from dockline.domain.products.models import Measured, UnitOfMeasure, Variant
from dockline.domain.products.rules import KnownUnit, Measures, VariantId, describe_measures
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


def _matching(account_id: AccountId | None, text: str) -> QuerySet[Variant]:
    variants = Variant.objects.all() if account_id is None else Variant.objects.filter(account_id=account_id)
    if text:
        variants = variants.filter(Q(sku__icontains=text) | Q(name__icontains=text))
    return variants
