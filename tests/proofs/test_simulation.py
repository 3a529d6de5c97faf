"""Twenty thousand orders through faults of every kind, and the same again to the letter."""

import pytest

from dockline.domain.dispatches import rules
from proofs import simulation


def test_nothing_is_lost_doubled_or_sent_astray() -> None:
    tally = simulation.simulate(range(1000))
    assert tally.orders == 20_000 and tally.sends > 22_000
    assert not tally.wrong, f"replay: python -m proofs.simulation --seed {tally.wrong_seeds[0]}"


def test_a_seed_gives_the_same_run_to_the_letter() -> None:
    first, again, other = (simulation.simulate([seed]) for seed in (7, 7, 8))
    assert first.trace == again.trace != other.trace


@pytest.mark.parametrize(
    "rule",
    [
        "intent before call",
        "deadline before call",
        "reference first",
        "one send per attempt",
        "exact match",
        "fenced credentials",
        "hold when pointed elsewhere",
    ],
)
def test_without_a_rule_something_goes_wrong(rule: str) -> None:
    assert simulation.simulate(range(1000), off=frozenset([rule]), stop_at_wrong=True).wrong


def test_one_absence_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "CLEAN_ABSENCES_NEEDED", 1)
    assert simulation.simulate(range(1000), stop_at_wrong=True).wrong["duplicated"]


def test_a_window_shorter_than_late_requests_doubles_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "SETTLE", simulation.SETTLE / 10)
    assert simulation.simulate(range(1000), stop_at_wrong=True).wrong["duplicated"]
