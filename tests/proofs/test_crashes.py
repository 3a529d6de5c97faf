"""Wherever a worker dies, whatever the warehouse did meanwhile: nothing is lost, doubled or different.

The short form of `python -m proofs.crashes`: each worker dies at the first step at which none before it has died.
"""

import re

import pytest
from proofs.deaths import ACCEPTED, LOST_BEFORE, Chosen

from dockline.kit.failpoints import Failpoint, Moment
from proofs import deaths
from tests.architecture.sources import DOCKLINE
from tests.support.hub import hub_with_cartoncloud

LOOKS_FAIL = next(one for one in deaths.MORE if "looks fail" in one.name)
WEATHERS = {"export": (ACCEPTED, LOOKS_FAIL, LOST_BEFORE), "purchase": (LOOKS_FAIL,), "receive": deaths.LOOKS[1:]}


@pytest.mark.fault("C01", "C02", "C04", "C05", "C07", "C12")
def test_wherever_a_worker_dies_nothing_is_lost_or_doubled(transactional_db: None) -> None:
    died: set[Chosen] = set()
    unmarked: set[str] = set()
    with hub_with_cartoncloud() as hub, deaths.a_place(hub) as place:
        for scenario in deaths.SCENARIOS:
            for weather in WEATHERS.get(scenario.name, (ACCEPTED,)):
                outcome = deaths.chain_deaths(place, scenario, weather, died, in_weather=scenario.name == "export")
                assert outcome.wrong == [], f"python -m proofs.crashes --scenario '{scenario.name}'"
        unmarked.update(place.worker.unmarked)
        place.worker.start()
        assert deaths.judge(place) == []
        passed = place.worker.ever_passed
    assert len(died) > 50
    assert passed == set(Failpoint), "a failpoint that no flow passes"
    assert unmarked == set(), "two lasting things without a failpoint between them"


def test_every_failpoint_has_one_place_of_its_kind() -> None:
    """What commits can die on both sides of the commit, and nobody in the product watches."""
    text = "\n".join(path.read_text() for path in DOCKLINE.rglob("*.py") if path.name != "failpoints.py")
    used = re.findall(r"\b(passing|committing)\(Failpoint\.(\w+)", text)
    assert {name for _, name in used} == {one.name for one in Failpoint}
    assert "watched(" not in text
    assert {one.value for one in Moment} == {"at", "before the commit", "after the commit"}
