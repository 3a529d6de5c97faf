"""Sales orders and their lines."""

from django.db import models
from django.db.models import F, Q

from dockline.domain.accounts.models import Account
from dockline.domain.dispatches.rules import WishState
from dockline.domain.orders.rules import OrderStatus
from dockline.domain.products.models import Variant
from dockline.domain.warehouses.models import Warehouse


class SalesOrder(models.Model):
    """What a customer wants. The number is byte-exact and unique per account.

    `status` says how far the order is, never why it rests: `waiting_reason` and open issues do. `wake_at` is when it
    should next be looked at; an open order without one, without an open shipment and without an issue is a bug.
    `carrier` and `service` are what was asked for, in our codes; `references` are further texts by name.
    `version` grows with every change of its content. `cancel_asked_at` is since when nothing more of it shall go.
    `held_at` is since when a person has it on hold, perhaps `held_until` a moment: nothing of it is allocated or sent
    meanwhile.
    `ship_to` and `customer_name` are personal data. `source_digest` is what it was placed from, to tell a repeated
    order from a different one under the same number. Other indexes begin with the account and serve its key.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False)
    number = models.CharField(max_length=100)
    status = models.CharField(max_length=20, choices=OrderStatus.choices())
    placed_at = models.DateTimeField()
    customer_name = models.CharField(max_length=200, default="")
    customer_reference = models.CharField(max_length=100, default="")
    ship_to = models.JSONField(default=dict)
    carrier = models.CharField(max_length=100, default="", db_default="")
    service = models.CharField(max_length=100, default="")
    references = models.JSONField(default=dict, db_default={})
    currency = models.CharField(max_length=3, default="")
    ship_on = models.DateField(null=True)
    deliver_by = models.DateField(null=True)
    instructions = models.TextField(default="")
    requested_warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, null=True)
    source = models.CharField(max_length=100, default="")
    source_digest = models.CharField(max_length=64, default="")
    is_backordered = models.BooleanField(default=False)
    waiting_reason = models.TextField(default="")
    version = models.PositiveIntegerField(default=1, db_default=1)
    cancel_after = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)
    cancel_asked_by = models.CharField(max_length=150, default="", db_default="")
    held_at = models.DateTimeField(null=True)
    held_by = models.CharField(max_length=150, default="", db_default="")
    held_reason = models.CharField(max_length=300, default="", db_default="")
    held_until = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "number"], name="order_number_is_unique_per_account")]
        indexes = [
            models.Index(fields=["account", "status", "-placed_at", "-id"], name="orders_by_status"),
            models.Index(fields=["account", "-placed_at", "-id"], name="orders_newest_first"),
            models.Index(fields=["wake_at"], condition=Q(wake_at__isnull=False), name="orders_to_wake"),
            models.Index(fields=["cancel_after"], condition=Q(cancel_after__isnull=False), name="orders_to_cancel"),
            models.Index(fields=["account"], condition=Q(held_at__isnull=False), name="orders_on_hold"),
            models.Index(fields=["held_until"], condition=Q(held_until__isnull=False), name="orders_held_until"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderChange(models.Model):
    """A change of an order that a warehouse must first make room for, and what came of it; at most one is asked.

    `wanted` is the whole content as it shall be, with personal data, and empty once it is accepted; `version` is the
    order's when it was asked. `differences` is what the change comes to, in words.
    """

    order = models.ForeignKey(SalesOrder, on_delete=models.CASCADE, related_name="changes")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=WishState.choices())
    wanted = models.JSONField()
    differences = models.JSONField()
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    deadline = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    reason = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=Q(state="asked"), name="one_asked_change_per_order"),
        ]


class SalesOrderLine(models.Model):
    """One thing wanted. `quantity` is in `unit`; the other quantities are in the variant's base unit.

    A line of a bundle that was allocated `is_bundle`: what ships are its components, lines that are `part_of` it, each
    with how many are in one bundle as it was then. What it has shipped itself is the whole sets among them.

    The keys are kept by triggers that look once a statement (decision 0007). The unique constraint begins with the
    order and serves its key, and nobody asks for the lines of a variant alone, so neither key has an index of its own.
    """

    order = models.ForeignKey(
        SalesOrder, on_delete=models.CASCADE, related_name="lines", db_index=False, db_constraint=False
    )
    number = models.PositiveIntegerField()
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    sku = models.CharField(max_length=100)
    description = models.CharField(max_length=500, default="")
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=20)
    base_quantity = models.DecimalField(max_digits=20, decimal_places=6)
    shipped_quantity = models.DecimalField(max_digits=20, decimal_places=6, default=0, db_default=0)
    cancelled_quantity = models.DecimalField(max_digits=20, decimal_places=6, default=0, db_default=0)
    unit_price = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    references = models.JSONField(default=dict, db_default={})
    is_bundle = models.BooleanField(default=False, db_default=False)
    part_of = models.ForeignKey("self", on_delete=models.CASCADE, null=True, db_index=False, db_constraint=False)
    per_bundle = models.DecimalField(max_digits=20, decimal_places=6, null=True)

    class Meta:
        indexes = [
            models.Index(fields=["part_of"], condition=Q(part_of__isnull=False), name="lines_of_a_bundle"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(part_of__isnull=True, per_bundle__isnull=True)
                | Q(part_of__isnull=False, per_bundle__gt=0, is_bundle=False),
                name="part_of_a_bundle_is_so_many",
            ),
            models.UniqueConstraint(fields=["order", "number"], name="line_number_is_unique_per_order"),
            models.CheckConstraint(condition=Q(quantity__gt=0) & Q(base_quantity__gt=0), name="line_wants_something"),
            models.CheckConstraint(
                condition=Q(shipped_quantity__gte=0) & Q(cancelled_quantity__gte=0), name="line_settles_forwards"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_quantity__lte=F("base_quantity")), name="line_cancels_what_was_wanted"
            ),
        ]
