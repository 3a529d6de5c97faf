"""The part of a sales order sent to one warehouse, and how far its sending is."""

from django.db import models
from django.db.models import Q

from dockline.domain.channels.models import Channel
from dockline.domain.dispatches.rules import DispatchState, WishPurpose, WishState
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.products.models import Variant
from dockline.domain.shipments.rules import ShipmentStatus


class Shipment(models.Model):
    """One warehouse's part of an order. `reference` is what the warehouse knows it by: fixed before the first call.

    `status` is what a person reads; `dispatch` is how far the sending is (docs/reliability.md); `wake_at` is when the
    dispatch must next be looked at, written in the same transaction as the state it belongs to. `seen_there_at` is when
    the warehouse last showed that it has it. `is_given_back` says of a cancelled one that what it carried was not
    cancelled with it, but is the order's again, to be sent anew.
    """

    order = models.ForeignKey(SalesOrder, on_delete=models.PROTECT, related_name="shipments")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, db_index=False)
    reference = models.CharField(max_length=100)
    generation = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=20, choices=ShipmentStatus.choices())
    dispatch = models.CharField(max_length=12, choices=DispatchState.choices())
    attempts = models.PositiveSmallIntegerField(default=0)
    clean_absences = models.PositiveSmallIntegerField(default=0)
    settle_until = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)
    reason = models.TextField(default="")
    far_status = models.CharField(max_length=60, default="")
    is_given_back = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    seen_there_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "reference"], name="reference_is_unique_per_channel"),
        ]
        indexes = [
            models.Index(fields=["channel", "dispatch", "wake_at"], name="dispatches_to_wake"),
            models.Index(fields=["channel", "-id"], name="shipments_newest_first"),
        ]

    def __str__(self) -> str:
        return self.reference


class CancelWish(models.Model):
    """That somebody wants a shipment not to go, and what the warehouse said to it; at most one is open.

    `wake_at` is when an open one must next be looked at. `purpose` says what becomes of the goods once it is accepted.
    """

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="wishes")
    purpose = models.CharField(
        max_length=10,
        choices=WishPurpose.choices(),
        default=WishPurpose.CANCEL.value,
        db_default=WishPurpose.CANCEL.value,
    )
    state = models.CharField(max_length=10, choices=WishState.choices())
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    deadline = models.DateTimeField()
    wake_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    reason = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment"], condition=Q(state="asked"), name="one_open_wish_per_shipment"),
            models.CheckConstraint(
                condition=~Q(state="asked") | Q(wake_at__isnull=False), name="open_wish_is_looked_at"
            ),
        ]
        indexes = [models.Index(fields=["wake_at"], condition=Q(state="asked"), name="wishes_to_wake")]


class ShipmentLine(models.Model):
    """What of an order line this shipment carries, in the variant's base unit.

    `alternate` is the product that is sent instead of the one ordered, a base unit for a base unit: what ships of it
    counts on the order's line. `sent_sku` is the SKU it was sent under, where that is not ours: what comes back is
    known by it for ever.
    """

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines", db_index=False)
    order_line = models.ForeignKey(SalesOrderLine, on_delete=models.PROTECT, related_name="shipment_lines")
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    shipped_quantity = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    sent_sku = models.CharField(max_length=200, default="", db_default="")
    alternate = models.ForeignKey(Variant, on_delete=models.PROTECT, null=True, db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "order_line", "alternate"],
                name="product_once_per_line_of_a_shipment",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipment_line_carries_something"),
            models.CheckConstraint(condition=Q(shipped_quantity__gte=0), name="shipment_line_ships_forwards"),
        ]


class ShipmentSurplus(models.Model):
    """What the warehouse shipped beyond what was asked, in the base unit; other goods when it `is_ordered` not.

    What is ordered is booked on its line too, for it has left; other goods are on no line.
    """

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="surplus", db_index=False)
    sku = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    is_ordered = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment", "sku"], name="surplus_once_per_sku"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="surplus_is_something"),
        ]


class Package(models.Model):
    """A parcel or consignment the warehouse made, with its tracking."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="packages", db_index=False)
    external_id = models.CharField(max_length=100)
    version = models.PositiveIntegerField()
    carrier = models.CharField(max_length=100, default="")
    service = models.CharField(max_length=100, default="")
    tracking_number = models.CharField(max_length=100, default="")
    tracking_url = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "external_id"], name="package_recorded_once")]
        indexes = [models.Index(fields=["tracking_number"], name="package_by_tracking")]


class ShipmentLot(models.Model):
    """A lot or a serial number of what shipped on a line, as the warehouse named it; quantities in the base unit."""

    line = models.ForeignKey(ShipmentLine, on_delete=models.CASCADE, related_name="lots")
    lot = models.CharField(max_length=100, default="")
    serial = models.CharField(max_length=100, default="")
    expires_on = models.DateField(null=True)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)

    class Meta:
        indexes = [
            # Found by how they begin as well.
            models.Index(
                fields=["lot"], condition=~Q(lot=""), opclasses=["varchar_pattern_ops"], name="shipped_lots_by_name"
            ),
            models.Index(
                fields=["serial"],
                condition=~Q(serial=""),
                opclasses=["varchar_pattern_ops"],
                name="shipped_serials_by_name",
            ),
        ]
