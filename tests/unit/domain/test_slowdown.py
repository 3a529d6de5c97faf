"""How a channel learns the pace that its far side takes."""

import pytest

from dockline.domain.channels.slowdown import LONGEST_BETWEEN, Slowdown


def test_who_was_never_refused_never_waits() -> None:
    slowdown = Slowdown()
    assert [slowdown.take_turn(0.0) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_after_a_refusal_nothing_leaves_before_its_time_and_then_one_by_one() -> None:
    slowdown = Slowdown()
    slowdown.take_turn(0.0)
    slowdown.hear_refusal(1.0, wait=5.0)
    assert slowdown.is_quiet(5.9) and not slowdown.is_quiet(6.0)
    first, second = slowdown.take_turn(2.0), slowdown.take_turn(2.0)
    assert (first, second) == (4.0, pytest.approx(4.0 + slowdown.between))
    slowdown.hear_refusal(3.0, wait=9.0)
    assert slowdown.is_quiet(11.9), "the later word counts"


def test_it_is_slowed_once_for_all_that_was_under_way_and_grows_faster_again() -> None:
    slowdown = Slowdown()
    slowdown.hear_refusal(0.0, wait=1.0)
    between = slowdown.between
    slowdown.hear_refusal(0.5, wait=1.0)
    assert slowdown.between == between > 0
    slowdown.hear_refusal(2.0, wait=1.0)
    assert slowdown.between == pytest.approx(1.5 * between)
    for _ in range(200):
        slowdown.hear_answer()
    assert slowdown.between == 0.0
    for second in range(0, 200, 2):
        slowdown.hear_refusal(float(second), wait=1.0)
    assert slowdown.between == LONGEST_BETWEEN
