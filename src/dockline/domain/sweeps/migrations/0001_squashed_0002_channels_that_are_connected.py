"""Sweeps and what they found."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("sweeps", "0001_initial"), ("sweeps", "0002_channels_that_are_connected")]

    initial = True

    dependencies = [
        ("channels", "0001_squashed_0006_account_since"),
        ("shipments", "0001_squashed_0009_lots_by_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="Sweep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField()),
                ("is_wide", models.BooleanField()),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("orders_there", models.PositiveIntegerField(default=0)),
                ("foreign", models.PositiveIntegerField(default=0)),
                ("highest_id", models.BigIntegerField(default=0)),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="channels.channel"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["channel", "-id"], name="sweeps_of_channel")],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("missing_here", "There, not known here"),
                            ("missing_there", "Known here, not there"),
                            ("double", "More than one there"),
                            ("different", "Not the same"),
                        ],
                        max_length=15,
                    ),
                ),
                ("reference", models.CharField(max_length=100)),
                ("external_id", models.CharField(max_length=100)),
                ("sentence", models.TextField()),
                ("found_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolved_by", models.CharField(default="", max_length=100)),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="channels.channel"
                    ),
                ),
                (
                    "shipment",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="shipments.shipment"),
                ),
                (
                    "sweep",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="sweeps.sweep"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("resolved_at__isnull", True)),
                        fields=["channel", "kind", "id"],
                        name="open_findings",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved_at__isnull", True)),
                        fields=("channel", "kind", "reference", "external_id"),
                        name="one_open_finding_per_difference",
                    )
                ],
            },
        ),
    ]
