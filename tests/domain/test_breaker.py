"""A channel that does not answer is asked by one at a time, rests what it was told to, and comes back at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from dockline.domain.channels import operations as channels
from dockline.domain.channels.models import Channel
from dockline.domain.channels.rules import Passage
from dockline.gateway import passage
from tests.domain.conftest import Shop

START = datetime.fromisoformat("2026-03-04T09:00:00+00:00")
JOBS = 2
"""Kinds of work that want to speak with the channel whenever the clock ticks."""


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def fail(shop: Shop, at: datetime) -> None:
    channels.note_failure(shop.channel.pk, reason="500", asked_seconds=None, now=at)


@pytest.mark.fault("N05")
def test_an_hour_of_server_errors_costs_one_probe_in_thirty_seconds(shop: Shop) -> None:
    probes: list[int] = []
    for second in range(0, 3600, 10):
        for _ in range(JOBS):
            if passage.ask(shop.channel.pk, now=after(second)) is not Passage.CLOSED:
                probes.append(second)
                fail(shop, after(second))
    settled = [second for second in probes if second > 60]
    assert 45 <= len(settled) <= 60, "it is asked about once a minute, whatever there is to do"
    assert all(later - earlier >= 30 for earlier, later in pairwise(settled))

    again = settled[-1] + 80
    assert passage.ask(shop.channel.pk, now=after(again)) is Passage.PROBE
    channels.note_success(shop.channel.pk, now=after(again))
    assert {passage.ask(shop.channel.pk, now=after(again)) for _ in range(JOBS)} == {Passage.OPEN}


@pytest.mark.fault("N05")
def test_while_one_looks_the_others_wait(shop: Shop) -> None:
    fail(shop, START)
    assert passage.ask(shop.channel.pk, now=START) is Passage.CLOSED
    assert [passage.ask(shop.channel.pk, now=after(5)) for _ in range(3)] == [Passage.PROBE, *[Passage.CLOSED] * 2]
    assert passage.ask(shop.channel.pk, now=after(60)) is Passage.PROBE, "one that died is not waited for"


def test_who_came_to_look_and_had_nothing_to_ask_lets_the_next_one(shop: Shop) -> None:
    fail(shop, START)
    assert passage.may_call(shop.channel.pk, now=after(5))
    assert passage.may_call(shop.channel.pk, now=after(5)), "it goes on itself"
    assert passage.ask(shop.channel.pk, now=after(5)) is Passage.CLOSED, "others do not"
    passage.give_back()
    assert passage.ask(shop.channel.pk, now=after(5)) is Passage.PROBE
    passage.give_back()


@pytest.mark.parametrize(
    "news",
    [
        lambda channel_id, now: channels.note_success(channel_id, now=now),
        lambda channel_id, now: channels.rest_channel(channel_id, seconds=1, now=now),
        lambda channel_id, now: channels.note_failure(channel_id, reason="500", asked_seconds=None, now=now),
    ],
    ids=["an answer that was under way", "a shorter wait", "an error that was under way"],
)
@pytest.mark.fault("N04")
def test_nobody_calls_before_the_wait_that_was_asked_for_is_over(
    shop: Shop, news: Callable[[int, datetime], object]
) -> None:
    channels.rest_channel(shop.channel.pk, seconds=30, now=START)
    news(shop.channel.pk, after(1))
    news(shop.channel.pk, after(2))
    assert not passage.may_call(shop.channel.pk, now=after(29))
    assert passage.may_call(shop.channel.pk, now=after(120))


def test_channels_that_failed_together_do_not_come_back_together(shop: Shop) -> None:
    rests = set()
    for _ in range(20):
        Channel.objects.update(failures_in_a_row=9, retry_at=None)
        fail(shop, START)
        rests.add(Channel.objects.get().retry_at)
    assert len(rests) > 15 and all(after(60) <= rest <= after(75) for rest in rests if rest)
