"""The record of every change: appended in the transaction of the change, never edited."""

from django.db import models

from dockline.domain.accounts.models import Account


class Event(models.Model):
    """One fact changed. `subject_kind` and `subject_id` name it; `actor` is a user, a job or the far side.

    What belongs to the whole organization, such as a warehouse, has no account.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=100)
    kind = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    sentence = models.TextField()
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["subject_kind", "subject_id", "id"], name="event_by_subject")]
