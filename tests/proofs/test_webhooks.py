"""Webhooks in disorder: whatever came of the calls, the books end as if each had come once and in order."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
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


def test_soon_is_soon_for_nearly_all_and_late_for_none() -> None:
    soon = webhooks.Pace(waited=[0.01] * 990 + [0.5] * 10)
    assert soon.is_soon and (soon.within(0.99), soon.within(1)) == (0.01, 0.5)
    assert not webhooks.Pace(waited=[0.01] * 989 + [0.5] * 11).is_soon
    assert not webhooks.Pace(waited=[0.01] * 999 + [1.0]).is_soon


class Slow(BaseHTTPRequestHandler):
    """A server that takes one call at a time, and longer for each than there is."""

    def do_POST(self) -> None:
        time.sleep(0.05)
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_call_waits_from_when_it_was_due_not_from_when_it_could_be_made() -> None:
    pace = webhooks.Pace()
    with HTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        webhooks.call_steadily(address, "", pace, seconds=0.2, rate=40, callers=2)
        server.shutdown()
    assert (len(pace.waited), pace.refused) == (8, 0)
    assert pace.within(1) > 0.15, "8 calls take 0.4 s, and the last one was due after 0.2"
