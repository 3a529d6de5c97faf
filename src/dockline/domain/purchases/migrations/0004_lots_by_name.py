"""Lots and serial numbers are found by how they begin as well."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("purchases", "0003_seen_there"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="receiptline",
            index=models.Index(
                condition=models.Q(("lot", ""), _negated=True),
                fields=["lot"],
                name="received_lots_by_name",
                opclasses=["varchar_pattern_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="receiptline",
            index=models.Index(
                condition=models.Q(("serial", ""), _negated=True),
                fields=["serial"],
                name="received_serials_by_name",
                opclasses=["varchar_pattern_ops"],
            ),
        ),
    ]
