"""Stock levels as the warehouse last reported them, and stock promised to shipments."""

from django.db import models
from django.db.models import Q

from dockline.domain.accounts.models import Account
from dockline.domain.channels.models import Channel
from dockline.domain.inventory.rules import DriftCause, MovementCause
from dockline.domain.products.models import Variant
from dockline.domain.runs.models import Run
from dockline.domain.shipments.models import ShipmentLine
from dockline.domain.warehouses.models import Warehouse


class Level(models.Model):
    """Stock of one variant at one warehouse, in its base unit: the sum of its movements.

    `free` is what the warehouse had promised to nobody when it last reported; what we promised and it did not know yet
    is in reservations. `as_of` is the report that last changed it: one that finds nothing to change writes nothing
    here, so how fresh a level is, its warehouse's last report says. Negative figures are kept as reported. As with
    movements, its keys are not checked row by row: a report takes its variants from their table, and neither these nor
    warehouses are ever deleted.

    Levels are asked for by their variant, with or without a warehouse, and a report reads its warehouse's as a whole:
    the unique constraint serves both, so neither key has an index of its own.
    """

    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    on_hand = models.DecimalField(max_digits=20, decimal_places=6)
    free = models.DecimalField(max_digits=20, decimal_places=6)
    incoming = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["variant", "warehouse"], name="one_level_per_variant")]


class Movement(models.Model):
    """One change of a level, with its cause; never edited.

    `at` is when it happened there. `reference` is how people know the cause, such as a shipment's reference, and
    `subject_id` its id: of a run, a shipment or a purchase order. The key of the level is not checked row by row, which
    would cost more than all else of a report: a movement is written by the statement that writes its level, and levels
    are never deleted.
    """

    level = models.ForeignKey(
        Level, on_delete=models.PROTECT, related_name="movements", db_constraint=False, db_index=False
    )
    at = models.DateTimeField()
    cause = models.CharField(max_length=10, choices=MovementCause.choices())
    on_hand = models.DecimalField(max_digits=20, decimal_places=6)
    free = models.DecimalField(max_digits=20, decimal_places=6)
    incoming = models.DecimalField(max_digits=20, decimal_places=6)
    subject_id = models.BigIntegerField(null=True)
    reference = models.CharField(max_length=200, default="", db_default="")

    class Meta:
        indexes = [models.Index(fields=["level", "-id"], name="movements_newest_first")]


class LastReport(models.Model):
    """The newest complete stock report of an account at a warehouse: its levels are as fresh as that.

    `held_run` is the run whose report was held, because it would have emptied the catalogue, until a person decides.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT)
    as_of = models.DateTimeField(null=True)
    held_run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "warehouse"], name="one_last_report_per_account")]


class Drift(models.Model):
    """A difference between a level in our ledger and what the warehouse reported, until it is explained or accepted.

    `size` is what was reported less what was expected; `reported` is of the report that last changed it, at `seen_at`.
    """

    level = models.ForeignKey(Level, on_delete=models.PROTECT, db_index=False)
    size = models.DecimalField(max_digits=20, decimal_places=6)
    reported = models.DecimalField(max_digits=20, decimal_places=6)
    cause = models.CharField(max_length=16, choices=DriftCause.choices(), default=DriftCause.UNKNOWN)
    first_seen_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=200, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["level"], condition=Q(resolved_at__isnull=True), name="one_open_drift_per_level"
            ),
            models.CheckConstraint(condition=Q(resolved_at__isnull=False) | ~Q(size=0), name="open_drift_has_a_size"),
        ]


class Buffer(models.Model):
    """Stock that is never promised: of one variant at one warehouse, or with neither of every level of an account."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, null=True)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, null=True)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["warehouse", "variant"], name="one_buffer_per_level"),
            models.UniqueConstraint(
                fields=["account"], condition=Q(variant__isnull=True), name="one_default_buffer_per_account"
            ),
            models.CheckConstraint(
                condition=Q(warehouse__isnull=True, variant__isnull=True)
                | Q(warehouse__isnull=False, variant__isnull=False),
                name="buffer_is_of_a_level_or_of_all",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="buffer_takes_nothing_away"),
        ]


class UnmatchedLevel(models.Model):
    """Stock that is reported and cannot be offered: kept and shown, never published.

    Its SKU is not known to us, or `problem` says why its quantity cannot be taken for pieces of that product. `unit` is
    the one it was reported in.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    sku = models.CharField(max_length=200)
    problem = models.TextField(default="", db_default="")
    unit = models.TextField(default="", db_default="")
    on_hand = models.DecimalField(max_digits=20, decimal_places=6)
    free = models.DecimalField(max_digits=20, decimal_places=6)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "sku"], name="one_unmatched_level_per_sku")]


class Reservation(models.Model):
    """Stock promised to a shipment line.

    From `known_there_at` on the warehouse has subtracted it itself, so it counts only against levels that are older.
    A released reservation counts no more.
    """

    shipment_line = models.OneToOneField(ShipmentLine, on_delete=models.CASCADE)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, db_index=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    made_at = models.DateTimeField()
    known_there_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_holds_something")]
        indexes = [
            models.Index(
                fields=["warehouse", "variant"], condition=Q(released_at__isnull=True), name="open_reservations"
            )
        ]


class ReportedRow(models.Model):
    """What a row of a stock report says, as it was told: in that unit, status and lot.

    Rows are written while a report is read, and are believed only when all of it is there: a row counts when its page
    is of the same `edition`, which is the run that told it. `size` is how many of our base units are in that unit,
    where only the far side knows. `problem` says why its quantities could not even be kept as numbers. The key of the
    channel is not checked row by row: a row is written by the run of a channel, with its page, whose key is.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    edition = models.BigIntegerField(default=0, db_default=0)
    page = models.PositiveIntegerField(default=1, db_default=1)
    sku = models.CharField(max_length=200)
    unit = models.CharField(max_length=100, default="", db_default="")
    status = models.CharField(max_length=100, default="", db_default="")
    is_sellable = models.BooleanField(default=True, db_default=True)
    lot = models.CharField(max_length=200, default="", db_default="")
    expires_on = models.DateField(null=True)
    size = models.DecimalField(max_digits=30, decimal_places=12, null=True)
    problem = models.TextField(default="", db_default="")
    on_hand = models.DecimalField(max_digits=20, decimal_places=6)
    free = models.DecimalField(max_digits=20, decimal_places=6)
    incoming = models.DecimalField(max_digits=20, decimal_places=6)

    class Meta:
        indexes = [
            models.Index(fields=["channel", "sku"], name="reported_rows_of_a_sku"),
            models.Index(
                fields=["lot"], condition=~Q(lot=""), opclasses=["varchar_pattern_ops"], name="reported_lots_by_name"
            ),
        ]


class ReportedPage(models.Model):
    """A page of the newest complete stock report of a channel: one of the same digest has the rows we keep of it.

    `edition` is the run that told those rows.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    edition = models.BigIntegerField(default=0, db_default=0)
    page = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "page"], name="one_digest_per_page")]
