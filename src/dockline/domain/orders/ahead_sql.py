"""The statements behind `ahead`."""

from dockline.kit import copy_text

# What is numbered above these was placed or made since.
BEGIN = """
SELECT pg_advisory_xact_lock(hashtext('orders.staging'), %(account)s::int),
       nextval(pg_get_serial_sequence('orders_salesorder', 'id')),
       nextval(pg_get_serial_sequence('products_variant', 'id'))
"""

KNOWN_NUMBERS = "SELECT number, id FROM orders_salesorder WHERE account_id = %(account)s AND number = ANY(%(numbers)s)"

KNOWN_PRODUCTS = """
SELECT sku, id, base_unit FROM products_variant WHERE account_id = %(account)s AND sku = ANY(%(skus)s)
"""

RESERVE_IDS = """
SELECT ARRAY(SELECT nextval(orders) FROM generate_series(1, %(orders)s)),
       ARRAY(SELECT nextval(products) FROM generate_series(1, %(products)s)),
       ARRAY(SELECT nextval(variants) FROM generate_series(1, %(products)s))
FROM CAST(pg_get_serial_sequence('orders_salesorder', 'id') AS regclass) orders,
     CAST(pg_get_serial_sequence('products_product', 'id') AS regclass) products,
     CAST(pg_get_serial_sequence('products_variant', 'id') AS regclass) variants
"""

_ORDER_COLUMNS = """
id, number, placed_at, customer_name, customer_reference, ship_to, service, currency, ship_on, deliver_by,
instructions, carrier, "references", cancel_after, requested_warehouse_id, source_digest, account_id, status, source,
is_backordered, waiting_reason, wake_at, created_at
"""
# Nothing of a new line is shipped or cancelled: that is the table's default, which costs no reading.
_LINE_COLUMNS = "order_id, number, variant_id, sku, description, quantity, base_quantity, unit, unit_price"
_PRODUCT_COLUMNS = "id, name, account_id, created_at"
_VARIANT_COLUMNS = "id, product_id, sku, name, base_unit, account_id, is_active, created_at, changed_at"
_EVENT_COLUMNS = "subject_id, sentence, account_id, at, actor, kind, subject_kind, detail"


def _copy(table: str, columns: str) -> str:
    return f"COPY {table} ({columns}) FROM STDIN WITH {copy_text.EXACT_OPTIONS}"


COPY_ORDERS = _copy("orders_salesorder", _ORDER_COLUMNS)
COPY_LINES = _copy("orders_salesorderline", _LINE_COLUMNS)
COPY_LINES_WITH_REFERENCES = _copy("orders_salesorderline", f'{_LINE_COLUMNS}, "references"')
COPY_PRODUCTS = _copy("products_product", _PRODUCT_COLUMNS)
COPY_VARIANTS = _copy("products_variant", _VARIANT_COLUMNS)
COPY_EVENTS = _copy("history_event", _EVENT_COLUMNS)

# A staged row that says more of an order placed ahead, or that might have had a product made in another unit.
# Sets are compared as a whole: looked up one by one, nobody knowing yet what the tables have become, each row was
# sought by whatever index there is, and every order of the account read for it.
ARE_INTERTWINED = """
SELECT EXISTS (
    (SELECT number FROM staged WHERE run_id IS NOT NULL UNION SELECT refused_number FROM staged WHERE blocks)
    INTERSECT SELECT number FROM orders_salesorder WHERE account_id = %(account)s AND id > %(last_order)s
) OR EXISTS (
    SELECT sku FROM (
        SELECT sku, coalesce(unit, %(unit)s) FROM staged WHERE run IS NOT NULL
        EXCEPT SELECT sku, base_unit FROM products_variant WHERE account_id = %(account)s AND id > %(last_variant)s
    ) line
    INTERSECT SELECT sku FROM products_variant WHERE account_id = %(account)s AND id > %(last_variant)s
)
"""
