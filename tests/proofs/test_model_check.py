"""Every reachable state of one order is right, and none has gone missing from the search unnoticed."""

import pytest

from dockline.domain.dispatches import rules
from proofs import model_check

STATES = {
    "faults, deaths, pauses, late news": 17_128,
    "refusals, differences, people": 5_834,
    "secret and account changed": 36_706,
    "database restored": 64_884,
    "cancelled, two workers": 33_714,
    "cancelled, differences, people": 14_893,
    "cancelled, secret and account changed": 20_890,
}


@pytest.mark.parametrize("scenario", model_check.SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_state_is_visited_and_right(scenario: model_check.Scenario) -> None:
    found = model_check.check(scenario)
    assert (found.violation, found.way) == ("", ())
    assert found.states == STATES[scenario.name]


def test_without_the_fence_for_changed_channels_an_order_goes_astray() -> None:
    scenario = model_check.Scenario("unfenced", credentials=True, workers=1, fenced=False)
    assert model_check.check(scenario).violation.startswith("I7")


def test_without_a_look_after_a_restore_an_order_is_sent_twice() -> None:
    scenario = model_check.Scenario("blind", restore=True, workers=1, looks_after_restore=False)
    assert model_check.check(scenario).violation.startswith("I6")


def test_without_the_fence_for_wishes_an_order_is_cancelled_here_and_left_there() -> None:
    scenario = model_check.Scenario("unfenced wishes", cancels=True, credentials=True, workers=1, wishes_fenced=False)
    assert model_check.check(scenario).violation.startswith("W1")


def test_when_a_look_counts_from_its_booking_a_held_up_worker_doubles_an_order(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = rules._absent
    monkeypatch.setattr(
        rules, "_absent", lambda dispatch, event, now: absent(dispatch, rules.LookedUp(0, spacing=event.spacing), now)
    )
    assert model_check.check(model_check.Scenario("stale looks")).violation.startswith("I6")
