"""Give the channels that are connected already their hourly sweep."""

from django.db import migrations

SCHEDULE = """
INSERT INTO channels_schedule (channel_id, job, every_seconds, next_at, ran_state, ran_summary)
SELECT id, 'outbound.sweep', 3600, now(), '', '' FROM channels_channel
WHERE connector = 'cartoncloud' AND deleted_at IS NULL
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("sweeps", "0001_initial"), ("channels", "0006_account_since")]

    operations = [migrations.RunSQL(SCHEDULE, migrations.RunSQL.noop)]
