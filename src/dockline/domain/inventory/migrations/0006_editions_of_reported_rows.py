"""Rows of a stock report are written where they stay, and count by the edition of their page.

The table of staged rows is forgotten here and not dropped: the release before this one writes to it.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Give rows and pages the run that told them."""

    dependencies = [("inventory", "0001_squashed_0005_reported_rows")]

    operations = [
        migrations.AddField("reportedrow", "edition", models.BigIntegerField(db_default=0, default=0)),
        migrations.AddField("reportedpage", "edition", models.BigIntegerField(db_default=0, default=0)),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("StagedLevel")]),
    ]
