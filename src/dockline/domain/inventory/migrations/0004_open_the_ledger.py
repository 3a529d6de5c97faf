"""The levels there are become the first movements of the ledger."""

from django.db import migrations

OPEN_LEDGER = """
INSERT INTO inventory_movement (level_id, at, cause, on_hand, free, incoming)
SELECT id, as_of, 'opening', on_hand, free, incoming FROM inventory_level;
INSERT INTO inventory_lastreport (account_id, warehouse_id, as_of)
SELECT variant.account_id, level.warehouse_id, max(level.as_of)
FROM inventory_level level JOIN products_variant variant ON variant.id = level.variant_id
GROUP BY variant.account_id, level.warehouse_id;
"""


class Migration(migrations.Migration):
    """Needs the tables of the one before."""

    dependencies = [("inventory", "0003_movements")]
    operations = [migrations.RunSQL(OPEN_LEDGER, migrations.RunSQL.noop)]
