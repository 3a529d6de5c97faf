"""What one worker learns of a far side's pace holds for all, and costs nothing where nobody is refused."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from dockline.domain.channels import operations, queries
from dockline.domain.channels.slowdown import LearnedPace, Shared
from dockline.gateway import pace, passage
from dockline.kit import clock
from tests.domain.conftest import Shop


@pytest.fixture(autouse=True)
def _knows_nothing() -> Iterator[None]:
    pace.forget()
    yield
    pace.forget()


def a_process(shop: Shop) -> LearnedPace:
    """What another process knows of the pace: nothing yet."""
    channel_id = shop.channel.pk
    shared = Shared(partial(queries.read_slowdown, channel_id), partial(operations.changing_slowdown, channel_id))
    return LearnedPace(shared)


@pytest.mark.fault("C09", "N04")
def test_a_refusal_slows_every_worker_down(shop: Shop) -> None:
    channel_id = shop.channel.pk
    a_process(shop).hear_refusal(5.0)
    mine = pace.of(channel_id)
    assert mine.take_turn() == 0, "it has not read of it yet"
    passage.ask(channel_id, now=clock.now())
    assert mine.is_quiet() and 4 < mine.take_turn() <= 5
    other = a_process(shop)
    _, heard = operations.take_turn(channel_id, pace="orders", seconds_between=1.0)
    other.hear(heard)
    assert other.take_turn() == pytest.approx(5.0 + other.between, abs=0.5), "turns are behind each other"
    assert mine.between == other.between == heard > 0


def test_what_is_accepted_makes_everybody_free_again(shop: Shop) -> None:
    mine, other = a_process(shop), a_process(shop)
    mine.hear_refusal(1.0)
    other.hear(mine.between)
    for _ in range(100):
        mine.hear_answer()
    mine.take_turn()
    assert mine.between == 0 and passage.ask(shop.channel.pk, now=clock.now()) and pace.of(shop.channel.pk).between == 0
    other.take_turn()
    assert other.between == 0


def test_where_nobody_is_refused_nothing_is_asked(
    shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    mine, now = pace.of(shop.channel.pk), clock.now()
    with django_assert_num_queries(1):
        passage.ask(shop.channel.pk, now=now)
    with django_assert_num_queries(0):
        for _ in range(40):
            assert mine.take_turn() == 0
            mine.hear_answer()


@pytest.mark.fault("C09", "P09")
def test_turns_of_several_workers_at_once_are_apart(committed_shop: Shop, elsewhere: Callable[..., Any]) -> None:
    between = 0.3
    with operations.changing_slowdown(committed_shop.channel.pk) as (slowdown, _):
        slowdown.between = between

    def take() -> float:
        worker = a_process(committed_shop)
        worker.hear(between)
        return time.monotonic() + worker.take_turn()

    turns = sorted(taken.result(20) for taken in [elsewhere(take) for _ in range(8)])
    assert turns[-1] - turns[0] >= between * 7 - 0.1
