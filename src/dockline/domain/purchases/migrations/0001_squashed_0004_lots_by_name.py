"""Purchase orders and their receipts."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("purchases", "0001_initial"),
        ("purchases", "0002_sent_to_the_warehouse"),
        ("purchases", "0003_seen_there"),
        ("purchases", "0004_lots_by_name"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0003_units_people_read"),
        ("channels", "0001_squashed_0006_account_since"),
        ("products", "0001_squashed_0004_bundles"),
        ("warehouses", "0001_squashed_0002_virtual_ones"),
    ]

    operations = [
        migrations.CreateModel(
            name="PurchaseOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=100)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("receiving", "Receiving"),
                            ("received", "Received"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=20,
                    ),
                ),
                ("supplier", models.CharField(default="", max_length=200)),
                ("arrival_on", models.DateField(null=True)),
                ("placed_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.account")),
                (
                    "warehouse",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="warehouses.warehouse"),
                ),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0)),
                (
                    "channel",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="channels.channel"),
                ),
                ("clean_absences", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "dispatch",
                    models.CharField(
                        blank=True,
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
                        db_default="",
                        default="",
                        max_length=12,
                    ),
                ),
                ("far_status", models.CharField(db_default="", default="", max_length=60)),
                ("generation", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("instructions", models.TextField(db_default="", default="")),
                ("is_closed_short", models.BooleanField(db_default=False, default=False)),
                ("placed_digest", models.CharField(db_default="", default="", max_length=64)),
                ("reason", models.TextField(db_default="", default="")),
                ("reference", models.CharField(db_default="", default="", max_length=100)),
                ("settle_until", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(db_default=1, default=1)),
                ("wake_at", models.DateTimeField(null=True)),
                (
                    "wish",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("asked", "Cancel requested"),
                            ("accepted", "Cancelled"),
                            ("refused", "Too late to cancel"),
                            ("expired", "Cancel not answered"),
                        ],
                        db_default="",
                        default="",
                        max_length=10,
                    ),
                ),
                ("wish_asked_by", models.CharField(db_default="", default="", max_length=200)),
                ("wish_deadline", models.DateTimeField(null=True)),
                ("wish_reason", models.TextField(db_default="", default="")),
                ("wish_wake_at", models.DateTimeField(null=True)),
                ("seen_there_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "-placed_at", "-id"], name="purchases_newest_first"),
                    models.Index(
                        condition=models.Q(("wake_at__isnull", False)),
                        fields=["channel", "wake_at"],
                        name="purchases_to_wake",
                    ),
                    models.Index(
                        condition=models.Q(("wish", "asked")),
                        fields=["channel", "wish_wake_at"],
                        name="purchase_wishes_to_wake",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "number"), name="purchase_number_is_unique_per_account"),
                    models.UniqueConstraint(
                        condition=models.Q(("reference", ""), _negated=True),
                        fields=("channel", "reference"),
                        name="purchase_reference_is_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("wish", "asked"), _negated=True),
                            models.Q(("wish_deadline__isnull", False), ("wish_wake_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="open_purchase_wish_is_looked_at",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PurchaseOrderLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("sku", models.CharField(max_length=100)),
                ("quantity", models.DecimalField(decimal_places=6, max_digits=20)),
                ("unit", models.CharField(max_length=20)),
                ("base_quantity", models.DecimalField(decimal_places=6, max_digits=20)),
                ("received_quantity", models.DecimalField(decimal_places=6, default=0, max_digits=20)),
                ("lot", models.CharField(default="", max_length=100)),
                ("serial", models.CharField(default="", max_length=100)),
                ("expires_on", models.DateField(null=True)),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="purchases.purchaseorder",
                    ),
                ),
                ("variant", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="products.variant")),
                ("sent_sku", models.CharField(db_default="", default="", max_length=200)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("order", "number"), name="line_number_is_unique_per_purchase"),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0), ("base_quantity__gt", 0)),
                        name="purchase_line_wants_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("received_quantity__gte", 0)), name="purchase_line_receives_forwards"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("serial", ""), ("base_quantity__lte", 1), _connector="OR"),
                        name="a_serial_number_is_of_one_piece",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=100)),
                ("version", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("reference", models.CharField(max_length=200)),
                ("far_status", models.CharField(max_length=60)),
                ("is_final", models.BooleanField()),
                ("received_at", models.DateTimeField(null=True)),
                ("recorded_at", models.DateTimeField()),
                ("channel", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="channels.channel")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="purchases.purchaseorder",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "external_id"), name="receipt_recorded_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReceiptLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sku", models.CharField(max_length=200)),
                ("quantity", models.DecimalField(decimal_places=6, max_digits=20)),
                ("condition", models.CharField(max_length=60)),
                ("has_arrived", models.BooleanField()),
                ("lot", models.CharField(default="", max_length=200)),
                ("serial", models.CharField(default="", max_length=200)),
                ("expires_on", models.DateField(null=True)),
                (
                    "receipt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="purchases.receipt"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("lot", ""), _negated=True),
                        fields=["lot"],
                        name="received_lots_by_name",
                        opclasses=["varchar_pattern_ops"],
                    ),
                    models.Index(
                        condition=models.Q(("serial", ""), _negated=True),
                        fields=["serial"],
                        name="received_serials_by_name",
                        opclasses=["varchar_pattern_ops"],
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 0)), name="receipt_line_holds_no_less_than_nothing"
                    )
                ],
            },
        ),
    ]
