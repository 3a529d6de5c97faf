"""The master list of an account: who goods are sent to."""

from django.db import models

from dockline.domain.accounts.models import Account
from dockline.domain.customers.rules import LONGEST_CODE, LONGEST_NAME


class Customer(models.Model):
    """Somebody goods are sent to. The code is byte-exact: case and blanks count.

    An order takes from it what it leaves out, once, and keeps that whatever becomes of the customer: no order points
    here. `name` and `ship_to` are personal data.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False)
    code = models.CharField(max_length=LONGEST_CODE)
    name = models.CharField(max_length=LONGEST_NAME)
    ship_to = models.JSONField(default=dict)
    references = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "code"], name="customer_code_is_unique_per_account"),
            models.CheckConstraint(
                condition=~models.Q(code="") & ~models.Q(name=""), name="customer_has_code_and_name"
            ),
        ]

    def __str__(self) -> str:
        return self.code
