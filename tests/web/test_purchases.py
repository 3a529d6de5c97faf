"""The pages of purchase orders."""

from decimal import Decimal

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dockline.domain.inventory import queries as stock
from dockline.domain.inventory.models import Level
from dockline.domain.products.models import Variant
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases.models import PurchaseOrder, PurchaseOrderLine
from dockline.domain.purchases.operations import ArrivedLine, NewPurchaseLine, NewReceipt, PurchaseContent
from dockline.domain.warehouses.rules import WarehouseId
from dockline.flows.inbound import cancel, place, repair
from tests.support.page_world import World


def enter(world: World, number: str) -> int:
    account_id = world.channel.account_id
    variant = Variant.objects.filter(account_id=account_id).order_by("id").first()
    assert variant is not None
    lines = [NewPurchaseLine(variant.sku, Decimal(10), lot="B118")]
    return place.place_purchase(
        account_id=account_id,
        warehouse_id=world.channel.warehouse_id,
        content=PurchaseContent(number, lines, supplier="Northern Clay & <b>Co</b>"),
        actor="Ada",
        now=timezone.now(),
    ).order_id


def test_purchase_orders_are_listed_and_found(operator: Client, world: World) -> None:
    enter(world, "PO-1")
    enter(world, "PO-2")
    page = operator.get(reverse("purchases")).text
    assert "PO-1" in page and "PO-2" in page and "Northern Clay &amp; &lt;b&gt;Co" in page
    found = operator.get(reverse("purchases") + "?q=PO-2&status=approved").text
    assert "PO-2" in found and "PO-1" not in found
    assert "No purchase order matches" in operator.get(reverse("purchases") + "?status=received").text


def test_one_shows_lines_receipts_and_history(
    operator: Client, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    order_id = enter(world, "PO-1")
    lines = (
        ArrivedLine("MUG", Decimal(6), "OK", has_arrived=True, lot="B118"),
        ArrivedLine("MUG", Decimal(1), "MISSING", has_arrived=False),
    )
    receipt = NewReceipt(order_id, "far-1", 3, "x", "PO-1", "VERIFIED", True, timezone.now(), lines)
    purchases.record_receipts([receipt], channel_id=world.channel.pk, now=timezone.now())
    with django_assert_max_num_queries(16):
        page = operator.get(reverse("purchase", args=[order_id])).text
    for words in ("PO-1", "lot B118", "Receipt PO-1", "VERIFIED at", "not counted as received", "Placed with 1 line."):
        assert words in page, words


def test_what_is_awaited_is_incoming_stock(operator: Client, world: World) -> None:
    first, second = enter(world, "PO-1"), enter(world, "PO-2")
    variant_id = PurchaseOrderLine.objects.filter(order_id=first).values_list("variant_id", flat=True)[0]
    level = Level.objects.filter(variant_id=variant_id, warehouse_id=world.channel.warehouse_id).get()
    before = (level.incoming, level.on_hand)

    def incoming() -> tuple[Decimal, Decimal]:
        row = stock.get_level(level.pk)
        (pooled,) = stock.list_pooled_levels(
            account_id=None, warehouse_ids=[WarehouseId(world.channel.warehouse_id)], name="All", text=row.sku
        )
        assert pooled.incoming == row.incoming
        return row.incoming, row.incoming_there

    assert incoming() == (20, before[0])
    PurchaseOrderLine.objects.filter(order_id=first).update(received_quantity=4)
    PurchaseOrder.objects.filter(id=first).update(status="receiving")
    assert incoming() == (16, before[0])
    assert "16 incoming" in operator.get(reverse("level", args=[level.pk])).text
    repair.close_short(order_id=first, actor="Ada", now=timezone.now())
    cancel.ask_to_cancel(order_id=second, actor="Ada", now=timezone.now())
    assert incoming() == (0, before[0])
    level.refresh_from_db()
    assert (level.incoming, level.on_hand) == before


def test_there_is_no_other(operator: Client, world: World) -> None:
    assert operator.get(reverse("purchase", args=[4711])).status_code == 404
