"""One run of a synchronisation or an import, as a person watches it."""

from django.db import models

from dockline.domain.accounts.models import Account
from dockline.domain.channels.models import Channel
from dockline.domain.runs.rules import RunState


class Run(models.Model):
    """Progress and outcome of one piece of work. `total` is null while unknown. `fence` grows when it is taken over."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, null=True, related_name="runs")
    kind = models.CharField(max_length=40)
    cause = models.CharField(max_length=100)
    state = models.CharField(max_length=12, choices=RunState.choices())
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    summary = models.TextField(default="")
    stop_asked = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["channel", "-id"], name="runs_of_channel"),
            models.Index(fields=["account", "-id"], name="runs_of_account"),
        ]


class RunLine(models.Model):
    """One line of a run's log."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="lines", db_index=False)
    at = models.DateTimeField()
    level = models.CharField(max_length=8, choices=[("info", "Info"), ("warning", "Warning"), ("error", "Error")])
    text = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["run", "id"], name="lines_of_run")]
