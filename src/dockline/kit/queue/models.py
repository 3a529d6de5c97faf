"""One row for each wake-up that waits: it makes a hundred causes one job."""

from django.db import models


class Wakeup(models.Model):
    """A named piece of work was asked for on a subject and has not begun."""

    name = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "subject_id"], name="one_wakeup_per_subject")]
