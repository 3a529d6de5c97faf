"""An order line always has its order and its variant, although the database looks once a statement only."""

from collections.abc import Callable
from concurrent.futures import Future

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from dockline.domain.orders.models import SalesOrderLine
from dockline.domain.products.operations import KnownVariant, take_variants
from dockline.kit import clock
from tests.domain.conftest import Shop

COPY_LINE = """
INSERT INTO orders_salesorderline (order_id, number, variant_id, sku, description, quantity, unit, base_quantity,
                                   shipped_quantity, cancelled_quantity)
SELECT {order}, 2, {variant}, sku, description, quantity, unit, base_quantity, 0, 0 FROM orders_salesorderline
"""


def _execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (COPY_LINE.format(order="order_id + 1", variant="variant_id"), "an order that does not exist"),
        (COPY_LINE.format(order="order_id", variant="variant_id + 1"), "a variant that does not exist"),
        ("UPDATE orders_salesorderline SET order_id = order_id + 1", "stays with its order"),
        ("UPDATE orders_salesorderline SET variant_id = variant_id + 1", "stays with its order"),
        ("DELETE FROM orders_salesorder", "orders_salesorder: order lines still name"),
        ("DELETE FROM products_variant", "products_variant: order lines still name"),
    ],
)
def test_no_statement_parts_a_line_from_what_it_names(shop: Shop, statement: str, words: str) -> None:
    shop.order("1", shop.variant("A"), 2)
    before = list(SalesOrderLine.objects.values())

    with pytest.raises(IntegrityError, match=words):
        _execute(statement)

    assert list(SalesOrderLine.objects.values()) == before and len(before) == 1


def test_what_no_line_names_may_go(shop: Shop) -> None:
    line = shop.order("1", shop.variant("A"), 2)
    _execute(COPY_LINE.format(order="order_id", variant="variant_id"))
    assert line.order.lines.count() == 2

    _execute("DELETE FROM orders_salesorderline")
    _execute("DELETE FROM orders_salesorder")
    _execute("DELETE FROM products_variant")


def test_who_deletes_waits_for_who_inserts(committed_shop: Shop, elsewhere: Callable[..., Future[None]]) -> None:
    line = committed_shop.order("1", committed_shop.variant("A"), 2)
    unused = committed_shop.variant("B")

    with transaction.atomic():
        _execute(COPY_LINE.format(order="order_id", variant=unused.pk))
        deleted = elsewhere(
            _execute, f"SET LOCAL lock_timeout = '20ms'; DELETE FROM products_variant WHERE id = {unused.pk}"
        )
        with pytest.raises(DatabaseError, match="lock timeout"):
            deleted.result()

    assert line.order.lines.count() == 2


def test_who_changes_a_product_does_not_wait_for_who_inserts(
    committed_shop: Shop, elsewhere: Callable[..., Future[None]]
) -> None:
    variant = committed_shop.variant("A")
    committed_shop.order("1", variant, 2)
    described = KnownVariant("A", "Better name", "EA", (), is_active=True)

    def take() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '20ms'")
            take_variants(committed_shop.account.pk, [described], now=clock.now())

    with transaction.atomic():
        _execute(COPY_LINE.format(order="order_id", variant="variant_id"))
        elsewhere(take).result()

    variant.refresh_from_db()
    assert variant.name == "Better name"
