"""Each scenario calls every operation of one resource; what is answered must be what was recorded."""

import os
from pathlib import Path

import pytest

from tests.simulator.caller import Caller
from tests.simulator.golden import lives, trade, transport
from tests.simulator.golden.recorder import Recorder
from tests.simulator.golden.scenario import SCENARIOS

HERE = Path(__file__).parent
PLAYED = (lives, trade, transport)


@pytest.mark.parametrize("name", SCENARIOS)
def test_answers_are_as_recorded(api: Caller, name: str) -> None:
    recorder = Recorder()
    api.running.clock.freeze()
    SCENARIOS[name](api, recorder)
    path = HERE / f"{name}.json"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(recorder.written())
    assert recorder.written() == path.read_text()


def test_every_scenario_is_recorded_and_every_record_played() -> None:
    assert {path.stem for path in HERE.glob("*.json")} == SCENARIOS.keys()
