"""Consignments: create, change under a version, quote, search, and what they travel on."""

from typing import Any

import pytest

from cartoncloud_simulator.testing import ControlError, RunningSimulator
from tests.simulator.caller import ADDRESS, Caller, leaf, line


def request(api: Caller, reference: str = "CON-881", **more: Any) -> dict[str, Any]:
    return {
        "references": {"customer": reference},
        "customer": {"id": api.running.customer_id},
        "details": {
            "type": "DELIVERY",
            "deliver": {"address": ADDRESS, "requiredDate": "2026-03-07", "instructions": "Rear dock"},
        },
        "properties": {"serviceType": "EXPRESS", "collect.cins": "7"},
        "items": [{"properties": {"description": "Mixed pallet"}, "measures": {"pallets": 1, "weight": 312.5}}],
        **more,
    }


def create(api: Caller, reference: str = "CON-881", **more: Any) -> Any:
    response = api.post("/consignments", request(api, reference, **more))
    assert response.status_code == 201, response.text
    return response.json()


def put(api: Caller, document: Any, match: str | None = None) -> Any:
    headers = {"If-Match": match} if match else {}
    return api.http.put(f"{api.tenant}/consignments/{document['id']}", json=document, headers=headers)


@pytest.mark.fidelity(
    "13.1-create", "13.2-type", "13.2-deliver", "13.2-properties", "13.2-dotted-properties", "13.2-default-depot",
    "13.2-version", "13.4-created", "13.2-extras", "13.2-items", "13.2-authority", "13.2-parties",
)  # fmt: skip
def test_what_is_created_comes_back_with_id_status_and_version(api: Caller) -> None:
    made = create(api, measures={"hours": 1.5, "distance": {"value": 12}})
    assert (made["type"], made["status"], made["version"]) == ("CONSIGNMENT", "AWAITING_DROPOFF", 1)
    assert made["properties"] == {"serviceType": "EXPRESS", "collect.cins": "7"}
    assert made["measures"] == {"hours": 1.5, "distance": {"value": 12, "unit": "km"}}
    deliver, collect = made["details"]["deliver"], made["details"]["collect"]
    assert (deliver["address"]["companyName"], deliver["instructions"]) == ("Harbour Deli", "Rear dock")
    assert collect["address"]["companyName"] == "Brisbane DC"
    (item,) = made["items"]
    assert (item["type"], item["properties"], item["measures"]) == (
        "ITEM",
        {"description": "Mixed pallet"},
        {"pallets": 1, "weight": 312.5},
    )
    assert made["details"]["authorityToLeave"] is False
    assert made["areChargesEditable"] is True
    assert {"source", "createDate", "lastModified"} <= made.keys()
    assert item["details"]["job"]["id"] == made["id"]
    assert api.get(f"/consignments/{made['id']}").json() == made


@pytest.mark.fidelity("13.1-get", "4.2-no-items-consignment", "4.2-preference-applied")
def test_items_are_left_out_when_preferred(api: Caller) -> None:
    made = create(api)
    response = api.get(f"/consignments/{made['id']}", headers={"Prefer": "return=no-items"})
    assert response.headers["Preference-Applied"] == "return=no-items"
    assert response.json() == {name: value for name, value in made.items() if name != "items"}
    assert "Preference-Applied" not in api.get(f"/consignments/{made['id']}").headers
    assert api.get("/consignments/nothing").status_code == 404


@pytest.mark.fidelity("13.2-create-types", "13.2-more-types")
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("DELIVERY", "AWAITING_DROPOFF"),
        ("DUPLICATE", "AWAITING_DROPOFF"),
        ("RETURNED", "AWAITING_DROPOFF"),
        ("PICKUP", "AWAITING_PICKUP"),
        ("POINT_TO_POINT", "AWAITING_POINT_TO_POINT_PICKUP"),
        ("PICKUP_DELIVERY", None),
        ("WAREHOUSE_FULFILMENT", None),
    ],
)
def test_five_types_can_be_created(api: Caller, kind: str, status: str | None) -> None:
    response = api.post("/consignments", request(api, details={"type": kind}))
    if status is None:
        assert (response.status_code, response.json()[0]["field"]) == (422, "/details/type")
        assert api.search("consignments") == []
    else:
        assert (response.status_code, response.json()["status"]) == (201, status)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"references": {"customer": " "}}, "/references/customer"),
        ({"customer": {"id": "nobody"}}, "/customer"),
        ({"warehouse": {"name": "Nowhere"}}, "/warehouse"),
        ({"details": {"deliver": {"address": {"address1": "x"}}}}, "/details/deliver/address/companyName"),
        ({"details": {"deliver": {"requiredDate": "soon"}}}, "/details/deliver/requiredDate"),
        ({"details": {"collect": {"requiredDate": 7}}}, "/details/collect/requiredDate"),
        ({"details": {"deliver": {"cashPaymentAmount": {"amount": 5, "currency": "USD"}}}},
         "/details/deliver/cashPaymentAmount/currency"),
        ({"details": {"invoiceValue": {"amount": -1}}}, "/details/invoiceValue/amount"),
        ({"details": {"authorityToLeave": "yes"}}, "/details/authorityToLeave"),
        ({"details": {"runsheet": {"id": "x"}}}, "/details/runsheet"),
        ({"user": {"name": "Nobody"}}, "/user"),
        ({"measures": {"hours": "long"}}, "/measures/hours"),
        ({"items": [{"measures": {"weight": "heavy"}}]}, "/items/0/measures/weight"),
        ({"items": [{"details": {"product": {"references": {"code": "A3"}}}}]}, "/items/0/details/product"),
        ({"items": {}}, "/items"),
        ({"properties": "dock"}, "/properties"),
    ],
)  # fmt: skip
def test_refused_consignments_name_the_field_and_are_not_there(api: Caller, more: dict[str, Any], field: str) -> None:
    response = api.post("/consignments", request(api, **more))
    assert response.status_code == 422
    assert [error["field"] for error in response.json()] == [field]
    assert api.search("consignments") == []


@pytest.mark.fidelity("13.3-unique")
def test_a_reference_is_unique_unless_duplicates_are_enabled(api: Caller) -> None:
    made = create(api)
    again = api.post("/consignments", request(api))
    assert again.status_code == 422
    assert again.json()[0]["type"] == "DUPLICATE"
    assert again.json()[0]["details"] == {"duplicateId": made["id"]}
    api.running.control.patch(
        f"/customers/{api.running.customer_id}", {"settings": {"unique_consignment_references": False}}
    )
    assert api.post("/consignments", request(api)).status_code == 201


@pytest.mark.fidelity("13.1-put", "13.1-cancel", "13.4-cancelled", "4.2-if-match", "13.2-statuses")
def test_a_put_under_the_current_version_changes_and_cancels(api: Caller) -> None:
    made = create(api)
    made["details"]["deliver"]["instructions"] = "Front door"
    made["references"]["tracking"] = "AUP33XYZ"
    made["details"]["tracking"] = {"company": "Australia Post"}
    changed = put(api, made, '"1"').json()
    assert (changed["version"], changed["details"]["deliver"]["instructions"]) == (2, "Front door")
    assert (changed["references"]["tracking"], changed["details"]["tracking"]) == (
        "AUP33XYZ",
        {"companyName": "Australia Post"},
    )
    assert changed["items"][0]["id"] == made["items"][0]["id"]
    cancelled = put(api, {**changed, "status": "CANCELLED"}, "2").json()
    assert (cancelled["status"], cancelled["version"]) == ("CANCELLED", 3)


@pytest.mark.fidelity("4.7-stale", "4.7-precondition", "4.7-conflict", "21-default-stale")
def test_a_stale_version_changes_nothing(api: Caller) -> None:
    made = create(api)
    put(api, made, "1")
    for setting, status in ((412, 412), (409, 409)):
        api.running.control.set(stale_if_match_status=setting)
        for stale in ("1", '"1"', "abc"):
            assert put(api, {**made, "status": "CANCELLED"}, stale).status_code == status
    assert api.get(f"/consignments/{made['id']}").json()["version"] == 2
    assert put(api, made, "*").status_code == put(api, made).status_code == 200
    api.running.control.set(if_match_required=True)
    assert put(api, made).status_code == 400


@pytest.mark.fidelity("13.1-invoiced")
def test_puts_that_may_not_be_are_refused(api: Caller) -> None:
    made = create(api)
    create(api, "CON-882")
    other = api.running.control.post("/customers", {"name": "Other"})["id"]
    for change, field in (
        ({"status": "SHIPPED"}, "/status"),
        ({"customer": {"id": other}}, "/customer"),
        ({"references": {"customer": "CON-882"}}, "/references/customer"),
    ):
        response = put(api, {**made, **change}, "1")
        assert (response.status_code, response.json()[0]["field"]) == (422, field)
    api.running.control.post(f"/consignments/{made['id']}", {"on_approved_invoice": True})
    assert put(api, made).status_code == 422
    now = api.get(f"/consignments/{made['id']}").json()
    assert (now["status"], now["version"], now["areChargesEditable"]) == (made["status"], 2, False)


@pytest.mark.fidelity("13.1-quote", "13.1-no-rate", "13.4-quote-body", "13.4-quote-answer", "13.4-quote-refusal",
                      "13.2-tracking-company")  # fmt: skip
def test_a_quote_answers_charges_and_keeps_nothing(api: Caller) -> None:
    api.running.control.set(charge_rates={"CONSIGNMENT": 12.5})
    wanted = request(api, items=[{"measures": {"pallets": 3}}], taskDate="2026-03-04")
    wanted["details"]["tracking"] = {"company": "Australia Post"}
    quote = api.post("/consignments/quote", wanted)
    assert (quote.status_code, quote.json()["rateCard"]) == (200, {"name": "Standard"})
    (charge,) = quote.json()["charges"]
    assert charge["fee"] == charge["feeAfterModifiers"] == {"amount": 37.5, "currency": "AUD"}
    assert charge["feeCategory"].keys() == {"id", "name"}
    assert api.search("consignments") == []
    assert api.post("/consignments/quote", {**wanted, "taskDate": "soon"}).json()[0]["field"] == "/taskDate"
    for refusal in ({"rate_card": ""}, {"quote_undercharges": True}):
        api.running.control.patch(f"/customers/{api.running.customer_id}", {"settings": refusal})
        refused = api.post("/consignments/quote", wanted)
        assert (refused.status_code, len(refused.json())) == (422, 1)


@pytest.mark.fidelity("13.2-links", "6.6-run-and-sheet", "6.6-manifest-and-user", "7-consignment-run-keys",
                      "7-run-sheet-statuses", "7-consignment-keys", "7-consignment-pointers")  # fmt: skip
def test_consignments_are_found_by_what_they_travel_on(api: Caller) -> None:
    control = api.running.control
    driver = control.post("/drivers", {"name": "Mei Tan"})
    run = control.post("/delivery-runs", {"name": "North"})
    sheet = control.post("/run-sheets", {"name": "North Monday", "date": "2026-03-09"})
    made, bare = create(api), create(api, "CON-882")
    control.post(
        f"/consignments/{made['id']}",
        {"driver": driver["id"], "delivery_run": run["id"], "run_sheet": sheet["id"]},
    )
    manifest = control.post("/manifests", {"consignments": [made["id"]]})
    shown = api.get(f"/consignments/{made['id']}").json()
    assert shown["user"] == {"id": driver["id"], "name": "Mei Tan"}
    assert shown["details"]["runsheet"] == {"id": sheet["id"], "name": "North Monday", "date": "2026-03-09"}
    assert shown["details"]["deliveryRun"]["warehouse"]["name"] == "Brisbane DC"
    assert shown["details"]["manifest"] == {"id": manifest["id"]}
    control.patch(f"/run-sheets/{sheet['id']}", {"status": "BUILT"})
    for key, value, kind in (
        ("driverId", driver["id"], "Text"),
        ("driverName", "mei tan", "Text"),
        ("deliveryRunId", run["id"], "Text"),
        ("deliveryRunName", "North", "Text"),
        ("runSheetId", sheet["id"], "Text"),
        ("runSheetName", "North Monday", "Text"),
        ("runSheetDate", "2026-03-09", "Date"),
        ("runSheetStatus", "BUILT", "Text"),
        ("reference", "CON-881", "Text"),
    ):
        assert [found["id"] for found in api.search("consignments", leaf(key, value, kind=kind))] == [made["id"]], key
    both = api.search("consignments", leaf("customerId", api.running.customer_id), leaf("/details/type", "DELIVERY"))
    assert [found["id"] for found in both] == [made["id"], bare["id"]]
    control.post(f"/consignments/{made['id']}", {"run_sheet": None})
    assert api.search("consignments", leaf("runSheetId", sheet["id"])) == []
    again = put(api, {**bare, "user": {"name": "Mei Tan"}, "details": {"runsheet": {"name": "North Monday"}}}, "1")
    assert (again.json()["user"]["id"], again.json()["details"]["runsheet"]["id"]) == (driver["id"], sheet["id"])


def pack(api: Caller) -> str:
    api.running.control.add_product(api.running.customer_id, "A")
    api.running.control.add_stock(api.running.customer_id, "A", 5)
    order_id = str(api.create("SO-1", line("A", 2)).json()["id"])
    api.running.control.post(f"/orders/{order_id}/pack")
    return order_id


@pytest.mark.fidelity("13-several", "13-kinds", "13.3-pointer", "13.3-by-reference", "13.3-same-reference",
                      "13.3-corrected", "21-tracking", "13.2-fulfilment-path")  # fmt: skip
def test_an_order_has_as_many_fulfilments_as_are_made(api: Caller) -> None:
    control = api.running.control
    order_id = pack(api)
    made = control.post("/consignments", {"order": order_id, "tracking": "T2", "carrier": "Post", "url": "https://t"})
    found = api.search("consignments", leaf("/generatedFromTask/id", order_id))
    assert [one["details"]["type"] for one in found] == ["WAREHOUSE_FULFILMENT"] * 2
    assert found[1]["references"] == {"customer": "SO-1", "tracking": "T2", "numericId": "10002"}
    assert found[1]["details"]["tracking"] == {"companyName": "Post", "url": "https://t"}
    control.post(f"/consignments/{made['id']}", {"status": "DELIVERED_WAREHOUSE_FULFILMENT"})
    assert api.search("consignments", leaf("reference", "so-1"))[1]["version"] == 2
    create(api, "SO-1")
    control.delete(f"/consignments/{made['id']}")
    assert api.get(f"/consignments/{made['id']}").status_code == 404
    with pytest.raises(ControlError, match="/order"):
        control.post("/consignments", {"order": "none"})


def test_what_arrives_is_delivered_each_kind_in_its_own_words(api: Caller) -> None:
    control = api.running.control
    pack(api)
    fulfilment = api.search("consignments")[0]["id"]
    direct = create(api, details={"type": "POINT_TO_POINT"})["id"]
    usual = create(api, "CON-882")["id"]
    control.set(fulfilment_delivered_status="DROPPED")
    for consignment, status in ((fulfilment, "DROPPED"), (direct, "POINT_TO_POINT_DELIVERED"), (usual, "DELIVERED")):
        assert control.post(f"/consignments/{consignment}/deliver")["status"] == status
        assert api.get(f"/consignments/{consignment}").json()["status"] == status


@pytest.mark.fidelity("13.2-no-origin", "22-tracking-key")
def test_what_is_unknown_of_the_body_is_switched(api: Caller) -> None:
    api.running.control.set(package_extras=["dimensions", "contents"])
    order_id = pack(api)
    (found,) = api.search("consignments")
    assert "generatedFromTask" not in found
    (package,) = found["items"]
    assert (package["measures"]["length"], package["items"][0]["measures"]["quantity"]) == (0.43, 2)
    api.running.control.set(
        consignment_source_shown=True, consignment_extras_shown=False, tracking_company_key="company"
    )
    (found,) = api.search("consignments")
    assert found["generatedFromTask"]["id"] == order_id
    assert found.keys().isdisjoint({"areChargesEditable", "source"})
    assert found["details"]["tracking"].keys() == {"company", "url"}


@pytest.mark.fidelity("3.3-tms-create", "3.3-tms-create-views", "3.3-tms-view")
def test_roles_of_transport(api: Caller) -> None:
    made = create(api)
    for role, may in (("TMS Create Job", True), ("TMS View Job", False)):
        client = api.running.control.post("/clients", {"roles": [role]})
        with Caller(api.running, (client["id"], client["secret"])) as limited:
            assert limited.get(f"/consignments/{made['id']}").status_code == 200
            assert len(limited.search("consignments")) == 1
            assert put(limited, made).status_code == (200 if may else 403)
            assert limited.post("/consignments/quote", request(limited)).status_code == (200 if may else 403)
            assert limited.post("/consignments", {}).status_code == (422 if may else 403)


PACKAGE = {
    "scope": "TRANSPORT",
    "references": {"code": "A3", "barcode": "930"},
    "name": "Carton A3",
    "properties": {"width": 0.3, "height": 0.31, "length": 0.43},
    "details": {
        "uiOptions": {"consignmentItems": {"cubicCalculator": {"multiplierField": "QUANTITY"}, "splitByField": "NONE"}}
    },
}


@pytest.mark.fidelity("16-endpoints", "16-shape", "16-options", "16-apart", "5-wrong-product-kind")
def test_transport_products_are_package_types(api: Caller, cartoncloud: RunningSimulator) -> None:
    made = api.post("/products", PACKAGE)
    assert (made.status_code, made.json()) == (201, {"id": made.json()["id"], "enabled": True, **PACKAGE})
    assert api.get("/products").json() == [made.json()]
    assert api.get(f"/products/{made.json()['id']}").json() == made.json()
    goods = cartoncloud.control.add_product(cartoncloud.customer_id, "A")
    wrong = api.get(f"/products/{goods}")
    assert (wrong.status_code, "nvalid product id" in wrong.json()[0]["message"]) == (404, True)
    assert api.get(f"/warehouse-products/{made.json()['id']}").status_code == 404
    for reference in ({"references": {"code": "A3"}}, {"references": {"barcode": "930"}}, {"name": "Carton A3"}):
        items = [{"details": {"product": reference}, "measures": {"quantity": 1}}]
        shown = create(api, str(reference), items=items)["items"][0]["details"]["product"]
        assert shown == {"id": made.json()["id"], "name": "Carton A3", "references": PACKAGE["references"]}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"scope": "WAREHOUSE"}, "/scope"),
        ({"name": ""}, "/name"),
        ({"references": {"code": "TAKEN"}}, "/references/code"),
        ({"properties": {"width": "wide"}}, "/properties/width"),
        (
            {"details": {"uiOptions": {"consignmentItems": {"splitByField": "WEIGHT"}}}},
            "/details/uiOptions/consignmentItems/splitByField",
        ),
    ],
)
def test_refused_transport_products(api: Caller, more: dict[str, Any], field: str) -> None:
    api.post("/products", {**PACKAGE, "references": {"code": "TAKEN"}})
    response = api.post("/products", {**PACKAGE, **more})
    assert (response.status_code, [error["field"] for error in response.json()]) == (422, [field])
    assert len(api.get("/products").json()) == 1


@pytest.mark.fidelity("3.3-tms-create-products", "3.3-tms-add-product")
def test_roles_of_transport_products(api: Caller) -> None:
    for role, may_add in (("TMS Create Job", 403), ("TMS Add/Edit Product", 201), ("WMS Add Product", 403)):
        client = api.running.control.post("/clients", {"roles": [role]})
        with Caller(api.running, (client["id"], client["secret"])) as limited:
            assert limited.post("/products", PACKAGE).status_code == may_add
            assert limited.get("/products").status_code == (403 if role.startswith("WMS") else 200)
