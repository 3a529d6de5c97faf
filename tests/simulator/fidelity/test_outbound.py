"""Outbound orders as they are sent and answered: fields, references, addresses, refusals."""

from typing import Any

import pytest

from tests.simulator.caller import ADDRESS, Caller, line, parts
from tests.simulator.fidelity.calls import DIGITS, NOBODY, TIME, UUID, call, own, shows
from tests.simulator.fidelity.outbound_orders import AT, at, send


@pytest.mark.fidelity(
    "11.1-get", "11.3-shape", "11.3-item-shape", "11.3-times", "11.2-allow-splitting", "11.2-urgent", "11.2-warehouse",
    "4.3-uuids", "4.3-numeric-id", "4.3-version-from-one", "4.3-timestamps", "6.2-shape", "6.3-shape", "6.3-default",
    "6.6-unit-name", "6.5-no-description",
)  # fmt: skip
def test_the_whole_answer(api: Caller) -> None:
    customer = api.running.customer_id
    product_id = api.running.control.add_product(customer, "A", description="Long")
    api.running.control.add_stock(customer, "A", 5, expiry="2031-01-31", batch="B1")
    lined = line("A", 2, sop_custom_field_1="l1")
    made = api.create("SO-1", lined, properties={"hubOrderId": "o1"})
    assert made.status_code == 201
    order = made.json()
    named = order["customer"]["name"]
    reference = {
        "enabled": True,
        "name": named,
        "id": customer,
        "references": {"code": named.replace("Customer ", "CODE")},
    }
    warehouse = {"enabled": True, "name": order["warehouse"]["name"], "id": api.running.warehouse_id}
    item = {
        "id": UUID,
        "type": "ITEM",
        "references": {"numericId": DIGITS},
        "details": {
            "product": {"id": product_id, "name": "Product A", "references": {"code": "A"}},
            "unitOfMeasure": {"type": "EA", "name": order["items"][0]["details"]["unitOfMeasure"]["name"]},
        },
        "measures": {"quantity": 2},
        "properties": {"expiryDate": "2031-01-31", "batch": "B1", "sop_custom_field_1": "l1"},
    }
    details = order.pop("details")
    assert order == {
        "id": UUID,
        "type": "OUTBOUND",
        "status": "AWAITING_PICK_AND_PACK",
        "version": 1,
        "references": {"customer": "SO-1", "numericId": DIGITS},
        "customer": reference,
        "warehouse": warehouse,
        "properties": {"hubOrderId": "o1"},
        "items": [item],
        "timestamps": {"created": {"time": TIME}, "modified": {"time": TIME}},
    }
    assert set(details) == {"urgent", "allowSplitting", "collect", "deliver"}
    assert (details["urgent"], details["allowSplitting"]) == (False, True)
    read = api.get(f"/outbound-orders/{order['id']}")
    assert (read.status_code, read.content) == (200, made.content)
    assert api.get(f"/outbound-orders/{NOBODY}").status_code == 404


@pytest.mark.parametrize(
    ("path", "value"),
    [
        shows("11.2-further-references", "/references/shopify", "#1001"),
        shows("6.1-further", "/references/channel", "web"),
        shows("11.2-instructions", "/details/instructions", "Gift wrap"),
        shows("11.2-collect-date", "/details/collect/requiredDate", "2026-03-05"),
        shows("11.2-method", "/details/deliver/method", {"type": "PICKUP", "requestedService": "Express"}),
        shows("11.2-deliver-instructions", "/details/deliver/instructions", "Rear dock"),
        shows("11.2-deliver-date", "/details/deliver/requiredDate", "2026-03-07"),
        shows("11.2-cash", "/details/deliver/cashPaymentAmount", {"amount": 9.5, "currency": "AUD"}),
        shows("11.2-invoice-value", "/details/invoiceValue", {"amount": 0, "currency": "JPY"}),
        shows("6.6-money", "/details/invoiceValue", {"amount": 214.5, "currency": "AUD"}),
        shows("11.2-properties", "/properties", {"hubOrderId": "o1", "giftNote": "Hi"}),
        shows("17-properties", "/properties/ecommId", "e-1"),
        shows("11.2-unit-price", "/items/0/details/approximateUnitPrice", {"amount": 1.25, "currency": "AUD"}),
        shows("11.2-line-fields", "/items/0/properties/sop_custom_field_2", "l-2"),
        shows("17-line", "/items/0/properties/sop_custom_field_1", "l-1"),
        shows("6.4-optional", "/details/deliver/address/postcode", "2300"),
        shows("6.4-properties", "/details/deliver/address/properties", {"ins": "x"}),
        shows("6.4-phone", "/details/deliver/address/phone", "0" * 64),
        shows("6.4-email", "/details/deliver/address/email", "mei.tan@harbour.example"),
        ("/details/urgent", True),
        ("/details/allowSplitting", False),
        ("/details/deliver/address/address2", "Level 2"),
    ],
)
def test_what_is_kept(stocked: Caller, path: str, value: Any) -> None:
    made = send(stocked, path, value)
    assert made.status_code == 201, made.text
    assert at(made.json(), path) == value
    assert at(stocked.get(f"/outbound-orders/{made.json()['id']}").json(), path) == value


@pytest.mark.fidelity("11.3-dates-echoed", "4.3-dates")
def test_both_dates_come_back_unchanged(stocked: Caller) -> None:
    body = stocked.order("SO-1", line("A", 1))
    body["details"] = {
        "collect": {"requiredDate": "2026-03-05"},
        "deliver": {"address": ADDRESS, "requiredDate": "2026-03-07"},
    }
    details = stocked.post("/outbound-orders", body).json()["details"]
    assert (details["collect"]["requiredDate"], details["deliver"]["requiredDate"]) == ("2026-03-05", "2026-03-07")
    for bad in ("05.03.2026", "2026-3-5", "2026-03-05T00:00:00Z", "2026-02-31"):
        for part in ("collect", "deliver"):
            refused = send(stocked, f"/details/{part}/requiredDate", bad, reference="SO-2")
            assert [error["field"] for error in refused.json()] == [f"/details/{part}/requiredDate"]


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        shows("11.2-reference", "/references/customer", ..., "/references/customer"),
        shows("6.1-customer", "/references", {"other": "x"}, "/references/customer"),
        shows("11.2-customer", "/customer", ..., "/customer"),
        shows("11.2-address", "/details/deliver", {}, f"{AT}"),
        shows("11.2-type", "/type", "INBOUND", "/type"),
        ("/type", "outbound", "/type"),
        shows("11.2-invoice-value", "/details/invoiceValue", {"amount": -1}, "/details/invoiceValue/amount"),
        shows("6.6-delivery-method", "/details/deliver/method", {"type": "DRONE"}, "/details/deliver/method/type"),
        shows("6.4-company-or-contact", f"{AT}/companyName", ..., f"{AT}/companyName"),
        shows("6.4-phone", f"{AT}/phone", "0" * 65, f"{AT}/phone"),
        shows("6.4-email", f"{AT}/email", ".mei@harbour.example", f"{AT}/email"),
        shows("4.4-empty-in-address", f"{AT}/address2", "", f"{AT}/address2"),
        shows("5-pointer", "/details/deliver/requiredDate", "soon", "/details/deliver/requiredDate"),
        (f"{AT}/email", "mei tan@harbour.example", f"{AT}/email"),
        (f"{AT}/email", "@harbour.example", f"{AT}/email"),
        (f"{AT}/email", "mei@", f"{AT}/email"),
        (f"{AT}/country", {"iso2Code": "XXX"}, f"{AT}/country"),
        ("/customer", {"id": NOBODY}, "/customer"),
        ("/warehouse", {"name": "Nowhere"}, "/warehouse"),
    ],
)
def test_what_is_refused(stocked: Caller, path: str, value: Any, field: str) -> None:
    response = send(stocked, path, value)
    assert response.status_code == 422
    (error,) = response.json()
    assert error == {"field": field, "message": error["message"]}
    assert own(stocked, "outbound-orders").json() == []


@pytest.mark.fidelity("5-validation", "4.7-invalid", "4.4-empty-is-supplied")
def test_an_empty_reference(stocked: Caller) -> None:
    response = send(stocked, "/references/customer", "")
    assert response.status_code == 422
    assert response.json() == [{"field": "/references/customer", "message": "Reference cannot be empty."}]


@pytest.mark.fidelity("5-plain", "11.1-no-put", "11.4-not-by-api", "24-orders")
def test_orders_are_not_put(stocked: Caller) -> None:
    order = stocked.create("SO-1", line("A", 1)).json()
    path = f"/outbound-orders/{order['id']}"
    for method in ("PUT", "PATCH"):
        response = call(stocked, method, path, {**order, "status": "DISPATCHED"})
        assert response.status_code == 405
        assert response.json() == [{"message": f"Request method '{method}' not supported"}]
    for verb in ("cancel", "pick", "pack", "dispatch", "status"):
        assert stocked.post(f"{path}/{verb}", {}).status_code in (404, 405)
    assert stocked.get(path).json() == order


@pytest.mark.fidelity("4.4-null-is-absent")
def test_null_is_absent(stocked: Caller) -> None:
    body = stocked.order("SO-1", line("A", 1), warehouse=None, properties=None, status=None, type=None)
    nothing = dict.fromkeys(("urgent", "instructions", "collect", "invoiceValue", "allowSplitting"))
    deliver = dict.fromkeys(("method", "instructions", "requiredDate", "cashPaymentAmount"))
    optional = dict.fromkeys(("address2", "postcode", "phone", "email", "country", "state"))
    body["details"] = {**nothing, "deliver": {**deliver, "address": {**ADDRESS, **optional}}}
    with_nulls = stocked.post("/outbound-orders", body)
    bare = stocked.create("SO-2", line("A", 1))
    assert with_nulls.status_code == 201
    documents = [with_nulls.json()["details"], bare.json()["details"]]
    for document in documents:
        for varying in ("id", "references"):
            document["deliver"]["address"].pop(varying, None)
    assert documents[0] == documents[1]


@pytest.mark.fidelity("4.4-empty-instructions", "4.4-empty-names", "22-empty-strings")
def test_empty_strings_by_field_and_setting(stocked: Caller) -> None:
    assert send(stocked, "/details/instructions", "").status_code == 201
    empty = {**ADDRESS, "contactName": "", "state": {"code": ""}}
    assert send(stocked, AT, empty, "SO-2").status_code == 201
    stocked.running.control.set(empty_address_parts_refused=["contactName"])
    assert send(stocked, AT, empty, "SO-3").json()[0]["field"] == f"{AT}/contactName"


@pytest.mark.fidelity("11.2-draft", "11.4-draft", "11.4-draft-approval", "21-settings")
def test_a_draft_waits_for_approval_and_is_not_worked(stocked: Caller) -> None:
    control = stocked.running.control
    order = stocked.create("SO-1", line("A", 1), status="DRAFT").json()
    assert order["status"] == "DRAFT"
    ready = stocked.create("SO-2", line("A", 1)).json()
    path = f"/outbound-orders/{order['id']}"
    control.post("/crew/step", {"orders": 10_000})
    assert (stocked.get(path).json()["status"], stocked.get(path).json()["version"]) == ("DRAFT", 1)
    assert stocked.get(f"/outbound-orders/{ready['id']}").json()["status"] == "DISPATCHED"
    control.post(f"/orders/{order['id']}/revert")
    assert stocked.get(path).json()["status"] == "AWAITING_PICK_AND_PACK"
    control.set(draft_honoured=False)
    assert stocked.create("SO-3", line("A", 1), status="DRAFT").json()["status"] == "AWAITING_PICK_AND_PACK"


@pytest.mark.fidelity("11.2-line-fields")
def test_line_fields_need_a_setting(stocked: Caller) -> None:
    stocked.running.control.set(line_fields_enabled=False)
    (item,) = stocked.create("SO-1", line("A", 1, sop_custom_field_1="l1")).json()["items"]
    assert "properties" not in item


@pytest.mark.fidelity("11.2-external-meta")
def test_external_meta_is_accepted(stocked: Caller) -> None:
    lined = {**line("A", 1), "externalMeta": {"id": 1}}
    assert stocked.create("SO-1", lined, externalMeta={"shop": "x"}).status_code == 201


@pytest.mark.fidelity("11.2-unit", "6.6-unit", "11.3-unit-kept")
def test_the_unit_is_the_default_or_the_one_asked_for(stocked: Caller) -> None:
    assert parts(stocked.create("SO-1", line("A", 3)).json()) == [(3, "EA", None)]
    (item,) = stocked.create("SO-2", line("A", 3, "CTN")).json()["items"]
    assert item["details"]["unitOfMeasure"] == {"type": "CTN", "name": "Carton"}
    assert item["measures"] == {"quantity": 3}


@pytest.mark.fidelity("11.3-two-lines")
def test_two_lines_are_two_items(stocked: Caller) -> None:
    items = stocked.create("SO-1", line("A", 3), line("B", 2)).json()["items"]
    assert [(item["details"]["product"]["references"]["code"], item["measures"]["quantity"]) for item in items] == [
        ("A", 3),
        ("B", 2),
    ]


@pytest.mark.fidelity("11.2-item-properties", "18-lot-asked", "18-no-match", "18-lot-inbound", "18-batch", "18-expiry")
@pytest.mark.parametrize("key", ["batch", "batchNumber"])
def test_stock_properties_choose_the_lot(stocked: Caller, key: str) -> None:
    for lot, day in (("L1", "2031-01-01"), ("L2", "2032-01-01")):
        row = {"properties": {key: lot}, "expiry": day}
        stocked.running.control.add_stock(stocked.running.customer_id, "B", 4, **row)
    for asked, lot in (({key: "L2"}, "L2"), ({"expiryDate": "2031-01-01"}, "L1")):
        (item,) = stocked.create(f"SO-{lot}", line("B", 1, **asked)).json()["items"]
        assert item["properties"][key] == lot
    refused = stocked.create("SO-3", line("B", 1, **{key: "L9"}))
    assert refused.status_code == 228
    assert "No stock matches" in refused.json()["details"]["errors"][0]["message"]


@pytest.mark.fidelity("4.4-zero-left-out")
def test_what_is_empty_is_left_out(stocked: Caller) -> None:
    order = stocked.create("SO-1", line("A", 1)).json()
    assert "properties" not in order
    assert not {"packed", "dispatched"} & order["timestamps"].keys()
    assert not {"errors", "instructions", "invoiceValue"} & order["details"].keys()
    assert "properties" not in order["items"][0]


@pytest.mark.fidelity("11.2-invoice-currency", "11.2-cash", "11.2-unit-price", "6.6-money-currency")
def test_currencies(stocked: Caller) -> None:
    stocked.running.control.set(currency="NZD")
    made = send(stocked, "/details/invoiceValue", {"amount": 5})
    assert made.json()["details"]["invoiceValue"] == {"amount": 5, "currency": "NZD"}
    assert send(stocked, "/details/invoiceValue", {"amount": 5, "currency": "JPY"}, "SO-2").status_code == 201
    for path in ("/details/deliver/cashPaymentAmount", "/items/0/details/approximateUnitPrice"):
        refused = send(stocked, path, {"amount": 5, "currency": "AUD"}, "SO-3")
        assert [error["field"] for error in refused.json()] == [f"{path}/currency"]
    for half in ({"amount": 5}, {"currency": "NZD"}):
        refused = send(stocked, "/items/0/details/approximateUnitPrice", half, "SO-3")
        assert refused.status_code == 422


@pytest.mark.fidelity("6.5-shape", "6.5-no-description")
@pytest.mark.parametrize("shown", [True, False])
def test_a_product_inside_an_order(stocked: Caller, shown: bool) -> None:
    """Whether its customer is named is documented one way and shown another."""
    stocked.running.control.set(product_customer_shown=shown)
    order = stocked.create("SO-1", line("A", 1)).json()
    expected = {"id": UUID, "name": "Product A", "references": {"code": "A"}}
    if shown:
        expected["customer"] = order["customer"]
    assert order["items"][0]["details"]["product"] == expected
