"""One run of a synchronisation or an import, as a person watches it, and the plan it made."""

from django.db import models

from dockline.domain.accounts.models import Account
from dockline.domain.channels.models import Channel
from dockline.domain.runs.rules import PlannedAction, RunMode, RunState


class Run(models.Model):
    """Progress and outcome of one piece of work. `total` is null while unknown; `calls` are requests to the far side.

    One that a person asked for waits until a worker takes it up. A run in the mode *plan* changes nothing; `follows`
    names the plan that a run must do exactly, or not at all. `reads_since` is how far back it looks, where that is for
    a person to say.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, null=True, related_name="runs")
    kind = models.CharField(max_length=40)
    cause = models.CharField(max_length=100)
    state = models.CharField(max_length=12, choices=RunState.choices())
    mode = models.CharField(max_length=5, choices=RunMode.choices(), default=RunMode.APPLY)
    follows = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, db_index=False)
    plan_digest = models.CharField(max_length=64, default="")
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0, db_default=0)
    summary = models.TextField(default="")
    stop_asked = models.BooleanField(default=False)
    reads_since = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["channel", "-id"], name="runs_of_channel"),
            models.Index(fields=["account", "-id"], name="runs_of_account"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "kind", "mode"], condition=models.Q(state="waiting"), name="one_run_waits_per_kind"
            )
        ]


class RunLine(models.Model):
    """One line of a run's log."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="lines", db_index=False)
    at = models.DateTimeField()
    level = models.CharField(max_length=8, choices=[("info", "Info"), ("warning", "Warning"), ("error", "Error")])
    text = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["run", "id"], name="lines_of_run")]


class PlanRow(models.Model):
    """One thing a plan would do."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="plan_rows", db_index=False)
    action = models.CharField(max_length=6, choices=PlannedAction.choices())
    subject = models.TextField()
    before = models.TextField(default="")
    after = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["run", "action", "id"], name="rows_of_plan")]
