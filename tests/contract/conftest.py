"""One simulator process for all contract tests of a worker."""

from collections.abc import Iterator

import pytest

from .far_cartoncloud import FarCartonCloud, Simulator, running


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with running() as simulator:
        yield simulator


@pytest.fixture
def cartoncloud(simulator: Simulator) -> Iterator[FarCartonCloud]:
    far = FarCartonCloud(simulator)
    yield far
    far.close()
