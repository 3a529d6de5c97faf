"""The crew, single steps, consignments, staff's changes of mind."""

import time
from typing import Any

import pytest

from cartoncloud_simulator.testing import ControlError
from tests.simulator.caller import Caller, leaf, line, parts


@pytest.fixture(autouse=True)
def stocked(api: Caller) -> None:
    for code in ("A", "B"):
        api.running.control.add_product(api.running.customer_id, code)
        api.running.control.add_stock(api.running.customer_id, code, 1000)
    api.running.control.set(outbound_rate_limit_enabled=False)


def create(api: Caller, reference: str = "SO-1") -> str:
    return str(api.create(reference, line("A", 10), line("B", 5)).json()["id"])


def read(api: Caller, order_id: str) -> Any:
    return api.get(f"/outbound-orders/{order_id}").json()


def consignments_of(api: Caller, order_id: str) -> Any:
    return api.search("consignments", leaf("/generatedFromTask/id", order_id))


def test_every_stage_moves_version_stock_and_consignment(api: Caller) -> None:
    control, order_id = api.running.control, create(api)
    assert control.stock_of("A") == ("1000", "990", "10")
    assert control.post(f"/orders/{order_id}/pick")["status"] == "PICKED"
    assert consignments_of(api, order_id) == []
    control.post(f"/orders/{order_id}/pack", {"packages": 2})
    assert control.stock_of("A") == ("990", "990", "0")
    packed = read(api, order_id)
    assert (packed["status"], packed["version"]) == ("PACKED", 4)
    assert packed["timestamps"]["packed"]["time"]
    (consignment,) = consignments_of(api, order_id)
    assert consignment["details"]["type"] == "WAREHOUSE_FULFILMENT"
    assert consignment["references"]["tracking"] in consignment["details"]["tracking"]["url"]
    assert (consignment["status"], len(consignment["items"])) == ("IN_WAREHOUSE", 2)
    control.post(f"/orders/{order_id}/dispatch")
    assert read(api, order_id)["timestamps"]["dispatched"]["time"]
    assert consignments_of(api, order_id)[0]["status"] == "SHIPPED"


def test_a_short_pick_gives_the_rest_back(api: Caller) -> None:
    control, order_id = api.running.control, create(api)
    control.post(f"/orders/{order_id}/pack", {"items": [{"code": "A", "quantity": 7}, {"code": "B", "quantity": 0}]})
    assert parts(read(api, order_id)) == [(7, "EA", None)]
    assert control.stock_of("A") == ("993", "993", "0")
    assert control.stock_of("B") == ("1000", "1000", "0")


def test_staff_revert_edit_after_dispatch_reject_and_delete(api: Caller) -> None:
    control, order_id = api.running.control, create(api)
    control.post(f"/orders/{order_id}/dispatch")
    control.patch(f"/orders/{order_id}", {"items": [{"code": "A", "quantity": 8}]})
    assert control.stock_of("A") == ("992", "992", "0")
    reverted = control.post(f"/orders/{order_id}/revert")
    assert (reverted["status"], control.stock_of("A")) == ("AWAITING_PICK_AND_PACK", ("1000", "992", "8"))
    assert "dispatched" not in read(api, order_id)["timestamps"]
    control.post(f"/orders/{order_id}/reject", {"reason": "No"})
    assert (read(api, order_id)["status"], control.stock_of("A")) == ("REJECTED", ("1000", "1000", "0"))
    assert consignments_of(api, order_id) == []
    control.delete(f"/orders/{order_id}")
    assert api.get(f"/outbound-orders/{order_id}").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("pack", {"items": [{"code": "NOPE", "quantity": 1}]}, "/items/0"),
        ("pack", {"items": [{"code": "A", "quantity": -1}]}, "/items/0/quantity"),
        ("pack", {"items": [{"code": "A", "quantity": 5000}]}, "/items"),
        ("pack", {"items": [{"code": "A", "quantity": "many"}]}, "/items/0/quantity"),
        ("pack", {"itemz": []}, "/itemz"),
        ("revert", {"status": "DISPATCHED"}, "/status"),
    ],
)
def test_impossible_steps_are_refused_whole(api: Caller, path: str, body: dict[str, Any], field: str) -> None:
    order_id = create(api)
    before, stock = read(api, order_id), api.running.control.get("/stock")
    response = api.http.post(f"/_sim/orders/{order_id}/{path}", json=body)
    assert response.status_code == 422
    assert response.json()[0]["field"] == field
    assert (read(api, order_id), api.running.control.get("/stock")) == (before, stock)


def test_a_dispatched_order_is_not_packed_again(api: Caller) -> None:
    order_id = create(api)
    api.running.control.post(f"/orders/{order_id}/dispatch")
    with pytest.raises(ControlError, match="409"):
        api.running.control.post(f"/orders/{order_id}/pack")


def test_tracking_is_corrected_without_touching_the_order(api: Caller) -> None:
    order_id = create(api)
    api.running.control.post(f"/orders/{order_id}/dispatch")
    before, (consignment,) = read(api, order_id), consignments_of(api, order_id)
    api.running.control.post(f"/consignments/{consignment['id']}", {"tracking": "NEW1", "carrier": "Fast"})
    corrected = api.get(f"/consignments/{consignment['id']}").json()
    assert (corrected["references"]["tracking"], corrected["details"]["tracking"]["companyName"]) == ("NEW1", "Fast")
    assert corrected["version"] == consignment["version"] + 1
    assert read(api, order_id) == before
    bare = api.get(f"/consignments/{consignment['id']}", headers={"Prefer": "return=no-items"})
    assert ("items" in bare.json(), bare.headers["Preference-Applied"]) == (False, "return=no-items")


def test_without_consignments_there_is_no_picked_status(api: Caller) -> None:
    api.running.control.set(consignment_generation="off")
    order_id = create(api)
    assert api.running.control.post(f"/orders/{order_id}/pick")["status"] == "PACKING_IN_PROGRESS"
    api.running.control.post(f"/orders/{order_id}/dispatch")
    assert consignments_of(api, order_id) == []


def test_the_crew_works_oldest_first_and_finds_many_consignments(api: Caller) -> None:
    control = api.running.control
    control.set(consignments_per_order=2)
    ids = [create(api, f"SO-{number}") for number in range(6)]
    assert control.post("/crew/step", {"orders": 2}) == {"processed": 2}
    assert [read(api, order_id)["status"] == "DISPATCHED" for order_id in ids] == [True] * 2 + [False] * 4
    control.post("/crew", {"running": True})
    deadline = time.monotonic() + 10
    while control.get("/crew")["waiting"] and time.monotonic() < deadline:
        time.sleep(0.01)
    control.post("/crew", {"running": False})
    leaves = [leaf("/generatedFromTask/id", order_id) for order_id in ids]
    assert len(api.search("consignments", *leaves, any_of=True)) == 12
    assert control.get("/state")["orders"] == {"DISPATCHED": 6}
    assert all(row["allocated"] == "0" for row in control.get("/stock"))


def test_short_picks_follow_seed_and_reference_alone(api: Caller) -> None:
    control = api.running.control
    control.post("/crew", {"short_pick_rate": 0.5, "seed": 7})
    outcomes = []
    for round_number, references in enumerate((range(12), reversed(range(12)))):
        if round_number:
            for order in control.list_lines("/orders"):
                control.delete(f"/orders/{order['id']}")
        for number in references:
            create(api, f"SO-{number}")
        control.post("/crew/step", {"orders": 12})
        orders = control.list_lines("/orders")
        outcomes.append({order["reference"]: [row["quantity"] for row in order["lines"]] for order in orders})
    assert outcomes[0] == outcomes[1]
    assert 0 < sum(quantities != ["10", "5"] for quantities in outcomes[0].values()) < 12


def test_a_crew_may_stop_before_dispatch(api: Caller) -> None:
    order_id = create(api)
    api.running.control.post("/crew", {"dispatch": False})
    api.running.control.post("/crew/step", {})
    assert read(api, order_id)["status"] == "PACKED"
    api.running.control.post("/crew/step", {"stage": "dispatch"})
    assert read(api, order_id)["status"] == "DISPATCHED"
