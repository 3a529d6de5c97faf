"""Warehouses, and which accounts they ship for."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("warehouses", "0001_initial"), ("warehouses", "0002_virtual_ones")]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0003_units_people_read"),
    ]

    operations = [
        migrations.CreateModel(
            name="Warehouse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=200)),
                ("timezone", models.CharField(default="UTC", max_length=60)),
                (
                    "organization",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.organization"),
                ),
                ("is_virtual", models.BooleanField(db_default=False, default=False)),
                ("members", models.ManyToManyField(related_name="groups", to="warehouses.warehouse")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "code"), name="warehouse_code_is_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountWarehouse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_default", models.BooleanField(default=False)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.account")),
                (
                    "warehouse",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="warehouses.warehouse"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account", "warehouse"), name="warehouse_enabled_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("account",),
                        name="one_default_warehouse_per_account",
                    ),
                ],
            },
        ),
    ]
