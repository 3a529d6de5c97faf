"""One index of levels stands for two: that of a variant in a warehouse begins with the variant.

A report fills levels by the hundred thousand, and each index of theirs is a tenth of what storing them takes.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0007_reservations_change_in_place"),
    ]

    operations = [
        migrations.RemoveConstraint("level", "one_level_per_variant"),
        migrations.AddConstraint(
            "level", models.UniqueConstraint(fields=["variant", "warehouse"], name="one_level_per_variant")
        ),
        migrations.AlterField(
            model_name="level",
            name="variant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="products.variant",
            ),
        ),
    ]
