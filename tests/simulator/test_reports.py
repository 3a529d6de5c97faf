"""Stock reports: asynchronous, paged, snapshots."""

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
    api.running.control.set(report_delay_seconds=10)
    api.running.clock.freeze()
    run = start(api)
    assert "items" not in api.get(f"/report-runs/{run['id']}").json()
    api.create("SO-1", line("A", 1))
    api.running.clock.advance(seconds=11)
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


@pytest.mark.fidelity("14.2-built-in", "14.2-location-value", "14.2-inbound-order-value", "14.2-text-values",
                      "9-locations-in-report", "14.2-custom", "14.2-rows")  # fmt: skip
def test_every_name_breaks_the_rows_down(api: Caller) -> None:
    control, customer = api.running.control, api.running.customer_id
    control.patch(f"/customers/{customer}", {"settings": {"report_fields": ["barcode", "custom_field_1"]}})
    control.add_product(
        customer, "C", type="FROZEN", group="Berries", barcode="930", properties={"custom_field_1": "z"}
    )
    control.add_stock(customer, "C", 2, location="A-01", batch="B1", expiry="2031-02-28")
    control.add_stock(customer, "C", 3, location="A-02", batch="B1", expiry="2031-02-28")
    names = [
        "productType",
        "productGroup",
        "inboundOrder",
        "location",
        "batch",
        "expiryDate",
        "barcode",
        "custom_field_1",
    ]
    run = start(api, aggregateBy=names)
    assert run["parameters"]["aggregateBy"] == [*names, "unitOfMeasure", "productStatus"]
    found = [row for row in api.get(f"/report-runs/{run['id']}").json()["items"] if "productGroup" in row["properties"]]
    assert sorted(row["measures"]["quantity"] for row in found) == [2, 3]
    values = found[0]["properties"]
    assert {name: values[name] for name in ("productType", "productGroup", "batch", "expiryDate", "barcode")} == {
        "productType": "FROZEN",
        "productGroup": "Berries",
        "batch": "B1",
        "expiryDate": "2031-02-28",
        "barcode": "930",
    }
    assert values["custom_field_1"] == "z"
    assert values["inboundOrder"].keys() == {"id"}
    assert values["location"].keys() == {"id", "name", "references"}
    assert values["location"]["references"] == {
        "numericId": values["location"]["references"]["numericId"],
        "barcode": values["location"]["name"],
    }
    merged = api.get(f"/report-runs/{start(api, aggregateBy=['batch'])['id']}").json()["items"]
    assert [row["measures"]["quantity"] for row in merged if row["properties"].get("batch") == "B1"] == [5]
    assert "group" not in api.get("/warehouse-products").text


@pytest.mark.fidelity("14.2-location", "14.2-per-customer", "14.2-refused-names", "5-unknown-aggregate", "14.2-omitted")
def test_the_names_there_are_differ_by_customer_and_client(api: Caller) -> None:
    control, customer = api.running.control, api.running.customer_id
    control.patch(f"/customers/{customer}", {"settings": {"stock_fields": ["sapLineNo"]}})
    start(api, aggregateBy=["sapLineNo", "location"])
    start(api)
    client = control.post("/clients", {"customers": [customer]})
    with Caller(api.running, (client["id"], client["secret"])) as scoped:
        for name in ("location", "product", "warehouseLocation", "batch"):
            sent = {"customer": {"id": customer}, "aggregateBy": [name]}
            refused = scoped.post("/report-runs", {"type": "STOCK_ON_HAND", "parameters": sent})
            assert refused.status_code == 422
            message = refused.json()[0]["message"]
            listed = message.partition(": ")[2].split(", ")
            assert listed == [
                "productStatus", "productGroup", "productType", "unitOfMeasure", "inboundOrder", "sapLineNo", "barcode",
            ]  # fmt: skip
        start(scoped, aggregateBy=["inboundOrder", "productGroup", "productType"])


@pytest.mark.fidelity("14.2-no-stock")
def test_products_without_stock_have_a_row_by_setting(api: Caller) -> None:
    assert "EMPTY" not in dict(rows(api.get(f"/report-runs/{start(api)['id']}").json()))
    api.running.control.set(report_lists_empty_products=True, report_zero_measures_omitted=False)
    run = start(api, aggregateBy=["location", "inboundOrder", "batch"])
    empty = dict(rows(api.get(f"/report-runs/{run['id']}").json()))["EMPTY"]
    assert empty == {"quantity": 0, "quantityFree": 0, "quantityAllocated": 0, "quantityIncoming": 0}


@pytest.mark.fidelity("14.2-role", "3.3-wms-create-report", "14.3-role", "3.3-internal-charges")
def test_each_report_has_its_role(api: Caller) -> None:
    stock = {"type": "STOCK_ON_HAND", "parameters": {"customer": {"id": api.running.customer_id}}}
    for role, stock_status, charges_status in (
        ("WMS Create Job", 201, 403),
        ("Internal Field Access", 403, 201),
        ("TMS View Job", 403, 403),
    ):
        client = api.running.control.post("/clients", {"roles": [role]})
        with Caller(api.running, (client["id"], client["secret"])) as limited:
            assert limited.post("/report-runs", stock).status_code == stock_status
            assert limited.post("/report-runs", {"type": "BULK_CHARGES"}).status_code == charges_status
    unknown = api.post("/report-runs", {"type": "STOCK_MOVEMENT", "parameters": {}})
    assert (unknown.status_code, unknown.json()[0]["field"]) == (422, "/type")


@pytest.mark.fidelity("14.2-base-unit", "4.3-report-time", "4.3-report-time-zone")
def test_the_unit_and_the_zone_of_a_report_are_guesses_and_settings(api: Caller) -> None:
    control, customer = api.running.control, api.running.customer_id
    units = {"CTN": {"baseQty": 12, "name": "Carton"}, "EA": {"baseQty": 1, "name": "Each"}}
    control.add_product(customer, "C", units=units)
    perth = control.post("/warehouses", {"name": "Perth DC", "timezone": "Australia/Perth"})["id"]
    control.add_stock(customer, "C", 30, warehouse=perth)
    shown = {}
    for zone, unit, quantity in (("tenant", "base", 30), ("warehouse", "default", 2.5), ("UTC", "default", 2.5)):
        control.set(report_time_zone=zone, report_unit=unit)
        report = api.get(f"/report-runs/{start(api, warehouse={'id': perth})['id']}").json()
        assert rows(report) == [("C", {"quantity": quantity, "quantityFree": quantity})]
        assert report["items"][0]["details"]["unitOfMeasure"]["type"] == ("EA" if unit == "base" else "CTN")
        shown[zone] = report["reportTime"][:13]
    assert len(set(shown.values())) == 3
