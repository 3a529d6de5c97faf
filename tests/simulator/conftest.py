"""A running simulator and a caller with a token, for every test here."""

from collections.abc import Iterator

import pytest

from cartoncloud_simulator.testing import RunningSimulator, cartoncloud_simulator
from tests.simulator.caller import Caller

__all__ = ["cartoncloud_simulator"]


@pytest.fixture
def cartoncloud(cartoncloud_simulator: RunningSimulator) -> RunningSimulator:
    """The same by a shorter name."""
    return cartoncloud_simulator


@pytest.fixture
def api(cartoncloud: RunningSimulator) -> Iterator[Caller]:
    with Caller(cartoncloud) as caller:
        yield caller
