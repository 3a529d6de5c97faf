"""Inbound orders: sent, received, counted, split, returned, adjusted."""

from typing import Any

import pytest

from tests.simulator.caller import Caller, leaf, line, parts
from tests.simulator.fidelity.calls import DIGITS, NOBODY, TIME, UUID, Tenant, call, own, references, shows
from tests.simulator.fidelity.inbound_orders import body, create, quantities, read, step


@pytest.mark.fidelity(
    "12.1-create", "12.1-get", "12.2-type", "12.2-initial", "12.2-warehouse", "12.2-shape", "12.2-item-shape",
    "12.2-urgent", "12.2-instructions", "12.2-arrival", "12.2-properties", "12.2-item-properties", "12.5-root",
    "12.6-three", "17-mapped",
)  # fmt: skip
def test_the_whole_answer(dock: Caller) -> None:
    sent = body(
        dock,
        "PO-1",
        line("A", 40, "CTN", expiryDate="2041-02-28", batch="B130"),
        details={"urgent": True, "instructions": "2 pallets", "arrivalDate": "2036-03-12"},
        properties={"vendor": "Orchard"},
    )
    made = dock.post("/inbound-orders", sent)
    assert made.status_code == 201
    order = made.json()
    customer, warehouse = order.pop("customer"), order.pop("warehouse")
    assert (customer["id"], warehouse["id"]) == (dock.running.customer_id, dock.running.warehouse_id)
    assert set(warehouse) == {"enabled", "name", "id"}
    assert order == {
        "id": UUID,
        "type": "INBOUND",
        "status": "NOT_YET_RECEIVED",
        "version": 1,
        "references": {"customer": "PO-1", "numericId": DIGITS},
        "details": {"urgent": True, "instructions": "2 pallets", "arrivalDate": "2036-03-12", "hasChildren": False},
        "properties": {"vendor": "Orchard"},
        "items": [
            {
                "id": UUID,
                "type": "ITEM",
                "status": "OK",
                "references": {"numericId": DIGITS},
                "details": {
                    "product": {"id": UUID, "name": "Product A", "references": {"code": "A"}},
                    "unitOfMeasure": {"type": "CTN", "name": "Carton"},
                },
                "measures": {"quantity": 40},
                "properties": {"expiryDate": "2041-02-28", "batch": "B130"},
            }
        ],
        "timestamps": {"created": {"time": TIME}, "modified": {"time": TIME}},
    }
    found = dock.get(f"/inbound-orders/{order['id']}")
    assert (found.status_code, found.content) == (200, made.content)
    assert dock.get(f"/inbound-orders/{NOBODY}").status_code == 404
    bare = create(dock, "PO-2")
    assert bare["details"] == {"urgent": False, "hasChildren": False}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        shows("12.2-reference", {"references": {}}, "/references/customer"),
        shows("12.2-customer", {"customer": ...}, "/customer"),
        shows("12.2-arrival", {"details": {"arrivalDate": "soon"}}, "/details/arrivalDate"),
        shows("12.2-type", {"type": "OUTBOUND"}, "/type"),
        shows("12.2-item-status", {"items": [{**line("A", 1), "status": "SHINY"}]}, "/items/0/status"),
        ({"items": []}, "/items"),
        ({"warehouse": {"name": "Nowhere"}}, "/warehouse"),
    ],
)
def test_what_is_refused(dock: Caller, more: dict[str, Any], field: str) -> None:
    response = dock.post("/inbound-orders", body(dock, **more))
    assert response.status_code == 422
    (error,) = response.json()
    assert error == {"field": field, "message": error["message"]}
    assert own(dock, "inbound-orders").json() == []


@pytest.mark.fidelity("12.2-item-status", "12.2-item-status-own")
def test_items_have_a_status(dock: Caller) -> None:
    known = ["OK", "RECEIVED_DAMAGED", "MISSING", "QUARANTINE", "DAMAGED_BY_CARRIER", "DAMAGED", "LOST"]
    order = create(dock, "PO-1", *({**line("A", 1), "status": status} for status in known))
    assert quantities(order) == [(1, status) for status in known]
    dock.running.control.set(stock_statuses=[*known, "HOLD_FOR_LAB"])
    order = create(dock, "PO-2", {**line("A", 1), "status": "HOLD_FOR_LAB"})
    assert quantities(read(dock, order)) == [(1, "HOLD_FOR_LAB")]


@pytest.mark.fidelity("12.2-unit")
def test_the_default_unit(dock: Caller) -> None:
    assert [part[1] for part in parts(create(dock))] == ["EA"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        shows("12.7-unknown-reject", line("NOPE", 1), "(NOPE) x 1 - Product not found"),
        shows("12.7-unit-reject", line("A", 1, "PLT"), "Product A (A) x 1 PLT - Invalid unit of measure"),
        shows("12.2-product", {"measures": {"quantity": 1}}, "() x 1 - Product code missing"),
        shows("12.2-quantity", line("A", None), "Product A (A) x EA - Quantity is not a number"),
        shows("12.2-rejected", line("A", -3), "Product A (A) x -3 EA - Quantity is negative"),
        shows("12.3-rejected", line("A", "x"), "Product A (A) x x EA - Quantity is not a number"),
    ],
)
def test_a_rejected_import(dock: Caller, bad: dict[str, Any], reason: str) -> None:
    response = dock.post("/inbound-orders", body(dock, "PO-1", line("B", 1), bad))
    assert (response.status_code, response.json()["status"]) == (228, "REJECTED")
    assert response.json()["details"]["errors"] == [{"message": reason, "isResolved": False}]


@pytest.mark.parametrize(
    ("settings", "bad", "kept"),
    [
        shows("12.7-unknown-drop", {"inbound_unknown_product_policy": "drop"}, line("NOPE", 1), ["EA"]),
        shows("12.7-unit-drop", {"inbound_invalid_unit_policy": "drop"}, line("A", 1, "PLT"), ["EA"]),
        shows("12.7-unit-default", {"inbound_invalid_unit_policy": "default"}, line("A", 1, "PLT"), ["EA", "EA"]),
    ],
)
def test_lines_are_dropped_or_mended(
    dock: Caller, tenant: Tenant, settings: dict[str, str], bad: dict[str, Any], kept: list[str]
) -> None:
    tenant.customise(**settings)
    order = create(dock, "PO-1", line("B", 1), bad)
    assert [part[1] for part in parts(order)] == kept
    assert "errors" not in order["details"]


@pytest.mark.fidelity("12.7-duplicate", "5-duplicate")
def test_a_taken_reference(dock: Caller) -> None:
    first = create(dock)
    again = dock.post("/inbound-orders", body(dock))
    assert again.status_code == 422
    assert again.json() == [
        {
            "field": "/references/customer",
            "message": "A Purchase Order with this Customer Reference already exists.",
            "type": "DUPLICATE",
            "details": {"duplicateId": first["id"]},
        }
    ]
    assert own(dock, "inbound-orders").json() == [first]


@pytest.mark.fidelity("5-details-object", "22-error-details")
def test_the_details_of_a_duplicate_may_be_an_array(dock: Caller) -> None:
    first = create(dock)
    dock.running.control.set(error_details_form="array")
    (error,) = dock.post("/inbound-orders", body(dock)).json()
    assert error["details"] == [{"duplicateId": first["id"]}]


@pytest.mark.fidelity("12.7-override")
def test_a_rejected_order_is_replaced(dock: Caller) -> None:
    first = dock.post("/inbound-orders", body(dock, "PO-1", line("NOPE", 1)))
    assert first.status_code == 228
    second = create(dock)
    assert second["id"] != first.json()["id"]
    assert own(dock, "inbound-orders").json() == [second]
    assert dock.get(f"/inbound-orders/{first.json()['id']}").status_code == 404


@pytest.mark.fidelity("12.1-delete", "12.1-delete-enabled")
def test_deleting(dock: Caller, tenant: Tenant) -> None:
    rejected = dock.post("/inbound-orders", body(dock, "PO-0", line("NOPE", 1))).json()
    gone = dock.delete(f"/inbound-orders/{rejected['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    draft, expected, received = (create(dock, f"PO-{number}") for number in (1, 2, 3))
    draft = create(dock, "PO-4", status="DRAFT")
    step(dock, received, "receive")
    for order, status in ((draft, "DRAFT"), (expected, "NOT_YET_RECEIVED"), (received, "RECEIVED")):
        path = f"/inbound-orders/{order['id']}"
        tenant.customise(inbound_overridable_statuses=["REJECTED"])
        assert dock.delete(path).status_code == 422
        assert read(dock, order)["status"] == status
        tenant.customise(inbound_overridable_statuses=[status])
        assert dock.delete(path).status_code == 204
        assert dock.get(path).status_code == 404


@pytest.mark.fidelity("12.1-no-put", "12.1-no-documents")
def test_what_inbound_orders_do_not_have(dock: Caller) -> None:
    order = create(dock)
    path = f"/inbound-orders/{order['id']}"
    refused = call(dock, "PUT", path, order)
    assert (refused.status_code, refused.json()) == (405, [{"message": "Request method 'PUT' not supported"}])
    for method in ("GET", "POST"):
        assert call(dock, method, f"{path}/documents", None if method == "GET" else {}).status_code == 404
    assert read(dock, order) == order


@pytest.mark.fidelity("12.1-role", "3.3-wms-create-inbound")
def test_inbound_orders_need_wms_create_job(dock: Caller, tenant: Tenant) -> None:
    path = f"/inbound-orders/{create(dock)['id']}"
    without = tenant.client("WMS Add Product", "TMS Create Job", "Add Customer", "Internal Field Access")
    refused = [
        without.post("/inbound-orders", body(dock, "PO-2")),
        without.get(path),
        own(without, "inbound-orders"),
        without.delete(path),
    ]
    assert [answer.status_code for answer in refused] == [403] * 4
    tenant.customise(inbound_overridable_statuses=["NOT_YET_RECEIVED"])
    able = tenant.client("WMS Create Job")
    assert able.post("/inbound-orders", body(dock, "PO-2")).status_code == 201
    assert (able.get(path).status_code, len(own(able, "inbound-orders").json())) == (200, 2)
    assert able.delete(path).status_code == 204


@pytest.mark.fidelity("12.1-no-limit")
def test_inbound_creations_are_not_limited(dock: Caller) -> None:
    dock.running.control.set(outbound_rate_limit_enabled=True, outbound_rate_limit=1)
    assert [dock.post("/inbound-orders", body(dock, f"PO-{number}")).status_code for number in range(5)] == [201] * 5


@pytest.mark.fidelity("12.1-search", "4.2-minimal-inbound", "4.2-no-items-inbound", "12.1-get")
def test_searches_and_preferences(dock: Caller) -> None:
    orders = [create(dock, "PO-1"), create(dock, "PO-2")]
    assert own(dock, "inbound-orders").json() == orders
    minimal = own(dock, "inbound-orders", Prefer="return=minimal")
    assert minimal.json() == [{"id": order["id"]} for order in orders]
    assert minimal.headers["Preference-Applied"] == "return=minimal"
    bare = dock.get(f"/inbound-orders/{orders[0]['id']}", headers={"Prefer": "return=no-items"})
    assert bare.headers["Preference-Applied"] == "return=no-items"
    assert bare.json() == {name: value for name, value in orders[0].items() if name != "items"}


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        shows("7-inbound-keys", leaf("reference", "PO-2"), ["PO-2"]),
        (leaf("customerId", NOBODY), []),
        (leaf("customerName", "Nobody"), []),
        (leaf("createdDate", "2020-01-01", "GREATER_THAN", "Date"), ["PO-1", "PO-2"]),
        (leaf("createdDate", "2020-01-01", "LESS_THAN", "Date"), []),
        (leaf("arrivalDate", "2036-03-12", "EQUAL_TO", "Date"), ["PO-2"]),
        shows("7-inbound-pointers", leaf("/status", "NOT_YET_RECEIVED"), ["PO-2"]),
        (leaf("/timestamps/created/time", "2020-01-01T00:00:00Z", "GREATER_THAN", "DateTime"), ["PO-1", "PO-2"]),
        (leaf("/timestamps/created/time", "2020-01-01T00:00:00Z", "LESS_THAN", "DateTime"), []),
        (leaf("/customer/id", NOBODY), []),
        shows("7-arrival-as-text", leaf("arrivalDate", "2036-03-12", "GREATER_THAN_OR_EQUAL_TO"), ["PO-2"]),
        (leaf("arrivalDate", "2036-03-11", "LESS_THAN_OR_EQUAL_TO"), ["PO-1"]),
        shows("20-split-receipts", leaf("reference", "PO-1", "STARTS_WITH"), ["PO-1"]),
    ],
)
def test_inbound_searches(dock: Caller, condition: dict[str, Any], found: list[str]) -> None:
    first = create(dock, "PO-1", details={"arrivalDate": "2036-03-10"})
    create(dock, "PO-2", details={"arrivalDate": "2036-03-12"})
    step(dock, first, "receive")
    assert references(own(dock, "inbound-orders", condition)) == found


@pytest.mark.fidelity("7-inbound-modified")
def test_whether_modified_is_searchable_is_a_setting(dock: Caller) -> None:
    create(dock)
    condition = leaf("/timestamps/modified/time", "2020-01-01T00:00:00Z", "GREATER_THAN", "DateTime")
    statuses = set()
    for searchable in (True, False):
        dock.running.control.set(inbound_modified_searchable=searchable)
        statuses.add((searchable, own(dock, "inbound-orders", condition).status_code))
    assert statuses == {(True, 200), (False, 400)}
