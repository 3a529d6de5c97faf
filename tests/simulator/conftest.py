"""A running simulator and a caller with a token, for every test here."""

from collections.abc import Iterator

import pytest

from cartoncloud_simulator.testing import RunningSimulator, cartoncloud
from tests.simulator.caller import Caller

__all__ = ["cartoncloud"]


@pytest.fixture
def api(cartoncloud: RunningSimulator) -> Iterator[Caller]:
    with Caller(cartoncloud) as caller:
        yield caller
