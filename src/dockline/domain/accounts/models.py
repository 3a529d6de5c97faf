"""The operator's company, the brands inside it, and the people who sign in."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from dockline.kit.measures import SizeUnit, WeightUnit


class Installation(models.Model):
    """This copy of Dockline. The marker is part of every reference we send, so two copies never use the same one."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    marker = models.CharField(max_length=4)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(name="installation_is_single", condition=models.Q(id=1))]


class Organization(models.Model):
    """The company that runs Dockline, typically a 3PL. Owns warehouses and accounts."""

    name = models.CharField(max_length=200)


class Account(models.Model):
    """A brand or merchant inside the organization. All trading data is per account. The code is permanent.

    Sizes and weights are kept in millimetres and grams; `size_unit` and `weight_unit` are what people read them in.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    code = models.CharField(max_length=60)
    timezone = models.CharField(max_length=60, default="UTC")
    size_unit = models.CharField(max_length=4, choices=SizeUnit.choices(), default=SizeUnit.CENTIMETRE, db_default="cm")
    weight_unit = models.CharField(
        max_length=4, choices=WeightUnit.choices(), default=WeightUnit.KILOGRAM, db_default="kg"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "code"], name="account_code_is_unique")]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person of the organization; reaches all its accounts."""


class ApiKey(models.Model):
    """What a program shows to use the REST API: for one account, or without one for the whole organization.

    The key itself is shown once and never stored: `digest` recognises it, `hint` is its beginning, for people.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True)
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=100)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(revoked_at__isnull=True), name="one_living_key_per_name"
            )
        ]

    def __str__(self) -> str:
        return self.name
