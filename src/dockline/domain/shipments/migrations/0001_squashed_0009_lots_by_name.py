"""Shipments, their packages, lines and lots, and the wishes to take them back."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("shipments", "0001_initial"),
        ("shipments", "0002_one_index_less"),
        ("shipments", "0003_sent_sku"),
        ("shipments", "0004_lots_of_shipments"),
        ("shipments", "0005_cancel_and_hold"),
        ("shipments", "0006_given_back"),
        ("shipments", "0007_wish_to_change"),
        ("shipments", "0008_surplus"),
        ("shipments", "0009_lots_by_name"),
    ]

    initial = True

    dependencies = [
        ("channels", "0001_squashed_0006_account_since"),
        ("orders", "0001_squashed_0008_bundles"),
    ]

    operations = [
        migrations.CreateModel(
            name="Shipment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=100)),
                ("generation", models.PositiveSmallIntegerField(default=1)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ready", "Ready to Send"),
                            ("sent", "Sent to Warehouse"),
                            ("shipped", "Shipped"),
                            ("short_shipped", "Short Shipped"),
                            ("rejected", "Rejected by Warehouse"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "dispatch",
                    models.CharField(
                        choices=[
                            ("ready", "Ready"),
                            ("sending", "Sending"),
                            ("settling", "Answer lost, looking"),
                            ("confirmed", "Confirmed"),
                            ("differs", "Accepted with differences"),
                            ("needs_fix", "Refused"),
                            ("held", "Held for a person"),
                            ("duplicate", "More than one there"),
                        ],
                        max_length=12,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("clean_absences", models.PositiveSmallIntegerField(default=0)),
                ("settle_until", models.DateTimeField(null=True)),
                ("wake_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(default="")),
                ("far_status", models.CharField(default="", max_length=60)),
                ("created_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("shipped_at", models.DateTimeField(null=True)),
                ("channel", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="channels.channel")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shipments", to="orders.salesorder"
                    ),
                ),
                ("seen_there_at", models.DateTimeField(null=True)),
                ("is_given_back", models.BooleanField(db_default=False, default=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["channel", "dispatch", "wake_at"], name="dispatches_to_wake"),
                    models.Index(fields=["channel", "-id"], name="shipments_newest_first"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "reference"), name="reference_is_unique_per_channel")
                ],
            },
        ),
        migrations.CreateModel(
            name="Package",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=100)),
                ("version", models.PositiveIntegerField()),
                ("carrier", models.CharField(default="", max_length=100)),
                ("service", models.CharField(default="", max_length=100)),
                ("tracking_number", models.CharField(default="", max_length=100)),
                ("tracking_url", models.TextField(default="")),
                (
                    "shipment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="packages",
                        to="shipments.shipment",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tracking_number"], name="package_by_tracking")],
                "constraints": [
                    models.UniqueConstraint(fields=("shipment", "external_id"), name="package_recorded_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ShipmentLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.DecimalField(decimal_places=6, max_digits=20)),
                ("shipped_quantity", models.DecimalField(decimal_places=6, default=0, max_digits=20)),
                (
                    "order_line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shipment_lines",
                        to="orders.salesorderline",
                    ),
                ),
                (
                    "shipment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="shipments.shipment",
                    ),
                ),
                ("sent_sku", models.CharField(db_default="", default="", max_length=200)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("shipment", "order_line"), name="order_line_once_per_shipment"),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="shipment_line_carries_something"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("shipped_quantity__gte", 0)), name="shipment_line_ships_forwards"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShipmentLot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lot", models.CharField(default="", max_length=100)),
                ("serial", models.CharField(default="", max_length=100)),
                ("expires_on", models.DateField(null=True)),
                ("quantity", models.DecimalField(decimal_places=6, max_digits=20)),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lots", to="shipments.shipmentline"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("lot", ""), _negated=True),
                        fields=["lot"],
                        name="shipped_lots_by_name",
                        opclasses=["varchar_pattern_ops"],
                    ),
                    models.Index(
                        condition=models.Q(("serial", ""), _negated=True),
                        fields=["serial"],
                        name="shipped_serials_by_name",
                        opclasses=["varchar_pattern_ops"],
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CancelWish",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Cancel requested"),
                            ("accepted", "Cancelled"),
                            ("refused", "Too late to cancel"),
                            ("expired", "Cancel not answered"),
                        ],
                        max_length=10,
                    ),
                ),
                ("asked_by", models.CharField(max_length=150)),
                ("asked_at", models.DateTimeField()),
                ("deadline", models.DateTimeField()),
                ("wake_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(default="")),
                (
                    "shipment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="wishes", to="shipments.shipment"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[("cancel", "Cancel"), ("hold", "Put on hold"), ("change", "Change")],
                        db_default="cancel",
                        default="cancel",
                        max_length=10,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "asked")), fields=["wake_at"], name="wishes_to_wake")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "asked")), fields=("shipment",), name="one_open_wish_per_shipment"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "asked"), _negated=True), ("wake_at__isnull", False), _connector="OR"
                        ),
                        name="open_wish_is_looked_at",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShipmentSurplus",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sku", models.CharField(max_length=200)),
                ("quantity", models.DecimalField(decimal_places=6, max_digits=20)),
                ("is_ordered", models.BooleanField()),
                (
                    "shipment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="surplus",
                        to="shipments.shipment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("shipment", "sku"), name="surplus_once_per_sku"),
                    models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="surplus_is_something"),
                ],
            },
        ),
    ]
