"""The control plane: settings, master data, faults, counts."""

import time
from typing import Any

import httpx2
import pytest

from cartoncloud_simulator.settings import Settings
from cartoncloud_simulator.testing import RunningSimulator
from tests.simulator.caller import Caller, line


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PATCH", "/settings", {"outbound_rate_limit": 0}, "/outbound_rate_limit"),
        ("PATCH", "/settings", {"nothing": 1}, "/nothing"),
        ("PATCH", "/settings", {"shortage_policy": "hope", "token_seconds": 5}, "/shortage_policy"),
        ("POST", "/customers", {"name": " "}, "/name"),
        ("POST", "/customers", {"name": "Bluegum Pantry"}, "/name"),
        ("POST", "/customers", {"name": "X", "settings": {"token_seconds": 1}}, "/settings/token_seconds"),
        ("POST", "/customers", {}, "/name"),
        ("POST", "/warehouses", {"name": "X", "timezone": "Mars/Base"}, "/timezone"),
        ("POST", "/clients", {"roles": ["King"]}, "/roles/0"),
        ("POST", "/clients", {"customers": ["nobody"]}, "/customers/0"),
        ("POST", "/products", {"customer": "nobody", "products": []}, "/customer"),
        ("POST", "/crew", {"running": "yes"}, "/running"),
        ("POST", "/crew", {"short_pick_rate": 2}, "/short_pick_rate"),
        ("POST", "/crew/step", {"stage": "sleep"}, "/stage"),
        ("POST", "/faults", {"script": [{"operation": "nope", "do": "status"}]}, "/script/0/operation"),
        ("POST", "/faults", {"script": [{"operation": "token", "do": "dance"}]}, "/script/0/do"),
        ("GET", "/ledger?after=x", None, "?after"),
    ],
)
def test_bad_input_names_the_field_and_changes_nothing(
    cartoncloud: RunningSimulator, method: str, path: str, body: Any, field: str
) -> None:
    before = [cartoncloud.control.get(seen) for seen in ("/settings", "/state", "/crew", "/faults")]
    response = httpx2.request(method, f"{cartoncloud.base_url}/_sim{path}", json=body)
    assert response.status_code == 422, response.text
    assert response.json()[0]["field"] == field
    assert [cartoncloud.control.get(seen) for seen in ("/settings", "/state", "/crew", "/faults")] == before


def test_bulk_rows_are_all_or_nothing(cartoncloud: RunningSimulator) -> None:
    control, customer = cartoncloud.control, cartoncloud.customer_id
    control.add_product(customer, "A")
    good = {"code": "A", "quantity": "2.5"}
    for bad, field in (
        ({"code": "NOPE", "quantity": 1}, "/rows/1/code"),
        ({"code": "A", "quantity": 0}, "/rows/1/quantity"),
        ({"code": "A", "quantity": 1, "unit": "PLT"}, "/rows/1/unit"),
        ({"code": "A", "quantity": 1, "expiry": "soon"}, "/rows/1/expiry"),
    ):
        sent = {"customer": customer, "rows": [good, bad]}
        response = httpx2.post(f"{cartoncloud.base_url}/_sim/stock", json=sent)
        assert (response.status_code, response.json()[0]["field"]) == (422, field)
    assert control.get("/stock") == []
    bad_units = {"customer": customer, "products": [{"code": "B", "name": "B", "units": {"EA": {"baseQty": -1}}}]}
    refused = httpx2.post(f"{cartoncloud.base_url}/_sim/products", json=bad_units)
    assert refused.json()[0]["field"] == "/products/0/unitOfMeasures/EA/baseQty"


def test_state_shows_no_secret_and_every_setting_is_described(cartoncloud: RunningSimulator) -> None:
    state = httpx2.get(f"{cartoncloud.base_url}/_sim/state").text
    assert cartoncloud.client_secret not in state
    assert cartoncloud.control.get("/health") == {"status": "ok"}
    described = cartoncloud.control.get("/settings/descriptions")
    assert set(described) == set(Settings.__struct_fields__)
    assert all(described.values())


def test_products_keep_their_id_when_put_again_and_cartons_are_received_in_base_units(
    cartoncloud: RunningSimulator,
) -> None:
    control, customer = cartoncloud.control, cartoncloud.customer_id
    units = {"EA": {"baseQty": 1, "name": "Each"}, "CTN": {"baseQty": 12, "name": "Carton"}}
    first = control.add_product(customer, "A", units=units)
    assert control.add_product(customer, "A", units=units, name="New name") == first
    control.add_stock(customer, "A", 3, unit="CTN")
    assert control.stock_of("A") == ("36", "36", "0")


def test_answers_are_counted_by_path_and_status(api: Caller) -> None:
    api.running.control.post("/requests/reset")
    api.create("SO-1")
    api.get("/outbound-orders/x")
    api.get("/customers")
    assert api.running.control.get("/requests") == {
        "GET /customers": {"200": 1},
        "GET /outbound-orders/{id}": {"404": 1},
        "POST /outbound-orders": {"422": 1},
    }


@pytest.fixture
def stocked(api: Caller) -> Caller:
    api.running.control.add_product(api.running.customer_id, "A")
    api.running.control.add_stock(api.running.customer_id, "A", 50)
    return api


@pytest.mark.parametrize(("deed", "applied"), [("lose_answer", True), ("reset_after", True), ("reset_before", False)])
def test_a_cut_connection_leaves_or_does_not_leave_an_order(stocked: Caller, deed: str, applied: bool) -> None:
    control = stocked.running.control
    control.post("/faults", {"script": [{"operation": "create_order", "do": deed}]})
    with pytest.raises(httpx2.TransportError):
        stocked.create("SO-1", line("A", 1))
    assert len(control.list_lines("/ledger")) == applied
    assert control.get("/faults") == {"script": []}
    assert stocked.create("SO-1", line("A", 1)).status_code == (422 if applied else 201)
    assert control.get("/requests")["POST /outbound-orders"]["lost"] == 1


def test_an_order_can_arrive_after_its_connection_is_gone(stocked: Caller) -> None:
    control = stocked.running.control
    control.post("/faults", {"script": [{"operation": "create_order", "do": "apply_late", "delay_seconds": 0.3}]})
    with pytest.raises(httpx2.TransportError):
        stocked.create("SO-1", line("A", 1))
    assert stocked.search("outbound-orders") == []
    deadline = time.monotonic() + 5
    while not control.list_lines("/ledger") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(stocked.search("outbound-orders")) == 1


def test_a_script_is_used_up_in_order(stocked: Caller) -> None:
    control = stocked.running.control
    script = [
        {"operation": "create_order", "do": "status", "status": 500, "times": 2},
        {"operation": "create_order", "do": "status", "status": 429, "body": "<html>", "headers": {"Retry-After": "1"}},
        {"operation": "*", "do": "delay", "delay_seconds": 0.01},
    ]
    control.post("/faults", {"script": script})
    answers = [stocked.create("SO-1", line("A", 1)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [500, 500, 429, 201]
    assert (answers[2].text, answers[2].headers["Retry-After"]) == ("<html>", "1")
    control.post("/faults", {"script": script})
    assert control.delete("/faults") == {"script": []}
