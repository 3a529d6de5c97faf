"""Places with stock, and which accounts use them."""

from django.db import models

from dockline.domain.accounts.models import Account, Organization


class Warehouse(models.Model):
    """A place with stock, owned by the organization; a virtual one only groups physical ones into one stock pool."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=60, default="UTC")
    is_virtual = models.BooleanField(default=False, db_default=False)
    members = models.ManyToManyField("self", symmetrical=False, related_name="groups")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "code"], name="warehouse_code_is_unique")]

    def __str__(self) -> str:
        return self.name


class AccountWarehouse(models.Model):
    """An account may use a warehouse. One of them is where its orders go when they ask for none.

    Others may have a `turn`: they follow in this order where the default one has not all of what is ordered.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT)
    is_default = models.BooleanField(default=False)
    turn = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "warehouse"], name="warehouse_enabled_once"),
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(is_default=True), name="one_default_warehouse_per_account"
            ),
        ]
