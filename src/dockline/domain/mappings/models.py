"""A channel's translations, and the drafts of changes to them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from dockline.domain.carriers.models import Carrier, Service
from dockline.domain.channels.models import Channel
from dockline.domain.mappings.rules import LONGEST, LONGEST_SKU, MappingKind
from dockline.domain.products.models import Variant
from dockline.domain.tables.rules import ImportMode


class CarrierMapping(models.Model):
    """Our carrier and service in the channel's words. The primary row is the one we say; a `*` is only understood."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True)
    channel_carrier = models.CharField(max_length=LONGEST)
    channel_service = models.CharField(max_length=LONGEST, default="")
    is_primary = models.BooleanField(default=False)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "channel_carrier", "channel_service"], name="channel_codes_mean_one_thing"
            ),
            models.UniqueConstraint(
                "channel",
                "carrier",
                Coalesce("service", 0),
                condition=Q(is_primary=True),
                name="one_primary_per_service",
            ),
            models.CheckConstraint(
                condition=Q(is_primary=False) | ~Q(channel_carrier__contains="*") & ~Q(channel_service__contains="*"),
                name="what_is_sent_has_no_wildcard",
            ),
            models.CheckConstraint(condition=~Q(channel_carrier=""), name="carrier_has_a_channel_code"),
        ]


class SkuMapping(models.Model):
    """One variant under another SKU at the channel: strictly one to one, both ways."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT)
    channel_sku = models.CharField(max_length=LONGEST_SKU)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "variant"], name="one_channel_sku_per_variant"),
            models.UniqueConstraint(fields=["channel", "channel_sku"], name="one_variant_per_channel_sku"),
            models.CheckConstraint(condition=~Q(channel_sku=""), name="channel_sku_says_something"),
        ]


class ReferenceMapping(models.Model):
    """Where at the channel a reference of ours goes; a property takes one reference."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    object = models.CharField(max_length=30)
    code = models.CharField(max_length=LONGEST)
    property = models.CharField(max_length=LONGEST)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "object", "code"], name="one_property_per_reference"),
            models.UniqueConstraint(fields=["channel", "object", "property"], name="one_reference_per_property"),
        ]


class Edition(models.Model):
    """How often a channel's mappings of a kind have changed: a plan made for another edition is stale."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=12, choices=MappingKind.choices())
    number = models.PositiveIntegerField(default=0)
    actor = models.CharField(max_length=100, default="")
    at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "kind"], name="one_edition_per_kind")]


class Draft(models.Model):
    """A planned change: what was given, judged against one edition. Applied as it is, or refused when stale."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    kind = models.CharField(max_length=12, choices=MappingKind.choices())
    mode = models.CharField(max_length=10, choices=ImportMode.choices())
    source = models.CharField(max_length=200, default="")
    edition = models.PositiveIntegerField()
    actor = models.CharField(max_length=100)
    made_at = models.DateTimeField()


class DraftRow(models.Model):
    """One row of a draft: its cells as they were given, what it was before, and what becomes of it.

    A row that `goes` names one to take away. `at_row` is 0 for rows that are there and the file leaves out.
    """

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE)
    at_row = models.PositiveIntegerField()
    cells = ArrayField(models.TextField())
    before = ArrayField(models.TextField(), null=True)
    goes = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, default="")
    field = models.CharField(max_length=40, default="")
    reason = models.TextField(default="")
