"""Rules that the simulation has nothing of, taken away in the hub itself: something is wrong then, and is found."""

import contextlib
from collections.abc import Callable

import pytest

from dockline.domain.exchanges import operations as exchange_operations
from dockline.domain.exchanges import queries as exchanges
from dockline.domain.issues.models import Issue
from dockline.domain.orders.models import SalesOrder
from dockline.flows import breakage, job_names, upkeep
from dockline.flows.outbound import translate
from dockline.interfaces.web.orders.timeline import make_timeline
from dockline.kit import clock
from dockline.kit.queue import port as queue
from dockline.kit.queue.models import Wakeup
from tests.flows.test_lost_answers import fault, sends, work_until_settled
from tests.support.hub import Hub, hub_with_manual_warehouse

TICKS = 4
"""Seconds of a worker's clock, which are far fewer than the minute that broken work has to rest."""


def test_what_breaks_stops_its_channel_alone_and_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_wrong_with_broken_work(hub, monkeypatch) == []


def test_what_was_told_is_over_once_that_very_work_went_through(hub: Hub) -> None:
    def told() -> list[str]:
        return list(Issue.objects.filter(cause="work_broke", resolved_at=None).values_list("subject_kind", flat=True))

    def do(job: str, subject_id: int, work: Callable[[int], object] = int) -> None:
        with contextlib.suppress(ZeroDivisionError):
            breakage.attended(job, work)(subject_id)

    do(job_names.EXPORT_SHIPMENTS, hub.channel_id, lambda _: 1 / 0)
    do(job_names.ADVANCE, hub.account_id, lambda _: 1 / 0)
    do(job_names.EXPORT_SHIPMENTS, hub.channel_id)
    do(job_names.ADVANCE, hub.account_id)
    assert sorted(told()) == ["account", "channel"], "it rested, and so said nothing of what broke it"
    Issue.objects.update(seen_at=clock.now() - breakage.REST)
    do(job_names.SETTLE, hub.channel_id)
    assert sorted(told()) == ["account", "channel"], "other work"
    do(job_names.EXPORT_SHIPMENTS, hub.channel_id)
    do(job_names.ADVANCE, hub.account_id)
    assert told() == []


def test_without_attendance_broken_work_is_done_again_and_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breakage, "_tell", lambda *_, **__: None)
    assert find_wrong_with_broken_work(hub, monkeypatch) == [
        f"it broke {TICKS} times in as many seconds",
        "nobody was told",
    ]


def find_wrong_with_broken_work(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let one channel's work meet a bug of ours, every time, and say what is wrong with what comes of it."""
    hub.stock(MUG=9)
    well = hub_with_manual_warehouse(names=("Banksia Books", "Perth"))
    open_book: Callable[..., translate.Book] = translate.open_book

    def break_down(rows: object, connection: object, spec: object) -> translate.Book:
        if connection.channel_id == hub.channel_id:  # type: ignore[attr-defined]
            raise ZeroDivisionError("a bug of ours")
        return open_book(rows, connection, spec)

    monkeypatch.setattr(translate, "open_book", break_down)
    hub.order("SO-1", MUG=1)
    others = well.order("SO-2", MUG=1)
    broke = sum(_tick() for _ in range(TICKS))
    wrong = []
    if broke > 1:
        wrong.append(f"it broke {broke} times in as many seconds")
    if not Issue.objects.filter(cause="work_broke", subject_id=hub.channel_id, resolved_at=None).exists():
        wrong.append("nobody was told")
    if [one.dispatch for one in well.shipments(others)] != ["confirmed"]:
        wrong.append("another channel's order waits")
    return wrong


def _tick() -> int:
    """One second of a worker: all that is due is done, whatever breaks. Returns how often something broke."""
    upkeep.tend()
    broke = 0
    while wakeup := Wakeup.objects.order_by("id").first():
        try:
            queue.run_one(wakeup.name, wakeup.subject_id)
        except ZeroDivisionError:
            broke += 1
    return broke


def test_without_its_record_an_attempt_is_not_explained(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.stock(MUG=9)
    assert find_unexplained(hub, "SO-1") == []
    monkeypatch.setattr(exchange_operations, "_store_calls", lambda calls: None)
    assert find_unexplained(hub, "SO-2") == ["attempt 1"]


def find_unexplained(hub: Hub, number: str) -> list[str]:
    """Have an answer lost and its order found, and name each attempt of which the page does not tell all."""
    before = sends(hub)
    fault(hub, "lose_answer")
    order = hub.order(number, MUG=1)
    assert work_until_settled(hub, order).dispatch == "confirmed"
    told = _attempts_told(hub, order)
    return [f"attempt {one}" for one in range(1, sends(hub) - before + 1) if one not in told]


def _attempts_told(hub: Hub, order: SalesOrder) -> set[int]:
    """The attempts of which the timeline says when they left, what was said and answered, and how that was read."""
    sent = exchanges.list_exchanges_of("shipment", subject_ids=[one.pk for one in hub.shipments(order)])
    attempts = {one.id: one.attempt for one in sent}
    return {
        attempts[moment.exchange_id]
        for moment in make_timeline([], sent)
        if moment.exchange_id is not None
        and moment.sentence.startswith("Sent ")
        and any(call.method == "POST" and call.request and (call.response or call.error) for call in moment.calls)
    }
