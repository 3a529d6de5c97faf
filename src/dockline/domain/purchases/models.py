"""Purchase orders with their lines, and receipts with theirs."""

from django.db import models
from django.db.models import Q

from dockline.domain.accounts.models import Account
from dockline.domain.channels.models import Channel
from dockline.domain.dispatches.rules import DispatchState, WishState
from dockline.domain.products.models import Variant
from dockline.domain.purchases.rules import PurchaseStatus
from dockline.domain.warehouses.models import Warehouse


class PurchaseOrder(models.Model):
    """What an account wants from a supplier. The number is byte-exact and unique per account.

    `version` grows with every change of a draft. `reference` is what the warehouse's system knows it by, fixed before
    the first call; where no system is told of it, it is empty and the number stands for it. `dispatch` and what follows
    is how far the sending is (docs/reliability.md), empty too where nothing is sent; `seen_there_at` is when it was
    last looked for there and found. `wish` and what follows is how the wish to cancel it stands, empty where nobody
    wished it; `wish_wake_at` is when an open one must next be looked at.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT)
    number = models.CharField(max_length=100)
    status = models.CharField(max_length=20, choices=PurchaseStatus.choices())
    supplier = models.CharField(max_length=200, default="")
    instructions = models.TextField(default="", db_default="")
    arrival_on = models.DateField(null=True)
    placed_at = models.DateTimeField()
    placed_digest = models.CharField(max_length=64, default="", db_default="")
    version = models.PositiveIntegerField(default=1, db_default=1)
    closed_at = models.DateTimeField(null=True)
    is_closed_short = models.BooleanField(default=False, db_default=False)

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, null=True)
    reference = models.CharField(max_length=100, default="", db_default="")
    generation = models.PositiveSmallIntegerField(default=0, db_default=0)
    dispatch = models.CharField(max_length=12, choices=DispatchState.choices(), default="", db_default="", blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    clean_absences = models.PositiveSmallIntegerField(default=0, db_default=0)
    settle_until = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", db_default="")
    far_status = models.CharField(max_length=60, default="", db_default="")
    confirmed_at = models.DateTimeField(null=True)
    seen_there_at = models.DateTimeField(null=True)

    wish = models.CharField(max_length=10, choices=WishState.choices(), default="", db_default="", blank=True)
    wish_asked_by = models.CharField(max_length=200, default="", db_default="")
    wish_deadline = models.DateTimeField(null=True)
    wish_wake_at = models.DateTimeField(null=True)
    wish_reason = models.TextField(default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="purchase_number_is_unique_per_account"),
            models.UniqueConstraint(
                fields=["channel", "reference"], condition=~Q(reference=""), name="purchase_reference_is_unique"
            ),
            models.CheckConstraint(
                condition=~Q(wish="asked") | Q(wish_wake_at__isnull=False, wish_deadline__isnull=False),
                name="open_purchase_wish_is_looked_at",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-placed_at", "-id"], name="purchases_newest_first"),
            models.Index(fields=["channel", "wake_at"], condition=Q(wake_at__isnull=False), name="purchases_to_wake"),
            models.Index(fields=["channel", "wish_wake_at"], condition=Q(wish="asked"), name="purchase_wishes_to_wake"),
        ]

    def __str__(self) -> str:
        return self.number


class PurchaseOrderLine(models.Model):
    """One thing wanted. `quantity` is in `unit`; the other quantities are in the variant's base unit.

    `sent_sku` is the SKU it was sent under, where that is not ours: what comes back is known by it for ever.
    """

    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines", db_index=False)
    number = models.PositiveIntegerField()
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT)
    sku = models.CharField(max_length=100)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=20)
    base_quantity = models.DecimalField(max_digits=20, decimal_places=6)
    received_quantity = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    lot = models.CharField(max_length=100, default="")
    serial = models.CharField(max_length=100, default="")
    expires_on = models.DateField(null=True)
    sent_sku = models.CharField(max_length=200, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="line_number_is_unique_per_purchase"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(base_quantity__gt=0), name="purchase_line_wants_something"
            ),
            models.CheckConstraint(condition=Q(received_quantity__gte=0), name="purchase_line_receives_forwards"),
            models.CheckConstraint(
                condition=Q(serial="") | Q(base_quantity__lte=1), name="a_serial_number_is_of_one_piece"
            ),
        ]


class Receipt(models.Model):
    """What a warehouse says arrived, at its newest version. One purchase order may have several."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT)
    order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="receipts")
    external_id = models.CharField(max_length=100)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    reference = models.CharField(max_length=200)
    far_status = models.CharField(max_length=60)
    is_final = models.BooleanField()
    received_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "external_id"], name="receipt_recorded_once")]


class ReceiptLine(models.Model):
    """A quantity that arrived, in the base unit, in one condition; not `has_arrived` is what was found missing."""

    receipt = models.ForeignKey(Receipt, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    condition = models.CharField(max_length=60)
    has_arrived = models.BooleanField()
    lot = models.CharField(max_length=200, default="")
    serial = models.CharField(max_length=200, default="")
    expires_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=0), name="receipt_line_holds_no_less_than_nothing")
        ]
        indexes = [
            # Found by how they begin as well.
            models.Index(
                fields=["lot"], condition=~Q(lot=""), opclasses=["varchar_pattern_ops"], name="received_lots_by_name"
            ),
            models.Index(
                fields=["serial"],
                condition=~Q(serial=""),
                opclasses=["varchar_pattern_ops"],
                name="received_serials_by_name",
            ),
        ]
