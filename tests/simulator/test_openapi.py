"""The simulated API described: every route, every status, and random calls that find nothing else."""

import pytest
from proofs.fuzz_simulator import fuzz

from cartoncloud_simulator.api.routes import list_paths
from cartoncloud_simulator.testing import RunningSimulator, running_simulator
from tests.simulator.caller import Caller

FEWEST_CALLS = 100


def test_every_route_is_described(cartoncloud: RunningSimulator) -> None:
    described = cartoncloud.control.get("/openapi.json")
    assert described["openapi"].startswith("3.1")
    names = {
        (path, method.lower()): operation.name
        for path, operations in list_paths(cartoncloud.simulator).items()
        for method, operation in operations.items()
    }
    assert names == {
        (path, method): operation["operationId"]
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    }


def test_what_a_route_asks_for_shows_in_its_answers(cartoncloud: RunningSimulator) -> None:
    paths = cartoncloud.control.get("/openapi.json")["paths"]
    creation = paths["/tenants/{tenant}/outbound-orders"]["post"]
    assert creation["responses"].keys() >= {"201", "228", "400", "401", "403", "404", "406", "409", "422", "429"}
    assert "WMS Create Job" in creation["description"]
    assert "429" not in paths["/tenants/{tenant}/inbound-orders"]["post"]["responses"]


STATUSES_BY_SETTING = {
    "deleted_order_status": ("get_order", "delete_order", "get_inbound_order", "delete_inbound_order"),
    "product_code_taken_status": ("create_product", "replace_product", "patch_product"),
    "unknown_party_status": ("create_order", "create_inbound_order", "create_consignment", "create_product"),
    "duplicate_status": ("create_order", "create_inbound_order", "create_consignment"),
    "delete_refused_status": ("delete_order", "delete_inbound_order"),
    "deprecated_put_status": ("replace_product",),
    "stale_if_match_status": ("replace_consignment",),
    "invoiced_consignment_status": ("replace_consignment",),
    "multipart_upload_status": ("attach_document", "attach_any_document"),
}


def test_a_status_that_a_setting_can_choose_is_declared(cartoncloud: RunningSimulator) -> None:
    paths = cartoncloud.control.get("/openapi.json")["paths"]
    declared = {one["operationId"]: set(one["responses"]) for methods in paths.values() for one in methods.values()}
    known = cartoncloud.control.get("/settings/schema")["properties"]
    missing = [
        (setting, operation, status)
        for setting, operations in STATUSES_BY_SETTING.items()
        for operation in operations
        for status in known[setting]["enum"]
        if str(status) not in declared[operation]
    ]
    assert missing == []


def test_its_examples_work_as_they_stand() -> None:
    with running_simulator(furnished=True) as running, Caller(running) as api:
        tried = 0
        for path, operations in running.control.get("/openapi.json")["paths"].items():
            for method, operation in operations.items():
                content = operation.get("requestBody", {}).get("content", {})
                body = content.get("application/json", {}).get("example")
                if body is None or "{id}" in path:
                    continue
                answer = api.http.request(method, path.replace("{tenant}", running.tenant_id), json=body)
                assert answer.status_code in (200, 201), answer.text
                tried += 1
    assert tried > 8


@pytest.mark.parametrize("seed", [20_261_123])
def test_random_calls_find_no_failure_and_no_undeclared_answer(seed: int) -> None:
    with running_simulator(furnished=True) as running:
        found = fuzz(running, examples=3, phases="fuzzing", seed=seed)
    assert found["ended"] == 0, found["report"]
    assert found["calls"] >= FEWEST_CALLS
    assert not [status for status in found["answers"] if status.startswith("5")]
