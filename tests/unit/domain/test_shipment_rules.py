"""References, differences and the booking of what was shipped."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockline.domain.dispatches.rules import format_quantity, list_differences, make_reference
from dockline.domain.shipments.rules import Carried, Shipped, Surplus, book_quantities

SKUS = ["A", "B", "a"]
quantities = st.decimals(min_value=0, max_value=1000, places=6, allow_nan=False, allow_infinity=False)
carried_lines = st.lists(st.tuples(st.sampled_from(SKUS), quantities.filter(bool)), min_size=1, max_size=6).map(
    lambda rows: [Carried(number, f"L{number}", sku, quantity) for number, (sku, quantity) in enumerate(rows)]
)
there_rows = st.lists(
    st.tuples(st.sampled_from(["", "L0", "L1", "L2", "L9"]), st.sampled_from([*SKUS, "Z"]), quantities), max_size=8
)


@given(carried_lines, there_rows)
def test_what_was_shipped_is_booked_to_the_last_unit(
    carried: list[Carried], there: list[tuple[str, str, Decimal]]
) -> None:
    shipped = book_quantities(carried, there)
    assert shipped.by_line.keys() == {line.line_id for line in carried}
    assert min(shipped.by_line.values()) >= 0
    for sku in {line.sku for line in carried}:
        booked = sum(shipped.by_line[line.line_id] for line in carried if line.sku == sku)
        asked = sum(line.quantity for line in carried if line.sku == sku)
        came = sum(quantity for _, code, quantity in there if code == sku)
        assert booked == came
        assert any(one.sku == sku and one.is_ordered for one in shipped.surplus) == (came > asked)
        if came <= asked:
            assert all(shipped.by_line[line.line_id] <= line.quantity for line in carried if line.sku == sku)
    strange = {code for _, code, quantity in there if quantity} - {line.sku for line in carried}
    assert {one.sku for one in shipped.surplus if not one.is_ordered} == strange


def lines(*rows: tuple[str, int]) -> list[Carried]:
    return [Carried(number, f"L{number}", sku, Decimal(quantity)) for number, (sku, quantity) in enumerate(rows)]


def test_our_line_comes_before_the_order_of_lines() -> None:
    shipped = book_quantities(lines(("A", 3), ("A", 2)), [("", "A", Decimal(1)), ("L1", "A", Decimal(2))])
    assert shipped == Shipped({0: Decimal(1), 1: Decimal(2)}, ())


def test_without_our_line_the_first_is_filled_first() -> None:
    shipped = book_quantities(lines(("A", 3), ("A", 2)), [("", "A", Decimal(4))])
    assert shipped == Shipped({0: Decimal(3), 1: Decimal(1)}, ())


def test_our_line_with_another_sku_is_not_believed() -> None:
    shipped = book_quantities(lines(("A", 3), ("B", 2)), [("L0", "B", Decimal(2))])
    assert shipped == Shipped({0: Decimal(0), 1: Decimal(2)}, ())


def test_what_overflows_one_line_fills_the_next_before_it_is_surplus() -> None:
    shipped = book_quantities(lines(("A", 3), ("A", 2)), [("L0", "A", Decimal(7))])
    assert shipped == Shipped({0: Decimal(3), 1: Decimal(4)}, (Surplus("A", Decimal(2), is_ordered=True),))
    assert shipped.surplus[0].words == "A: 2 more than asked"


def test_goods_of_no_line_are_named_and_booked_nowhere() -> None:
    shipped = book_quantities(lines(("A", 3)), [("", "a", Decimal("1.50"))])
    assert shipped == Shipped({0: Decimal(0)}, (Surplus("a", Decimal("1.50"), is_ordered=False),))


figures = st.dictionaries(st.sampled_from(SKUS), quantities, max_size=3)


@given(figures, figures)
def test_there_are_differences_exactly_where_figures_differ(
    meant: dict[str, Decimal], there: dict[str, Decimal]
) -> None:
    named = {sentence.split(":")[0] for sentence in list_differences(meant, there)}
    assert named == {sku for sku in SKUS if meant.get(sku, Decimal(0)) != there.get(sku, Decimal(0))}


def test_a_difference_is_said_as_people_write() -> None:
    assert list_differences({"A": Decimal("2.000000")}, {"A": Decimal("2.0"), "B": Decimal("1E+1")}) == (
        "B: meant 0, there 10",
    )
    assert list_differences({"A": Decimal("2.5")}, {}) == ("A: meant 2.5, there 0",)


@pytest.mark.parametrize(
    ("quantity", "text"),
    [("1.500", "1.5"), ("100", "100"), ("100.0", "100"), ("1E+2", "100"), ("0.000001", "0.000001"), ("0.00", "0")],
)
def test_quantities_are_written_exactly(quantity: str, text: str) -> None:
    assert format_quantity(Decimal(quantity)) == text


@given(
    st.text(max_size=100),
    st.text(max_size=100),
    st.integers(1, 10**9),
    st.integers(1, 10**9),
    st.integers(1, 99),
    st.integers(24, 100),
)
def test_a_reference_is_safe_short_and_its_own(
    number: str, other_number: str, shipment_id: int, other_id: int, generation: int, longest: int
) -> None:
    def make(number: str, shipment_id: int, generation: int) -> str:
        return make_reference(
            order_number=number, marker="ABCD", shipment_id=shipment_id, generation=generation, longest=longest
        )

    reference = make(number, shipment_id, generation)
    assert re.fullmatch(r"[A-Za-z0-9_./#-]*-ABCD[0-9]+(-G[0-9]+)?", reference)
    assert len(reference) <= longest
    tail = f"-ABCD{shipment_id}" + (f"-G{generation}" if generation > 1 else "")
    assert reference.endswith(tail)
    assert reference == make(number, shipment_id, generation), "the same every time"
    assert make(number, shipment_id, generation + 1) != reference
    if other_id != shipment_id:
        assert make(number, other_id, generation) != reference


def test_a_reference_keeps_the_beginning_of_the_number_and_all_of_the_tail() -> None:
    reference = make_reference(order_number="Ä 1/2#" + "x" * 99, marker="ABCD", shipment_id=7, generation=2, longest=20)
    assert reference == "--1/2#xxxxx-ABCD7-G2"
