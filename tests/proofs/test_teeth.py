"""Every rule of safety bites: without it a wrong world is found soon."""

from pathlib import Path

import pytest

from proofs import simulation, teeth

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("tooth", teeth.TEETH, ids=lambda tooth: tooth.words.replace(" ", "-"))
def test_without_a_rule_something_goes_wrong(tooth: teeth.Tooth) -> None:
    assert teeth.bite(tooth).seed is not None


@pytest.mark.parametrize("kind", [kind for kind in simulation.Kind if kind is not simulation.Kind.USUAL])
def test_with_all_rules_the_harder_worlds_are_right_too(kind: simulation.Kind) -> None:
    tally = simulation.simulate(range(100), kind=kind)
    assert not tally.wrong, f"replay: python -m proofs.simulation --kind {kind} --seed {tally.wrong_seeds[0]}"


def test_every_rule_is_broken_once() -> None:
    named = {tooth.rule for tooth in (*teeth.TEETH, *teeth.TESTED)}
    assert {rule for rule in named if rule.startswith("R")} == {f"R{number}" for number in range(1, 18)}


@pytest.mark.parametrize("tested", teeth.TESTED, ids=lambda tested: tested.rule)
def test_the_test_that_breaks_a_rule_exists(tested: teeth.Tested) -> None:
    file, _, name = tested.test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text()
