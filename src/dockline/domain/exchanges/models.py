"""Each message across the border with its life; the ids of both sides; how far each feed has been read."""

from django.db import models

from dockline.domain.channels.models import Channel
from dockline.domain.exchanges.rules import ExchangeState
from dockline.domain.runs.models import Run


class Exchange(models.Model):
    """One message out, or one reading in. Committed as `intended` before the first byte leaves.

    `message` is the frozen content we meant to send (personal data: it holds an address), `answer` the far side's
    words in ours. At most one exchange of a kind is open for a subject.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True)
    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    reference = models.CharField(max_length=100, default="")
    attempt = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=12, choices=ExchangeState.choices())
    message = models.JSONField(null=True)
    message_digest = models.CharField(max_length=64, default="")
    answer = models.JSONField(null=True)
    reason = models.TextField(default="")
    detail = models.TextField(default="")
    credential_version = models.PositiveIntegerField()
    intended_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "kind"],
                condition=models.Q(state=ExchangeState.INTENDED),
                name="one_open_exchange_per_subject",
            )
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="exchange_by_subject"),
            models.Index(fields=["channel", "-id"], name="exchange_by_channel"),
        ]


class Call(models.Model):
    """One HTTP request of an exchange with its answer, redacted before it was stored."""

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, related_name="calls")
    at = models.DateTimeField()
    method = models.CharField(max_length=10)
    url = models.TextField()
    status = models.PositiveSmallIntegerField(null=True)
    duration_ms = models.PositiveIntegerField()
    request = models.TextField(default="")
    response = models.TextField(default="")
    error = models.TextField(default="")


class Link(models.Model):
    """Our id and theirs. `version` is the newest state of theirs we have booked."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    external_id = models.CharField(max_length=100)
    version = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")
    linked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "kind", "external_id"], name="link_points_at_one_of_ours"),
            models.UniqueConstraint(fields=["channel", "kind", "subject_id"], name="link_points_at_one_of_theirs"),
        ]


class Position(models.Model):
    """How far a feed has been read; the text is the connector's own."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    feed = models.CharField(max_length=40)
    value = models.TextField()
    moved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "feed"], name="one_position_per_feed")]
