"""A table that was brought in, and what each of its rows would do."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from dockline.domain.accounts.models import Account
from dockline.domain.tables.rules import ImportMode


class PlannedTable(models.Model):
    """A table of an account, judged and not applied yet."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    kind = models.CharField(max_length=30)
    mode = models.CharField(max_length=10, choices=ImportMode.choices())
    source = models.CharField(max_length=200, default="")
    actor = models.CharField(max_length=150)
    made_at = models.DateTimeField()


class PlannedTableRow(models.Model):
    """One row: its cells, what was there before under its name, and what becomes of it (`rules.JudgedRow`).

    Rows are written and read many at a time and go with their table, so the key is not checked row by row.
    """

    table = models.ForeignKey(PlannedTable, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    at_row = models.PositiveIntegerField()
    begins_at = models.PositiveIntegerField()
    cells = ArrayField(models.TextField())
    before = ArrayField(models.TextField(), null=True)
    outcome = models.CharField(max_length=10)
    field = models.CharField(max_length=40, default="")
    reason = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["table", "begins_at", "at_row"], name="planned_rows_in_order")]
