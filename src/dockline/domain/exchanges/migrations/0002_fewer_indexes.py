"""Drop the indexes on channels alone: longer ones that begin with the channel serve the same questions."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name=model,
            name="channel",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="channels.channel"),
        )
        for model in ("exchange", "link")
    ]
