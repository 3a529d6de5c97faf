"""Stock levels as the warehouse last reported them, and stock promised to shipments."""

from django.db import models
from django.db.models import Q

from dockline.domain.channels.models import Channel
from dockline.domain.products.models import Variant
from dockline.domain.runs.models import Run
from dockline.domain.shipments.models import ShipmentLine
from dockline.domain.warehouses.models import Warehouse


class Level(models.Model):
    """Stock of one variant at one warehouse, in its base unit, as of one instant.

    `free` is what the warehouse had promised to nobody at `as_of`; what we promised and it did not know yet is in
    reservations. Negative figures are kept as reported.
    """

    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT)
    on_hand = models.DecimalField(max_digits=20, decimal_places=6)
    free = models.DecimalField(max_digits=20, decimal_places=6)
    incoming = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["warehouse", "variant"], name="one_level_per_variant")]


class UnmatchedLevel(models.Model):
    """Stock the warehouse reports under a SKU we do not know: kept and shown, never published."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    sku = models.CharField(max_length=200)
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
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT)
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


class StagedLevel(models.Model):
    """A row of a stock report that is still being read; it becomes a level only with all the others."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE)
    sku = models.CharField(max_length=200)
    on_hand = models.DecimalField(max_digits=20, decimal_places=6)
    free = models.DecimalField(max_digits=20, decimal_places=6)
    incoming = models.DecimalField(max_digits=20, decimal_places=6)
