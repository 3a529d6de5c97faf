"""What a change of an order comes to, and which shipments stand in its way."""

from decimal import Decimal

import pytest

from dockline.domain.orders.changing import CountedIn, WantedLine, judge_lines, list_in_the_way
from dockline.kit.errors import Invalid

BEFORE = (WantedLine(1, "MUG", Decimal(3), "EA"), WantedLine(2, "CUP", Decimal(1), "CTN"))
COUNTED = {"MUG": CountedIn(1, "EA", {"CTN": Decimal(12)}), "CUP": CountedIn(2, "EA", {"CTN": Decimal("0.1")})}


def judge(*lines: WantedLine) -> list[tuple[int | None, str, Decimal]]:
    return [(line.number, line.unit, line.base_quantity) for line in judge_lines(BEFORE, lines, COUNTED)]


def test_only_what_is_changed_or_new_is_judged() -> None:
    same, more = WantedLine(1, "MUG", Decimal("3.0"), "EA"), WantedLine(None, "MUG", Decimal(2), "CTN")
    assert judge(same, BEFORE[1]) == []
    assert judge(same, more) == [(None, "CTN", Decimal(24))]
    assert judge(WantedLine(1, "MUG", Decimal(0)), more)[0] == (1, "EA", Decimal(0))


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (WantedLine(7, "MUG", Decimal(1)), "lines.0.number"),
        (WantedLine(1, "CUP", Decimal(1)), "lines.0.sku"),
        (WantedLine(None, "HAT", Decimal(1)), "lines.0.sku"),
        (WantedLine(1, "MUG", Decimal(1), "BOX"), "lines.0.unit"),
        (WantedLine(1, "MUG", Decimal(-1)), "lines.0.quantity"),
        (WantedLine(1, "MUG", Decimal("NaN")), "lines.0.quantity"),
        (WantedLine(None, "MUG", Decimal(0)), "lines.0.quantity"),
        (WantedLine(None, "CUP", Decimal("0.000001"), "CTN"), "lines.0.quantity"),
        (WantedLine(1, "MUG", Decimal(10**13), "CTN"), "lines.0.quantity"),
        (WantedLine(1, "MUG", Decimal(0)), "lines"),
    ],
)
def test_what_cannot_be_names_the_line(line: WantedLine, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        judge(line)
    assert refused.value.field == field


def test_shipments_that_carry_too_much_stand_in_the_way_and_those_to_keep_come_first() -> None:
    carried = [(5, {1: Decimal(2)}), (6, {1: Decimal(2), 2: Decimal(1)}), (7, {2: Decimal(1)})]
    assert list_in_the_way(carried, {1: Decimal(4)}) == []
    assert list_in_the_way(carried, {1: Decimal(2)}) == [6]
    assert list_in_the_way(carried, {1: Decimal(1)}) == [5, 6]
    assert list_in_the_way(carried, {2: Decimal(0)}) == [6, 7]
    assert list_in_the_way(carried, {}) == []
