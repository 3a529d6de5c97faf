"""Inbound orders on the wire: creating, reading, searching, deleting, and what an import refuses."""

import re
from typing import Any

import pytest

from tests.simulator.caller import Caller, leaf, line

UNITS = {"EA": {"baseQty": 1, "name": "Each"}, "CTN": {"baseQty": 12, "name": "Carton"}}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+10:00")


@pytest.fixture(autouse=True)
def products(api: Caller) -> None:
    for code in ("A", "B"):
        api.running.control.add_product(api.running.customer_id, code, units=UNITS)


def announce(api: Caller, reference: str, *lines: dict[str, Any], **more: Any) -> Any:
    body = {
        "type": "INBOUND",
        "references": {"customer": reference},
        "customer": {"id": api.running.customer_id},
        "items": list(lines),
        **more,
    }
    return api.post("/inbound-orders", body)


def configure(api: Caller, **settings: Any) -> None:
    api.running.control.patch(f"/customers/{api.running.customer_id}", {"settings": settings})


def test_the_document_has_exactly_the_documented_keys(api: Caller) -> None:
    details = {"urgent": False, "instructions": "2 pallets", "arrivalDate": "2031-03-12"}
    sent = announce(api, "PO-1", line("A", 40, "CTN", expiryDate="2032-02-28", batch="B130"), details=details)
    order = sent.json()
    assert sent.status_code == 201
    moments = order.pop("timestamps")
    assert set(moments) == {"created", "modified"}
    assert all(set(moment) == {"time"} and TIME.fullmatch(moment["time"]) for moment in moments.values())
    (item,) = order.pop("items")
    product_id = item["details"]["product"]["id"]
    assert order == {
        "id": order["id"],
        "type": "INBOUND",
        "status": "NOT_YET_RECEIVED",
        "version": 1,
        "references": {"customer": "PO-1", "numericId": order["references"]["numericId"]},
        "customer": {
            "enabled": True,
            "name": "Bluegum Pantry",
            "references": {"code": "BLUEGUM"},
            "id": api.running.customer_id,
        },
        "warehouse": {"enabled": True, "name": "Brisbane DC", "id": api.running.warehouse_id},
        "details": {**details, "hasChildren": False},
    }
    assert item == {
        "id": item["id"],
        "type": "ITEM",
        "status": "OK",
        "references": {"numericId": item["references"]["numericId"]},
        "details": {
            "product": {"id": product_id, "name": "Product A", "references": {"code": "A"}},
            "unitOfMeasure": {"type": "CTN", "name": "Carton"},
        },
        "measures": {"quantity": 40},
        "properties": {"expiryDate": "2032-02-28", "batch": "B130"},
    }
    assert order["references"]["numericId"].isdigit() and item["references"]["numericId"].isdigit()


def test_empty_properties_are_left_out_and_settings_change_what_was_guessed(api: Caller) -> None:
    order = announce(api, "PO-1", line("A", 1), properties={"dock": ""}).json()
    assert "properties" not in order and "properties" not in order["items"][0]
    assert set(order["details"]) == {"urgent", "hasChildren"}
    api.running.control.set(inbound_timestamps=[], has_children_always_shown=False)
    order = announce(api, "PO-2", line("A", 1), properties={"dock": "7"}).json()
    assert order["properties"] == {"dock": "7"}
    assert "timestamps" not in order
    assert set(order["details"]) == {"urgent"}


def test_no_items_and_minimal_are_honoured_and_said_to_be(api: Caller) -> None:
    order = announce(api, "PO-1", line("A", 1)).json()
    bare = api.get(f"/inbound-orders/{order['id']}", headers={"Prefer": "return=no-items"})
    assert bare.headers["Preference-Applied"] == "return=no-items"
    assert bare.json() == {name: value for name, value in order.items() if name != "items"}
    every = {"condition": {"type": "AndCondition", "conditions": []}}
    minimal = api.post("/inbound-orders/search", every, headers={"Prefer": "return=minimal"})
    assert (minimal.headers["Preference-Applied"], minimal.json()) == ("return=minimal", [{"id": order["id"]}])
    full = api.get(f"/inbound-orders/{order['id']}")
    assert ("Preference-Applied" in full.headers, full.json()) == (False, order)


def test_search_knows_the_documented_keys_and_the_pointers_seen_working(api: Caller) -> None:
    early = announce(api, "PO-1", line("A", 1), details={"arrivalDate": "2031-03-01"}).json()
    late = announce(api, "PO-2", line("A", 1), details={"arrivalDate": "2031-04-01"}, status="DRAFT").json()
    day = early["timestamps"]["created"]["time"][:10]
    searches: list[tuple[list[dict[str, Any]], list[str]]] = [
        ([leaf("reference", "po-1")], [early["id"]]),
        ([leaf("customerName", "Bluegum Pantry")], [early["id"], late["id"]]),
        ([leaf("customerId", api.running.customer_id)], [early["id"], late["id"]]),
        ([leaf("arrivalDate", "2031-03-15", "GREATER_THAN_OR_EQUAL_TO")], [late["id"]]),
        ([leaf("arrivalDate", "2031-03-15", "LESS_THAN", "Date")], [early["id"]]),
        ([leaf("createdDate", day, "GREATER_THAN_OR_EQUAL_TO")], [early["id"], late["id"]]),
        ([leaf("createdDate", "2020-01-01", "LESS_THAN")], []),
        ([leaf("/customer/id", api.running.customer_id), leaf("/status", "DRAFT")], [late["id"]]),
        (
            [leaf("/timestamps/modified/time", f"{day}T00:00:00+10:00", "GREATER_THAN", "DateTime")],
            [early["id"], late["id"]],
        ),
    ]
    for leaves, expected in searches:
        assert [order["id"] for order in api.search("inbound-orders", *leaves)] == expected, leaves
    api.running.control.set(inbound_modified_searchable=False)
    modified = {"type": "AndCondition", "conditions": [leaf("/timestamps/modified/time", day, "STARTS_WITH")]}
    assert api.post("/inbound-orders/search", {"condition": modified}).status_code == 400
    assert api.search("outbound-orders") == []


def test_there_is_no_update_and_nothing_is_found_under_unknown_ids(api: Caller) -> None:
    order = announce(api, "PO-1", line("A", 1)).json()
    refused = api.http.put(f"{api.tenant}/inbound-orders/{order['id']}", json=order)
    assert (refused.status_code, refused.json()) == (405, [{"message": "Request method 'PUT' not supported"}])
    assert api.get("/inbound-orders/nothing").status_code == 404
    assert api.delete("/inbound-orders/nothing").status_code == 404


def test_a_malformed_request_names_every_field(api: Caller) -> None:
    sent = announce(
        api,
        "",
        {**line("A", 1), "status": "LOVELY"},
        type="OUTBOUND",
        customer={"id": "nobody"},
        warehouse={"name": "Nowhere"},
        details={"arrivalDate": "soon"},
        properties="dock",
    )
    assert sent.status_code == 422
    assert all(set(error) == {"field", "message"} for error in sent.json())
    assert {error["field"] for error in sent.json()} == {
        "/type",
        "/references/customer",
        "/customer",
        "/warehouse",
        "/details/arrivalDate",
        "/properties",
        "/items/0/status",
    }
    assert announce(api, "PO-1").json() == [{"field": "/items", "message": "Items cannot be empty."}]
    assert api.running.control.list_lines("/inbound-orders") == []


def test_a_taken_reference_is_a_duplicate_and_a_rejected_order_is_replaced(api: Caller) -> None:
    first = announce(api, "PO-1", line("A", 1)).json()
    assert announce(api, "PO-1", line("A", 1)).json() == [
        {
            "field": "/references/customer",
            "message": "A Purchase Order with this Customer Reference already exists.",
            "type": "DUPLICATE",
            "details": {"duplicateId": first["id"]},
        }
    ]
    rejected = announce(api, "PO-2", line("NOPE", 1)).json()
    again = announce(api, "PO-2", line("A", 1))
    assert (again.status_code, again.json()["id"] != rejected["id"]) == (201, True)
    assert api.get(f"/inbound-orders/{rejected['id']}").status_code == 404
    assert api.create("PO-1", line("A", 1)).status_code == 228, "outbound references are their own"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line("NOPE", 1, "EA"), "(NOPE) x 1 EA - Product not found"),
        (line("", 1), "() x 1 - Product code missing"),
        (line("A", 1, "PLT"), "Product A (A) x 1 PLT - Invalid unit of measure"),
        (line("A", -1), "Product A (A) x -1 EA - Quantity is negative"),
        (line("A", "many"), "Product A (A) x many EA - Quantity is not a number"),
        (line("A", 2, serial="S1"), "Product A (A) x 2 EA - A serial number is for one unit"),
    ],
)
def test_a_bad_line_rejects_the_import(api: Caller, bad: dict[str, Any], reason: str) -> None:
    sent = announce(api, "PO-1", line("B", 1), bad)
    order = sent.json()
    assert (sent.status_code, order["status"], order["version"], order["items"]) == (228, "REJECTED", 1, [])
    assert order["details"]["errors"] == [{"message": reason, "isResolved": False}]


def test_each_import_problem_has_its_policy_per_customer(api: Caller) -> None:
    bad = [line("NOPE", 1), line("A", 3, "PLT"), line("B", 0), line("B", 2)]
    configure(api, inbound_unknown_product_policy="drop", inbound_invalid_unit_policy="default")
    kept = announce(api, "PO-1", *bad).json()
    units = [(item["measures"]["quantity"], item["details"]["unitOfMeasure"]["type"]) for item in kept["items"]]
    assert (kept["status"], units) == ("NOT_YET_RECEIVED", [(3, "EA"), (2, "EA")])
    configure(api, inbound_invalid_unit_policy="drop")
    assert len(announce(api, "PO-2", *bad).json()["items"]) == 1
    configure(api, zero_quantity_policy="reject")
    assert announce(api, "PO-3", *bad).status_code == 228
    assert announce(api, "PO-4", line("NOPE", 1)).json()["details"]["errors"][0]["message"].startswith("There are no")
    logged = [order["warnings"] for order in api.running.control.list_lines("/inbound-orders")]
    assert logged[0] == [
        "(NOPE) x 1 - Product not found",
        "Product A (A) x 3 PLT - Unit of measure replaced by the default",
        "Product B (B) x 0 EA - Quantity is zero",
    ]


def test_required_properties_are_checked_when_the_setting_says(api: Caller) -> None:
    api.running.control.add_product(api.running.customer_id, "D", requirements={"expiry": "REQUIRED"})
    assert announce(api, "PO-1", line("D", 1)).status_code == 201
    configure(api, required_properties_checked="import")
    refused = announce(api, "PO-2", line("D", 1))
    assert refused.json()["details"]["errors"][0]["message"] == "Product D (D) x 1 EA - A required property is missing"
    assert announce(api, "PO-3", line("D", 1, expiryDate="2032-01-01")).status_code == 201


def test_deleting_depends_on_the_customers_statuses(api: Caller) -> None:
    order_id = announce(api, "PO-1", line("A", 5)).json()["id"]
    refused = api.delete(f"/inbound-orders/{order_id}")
    assert (refused.status_code, [set(error) for error in refused.json()]) == (422, [{"message"}])
    configure(api, inbound_overridable_statuses=["REJECTED", "NOT_YET_RECEIVED", "RECEIVED"])
    gone = api.delete(f"/inbound-orders/{order_id}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert api.get(f"/inbound-orders/{order_id}").status_code == 404

    configure(api, minimum_inbound_status="RECEIVED")
    order_id = announce(api, "PO-2", line("A", 5)).json()["id"]
    api.running.control.post(f"/inbound-orders/{order_id}/receive")
    outbound = api.create("SO-1", line("A", 1)).json()
    assert api.delete(f"/inbound-orders/{order_id}").status_code == 422, "its stock is promised"
    api.running.control.delete(f"/orders/{outbound['id']}")
    assert api.delete(f"/inbound-orders/{order_id}").status_code == 204
    assert api.running.control.stock_of("A") == ("0", "0", "0")


def test_another_warehouse_and_a_narrow_client(api: Caller) -> None:
    control = api.running.control
    perth = control.post("/warehouses", {"name": "Perth DC", "timezone": "Australia/Perth"})["id"]
    order = announce(api, "PO-1", line("A", 1), warehouse={"name": "Perth DC"}).json()
    assert order["warehouse"]["id"] == perth
    assert order["timestamps"]["created"]["time"].endswith("+08:00")
    made = control.post("/clients", {"warehouses": [api.running.warehouse_id]})
    with Caller(api.running, (made["id"], made["secret"])) as narrow:
        assert narrow.get(f"/inbound-orders/{order['id']}").status_code == 404
        assert narrow.search("inbound-orders") == []
    made = control.post("/clients", {"roles": ["TMS View Job"]})
    with Caller(api.running, (made["id"], made["secret"])) as other:
        assert other.get(f"/inbound-orders/{order['id']}").status_code == 403
