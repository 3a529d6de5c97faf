"""What is posted to receivers, and what is not."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.caller import Caller, line
from tests.simulator.fidelity.calls import own
from tests.simulator.test_webhooks import Receiver, settle, subscribe

ENTITIES = ("outbound_orders", "inbound_orders", "consignments")
KEY = "long-random-key"


@pytest.fixture
def receiver(stocked: Caller) -> Iterator[Receiver]:
    """Subscribed to everything, each entity under a path of its own."""
    receiver = Receiver()
    for entity in ENTITIES:
        subscribe(stocked.running, entity, url=f"{receiver.url}/{entity}?s=1", style="bearer", secret=KEY)
    yield receiver
    for entity in ENTITIES:
        stocked.running.control.delete(f"/webhooks/{entity}")
    receiver.close()


def announce(api: Caller) -> Any:
    body = {
        "references": {"customer": "PO-1"},
        "customer": {"id": api.running.customer_id},
        "items": [line("A", 5)],
    }
    return api.post("/inbound-orders", body).json()


@pytest.mark.fidelity("19-entities", "19-triggers", "19-request", "19-body")
def test_new_documents_and_new_statuses_are_posted_as_get_answers_them(stocked: Caller, receiver: Receiver) -> None:
    order, inbound = stocked.create("SO-1", line("A", 1)).json(), announce(stocked)
    settle(stocked)
    bodies = {path: body for path, _, body in receiver.requests}
    assert bodies == {"/outbound_orders?s=1": order, "/inbound_orders?s=1": inbound}
    stocked.running.control.post(f"/orders/{order['id']}/pack")
    stocked.running.control.post(f"/inbound-orders/{inbound['id']}/receive", {})
    settle(stocked)
    (consignment,) = own(stocked, "consignments").json()
    last = {path.removesuffix("?s=1").strip("/"): body for path, _, body in receiver.requests}
    assert last == {
        "outbound_orders": stocked.get(f"/outbound-orders/{order['id']}").json(),
        "inbound_orders": stocked.get(f"/inbound-orders/{inbound['id']}").json(),
        "consignments": consignment,
    }
    told = [body["status"] for path, _, body in receiver.requests if path.startswith("/outbound_orders")]
    assert told == ["AWAITING_PICK_AND_PACK", "PACKING_IN_PROGRESS", "PICKED", "PACKED"]


@pytest.mark.fidelity("19-header", "19-no-signature")
def test_a_static_header_comes_along_and_no_signature(stocked: Caller, receiver: Receiver) -> None:
    stocked.create("SO-1", line("A", 1))
    subscribe(stocked.running, "outbound_orders", url=receiver.url, style="header", name="X-Own", secret=KEY)
    stocked.create("SO-2", line("A", 1))
    subscribe(stocked.running, "outbound_orders", url=receiver.url, style="query", name="key", secret=KEY)
    stocked.create("SO-3", line("A", 1))
    settle(stocked)
    bearer, own_header, query = receiver.requests
    assert bearer[1]["Authorization"] == f"Bearer {KEY}"
    assert own_header[1]["X-Own"] == KEY
    assert query[0].endswith(f"key={KEY}")
    usual = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length", "content-type"}
    assert {name.lower() for name in query[1]} <= usual
    assert {name.lower() for name in bearer[1]} <= usual | {"authorization"}


@pytest.mark.fidelity("19-expected")
def test_200_and_202_are_success(stocked: Caller, receiver: Receiver) -> None:
    receiver.answers = [200, 202, 500]
    before = len(settle(stocked))
    for number in range(3):
        stocked.create(f"SO-{number}", line("A", 1))
        settle(stocked)
    deliveries = settle(stocked)[before:]
    assert [delivery["state"] for delivery in deliveries] == ["delivered", "delivered", "failed"]


@pytest.mark.fidelity("19-lost", "21-webhook-weather")
@pytest.mark.parametrize(("deed", "told"), [("webhook_lose", ["SO-2"]), ("webhook_double", ["SO-1", "SO-1", "SO-2"])])
def test_deliveries_are_lost_and_doubled(stocked: Caller, receiver: Receiver, deed: str, told: list[str]) -> None:
    stocked.running.control.post("/faults", {"script": [{"operation": "webhook_outbound_orders", "do": deed}]})
    for number in (1, 2):
        stocked.create(f"SO-{number}", line("A", 1))
        settle(stocked)
    assert [reference for reference, _ in receiver.told] == told


@pytest.mark.fidelity("21-webhook-weather")
def test_deliveries_are_late(stocked: Caller, receiver: Receiver) -> None:
    late = {"operation": "webhook_outbound_orders", "do": "webhook_late", "delay_seconds": 3600}
    stocked.running.control.post("/faults", {"script": [late]})
    for number in (1, 2):
        stocked.create(f"SO-{number}", line("A", 1))
    settle(stocked)
    assert [reference for reference, _ in receiver.told] == ["SO-2"]
    stocked.running.clock.advance(hours=1)
    settle(stocked)
    assert [reference for reference, _ in receiver.told] == ["SO-2", "SO-1"]


@pytest.mark.fidelity("19-silent")
def test_products_stock_edits_and_deletions_are_not_told(stocked: Caller, receiver: Receiver) -> None:
    order = stocked.create("SO-1", line("A", 3)).json()
    settle(stocked)
    assert len(receiver.requests) == 1
    control, customer = stocked.running.control, stocked.running.customer_id
    control.add_product(customer, "C")
    control.add_product(customer, "A", name="Renamed")
    control.add_stock(customer, "C", 5)
    control.patch(f"/orders/{order['id']}", {"items": [{"code": "A", "quantity": 2}]})
    control.patch(f"/customers/{customer}", {"settings": {"overridable_statuses": ["AWAITING_PICK_AND_PACK"]}})
    assert stocked.delete(f"/outbound-orders/{order['id']}").status_code == 204
    settle(stocked)
    assert len(receiver.requests) == 1


@pytest.mark.fidelity("19-inbound-without-items", "19-outbound-without-times")
def test_parts_may_be_missing(stocked: Caller, receiver: Receiver) -> None:
    subscribe(stocked.running, "inbound_orders", url=receiver.url, style="none", secret="", omit=["items", "type"])
    subscribe(stocked.running, "outbound_orders", url=receiver.url, style="none", secret="", omit=["timestamps"])
    documents = [announce(stocked), stocked.create("SO-1", line("A", 1)).json()]
    settle(stocked)
    bodies = {body["id"]: body for _, _, body in receiver.requests}
    missing = [document.keys() - bodies[document["id"]].keys() for document in documents]
    assert missing == [{"items", "type"}, {"timestamps"}]
