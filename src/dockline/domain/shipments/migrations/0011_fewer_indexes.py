"""Drop the index on channels alone: longer ones that begin with the channel serve the same questions."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shipments", "0010_alternates")]

    operations = [
        migrations.AlterField(
            model_name="shipment",
            name="channel",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="channels.channel"),
        )
    ]
