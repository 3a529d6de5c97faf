"""`dockline import orders`: every row has one outcome, every order is whole, everything is placed once."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from dockline.domain.history.models import Event
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.products.models import Product, UnitOfMeasure, Variant
from dockline.domain.runs.models import Run
from tests.files.support import CREATING, count_tables, import_orders, make_account, row, write_csv

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account_id() -> int:
    """A shop."""
    return make_account().pk


@pytest.mark.parametrize("zipped", [False, True])
def test_places_an_order_with_all_that_belongs_to_it(account_id: int, tmp_path: Path, zipped: bool) -> None:
    deadline = "2999-01-01T09:00+10:00"
    file = write_csv(
        tmp_path / "book.csv",
        [
            row(unit_price="2.50", ship_on="2026-03-04", instructions="Ring,\ntwice", cancel_after=deadline),
            row(unit_price="", ship_on="2026-03-04", instructions="Ring,\ntwice", sku="B", cancel_after=deadline),
        ],
        zipped=zipped,
    )

    outcome = import_orders(file)

    assert outcome.exit_code == 0
    assert outcome.counts == (2, 2, 0, 0)
    order = SalesOrder.objects.get()
    assert order.placed_at.isoformat() == "2026-02-28T22:30:00+00:00"
    assert (order.status, order.source, order.wake_at is not None) == ("approved", "file:book.csv", True)
    assert order.cancel_after is not None and order.cancel_after.isoformat() == "2998-12-31T23:00:00+00:00"
    assert order.ship_to == {"line_1": "1 Road", "city": "Perth", "country": "AU"}
    assert (order.customer_name, order.instructions, str(order.ship_on)) == ("Ada", "Ring,\ntwice", "2026-03-04")
    lines = list(order.lines.order_by("number").values_list("number", "sku", "quantity", "unit", "unit_price"))
    assert lines == [(1, "A-1", Decimal(2), "EA", Decimal("2.5")), (2, "B", Decimal(2), "EA", None)]
    event = Event.objects.get()
    assert (event.kind, event.subject_kind, event.subject_id) == ("placed", "order", order.pk)
    assert event.sentence == "Placed from file:book.csv with 2 lines."
    assert Product.objects.count() == Variant.objects.count() == 2
    assert count_tables()["queue_wakeup"] == 1
    run = Run.objects.get()
    assert (run.kind, run.state, run.total, run.changed, run.failed) == ("import_orders", "finished", 2, 2, 0)


def test_importing_twice_changes_nothing(account_id: int, tmp_path: Path) -> None:
    later = row(order_number="1002", cancel_after="2999-01-01T09:00:00.25Z")
    file = write_csv(tmp_path / "book.csv", [row(cancel_after=""), row(cancel_after="", sku="B"), later])
    import_orders(file)
    before = list(SalesOrder.objects.order_by("id").values()), list(SalesOrderLine.objects.order_by("id").values())

    outcome = import_orders(file)

    assert outcome.counts == (3, 0, 3, 0)
    assert {reason for _, reason in outcome.reasons.values()} == {"already known"}
    assert before == (
        list(SalesOrder.objects.order_by("id").values()),
        list(SalesOrderLine.objects.order_by("id").values()),
    )
    assert Event.objects.count() == 2


@pytest.mark.parametrize("change", [{"quantity": "3"}, {"sku": "a-1"}, {"city": "Hobart"}, {"unit_price": "1"}])
def test_refuses_a_known_number_with_other_content(account_id: int, tmp_path: Path, change: dict[str, str]) -> None:
    import_orders(write_csv(tmp_path / "one.csv", [row(unit_price="")]))
    before = count_tables()

    outcome = import_orders(write_csv(tmp_path / "two.csv", [row(unit_price="") | change]))

    assert outcome.counts == (1, 0, 0, 1)
    assert "Nothing was imported" in outcome.text
    assert outcome.reasons == {2: ("order_number", "already known with other content")}
    after = count_tables()
    assert {name for name in before if before[name] != after[name]} == {"runs_run", "runs_runline"}


def test_lines_of_an_order_need_not_be_adjacent(account_id: int, tmp_path: Path) -> None:
    rows = [row(), row(order_number="1002"), row(sku="B"), row(order_number="1002", sku="C"), row(sku="A-1")]

    outcome = import_orders(write_csv(tmp_path / "mixed.csv", rows))
    again = import_orders(write_csv(tmp_path / "sorted.csv", [rows[0], rows[2], rows[4], rows[1], rows[3]]))

    assert outcome.counts == (5, 5, 0, 0)
    lines = SalesOrderLine.objects.filter(order__number="1001").order_by("number")
    assert list(lines.values_list("number", "sku")) == [(1, "A-1"), (2, "B"), (3, "A-1")]
    assert again.counts == (5, 0, 5, 0)


def test_text_stays_as_it_is_to_the_byte(account_id: int, tmp_path: Path) -> None:
    skus = ["007", "7", "1E5", "100000", "ab", "AB", "ab ", "a\\b", "\\N", "é", "e\u0301", "=1+1", "NULL", "'"]

    outcome = import_orders(write_csv(tmp_path / "book.csv", [row(sku=sku, description=sku + "\\ ") for sku in skus]))

    assert outcome.counts == (len(skus), len(skus), 0, 0)
    lines = SalesOrderLine.objects.order_by("number")
    assert [line.sku for line in lines] == skus
    assert [line.description for line in lines] == [sku + "\\ " for sku in skus]
    assert set(Variant.objects.values_list("sku", flat=True)) == set(skus)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"quantity": "many"}, "quantity", "is not a number"),
        ({"quantity": "1E5"}, "quantity", "is not a number"),
        ({"quantity": "NaN"}, "quantity", "is not a number"),
        ({"quantity": "\u0661"}, "quantity", "is not a number"),
        ({"quantity": ""}, "quantity", "is not a number"),
        ({"quantity": "0"}, "quantity", "is zero"),
        ({"quantity": "-1"}, "quantity", "is negative"),
        ({"quantity": "0.0000001"}, "quantity", "more digits"),
        ({"quantity": "1" * 15}, "quantity", "more digits"),
        ({"sku": " "}, "sku", "is empty"),
        ({"sku": "x" * 101}, "sku", "101 characters"),
        ({"sku": "a\x00b"}, "sku", "control character '\\x00'"),
        ({"sku": "a\nb"}, "sku", "control character"),
        ({"description": "\x1b[31m"}, "description", "control character"),
        ({"placed_at": "31/12/2026"}, "placed_at", "is not a date"),
        ({"placed_at": "0001-01-01T00:00:00+14:00"}, "placed_at", "out of range"),
        ({"country": "Australia"}, "country", "two-letter"),
        ({"city": ""}, "city", "cannot be delivered"),
        ({"customer_name": "Bob"}, "customer_name", "differs from row 2"),
        ({"placed_at": "2026-03-01T09:31:00+11:00"}, "placed_at", "differs from row 2"),
    ],
)
def test_one_bad_row_refuses_its_order_and_no_other(
    account_id: int, tmp_path: Path, change: dict[str, str], field: str, words: str
) -> None:
    rows = [row(), row() | change, row(sku="C"), row(order_number="1002")]

    outcome = import_orders(write_csv(tmp_path / "book.csv", rows))

    assert outcome.counts == (4, 1, 0, 3)
    assert outcome.reasons[3][0] == field
    assert words in outcome.reasons[3][1]
    for other in (2, 4):
        assert outcome.reasons[other][1].startswith("row 3 of this order is in error: ")
    assert list(SalesOrder.objects.values_list("number", flat=True)) == ["1002"]
    assert list(Variant.objects.values_list("sku", flat=True)) == ["A-1"]
    run = Run.objects.get()
    assert (run.state, run.failed, run.lines.count()) == ("problems", 3, 3)


@pytest.mark.parametrize("number", ["", "  ", "x" * 101, "10\x0001"])
def test_a_faulty_order_number_refuses_its_row_only(account_id: int, tmp_path: Path, number: str) -> None:
    outcome = import_orders(write_csv(tmp_path / "book.csv", [row(), row(order_number=number)]))

    assert outcome.counts == (2, 1, 0, 1)
    assert outcome.reasons[3][0] == "order_number"


def test_rows_of_another_width_refuse_their_order(account_id: int, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "book.csv", [row(), row(order_number="1002")])
    file.write_text(file.read_text() + "1001,short\n\n1002" + "," * 30 + "\n1003\n")

    outcome = import_orders(file)

    assert outcome.counts == (5, 0, 0, 5)
    assert outcome.reasons[4] == ("", "has 2 columns instead of 9")
    assert outcome.reasons[2][1].startswith("row 4 of this order is in error: ")
    assert SalesOrder.objects.count() == 0


def test_unknown_skus_are_refused_unless_the_profile_makes_products(account_id: int, tmp_path: Path) -> None:
    import_orders(write_csv(tmp_path / "first.csv", [row()]))

    outcome = import_orders(
        write_csv(
            tmp_path / "book.csv", [row(order_number="2"), row(order_number="3"), row(order_number="3", sku="a-1")]
        ),
        creating=False,
    )

    assert outcome.counts == (3, 1, 0, 2)
    assert outcome.reasons[4] == ("sku", 'no product has the SKU "a-1"')
    assert Variant.objects.count() == 1


def test_quantities_are_converted_exactly_or_refused(account_id: int, tmp_path: Path) -> None:
    import_orders(write_csv(tmp_path / "first.csv", [row()]))
    variant = Variant.objects.get()
    UnitOfMeasure.objects.create(variant=variant, code="CTN", base_quantity=Decimal("12.5"))
    cases = {
        "2": ("2", "CTN"),
        "3": ("0.000001", "CTN"),
        "4": ("1", "BOX"),
        "5": ("99999999999999", "CTN"),
        "6": ("7", ""),
    }

    outcome = import_orders(
        write_csv(tmp_path / "book.csv", [row(order_number=n, quantity=q, unit=u) for n, (q, u) in cases.items()])
    )

    assert outcome.counts == (5, 2, 0, 3)
    assert {number: field for number, (field, _) in outcome.reasons.items()} == {
        3: "quantity",
        4: "unit",
        5: "quantity",
    }
    placed = SalesOrderLine.objects.exclude(order__number="1001").order_by("order__number")
    assert [(line.unit, line.base_quantity) for line in placed] == [("CTN", Decimal(25)), ("EA", Decimal(7))]


def test_line_numbers_are_kept_and_must_be_unique(account_id: int, tmp_path: Path) -> None:
    numbers = {"1": ["20", "10"], "2": ["1", "1"], "3": ["1", ""]}
    rows = [row(order_number=order, line_number=each) for order, all_ in numbers.items() for each in all_]

    outcome = import_orders(write_csv(tmp_path / "book.csv", rows))

    assert outcome.counts == (6, 2, 0, 4)
    assert sorted(SalesOrderLine.objects.values_list("number", flat=True)) == [10, 20]


def test_a_dry_run_says_the_same_and_changes_nothing(account_id: int, tmp_path: Path) -> None:
    import_orders(write_csv(tmp_path / "first.csv", [row()]))
    rows = [row(), row(order_number="2"), row(order_number="3", quantity="x"), row(order_number="3")]
    file = write_csv(tmp_path / "book.csv", rows)
    before = count_tables()

    dry = import_orders(file, "--dry-run")
    assert count_tables() == before
    real = import_orders(file)

    assert dry.counts == real.counts == (4, 1, 1, 2)
    assert dry.report == real.report
    assert (dry.count("orders"), dry.count("products created")) == (
        real.count("orders"),
        real.count("products created"),
    )


@pytest.mark.fault("D14")
def test_the_report_is_safe_in_a_spreadsheet(account_id: int, tmp_path: Path) -> None:
    starts = ["=1", "+1", "-1", "@a"]

    outcome = import_orders(write_csv(tmp_path / "book.csv", [row(order_number=each, quantity="x") for each in starts]))

    assert [each["order_number"] for each in outcome.report] == [f"'{each}" for each in starts]


def _spoil(data: bytes) -> dict[str, Callable[[], bytes]]:
    return {
        "the file is empty": lambda: b"",
        "is missing": lambda: data.replace(b"quantity", b"amount", 1),
        "is there 2 times": lambda: data.replace(b"description", b"quantity", 1),
        "is not known": lambda: data.replace(b"description", b"colour", 1),
        "not utf-8 text": lambda: data + b"1002,\xff\xfe\n",
        "damaged or cut short": lambda: b"\x1f\x8b" + data,
        "unexpected end of data": lambda: data + b'1002,"open\n',
        "expected after": lambda: data + b'1002,"a"b,c\n',
    }


@pytest.mark.parametrize("words", list(_spoil(b"")))
def test_a_file_that_cannot_be_read_changes_nothing(account_id: int, tmp_path: Path, words: str) -> None:
    file = write_csv(tmp_path / "book.csv", [row()])
    file.write_bytes(_spoil(file.read_bytes())[words]())
    before = count_tables()

    outcome = import_orders(file)

    assert outcome.exit_code == 2
    assert words in outcome.text
    assert str(file) in outcome.text
    assert count_tables() == before
    assert sorted(each.suffix for each in tmp_path.iterdir()) == [".csv", ".toml"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_names_the_line_that_cannot_be_decoded(account_id: int, tmp_path: Path, encoding: str) -> None:
    good = "".join(f"100{at},2026-03-01,Ada,1 Road,Perth,AU,A-1,Th\u00efng,2\r\n" for at in range(300))
    header = "order_number,placed_at,customer_name,line_1,city,country,sku,description,quantity\r\n"
    file, profile = tmp_path / "book.csv", tmp_path / "mine.toml"
    bad = {"utf-8": b"\xff", "utf-16-le": b"\x00\xdc"}[encoding]
    file.write_bytes((header + good + "1001,").encode(encoding) + bad + good.encode(encoding))
    profile.write_text(f"encoding = '{encoding}'\n{CREATING}")

    outcome = import_orders(file, "--profile", str(profile))

    assert outcome.exit_code == 2
    assert f"line 302, byte {bad[0]:#04x}: this is not {encoding} text" in outcome.text


def test_says_what_is_wrong_with_file_account_or_name(account_id: int, tmp_path: Path) -> None:
    plain = write_csv(tmp_path / "book.csv.gz", [row()])

    assert "is not gzip" in import_orders(plain).text
    assert "cannot be opened" in import_orders(tmp_path / "none.csv").text
    assert "There is no account" in import_orders(plain, "--account", "NOBODY").text
    assert "There is no profile" in import_orders(plain, "--profile", "nothing").text
    assert SalesOrder.objects.count() == 0


def test_takes_the_carrier_and_the_references_of_order_and_line(account_id: int, tmp_path: Path) -> None:
    asked = {"carrier": "FEDEX", "service": "GROUND", "references": "PO=4711; Gift note=Best = wishes"}
    file = write_csv(
        tmp_path / "book.csv",
        [row(**asked, line_references='{"Engraving": "A; B"}'), row(**asked, sku="B", line_references="")],
    )

    outcome = import_orders(file)

    assert outcome.counts == (2, 2, 0, 0)
    order = SalesOrder.objects.get()
    assert (order.carrier, order.service) == ("FEDEX", "GROUND")
    assert order.references == {"PO": "4711", "Gift note": "Best = wishes"}
    assert [line.references for line in order.lines.order_by("number")] == [{"Engraving": "A; B"}, {}]
    assert import_orders(file).counts == (2, 0, 2, 0)
    other = write_csv(tmp_path / "other.csv", [row(**asked, line_references='{"Engraving": "C"}')])
    assert import_orders(other).counts == (1, 0, 0, 1)


@pytest.mark.parametrize("cell", ["PO", "PO=1;PO=2", "=1", "{", '{"PO": 1}', "x" * 101 + "=1", "PO=" + "1" * 1001])
def test_refuses_references_it_cannot_read(account_id: int, tmp_path: Path, cell: str) -> None:
    before = count_tables()

    outcome = import_orders(write_csv(tmp_path / "book.csv", [row(references=cell)]))

    assert outcome.counts == (1, 0, 0, 1)
    assert outcome.reasons[2][0] == "references"
    assert {**count_tables(), "runs_run": 0, "runs_runline": 0} == before
