"""Every rule of safety bites: without it a wrong world is found soon; what cannot be broken is named."""

import re
from pathlib import Path

import pytest

from proofs import teeth

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


@pytest.mark.parametrize("tooth", teeth.TEETH, ids=lambda tooth: tooth.words.replace(" ", "-"))
def test_without_a_rule_something_goes_wrong(tooth: teeth.Tooth) -> None:
    assert teeth.bite(tooth).seed is not None


def test_every_rule_is_broken_or_named_as_unproven() -> None:
    named = [tooth.rule for tooth in teeth.TEETH] + [rule.rule for rule in teeth.UNPROVEN]
    assert {rule for rule in named if rule.startswith("R")} == {f"R{number}" for number in range(1, 18)}
    assert not {tooth.rule for tooth in teeth.TEETH} & {rule.rule for rule in teeth.UNPROVEN}


def test_what_is_unproven_stands_in_the_documentation() -> None:
    told = dict(re.findall(r"^\| (R\d+): (.+?) \|", PAGE.read_text(), re.MULTILINE))
    assert told == {rule.rule: rule.words for rule in teeth.UNPROVEN}
