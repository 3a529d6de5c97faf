"""Outbound orders: real allocation, honest rejections, duplicates, deletion, limits."""

from typing import Any

import pytest

from tests.simulator.caller import Caller, as_json, line, parts

UNITS = {"EA": {"baseQty": 1, "name": "Each"}, "CTN": {"baseQty": 12, "name": "Carton"}}


@pytest.fixture(autouse=True)
def stocked(api: Caller) -> None:
    """Two lots of A, the later one received first; one of B in halves."""
    control, customer = api.running.control, api.running.customer_id
    control.add_product(customer, "A", units=UNITS)
    control.add_product(customer, "B")
    control.add_stock(customer, "A", 20, expiry="2031-01-31", batch="LATE")
    control.add_stock(customer, "A", 18, expiry="2030-11-30", batch="SOON")
    control.add_stock(customer, "A", 99, expiry="2020-01-01", batch="GONE")
    control.add_stock(customer, "A", 99, batch="HELD", status="QC")
    control.add_stock(customer, "B", "2.5")


def test_the_first_expired_lots_go_first_one_item_each_with_the_line_field_on_both(api: Caller) -> None:
    response = api.create("SO-1", line("A", 30, "EA", sop_custom_field_1="line-1"))
    order = response.json()
    assert response.status_code == 201
    assert (order["status"], order["version"]) == ("AWAITING_PICK_AND_PACK", 1)
    assert parts(order) == [(18, "EA", "SOON"), (12, "EA", "LATE")]
    assert {item["properties"]["sop_custom_field_1"] for item in order["items"]} == {"line-1"}
    assert order["timestamps"]["created"]["time"].endswith("+10:00")
    assert "packed" not in order["timestamps"]
    assert api.running.control.stock_of("A") == ("236", "206", "30")
    assert api.get(f"/outbound-orders/{order['id']}").json() == order


def test_fifo_products_take_the_first_received_lot(api: Caller) -> None:
    api.running.control.add_product(api.running.customer_id, "A", units=UNITS, method="FIFO")
    assert parts(api.create("SO-1", line("A", 21)).json()) == [(20, "EA", "LATE"), (1, "EA", "SOON")]


def test_a_requested_unit_is_kept_in_whole_units_and_the_rest_is_loose(api: Caller) -> None:
    order = api.create("SO-1", line("A", 3, "CTN")).json()
    assert parts(order) == [(1, "CTN", "SOON"), (1, "CTN", "LATE"), (6, "EA", "SOON"), (6, "EA", "LATE")]
    assert api.running.control.stock_of("A")[2] == "36"


def test_item_properties_choose_the_lot_or_nothing(api: Caller) -> None:
    assert parts(api.create("SO-1", line("A", 2, batch="LATE")).json()) == [(2, "EA", "LATE")]
    refused = api.create("SO-2", line("A", 2, batch="NONE"))
    assert refused.status_code == 228
    assert "No stock matches" in refused.json()["details"]["errors"][0]["message"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line("A", 500), "Product A (A) x 500 EA - Not enough stock"),
        (line("NOPE", 1, "EA"), "(NOPE) x 1 EA - Product not found"),
        (line("", 1), "() x 1 - Product code missing"),
        (line("A", -2), "Product A (A) x -2 EA - Quantity is negative"),
        (line("A", "lots"), "Product A (A) x lots EA - Quantity is not a number"),
        (line("A", None), "Product A (A) x EA - Quantity is not a number"),
        (line("A", True), "Product A (A) x EA - Quantity is not a number"),
        (line("A", 0.0000001), "Product A (A) x 1E-7 EA - Quantity is not a number"),
        (line("A", 1, "PLT"), "Product A (A) x 1 PLT - Invalid unit of measure"),
        (line("a", 1), "(a) x 1 - Product not found"),
    ],
)
def test_a_line_that_cannot_be_filled_rejects_the_order_and_promises_nothing(
    api: Caller, bad: dict[str, Any], reason: str
) -> None:
    response = api.create("SO-1", line("B", 1), bad)
    order = response.json()
    assert (response.status_code, order["status"], order["items"]) == (228, "REJECTED", [])
    assert order["details"]["errors"] == [{"message": reason, "isResolved": False}]
    assert api.running.control.stock_of("B") == ("2.5", "2.5", "0")
    assert api.running.control.stock_of("A")[2] == "0"


def test_two_lines_of_one_product_share_its_stock(api: Caller) -> None:
    assert api.create("SO-1", line("B", 1.5), line("B", 1.5)).status_code == 228
    assert api.create("SO-2", line("B", 1.5), line("B", 1)).status_code == 201
    assert api.running.control.stock_of("B") == ("2.5", "0", "2.5")


@pytest.mark.parametrize(
    ("policy", "status", "expected", "free"),
    [
        ("drop", "AWAITING_PICK_AND_PACK", [(1, "EA", "SOON")], "2.5"),
        ("assign_and_drop", "AWAITING_PICK_AND_PACK", [(1, "EA", "SOON"), (2.5, "EA", None)], "0"),
        ("await", "AWAITING_STOCK", [(1, "EA", "SOON"), (4, "EA", None)], "2.5"),
        ("assign_and_await", "AWAITING_STOCK", [(1, "EA", "SOON"), (2.5, "EA", None), (1.5, "EA", None)], "0"),
    ],
)
def test_shortage_policies(api: Caller, policy: str, status: str, expected: list[Any], free: str) -> None:
    control = api.running.control
    control.patch(f"/customers/{api.running.customer_id}", {"settings": {"shortage_policy": policy}})
    response = api.create("SO-1", line("A", 1), line("B", 4))
    assert (response.status_code, response.json()["status"]) == (201, status)
    assert parts(response.json()) == expected
    assert control.stock_of("B")[1] == free


def test_received_stock_fills_what_waits(api: Caller) -> None:
    control = api.running.control
    control.set(shortage_policy="assign_and_await")
    order = api.create("SO-1", line("B", 4, sop_custom_field_1="x")).json()
    control.add_stock(api.running.customer_id, "B", 10, batch="NEW")
    filled = api.get(f"/outbound-orders/{order['id']}").json()
    assert (filled["status"], filled["version"]) == ("AWAITING_PICK_AND_PACK", 2)
    assert parts(filled) == [(2.5, "EA", None), (1.5, "EA", "NEW")]
    assert control.stock_of("B") == ("12.5", "8.5", "4")


def test_lines_may_be_dropped_and_codes_found_in_any_case_where_settings_say_so(api: Caller) -> None:
    api.running.control.set(unknown_product_policy="drop", product_code_ignores_case=True)
    order = api.create("SO-1", line("NOPE", 1), line("a", 1), line("A", 0)).json()
    assert parts(order) == [(1, "EA", "SOON")]
    assert api.create("SO-2", line("NOPE", 1)).status_code == 228


def test_malformed_requests_are_422_with_fields_and_leave_no_trace(api: Caller) -> None:
    body = api.order("", line("A", 1), customer={"id": "nobody"}, warehouse={"name": "Nowhere"}, type="INBOUND")
    body["details"] = {
        "deliver": {
            "address": {"address1": "", "email": ".x@y", "country": {"iso2Code": "QQQ"}},
            "requiredDate": "soon",
        }
    }
    response = api.post("/outbound-orders", body)
    at = "/details/deliver/address"
    assert response.status_code == 422
    assert {error["field"] for error in response.json()} == {
        "/type",
        "/references/customer",
        "/customer",
        "/warehouse",
        f"{at}/companyName",
        f"{at}/address1",
        f"{at}/email",
        f"{at}/country",
        "/details/deliver/requiredDate",
    }
    for broken in (b"{", b"[]", b"\xff", b"[" * 5000):
        sent = api.http.post(f"{api.tenant}/outbound-orders", content=broken)
        assert sent.status_code == 400
    assert api.create("SO-1").json()[0]["field"] == "/items"
    assert api.running.control.list_lines("/ledger") == []


def test_a_taken_reference_is_a_duplicate_naming_the_order(api: Caller) -> None:
    first = api.create("SO-1", line("B", 1)).json()
    again = api.create("so-1", line("B", 1))
    assert again.status_code == 422
    (error,) = again.json()
    assert (error["type"], error["details"]) == ("DUPLICATE", {"duplicateId": first["id"]})
    assert api.running.control.stock_of("B")[2] == "1"
    assert len(api.running.control.list_lines("/ledger")) == 1


def test_a_rejected_order_is_replaced_under_a_new_id(api: Caller) -> None:
    first = api.create("SO-1", line("B", 9)).json()
    second = api.create("SO-1", line("B", 1))
    assert second.status_code == 201
    assert api.get(f"/outbound-orders/{first['id']}").status_code == 404
    events = [(entry["event"], entry["order_id"]) for entry in api.running.control.list_lines("/ledger")]
    new_id = second.json()["id"]
    assert events == [("accepted", first["id"]), ("replaced", first["id"]), ("accepted", new_id)]


def test_replacing_an_open_order_gives_its_stock_to_the_new_one(api: Caller) -> None:
    api.running.control.set(overridable_statuses=["REJECTED", "AWAITING_PICK_AND_PACK"])
    api.create("SO-1", line("B", 2.5))
    assert api.create("SO-1", line("B", 2)).status_code == 201
    assert api.running.control.stock_of("B") == ("2.5", "0.5", "2")


def test_deleting_depends_on_the_status_and_gives_stock_back(api: Caller) -> None:
    order_id = api.create("SO-1", line("B", 2)).json()["id"]
    assert api.delete(f"/outbound-orders/{order_id}").status_code == 422
    assert api.running.control.stock_of("B")[2] == "2"
    api.running.control.set(overridable_statuses=["AWAITING_PICK_AND_PACK"])
    gone = api.delete(f"/outbound-orders/{order_id}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert api.get(f"/outbound-orders/{order_id}").status_code == 404
    assert api.running.control.stock_of("B")[2] == "0"
    assert api.running.control.list_lines("/ledger")[-1]["event"] == "deleted"


def test_thirty_creations_a_minute(api: Caller) -> None:
    answers = [api.post("/outbound-orders", {}) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [422] * 30 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    api.running.control.set(retry_after_sent=False)
    assert "Retry-After" not in api.post("/outbound-orders", {}).headers
    api.running.control.set(outbound_rate_limit_enabled=False)
    assert api.create("SO-1", line("B", 1)).status_code == 201


def test_strict_spacing_refuses_the_second_at_once(api: Caller) -> None:
    api.running.control.set(outbound_rate_strict_spacing_seconds=2)
    assert api.create("SO-1", line("B", 1)).status_code == 201
    assert api.create("SO-2", line("B", 1)).status_code == 429
    assert api.running.control.stock_of("B")[2] == "1"


def test_quantities_stay_exact(api: Caller) -> None:
    control = api.running.control
    control.add_product(api.running.customer_id, "C")
    control.add_stock(api.running.customer_id, "C", "0.3")
    for number in range(3):
        sent = api.create(f"X{number}", line("C", 0.1))
        assert sent.status_code == 201
        assert '"quantity":0.1}' in sent.text
    assert control.stock_of("C") == ("0.3", "0", "0.3")


def test_an_order_of_675_lines(api: Caller) -> None:
    control, customer = api.running.control, api.running.customer_id
    rows = [{"code": f"P{number}", "name": f"P {number}"} for number in range(675)]
    control.post("/products", {"customer": customer, "products": rows})
    stock = [{"code": row["code"], "quantity": 3} for row in rows]
    control.post("/stock", {"customer": customer, "rows": stock})
    order = api.create("BIG", *(line(row["code"], 2, sop_custom_field_1=row["code"]) for row in rows)).json()
    assert [item["properties"]["sop_custom_field_1"] for item in order["items"]] == [row["code"] for row in rows]
    control.post("/crew/step", {"orders": 1})
    assert api.get(f"/outbound-orders/{order['id']}").json()["status"] == "DISPATCHED"


def test_the_ledger_keeps_what_was_asked_and_what_was_promised(api: Caller) -> None:
    order = api.create("SO-1", line("A", 2, "CTN", sop_custom_field_1="l1")).json()
    response = api.http.get("/_sim/ledger")
    (entry,) = [as_json(text) for text in response.text.splitlines()]
    assert (entry["seq"], entry["order_id"], entry["reference"]) == (1, order["id"], "SO-1")
    assert entry["lines"] == [
        {"code": "A", "quantity": "2", "unit": "CTN", "base_quantity": "24", "line_ref": "l1"},
    ]
    assert sum(int(part["base_quantity"]) for part in entry["allocated"]) == 24
    assert api.http.get("/_sim/ledger?after=1").text == ""


def test_oddly_typed_values_never_fail_the_server(api: Caller) -> None:
    odd = [[], {}, 5, "x", None, {"code": []}, {"id": {}}]
    api.running.control.set(outbound_rate_limit_enabled=False)
    for value in odd:
        body = api.order("SO-1", line("B", value, sop_custom_field_1=value))
        body["details"] = {"deliver": {"address": {"companyName": "H", "state": {"code": value}, "country": value}}}
        body["items"][0]["details"] = {"product": value, "unitOfMeasure": {"type": value}}
        assert api.post("/outbound-orders", body).status_code in (201, 228, 422)
        assert api.post("/outbound-orders", {**body, "customer": value, "warehouse": value}).status_code == 422


def test_a_draft_stays_a_draft_until_staff_approve_it(api: Caller) -> None:
    order = api.create("SO-1", line("B", 1), status="DRAFT").json()
    assert order["status"] == "DRAFT"
    approved = api.running.control.post(f"/orders/{order['id']}/revert")
    assert (approved["status"], approved["version"]) == ("AWAITING_PICK_AND_PACK", 2)
