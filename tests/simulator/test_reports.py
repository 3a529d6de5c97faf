"""Stock reports: asynchronous, paged, snapshots."""

import time
from typing import Any

import pytest

from tests.simulator.caller import Caller, line


@pytest.fixture(autouse=True)
def stocked(api: Caller) -> None:
    control, customer = api.running.control, api.running.customer_id
    control.set(report_delay_seconds=0)
    for code in ("A", "B", "EMPTY"):
        control.add_product(customer, code)
    control.add_stock(customer, "A", 5, batch="X")
    control.add_stock(customer, "A", 7, batch="Y")
    control.add_stock(customer, "B", "0.5", status="QC")


def start(api: Caller, **parameters: Any) -> Any:
    body = {"type": "STOCK_ON_HAND", "parameters": {"customer": {"id": api.running.customer_id}, **parameters}}
    response = api.post("/report-runs", body)
    assert (response.status_code, response.json()["status"]) == (201, "IN_PROCESS")
    return response.json()


def rows(report: Any) -> list[tuple[str, Any]]:
    return [(item["details"]["product"]["references"]["code"], item["measures"]) for item in report["items"]]


def test_a_run_aggregates_and_leaves_zero_measures_out(api: Caller) -> None:
    api.create("SO-1", line("A", 12))
    api.running.control.post("/crew/step", {"stage": "pick"})
    run = start(api, pageSize=200_000)
    assert run["parameters"]["pageSize"] == 100
    report = api.get(f"/report-runs/{run['id']}").json()
    assert report["status"] == "SUCCESS"
    assert rows(report) == [
        ("A", {"quantity": 12, "quantityAllocated": 12}),
        ("B", {"quantity": 0.5, "quantityFree": 0.5}),
    ]
    assert [item["properties"]["productStatus"] for item in report["items"]] == ["OK", "QC"]


def test_batches_are_rows_and_pages_follow(api: Caller) -> None:
    run = start(api, aggregateBy=["batch"], pageSize=2)
    first = api.get(f"/report-runs/{run['id']}")
    assert (first.headers["Total-Pages"], first.headers["Total-Elements"]) == ("2", "3")
    assert [item["properties"].get("batch") for item in first.json()["items"]] == ["X", "Y"]
    assert rows(api.get(f"/report-runs/{run['id']}?page=2&size=2").json())[0][0] == "B"
    assert api.get(f"/report-runs/{run['id']}?page=7").json()["items"] == []


def test_the_result_is_the_stock_when_the_run_completed(api: Caller) -> None:
    api.running.control.set(report_delay_seconds=0.3)
    run = start(api)
    assert "items" not in api.get(f"/report-runs/{run['id']}").json()
    api.create("SO-1", line("A", 1))
    time.sleep(0.6)
    api.create("SO-2", line("A", 1))
    assert rows(api.get(f"/report-runs/{run['id']}").json())[0][1]["quantityAllocated"] == 1


def test_runs_fail_on_request_and_expire(api: Caller) -> None:
    api.running.control.set(report_fails=True)
    run = start(api)
    report = api.get(f"/report-runs/{run['id']}")
    assert (report.status_code, report.json()["status"]) == (200, "FAILED")
    assert report.json()["failureDetails"][0]["message"]
    clock = api.running.simulator.world.clock
    api.running.control.set(token_seconds=2_000_000)
    api.renew_token((api.running.client_id, api.running.client_secret))
    clock.never_before(clock.seconds() + 8 * 86_400)
    assert api.get(f"/report-runs/{run['id']}").status_code == 404


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"aggregateBy": ["product"]}, "/parameters/aggregateBy"),
        ({"aggregateBy": "batch"}, "/parameters/aggregateBy"),
        ({"customer": {"id": "nobody"}}, "/parameters/customer"),
        ({"warehouse": {"name": "nowhere"}}, "/parameters/warehouse"),
        ({"pageSize": "all"}, "/parameters/pageSize"),
    ],
)
def test_bad_parameters_are_refused(api: Caller, parameters: dict[str, Any], field: str) -> None:
    sent = {"customer": {"id": api.running.customer_id}, **parameters}
    response = api.post("/report-runs", {"type": "STOCK_ON_HAND", "parameters": sent})
    assert (response.status_code, response.json()[0]["field"]) == (422, field)
