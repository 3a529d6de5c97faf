import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0003_units_people_read"),
    ]

    operations = [
        migrations.CreateModel(
            name="Carrier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=200)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.account")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account", "code"), name="carrier_code_is_unique_per_account"),
                    models.CheckConstraint(condition=models.Q(("code", ""), _negated=True), name="carrier_has_a_code"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Service",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=200)),
                (
                    "carrier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="services", to="carriers.carrier"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("carrier", "code"), name="service_code_is_unique_per_carrier"),
                    models.CheckConstraint(condition=models.Q(("code", ""), _negated=True), name="service_has_a_code"),
                ],
            },
        ),
    ]
