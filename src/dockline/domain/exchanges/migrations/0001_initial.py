import django.db.models.deletion
from django.db import migrations, models

import dockline.domain.exchanges.rules


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("channels", "0001_squashed_0006_account_since"),
        ("runs", "0001_squashed_0004_calls_of_a_run"),
    ]

    operations = [
        migrations.CreateModel(
            name="Exchange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("subject_kind", models.CharField(max_length=20)),
                ("subject_id", models.BigIntegerField()),
                ("reference", models.CharField(default="", max_length=100)),
                ("attempt", models.PositiveIntegerField(default=1)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("intended", "Sending"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("not_sent", "Not sent"),
                            ("unknown", "Answer lost"),
                            ("found", "Answer lost, found there"),
                            ("absent", "Answer lost, not there"),
                            ("failed", "Failed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("message", models.JSONField(null=True)),
                ("message_digest", models.CharField(default="", max_length=64)),
                ("answer", models.JSONField(null=True)),
                ("reason", models.TextField(default="")),
                ("detail", models.TextField(default="")),
                ("credential_version", models.PositiveIntegerField()),
                ("intended_at", models.DateTimeField()),
                ("deadline_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("channel", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="channels.channel")),
                ("run", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to="runs.run")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["subject_kind", "subject_id", "id"], name="exchange_by_subject"),
                    models.Index(fields=["channel", "-id"], name="exchange_by_channel"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", dockline.domain.exchanges.rules.ExchangeState["INTENDED"])),
                        fields=("subject_kind", "subject_id", "kind"),
                        name="one_open_exchange_per_subject",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("method", models.CharField(max_length=10)),
                ("url", models.TextField()),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("duration_ms", models.PositiveIntegerField()),
                ("request", models.TextField(default="")),
                ("response", models.TextField(default="")),
                ("error", models.TextField(default="")),
                (
                    "exchange",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="calls", to="exchanges.exchange"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("subject_id", models.BigIntegerField()),
                ("external_id", models.CharField(max_length=100)),
                ("version", models.PositiveIntegerField(default=0)),
                ("digest", models.CharField(default="", max_length=64)),
                ("linked_at", models.DateTimeField()),
                ("channel", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="channels.channel")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("channel", "kind", "external_id"), name="link_points_at_one_of_ours"
                    ),
                    models.UniqueConstraint(
                        fields=("channel", "kind", "subject_id"), name="link_points_at_one_of_theirs"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Position",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("feed", models.CharField(max_length=40)),
                ("value", models.TextField()),
                ("moved_at", models.DateTimeField()),
                ("channel", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="channels.channel")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("channel", "feed"), name="one_position_per_feed")],
            },
        ),
    ]
