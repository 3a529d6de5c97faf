"""History, which is appended to and never edited, whoever asks."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION history_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history is append only';
END;
$$;
CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE ON history_event
    FOR EACH STATEMENT EXECUTE FUNCTION history_refuse_change();
"""
BACKWARD = """
DROP TRIGGER history_append_only ON history_event;
DROP FUNCTION history_refuse_change();
"""


class Migration(migrations.Migration):
    replaces = [
        ("history", "0001_initial"),
        ("history", "0002_append_only"),
        ("history", "0003_changes_of_the_organization"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0003_units_people_read"),
    ]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=100)),
                ("kind", models.CharField(max_length=60)),
                ("subject_kind", models.CharField(max_length=20)),
                ("subject_id", models.BigIntegerField()),
                ("sentence", models.TextField()),
                ("detail", models.JSONField(default=dict)),
                (
                    "account",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="accounts.account"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["subject_kind", "subject_id", "id"], name="event_by_subject")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
