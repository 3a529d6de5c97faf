"""A stock report costs what it changes: pages that are as they were are not read, and nothing is written twice."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dockline.connectors.cartoncloud import mapping
from dockline.domain.inventory.models import Level, Movement, ReportedPage, ReportedRow, UnmatchedLevel
from dockline.domain.products.models import Product, UnitOfMeasure, Variant
from dockline.domain.runs.models import Run
from dockline.flows.inventory import receive
from tests.support.hub import Hub

ROWS = 350
GOODS = ("MUG", "CUP")


def written() -> list[Any]:
    """Everything a report writes, down to which version of each row is stored."""
    tables = ("inventory_level", "inventory_movement", "inventory_reportedrow", "inventory_reportedpage")
    found = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT xmin::text, {table}::text FROM {table} ORDER BY id")
            found.append(cursor.fetchall())
    return found


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The SKUs of rows that are read, as they are."""
    real, seen = mapping.inventory_row, list[str]()

    def look(item: Any) -> Any:
        row = real(item)
        seen.append(row.sku)
        return row

    monkeypatch.setattr(mapping, "inventory_row", look)
    return seen


def fill(hub: Hub) -> None:
    assert hub.far is not None
    codes = [f"SKU{number:04}" for number in range(ROWS)]
    product = Product.objects.create(account_id=hub.account_id, name="All")
    Variant.objects.bulk_create(
        Variant(account_id=hub.account_id, product=product, sku=code, name=code) for code in codes
    )
    customer = hub.far.customer_id
    goods = [{"code": code, "name": code} for code in codes]
    hub.far.control.post("/products", {"customer": customer, "products": goods})
    hub.far.control.post("/stock", {"customer": customer, "rows": [{"code": code, "quantity": 5} for code in codes]})


def test_a_report_is_taken_in_by_few_statements_and_a_repeat_writes_and_reads_nothing(
    hub: Hub, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow this machine is: rows that take long to come are written in more than one go.
    monkeypatch.setattr(receive, "SECONDS_AT_A_TIME", 600)
    fill(hub)
    with CaptureQueriesContext(connection) as first:
        hub.receive_inventory()
    assert (Level.objects.count(), Movement.objects.count(), ReportedPage.objects.count()) == (ROWS, ROWS, 4)
    assert len(read) == ROWS
    assert len(first) < 85, "however many rows there are"
    assert Run.objects.latest("id").calls <= 10, "our own units need no question"
    before = written()
    read.clear()

    hub.receive_inventory()

    assert written() == before
    assert read == []

    hub.far.control.add_stock(hub.far.customer_id, "SKU0120", 1)
    hub.receive_inventory()

    assert len(read) == 100 and "SKU0120" in read, "the one page that changed"
    assert Level.objects.get(variant__sku="SKU0120").on_hand == 6
    assert ReportedRow.objects.count() == ROWS and Movement.objects.count() == ROWS + 1


def test_what_is_told_in_another_unit_is_counted_in_ours_or_kept_apart(hub: Hub) -> None:
    assert hub.far is not None
    units = {"EA": {"baseQty": 1, "name": "Each"}, "CTN": {"baseQty": 12, "name": "Carton"}}
    customer = hub.far.customer_id
    products = [{"code": hub.variant(sku).sku, "name": sku, "units": units, "default_unit": "CTN"} for sku in GOODS]
    hub.far.control.post("/products", {"customer": customer, "products": products})
    hub.far.control.set(report_unit="default")
    for sku in GOODS:
        hub.far.control.add_stock(customer, sku, 24)
    # Of the first we know ourselves what a carton is, and our word counts; of the second the warehouse is asked.
    UnitOfMeasure.objects.create(variant=hub.variant("MUG"), code="CTN", base_quantity=Decimal(10))

    hub.receive_inventory()

    levels = dict(Level.objects.values_list("variant__sku", "on_hand"))
    assert levels == {"MUG": 20, "CUP": 24}
    assert ReportedPage.objects.get().digest == "", "what the warehouse said of a unit is asked anew each time"
    Variant.objects.filter(sku="CUP").update(base_unit="KG")
    hub.receive_inventory()
    assert Level.objects.get(variant__sku="CUP").on_hand == 24, "their base unit goes for one they do not know"
    assert not UnmatchedLevel.objects.exists()
