"""What is sold: products group variants, and the variant carries the SKU."""

from django.db import models

from dockline.domain.accounts.models import Account
from dockline.kit.measures import PLACES


class Product(models.Model):
    """What variants have in common."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    name = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)


class Measured(models.Model):
    """What one of something measures: millimetres and grams, null where nobody said."""

    length_mm = models.DecimalField(max_digits=20, decimal_places=PLACES, null=True)
    width_mm = models.DecimalField(max_digits=20, decimal_places=PLACES, null=True)
    height_mm = models.DecimalField(max_digits=20, decimal_places=PLACES, null=True)
    weight_g = models.DecimalField(max_digits=20, decimal_places=PLACES, null=True)

    class Meta:
        abstract = True


def _are_positive(name: str) -> models.CheckConstraint:
    condition = models.Q()
    for column in ("length_mm", "width_mm", "height_mm", "weight_g"):
        condition &= models.Q(**{f"{column}__isnull": True}) | models.Q(**{f"{column}__gt": 0})
    return models.CheckConstraint(condition=condition, name=name)


class Variant(Measured):
    """One thing that can be stocked and sold. The SKU is byte-exact: case and blanks count.

    Barcode and measures are those of one base unit; those of the other units are theirs.
    The unique constraint begins with the account and serves its key, so the key needs no index of its own.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    sku = models.CharField(max_length=100)
    name = models.CharField(max_length=500)
    base_unit = models.CharField(max_length=20, default="EA")
    barcode = models.CharField(max_length=100, default="", db_default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "sku"], name="sku_is_unique_per_account"),
            _are_positive("variant_measures_are_positive"),
        ]

    def __str__(self) -> str:
        return self.sku


class BundlePart(models.Model):
    """One component of a bundle, and how many base units of it are in one base unit of the bundle.

    A variant with components is a bundle: it is sold, and its components are stocked and shipped. A component is never
    a bundle itself.
    """

    bundle = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="parts", db_index=False)
    component = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="part_of")
    quantity = models.DecimalField(max_digits=20, decimal_places=6)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bundle", "component"], name="component_once_per_bundle"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="bundle_holds_something"),
            models.CheckConstraint(
                condition=~models.Q(bundle=models.F("component")), name="bundle_is_no_part_of_itself"
            ),
        ]


class Alternate(models.Model):
    """A product that may be sent instead of another one, a base unit for a base unit; those of lower `rank` first.

    One that is not active is kept and never sent.
    """

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="alternates", db_index=False)
    alternate = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="alternate_of")
    rank = models.PositiveSmallIntegerField()
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "alternate"], name="alternate_once_per_product"),
            models.CheckConstraint(
                condition=~models.Q(variant=models.F("alternate")), name="product_is_no_alternate_of_itself"
            ),
        ]


class UnitOfMeasure(Measured):
    """A unit beside the base unit, and how many base units are in one of it."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="units")
    code = models.CharField(max_length=20)
    base_quantity = models.DecimalField(max_digits=20, decimal_places=6)
    name = models.CharField(max_length=64, default="")
    barcode = models.CharField(max_length=100, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "code"], name="unit_code_is_unique_per_variant"),
            models.CheckConstraint(condition=models.Q(base_quantity__gt=0), name="unit_holds_something"),
            _are_positive("unit_measures_are_positive"),
        ]
