"""A hub for each test. Sending happens in threads, so these tests commit for real."""

from collections.abc import Iterator

import pytest

from tests.support.hub import Hub, hub_with_cartoncloud, hub_with_manual_warehouse


@pytest.fixture
def hub(transactional_db: None) -> Iterator[Hub]:
    """An installation connected to a fresh CartonCloud simulator."""
    with hub_with_cartoncloud() as found:
        yield found
        found.check()


@pytest.fixture
def manual_hub(transactional_db: None) -> Iterator[Hub]:
    """An installation whose warehouse has no system."""
    found = hub_with_manual_warehouse()
    yield found
    found.check()
