"""What live callers send beyond the documentation: nulls, empty strings, numbers as text, odd framing."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.simulator.caller import ADDRESS, Caller, leaf, line
from tests.simulator.fidelity.calls import call, own, references
from tests.simulator.fidelity.outbound_orders import AT, at, send
from tests.simulator.fidelity.products import create, patch, product, read, step

_NEW = ("id", "numericId", "time", "createDate", "lastModified", "code", "customer", "name", "barcode", "job")


def _order(api: Caller, number: int) -> dict[str, Any]:
    return api.order(f"SO-{number}", line("A", 1))


def _inbound_order(api: Caller, number: int) -> dict[str, Any]:
    parties = {"references": {"customer": f"PO-{number}"}, "customer": {"id": api.running.customer_id}}
    return {**parties, "details": {}, "items": [line("A", 1)]}


def _product(api: Caller, number: int) -> dict[str, Any]:
    return product(api, f"P{number}", details={"stockSelection": {}}, unitOfMeasures={"EA": {"baseQty": 1}})


def _consignment(api: Caller, number: int) -> dict[str, Any]:
    parties = {"references": {"customer": f"C-{number}"}, "customer": {"id": api.running.customer_id}}
    return {**parties, "details": {"deliver": {"address": dict(ADDRESS)}}, "items": [{"measures": {"weight": 2}}]}


def _customer(api: Caller, number: int) -> dict[str, Any]:
    return {"name": f"{api.running.customer_id} {number}"}


def _package(api: Caller, number: int) -> dict[str, Any]:
    return {"scope": "TRANSPORT", "name": f"{api.running.customer_id} {number}"}


def _stock_report(api: Caller, number: int) -> dict[str, Any]:
    return {"type": "STOCK_ON_HAND", "parameters": {"customer": {"id": api.running.customer_id}}}


def _charges_report(api: Caller, number: int) -> dict[str, Any]:
    return {"type": "BULK_CHARGES"}


_ADDRESS_PARTS = ("address2", "city", "state", "postcode", "country", "phone", "email", "contactName")
_STOP = ("instructions", "requiredDate", "cashPaymentAmount", *(f"address/{part}" for part in _ADDRESS_PARTS))
_DELIVER = tuple(f"details/deliver/{name}" for name in _STOP)
_LINE = ("items/0/properties/batch", "items/0/details/unitOfMeasure")
_ORDER = (
    "type", "status", "warehouse", "properties", "details/urgent", "details/instructions", "details/allowSplitting",
    "details/collect/requiredDate", "details/invoiceValue/currency", "details/deliver/method/type", *_DELIVER, *_LINE,
    "details/deliver/method/requestedService", "items/0/details/approximateUnitPrice",
)  # fmt: skip
_INBOUND = (
    "type",
    "status",
    "warehouse",
    "properties",
    "details/urgent",
    "details/arrivalDate",
    "items/0/status",
    *_LINE,
)
_PRODUCT = (
    "description", "itemPropertyRequirements/expiry", "notifications", "properties", "references/barcode",
    "details/active", "details/variableWeight", "details/storage/chargeMethod", "details/inbound/initialStatus",
    "details/countryOfOrigin", "details/harmonizedSystemCode", "details/stockSelection/method",
    "details/stockSelection/secondaryMethod", "details/stockSelection/strict",
    "details/stockSelection/expiryThresholdDays", "unitOfMeasures/CTN", "unitOfMeasures/EA/name",
    "unitOfMeasures/EA/weight", "unitOfMeasures/EA/length", "unitOfMeasures/EA/barcode",
    "unitOfMeasures/EA/isDirectlyShippable",
)  # fmt: skip
_CONSIGNMENT = (
    "type", "status", "warehouse", "user", "properties", "references/tracking", "measures/hours", "details/type",
    "details/authorityToLeave", "details/authorityToLeaveInstructions", "details/tracking/url", "details/manifest",
    "details/deliveryRun", "details/runsheet", "details/collect/address", "details/invoiceValue/currency",
    "items/0/measures/cubic", "items/0/properties/description", "items/0/details/product", *_DELIVER,
)  # fmt: skip
_PACKAGE = ("references/code", "enabled", "properties/length", "details/uiOptions/consignmentItems/splitByField")


@pytest.mark.fidelity("4.4-null-is-absent")
@pytest.mark.parametrize(
    ("path", "build", "optional"),
    [
        ("/outbound-orders", _order, _ORDER),
        ("/inbound-orders", _inbound_order, _INBOUND),
        ("/warehouse-products", _product, _PRODUCT),
        ("/consignments", _consignment, _CONSIGNMENT),
        ("/customers", _customer, ("scope", "references/code", "warehouses", "email", "telephone")),
        ("/products", _package, _PACKAGE),
        ("/report-runs", _stock_report, [f"parameters/{name}" for name in ("pageSize", "warehouse", "aggregateBy")]),
        ("/report-runs", _charges_report, ("parameters", "foo")),
    ],
)
def test_whatever_is_optional_may_be_null(
    stocked: Caller, path: str, build: Callable[[Caller, int], dict[str, Any]], optional: tuple[str, ...]
) -> None:
    with_nulls, bare = build(stocked, 1), build(stocked, 2)
    for name in optional:
        _put(with_nulls, name, None)
    if "details/invoiceValue/currency" in optional:
        for body in (with_nulls, bare):
            _put(body, "details/invoiceValue/amount", 3)
    answers = [stocked.post(path, body, headers={"Accept-Version": "8"}) for body in (with_nulls, bare)]
    assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
    assert _settled(answers[0].json()) == _settled(answers[1].json())
    assert list(_empty(answers[0].json())) == []


@pytest.mark.fidelity("4.4-zero-left-out", "4.4-nothing-empty")
def test_nothing_empty_comes_back(stocked: Caller) -> None:
    order = _order(stocked, 1)
    for name in ("references/second", "details/deliver/method/requestedService", "details/deliver/address/phone"):
        _put(order, name, "")
    shown = [stocked.post("/outbound-orders", {**order, "properties": []}).json()]
    shown.append(create(stocked, "P1", description="", details={"storage": {"chargeMethod": ""}}, notifications=[]))
    shown.append(stocked.post("/products", {**_package(stocked, 1), "references": {"code": "", "barcode": "1"}}).json())
    for document in shown:
        assert list(_empty(document)) == []
    made = shown[1]
    for value in (None, ""):
        assert "description" not in patch(stocked, made, step("add", "/description", value)).json()
        assert patch(stocked, made, step("replace", "/name", value)).json()[0]["field"] == "/name"


@pytest.mark.fidelity("4.4-numbers-as-text", "21-settings")
def test_numbers_may_come_as_text_and_go_out_as_numbers(stocked: Caller) -> None:
    order = stocked.order("SO-1", line("A", "2"))
    order["details"] |= {"invoiceValue": {"amount": "25.50", "currency": "AUD"}, "urgent": "true"}
    shown = stocked.post("/outbound-orders", order).json()
    assert (shown["items"][0]["measures"], shown["details"]["urgent"]) == ({"quantity": 2}, True)
    assert shown["details"]["invoiceValue"] == {"amount": 25.5, "currency": "AUD"}
    unit = {"baseQty": "1", "name": "Each", "weight": "0.41", "isDirectlyShippable": "false"}
    made = create(stocked, "P1", unitOfMeasures={"EA": unit}, details={"active": "true"})
    assert made["details"]["active"] is True
    numbers = {name: made["unitOfMeasures"]["EA"][name] for name in ("baseQty", "weight", "isDirectlyShippable")}
    assert numbers == {"baseQty": 1, "weight": 0.41, "isDirectlyShippable": False}
    parcel = stocked.post("/consignments", {**_consignment(stocked, 1), "items": [{"measures": {"weight": "2.5"}}]})
    assert parcel.json()["items"][0]["measures"] == {"weight": 2.5}
    report = {**_stock_report(stocked, 1)["parameters"], "pageSize": "50"}
    run = stocked.post("/report-runs", {"type": "STOCK_ON_HAND", "parameters": report})
    assert run.json()["parameters"]["pageSize"] == 50
    stocked.running.control.set(numeric_strings_accepted=False, string_booleans_accepted=False)
    assert stocked.create("SO-2", line("A", "2")).status_code == 228
    assert send(stocked, "/details/urgent", "true", "SO-3").json()[0]["field"] == "/details/urgent"


@pytest.mark.fidelity("4.4-text-from-numbers")
def test_where_a_text_belongs_a_number_is_read_as_one(stocked: Caller) -> None:
    made = send(stocked, "/references/customer", 10442).json()
    assert made["references"]["customer"] == "10442"
    assert at(send(stocked, f"{AT}/postcode", 2300, "SO-2").json(), f"{AT}/postcode") == "2300"
    assert create(stocked, 4711)["references"]["code"] == "4711"  # type: ignore[arg-type]
    for literal in (10442, "10442"):
        assert references(own(stocked, "outbound-orders", leaf("reference", literal))) == ["10442"]


@pytest.mark.fidelity("4.4-objects-are-objects")
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/items/0/details/unitOfMeasure", "CTN"),
        ("/items/0/details/product", "A"),
        ("/items/0/details", "A"),
        ("/details/deliver/method", "PICKUP"),
        ("/details/collect", "2031-01-01"),
        (f"{AT}/state", "NSW"),
        ("/details/allowSplitting", "perhaps"),
        ("/details/urgent", 1),
    ],
)
def test_a_text_in_the_place_of_an_object_is_refused(stocked: Caller, path: str, value: Any) -> None:
    refused = send(stocked, path, value)
    assert (refused.status_code, refused.json()[0]["field"]) == (422, path)


@pytest.mark.fidelity("4.7-invalid", "4.7-created")
def test_what_has_no_shape_at_all_is_no_failure(stocked: Caller) -> None:
    assert stocked.post("/products", {**_package(stocked, 1), "references": 5}).status_code == 201
    for stop in ("collect", "deliver"):
        parcel = _consignment(stocked, 1)
        _put(parcel, f"details/{stop}/cashPaymentAmount", "12")
        refused = stocked.post("/consignments", parcel)
        assert refused.json()[0]["field"] == f"/details/{stop}/cashPaymentAmount/amount"


@pytest.mark.fidelity("6.6-money-currency")
@pytest.mark.parametrize("currency", ["aud", "DOLLARS", 5])
def test_a_currency_is_an_iso_code(stocked: Caller, currency: Any) -> None:
    refused = send(stocked, "/details/invoiceValue", {"amount": 1, "currency": currency})
    assert refused.json()[0]["field"] == "/details/invoiceValue/currency"


@pytest.mark.fidelity("6.4-country", "6.4-country-answer", "6.4-state", "6.4-unknown-parts")
def test_every_country_is_known_and_no_other(stocked: Caller) -> None:
    sweden = {"name": "Sweden", "iso2Code": "SE", "iso3Code": "SWE"}
    for number, form in enumerate(({"iso2Code": "se"}, {"iso3Code": "SWE"}, {"name": "Sweden"})):
        assert at(send(stocked, f"{AT}/country", form, f"SO-{number}").json(), f"{AT}/country") == sweden
    assert send(stocked, f"{AT}/country", {"iso2Code": "XX"}).json()[0]["field"] == f"{AT}/country"
    named = send(stocked, f"{AT}/state", {"code": "vic"}, "SO-8").json()
    assert at(named, f"{AT}/state") == {"name": "Victoria", "code": "VIC"}
    assert "planet" not in at(send(stocked, f"{AT}/planet", "Earth", "SO-9").json(), AT)


@pytest.mark.fidelity("4.1-slash", "4.3-any-case")
def test_a_slash_at_the_end_and_the_case_of_an_id_do_not_matter(stocked: Caller) -> None:
    order = stocked.create("SO-1", line("A", 1), customer={"id": stocked.running.customer_id.upper()}).json()
    every = {"condition": {"type": "AndCondition", "conditions": [leaf("/id", order["id"].upper())]}}
    assert [found["id"] for found in stocked.post("/outbound-orders/search/?size=1", every).json()] == [order["id"]]
    shouted = f"{stocked.tenant}/outbound-orders/{order['id']}/".upper().replace("/TENANTS/", "/tenants/")
    path = shouted.replace("OUTBOUND-ORDERS", "outbound-orders")
    assert stocked.http.get(path).json() == order
    assert stocked.http.get("/uaa/userinfo/").status_code == 200


@pytest.mark.fidelity("4.1-framing", "3.1-grant-in-query", "4.7-method", "2-missing-version")
def test_bodies_and_grants_come_in_every_frame(stocked: Caller) -> None:
    marked = b"\xef\xbb\xbf" + json.dumps(_order(stocked, 1)).encode()
    for number, kind in enumerate(("application/json; charset=utf-8", "text/plain", "")):
        body = marked.replace(b"SO-1", f"SO-{number}".encode())
        sent = stocked.http.post(f"{stocked.tenant}/outbound-orders", content=body, headers={"Content-Type": kind})
        assert sent.status_code == 201, sent.text
    pair = (stocked.running.client_id, stocked.running.client_secret)
    token = "/uaa/oauth/token"
    assert stocked.http.post(f"{token}?grant_type=client_credentials", auth=pair).status_code == 200
    wrong = stocked.http.get(token, auth=pair)
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")
    assert call(stocked, "GET", "/customers", Accept_Version="").status_code == 400


@pytest.mark.fidelity("15-line-breaks")
def test_the_base64_of_a_document_may_have_line_breaks(stocked: Caller) -> None:
    path = f"/outbound-orders/{stocked.create('SO-1', line('A', 1)).json()['id']}/documents"
    data = base64.encodebytes(b"thanks" * 30).decode()
    made = stocked.post(path, {"type": "INVOICE", "content": {"name": "a.pdf", "data": data}})
    assert made.json()["content"]["data"] == data.replace("\n", "")
    assert stocked.get(f"{path}/{made.json()['id']}/download").content == b"thanks" * 30


@pytest.mark.fidelity("12.2-expiry-day")
@pytest.mark.parametrize("day", ["2031-02-30", "28/02/2031", "2031-02-28T00:00:00Z"])
def test_an_expiry_is_a_day(stocked: Caller, day: str) -> None:
    body = {**_inbound_order(stocked, 1), "items": [line("A", 1, expiryDate=day)]}
    refused = stocked.post("/inbound-orders", body)
    assert (refused.status_code, refused.json()[0]["field"]) == (422, "/items/0/properties/expiryDate")


@pytest.mark.fidelity("10.4-unknown-paths")
def test_a_patch_of_what_a_product_does_not_have_changes_nothing(stocked: Caller) -> None:
    made = create(stocked, "P1")
    for path in ("/colour", "/timestamps"):
        assert patch(stocked, made, step("add", path, "red")).status_code == 200
    assert {**read(stocked, made), "timestamps": 0} == {**made, "timestamps": 0}


@pytest.mark.fidelity("13.4-round-trip")
def test_a_consignment_sent_back_as_it_was_read_changes_its_version_alone(stocked: Caller) -> None:
    made = stocked.post("/consignments", _consignment(stocked, 1)).json()
    path = f"/consignments/{made['id']}"
    again = call(stocked, "PUT", path, made, If_Match=str(made["version"])).json()
    assert again == {**made, "version": 2, "lastModified": again["lastModified"]}


def _put(body: Any, path: str, value: Any) -> None:
    *holders, last = path.split("/")
    for name in holders:
        body = body[int(name)] if isinstance(body, list) else body.setdefault(name, {})
    body[last] = value


def _settled(value: Any) -> Any:
    """A document without what every new one has of its own."""
    if isinstance(value, dict):
        return {name: _settled(part) for name, part in value.items() if name not in _NEW}
    return [_settled(part) for part in value] if isinstance(value, list) else value


def _empty(value: Any) -> Iterator[Any]:
    """Members that hold nothing."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        if part in (None, "", {}, []):
            yield name
        yield from _empty(part)
