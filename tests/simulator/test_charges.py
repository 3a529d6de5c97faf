"""The bulk charges report: read off what happened in the warehouse."""

from typing import Any

import pytest

from tests.simulator.caller import ADDRESS, Caller, line

SHOWN = {
    "id", "uuid", "createdDate", "activityDate", "customer", "parentEntity", "parentReference", "parentId",
    "parentUuid", "type", "automatic", "feeCategory", "account", "description", "qty", "charge", "warehouseName",
}  # fmt: skip


@pytest.fixture(autouse=True)
def settled(api: Caller) -> None:
    api.running.control.set(report_delay_seconds=0, charge_rates={"SALE_ORDER": 0.5, "CONSIGNMENT": 10})
    api.running.control.add_product(api.running.customer_id, "A")


def charges(api: Caller, query: str = "", **parameters: Any) -> list[dict[str, Any]]:
    started = api.post("/report-runs", {"type": "BULK_CHARGES", "parameters": parameters})
    assert started.status_code == 201, started.text
    report = api.get(f"/report-runs/{started.json()['id']}{query}").json()
    assert (report["type"], report["status"]) == ("BULK_CHARGES", "SUCCESS")
    return list(report["items"])


def work(api: Caller) -> str:
    """Receive, pack and ship: one of everything that is charged."""
    control, customer = api.running.control, api.running.customer_id
    announced = {
        "type": "INBOUND",
        "references": {"customer": "PO-1"},
        "customer": {"id": customer},
        "items": [line("A", 40)],
    }
    inbound = api.post("/inbound-orders", announced).json()["id"]
    for step in ("receive", "verify", "allocate"):
        control.post(f"/inbound-orders/{inbound}/{step}")
    order_id = str(api.create("SO-1", line("A", 30)).json()["id"])
    control.post("/crew/step", {"orders": 1})
    consignment = api.search("consignments")[0]["id"]
    sheet = control.post("/run-sheets", {"name": "Monday", "date": "2026-03-09"})
    control.post(f"/consignments/{consignment}", {"run_sheet": sheet["id"]})
    control.post("/manifests", {"consignments": [consignment]})
    return order_id


@pytest.mark.fidelity("14.3-items", "14.3-classes", "14.3-no-others")
def test_every_class_of_work_is_charged_once(api: Caller) -> None:
    assert charges(api) == []
    order_id = work(api)
    rows = {row["parentEntity"]: row for row in charges(api)}
    assert rows.keys() == {"Sale Order", "Purchase Order", "Consignment", "Manifest", "Run Sheet", "Storage Period"}
    assert all(row.keys() == SHOWN for row in rows.values())
    sale = rows["Sale Order"]
    order = api.get(f"/outbound-orders/{order_id}").json()
    assert (sale["parentUuid"], sale["parentId"]) == (order_id, order["references"]["numericId"])
    assert (sale["parentReference"], sale["qty"], sale["charge"], sale["description"]) == ("SO-1", 30, 15, "30 each")
    assert (sale["customer"], sale["warehouseName"]) == ("Bluegum Pantry", "Brisbane DC")
    assert (rows["Purchase Order"]["qty"], rows["Storage Period"]["qty"]) == (40, 1)
    assert [row["id"] for row in charges(api)] == [row["id"] for row in charges(api)]
    chosen = charges(api, chargeClasses=["CONSIGNMENT", "MANIFEST"])
    assert {row["parentEntity"] for row in chosen} == {"Consignment", "Manifest"}


@pytest.mark.fidelity("14.3-customers", "14.3-customer-tolerated")
def test_customers_narrow_it_and_scope_does_too(api: Caller) -> None:
    work(api)
    control, mine = api.running.control, api.running.customer_id
    other = control.post("/customers", {"name": "Ridgeline"})["id"]
    for reference in ({"customers": [{"id": other}]}, {"customer": {"name": "Ridgeline"}}):
        assert charges(api, **reference) == []
    assert len(charges(api, customers=[{"id": mine}, {"id": other}])) == 6
    client = control.post("/clients", {"customers": [other]})
    with Caller(api.running, (client["id"], client["secret"])) as scoped:
        assert charges(scoped) == []
        refused = scoped.post("/report-runs", {"type": "BULK_CHARGES", "parameters": {"customers": [{"id": mine}]}})
        assert (refused.status_code, refused.json()[0]["field"]) == (422, "/parameters/customers")


@pytest.mark.fidelity("14.3-dates", "14.3-parameters")
def test_dates_bound_the_day_that_was_chosen(api: Caller) -> None:
    api.running.clock.freeze()
    packed_on = api.running.clock.now.date()
    order_id = api.create("SO-1", line("A", 1))  # rejected: nothing in stock
    assert order_id.status_code == 228
    api.running.control.add_stock(api.running.customer_id, "A", 5)
    packed = api.create("SO-2", line("A", 1)).json()["id"]
    api.running.control.post(f"/orders/{packed}/pack")
    api.running.control.set(token_seconds=10 * 86_400)
    api.renew_token((api.running.client_id, api.running.client_secret))
    api.running.clock.advance(seconds=3 * 86_400)
    api.running.control.post(f"/orders/{packed}/dispatch")
    sales = {"chargeClasses": ["SALE_ORDER"]}
    (row,) = charges(api, **sales)
    created, done = row["createdDate"][:10], row["activityDate"][:10]
    assert created < done
    assert len(charges(api, dateFilter="date_added", fromDate=created, toDate=created, **sales)) == 1
    assert charges(api, dateFilter="date_activity", fromDate=created, toDate=created, **sales) == []
    assert len(charges(api, dateFilter="date_activity", fromDate=done, **sales)) == 1
    assert charges(api, fromDate="2999-01-01") == []
    assert packed_on.isoformat() <= done


def test_invoiced_charges_are_found_by_invoice_date(api: Caller) -> None:
    body = {
        "references": {"customer": "CON-1"},
        "customer": {"id": api.running.customer_id},
        "details": {"type": "DELIVERY", "deliver": {"address": ADDRESS}},
    }
    made = api.post("/consignments", body).json()["id"]
    api.running.control.post(f"/consignments/{made}", {"status": "DELIVERED"})
    assert charges(api, dateFilter="date_invoice") == []
    api.running.control.post(f"/consignments/{made}", {"on_approved_invoice": True})
    (row,) = charges(api, dateFilter="date_invoice")
    assert row.keys() == SHOWN | {"invoiceId", "invoiceStartDate", "invoiceEndDate"}
    assert (row["charge"], row["parentReference"]) == (10, "CON-1")


def test_rows_come_in_pages(api: Caller) -> None:
    work(api)
    assert len(charges(api, pageSize=4)) == 4
    assert len(charges(api, "?page=2", pageSize=4)) == 2


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"dateFilter": "date_wished"}, "dateFilter"),
        ({"fromDate": "March"}, "fromDate"),
        ({"toDate": 7}, "toDate"),
        ({"chargeClasses": ["TEA"]}, "chargeClasses"),
        ({"chargeClasses": "MANIFEST"}, "chargeClasses"),
        ({"customers": [{"id": "nobody"}]}, "customers"),
        ({"customer": "nobody"}, "customer"),
        ({"pageSize": 0}, "pageSize"),
    ],
)
def test_bad_parameters_are_refused(api: Caller, parameters: dict[str, Any], field: str) -> None:
    response = api.post("/report-runs", {"type": "BULK_CHARGES", "parameters": parameters})
    assert (response.status_code, response.json()[0]["field"]) == (422, f"/parameters/{field}")
