"""Visit every state that one order, two workers and an unkind warehouse system can reach, and look for a wrong one.

Breadth first over the very `decide` the hub runs (src/dockline/domain/dispatches/rules.py). Around it stands a small
model of everything else: workers that open, claim, send, look and book, and may die or be held up between any two of
these; a far side that applies late, loses answers and shows new orders late; people; backups. Time passes in ticks, and
only what lies ahead is kept of it, so the states are finite in number.

    python -m proofs.model_check            every scenario, with its number of states
"""

import argparse
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from dockline.domain.dispatches import rules
from dockline.domain.dispatches.rules import (
    NEEDS_PERSON,
    AcceptAsIs,
    Answered,
    AnswerLost,
    Claimed,
    DeadlinePassed,
    Declined,
    Dispatch,
    DispatchState,
    Event,
    FarSideChanged,
    LookAgain,
    LookedUp,
    LookUpFailed,
    NotSent,
    Restored,
    SendAgain,
    Step,
    UnexpectedEvent,
    WishStep,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TICK = timedelta(minutes=1)
DEADLINE, LATEST_START, LATE_APPLY, SEARCH_LAG, SPACING = 2, 1, 1, 1, 1
SETTLE = LATE_APPLY + SEARCH_LAG + 1
OLDEST_LOOK = SETTLE + 2
"""A worker held up longer than this with what it saw is as good as dead."""
OTHER = ("A: meant 2, there 1",)

ANSWERS: dict[str, Event] = {
    "as meant": Answered(),
    "otherwise": Answered(OTHER),
    "not sent": NotSent(TICK, "Not reached."),
    "refused": Declined("No."),
    "lost": AnswerLost("Lost.", SETTLE * TICK),
}
Worker = tuple[Any, ...]
IDLE: Worker = ()


class Channel(NamedTuple):
    """Where the channel points, with which secret, whether it is paused; and the secret that is valid over there."""

    account: int = 0
    secret: int = 0
    paused: bool = False
    valid: int = 0


class State(NamedTuple):
    """Everything there is. `live` and `flights` are (account, generation, age or time left, content as meant)."""

    dispatch: Dispatch = Dispatch(DispatchState.READY, wake_at=NOW)
    generation: int = 1
    accepted: bool = False
    channel: Channel = Channel()
    workers: tuple[Worker, ...] = (IDLE, IDLE)
    live: tuple[tuple[int, int, int, bool], ...] = ()
    flights: tuple[tuple[int, int, int], ...] = ()
    backup: tuple[Any, ...] | None = None
    wish: str = ""
    """That somebody wants it cancelled: `asked`, then `refused`, or `done` for one that is cancelled."""
    sent_to: int | None = None
    """The account this generation was last claimed for."""


@dataclass(frozen=True)
class Scenario:
    """What may happen in this run. The last four are rules of the shell that teeth switch off."""

    name: str
    people: bool = False
    refusals: bool = False
    differences: bool = False
    news: bool = False
    credentials: bool = False
    restore: bool = False
    cancels: bool = False
    workers: int = 2
    fenced: bool = True
    holds_when_pointed_elsewhere: bool = True
    looks_after_restore: bool = True
    wishes_fenced: bool = True


SCENARIOS = (
    Scenario("faults, deaths, pauses, late news", news=True),
    Scenario("refusals, differences, people", people=True, refusals=True, differences=True, workers=1),
    Scenario("secret and account changed", credentials=True, people=True, workers=1),
    Scenario("database restored", restore=True, people=True, refusals=True, workers=1),
    Scenario("cancelled, two workers", cancels=True),
    Scenario("cancelled, differences, people", cancels=True, people=True, refusals=True, differences=True, workers=1),
    Scenario("cancelled, secret and account changed", cancels=True, credentials=True, workers=1),
)
LARGE = (
    Scenario("all but changes and restores, two workers", people=True, refusals=True, differences=True, news=True),
    Scenario("secret and account changed, two workers", credentials=True),
    Scenario(
        "database restored, with differences", restore=True, people=True, refusals=True, differences=True, workers=1
    ),
    Scenario("database restored, two workers", restore=True),
    Scenario("cancelled, two workers, people, news", cancels=True, people=True, refusals=True, news=True),
)


class Violation(Exception):
    """A state that must never be, or a step that must never be taken."""


@dataclass(frozen=True)
class Found:
    """What a search found: how many states and steps there are, and the first wrong one with the way to it."""

    scenario: str
    states: int
    steps: int
    violation: str = ""
    way: tuple[str, ...] = ()


def check(scenario: Scenario, *, most: int = 5_000_000) -> Found:
    """Visit every reachable state once, nearest first; stop at the first violation."""
    _decided.cache_clear()
    start = State(workers=(IDLE,) * scenario.workers)
    came_from: dict[State, tuple[State, str] | None] = {start: None}
    waiting = deque([start])
    steps = 0
    while waiting:
        state = waiting.popleft()
        try:
            for name, after in _steps(state, scenario):
                steps += 1
                if after not in came_from:
                    came_from[after] = (state, name)
                    _judge(after)
                    waiting.append(after)
        except Violation as violation:
            return Found(scenario.name, len(came_from), steps, str(violation), _way_to(state, came_from))
        if len(came_from) > most:
            raise RuntimeError(f"{scenario.name}: more than {most:,} states")
    return Found(scenario.name, len(came_from), steps)


def _way_to(state: State, came_from: dict[State, tuple[State, str] | None]) -> tuple[str, ...]:
    way = []
    while (step := came_from[state]) is not None:
        state, name = step
        way.append(name)
    return tuple(reversed(way))


def _judge(state: State) -> None:
    """The invariants that can be seen in a state."""
    there = [(account, generation) for account, generation, _, _ in state.live]
    if len(there) != len(set(there)):
        raise Violation("I1: two live orders under one reference")
    dispatch = state.dispatch
    if state.wish == "done":
        if any(one[1] == state.generation for one in (*state.live, *state.flights)):
            raise Violation("W1: cancelled here, and there or on its way there")
        return
    if (
        state.wish == ""
        and dispatch.state is DispatchState.CONFIRMED
        and not any(
            generation == state.generation and (as_meant or state.accepted) for _, generation, _, as_meant in state.live
        )
    ):
        raise Violation("I2: confirmed, and there is no such order as it was meant")
    if (dispatch.wake_at is None) != (dispatch.state in (DispatchState.CONFIRMED, *NEEDS_PERSON)):
        raise Violation("I9: unfinished without a time to be looked at, or finished with one")
    if dispatch.attempts > rules.CRASHES_BEFORE_HOLD:
        raise Violation(f"C14: {dispatch.attempts} attempts")


@cache
def _decided(dispatch: Dispatch, event: Event) -> Dispatch | None:
    try:
        after = rules.decide(dispatch, event, NOW)
    except UnexpectedEvent:
        return None
    if after.state is DispatchState.CONFIRMED and dispatch.state is not DispatchState.CONFIRMED:
        found = isinstance(event, LookedUp) and event.found == 1
        if not (found or isinstance(event, Answered | AcceptAsIs)):
            raise Violation(f"I5: confirmed by {type(event).__name__}")
    return replace(after, reason="")


def _moved(state: State, event: Event, **more: Any) -> State | None:
    if state.wish == "done" or (after := _decided(state.dispatch, event)) is None:
        return None
    return _withdrawn(state._replace(dispatch=after, **more), before=state.dispatch)


def _withdrawn(state: State, *, before: Dispatch) -> State:
    """What comes to rest unsent while somebody wishes it cancelled is cancelled in the same commit."""
    is_unsent = state.dispatch.state is DispatchState.READY and before.state is not DispatchState.READY
    return _cancelled(state) if state.wish == "asked" and is_unsent else state


def _cancelled(state: State) -> State:
    return state._replace(wish="done", dispatch=replace(state.dispatch, wake_at=None, settle_until=None))


def _steps(state: State, scenario: Scenario) -> Iterator[tuple[str, State]]:
    yield "time passes", _tick(state)
    yield from _far_side(state)
    yield from _bookings(state, scenario)
    for number, worker in enumerate(state.workers):
        if worker in state.workers[:number]:
            continue
        others = state.workers[:number] + state.workers[number + 1 :]
        for name, after, becomes in _work(state, worker, scenario):
            workers = after.workers[:number] + after.workers[number + 1 :] if after.workers else others
            yield name, after._replace(workers=tuple(sorted((*workers, becomes))))
        if worker != IDLE:
            yield "a worker dies", state._replace(workers=tuple(sorted((*others, IDLE))))
    if scenario.people:
        yield from _people(state, scenario)
    if scenario.credentials:
        yield from _credentials(state, scenario)
    if scenario.restore:
        yield from _restoring(state, scenario)
    if scenario.cancels and state.wish in ("", "refused"):
        if _wish_step(state) is WishStep.WITHDRAW:
            yield "a person: cancel, and it is still here", _cancelled(state)
        else:
            yield "a person: cancel", state._replace(wish="asked")


def _wish_step(state: State) -> WishStep:
    return rules.next_wish_step(is_open=state.wish != "done", dispatch=state.dispatch.state)


def _tick(state: State) -> State:
    workers = tuple(sorted(_older(worker) for worker in state.workers))
    oldest = max((worker[-1] for worker in workers if worker and worker[0] == "looked"), default=0)
    dispatch = replace(
        state.dispatch,
        wake_at=_sooner(state.dispatch.wake_at, oldest),
        settle_until=_sooner(state.dispatch.settle_until, oldest),
    )
    live = tuple(sorted((*one[:2], min(one[2] + 1, SEARCH_LAG + 1), one[3]) for one in state.live))
    flights = tuple((*one[:2], one[2] - 1) for one in state.flights if one[2] > 0)
    return state._replace(dispatch=dispatch, workers=workers, live=live, flights=flights)


def _sooner(at: datetime | None, oldest_look: int) -> datetime | None:
    """A moment one tick on; how long ago it was matters only to a look that began before it."""
    return None if at is None else max(at - TICK, NOW - oldest_look * TICK)


def _older(worker: Worker) -> Worker:
    if worker and worker[0] == "claimed":
        return (*worker[:-1], max(worker[-1] - 1, -1))
    if worker and worker[0] == "looked":
        return (*worker[:-1], worker[-1] + 1) if worker[-1] < OLDEST_LOOK else IDLE
    return worker


def _far_side(state: State) -> Iterator[tuple[str, State]]:
    for number, (account, generation, _) in enumerate(state.flights):
        flights = state.flights[:number] + state.flights[number + 1 :]
        live = tuple(sorted((*state.live, (account, generation, 0, True))))
        yield "a late request is applied", state._replace(flights=flights, live=live)


def _bookings(state: State, scenario: Scenario) -> Iterator[tuple[str, State]]:
    """What needs no call: an attempt past its deadline is given up; news of the far side's own accord."""
    given_up = _moved(state, DeadlinePassed("Nobody came back.", SETTLE * TICK))
    if given_up:
        yield "an attempt is given up", given_up
    waits = rules.next_step(state.dispatch) in (Step.SEND, Step.GIVE_UP, Step.LOOK_UP)
    if scenario.news and (waits or state.dispatch.state is DispatchState.NEEDS_FIX):
        for account, generation, _, as_meant in state.live:
            if (account, generation) == (state.channel.account, state.generation):
                told = _moved(state, LookedUp(1, () if as_meant else OTHER))
                if told:
                    yield "the far side tells of it", told


def _work(state: State, worker: Worker, scenario: Scenario) -> Iterator[tuple[str, State, Worker]]:
    step, channel = rules.next_step(state.dispatch), state.channel
    is_open = not channel.paused and step in (Step.SEND, Step.LOOK_UP) and state.wish != "done"
    if worker and worker[0] in ("wished", "heard"):
        yield from _work_for_wish(state, worker, scenario)
        return
    if worker == IDLE:
        if state.wish == "asked" and not channel.paused and _wish_step(state) is WishStep.ASK:
            taken = ("wished", state.generation, _is_linked(state), channel.account, channel.secret)
            if state.sent_to not in (None, channel.account):
                yield "a wish is refused: it went to another account", state._replace(wish="refused"), IDLE
            else:
                yield "a wish is taken", state, taken
        if is_open:
            yield "a worker opens the channel", state, ("open", channel.account, channel.secret)
        return
    kind = worker[0]
    if kind == "open" and is_open:
        if step is Step.SEND:
            yield from _claim(state, worker, scenario)
        elif rules.is_due(state.dispatch, NOW):
            yield from _look(state, worker)
    elif kind == "claimed":
        yield from _send(state, worker, scenario)
    elif kind == "answer":
        yield "an answer is booked", _hear(state, worker), IDLE
    elif kind == "looked":
        yield "a look is booked", _book_look(state, worker, scenario), IDLE


def _claim(state: State, worker: Worker, scenario: Scenario) -> Iterator[tuple[str, State, Worker]]:
    _, account, secret = worker
    if scenario.fenced and (account, secret) != (state.channel.account, state.channel.secret):
        return
    claimed = _moved(state, Claimed(NOW + DEADLINE * TICK))
    if claimed is None:
        return
    if account != state.channel.account:
        raise Violation("I7: claimed for an account the channel does not point at")
    if state.dispatch.state is DispatchState.SENDING:
        raise Violation("I4: two open attempts")
    workers = tuple(_superseded(one) for one in state.workers)
    yield "claimed", claimed._replace(workers=workers, sent_to=account if scenario.cancels else None), (
        "claimed", True, state.generation, account, secret, LATEST_START,
    )  # fmt: skip


def _work_for_wish(state: State, worker: Worker, scenario: Scenario) -> Iterator[tuple[str, State, Worker]]:
    """Ask the warehouse to let go of it, by the channel as it is opened now; then book what it said."""
    kind, generation, is_linked = worker[:3]
    if kind == "heard":
        yield "what was said to a wish is booked", _book_heard(state, worker, scenario), IDLE
        return
    channel = state.channel
    if channel.paused or channel.secret != channel.valid:
        yield "a wish cannot be asked for", state, IDLE
        return
    if scenario.wishes_fenced and worker[3:] != (channel.account, channel.secret):
        yield "a wish is left for later, the channel was changed", state, IDLE
        return
    there = [one for one in state.live if one[:2] == (channel.account, generation)]
    # A search may lag behind; their own id, which was known when the wish was taken, does not.
    seen = there if is_linked else [one for one in there if one[2] > SEARCH_LAG]
    if not seen:
        yield "asked: it is not there", state, ("heard", generation, "agreed")
    if there:
        gone = state._replace(live=tuple(one for one in state.live if one != there[0]))
        yield "asked: they let go of it", gone, ("heard", generation, "agreed")
        yield "asked: they let go of it, answer lost", gone, ("heard", generation, "nothing")
        yield "asked: too late", state, ("heard", generation, "no")
    yield "asked: lost on the way", state, ("heard", generation, "nothing")


def _is_linked(state: State) -> bool:
    """Whether an id of theirs is known: that of an order that was accepted, or found and held."""
    known = state.dispatch.state in (DispatchState.CONFIRMED, DispatchState.DIFFERS, DispatchState.HELD)
    return known and any(one[:2] == (state.channel.account, state.generation) for one in state.live)


def _book_heard(state: State, worker: Worker, scenario: Scenario) -> State:
    _, generation, said = worker
    if state.wish != "asked" or (scenario.wishes_fenced and generation != state.generation):
        return state
    if said == "agreed":
        return _cancelled(state)
    return state._replace(wish="refused") if said == "no" else state


def _superseded(worker: Worker) -> Worker:
    return (worker[0], False, *worker[2:]) if worker and worker[0] in ("claimed", "answer") else worker


def _send(state: State, worker: Worker, scenario: Scenario) -> Iterator[tuple[str, State, Worker]]:
    _, newest, generation, account, secret, left = worker

    def answer(name: str) -> Worker:
        return ("answer", newest, generation, name)

    if left < 0:
        yield "too late to send", state, answer("not sent")
        return
    if secret != state.channel.valid:
        channel = state.channel if secret != state.channel.secret else state.channel._replace(paused=True)
        yield "sign-in refused", state._replace(channel=channel), answer("not sent")
        return
    yield "not reached", state, answer("not sent")
    if any(one[:2] == (account, generation) for one in (*state.live, *state.flights)):
        raise Violation("I6: sent though the order is there or under way")
    there = state._replace(live=tuple(sorted((*state.live, (account, generation, 0, True)))))
    yield "accepted", there, answer("as meant")
    yield "accepted, answer lost", there, answer("lost")
    yield "lost on the way", state, answer("lost")
    flights = tuple(sorted((*state.flights, (account, generation, LATE_APPLY))))
    yield "applied late, answer lost", state._replace(flights=flights), answer("lost")
    if scenario.refusals:
        yield "refused", state, answer("refused")
    if scenario.differences:
        other = state._replace(live=tuple(sorted((*state.live, (account, generation, 0, False)))))
        yield "accepted otherwise", other, answer("otherwise")
        yield "accepted otherwise, answer lost", other, answer("lost")


def _hear(state: State, worker: Worker) -> State:
    _, newest, _, name = worker
    try:
        after = rules.hear(state.dispatch, ANSWERS[name], NOW, attempt=int(newest), newest=1)
    except UnexpectedEvent:
        return state
    if state.wish == "done":
        return state
    return _withdrawn(state._replace(dispatch=replace(after, reason="")), before=state.dispatch)


def _look(state: State, worker: Worker) -> Iterator[tuple[str, State, Worker]]:
    _, account, secret = worker
    ours = [one for one in state.live if one[:2] == (account, state.generation)]
    settled = [one for one in ours if one[2] > SEARCH_LAG]
    for seen in {tuple(ours), tuple(settled)}:
        as_meant = all(one[3] for one in seen)
        yield f"looked, found {len(seen)}", state, (
            "looked", state.generation, account, secret, len(seen), as_meant, 0,
        )  # fmt: skip
    failed = _moved(state, LookUpFailed(SPACING * TICK))
    if failed:
        yield "a look fails", failed, IDLE


def _book_look(state: State, worker: Worker, scenario: Scenario) -> State:
    _, generation, account, secret, found, as_meant, age = worker
    if generation != state.generation:
        return state
    if scenario.fenced and (account, secret) != (state.channel.account, state.channel.secret):
        return state
    differences = () if as_meant else OTHER
    event = LookedUp(found, differences, spacing=SPACING * TICK, asked_at=NOW - age * TICK)
    return _moved(state, event) or state


def _people(state: State, scenario: Scenario) -> Iterator[tuple[str, State]]:
    is_restored = state.backup == () and scenario.looks_after_restore
    again = SendAgain(SETTLE * TICK if is_restored else None)
    sent = _moved(state, again, generation=2, accepted=False, sent_to=None) if state.wish != "asked" else None
    if state.generation == 1 and sent:
        yield "a person: send again", sent
    known = any(one[:2] == (state.channel.account, state.generation) for one in state.live)
    if known and (accepted := _moved(state, AcceptAsIs(), accepted=True)):
        yield "a person: accept as it is there", accepted
    if looked := _moved(state, LookAgain(SETTLE * TICK)):
        yield "a person: look there again", looked


def _credentials(state: State, scenario: Scenario) -> Iterator[tuple[str, State]]:
    channel = state.channel
    if channel.valid == 0:
        yield "the secret is changed over there", state._replace(channel=channel._replace(valid=1))
    if channel.secret != channel.valid:
        mended = channel._replace(secret=channel.valid, paused=False)
        yield "a person gives the new secret", state._replace(channel=mended)
    if channel.account == 0:
        elsewhere = state._replace(channel=channel._replace(account=1))
        reason = FarSideChanged("Pointed elsewhere.")
        held = _moved(elsewhere, reason) if scenario.holds_when_pointed_elsewhere else None
        if held is None and state.dispatch.attempts and state.dispatch.state is not DispatchState.CONFIRMED:
            unsure = state.wish != "done" and state.dispatch.state in (
                DispatchState.READY,
                DispatchState.SENDING,
                DispatchState.SETTLING,
            )
            if unsure and not scenario.holds_when_pointed_elsewhere and any(one[0] == 0 for one in state.live):
                raise Violation("I1: will be looked for, and sent, where it never was")
        yield "the channel is pointed elsewhere", held or elsewhere


def _restoring(state: State, scenario: Scenario) -> Iterator[tuple[str, State]]:
    """One backup, one restore. The workers stop for it; what is under way to the far side does not."""
    dispatch = state.dispatch
    if state.backup is None:
        kept = (dispatch.state, dispatch.attempts, dispatch.clean_absences, state.generation, state.accepted)
        yield "a backup is made", state._replace(backup=kept)
    elif state.backup:
        kept_state, attempts, absences, generation, accepted = state.backup
        old = Dispatch(
            kept_state,
            attempts,
            absences,
            settle_until=NOW if kept_state is DispatchState.SETTLING else None,
            wake_at=None if kept_state in (DispatchState.CONFIRMED, *NEEDS_PERSON) else NOW,
        )
        restored = State(
            dispatch=old,
            generation=generation,
            accepted=accepted,
            workers=(IDLE,) * len(state.workers),
            live=state.live,
            flights=state.flights,
            backup=(),
        )
        looked = _moved(restored, Restored(SETTLE * TICK)) if scenario.looks_after_restore else restored
        yield "the backup is restored", looked or restored


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="the large scenarios too, which take minutes")
    chosen = parser.parse_args()
    bad = 0
    for scenario in (*SCENARIOS, *(LARGE if chosen.large else ())):
        began = time.monotonic()
        found = check(scenario)
        took = time.monotonic() - began
        print(f"{found.scenario:<55}{found.states:>10,} states {found.steps:>11,} steps {took:>6.1f} s  "
              f"{found.violation or '0 violations'}", flush=True)  # fmt: skip
        for step in found.way:
            print("   ", step)
        bad += bool(found.violation)
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
