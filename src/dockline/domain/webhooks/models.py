"""A channel's address for webhooks, and the calls that came there."""

from django.db import models

from dockline.domain.channels.models import Channel


class Endpoint(models.Model):
    """Where a channel may be called. The token is in its address: found by digest, shown to people from `token`.

    `token` is encrypted and bound to this channel; of the keys only digests are kept. A replaced key goes on working
    until `former_until`. `received` counts the authentic calls, `ignored` those of them that woke nothing.
    """

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE)
    token = models.TextField()
    token_digest = models.CharField(max_length=64, unique=True)
    key_digest = models.CharField(max_length=64)
    key_tail = models.CharField(max_length=4)
    key_by = models.CharField(max_length=200)
    key_at = models.DateTimeField()
    former_digest = models.CharField(max_length=64, default="")
    former_until = models.DateTimeField(null=True)
    received = models.PositiveBigIntegerField(default=0)
    ignored = models.PositiveBigIntegerField(default=0)
    received_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    refused_reason = models.CharField(max_length=200, default="")


class Hint(models.Model):
    """One authentic call: kept to be looked at, never read by anything that decides. `body` is masked and cut."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    kind = models.CharField(max_length=40)
    received_at = models.DateTimeField(db_index=True)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    external_id = models.CharField(max_length=100, default="")
    body = models.TextField(default="")
    woke = models.CharField(max_length=60, default="")

    class Meta:
        indexes = [models.Index(fields=["channel", "-id"], name="hints_newest_first")]
