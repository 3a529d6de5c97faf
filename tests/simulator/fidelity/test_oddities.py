"""What answers may hold one day, and what only the simulator offers."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from cartoncloud_simulator.settings import Settings
from tests.simulator.caller import Caller, line
from tests.simulator.fidelity.calls import own


def script(api: Caller, *faults: dict[str, Any]) -> None:
    api.running.control.post("/faults", {"script": list(faults)})


@pytest.mark.fidelity("2-new-fields", "21-unknown-things")
def test_unknown_keys_and_statuses_appear_on_order(stocked: Caller) -> None:
    order = stocked.create("SO-1", line("A", 1)).json()
    path = f"/outbound-orders/{order['id']}"
    script(
        stocked,
        {"operation": "get_order", "do": "unknown_fields"},
        {"operation": "search_orders", "do": "unknown_fields"},
        {"operation": "get_order", "do": "unknown_status"},
    )
    odd = stocked.get(path).json()
    assert odd.keys() - order.keys()
    assert odd["details"].keys() - order["details"].keys()
    assert odd["items"][0].keys() - order["items"][0].keys()
    assert {name: odd[name] for name in ("id", "status", "version")} == {
        name: order[name] for name in ("id", "status", "version")
    }
    assert own(stocked, "outbound-orders").json()[0].keys() - order.keys()
    strange = stocked.get(path).json()
    assert strange["status"] not in ("DRAFT", "AWAITING_STOCK", "AWAITING_PICK_AND_PACK", "REJECTED", "DISPATCHED")
    assert {**strange, "status": order["status"]} == order
    assert stocked.get(path).json() == order


@pytest.mark.fidelity("21-settings")
def test_every_guess_is_a_setting(api: Caller) -> None:
    control = api.running.control
    described = control.get("/settings/descriptions")
    assert set(control.get("/settings")) == set(described) == set(Settings.__struct_fields__)
    assert all(described.values())
    guesses = {
        "delete_refused_status": 409,
        "stale_if_match_status": 409,
        "out_of_scope_status": 403,
        "unknown_field_status": 422,
        "text_case_sensitive": True,
        "search_order": "created_descending",
        "default_page_size": 50,
        "max_page_size": 500,
    }
    before = control.get("/settings")
    assert not [name for name, value in guesses.items() if before[name] == value]
    control.set(**guesses)
    after = control.get("/settings")
    assert {name: after[name] for name in guesses} == guesses


@pytest.mark.fidelity("21-clock")
def test_the_clock_moves_timestamps(stocked: Caller) -> None:
    order = stocked.create("SO-1", line("A", 1)).json()
    stocked.running.clock.advance(hours=5)
    stocked.renew_token((stocked.running.client_id, stocked.running.client_secret))
    later = stocked.create("SO-2", line("A", 1)).json()
    first, second = (datetime.fromisoformat(made["timestamps"]["created"]["time"]) for made in (order, later))
    assert timedelta(hours=5) <= second - first < timedelta(hours=6)


@pytest.mark.fidelity("21-products")
def test_products_can_be_changed_from_outside(stocked: Caller) -> None:
    before = own(stocked, "warehouse-products").json()[0]
    stocked.running.clock.advance(seconds=5)
    stocked.running.control.add_product(stocked.running.customer_id, "A", name="Renamed")
    after = stocked.get(f"/warehouse-products/{before['id']}").json()
    assert (after["id"], after["name"]) == (before["id"], "Renamed")
    assert after["timestamps"]["modified"] != before["timestamps"]["modified"]
    assert after["timestamps"]["created"] == before["timestamps"]["created"]
