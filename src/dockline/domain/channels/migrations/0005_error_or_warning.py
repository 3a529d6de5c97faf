"""A validation is an error or a warning: what was switched off is a warning from now on."""

from django.db import migrations

OFF_TO_WARNING = """
UPDATE channels_channel
SET severities = (
    SELECT jsonb_object_agg(key, CASE WHEN value = '"off"' THEN '"warning"'::jsonb ELSE value END)
    FROM jsonb_each(severities)
)
WHERE jsonb_path_exists(severities, '$.* ? (@ == "off")')
"""


class Migration(migrations.Migration):
    dependencies = [("channels", "0004_more_units")]

    operations = [migrations.RunSQL(OFF_TO_WARNING, migrations.RunSQL.noop)]
