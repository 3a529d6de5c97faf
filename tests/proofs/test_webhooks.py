"""Webhooks in disorder: whatever came of the calls, the books end as if each had come once and in order."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from proofs import webhooks
from tests.support.hub import Hub, hub_with_cartoncloud
from tests.support.web_server import running_web


@pytest.fixture
def served(transactional_db: None, settings: Settings) -> Iterator[tuple[Hub, str]]:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    with hub_with_cartoncloud() as hub, running_web() as server:
        yield hub, server


@pytest.mark.fault("H01", "H02", "H03", "H05")
def test_orders_told_of_in_disorder_end_as_in_good_order(served: tuple[Hub, str]) -> None:
    hub, server = served
    told = webhooks.tell_in_disorder(hub, server, histories=2, seed=1)
    assert told.wrong == [] and told.calls > 5
