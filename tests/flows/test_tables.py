"""Tables of an account: out as bytes that come in again, planned before anything changes, all rows or none."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from typer.testing import CliRunner

from dockline.domain.accounts.models import Account
from dockline.domain.carriers.models import Service
from dockline.domain.inventory import queries as stock
from dockline.domain.inventory.models import Movement
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.products.models import BundlePart, Product, UnitOfMeasure, Variant
from dockline.domain.purchases.models import PurchaseOrder, PurchaseOrderLine
from dockline.domain.runs.models import Run
from dockline.domain.tables.models import PlannedTable, PlannedTableRow
from dockline.domain.tables.queries import TableSummary, UnknownTable
from dockline.domain.tables.rules import ImportMode, Outcome
from dockline.domain.warehouses.models import Warehouse
from dockline.flows import upkeep
from dockline.flows.data import tables
from dockline.flows.data.kinds import KINDS
from dockline.interfaces.files.commands import import_app
from dockline.kit import clock
from dockline.kit.errors import NotNow
from dockline.kit.sheet import read_sheet, write_sheet
from tests.support.hub import Hub, hub_with_manual_warehouse

EXACT = ("007", "7", "1E5", " A ", "=1+1", "'=1", "-x", "a,b", 'a"b', "été")


@pytest.fixture
def shop(db: None) -> Hub:
    return hub_with_manual_warehouse()


def export(shop: Hub, kind: str) -> bytes:
    one = KINDS[kind]
    return b"".join(write_sheet(one.shape.columns, tables.list_cells(shop.account_id, kind=one)))


def plan(shop: Hub, kind: str, table: bytes | str, mode: ImportMode | None = None) -> TableSummary:
    one = KINDS[kind]
    data = table.encode() if isinstance(table, str) else table
    rows = read_sheet(
        BytesIO(data), one.shape.columns, longest=one.shape.longest, most_rows=10_000, many_lines=one.many_lines
    )
    assert one.way_in is not None
    return tables.plan(
        shop.account_id,
        rows,
        kind=one,
        mode=mode or one.way_in.modes[-1],
        source="a.csv",
        actor="Ada",
        now=clock.now(),
    )


def bring(shop: Hub, kind: str, table: bytes | str) -> dict[Outcome, int]:
    made = plan(shop, kind, table)
    assert made.refused == 0, list(tables.list_refused(made.id))
    return tables.apply_plan(made.id, actor="Ada", now=clock.now()).counts


def refusals(made: TableSummary) -> list[tuple[int, str, str]]:
    return [(row.at_row, row.field, row.reason) for row in tables.list_refused(made.id)]


@pytest.fixture
def full(shop: Hub) -> Iterator[Hub]:
    """A shop that has something of everything, under names a spreadsheet would spoil."""
    for sku in EXACT:
        Variant.objects.filter(pk=shop.variant(sku).pk).update(name=f"{sku} ", barcode="0093", weight_g=Decimal("0.5"))
    UnitOfMeasure.objects.create(variant=shop.variant("007"), code="CTN", base_quantity=12, name="Box")
    bring(shop, "bundles", "bundle,component,quantity\n'=1+1,007,2.5\n")
    bring(shop, "alternates", 'sku,alternate,rank,active\n007,"a""b",2,no\n007,-x,1,yes\n')
    bring(shop, "carriers", "carrier,carrier_name,service,service_name\n=A,Ant Post,,\n=A,Ant Post,007,Next day\n")
    head = ",".join(KINDS["customers"].shape.columns)
    bring(shop, "customers", f"{head}\n007,=Mia,,,1 Road,,,Perth,,0600,AU,+61 2,,po=A;b=1\n7,Été,,,2,,,Lyon,,,FR,,,\n")
    code = Warehouse.objects.get().code
    bring(shop, "levels", f"warehouse,sku,unit,on_hand,free,incoming\n{code},007,EA,10,7,0\n{code},1E5,EA,5,5,2\n")
    head = ",".join(KINDS["purchases"].shape.columns)
    po = f'{head}\n0012,{code},Mill,2026-03-04,"Ring twice\nat gate 2",draft,,007,CTN,2,B-1,,2027-01-01\n'
    bring(shop, "purchases", po + f'0012,{code},Mill,2026-03-04,"Ring twice\nat gate 2",draft,,1E5,,3,,,\n')
    head = ",".join(KINDS["orders"].shape.columns)
    ship_to = ',,,1 Road,"Unit ""2""",,Perth,,0600,AU,,'
    order = (
        f'\'=9,2026-03-01T09:30:00+11:00,@Mia,0012,{ship_to[1:]},DHL,,po=A;b=1,AUD,2026-03-04,,,{code},"Ring\ntwice",,'
    )
    bring(shop, "orders", f"{head}\n{order},007,-Mug,2,CTN,1.50,\n{order},'=1+1,,1,,,gift=yes\n")
    bring(shop, "orders", f"{head}\n10,2026-03-02,,,{ship_to[1:]},,,,,,,2026-09-01,,,approved,7,1E5,,2.5,,,\n")
    yield shop


@pytest.mark.parametrize("kind", [kind for kind, one in KINDS.items() if one.way_in])
def test_what_goes_out_comes_in_as_nothing_new_and_goes_out_byte_for_byte(full: Hub, kind: str) -> None:
    out = export(full, kind)
    assert out.count(b"\r\n") > 1
    for mode in KINDS[kind].way_in.modes:  # type: ignore[union-attr]
        assert set(plan(full, kind, out, mode).counts) == {Outcome.SAME}
    assert bring(full, kind, out) == {Outcome.SAME: out.count(b"\r\n") - 1}
    assert export(full, kind) == out


def test_all_of_a_shop_moves_to_another_by_its_tables(full: Hub) -> None:
    files = {kind: export(full, kind) for kind, one in KINDS.items() if one.way_in}
    for model in (
        SalesOrderLine,
        SalesOrder,
        BundlePart,
        PurchaseOrderLine,
        PurchaseOrder,
        Movement,
        UnitOfMeasure,
        Service,
    ):
        model.objects.all().delete()
    connection.cursor().execute(
        "DELETE FROM inventory_level; DELETE FROM carriers_carrier; DELETE FROM customers_customer"
    )
    Variant.objects.all().delete()
    Product.objects.all().delete()

    for kind, file in files.items():
        assert set(bring(full, kind, file)) == {Outcome.ADDED}
        assert export(full, kind) == file
    order = PurchaseOrder.objects.get()
    assert (order.number, order.instructions, order.status) == ("0012", "Ring twice\nat gate 2", "draft")
    assert PurchaseOrderLine.objects.get(sku="007").expires_on == date(2027, 1, 1)
    assert Variant.objects.get(sku="'=1").name == "'=1 "
    sold = SalesOrder.objects.get(number="=9")
    assert (sold.ship_to["line_2"], sold.references, sold.status) == ('Unit "2"', {"po": "A", "b": "1"}, "approved")
    assert sold.lines.get(sku="007").base_quantity == 24
    assert (sold.requested_warehouse, sold.instructions) == (Warehouse.objects.get(), "Ring\ntwice")


def test_a_plan_changes_nothing_and_says_all_it_would_do(shop: Hub) -> None:
    shop.variant("OLD")
    table = (
        ",".join(KINDS["products"].shape.columns)
        + "\nOLD,New name,Product OLD,yes,EA,,,,,,,\nNEW,Mug,,no,KG,,,,,,1.5,kg\n"
    )
    made = plan(shop, "products", table)
    assert made.counts == {Outcome.CHANGED: 1, Outcome.ADDED: 1}
    assert plan(shop, "products", table, ImportMode.ADD).counts == {Outcome.KEPT: 1, Outcome.ADDED: 1}
    assert Variant.objects.count() == 1

    tables.apply_plan(made.id, actor="Ada", now=clock.now())
    new = Variant.objects.get(sku="NEW")
    assert (new.name, new.product.name, new.is_active, new.base_unit, new.weight_g) == ("Mug", "Mug", False, "KG", 1500)
    assert Variant.objects.get(sku="OLD").name == "New name"
    with pytest.raises(UnknownTable):
        tables.apply_plan(made.id, actor="Ada", now=clock.now())
    assert bring(shop, "products", table) == {Outcome.SAME: 2}


def test_a_plan_nobody_wants_is_forgotten_after_a_day(shop: Hub) -> None:
    head = ",".join(KINDS["customers"].shape.columns)
    for age in (timedelta(hours=25), timedelta(hours=23)):
        made = plan(shop, "customers", f"{head}\nA,Mia,,,1 Road,,,Perth,,,AU,,,\n")
        PlannedTable.objects.filter(pk=made.id).update(made_at=clock.now() - age)
    upkeep.tend()
    assert list(PlannedTable.objects.values_list("id", flat=True)) == [made.id]
    assert PlannedTableRow.objects.count() == 1, "whom it was about is forgotten with it"


def test_variants_of_one_product_have_it_by_its_name(shop: Hub) -> None:
    head = ",".join(KINDS["products"].shape.columns)
    bring(shop, "products", f"{head}\nTEE-S,Small,Tee,,,,,,,,,\nTEE-L,Large,Tee,,,,,,,,,\n")
    assert Product.objects.count() == 1
    bring(shop, "products", f"{head}\nTEE-L,Large,Tee for tall ones,,,,,,,,,\n")
    assert list(Variant.objects.order_by("sku").values_list("product__name", flat=True)) == ["Tee for tall ones", "Tee"]


def test_a_plan_that_is_no_longer_true_is_not_applied(shop: Hub) -> None:
    old = shop.variant("OLD")
    head = ",".join(KINDS["products"].shape.columns)
    made = plan(shop, "products", f"{head}\nOLD,Mine,,,,,,,,,,\nNEW,,,,,,,,,,,\n")
    Variant.objects.filter(pk=old.pk).update(name="Theirs")
    with pytest.raises(tables.StaleTable):
        tables.apply_plan(made.id, actor="Ada", now=clock.now())
    assert list(Variant.objects.values_list("name", flat=True)) == ["Theirs"]


def test_a_row_in_error_holds_the_whole_table(shop: Hub) -> None:
    head = ",".join(KINDS["carriers"].shape.columns)
    made = plan(shop, "carriers", f"{head}\nA,Ant,,\nA,Bee,X,\n,,,\nA,,,\n")
    assert refusals(made) == [
        (3, "carrier_name", "is Ant in another row. A carrier has one name"),
        (4, "carrier", "is empty. Give the carrier's code"),
        (5, "carrier", "is in row 2 already. Keep one of them, or put them together"),
    ]
    with pytest.raises(NotNow, match="3 rows are in error"):
        tables.apply_plan(made.id, actor="Ada", now=clock.now())
    tables.drop_plan(made.id)
    assert not PlannedTable.objects.exists() and not PlannedTableRow.objects.exists()


def test_a_customer_is_named_once_and_can_be_delivered_to(shop: Hub) -> None:
    head = ",".join(KINDS["customers"].shape.columns)
    made = plan(
        shop, "customers", f"{head}\nA,Mia,,,1,,,Perth,,,AU,,,x\nB,,,,1,,,Perth,,,AU,,,\nC,Ann,,,1,,,,,,AU,,,\n"
    )
    assert refusals(made) == [
        (2, "references", "'x' is not of the form name=value; name=value"),
        (3, "name", "is empty"),
        (4, "city", "is empty"),
    ]
    table = f'{head}\nA,Mia,,,1,,,Perth,,,AU,,,"{{""b"": ""2"", ""a"": ""1""}}"\n'
    assert bring(shop, "customers", table) == {Outcome.ADDED: 1}
    assert bring(shop, "customers", table) == {Outcome.SAME: 1}, "the order of references says nothing"
    assert bring(shop, "customers", table.replace("Perth", "Lyon")) == {Outcome.CHANGED: 1}


def test_stock_counted_by_hand_is_promised_and_a_reported_level_is_not_overwritten(shop: Hub) -> None:
    code = Warehouse.objects.get().code
    head = "warehouse,sku,unit,on_hand,free,incoming\n"
    mug = shop.variant("MUG")
    assert bring(shop, "levels", f"{head}{code},MUG,EA,10,10,\n") == {Outcome.ADDED: 1}
    assert bring(shop, "levels", f"{head}{code},MUG,EA,12,9,0\n") == {Outcome.CHANGED: 1}
    assert stock.get_available(shop.warehouse_id, [mug.pk]) == {mug.pk: 9}
    assert list(Movement.objects.order_by("id").values_list("cause", "on_hand", "free", "reference")) == [
        ("opening", 10, 10, "a.csv"),
        ("accepted", 2, -1, "a.csv"),
    ]
    made = plan(
        shop, "levels", f"{head}{code},MUG,EA,1.5,1,0\nX,MUG,EA,1,1,0\n{code},GHOST,EA,1,1,0\n{code},MUG,CTN,1,1,0\n"
    )
    assert [(row, field) for row, field, _ in refusals(made)] == [
        (2, "on_hand"),
        (3, "warehouse"),
        (4, "sku"),
        (5, "unit"),
    ]


def test_a_purchase_order_is_placed_once_and_judged_as_a_whole(shop: Hub) -> None:
    shop.variant("MUG")
    code = Warehouse.objects.get().code
    head = ",".join(KINDS["purchases"].shape.columns)
    table = f"{head}\nP-1,{code},Mill,,,,,MUG,,2,,,\nP-1,{code},Mill,,,,,MUG,,3,,,\n"
    assert bring(shop, "purchases", table) == {Outcome.ADDED: 2}
    assert PurchaseOrder.objects.get().status == "approved"
    assert bring(shop, "purchases", table) == {Outcome.SAME: 2}
    assert bring(shop, "purchases", table.replace(",2,,,", ",9,,,")) == {Outcome.KEPT: 1, Outcome.SAME: 1}

    bad = (
        f"P-2,{code},Mill,,,,,MUG,CTN,2,,,",
        f"P-3,{code},A,,,,,MUG,,1,,,",
        f"P-3,{code},B,,,,,MUG,,x,,,",
        f"P-2,{code},,,,,,MUG,,1,,,",
    )
    made = plan(shop, "purchases", "\n".join([head, *bad]))
    assert [(row, field) for row, field, _ in refusals(made)] == [
        (2, "unit"),
        (4, "supplier"),
        (5, "number"),
    ]


def test_an_order_is_placed_once_by_whichever_door_its_table_comes(shop: Hub, tmp_path: Path) -> None:
    shop.variant("MUG")
    head = "order_number,placed_at,line_1,city,country,sku,quantity,references\n"
    file, out = tmp_path / "book.csv", tmp_path / "out.csv"
    file.write_text(f"{head}'=1,2026-03-01,1,Perth,AU,MUG,2,b=1; a=2\n'=1,2026-03-01,1,Perth,AU,MUG,1,b=1; a=2\n")
    account = Account.objects.get(pk=shop.account_id).code

    def run(book: Path) -> str:
        said = CliRunner().invoke(import_app, ["orders", str(book), "--account", account])
        assert said.exit_code == 0, said.output
        return Run.objects.latest("id").summary

    assert "2 imported as 1 orders" in run(file)
    assert SalesOrder.objects.get().number == "=1"
    out.write_bytes(export(shop, "orders"))
    assert "2 already known" in run(out), "the unit that is said now is the one that was meant"
    assert bring(shop, "orders", out.read_bytes()) == {Outcome.SAME: 2}
    SalesOrder.objects.update(status="shipped")
    out.write_bytes(export(shop, "orders"))
    assert "2 already known" in run(out)
    out.write_bytes(out.read_bytes().replace(b"\r\n'=1,", b"\r\n2,"))
    assert "0 imported" in run(out) and SalesOrder.objects.count() == 1, "it would be shipped twice"


def test_rows_of_orders_are_refused_by_name(shop: Hub) -> None:
    shop.variant("MUG")
    head = ",".join(KINDS["orders"].shape.columns)
    good = "2026-03-01,Mia,,,,1 Road,,,Perth,,,AU,,,,,,,,,,,,"

    def row(number: str, line: str, said: str = good) -> str:
        return f"{number},{said},{line}"

    assert bring(shop, "orders", f"{head}\n{row('A', ',MUG,,2,,,')}\n") == {Outcome.ADDED: 1}
    assert bring(shop, "orders", f"{head}\n{row('A', ',MUG,,3,,,')}\n") == {Outcome.KEPT: 1}
    bad = (
        row("B", ",GHOST,,2,,,"),
        row("C", ",MUG,,2,CTN,,"),
        row("D", ",MUG,,2,,,"),
        row("D", ",MUG,,2,,,", good.replace("Perth", "Lyon")),
        row("E", "1,MUG,,2,,,"),
        row("E", "1,MUG,,2,,,"),
        row("F", ",MUG,,-2,,,"),
        row("G", ",MUG,,2,,,", good.replace("Perth", "")),
        row("H", ",MUG,,2,,,", good + "fulfilling"),
        row("I", ",MUG,,2,,,", good.replace("2026-03-01", "soon")),
        row("J", ",MUG,,2,,,", f"{good[:-2]}ATLANTIS,,"),
    )
    made = plan(shop, "orders", "\n".join([head, *bad]))
    assert [(at, field) for at, field, _ in refusals(made)] == [
        *((2, "sku"), (3, "unit"), (5, "city"), (7, "line_number"), (8, "quantity"), (9, "city")),
        *((10, "status"), (11, "placed_at"), (12, "requested_warehouse")),
    ]
    there = Warehouse.objects.get().code
    assert refusals(made)[-1][2] == f'"ATLANTIS" is no warehouse that this account ships from; they are {there}'
    assert SalesOrder.objects.count() == 1


def test_what_was_taken_away_from_an_order_does_not_go_elsewhere(shop: Hub) -> None:
    shop.order("1", MUG=2, CUP=1)
    SalesOrderLine.objects.filter(sku="MUG").update(cancelled_quantity=2)
    assert b"MUG" not in export(shop, "orders")


def test_many_rows_take_no_more_questions_than_batches(shop: Hub) -> None:
    head = ",".join(KINDS["products"].shape.columns)
    many = head + "\n" + "".join(f"S-{number},,,,,,,,,,,\n" for number in range(1500))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        bring(shop, "products", many)
    assert Variant.objects.count() == 1500
    assert len(asked) < 60
