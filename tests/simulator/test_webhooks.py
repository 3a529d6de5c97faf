"""Webhooks as their receiver sees them: a real HTTP server that notes what it is sent."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cartoncloud_simulator.testing import RunningSimulator, running_simulator
from tests.simulator.caller import Caller, line

SECRET = "canary-webhook-secret"


class Receiver:
    """Notes every request; answers with the next of `answers`, or 202."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.path, dict(self.headers), json.loads(body)))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 202)
                self.send_header("Location", f"{receiver.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def told(self) -> list[tuple[str, str]]:
        """Reference and status of every document received."""
        return [(body["references"]["customer"], body["status"]) for _, _, body in self.requests]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def stocked(api: Caller, receiver: Receiver) -> Caller:
    running = api.running
    running.control.set(outbound_rate_limit_enabled=False)
    running.control.add_product(running.customer_id, "A")
    running.control.add_stock(running.customer_id, "A", 500)
    running.clock.freeze()
    subscribe(running, "outbound_orders", url=f"{receiver.url}/orders")
    return api


def subscribe(running: RunningSimulator, entity: str, **more: Any) -> Any:
    sent = {"style": "header", "secret": SECRET, **more}
    return httpx2.put(f"{running.base_url}/_sim/webhooks/{entity}", json=sent).raise_for_status().json()


def settle(api: Caller) -> list[Any]:
    """Let everything due be sent; the log of deliveries."""
    api.running.clock.advance(seconds=0)
    return list(api.running.control.get("/webhooks")["deliveries"])


def test_creation_and_every_change_of_status_are_told_with_the_document(stocked: Caller, receiver: Receiver) -> None:
    order = stocked.create("SO-1", line("A", 1)).json()
    settle(stocked)
    path, headers, body = receiver.requests[0]
    assert (path, headers["X-Api-Key"], headers["Content-Type"]) == ("/orders", SECRET, "application/json")
    assert body == order == stocked.get(f"/outbound-orders/{order['id']}").json()
    stocked.running.control.patch(f"/orders/{order['id']}", {"items": [{"code": "A", "quantity": 2}]})
    stocked.running.control.post("/crew/step", {"orders": 1})
    deliveries = settle(stocked)
    statuses = ["AWAITING_PICK_AND_PACK", "PACKING_IN_PROGRESS", "PICKED", "PACKED", "DISPATCHED"]
    assert receiver.told == [("SO-1", status) for status in statuses]
    assert [(each["status"], each["state"], len(each["attempts"])) for each in deliveries] == [
        (status, "delivered", 1) for status in statuses
    ]


@pytest.mark.parametrize(
    ("more", "path", "header"),
    [
        ({"style": "bearer"}, "/hook?a=1", ("Authorization", f"Bearer {SECRET}")),
        ({"style": "query", "name": "token"}, f"/hook?a=1&token={SECRET}", None),
        ({"style": "header", "name": "X-Warehouse"}, "/hook?a=1", ("X-Warehouse", SECRET)),
        ({"style": "none", "secret": ""}, "/hook?a=1", None),
    ],
)
def test_the_sender_shows_its_key_the_way_it_is_told(
    stocked: Caller, receiver: Receiver, more: dict[str, Any], path: str, header: tuple[str, str] | None
) -> None:
    subscribe(stocked.running, "outbound_orders", url=f"{receiver.url}/hook?a=1", **more)
    stocked.create("SO-1", line("A", 1))
    settle(stocked)
    got_path, headers, _ = receiver.requests[0]
    assert got_path == path
    if header:
        assert headers[header[0]] == header[1]
    else:
        assert SECRET not in str(headers)


def test_parts_may_be_left_out_and_other_entities_have_their_own_url(stocked: Caller, receiver: Receiver) -> None:
    running = stocked.running
    subscribe(running, "outbound_orders", url=f"{receiver.url}/a", omit=["items", "timestamps"])
    subscribe(running, "consignments", url=f"{receiver.url}/b")
    subscribe(running, "inbound_orders", url=f"{receiver.url}/c")
    order = stocked.create("SO-1", line("A", 1)).json()
    running.control.post(f"/orders/{order['id']}/pack", {})
    inbound = {"references": {"customer": "PO-1"}, "customer": {"id": running.customer_id}, "items": [line("A", 5)]}
    assert stocked.post("/inbound-orders", inbound).status_code == 201
    settle(stocked)
    by_path: dict[str, list[Any]] = {}
    for path, _, body in receiver.requests:
        by_path.setdefault(path, []).append(body)
    assert set(by_path) == {"/a", "/b", "/c"}
    assert not {"items", "timestamps"} & set(by_path["/a"][0]) and by_path["/a"][0]["id"] == order["id"]
    assert by_path["/b"][-1]["type"] == "CONSIGNMENT" and by_path["/b"][-1]["status"] == "IN_WAREHOUSE"
    assert by_path["/c"][0]["references"]["customer"] == "PO-1"


def test_nothing_is_told_of_what_was_there_before_nor_after_the_end(stocked: Caller, receiver: Receiver) -> None:
    running = stocked.running
    running.control.delete("/webhooks/outbound_orders")
    early = stocked.create("SO-1", line("A", 1)).json()
    subscribe(running, "outbound_orders", url=receiver.url)
    running.control.patch(f"/orders/{early['id']}", {"items": [{"code": "A", "quantity": 2}]})
    settle(stocked)
    assert receiver.requests == []
    running.control.delete("/webhooks/outbound_orders")
    stocked.create("SO-2", line("A", 1))
    settle(stocked)
    assert receiver.requests == []


@pytest.mark.fidelity("19-retries")
def test_a_failure_is_not_tried_again_unless_told_to(stocked: Caller, receiver: Receiver) -> None:
    receiver.answers = [500]
    stocked.create("SO-1", line("A", 1))
    stocked.running.clock.advance(hours=0.5)
    (failed,) = settle(stocked)
    assert (failed["state"], [attempt["status"] for attempt in failed["attempts"]]) == ("failed", [500])

    stocked.running.control.set(webhook_retries=2, webhook_retry_seconds=60)
    receiver.answers = [500, 503]
    stocked.create("SO-2", line("A", 1))
    settle(stocked)
    assert len(receiver.requests) == 2
    stocked.running.clock.advance(seconds=60)
    assert len(receiver.requests) == 3
    stocked.running.clock.advance(days=1)
    retried = settle(stocked)[-1]
    assert (retried["state"], [attempt["status"] for attempt in retried["attempts"]]) == ("delivered", [500, 503, 202])
    assert len(receiver.requests) == 4


def test_a_redirect_is_not_followed(stocked: Caller, receiver: Receiver) -> None:
    receiver.answers = [307]
    stocked.create("SO-1", line("A", 1))
    assert settle(stocked)[0]["state"] == "failed"
    assert [path for path, _, _ in receiver.requests] == ["/orders"]


def test_nobody_listening_is_a_failure_like_any(stocked: Caller) -> None:
    subscribe(stocked.running, "outbound_orders", url="http://127.0.0.1:9/")
    stocked.create("SO-1", line("A", 1))
    (failed,) = settle(stocked)
    assert (failed["state"], failed["attempts"][0]["problem"]) == ("failed", "ConnectError")
    assert stocked.create("SO-2", line("A", 1)).status_code == 201


@pytest.mark.parametrize(
    ("do", "told"),
    [
        ("webhook_lose", ["SO-2", "SO-3"]),
        ("webhook_double", ["SO-1", "SO-1", "SO-2", "SO-3"]),
        ("webhook_reorder", ["SO-2", "SO-1", "SO-3"]),
        ("webhook_late", ["SO-2", "SO-3", "SO-1"]),
    ],
)
def test_the_weather_loses_doubles_reorders_and_delays(
    stocked: Caller, receiver: Receiver, do: str, told: list[str]
) -> None:
    stocked.running.weather.fault("webhook_outbound_orders", do, delay_seconds=30)
    for number in (1, 2, 3):
        stocked.create(f"SO-{number}", line("A", 1))
        settle(stocked)
    stocked.running.clock.advance(seconds=60)
    assert [reference for reference, _ in receiver.told] == told


def test_a_lost_one_can_be_sent_again_as_it_was(stocked: Caller, receiver: Receiver) -> None:
    stocked.running.weather.fault("webhook_outbound_orders", "webhook_lose")
    order = stocked.create("SO-1", line("A", 1)).json()
    (lost,) = settle(stocked)
    assert (lost["state"], receiver.requests) == ("lost", [])
    stocked.running.control.post(f"/orders/{order['id']}/pick", {})
    stocked.running.control.post(f"/webhooks/deliveries/{lost['number']}/redeliver")
    settle(stocked)
    assert receiver.told[-1] == ("SO-1", "AWAITING_PICK_AND_PACK")
    assert receiver.requests[-1][2] == order


def test_a_delay_follows_the_simulated_clock(stocked: Caller, receiver: Receiver) -> None:
    stocked.running.control.set(webhook_delay_seconds=300)
    stocked.create("SO-1", line("A", 1))
    stocked.running.clock.advance(seconds=299)
    assert receiver.requests == []
    stocked.running.clock.advance(seconds=1)
    assert receiver.told == [("SO-1", "AWAITING_PICK_AND_PACK")]


def test_no_key_is_shown_anywhere(stocked: Caller, receiver: Receiver) -> None:
    for style in ("header", "bearer", "query"):
        subscribe(stocked.running, "outbound_orders", url=f"{receiver.url}/?secret=canary-in-url", style=style)
        stocked.create(f"SO-{style}", line("A", 1))
        settle(stocked)
    assert len(receiver.requests) == 3
    shown = "".join(
        httpx2.get(f"{stocked.running.base_url}/_sim{path}").text for path in ("/webhooks", "/wire", "/state")
    )
    assert "webhook_outbound_orders" in shown
    assert SECRET not in shown and "canary-in-url" not in shown


def test_subscriptions_survive_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    with running_simulator(folder=tmp_path) as first:
        subscribe(first, "outbound_orders", url=receiver.url)
    with running_simulator(folder=tmp_path) as second, Caller(second) as api:
        api.create("SO-1", line("A", 1))
        settle(api)
        assert receiver.told == [("SO-1", "REJECTED")]
        assert receiver.requests[0][1]["X-Api-Key"] == SECRET


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"url": "ftp://example.com", "style": "none"}, "/url"),
        ({"url": "http://user:pass@example.com", "style": "none"}, "/url"),
        ({"url": "http://", "style": "none"}, "/url"),
        ({"url": "http://example.com:99999", "style": "none"}, "/url"),
        ({"url": "http://example.com", "style": "bearer"}, "/secret"),
        ({"url": "http://example.com", "secret": "a\r\nb"}, "/secret"),
        ({"url": "http://example.com", "secret": "a", "name": "a b"}, "/name"),
        ({"url": "http://example.com", "secret": "a", "omit": ["id"]}, "/omit/0"),
        ({"url": "http://example.com", "secret": "a", "events": []}, "/events"),
    ],
)
def test_a_bad_subscription_is_refused(api: Caller, sent: dict[str, Any], field: str) -> None:
    answer = httpx2.put(f"{api.running.base_url}/_sim/webhooks/consignments", json=sent)
    assert (answer.status_code, answer.json()[0]["field"]) == (422, field)
    assert api.running.control.get("/webhooks")["subscriptions"] == {}
    assert httpx2.put(f"{api.running.base_url}/_sim/webhooks/products", json={}).status_code == 404
