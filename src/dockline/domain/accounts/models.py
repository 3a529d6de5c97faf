"""The operator's company, the brands inside it, and the people who sign in."""

from django.contrib.auth.models import AbstractUser
from django.db import models


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
    """A brand or merchant inside the organization. All trading data is per account. The code is permanent."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    code = models.CharField(max_length=60)
    timezone = models.CharField(max_length=60, default="UTC")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "code"], name="account_code_is_unique")]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person of the organization; reaches all its accounts."""
