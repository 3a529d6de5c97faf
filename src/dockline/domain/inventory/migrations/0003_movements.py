"""Movements, differences, buffers and last reports."""

import django.db.models.deletion
from django.db import migrations, models

import dockline.domain.inventory.rules


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_api_keys"),
        ("inventory", "0002_staged_level"),
        ("products", "0002_one_index_less"),
        ("runs", "0003_recurring_jobs_and_plans"),
        ("warehouses", "0002_virtual_ones"),
    ]

    operations = [
        migrations.AddField(
            model_name="stagedlevel",
            name="problem",
            field=models.TextField(db_default="", default=""),
        ),
        migrations.AddField(
            model_name="unmatchedlevel",
            name="problem",
            field=models.TextField(db_default="", default=""),
        ),
        migrations.AlterField(
            model_name="stagedlevel",
            name="run",
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, to="runs.run"),
        ),
        migrations.CreateModel(
            name="Buffer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.DecimalField(decimal_places=6, max_digits=20)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.account")),
                (
                    "variant",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="products.variant"),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="warehouses.warehouse"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("warehouse", "variant"), name="one_buffer_per_level"),
                    models.UniqueConstraint(
                        condition=models.Q(("variant__isnull", True)),
                        fields=("account",),
                        name="one_default_buffer_per_account",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("variant__isnull", True), ("warehouse__isnull", True)),
                            models.Q(("variant__isnull", False), ("warehouse__isnull", False)),
                            _connector="OR",
                        ),
                        name="buffer_is_of_a_level_or_of_all",
                    ),
                    models.CheckConstraint(condition=models.Q(("quantity__gte", 0)), name="buffer_takes_nothing_away"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Drift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("size", models.DecimalField(decimal_places=6, max_digits=20)),
                ("reported", models.DecimalField(decimal_places=6, max_digits=20)),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("missed_shipment", "Shipment not received yet"),
                            ("missed_receipt", "Receipt not received yet"),
                            ("duplicate", "Counted twice, or not at all"),
                            ("unit", "Another unit there"),
                            ("adjusted_there", "Adjustment, or an order that is not ours"),
                            ("unknown", "Unknown"),
                        ],
                        default=dockline.domain.inventory.rules.DriftCause["UNKNOWN"],
                        max_length=16,
                    ),
                ),
                ("first_seen_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolved_by", models.CharField(default="", max_length=200)),
                (
                    "level",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="inventory.level"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved_at__isnull", True)),
                        fields=("level",),
                        name="one_open_drift_per_level",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("resolved_at__isnull", False), models.Q(("size", 0), _negated=True), _connector="OR"
                        ),
                        name="open_drift_has_a_size",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LastReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("as_of", models.DateTimeField(null=True)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.account")),
                ("held_run", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to="runs.run")),
                (
                    "warehouse",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="warehouses.warehouse"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account", "warehouse"), name="one_last_report_per_account")
                ],
            },
        ),
        migrations.CreateModel(
            name="Movement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("opening", "First report"),
                            ("report", "Stock report"),
                            ("accepted", "Report accepted by a person"),
                            ("shipment", "Shipment"),
                            ("receipt", "Receipt"),
                        ],
                        max_length=10,
                    ),
                ),
                ("on_hand", models.DecimalField(decimal_places=6, max_digits=20)),
                ("free", models.DecimalField(decimal_places=6, max_digits=20)),
                ("incoming", models.DecimalField(decimal_places=6, max_digits=20)),
                ("subject_id", models.BigIntegerField(null=True)),
                ("reference", models.CharField(db_default="", default="", max_length=200)),
                (
                    "level",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="inventory.level",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["level", "-id"], name="movements_newest_first")],
            },
        ),
        migrations.RunSQL("ALTER TABLE inventory_stagedlevel SET UNLOGGED", migrations.RunSQL.noop),
    ]
