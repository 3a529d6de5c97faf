"""Whole books: the outcomes always add up, a real book goes in once, and a killed import leaves nothing."""

import csv
import gzip
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.products.models import Variant
from tests.files.support import count_tables, import_orders, make_account, row, write_csv

pytestmark = pytest.mark.django_db(transaction=True)

REAL_BOOK = Path(__file__).parents[2].parent / "shared" / "data" / "online-retail-2010-12_2011-01.csv.gz"

CELLS = {
    "order_number": st.sampled_from(["1", "2", "3", "01", ""]),
    "sku": st.sampled_from(["A", "a", "B ", "\\.", "", "\t"]),
    "quantity": st.sampled_from(["1", "2.50", "1", "1", "-1", "x"]),
    "description": st.sampled_from(["", "Thing", "a\nb", "\\N"]),
    "city": st.sampled_from(["Perth", "Perth", "Perth", "Perth", "Hobart"]),
}
BOOKS = st.lists(st.fixed_dictionaries(CELLS), max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(book=BOOKS)
def test_the_books_always_balance(tmp_path: Path, book: list[dict[str, str]]) -> None:
    make_account_once()
    SalesOrderLine.objects.all().delete()
    SalesOrder.objects.all().delete()
    rows = [row(**cells) for cells in book]
    file = write_csv(tmp_path / "book.csv", rows or [row()])

    dry = import_orders(file, "--dry-run")
    real = import_orders(file)
    again = import_orders(file)

    total, imported, skipped, refused = real.counts
    assert (total, skipped) == (len(rows or [row()]), 0)
    assert (dry.counts, dry.report) == (real.counts, real.report)
    assert again.counts == (total, 0, imported, refused)
    assert SalesOrderLine.objects.count() == imported
    wanted: dict[str, list[str]] = defaultdict(list)
    for cells in rows or [row()]:
        wanted[cells["order_number"]].append(cells["sku"])
    for order in SalesOrder.objects.all():
        assert list(order.lines.order_by("number").values_list("sku", flat=True)) == wanted[order.number]


def make_account_once() -> None:
    """Make the shop unless an earlier example did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM accounts_account")
        if cursor.fetchone() is None:
            make_account()


@pytest.mark.skipif(not REAL_BOOK.is_file(), reason="the real order book is not beside this checkout")
def test_the_real_book_goes_in_once_and_exactly(tmp_path: Path) -> None:
    make_account()
    file = tmp_path / "book.csv.gz"
    file.write_bytes(REAL_BOOK.read_bytes())

    first = import_orders(file, "--profile", "online-retail")
    second = import_orders(file, "--profile", "online-retail")

    assert first.counts == (77_628, 75_709, 0, 1_919)
    assert second.counts == (77_628, 0, 75_709, 1_919)
    assert (first.count("cancellation"), first.count("negative quantity")) == (1_429, 166)
    assert first.count("not goods (service code)") == 324
    assert (SalesOrder.objects.count(), SalesOrderLine.objects.count()) == (2_736, 75_709)
    refused = set(first.reasons)
    with gzip.open(REAL_BOOK, "rt", newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    expected = sorted(
        (each["InvoiceNo"], each["StockCode"], each["Description"], int(each["Quantity"]))
        for at, each in enumerate(rows, 2)
        if at not in refused
    )
    placed = SalesOrderLine.objects.values_list("order__number", "sku", "description", "quantity")
    assert sorted((number, sku, words, int(quantity)) for number, sku, words, quantity in placed) == expected
    assert set(Variant.objects.values_list("sku", flat=True)) == {sku for _, sku, _, _ in expected}


def test_a_killed_import_leaves_nothing(tmp_path: Path) -> None:
    make_account()
    file = write_csv(tmp_path / "book.csv", [row(order_number=str(at)) for at in range(2_000)])
    before = count_tables()
    program = (
        "import django; django.setup()\n"
        "import time\n"
        "from dockline.domain.runs import operations\n"
        "def linger(*args, **kwargs):\n"
        "    print('placed', flush=True); time.sleep(60)\n"
        "operations.end_run = linger\n"
        "from dockline.interfaces.files.commands import import_app\n"
        "import_app()\n"
    )
    name = str(connection.settings_dict["NAME"])
    url = os.environ["DATABASE_URL"]
    environment = os.environ | {"DATABASE_URL": _with_database(url, name)}
    profile = tmp_path / "creating.toml"
    from tests.files.support import CREATING

    profile.write_text(CREATING)

    command = [sys.executable, "-c", program, "orders", str(file), "--account", "SHOP", "--profile", str(profile)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert any("placed" in line for line in child.stdout)
        child.send_signal(signal.SIGKILL)
        child.wait()

    _wait_until_alone(name)
    assert count_tables() == before
    assert import_orders(file).counts == (2_000, 2_000, 0, 0)


def _with_database(url: str, name: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url)._replace(path=f"/{name}").geturl() if "://" in url else f"{url} dbname={name}"


def _wait_until_alone(name: str) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()", [name]
            )
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)
    raise AssertionError("the killed import's session did not end")
