"""The keys of order lines are checked once a statement; row by row the check cost more than all else of an import."""

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
    """Needs the tables only; the guard stands before the constraints go."""

    dependencies = [
        ("accounts", "0001_initial"),
        ("orders", "0003_requested_carrier_and_references"),
        ("products", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AlterField(
            model_name="salesorder",
            name="account",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="accounts.account"),
        ),
        migrations.AlterField(
            model_name="salesorderline",
            name="order",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="orders.salesorder",
            ),
        ),
        migrations.AlterField(
            model_name="salesorderline",
            name="variant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="products.variant",
            ),
        ),
    ]
