"""Orders. The keys of lines are checked once a statement: row by row it cost more than all else of an import."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION orders_check_new_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing bigint;
BEGIN
    -- The locks are those of a foreign key: who deletes an order or a variant waits for us, and then finds the lines.
    SELECT count(*) - count(held.id) INTO missing FROM (SELECT DISTINCT order_id FROM new_line) named
    LEFT JOIN LATERAL (SELECT id FROM orders_salesorder WHERE id = named.order_id FOR KEY SHARE) held ON true;
    IF missing > 0 THEN
        RAISE foreign_key_violation USING MESSAGE = 'a line names an order that does not exist';
    END IF;
    SELECT count(*) - count(held.id) INTO missing FROM (SELECT DISTINCT variant_id FROM new_line) named
    LEFT JOIN LATERAL (SELECT id FROM products_variant WHERE id = named.variant_id FOR KEY SHARE) held ON true;
    IF missing > 0 THEN
        RAISE foreign_key_violation USING MESSAGE = 'a line names a variant that does not exist';
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER orders_line_keys_exist AFTER INSERT ON orders_salesorderline
    REFERENCING NEW TABLE AS new_line FOR EACH STATEMENT EXECUTE FUNCTION orders_check_new_lines();

CREATE FUNCTION orders_refuse_moved_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE foreign_key_violation USING MESSAGE = 'a line stays with its order and its variant';
END;
$$;
CREATE TRIGGER orders_line_keys_stay BEFORE UPDATE ON orders_salesorderline FOR EACH ROW
    WHEN (NEW.order_id <> OLD.order_id OR NEW.variant_id <> OLD.variant_id)
    EXECUTE FUNCTION orders_refuse_moved_line();

CREATE FUNCTION orders_check_lines_of_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'orders_salesorder' THEN
        PERFORM FROM orders_salesorderline WHERE order_id IN (SELECT id FROM gone) LIMIT 1;
    ELSE
        PERFORM FROM orders_salesorderline WHERE variant_id IN (SELECT id FROM gone) LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = TG_TABLE_NAME || ': order lines still name what was deleted';
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER orders_order_has_no_lines AFTER DELETE ON orders_salesorder
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION orders_check_lines_of_gone();
CREATE TRIGGER orders_variant_has_no_lines AFTER DELETE ON products_variant
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION orders_check_lines_of_gone();
"""
BACKWARD = """
DROP TRIGGER orders_variant_has_no_lines ON products_variant;
DROP TRIGGER orders_order_has_no_lines ON orders_salesorder;
DROP TRIGGER orders_line_keys_stay ON orders_salesorderline;
DROP TRIGGER orders_line_keys_exist ON orders_salesorderline;
DROP FUNCTION orders_check_lines_of_gone();
DROP FUNCTION orders_refuse_moved_line();
DROP FUNCTION orders_check_new_lines();
"""


class Migration(migrations.Migration):
    replaces = [
        ("orders", "0001_initial"),
        ("orders", "0002_one_index_less"),
        ("orders", "0003_requested_carrier_and_references"),
        ("orders", "0004_keys_checked_by_statement"),
        ("orders", "0005_cancel"),
        ("orders", "0006_on_hold"),
        ("orders", "0007_changes"),
        ("orders", "0008_bundles"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0003_units_people_read"),
        ("products", "0001_squashed_0004_bundles"),
        ("warehouses", "0001_squashed_0002_virtual_ones"),
    ]

    operations = [
        migrations.CreateModel(
            name="SalesOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=100)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("fulfilling", "Fulfilling"),
                            ("shipped", "Shipped"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=20,
                    ),
                ),
                ("placed_at", models.DateTimeField()),
                ("customer_name", models.CharField(default="", max_length=200)),
                ("customer_reference", models.CharField(default="", max_length=100)),
                ("ship_to", models.JSONField(default=dict)),
                ("service", models.CharField(default="", max_length=100)),
                ("currency", models.CharField(default="", max_length=3)),
                ("ship_on", models.DateField(null=True)),
                ("deliver_by", models.DateField(null=True)),
                ("instructions", models.TextField(default="")),
                ("source", models.CharField(default="", max_length=100)),
                ("source_digest", models.CharField(default="", max_length=64)),
                ("is_backordered", models.BooleanField(default=False)),
                ("waiting_reason", models.TextField(default="")),
                ("wake_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="accounts.account"
                    ),
                ),
                (
                    "requested_warehouse",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="warehouses.warehouse"
                    ),
                ),
                ("carrier", models.CharField(db_default="", default="", max_length=100)),
                ("references", models.JSONField(db_default={}, default=dict)),
                ("cancel_after", models.DateTimeField(null=True)),
                ("cancel_asked_at", models.DateTimeField(null=True)),
                ("cancel_asked_by", models.CharField(db_default="", default="", max_length=150)),
                ("held_at", models.DateTimeField(null=True)),
                ("held_by", models.CharField(db_default="", default="", max_length=150)),
                ("held_reason", models.CharField(db_default="", default="", max_length=300)),
                ("held_until", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(db_default=1, default=1)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "status", "-placed_at", "-id"], name="orders_by_status"),
                    models.Index(fields=["account", "-placed_at", "-id"], name="orders_newest_first"),
                    models.Index(
                        condition=models.Q(("wake_at__isnull", False)), fields=["wake_at"], name="orders_to_wake"
                    ),
                    models.Index(
                        condition=models.Q(("cancel_after__isnull", False)),
                        fields=["cancel_after"],
                        name="orders_to_cancel",
                    ),
                    models.Index(
                        condition=models.Q(("held_at__isnull", False)), fields=["account"], name="orders_on_hold"
                    ),
                    models.Index(
                        condition=models.Q(("held_until__isnull", False)),
                        fields=["held_until"],
                        name="orders_held_until",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "number"), name="order_number_is_unique_per_account")
                ],
            },
        ),
        migrations.CreateModel(
            name="SalesOrderLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("sku", models.CharField(max_length=100)),
                ("description", models.CharField(default="", max_length=500)),
                ("quantity", models.DecimalField(decimal_places=6, max_digits=20)),
                ("unit", models.CharField(max_length=20)),
                ("base_quantity", models.DecimalField(decimal_places=6, max_digits=20)),
                ("shipped_quantity", models.DecimalField(decimal_places=6, default=0, max_digits=20)),
                ("cancelled_quantity", models.DecimalField(decimal_places=6, default=0, max_digits=20)),
                ("unit_price", models.DecimalField(decimal_places=6, max_digits=20, null=True)),
                (
                    "order",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.salesorder",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="products.variant",
                    ),
                ),
                ("references", models.JSONField(db_default={}, default=dict)),
                ("is_bundle", models.BooleanField(db_default=False, default=False)),
                (
                    "part_of",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="orders.salesorderline",
                    ),
                ),
                ("per_bundle", models.DecimalField(decimal_places=6, max_digits=20, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("part_of__isnull", False)), fields=["part_of"], name="lines_of_a_bundle"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "number"), name="line_number_is_unique_per_order"),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0), ("base_quantity__gt", 0)), name="line_wants_something"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("shipped_quantity__gte", 0), ("cancelled_quantity__gte", 0)),
                        name="line_settles_forwards",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cancelled_quantity__lte", models.F("base_quantity"))),
                        name="line_cancels_what_was_wanted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("part_of__isnull", True), ("per_bundle__isnull", True)),
                            models.Q(("is_bundle", False), ("part_of__isnull", False), ("per_bundle__gt", 0)),
                            _connector="OR",
                        ),
                        name="part_of_a_bundle_is_so_many",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
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
                ("wanted", models.JSONField()),
                ("differences", models.JSONField()),
                ("asked_by", models.CharField(max_length=150)),
                ("asked_at", models.DateTimeField()),
                ("deadline", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(default="")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="orders.salesorder"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "asked")), fields=("order",), name="one_asked_change_per_order"
                    )
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
