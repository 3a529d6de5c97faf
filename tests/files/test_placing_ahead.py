"""Orders placed while the file is read are those that would be placed if all of it were read first."""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockline.domain.accounts.models import Account
from dockline.domain.history.models import Event
from dockline.domain.orders import ahead, plain, staging
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.products.models import Product, UnitOfMeasure, Variant
from dockline.domain.warehouses.models import AccountWarehouse, Warehouse
from dockline.interfaces.files import orders as reading
from tests.files.support import Outcome, count_tables, import_orders, make_account, row, write_csv

pytestmark = pytest.mark.django_db(transaction=True)

CELLS = {
    "order_number": st.sampled_from(["1", "2", "3", "4", "5", "6", ""]),
    "sku": st.sampled_from(["A", "A", "a", "K", "B\\", "\t"]),
    "description": st.sampled_from(["", "Thing", "a\tb"]),
    "unit": st.sampled_from(["", "", "", "EA", "CTN"]),
    "line_number": st.sampled_from(["", "", "", "", "1", "2"]),
    "quantity": st.sampled_from(["1", "2.50", "1", "1", "1", "x"]),
    "customer_name": st.sampled_from(["Ada", "Ada", "Ada", "Ada", "Bob"]),
    "references": st.sampled_from(["", "", "PO=1"]),
    "requested_warehouse": st.sampled_from(["", "", "", "HERE", "THERE"]),
}
BOOKS = st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=16)
# Often sorted, as most files are.
SORTED = BOOKS.map(lambda book: sorted(book, key=lambda cells: cells["order_number"]))


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a few rows is many chunks, and products are soon forgotten."""
    monkeypatch.setattr(ahead, "CHUNK_ROWS", 3)
    monkeypatch.setattr(ahead, "MOST_REMEMBERED", 1)
    monkeypatch.setattr(reading, "BLOCK_ROWS", 2)
    monkeypatch.setattr(reading, "LONGEST_BLOCK_ROWS", 4)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(book=SORTED | BOOKS, known=SORTED)
def test_a_file_and_a_pipe_come_to_the_same(
    small_chunks: None, tmp_path: Path, book: list[dict[str, str]], known: list[dict[str, str]]
) -> None:
    file = write_csv(tmp_path / "book.csv", [row(**cells) for cells in book])
    before = write_csv(tmp_path / "known.csv", [row(**cells) for cells in known[:4]])
    found = []
    for feed in (_as_file, _as_pipe):
        _clear()
        account = make_account()
        said = {"organization": account.organization, "name": "Here"}
        here, _ = Warehouse.objects.get_or_create(code="HERE", defaults=said)
        AccountWarehouse.objects.create(account=account, warehouse=here)
        variant = Variant.objects.create(
            account=account, product=Product.objects.create(account=account, name="K"), sku="K", name="K"
        )
        UnitOfMeasure.objects.create(variant=variant, code="CTN", base_quantity=4)
        import_orders(before)
        outcome = feed(file)
        found.append((outcome.counts, outcome.report, outcome.count("products created"), _list_all()))

    assert found[0] == found[1]
    assert import_orders(file).count("imported") == 0


def _clear() -> None:
    for model in (SalesOrderLine, SalesOrder, UnitOfMeasure, Variant, Product):
        model.objects.all().delete()
    Account.objects.all().update(code=F("id"), name=F("id"))


def _as_file(file: Path) -> Outcome:
    return import_orders(file)


def _as_pipe(file: Path) -> Outcome:
    """A pipe gives its rows once, so nothing of it can be placed before all are read."""
    pipe = file.with_suffix(".pipe")
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(file.read_bytes()))
    writer.start()
    outcome = import_orders(pipe)
    writer.join()
    return outcome


def _list_all() -> Sequence[object]:
    """List what an import leaves, without what numbers and names it happened to get."""
    orders = SalesOrder.objects.order_by("number")
    ours = {order.pk: order.number for order in orders}
    said = Event.objects.filter(subject_kind="order", subject_id__in=ours).exclude(sentence__contains="known.csv")
    passing = {"id", "account_id", "created_at", "wake_at", "source"}
    return (
        [{name: value for name, value in each.items() if name not in passing} for each in orders.values()],
        list(
            SalesOrderLine.objects.order_by("order__number", "number").values_list(
                *("order__number", "number", "variant__sku", "sku", "description", "quantity", "unit"),
                *("base_quantity", "unit_price", "references", "shipped_quantity", "cancelled_quantity"),
            )
        ),
        list(Variant.objects.order_by("sku").values_list("sku", "base_unit", "is_active")),
        sorted((ours[each.subject_id], each.kind, each.actor, each.sentence[-8:]) for each in said),
    )


def test_products_of_the_chunk_before_are_known(small_chunks: None, tmp_path: Path) -> None:
    """They are not stored yet when the next chunk is looked up, and most others are forgotten."""
    make_account()
    rows = [row(order_number=number, sku=sku) for number in "1234" for sku in "ABC"]

    outcome = import_orders(write_csv(tmp_path / "book.csv", rows))

    assert (outcome.counts, outcome.count("products created")) == ((12, 12, 0, 0), 3)


def test_an_order_may_go_on_in_the_next_chunk(small_chunks: None, tmp_path: Path) -> None:
    """Its first rows are not stored yet when the next chunk is looked up."""
    make_account()
    rows = [row(order_number=number) for number in "1112133344"]

    outcome = import_orders(write_csv(tmp_path / "book.csv", rows))

    assert (outcome.counts, outcome.count("orders")) == ((10, 10, 0, 0), 4)
    assert SalesOrderLine.objects.filter(order__number="1").count() == 4


def test_a_plain_file_needs_no_judging(small_chunks: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = make_account()
    here = Warehouse.objects.create(organization=account.organization, code="HERE", name="Here")
    AccountWarehouse.objects.create(account=account, warehouse=here)
    monkeypatch.setattr(staging, "place_orders", None)
    places = ("HERE", "")
    rows = [
        row(order_number=str(at), sku=f"S{at % 3}", requested_warehouse=places[at % 2])
        for at in range(7)
        for _ in range(3)
    ]
    ignored = [row(order_number="8"), row(order_number="9", quantity="x"), row(order_number="9")]

    outcome = import_orders(write_csv(tmp_path / "book.csv", [*rows, *ignored]))

    assert outcome.counts == (24, 22, 0, 2)
    assert (outcome.count("orders"), outcome.count("products created")) == (8, 4)
    assert sorted(outcome.reasons) == [24, 25]
    assert SalesOrder.objects.filter(requested_warehouse=here).count() == 4


def test_lines_that_come_late_are_lines_of_their_order(small_chunks: None, tmp_path: Path) -> None:
    make_account()
    rows = [row(order_number=str(at)) for at in range(12)]
    file = write_csv(tmp_path / "book.csv", [*rows, row(order_number="0", sku="B")])

    assert import_orders(file).counts == (13, 13, 0, 0)
    assert list(SalesOrder.objects.get(number="0").lines.order_by("number").values_list("sku", flat=True)) == [
        "A-1",
        "B",
    ]
    assert Event.objects.count() == SalesOrder.objects.count() == 12
    assert import_orders(file).counts == (13, 0, 13, 0)


def test_a_late_row_in_error_takes_its_order_along(small_chunks: None, tmp_path: Path) -> None:
    make_account()
    rows = [row(order_number=str(at), sku=f"S{at}") for at in range(12)]

    outcome = import_orders(write_csv(tmp_path / "book.csv", [*rows, row(order_number="0", quantity="x")]))

    assert outcome.counts == (13, 11, 0, 2)
    assert not SalesOrder.objects.filter(number="0").exists()
    assert not Variant.objects.filter(sku="S0").exists()


def test_a_file_that_breaks_off_leaves_nothing_of_what_was_placed(small_chunks: None, tmp_path: Path) -> None:
    make_account()
    file = write_csv(tmp_path / "book.csv", [row(order_number=str(at)) for at in range(12)])
    file.write_text(file.read_text() + '99,"open\n')
    before = count_tables()

    outcome = import_orders(file)

    assert (outcome.exit_code, count_tables()) == (2, before)
    assert "unexpected end of data" in outcome.text


def test_a_product_is_named_by_what_describes_it_first(small_chunks: None, tmp_path: Path) -> None:
    make_account()
    rows = [row(order_number=str(at), description="" if at < 6 else f"Thing {at}") for at in range(12)]

    assert (
        import_orders(write_csv(tmp_path / "book.csv", [row(order_number="x", sku="B"), *rows])).count("orders") == 13
    )
    assert Variant.objects.get(sku="A-1").name == "Thing 6"


def test_who_places_meanwhile_is_told_apart(
    small_chunks: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's product or order comes between looking and placing: nothing is imported, and a person is told."""
    account = make_account()
    before = count_tables()

    def make_elsewhere(*args: object, **kwargs: object) -> object:
        monkeypatch.setattr(ahead, "find_plain", plain.find_plain)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_make_variant, account.pk).result()
        return plain.find_plain(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(ahead, "find_plain", make_elsewhere)

    outcome = import_orders(write_csv(tmp_path / "book.csv", [row()]))

    assert outcome.exit_code == 2
    assert "Somebody placed one of these orders or products meanwhile" in outcome.text
    assert count_tables() == before | {"products_product": 1, "products_variant": 1}


def _make_variant(account_id: int) -> None:
    try:
        product = Product.objects.create(account_id=account_id, name="A-1")
        Variant.objects.create(account_id=account_id, product=product, sku="A-1", name="A-1")
    finally:
        connections.close_all()
