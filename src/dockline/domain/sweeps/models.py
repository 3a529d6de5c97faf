"""The sweeps of a channel, and the differences they have found."""

from django.db import models
from django.db.models import Q

from dockline.domain.channels.models import Channel
from dockline.domain.purchases.models import PurchaseOrder
from dockline.domain.shipments.models import Shipment
from dockline.domain.sweeps.rules import Difference


class Sweep(models.Model):
    """One comparison of what changed over there since a moment. Without `finished_at` it could not read everything.

    `highest_id` is the highest shipment id that any reference of ours over there was made of. `foreign` are the orders
    that are not ours, `foreign_purchases` the purchase orders.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    since = models.DateTimeField()
    is_wide = models.BooleanField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    orders_there = models.PositiveIntegerField(default=0)
    foreign = models.PositiveIntegerField(default=0)
    highest_id = models.BigIntegerField(default=0)
    purchases_there = models.PositiveIntegerField(default=0, db_default=0)
    foreign_purchases = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [models.Index(fields=["channel", "-id"], name="sweeps_of_channel")]


class Finding(models.Model):
    """One difference between a warehouse and our books, until it is gone or somebody says that it is right.

    It is of a shipment unless `is_purchase`; which one is empty where nothing here has its reference.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    sweep = models.ForeignKey(Sweep, on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=15, choices=Difference.choices())
    reference = models.CharField(max_length=100)
    external_id = models.CharField(max_length=100)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, null=True)
    is_purchase = models.BooleanField(default=False, db_default=False)
    purchase = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, null=True)
    sentence = models.TextField()
    found_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=100, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "kind", "reference", "external_id"],
                condition=Q(resolved_at__isnull=True),
                name="one_open_finding_per_difference",
            )
        ]
        indexes = [
            models.Index(fields=["channel", "kind", "id"], condition=Q(resolved_at__isnull=True), name="open_findings")
        ]
