"""An account's link to the system behind one warehouse."""

from django.db import models

from dockline.domain.accounts.models import Account
from dockline.domain.channels.rules import (
    AutomationMode,
    BackorderMode,
    ChannelState,
    ProductDescription,
)
from dockline.domain.warehouses.models import Warehouse
from dockline.kit.measures import SizeUnit, WeightUnit

NOTHING = models.Value({}, models.JSONField())


class Channel(models.Model):
    """One connection. Settings that are secret are in `secrets`, encrypted and bound to this row.

    `state` rests the channel as a whole: work for a paused channel waits and is not lost. `version` grows with every
    change a person makes, so that two people do not overwrite each other. `secret_notes` says of each secret who
    replaced it, when, and how it ends; `former_state` is where a deleted channel goes back to when it is restored.
    `account_since` is the first version of the credentials that speak to the present account over there.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT)
    connector = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    settings = models.JSONField(default=dict)
    secrets = models.JSONField(default=dict)
    credential_version = models.PositiveIntegerField(default=1)
    account_since = models.PositiveIntegerField(default=1, db_default=1)
    state = models.CharField(max_length=10, choices=ChannelState.choices(), default=ChannelState.ACTIVE)
    state_reason = models.TextField(default="")
    backorder_mode = models.CharField(max_length=10, choices=BackorderMode.choices(), default=BackorderMode.HUB)
    partial_backorder = models.BooleanField(default=False)
    product_description = models.CharField(
        max_length=20, choices=ProductDescription.choices(), default=ProductDescription.VARIANT
    )
    settle_seconds = models.PositiveIntegerField(default=600)
    automation_mode = models.CharField(
        max_length=10,
        choices=AutomationMode.choices(),
        default=AutomationMode.RECURRING,
        db_default="recurring",
    )
    suppress_personal = models.BooleanField(default=False, db_default=False)
    size_unit = models.CharField(max_length=4, choices=SizeUnit.choices(), default=SizeUnit.CENTIMETRE, db_default="cm")
    weight_unit = models.CharField(
        max_length=4, choices=WeightUnit.choices(), default=WeightUnit.KILOGRAM, db_default="kg"
    )
    pass_lots = models.BooleanField(default=False, db_default=False)
    severities = models.JSONField(default=dict, db_default=NOTHING)
    version = models.PositiveIntegerField(default=1, db_default=1)
    secret_notes = models.JSONField(default=dict, db_default=NOTHING)
    confirmations = models.JSONField(default=dict, db_default=NOTHING)
    last_test = models.JSONField(default=dict, db_default=NOTHING)
    former_state = models.CharField(max_length=10, default="", db_default="")
    deleted_at = models.DateTimeField(null=True)
    is_product_master = models.BooleanField(default=False, db_default=False)
    succeeded_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    failure = models.TextField(default="")
    failures_in_a_row = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "warehouse"],
                condition=models.Q(deleted_at__isnull=True),
                name="one_living_channel_per_account_warehouse",
            ),
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(is_product_master=True), name="one_product_master_per_account"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Schedule(models.Model):
    """How often one recurring job of a channel runs; 0 seconds is never.

    `every_seconds` is what holds; `own_seconds` what this channel itself was given, null where it follows its account.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="schedules")
    job = models.CharField(max_length=60)
    every_seconds = models.PositiveIntegerField(default=0)
    own_seconds = models.PositiveIntegerField(null=True)
    next_at = models.DateTimeField(null=True)
    ran_at = models.DateTimeField(null=True)
    ran_state = models.CharField(max_length=12, default="")
    ran_summary = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "job"], name="one_schedule_per_job")]


class JobDefault(models.Model):
    """How often a recurring job runs on an account's channels that do not say otherwise."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    job = models.CharField(max_length=60)
    every_seconds = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "job"], name="one_default_per_job")]


class StoredText(models.Model):
    """A small text a connector keeps for its channel, encrypted: tokens, resolved ids."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    key = models.CharField(max_length=200)
    value = models.TextField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "key"], name="one_stored_text_per_key")]


class PaceClock(models.Model):
    """When the next request of one paced kind may leave; shared by every process that uses the channel."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    name = models.CharField(max_length=40)
    next_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "name"], name="one_clock_per_pace")]


class LearnedPace(models.Model):
    """How much slower than agreed the far side wants us to create, as all workers learned it: a `Slowdown`.

    With nothing between two calls, or without a row, there is nothing to keep to.
    """

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, primary_key=True, related_name="learned_pace")
    microseconds_between = models.PositiveIntegerField(default=0, db_default=0)
    next_at = models.DateTimeField(null=True)
    quiet_until = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    microseconds_gap = models.PositiveIntegerField(default=0, db_default=0)
