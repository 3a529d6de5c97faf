"""Lots and serial numbers are found by how they begin as well."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shipments", "0008_surplus"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="shipmentlot",
            name="shipped_by_lot",
        ),
        migrations.RemoveIndex(
            model_name="shipmentlot",
            name="shipped_by_serial",
        ),
        migrations.AddIndex(
            model_name="shipmentlot",
            index=models.Index(
                condition=models.Q(("lot", ""), _negated=True),
                fields=["lot"],
                name="shipped_lots_by_name",
                opclasses=["varchar_pattern_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="shipmentlot",
            index=models.Index(
                condition=models.Q(("serial", ""), _negated=True),
                fields=["serial"],
                name="shipped_serials_by_name",
                opclasses=["varchar_pattern_ops"],
            ),
        ),
    ]
