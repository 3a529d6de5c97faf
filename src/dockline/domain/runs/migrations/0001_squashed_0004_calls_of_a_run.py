"""Runs, their lines, and the rows of plans."""

import django.db.models.deletion
from django.db import migrations, models

import dockline.domain.runs.rules


class Migration(migrations.Migration):
    replaces = [
        ("runs", "0001_initial"),
        ("runs", "0002_one_index_less"),
        ("runs", "0003_recurring_jobs_and_plans"),
        ("runs", "0004_calls_of_a_run"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0003_units_people_read"),
        ("channels", "0001_squashed_0006_account_since"),
    ]

    operations = [
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("cause", models.CharField(max_length=100)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting to start"),
                            ("running", "Running"),
                            ("finished", "Finished"),
                            ("problems", "Finished with problems"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                        ],
                        max_length=12,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("beat_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("total", models.PositiveIntegerField(null=True)),
                ("done", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("summary", models.TextField(default="")),
                ("stop_asked", models.BooleanField(default=False)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.account")),
                (
                    "channel",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="channels.channel",
                    ),
                ),
                (
                    "follows",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to="runs.run"
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[("apply", "Do it"), ("plan", "Plan first")],
                        default=dockline.domain.runs.rules.RunMode["APPLY"],
                        max_length=5,
                    ),
                ),
                ("plan_digest", models.CharField(default="", max_length=64)),
                ("calls", models.PositiveIntegerField(db_default=0, default=0)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["channel", "-id"], name="runs_of_channel"),
                    models.Index(fields=["account", "-id"], name="runs_of_account"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("channel", "kind", "mode"),
                        name="one_run_waits_per_kind",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RunLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "level",
                    models.CharField(
                        choices=[("info", "Info"), ("warning", "Warning"), ("error", "Error")], max_length=8
                    ),
                ),
                ("text", models.TextField()),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="runs.run"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["run", "id"], name="lines_of_run")],
            },
        ),
        migrations.CreateModel(
            name="PlanRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("create", "Create"),
                            ("change", "Change"),
                            ("remove", "Remove"),
                            ("send", "Send"),
                            ("skip", "Leave"),
                        ],
                        max_length=6,
                    ),
                ),
                ("subject", models.TextField()),
                ("before", models.TextField(default="")),
                ("after", models.TextField(default="")),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plan_rows",
                        to="runs.run",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["run", "action", "id"], name="rows_of_plan")],
            },
        ),
    ]
