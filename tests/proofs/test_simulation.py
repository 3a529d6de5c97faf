"""Orders through faults of every kind, and the same again to the letter; `make prove` sends a hundred thousand."""

from proofs import simulation


def test_nothing_is_lost_doubled_or_sent_astray() -> None:
    tally = simulation.simulate(range(250))
    assert tally.orders == 5_000 and tally.sends > 5_500
    assert not tally.wrong, f"replay: python -m proofs.simulation --seed {tally.wrong_seeds[0]}"


def test_a_seed_gives_the_same_run_to_the_letter() -> None:
    first, again, other = (simulation.simulate([seed]) for seed in (7, 7, 8))
    assert first.trace == again.trace != other.trace
