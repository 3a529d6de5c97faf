"""Stock reports: their life and their rows."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.simulator.caller import Caller, line
from tests.simulator.fidelity.calls import NOBODY, UUID, Like, Tenant, call, shows


@pytest.fixture
def shelf(api: Caller) -> Caller:
    """Two batches of A, some B in quality control, and C of which there is nothing; reports are done at once."""
    control, customer = api.running.control, api.running.customer_id
    control.set(report_delay_seconds=0)
    for code in ("A", "B", "C"):
        control.add_product(customer, code, units={"EA": {"baseQty": 1, "name": "Each"}})
    control.add_stock(customer, "A", 5, batch="X", expiry="2041-01-31")
    control.add_stock(customer, "A", 7, batch="Y")
    control.add_stock(customer, "B", "0.5", status="QC")
    return api


def start(api: Caller, **parameters: Any) -> Any:
    body = {"type": "STOCK_ON_HAND", "parameters": {"customer": {"id": api.running.customer_id}, **parameters}}
    return api.post("/report-runs", body)


def result(api: Caller, run: Any, query: str = "") -> Any:
    return api.get(f"/report-runs/{run['id']}{query}")


def rows(api: Caller, **parameters: Any) -> list[Any]:
    return list(result(api, start(api, **parameters).json()).json()["items"])


def short(items: list[Any]) -> list[tuple[str, Any]]:
    return [(item["details"]["product"]["references"]["code"], item["measures"]) for item in items]


@pytest.mark.fidelity("14.1-start", "14.2-started", "14.2-page-size", "14.2-always")
def test_starting(shelf: Caller) -> None:
    response = start(shelf, pageSize=200_000, aggregateBy=["batch"], warehouse={"id": shelf.running.warehouse_id})
    assert response.status_code == 201
    run = response.json()
    assert set(run["parameters"].pop("aggregateBy")) == {"batch", "productStatus", "unitOfMeasure"}
    assert run == {
        "type": "STOCK_ON_HAND",
        "status": "IN_PROCESS",
        "parameters": {
            "pageSize": 100,
            "customer": {"id": shelf.running.customer_id},
            "warehouse": {"id": shelf.running.warehouse_id},
        },
        "id": UUID,
    }
    assert start(shelf, pageSize=7).json()["parameters"]["pageSize"] == 7


@pytest.mark.fidelity("14.1-waiting", "14.1-stuck", "21-slow-reports", "22-report-wait", "14.1-seconds", "21-clock")
def test_waiting(shelf: Caller) -> None:
    shelf.running.clock.freeze()
    try:
        shelf.running.control.set(report_delay_seconds=90)
        slow = start(shelf).json()
        shelf.running.clock.advance(seconds=89)
        waiting = result(shelf, slow)
        assert (waiting.status_code, waiting.json()["status"]) == (200, "IN_PROCESS")
        assert not {"items", "reportTime"} & waiting.json().keys()
        shelf.running.control.set(report_delay_seconds=2)
        another = start(shelf).json()
        shelf.running.clock.advance(seconds=2)
        assert [result(shelf, run).json()["status"] for run in (slow, another)] == ["SUCCESS", "SUCCESS"]
    finally:
        shelf.running.clock.run()


@pytest.mark.fidelity("14.2-done", "14.1-success", "14.2-item", "4.3-report-time", "14.2-base-unit", "14.2-text-values")
def test_the_whole_result(shelf: Caller) -> None:
    run = start(shelf, aggregateBy=["batch", "expiryDate"], pageSize=2).json()
    response = result(shelf, run)
    assert response.status_code == 200
    names = ("Total-Pages", "Page-Size", "Page-Number", "Total-Elements")
    assert [response.headers[name] for name in names] == ["2", "2", "1", "3"]
    report = response.json()
    assert set(report) == {"type", "status", "reportTime", "parameters", "items", "id"}
    assert (report["status"], report["id"]) == ("SUCCESS", run["id"])
    assert report["reportTime"] == Like(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
    assert set(report["parameters"]["warehouse"]) == {"name"}
    unit = {"type": "EA", "name": "Each"}
    assert report["items"][0] == {
        "type": "ITEM",
        "details": {
            "product": {"id": UUID, "name": "Product A", "references": {"code": "A"}},
            "unitOfMeasure": unit,
        },
        "measures": {"quantity": 5, "quantityFree": 5},
        "properties": {"productStatus": "OK", "unitOfMeasure": unit, "expiryDate": "2041-01-31", "batch": "X"},
    }
    second = result(shelf, run, "?page=2").json()
    assert short(second["items"]) == [("B", {"quantity": 0.5, "quantityFree": 0.5})]
    assert second["items"][0]["properties"]["productStatus"] == "QC"


@pytest.mark.fidelity("4.3-report-time-zone")
def test_the_time_is_local(shelf: Caller) -> None:
    before = shelf.running.clock.now
    shown = result(shelf, start(shelf).json()).json()["reportTime"]
    local = datetime.fromisoformat(shown).replace(tzinfo=ZoneInfo("Australia/Brisbane"))
    assert 0 <= (local - before).total_seconds() + 1 < 60


@pytest.mark.fidelity("14.1-failed", "14.2-failure")
def test_failing(shelf: Caller) -> None:
    shelf.running.control.set(report_fails=True)
    response = result(shelf, start(shelf).json())
    report = response.json()
    assert (response.status_code, report["status"]) == (200, "FAILED")
    assert [set(failure) for failure in report["failureDetails"]] == [{"field", "message"}]
    assert "items" not in report
    assert report["reportTime"]


@pytest.mark.fidelity("14.1-expiry", "4.7-not-found")
def test_a_run_is_kept_for_a_week(shelf: Caller) -> None:
    shelf.running.control.set(token_seconds=2_000_000)
    shelf.renew_token((shelf.running.client_id, shelf.running.client_secret))
    run = start(shelf).json()
    shelf.running.clock.advance(days=6, hours=23)
    assert result(shelf, run).status_code == 200
    shelf.running.clock.advance(hours=2)
    assert result(shelf, run).status_code == 404


@pytest.mark.fidelity(
    "14.2-quantity", "14.2-free", "14.2-allocated", "14.2-zero", "4.4-zero-left-out", "14.2-no-stock", "14.2-omitted"
)
def test_measures(shelf: Caller) -> None:
    assert short(rows(shelf)) == [
        ("A", {"quantity": 12, "quantityFree": 12}),
        ("B", {"quantity": 0.5, "quantityFree": 0.5}),
    ]
    first = shelf.create("SO-1", line("A", 4)).json()
    assert short(rows(shelf))[0] == ("A", {"quantity": 12, "quantityFree": 8, "quantityAllocated": 4})
    shelf.running.control.post(f"/orders/{first['id']}/pack")
    assert short(rows(shelf))[0] == ("A", {"quantity": 8, "quantityFree": 8})
    shelf.create("SO-2", line("A", 8))
    assert short(rows(shelf))[0] == ("A", {"quantity": 8, "quantityAllocated": 8})
    shelf.running.control.set(report_zero_measures_omitted=False)
    everything = {"quantity": 8, "quantityFree": 0, "quantityAllocated": 8, "quantityIncoming": 0}
    assert short(rows(shelf))[0] == ("A", everything)


@pytest.mark.fidelity("14.2-sellable")
def test_what_is_sellable_is_what_can_be_ordered(shelf: Caller) -> None:
    free = sum(
        row["measures"].get("quantityFree", 0) for row in rows(shelf) if row["properties"]["productStatus"] == "OK"
    )
    assert free == 12
    assert shelf.create("SO-1", line("A", 13)).status_code == 228
    assert shelf.create("SO-2", line("A", 12)).status_code == 201
    assert shelf.create("SO-3", line("B", 0.5)).status_code == 228


@pytest.mark.fidelity("14.2-rows", "18-lot-report", "14.2-custom")
def test_one_row_per_product_status_and_aggregate(shelf: Caller) -> None:
    shelf.running.control.add_stock(shelf.running.customer_id, "A", 3, batch="X", expiry="2042-01-01")
    shelf.running.control.add_stock(shelf.running.customer_id, "A", 1, batch="X", status="DAMAGED")
    assert len(rows(shelf)) == 3
    batches = [
        (row["properties"]["productStatus"], row["properties"].get("batch"), row["measures"]["quantity"])
        for row in rows(shelf, aggregateBy=["batch"])
    ]
    assert sorted(batches, key=str) == [("DAMAGED", "X", 1), ("OK", "X", 8), ("OK", "Y", 7), ("QC", None, 0.5)]
    lots = [
        (row["properties"].get("batch"), row["properties"].get("expiryDate"), row["measures"]["quantity"])
        for row in rows(shelf, aggregateBy=["batch", "expiryDate"])
    ]
    assert {("X", "2041-01-31", 5), ("X", "2042-01-01", 3), ("Y", None, 7)} <= set(lots)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        shows("14.2-customer", {"customer": None}, "/parameters/customer"),
        shows("14.2-refused-names", {"aggregateBy": ["product"]}, "/parameters/aggregateBy"),
        ({"aggregateBy": ["warehouseLocation"]}, "/parameters/aggregateBy"),
        ({"customer": {"id": NOBODY}}, "/parameters/customer"),
        ({"warehouse": {"name": "Nowhere"}}, "/parameters/warehouse"),
    ],
)
def test_refused_parameters(shelf: Caller, parameters: dict[str, Any], field: str) -> None:
    response = start(shelf, **parameters)
    assert response.status_code == 422
    (error,) = response.json()
    assert error == {"field": field, "message": error["message"]}


@pytest.mark.fidelity("5-unknown-aggregate", "14.2-per-customer")
def test_accepted_aggregates_are_listed_and_differ_by_customer(shelf: Caller, tenant: Tenant) -> None:
    tenant.customise(stock_fields=["expiryDate", "sapLineNo"])
    (error,) = start(shelf, aggregateBy=["nonsense"]).json()
    for name in (
        "productStatus",
        "unitOfMeasure",
        "productType",
        "productGroup",
        "inboundOrder",
        "location",
        "sapLineNo",
    ):
        assert name in error["message"]
    assert "batch" not in error["message"]
    assert start(shelf, aggregateBy=["batch"]).status_code == 422
    assert start(shelf, aggregateBy=["sapLineNo"]).status_code == 201
    other = {"customer": {"id": tenant.customer()}}
    assert start(shelf, aggregateBy=["batch"], **other).status_code == 201


@pytest.mark.fidelity("14.2-built-in", "14.2-location", "14.2-location-value", "9-locations-in-report")
def test_built_in_aggregates(shelf: Caller, tenant: Tenant) -> None:
    scoped = tenant.client(customers=[shelf.running.customer_id])
    for name in ("productType", "productGroup", "inboundOrder"):
        assert start(shelf, aggregateBy=[name]).status_code == 201
    assert start(scoped, aggregateBy=["location"]).status_code == 422
    assert start(scoped, aggregateBy=["batch"]).status_code == 201
    shelf.running.control.add_stock(shelf.running.customer_id, "C", 2, location="Z-9")
    found = [row for row in rows(shelf, aggregateBy=["location", "productType"]) if short([row])[0][0] == "C"]
    (row,) = found
    assert row["properties"]["location"] == {
        "id": row["properties"]["location"]["id"],
        "name": "Z-9",
        "references": {"numericId": Like(r"\d+"), "barcode": row["properties"]["location"]["references"]["barcode"]},
    }
    assert isinstance(row["properties"]["productType"], str)


@pytest.mark.fidelity("14.2-inbound-order-value")
def test_rows_by_inbound_order(shelf: Caller) -> None:
    body = {
        "references": {"customer": "PO-1"},
        "customer": {"id": shelf.running.customer_id},
        "items": [line("C", 3)],
    }
    order = shelf.post("/inbound-orders", body).json()
    shelf.running.control.post(f"/inbound-orders/{order['id']}/verify", {})
    found = [row for row in rows(shelf, aggregateBy=["inboundOrder"]) if short([row])[0][0] == "C"]
    assert [row["properties"]["inboundOrder"] for row in found] == [{"id": order["id"]}]


@pytest.mark.fidelity("14.2-warehouse", "20-stock")
def test_one_warehouse_and_customer_per_run(shelf: Caller, tenant: Tenant) -> None:
    there, other = tenant.warehouse(), tenant.customer()
    tenant.control.add_product(other, "A")
    tenant.control.add_stock(other, "A", 99)
    tenant.control.add_stock(shelf.running.customer_id, "A", 3, warehouse=there)
    assert [measures["quantity"] for _, measures in short(rows(shelf))] == [12, 0.5]
    assert [measures["quantity"] for _, measures in short(rows(shelf, warehouse={"id": there}))] == [3]
    assert [measures["quantity"] for _, measures in short(rows(shelf, customer={"id": other}))] == [99]


@pytest.mark.fidelity("14.2-no-results")
def test_there_is_no_results_path(shelf: Caller) -> None:
    run = start(shelf).json()
    assert result(shelf, run).status_code == 200
    assert call(shelf, "GET", f"/report-runs/{run['id']}/results").status_code == 404


@pytest.mark.fidelity("14.2-page-query")
def test_pages(shelf: Caller) -> None:
    run = start(shelf, pageSize=2).json()
    shelf.running.control.add_stock(shelf.running.customer_id, "C", 1)
    run = start(shelf, pageSize=2).json()
    codes = [
        [code for code, _ in short(result(shelf, run, query).json()["items"])]
        for query in ("", "?page=2", "?page=1&size=100", "?page=2&size=1", "?page=9")
    ]
    assert codes == [["A", "B"], ["C"], ["A", "B", "C"], ["B"], []]


@pytest.mark.fidelity("14.3-no-others")
def test_other_reports_do_not_exist(shelf: Caller) -> None:
    for kind in ("STOCK_MOVEMENT", "ORDER_HISTORY", None):
        response = shelf.post("/report-runs", {"type": kind, "parameters": {}})
        assert (response.status_code, response.json()[0]["field"]) == (422, "/type")
