"""Which step an order takes next, and how quantities convert."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockline.domain.orders.rules import OPEN_STATUSES, LineFacts, OrderStatus, Step, next_step
from dockline.domain.products.rules import UnitUnknown, to_base_quantity


def line(*, ordered: int = 5, shipped: int = 0, cancelled: int = 0, under_way: int = 0) -> LineFacts:
    return LineFacts(1, 1, Decimal(ordered), Decimal(shipped), Decimal(cancelled), Decimal(under_way))


DONE, WAITING, FRESH = line(shipped=5), line(under_way=5), line()


@pytest.mark.parametrize("status", OPEN_STATUSES)
@pytest.mark.parametrize(
    ("lines", "has_open_shipment", "step"),
    [
        ([FRESH], False, Step.ALLOCATE),
        ([DONE, FRESH], True, Step.ALLOCATE),
        ([WAITING], True, Step.WAIT_FOR_WAREHOUSE),
        ([DONE, WAITING], True, Step.WAIT_FOR_WAREHOUSE),
        ([DONE], True, Step.WAIT_FOR_WAREHOUSE),
        ([DONE], False, Step.CLOSE),
        ([line(shipped=3, cancelled=2)], False, Step.CLOSE),
        ([line(shipped=7)], False, Step.CLOSE),
        ([line(shipped=3)], False, Step.ALLOCATE),
        ([line(shipped=3, under_way=1)], True, Step.ALLOCATE),
        ([], False, Step.CLOSE),
    ],
)
def test_the_next_step_follows_from_the_facts(
    status: OrderStatus, lines: list[LineFacts], has_open_shipment: bool, step: Step
) -> None:
    assert next_step(status=status, lines=lines, has_open_shipment=has_open_shipment) is step


@pytest.mark.parametrize("status", [status for status in OrderStatus if status not in OPEN_STATUSES])
def test_what_is_not_open_needs_nothing(status: OrderStatus) -> None:
    assert next_step(status=status, lines=[FRESH], has_open_shipment=True) is Step.NOTHING


figures = st.decimals(0, 100, places=6, allow_nan=False)


@given(figures, figures, figures, figures)
def test_what_is_allocated_never_exceeds_what_remains(
    ordered: Decimal, shipped: Decimal, cancelled: Decimal, under_way: Decimal
) -> None:
    facts = LineFacts(1, 1, ordered, shipped, cancelled, under_way)
    assert 0 <= facts.to_allocate <= facts.remaining <= ordered
    if shipped + cancelled + under_way <= ordered:
        assert facts.to_allocate + shipped + cancelled + under_way == ordered


UNITS = {"CTN": Decimal(12), "HALF": Decimal("0.5")}


@pytest.mark.parametrize(
    ("quantity", "unit", "base"), [("3", "EA", "3"), ("2", "CTN", "24"), ("0.5", "CTN", "6"), ("3", "HALF", "1.5")]
)
def test_units_convert_exactly(quantity: str, unit: str, base: str) -> None:
    assert to_base_quantity(Decimal(quantity), unit, base_unit="EA", units=UNITS) == Decimal(base)


@pytest.mark.parametrize("unit", ["ctn", "", "PAL"])
@pytest.mark.fault("D04")
def test_an_unknown_unit_names_the_known_ones(unit: str) -> None:
    with pytest.raises(UnitUnknown, match="EA, CTN, HALF"):
        to_base_quantity(Decimal(1), unit, base_unit="EA", units=UNITS)


def test_the_base_unit_is_one_whatever_the_table_says() -> None:
    assert to_base_quantity(Decimal(4), "EA", base_unit="EA", units={"EA": Decimal(99)}) == 4
