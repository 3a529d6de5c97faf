"""Hostile bodies at the reader and through everything: a value or a refusal. `make fuzz-input` takes a million."""

import pytest

from proofs import fuzz_input, hostile_bodies, hostile_stack


@pytest.mark.fault("N06", "N14", "N15")
def test_hostile_bodies_are_read_or_refused() -> None:
    tally = fuzz_input.fuzz_parser(25_000)
    assert not tally.wrong, tally.wrong[:3]
    assert tally.read > 2_500, "many are still readable, or the rest is not looked at"
    assert tally.growth < fuzz_input.MOST_GROWTH


def test_a_seed_gives_the_same_bodies_to_the_letter() -> None:
    first, again, other = (hostile_bodies.bodies(seed) for seed in (1, 1, 2))
    bodies = [next(first) for _ in range(50)]
    assert bodies == [next(again) for _ in range(50)] != [next(other) for _ in range(50)]


def test_conversions_are_exact() -> None:
    assert fuzz_input.fuzz_conversions(2_000) == 0


@pytest.mark.fault("N06", "N07", "N17", "H03", "H04", "H08")
def test_all_of_it_stands_in_front_of_a_spoiled_far_side(transactional_db: None) -> None:
    with hostile_stack.storm(seed=1) as storm:
        outcome = storm.rage(25)
    assert outcome.wrong == []
    assert outcome.bodies >= 25 and {400, 404} <= set(outcome.answered)
