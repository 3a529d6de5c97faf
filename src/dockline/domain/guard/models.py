"""The server that was vouched for, who sends, and the stops of all sending."""

from django.db import models
from django.db.models import Q

from dockline.domain.guard.rules import StopCause


class Guard(models.Model):
    """The one row that says on which server all was well last. `epoch` counts the stops that were lifted."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    system = models.CharField(max_length=40)
    timeline = models.CharField(max_length=20)
    database = models.BigIntegerField()
    tables = models.BigIntegerField()
    server_started_at = models.DateTimeField()
    epoch = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(name="guard_is_single", condition=Q(id=1))]


class Sender(models.Model):
    """A data folder that has sent. `sent` counts what it was about to say; it grows with each intent, in its commit."""

    id = models.UUIDField(primary_key=True)
    place = models.TextField()
    sent = models.BigIntegerField(default=0)
    enrolled_at = models.DateTimeField()


class Stop(models.Model):
    """That nothing is sent, since when and why, until a person lifts it."""

    cause = models.CharField(max_length=20, choices=StopCause.choices())
    place = models.TextField()
    noticed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=100, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lifted_at"], nulls_distinct=False, name="one_stop_at_a_time"),
        ]
