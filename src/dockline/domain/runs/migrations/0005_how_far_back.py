"""A run may be told how far back to look."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0001_squashed_0004_calls_of_a_run"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="reads_since",
            field=models.DateTimeField(null=True),
        ),
    ]
