"""What is sold: products group variants, and the variant carries the SKU."""

from django.db import models

from dockline.domain.accounts.models import Account


class Product(models.Model):
    """What variants have in common."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    name = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)


class Variant(models.Model):
    """One thing that can be stocked and sold. The SKU is byte-exact: case and blanks count.

    The unique constraint begins with the account and serves its key, so the key needs no index of its own.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    sku = models.CharField(max_length=100)
    name = models.CharField(max_length=500)
    base_unit = models.CharField(max_length=20, default="EA")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "sku"], name="sku_is_unique_per_account")]

    def __str__(self) -> str:
        return self.sku


class UnitOfMeasure(models.Model):
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
        ]
