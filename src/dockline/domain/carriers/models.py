"""The master list of an account: carriers, and the services of each."""

from django.db import models

from dockline.domain.accounts.models import Account
from dockline.domain.carriers.rules import LONGEST_CODE, LONGEST_NAME


class Carrier(models.Model):
    """Somebody who carries parcels. The code is byte-exact: case and blanks count."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    code = models.CharField(max_length=LONGEST_CODE)
    name = models.CharField(max_length=LONGEST_NAME)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "code"], name="carrier_code_is_unique_per_account"),
            models.CheckConstraint(condition=~models.Q(code=""), name="carrier_has_a_code"),
        ]

    def __str__(self) -> str:
        return self.code


class Service(models.Model):
    """One way a carrier carries, such as overnight."""

    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE, related_name="services")
    code = models.CharField(max_length=LONGEST_CODE)
    name = models.CharField(max_length=LONGEST_NAME)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["carrier", "code"], name="service_code_is_unique_per_carrier"),
            models.CheckConstraint(condition=~models.Q(code=""), name="service_has_a_code"),
        ]

    def __str__(self) -> str:
        return self.code
