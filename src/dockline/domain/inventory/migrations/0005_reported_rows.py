"""What the newest stock report of a channel says, row by row, and a digest of each of its pages."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0006_account_since"),
        ("inventory", "0004_open_the_ledger"),
        ("products", "0003_measures"),
        ("warehouses", "0002_virtual_ones"),
    ]

    operations = [
        migrations.AddField(
            model_name="stagedlevel",
            name="expires_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="stagedlevel",
            name="is_sellable",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="stagedlevel",
            name="lot",
            field=models.CharField(db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="stagedlevel",
            name="page",
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="stagedlevel",
            name="size",
            field=models.DecimalField(decimal_places=12, max_digits=30, null=True),
        ),
        migrations.AddField(
            model_name="stagedlevel",
            name="status",
            field=models.CharField(db_default="", default="", max_length=100),
        ),
        migrations.AddField(
            model_name="stagedlevel",
            name="unit",
            field=models.CharField(db_default="", default="", max_length=100),
        ),
        migrations.AddField(
            model_name="unmatchedlevel",
            name="unit",
            field=models.TextField(db_default="", default=""),
        ),
        migrations.AlterField(
            model_name="level",
            name="variant",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.PROTECT, to="products.variant"
            ),
        ),
        migrations.AlterField(
            model_name="level",
            name="warehouse",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="warehouses.warehouse",
            ),
        ),
        migrations.CreateModel(
            name="ReportedPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("page", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="channels.channel"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("channel", "page"), name="one_digest_per_page")],
            },
        ),
        migrations.CreateModel(
            name="ReportedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("page", models.PositiveIntegerField(db_default=1, default=1)),
                ("sku", models.CharField(max_length=200)),
                ("unit", models.CharField(db_default="", default="", max_length=100)),
                ("status", models.CharField(db_default="", default="", max_length=100)),
                ("is_sellable", models.BooleanField(db_default=True, default=True)),
                ("lot", models.CharField(db_default="", default="", max_length=200)),
                ("expires_on", models.DateField(null=True)),
                ("size", models.DecimalField(decimal_places=12, max_digits=30, null=True)),
                ("problem", models.TextField(db_default="", default="")),
                ("on_hand", models.DecimalField(decimal_places=6, max_digits=20)),
                ("free", models.DecimalField(decimal_places=6, max_digits=20)),
                ("incoming", models.DecimalField(decimal_places=6, max_digits=20)),
                (
                    "channel",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="channels.channel",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["channel", "sku"], name="reported_rows_of_a_sku"),
                    models.Index(
                        condition=models.Q(("lot", ""), _negated=True),
                        fields=["lot"],
                        name="reported_lots_by_name",
                        opclasses=["varchar_pattern_ops"],
                    ),
                ],
            },
        ),
    ]
