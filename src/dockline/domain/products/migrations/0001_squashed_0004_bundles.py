"""Products, their variants and units, and what bundles are made of."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("products", "0001_initial"),
        ("products", "0002_one_index_less"),
        ("products", "0003_measures"),
        ("products", "0004_bundles"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0003_units_people_read"),
    ]

    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=500)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("account", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.account")),
            ],
        ),
        migrations.CreateModel(
            name="Variant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sku", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=500)),
                ("base_unit", models.CharField(default="EA", max_length=20)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="accounts.account"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="variants", to="products.product"
                    ),
                ),
                ("barcode", models.CharField(db_default="", default="", max_length=100)),
                ("height_mm", models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ("length_mm", models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ("weight_g", models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ("width_mm", models.DecimalField(decimal_places=8, max_digits=20, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account", "sku"), name="sku_is_unique_per_account"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("length_mm__isnull", True), ("length_mm__gt", 0), _connector="OR"),
                            models.Q(("width_mm__isnull", True), ("width_mm__gt", 0), _connector="OR"),
                            models.Q(("height_mm__isnull", True), ("height_mm__gt", 0), _connector="OR"),
                            models.Q(("weight_g__isnull", True), ("weight_g__gt", 0), _connector="OR"),
                        ),
                        name="variant_measures_are_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitOfMeasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20)),
                ("base_quantity", models.DecimalField(decimal_places=6, max_digits=20)),
                ("name", models.CharField(default="", max_length=64)),
                ("barcode", models.CharField(default="", max_length=100)),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="units", to="products.variant"
                    ),
                ),
                ("height_mm", models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ("length_mm", models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ("weight_g", models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ("width_mm", models.DecimalField(decimal_places=8, max_digits=20, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("variant", "code"), name="unit_code_is_unique_per_variant"),
                    models.CheckConstraint(condition=models.Q(("base_quantity__gt", 0)), name="unit_holds_something"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("length_mm__isnull", True), ("length_mm__gt", 0), _connector="OR"),
                            models.Q(("width_mm__isnull", True), ("width_mm__gt", 0), _connector="OR"),
                            models.Q(("height_mm__isnull", True), ("height_mm__gt", 0), _connector="OR"),
                            models.Q(("weight_g__isnull", True), ("weight_g__gt", 0), _connector="OR"),
                        ),
                        name="unit_measures_are_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BundlePart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.DecimalField(decimal_places=6, max_digits=20)),
                (
                    "bundle",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="products.variant",
                    ),
                ),
                (
                    "component",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="part_of", to="products.variant"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("bundle", "component"), name="component_once_per_bundle"),
                    models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="bundle_holds_something"),
                    models.CheckConstraint(
                        condition=models.Q(("bundle", models.F("component")), _negated=True),
                        name="bundle_is_no_part_of_itself",
                    ),
                ],
            },
        ),
    ]
