"""Channels, their pace and schedules, and the texts they keep."""

import django.db.models.deletion
from django.db import migrations, models

import dockline.domain.channels.rules
import dockline.kit.measures


class Migration(migrations.Migration):
    replaces = [
        ("channels", "0001_initial"),
        ("channels", "0002_settings_of_the_channel_page"),
        ("channels", "0003_recurring_jobs_and_plans"),
        ("channels", "0004_more_units"),
        ("channels", "0005_error_or_warning"),
        ("channels", "0006_account_since"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0003_units_people_read"),
        ("warehouses", "0001_squashed_0002_virtual_ones"),
    ]

    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("connector", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=200)),
                ("settings", models.JSONField(default=dict)),
                ("secrets", models.JSONField(default=dict)),
                ("credential_version", models.PositiveIntegerField(default=1)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("paused", "Paused"),
                            ("disabled", "Disabled"),
                            ("deleted", "Deleted"),
                        ],
                        default=dockline.domain.channels.rules.ChannelState["ACTIVE"],
                        max_length=10,
                    ),
                ),
                ("state_reason", models.TextField(default="")),
                (
                    "backorder_mode",
                    models.CharField(
                        choices=[("hub", "Manage in Dockline"), ("channel", "Manage in Fulfillment Channel")],
                        default=dockline.domain.channels.rules.BackorderMode["HUB"],
                        max_length=10,
                    ),
                ),
                ("partial_backorder", models.BooleanField(default=False)),
                (
                    "product_description",
                    models.CharField(
                        choices=[
                            ("variant", "Product Variant Name"),
                            ("product_variant", "Product Name + Product Variant Name"),
                        ],
                        default=dockline.domain.channels.rules.ProductDescription["VARIANT"],
                        max_length=20,
                    ),
                ),
                ("settle_seconds", models.PositiveIntegerField(default=600)),
                ("succeeded_at", models.DateTimeField(null=True)),
                ("failed_at", models.DateTimeField(null=True)),
                ("failure", models.TextField(default="")),
                ("failures_in_a_row", models.PositiveIntegerField(default=0)),
                ("retry_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.account")),
                (
                    "warehouse",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="warehouses.warehouse"),
                ),
                (
                    "automation_mode",
                    models.CharField(
                        choices=[("recurring", "Recurring"), ("webhook", "Webhook")],
                        db_default="recurring",
                        default=dockline.domain.channels.rules.AutomationMode["RECURRING"],
                        max_length=10,
                    ),
                ),
                ("confirmations", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                ("deleted_at", models.DateTimeField(null=True)),
                ("former_state", models.CharField(db_default="", default="", max_length=10)),
                ("last_test", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                ("pass_lots", models.BooleanField(db_default=False, default=False)),
                ("secret_notes", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                ("severities", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                (
                    "size_unit",
                    models.CharField(
                        choices=[
                            ("mm", "Millimetres"),
                            ("cm", "Centimetres"),
                            ("m", "Metres"),
                            ("in", "Inches"),
                            ("ft", "Feet"),
                        ],
                        db_default="cm",
                        default=dockline.kit.measures.SizeUnit["CENTIMETRE"],
                        max_length=4,
                    ),
                ),
                ("suppress_personal", models.BooleanField(db_default=False, default=False)),
                ("version", models.PositiveIntegerField(db_default=1, default=1)),
                (
                    "weight_unit",
                    models.CharField(
                        choices=[
                            ("g", "Grams"),
                            ("kg", "Kilograms"),
                            ("t", "Tonnes"),
                            ("oz", "Ounces"),
                            ("lb", "Pounds"),
                            ("ton", "Tons of 2,000 lb"),
                        ],
                        db_default="kg",
                        default=dockline.kit.measures.WeightUnit["KILOGRAM"],
                        max_length=4,
                    ),
                ),
                ("is_product_master", models.BooleanField(db_default=False, default=False)),
                ("account_since", models.PositiveIntegerField(db_default=1, default=1)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at__isnull", True)),
                        fields=("account", "warehouse"),
                        name="one_living_channel_per_account_warehouse",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_product_master", True)),
                        fields=("account",),
                        name="one_product_master_per_account",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaceClock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("next_at", models.DateTimeField()),
                ("channel", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="channels.channel")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("channel", "name"), name="one_clock_per_pace")],
            },
        ),
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("job", models.CharField(max_length=60)),
                ("every_seconds", models.PositiveIntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="schedules", to="channels.channel"
                    ),
                ),
                ("own_seconds", models.PositiveIntegerField(null=True)),
                ("ran_at", models.DateTimeField(null=True)),
                ("ran_state", models.CharField(default="", max_length=12)),
                ("ran_summary", models.TextField(default="")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("channel", "job"), name="one_schedule_per_job")],
            },
        ),
        migrations.CreateModel(
            name="StoredText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200)),
                ("value", models.TextField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("channel", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="channels.channel")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("channel", "key"), name="one_stored_text_per_key")],
            },
        ),
        migrations.CreateModel(
            name="JobDefault",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("job", models.CharField(max_length=60)),
                ("every_seconds", models.PositiveIntegerField()),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.account")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("account", "job"), name="one_default_per_job")],
            },
        ),
    ]
