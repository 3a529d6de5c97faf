"""Inbound orders: sent, received, counted, split, returned, adjusted."""

from typing import Any

import pytest

from tests.simulator.caller import Caller, leaf, line, parts
from tests.simulator.fidelity.calls import DIGITS, NOBODY, TIME, UUID, Tenant, call, own, references, shows


def body(api: Caller, reference: str = "PO-1", *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    sent = {
        "references": {"customer": reference},
        "customer": {"id": api.running.customer_id},
        "items": list(lines or (line("A", 40),)),
        **more,
    }
    return {name: value for name, value in sent.items() if value is not ...}


def create(api: Caller, reference: str = "PO-1", *lines: dict[str, Any], **more: Any) -> Any:
    response = api.post("/inbound-orders", body(api, reference, *lines, **more))
    assert response.status_code == 201, response.text
    return response.json()


def read(api: Caller, order: Any) -> Any:
    return api.get(f"/inbound-orders/{order['id']}").json()


def step(api: Caller, order: Any, verb: str, sent: Any = None) -> Any:
    return api.running.control.post(f"/inbound-orders/{order['id']}/{verb}", sent or {})


def quantities(order: Any) -> list[tuple[Any, str]]:
    return [(item["measures"]["quantity"], item["status"]) for item in order["items"]]


def free(api: Caller, code: str) -> str:
    rows = api.running.control.get(f"/stock?customer={api.running.customer_id}&code={code}")
    return str(rows[0]["free"]) if rows else "0"


@pytest.fixture
def dock(api: Caller) -> Caller:
    """Products A, also in cartons of 12, and B; nothing in stock."""
    units = {"EA": {"baseQty": 1, "name": "Each"}, "CTN": {"baseQty": 12, "name": "Carton"}}
    api.running.control.add_product(api.running.customer_id, "A", units=units)
    api.running.control.add_product(api.running.customer_id, "B", units=units)
    return api


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
        shows("12.2-quantity", line("A", None), "Product A (A) x  EA - Quantity is not a number"),
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


def incoming(api: Caller) -> Any:
    """Incoming quantity of A in the stock report, None without a row."""
    api.running.control.set(report_delay_seconds=0)
    sent = {"type": "STOCK_ON_HAND", "parameters": {"customer": {"id": api.running.customer_id}}}
    run = api.post("/report-runs", sent).json()
    rows = api.get(f"/report-runs/{run['id']}").json()["items"]
    return [row["measures"].get("quantityIncoming") for row in rows] or None


@pytest.mark.fidelity(
    "12.3-incoming", "12.3-received", "12.3-verified", "12.3-allocated", "12.3-six", "14.2-incoming", "12.6-three",
    "12.6-no-others", "18-arrived", "21-receiving", "22-inbound-statuses",
)  # fmt: skip
def test_the_way_of_an_inbound_order(dock: Caller) -> None:
    order = create(dock)
    seen = [(read(dock, order), free(dock, "A"), incoming(dock))]
    for verb in ("receive", "verify", "allocate"):
        dock.running.clock.advance(seconds=60)
        step(dock, order, verb)
        seen.append((read(dock, order), free(dock, "A"), incoming(dock)))
    statuses = [document["status"] for document, _, _ in seen]
    assert statuses == ["NOT_YET_RECEIVED", "RECEIVED", "VERIFIED", "ALLOCATED"]
    assert [document["version"] for document, _, _ in seen] == [1, 2, 3, 4]
    assert [amount for _, _, amount in seen] == [[40], [None], [None], [None]]
    # By default verified goods may be sold.
    documents = [document["timestamps"] for document, _, _ in seen]
    assert [set(times) for times in documents] == [{"created", "modified"}] * 2 + [
        {"created", "modified", "verified"}
    ] * 2
    assert documents[2]["verified"] == documents[2]["modified"] == documents[3]["verified"]


@pytest.mark.fidelity("12.3-minimum", "18-arrived")
@pytest.mark.parametrize(
    ("minimum", "sold"),
    [("RECEIVED", [228, 201]), ("VERIFIED", [228, 228, 201]), ("ALLOCATED", [228, 228, 228, 201])],
)
def test_from_which_status_on_goods_are_sold(dock: Caller, tenant: Tenant, minimum: str, sold: list[int]) -> None:
    tenant.customise(minimum_inbound_status=minimum)
    order = create(dock)
    statuses = [dock.create("SO-0", line("A", 1)).status_code]
    for number, verb in enumerate(("receive", "verify", "allocate")[: len(sold) - 1], start=1):
        step(dock, order, verb)
        statuses.append(dock.create(f"SO-{number}", line("A", 1)).status_code)
    assert statuses == sold


@pytest.mark.fidelity("12.2-draft", "12.3-draft")
def test_a_draft_waits_for_approval(dock: Caller) -> None:
    order = create(dock, status="DRAFT")
    assert order["status"] == "DRAFT"
    assert dock.http.post(f"/_sim/inbound-orders/{order['id']}/receive", json={}).status_code == 409
    assert incoming(dock) is None
    step(dock, order, "approve")
    assert read(dock, order)["status"] == "NOT_YET_RECEIVED"


@pytest.mark.fidelity("12.3-bypass")
def test_verification_may_be_skipped(dock: Caller, tenant: Tenant) -> None:
    order = create(dock)
    step(dock, order, "receive")
    tenant.customise(verification_bypass_allowed=False)
    assert dock.http.post(f"/_sim/inbound-orders/{order['id']}/allocate", json={}).status_code == 409
    tenant.customise(verification_bypass_allowed=True)
    step(dock, order, "allocate")
    after = read(dock, order)
    assert (after["status"], "verified" in after["timestamps"]) == ("ALLOCATED", False)


@pytest.mark.fidelity("12.3-jump")
def test_verifying_with_locations_allocates_at_once(dock: Caller) -> None:
    order = create(dock, "PO-1", line("A", 4), line("B", 2))
    step(dock, order, "verify", {"items": [{"code": "A", "location": "A-1"}, {"code": "B", "location": "A-2"}]})
    assert read(dock, order)["status"] == "ALLOCATED"
    partly = create(dock, "PO-2", line("A", 4), line("B", 2))
    step(dock, partly, "verify", {"items": [{"code": "A", "location": "A-1"}]})
    assert read(dock, partly)["status"] == "VERIFIED"


@pytest.mark.fidelity("12.4-expected", "12.4-confirmed", "21-receiving")
@pytest.mark.parametrize("counted", [35, 50])
def test_the_quantity_becomes_what_was_counted(dock: Caller, counted: int) -> None:
    order = create(dock)
    step(dock, order, "receive")
    assert quantities(read(dock, order)) == [(40, "OK")]
    step(dock, order, "verify", {"items": [{"code": "A", "quantity": counted}]})
    assert quantities(read(dock, order)) == [(counted, "OK")]
    assert free(dock, "A") == str(counted)


@pytest.mark.fidelity("12.4-more-items", "12.4-trouble", "21-receiving")
def test_damaged_and_missing_goods_are_items_of_their_own(dock: Caller) -> None:
    order = create(dock)
    step(dock, order, "verify", {"items": [{"code": "A", "damaged": 3, "missing": 2}]})
    after = read(dock, order)
    assert quantities(after) == [(35, "OK"), (3, "RECEIVED_DAMAGED"), (2, "MISSING")]
    assert {item["details"]["product"]["references"]["code"] for item in after["items"]} == {"A"}
    assert dock.create("SO-1", line("A", 36)).status_code == 228
    assert dock.create("SO-2", line("A", 35)).status_code == 201


@pytest.mark.fidelity("12.4-zero-items")
@pytest.mark.parametrize(("kept", "left"), [(True, [(0, "OK"), (5, "OK")]), (False, [(5, "OK")])])
def test_lines_of_zero_may_remain(dock: Caller, kept: bool, left: list[Any]) -> None:
    dock.running.control.set(inbound_zero_items_kept=kept)
    order = create(dock, "PO-1", line("A", 4), line("B", 5))
    step(dock, order, "verify", {"items": [{"code": "A", "quantity": 0}]})
    assert quantities(read(dock, order)) == left


@pytest.mark.fidelity("12.5-child", "12.5-reference", "12.5-parent", "12.5-root", "20-split-receipts")
def test_what_did_not_come_goes_on_as_orders_of_their_own(dock: Caller) -> None:
    order = create(dock)
    first = step(dock, order, "split", {"items": [{"code": "A", "quantity": 30}]})["child"]
    step(dock, first, "split", {"items": [{"code": "A", "quantity": 6}]})
    family = own(dock, "inbound-orders", leaf("reference", "PO-1", "STARTS_WITH")).json()
    assert [(row["references"]["customer"], row["status"], quantities(row)) for row in family] == [
        ("PO-1", "VERIFIED", [(30, "OK")]),
        ("PO-1 - 2", "VERIFIED", [(6, "OK")]),
        ("PO-1 - 3", "NOT_YET_RECEIVED", [(4, "OK")]),
    ]
    assert [row["details"]["hasChildren"] for row in family] == [True, True, False]
    assert [row["details"].get("parentId") for row in family] == [None, order["id"], first["id"]]


@pytest.mark.fidelity("10.1-initial-status")
def test_goods_get_the_initial_status_of_their_product(dock: Caller) -> None:
    product = {
        "scope": "WAREHOUSE",
        "type": "Ambient",
        "references": {"code": "Q"},
        "customer": {"id": dock.running.customer_id},
        "name": "Q",
        "details": {"inbound": {"initialStatus": "QC"}},
        "defaultUnitOfMeasure": "EA",
        "unitOfMeasures": {"EA": {"baseQty": 1, "name": "Each"}},
    }
    assert dock.post("/warehouse-products", product).status_code == 201
    order = create(dock, "PO-1", line("Q", 4))
    step(dock, order, "verify")
    assert quantities(read(dock, order)) == [(4, "QC")]
    assert dock.create("SO-1", line("Q", 1)).status_code == 228


@pytest.mark.fidelity("18-expiry-required", "17-required-inbound")
def test_a_required_property_must_be_there_when_goods_are_verified(dock: Caller) -> None:
    product = {
        "scope": "WAREHOUSE",
        "type": "Ambient",
        "references": {"code": "E"},
        "customer": {"id": dock.running.customer_id},
        "name": "E",
        "itemPropertyRequirements": {"expiry": "REQUIRED", "batch": "REQUIRED_ON_INCOMING", "sscc": "OPTIONAL"},
        "defaultUnitOfMeasure": "EA",
        "unitOfMeasures": {"EA": {"baseQty": 1, "name": "Each"}},
    }
    assert dock.post("/warehouse-products", product).status_code == 201
    order = create(dock, "PO-1", line("E", 4, expiryDate="2041-01-01"))
    path = f"/_sim/inbound-orders/{order['id']}/verify"
    assert dock.http.post(path, json={}).status_code == 422
    assert dock.http.post(path, json={"items": [{"code": "E", "batch": "B1"}]}).status_code == 200
    bare = create(dock, "PO-2", line("E", 4, batch="B1"))
    assert dock.http.post(f"/_sim/inbound-orders/{bare['id']}/verify", json={}).status_code == 422


@pytest.mark.fidelity("18-record", "18-lot-inbound")
def test_a_stock_record_is_an_inbound_line(dock: Caller) -> None:
    order = create(dock, "PO-1", line("A", 2, "CTN", expiryDate="2041-01-01", batch="B1"))
    step(dock, order, "verify", {"items": [{"code": "A", "location": "A-7"}]})
    (record,) = dock.running.control.get(f"/lots?customer={dock.running.customer_id}")
    kept = ("code", "initial", "on_hand", "free", "status", "expiry", "location", "inbound_order")
    assert [record[name] for name in kept] == ["A", "24", "24", "24", "OK", "2041-01-01", "A-7", order["id"]]
    assert record["properties"]["batch"] == "B1"
    (item,) = dock.create("SO-1", line("A", 1, "CTN")).json()["items"]
    assert item["properties"] == {"expiryDate": "2041-01-01", "batch": "B1"}


@pytest.mark.fidelity("12.8-rts")
def test_returns(dock: Caller) -> None:
    dock.running.control.add_stock(dock.running.customer_id, "A", 10)
    order = dock.create("SO-1", line("A", 4)).json()
    dock.running.control.post(f"/orders/{order['id']}/dispatch")
    dock.running.control.post(f"/orders/{order['id']}/return")
    (back,) = own(dock, "inbound-orders").json()
    assert (back["references"]["customer"], quantities(back)) == ("SO-1-RTS", [(4, "OK")])


def adjust(api: Caller, quantity: int) -> None:
    sent = {"customer": api.running.customer_id, "code": "A", "quantity": quantity}
    api.running.control.post("/stock/adjust", sent)


def books(api: Caller) -> tuple[list[Any], list[Any]]:
    found = [own(api, what).json() for what in ("inbound-orders", "outbound-orders")]
    return tuple([[item["measures"]["quantity"] for item in order["items"]] for order in book] for book in found)  # type: ignore[return-value]


@pytest.mark.fidelity("12.8-adjust-up", "12.8-adjust-down", "12.8-per-day", "12.8-each", "12.8-direct", "21-adjusting")
@pytest.mark.parametrize(
    ("orders", "inbound", "outbound"),
    [("daily", [[5, 4]], [[2, 1]]), ("each", [[5], [4]], [[2], [1]]), ("none", [], [])],
)
def test_adjustments(dock: Caller, tenant: Tenant, orders: str, inbound: list[Any], outbound: list[Any]) -> None:
    tenant.customise(adjustment_orders=orders)
    for quantity in (5, 4, -2, -1):
        adjust(dock, quantity)
    assert free(dock, "A") == "6"
    assert books(dock) == (inbound, outbound)
    if orders == "daily":
        dock.running.clock.advance(days=1)
        adjust(dock, 7)
        dock.renew_token((dock.running.client_id, dock.running.client_secret))
        assert books(dock)[0] == [[5, 4], [7]]


@pytest.mark.fidelity("20-receipts")
def test_receipts_are_found_by_status_and_date(dock: Caller) -> None:
    orders = [create(dock, f"PO-{number}") for number in range(3)]
    step(dock, orders[1], "verify")
    step(dock, orders[2], "verify", {"items": [{"code": "A", "location": "A-1"}]})
    done = {"type": "OrCondition", "conditions": [leaf("/status", "VERIFIED"), leaf("/status", "ALLOCATED")]}
    since = leaf("createdDate", orders[0]["timestamps"]["created"]["time"][:10], "GREATER_THAN_OR_EQUAL_TO", "Date")
    assert references(own(dock, "inbound-orders", done, since)) == ["PO-1", "PO-2"]
