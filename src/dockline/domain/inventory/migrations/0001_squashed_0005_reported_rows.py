"""Levels, the ledger of their movements, and the reports of warehouses."""

import django.db.models.deletion
from django.db import migrations, models

import dockline.domain.inventory.rules


class Migration(migrations.Migration):
    replaces = [
        ("inventory", "0001_initial"),
        ("inventory", "0002_staged_level"),
        ("inventory", "0003_movements"),
        ("inventory", "0004_open_the_ledger"),
        ("inventory", "0005_reported_rows"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0003_units_people_read"),
        ("channels", "0001_squashed_0006_account_since"),
        ("products", "0001_squashed_0004_bundles"),
        ("runs", "0001_squashed_0004_calls_of_a_run"),
        ("shipments", "0001_squashed_0009_lots_by_name"),
        ("warehouses", "0001_squashed_0002_virtual_ones"),
    ]

    operations = [
        migrations.CreateModel(
            name="Level",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on_hand", models.DecimalField(decimal_places=6, max_digits=20)),
                ("free", models.DecimalField(decimal_places=6, max_digits=20)),
                ("incoming", models.DecimalField(decimal_places=6, default=0, max_digits=20)),
                ("as_of", models.DateTimeField()),
                (
                    "variant",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.PROTECT, to="products.variant"
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="warehouses.warehouse",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("warehouse", "variant"), name="one_level_per_variant")],
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.DecimalField(decimal_places=6, max_digits=20)),
                ("made_at", models.DateTimeField()),
                ("known_there_at", models.DateTimeField(null=True)),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "shipment_line",
                    models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to="shipments.shipmentline"),
                ),
                ("variant", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="products.variant")),
                (
                    "warehouse",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="warehouses.warehouse"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("released_at__isnull", True)),
                        fields=["warehouse", "variant"],
                        name="open_reservations",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="reservation_holds_something")
                ],
            },
        ),
        migrations.CreateModel(
            name="UnmatchedLevel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sku", models.CharField(max_length=200)),
                ("on_hand", models.DecimalField(decimal_places=6, max_digits=20)),
                ("free", models.DecimalField(decimal_places=6, max_digits=20)),
                ("as_of", models.DateTimeField()),
                ("channel", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="channels.channel")),
                ("problem", models.TextField(db_default="", default="")),
                ("unit", models.TextField(db_default="", default="")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("channel", "sku"), name="one_unmatched_level_per_sku")],
            },
        ),
        migrations.CreateModel(
            name="StagedLevel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sku", models.CharField(max_length=200)),
                ("on_hand", models.DecimalField(decimal_places=6, max_digits=20)),
                ("free", models.DecimalField(decimal_places=6, max_digits=20)),
                ("incoming", models.DecimalField(decimal_places=6, max_digits=20)),
                (
                    "run",
                    models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, to="runs.run"),
                ),
                ("problem", models.TextField(db_default="", default="")),
                ("expires_on", models.DateField(null=True)),
                ("is_sellable", models.BooleanField(db_default=True, default=True)),
                ("lot", models.CharField(db_default="", default="", max_length=200)),
                ("page", models.PositiveIntegerField(db_default=1, default=1)),
                ("size", models.DecimalField(decimal_places=12, max_digits=30, null=True)),
                ("status", models.CharField(db_default="", default="", max_length=100)),
                ("unit", models.CharField(db_default="", default="", max_length=100)),
            ],
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
        migrations.RunSQL("ALTER TABLE inventory_stagedlevel SET UNLOGGED", migrations.RunSQL.noop),
    ]
