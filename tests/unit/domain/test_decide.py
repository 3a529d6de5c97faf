"""Every state with every event, and what no sequence of events may ever lead to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockline.domain.dispatches.rules import (
    CLEAN_ABSENCES_NEEDED,
    CRASHES_BEFORE_HOLD,
    NEEDS_PERSON,
    STATES_ASKING,
    AcceptAsIs,
    Answered,
    AnswerLost,
    Claimed,
    DeadlinePassed,
    Declined,
    Dispatch,
    DispatchState,
    Doubled,
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
    decide,
    hear,
    next_step,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
READY, SENDING, SETTLING, CONFIRMED, DIFFERS, NEEDS_FIX, HELD, DUPLICATE = DispatchState

EVENTS: dict[str, Event] = {
    "claimed": Claimed(NOW + MINUTE),
    "answered as meant": Answered(),
    "answered otherwise": Answered(differences=("A: meant 2, there 1",)),
    "rejected": Answered(rejected=True, problems=("No such product.",)),
    "not sent": NotSent(MINUTE, "No connection."),
    "declined": Declined("No."),
    "answer lost": AnswerLost("No answer.", 10 * MINUTE),
    "absent": LookedUp(0),
    "found": LookedUp(1),
    "found otherwise": LookedUp(1, differences=("A: meant 2, there 1",)),
    "found rejected": LookedUp(1, rejected=True),
    "found twice": LookedUp(2),
    "look-up failed": LookUpFailed(MINUTE),
    "doubled": Doubled("Another one is there."),
    "deadline passed": DeadlinePassed("Nobody came back.", 10 * MINUTE),
    "far side changed": FarSideChanged("Pointed elsewhere."),
    "restored": Restored(10 * MINUTE),
    "send again": SendAgain(),
    "accept as is": AcceptAsIs(),
    "look again": LookAgain(10 * MINUTE),
}
FOUND = {"found": CONFIRMED, "found otherwise": HELD, "found rejected": NEEDS_FIX, "found twice": DUPLICATE}
ANSWERED = {"answered as meant": CONFIRMED, "answered otherwise": DIFFERS, "rejected": NEEDS_FIX}
NEXT: dict[DispatchState, dict[str, DispatchState]] = {
    READY: {"claimed": SENDING, **FOUND, "far side changed": HELD, "restored": SETTLING},
    SENDING: {
        **ANSWERED,
        "not sent": READY,
        "declined": NEEDS_FIX,
        "answer lost": SETTLING,
        **FOUND,
        "deadline passed": SETTLING,
        "far side changed": HELD,
        "restored": SETTLING,
    },
    SETTLING: {
        **ANSWERED,
        "absent": SETTLING,
        **FOUND,
        "look-up failed": SETTLING,
        "far side changed": HELD,
        "restored": SETTLING,
    },
    CONFIRMED: {"rejected": NEEDS_FIX, "doubled": DUPLICATE},
    DIFFERS: {
        "rejected": NEEDS_FIX,
        "doubled": DUPLICATE,
        "accept as is": CONFIRMED,
        "look again": SETTLING,
    },
    NEEDS_FIX: {**FOUND, "send again": READY, "look again": SETTLING},
    HELD: {
        "rejected": NEEDS_FIX,
        "doubled": DUPLICATE,
        "send again": READY,
        "accept as is": CONFIRMED,
        "look again": SETTLING,
    },
    DUPLICATE: {"look again": SETTLING},
}


def in_state(state: DispatchState) -> Dispatch:
    settle_until = NOW + 10 * MINUTE if state is SETTLING else None
    wake_at = None if state in (CONFIRMED, *NEEDS_PERSON) else NOW
    return Dispatch(state, attempts=1, settle_until=settle_until, wake_at=wake_at, reason="before")


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("state", DispatchState)
def test_every_state_with_every_event(state: DispatchState, name: str) -> None:
    before = in_state(state)
    expected = NEXT[state].get(name)
    if expected is None:
        with pytest.raises(UnexpectedEvent, match=str(state)):
            decide(before, EVENTS[name], NOW)
        assert before == in_state(state)
    else:
        assert decide(before, EVENTS[name], NOW).state is expected


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("state", DispatchState)
def test_who_waits_for_a_person_is_left_in_peace_and_everything_else_is_looked_at(
    state: DispatchState, name: str
) -> None:
    if name in NEXT[state]:
        after = decide(in_state(state), EVENTS[name], NOW)
        assert (after.wake_at is None) == (after.state in (CONFIRMED, *NEEDS_PERSON))
        by_a_person = name in ("send again", "look again")
        assert bool(after.reason) == ((after.state not in (CONFIRMED,) and not by_a_person) or name == "restored")


def test_every_state_asks_for_one_thing() -> None:
    assert sorted(state for states in STATES_ASKING.values() for state in states) == sorted(DispatchState)
    assert next_step(Dispatch(READY)) is Step.SEND and next_step(Dispatch(DUPLICATE)) is Step.ASK_A_PERSON


@pytest.mark.parametrize(("state", "name"), [(READY, "claimed"), (SENDING, "deadline passed")])
def test_nothing_is_taken_before_its_time(state: DispatchState, name: str) -> None:
    with pytest.raises(UnexpectedEvent):
        decide(in_state(state), EVENTS[name], NOW - timedelta(seconds=1))


@pytest.mark.fault("C11")
def test_the_answer_of_an_earlier_attempt_moves_nothing() -> None:
    with pytest.raises(UnexpectedEvent):
        hear(in_state(SENDING), EVENTS["not sent"], NOW, attempt=7, newest=8)
    assert hear(in_state(SENDING), EVENTS["not sent"], NOW, attempt=8, newest=8).state is READY


def test_a_look_speaks_of_the_moment_it_began() -> None:
    lost = in_state(SETTLING)
    early = decide(lost, LookedUp(0, asked_at=NOW), NOW + 11 * MINUTE)
    assert (early.clean_absences, early.wake_at) == (0, NOW + 10 * MINUTE)
    first = decide(early, LookedUp(0, asked_at=NOW + 10 * MINUTE, spacing=MINUTE), NOW + 10 * MINUTE)
    beside_it = LookedUp(0, asked_at=NOW + 10 * MINUTE, spacing=MINUTE)
    assert decide(first, beside_it, NOW + 12 * MINUTE) == first
    assert decide(first, LookedUp(1, asked_at=NOW), NOW + 12 * MINUTE).state is CONFIRMED


def test_what_never_reached_the_former_account_goes_to_the_new_one() -> None:
    with pytest.raises(UnexpectedEvent):
        decide(Dispatch(READY), EVENTS["far side changed"], NOW)


def test_after_a_restore_even_send_again_looks_first() -> None:
    again = decide(in_state(NEEDS_FIX), SendAgain(look_first=10 * MINUTE), NOW)
    assert (again.state, again.attempts, again.settle_until) == (SETTLING, 0, NOW + 10 * MINUTE)


def test_a_claim_counts_and_is_due_at_its_deadline() -> None:
    after = decide(Dispatch(READY, attempts=2), Claimed(NOW + MINUTE), NOW)
    assert (after.attempts, after.wake_at) == (3, NOW + MINUTE)


def test_what_surely_did_not_reach_them_is_no_attempt() -> None:
    waited = decide(Dispatch(SENDING, attempts=2), NotSent(MINUTE, "No connection."), NOW)
    assert (waited.attempts, waited.wake_at) == (1, NOW + MINUTE)


def test_a_lost_answer_is_looked_for_at_once_and_believed_absent_only_after_the_window() -> None:
    lost = decide(Dispatch(SENDING, attempts=1, clean_absences=1), AnswerLost("No answer.", 10 * MINUTE), NOW)
    assert (lost.settle_until, lost.wake_at, lost.clean_absences) == (NOW + 10 * MINUTE, NOW, 0)
    early = decide(lost, LookedUp(0), NOW + MINUTE)
    assert (early.state, early.clean_absences, early.wake_at) == (SETTLING, 0, NOW + 10 * MINUTE)
    first = decide(early, LookedUp(0, spacing=MINUTE), NOW + 10 * MINUTE)
    assert (first.state, first.clean_absences, first.wake_at) == (SETTLING, 1, NOW + 11 * MINUTE)
    again = decide(first, LookedUp(0), NOW + 11 * MINUTE)
    assert (again.state, again.clean_absences, again.settle_until) == (READY, 0, None)
    assert again.wake_at == NOW + 11 * MINUTE


def test_a_failed_look_up_tells_nothing() -> None:
    settling = replace(in_state(SETTLING), clean_absences=1)
    assert decide(settling, LookUpFailed(MINUTE), NOW) == replace(settling, wake_at=NOW + MINUTE)


@pytest.mark.fault("C14")
def test_too_many_lost_attempts_are_held() -> None:
    settling = Dispatch(SETTLING, CRASHES_BEFORE_HOLD, CLEAN_ABSENCES_NEEDED - 1, settle_until=NOW)
    held = decide(settling, LookedUp(0), NOW)
    assert held.state is HELD and f"{CRASHES_BEFORE_HOLD} attempts" in held.reason
    assert decide(replace(settling, attempts=CRASHES_BEFORE_HOLD - 1), LookedUp(0), NOW).state is READY


events = st.one_of(
    st.builds(Claimed, st.just(NOW + MINUTE)),
    st.builds(
        Answered, differences=st.sampled_from([(), ("A",)]), rejected=st.booleans(), problems=st.just(("Problem.",))
    ),
    st.builds(NotSent, st.just(MINUTE), st.just("No.")),
    st.builds(Declined, st.just("No.")),
    st.builds(AnswerLost, st.just("Lost."), st.timedeltas(timedelta(seconds=1), timedelta(hours=1))),
    st.builds(LookedUp, st.sampled_from([0, 0, 0, 1, 2]), differences=st.sampled_from([(), ("A",)])),
    st.builds(LookUpFailed, st.just(MINUTE)),
)
steps = st.lists(st.tuples(events, st.timedeltas(timedelta(0), timedelta(minutes=30))), max_size=40)


@given(steps)
def test_nothing_is_sent_again_before_it_is_surely_absent(history: list[tuple[Event, timedelta]]) -> None:
    dispatch, now = Dispatch(READY, wake_at=NOW), NOW
    clean: list[datetime] = []
    for event, later in history:
        now += later
        before = dispatch
        try:
            dispatch = decide(before, event, now)
        except UnexpectedEvent:
            continue
        assert dispatch.attempts == before.attempts + isinstance(event, Claimed) - isinstance(event, NotSent)
        if before.state is SENDING and dispatch.state is SETTLING:
            clean, window_end = [], dispatch.settle_until
        if isinstance(event, LookedUp) and event.found == 0 and before.state is SETTLING:
            assert window_end is not None
            if before.wake_at is None or now >= before.wake_at:
                clean = [*clean, now] if now >= window_end else []
        if before.state is SETTLING and dispatch.state is READY:
            assert len(clean) >= CLEAN_ABSENCES_NEEDED and min(clean) >= window_end
            assert isinstance(event, LookedUp) and dispatch.attempts < CRASHES_BEFORE_HOLD
        if dispatch.state is SENDING and before.state is not SENDING:
            assert before.state is READY and isinstance(event, Claimed)
        assert (dispatch.settle_until is not None) == (dispatch.state is SETTLING) or dispatch.state in NEEDS_PERSON
