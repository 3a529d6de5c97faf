"""Consignments made through the API, and what travels with them."""

from typing import Any

import pytest

from tests.simulator.caller import ADDRESS, Caller, leaf, line
from tests.simulator.fidelity.calls import DIGITS, TIME, UUID, Tenant, call, own, shows


def request(api: Caller, **details: Any) -> dict[str, Any]:
    return {
        "references": {"customer": "CON-1"},
        "customer": {"id": api.running.customer_id},
        "details": {"type": "DELIVERY", "deliver": {"address": ADDRESS}, **details},
        "items": [{"properties": {"description": "Mixed pallet"}, "measures": {"pallets": 1, "weight": 312.5}}],
    }


def create(api: Caller, **details: Any) -> Any:
    response = api.post("/consignments", request(api, **details))
    assert response.status_code == 201, response.text
    return response.json()


def read(api: Caller, made: Any) -> Any:
    return api.get(f"/consignments/{made['id']}").json()


@pytest.mark.fidelity("13.4-created", "13.2-extras", "13.2-type", "13.2-version", "13.2-default-depot")
def test_the_whole_answer(api: Caller) -> None:
    made = create(api)
    document = dict(made)
    assert document.pop("customer")["id"] == api.running.customer_id
    details, warehouse = document.pop("details"), document.pop("warehouse")
    (item,) = document.pop("items")
    assert document == {
        "id": UUID,
        "type": "CONSIGNMENT",
        "status": document["status"],
        "version": 1,
        "references": {"customer": "CON-1", "numericId": DIGITS},
        "areChargesEditable": True,
        "source": document["source"],
        "createDate": TIME,
        "lastModified": TIME,
    }
    assert details["type"] == "DELIVERY"
    assert details["collect"]["address"]["companyName"] == warehouse["name"]
    assert (item["id"], item["type"], item["measures"]) == (UUID, "ITEM", {"pallets": 1, "weight": 312.5})
    assert item["details"]["job"] == {"id": made["id"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        shows("13.2-authority", "authorityToLeave", True),
        ("authorityToLeaveInstructions", "Behind the fence"),
        shows("13.2-links", "invoiceValue", {"amount": 12.5, "currency": "NZD"}),
    ],
)
def test_details_are_kept(api: Caller, name: str, value: Any) -> None:
    made = create(api, **{name: value})
    assert made["details"][name] == value
    assert read(api, made) == made


@pytest.mark.fidelity("13.2-deliver")
def test_delivery_is_kept(api: Caller) -> None:
    sent = {
        "instructions": "Rear dock",
        "requiredDate": "2036-03-07",
        "cashPaymentAmount": {"amount": 5, "currency": "AUD"},
    }
    deliver = create(api, deliver={"address": ADDRESS, **sent})["details"]["deliver"]
    assert {name: deliver[name] for name in sent} == sent


@pytest.mark.fidelity("6.6-money-currency")
def test_cash_is_in_the_tenants_currency(api: Caller) -> None:
    api.running.control.set(currency="NZD")
    for currency in ("AUD", "XX", "NZD"):
        sent = {"address": ADDRESS, "cashPaymentAmount": {"amount": 5, "currency": currency}}
        response = api.post("/consignments", request(api, deliver=sent))
        if currency != "NZD":
            assert response.status_code == 422
            assert [error["field"] for error in response.json()] == ["/details/deliver/cashPaymentAmount/currency"]
    assert response.status_code == 201


@pytest.mark.fidelity("13.2-measures")
def test_hours_and_distance(api: Caller) -> None:
    made = api.post("/consignments", {**request(api), "measures": {"hours": 1.5, "distance": {"value": 12}}}).json()
    assert made["measures"] == {"hours": 1.5, "distance": {"value": 12, "unit": made["measures"]["distance"]["unit"]}}
    assert isinstance(made["measures"]["distance"]["unit"], str)


STATUSES = [
    "AWAITING_PICKUP", "AWAITING_POINT_TO_POINT_PICKUP", "AWAITING_SALE_ORDER_PACKING", "AWAITING_DROPOFF",
    "IN_TRANSIT_PICKUP_WAREHOUSE", "IN_WAREHOUSE", "WITH_ON_FORWARDER", "IN_TRANSIT_WAREHOUSE_DELIVERY",
    "IN_TRANSIT_PICK_DELIVERY", "COLLECTED", "DELIVERED", "POINT_TO_POINT_DELIVERED", "CANCELLED",
]  # fmt: skip


@pytest.mark.fidelity("13.2-statuses")
def test_the_warehouse_may_give_any_of_thirteen_statuses(api: Caller) -> None:
    made = create(api)
    assert made["status"] in STATUSES
    for status in STATUSES:
        api.running.control.post(f"/consignments/{made['id']}", {"status": status})
        assert read(api, made)["status"] == status
    assert read(api, made)["version"] == 1 + len(STATUSES)


@pytest.mark.fidelity("7-run-sheet-statuses")
def test_run_sheets_have_five_statuses(api: Caller) -> None:
    made = create(api)
    sheet = api.running.control.post("/run-sheets", {"name": "Monday", "date": "2036-03-09"})
    api.running.control.post(f"/consignments/{made['id']}", {"run_sheet": sheet["id"]})
    for status in ("DRAFT", "READY_TO_BUILD", "BUILDING", "BUILT", "READY_FOR_DELIVERY"):
        api.running.control.patch(f"/run-sheets/{sheet['id']}", {"status": status})
        assert own(api, "consignments", leaf("runSheetStatus", status)).json() == [read(api, made)]
        assert own(api, "consignments", leaf("runSheetStatus", "OTHER")).json() == []
    assert api.http.patch(f"/_sim/run-sheets/{sheet['id']}", json={"status": "FLYING"}).status_code == 422


@pytest.mark.fidelity("6.4-location")
def test_coordinates_are_strings(api: Caller) -> None:
    assert "location" not in create(api)["details"]["deliver"]["address"]
    api.running.control.set(address_locations=True)
    body = {**request(api), "references": {"customer": "CON-2"}}
    location = api.post("/consignments", body).json()["details"]["deliver"]["address"]["location"]
    assert set(location) == {"lat", "lon"}
    assert all(isinstance(value, str) and float(value) for value in location.values())


@pytest.mark.fidelity("17-internal", "3.3-internal-fields", "3.3-wms-create-fields")
def test_internal_fields_are_for_those_with_the_role(stocked: Caller, tenant: Tenant) -> None:
    tenant.customise(internal_fields=["margin"])
    made = stocked.create("SO-1", line("A", 1), properties={"margin": "9", "channel": "web"}).json()
    assert made["properties"] == {"margin": "9", "channel": "web"}
    path = f"/outbound-orders/{made['id']}"
    limited = tenant.client("WMS Create Job")
    assert limited.get(path).json()["properties"] == {"channel": "web"}
    assert own(limited, "outbound-orders").json()[0]["properties"] == {"channel": "web"}
    insider = tenant.client("WMS Create Job", "Internal Field Access")
    assert insider.get(path).json()["properties"] == {"margin": "9", "channel": "web"}


@pytest.mark.fidelity("17-unknown-key", "17-mapped")
def test_unknown_keys_are_passed_over_or_refused(stocked: Caller, tenant: Tenant) -> None:
    tenant.customise(custom_fields={"order": ["ecommId"], "consignment": ["serviceType"]})
    sent = {"ecommId": "1", "nonsense": "2"}
    made = stocked.create("SO-1", line("A", 1), properties=sent)
    assert (made.status_code, made.json()["properties"]) == (201, {"ecommId": "1"})
    body = {**request(stocked), "properties": {"serviceType": "EXPRESS", "ecommId": "1"}}
    assert stocked.post("/consignments", body).json()["properties"] == {"serviceType": "EXPRESS"}
    tenant.customise(unknown_property="refuse")
    refused = stocked.create("SO-2", line("A", 1), properties=sent)
    assert (refused.status_code, refused.json()[0]["field"]) == (422, "/properties/nonsense")


@pytest.mark.fidelity("4.7-conflict", "4.7-precondition", "4.7-stale")
@pytest.mark.parametrize("status", [412, 409])
def test_a_stale_version(api: Caller, status: int) -> None:
    made = create(api)
    api.running.control.set(stale_if_match_status=status)
    path = f"/consignments/{made['id']}"
    assert call(api, "PUT", path, made, If_Match="7").status_code == status
    assert read(api, made) == made
    assert call(api, "PUT", path, made, If_Match="1").json()["version"] == 2


@pytest.mark.fidelity("13.4-quote-answer", "13.1-quote")
def test_the_whole_quote(api: Caller) -> None:
    response = api.post("/consignments/quote", request(api))
    assert response.status_code == 200
    quote = response.json()
    (charge,) = quote.pop("charges")
    assert {name: set(value) for name, value in quote.items()} == {"rateCard": {"name"}, "rate": {"name"}}
    assert set(charge) == {"feeCategory", "description", "fee", "feeAfterModifiers"}
    assert set(charge["feeCategory"]) == {"id", "name"}
    assert set(charge["fee"]) == set(charge["feeAfterModifiers"]) == {"amount", "currency"}
    assert own(api, "consignments").json() == []


@pytest.mark.fidelity("14.3-parameters")
@pytest.mark.parametrize(("sent", "effective"), [({}, 100), ({"pageSize": 5000}, 100), ({"pageSize": 7}, 7)])
def test_all_parameters_of_bulk_charges_are_optional(api: Caller, sent: dict[str, Any], effective: int) -> None:
    api.running.control.set(report_delay_seconds=0)
    response = api.post("/report-runs", {"type": "BULK_CHARGES", "parameters": sent})
    assert response.status_code == 201
    run = response.json()
    assert (run["type"], run["status"], run["parameters"]["pageSize"]) == ("BULK_CHARGES", "IN_PROCESS", effective)
    done = api.get(f"/report-runs/{run['id']}")
    assert (done.json()["status"], done.headers["Page-Size"]) == ("SUCCESS", str(effective))
