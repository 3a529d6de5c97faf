"""What is asked about products."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet

from dockline.domain.accounts.rules import AccountId
from dockline.domain.products.models import UnitOfMeasure, Variant
from dockline.domain.products.rules import VariantId


@dataclass(frozen=True)
class UnitRow:
    """A unit beside the base unit."""

    code: str
    base_quantity: Decimal
    name: str


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
    units: tuple[UnitRow, ...]


def count_variants(*, account_id: AccountId | None, text: str = "") -> int:
    """Count variants whose SKU or name contains the text."""
    return _matching(account_id, text).count()


def list_variants(
    *, account_id: AccountId | None, text: str = "", offset: int = 0, limit: int = 50
) -> tuple[VariantRow, ...]:
    """List variants by SKU."""
    page = _matching(account_id, text).select_related("product", "account").order_by("sku", "id")
    variants = list(page[offset : offset + limit])

    units: dict[int, list[UnitRow]] = {}
    for unit in UnitOfMeasure.objects.filter(variant__in=variants).order_by("variant_id", "base_quantity", "id"):
        units.setdefault(unit.variant_id, []).append(UnitRow(unit.code, unit.base_quantity, unit.name))

    return tuple(
        VariantRow(
            id=VariantId(variant.pk),
            sku=variant.sku,
            name=variant.name,
            product_name=variant.product.name,
            account_name=variant.account.name,
            base_unit=variant.base_unit,
            is_active=variant.is_active,
            units=tuple(units.get(variant.pk, ())),
        )
        for variant in variants
    )


def get_variant_ids(account_id: int, skus: Sequence[str]) -> dict[str, int]:
    """Return the variant of each SKU that there is."""
    return dict(Variant.objects.filter(account_id=account_id, sku__in=skus).values_list("sku", "id"))


def _matching(account_id: AccountId | None, text: str) -> QuerySet[Variant]:
    variants = Variant.objects.all() if account_id is None else Variant.objects.filter(account_id=account_id)
    if text:
        variants = variants.filter(Q(sku__icontains=text) | Q(name__icontains=text))
    return variants
