"""What needs a person: one open issue per subject and cause."""

from django.db import models

from dockline.domain.accounts.models import Account


class Issue(models.Model):
    """Something that waits for a person, or for a fact that a person should know is missing.

    `cause` is a stable code by which issues are grouped; `repair` says what would resolve it. `channel_id` is kept
    without a foreign key because channels build on issues.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    cause = models.CharField(max_length=60)
    severity = models.CharField(max_length=10, choices=[("error", "Error"), ("warning", "Warning")])
    subject_kind = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    subject_label = models.CharField(max_length=200)
    channel_id = models.BigIntegerField(null=True)
    title = models.CharField(max_length=300)
    detail = models.TextField(default="")
    repair = models.TextField(default="")
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    times_seen = models.PositiveIntegerField(default=1)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=100, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "cause"],
                condition=models.Q(resolved_at__isnull=True),
                name="one_open_issue_per_cause",
            )
        ]
        indexes = [
            models.Index(
                fields=["account", "cause"], condition=models.Q(resolved_at__isnull=True), name="open_issues_by_cause"
            ),
            models.Index(fields=["subject_kind", "subject_id"], name="issue_by_subject"),
        ]
