"""Wherever a worker dies, whatever the warehouse did meanwhile: nothing is lost, doubled or different.

The short form of `python -m proofs.crashes`: each worker dies at the first of what lasts at which none before it died.
"""

import re

import pytest
from proofs.deaths import ACCEPTED, LOST_BEFORE, Chosen

from dockline.kit.failpoints import Failpoint, Moment
from proofs import deaths
from tests.architecture.sources import DOCKLINE
from tests.support.hub import hub_with_cartoncloud

LASTING = (
    Failpoint.SHIPMENTS_CLAIMED,
    Failpoint.ANSWER_CAME,
    Failpoint.ANSWERS_REMEMBERED,
    Failpoint.ATTEMPTS_GIVEN_UP,
    Failpoint.LOOK_BOOKED,
    Failpoint.CANCEL_ANSWERED,
    Failpoint.WISHES_BOOKED,
    Failpoint.SHIPMENTS_RECEIVED,
    Failpoint.PURCHASE_CLAIMED,
    Failpoint.PURCHASE_REMEMBERED,
)
SHORT = (
    ("export", ACCEPTED),
    ("export", LOST_BEFORE),
    ("cancel", ACCEPTED),
    ("receive", ACCEPTED),
    ("purchase", ACCEPTED),
)


@pytest.mark.fault("C02", "C04", "C05", "C07")
def test_wherever_a_worker_dies_nothing_is_lost_or_doubled(transactional_db: None) -> None:
    died: set[Chosen] = set()
    with hub_with_cartoncloud() as hub, deaths.a_place(hub) as place:
        for name, weather in SHORT:
            (scenario,) = [one for one in deaths.SCENARIOS if one.name == name]
            outcome = deaths.chain_deaths(place, scenario, weather, died, among=LASTING)
            assert outcome.wrong == [], f"python -m proofs.crashes --scenario {name}"
        assert {point for point, _ in died} == set(LASTING)
        assert [one for one in place.worker.unmarked if "get_marker" not in one] == [], "no failpoint between these"
        place.worker.start()
        assert deaths.judge(place) == []


def test_every_failpoint_has_one_place_of_its_kind() -> None:
    """What commits can die on both sides of the commit, and nobody in the product watches."""
    text = "\n".join(path.read_text() for path in DOCKLINE.rglob("*.py") if path.name != "failpoints.py")
    used = re.findall(r"\b(passing|committing)\(Failpoint\.(\w+)", text)
    assert {name for _, name in used} == {one.name for one in Failpoint}
    assert "watched(" not in text
    assert {one.value for one in Moment} == {"at", "before the commit", "after the commit"}
