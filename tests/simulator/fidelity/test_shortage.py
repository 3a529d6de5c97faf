"""Lines that cannot be filled, references that are taken, orders that are deleted."""

from datetime import timedelta
from typing import Any

import pytest

from tests.simulator.caller import Caller, line, parts
from tests.simulator.fidelity.calls import DIGITS, TIME, UUID, Tenant, call, own, references, shows


@pytest.fixture
def scarce(api: Caller) -> Caller:
    """18 of A that expire soon, 12 that expire later, 99 that have expired; 2.5 of B, of which there are thirds."""
    control, customer = api.running.control, api.running.customer_id
    control.add_product(customer, "A")
    control.add_product(customer, "B", units={"EA": {"baseQty": 1}, "ODD": {"baseQty": 0.333333, "name": "A third"}})
    control.add_stock(customer, "A", 12, expiry="2041-01-31", batch="LATE")
    control.add_stock(customer, "A", 18, expiry="2040-11-30", batch="SOON")
    control.add_stock(customer, "A", 99, expiry="2020-01-01", batch="GONE")
    control.add_stock(customer, "B", "2.5")
    return api


def free(api: Caller, code: str) -> float:
    rows = api.running.control.get(f"/stock?customer={api.running.customer_id}&code={code}")
    return float(rows[0]["free"]) if rows else 0


@pytest.mark.fidelity(
    "11.3-several-items", "11.3-split-at-once", "11.3-line-field-copied", "18-unexpired", "11.1-create", "18-expiry"
)
def test_one_line_from_two_lots_is_two_items(scarce: Caller) -> None:
    response = scarce.create("SO-1", line("A", 30, sop_custom_field_1="l1"))
    assert response.status_code == 201
    assert [(item["measures"]["quantity"], item["properties"]) for item in response.json()["items"]] == [
        (18, {"expiryDate": "2040-11-30", "batch": "SOON", "sop_custom_field_1": "l1"}),
        (12, {"expiryDate": "2041-01-31", "batch": "LATE", "sop_custom_field_1": "l1"}),
    ]


@pytest.mark.fidelity(
    "11.3-rejected", "11.3-rejected-empty", "4.7-created-with-issues", "6.6-error-reference", "11.4-rejected",
    "11.5-reject",
)  # fmt: skip
def test_a_rejected_order(scarce: Caller) -> None:
    response = scarce.create("SO-1", line("B", 3), line("A", 1))
    assert response.status_code == 228
    order = response.json()
    errors = order["details"].pop("errors")
    assert errors == [{"message": "Product B (B) x 3 EA - Not enough stock", "isResolved": False}]
    assert {name: order[name] for name in ("id", "type", "status", "version", "items", "timestamps")} == {
        "id": UUID,
        "type": "OUTBOUND",
        "status": "REJECTED",
        "version": 1,
        "items": [],
        "timestamps": {"created": {"time": TIME}, "modified": {"time": TIME}},
    }
    assert order["references"] == {"customer": "SO-1", "numericId": DIGITS}
    assert (free(scarce, "A"), free(scarce, "B")) == (129, 2.5)
    scarce.running.control.set(rejected_orders_keep_items=True)
    assert len(scarce.create("SO-2", line("A", 1), line("B", 3)).json()["items"]) == 1


NOT_FOUND = {"details": {"product": {"name": "Ghost", "references": {"code": "NOPE"}}}, "measures": {"quantity": 1}}
BLANK = {"details": {"product": {"references": {"code": ""}}}, "measures": {"quantity": 1}}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        shows("11.3-reason-pattern", {**NOT_FOUND}, "Ghost (NOPE) x 1 - Product not found"),
        shows("11.3-reason-wording", line("A", 500), "Product A (A) x 500 EA - Not enough stock"),
        shows("11.5-unknown-reject", line("NOPE", 2, "CTN"), "(NOPE) x 2 CTN - Product not found"),
        shows("11.5-blank-reject", BLANK, "() x 1 - Product code missing"),
        shows("11.5-unit-reject", line("A", 1, "PLT"), "Product A (A) x 1 PLT - Invalid unit of measure"),
        shows("11.2-product", {"measures": {"quantity": 1}}, "() x 1 - Product code missing"),
        shows("11.2-quantity", line("A", None), "Product A (A) x  EA - Quantity is not a number"),
        shows("11.5-expired-never", line("A", 31), "Product A (A) x 31 EA - Not enough stock"),
        shows(
            "18-no-match", line("A", 1, batch="B9"), "Product A (A) x 1 EA - No stock matches the requested conditions"
        ),
        (line("A", -1), "Product A (A) x -1 EA - Quantity is negative"),
        (line("A", "many"), "Product A (A) x many EA - Quantity is not a number"),
    ],
)
def test_reasons(scarce: Caller, bad: dict[str, Any], reason: str) -> None:
    response = scarce.create("SO-1", line("B", 1), bad)
    assert (response.status_code, response.json()["status"]) == (228, "REJECTED")
    assert [error["message"] for error in response.json()["details"]["errors"]] == [reason]
    assert free(scarce, "B") == 2.5


WAITING, READY = "AWAITING_STOCK", "AWAITING_PICK_AND_PACK"


@pytest.mark.parametrize(
    ("policy", "status", "items", "left"),
    [
        shows("11.5-drop", "drop", READY, [(1, "EA", "SOON")], 2.5),
        shows("11.5-assign-and-drop", "assign_and_drop", READY, [(1, "EA", "SOON"), (2.5, "EA", None)], 0),
        shows("11.5-await", "await", WAITING, [(1, "EA", "SOON"), (4, "EA", None)], 2.5),
        shows(
            "11.5-assign-and-await",
            "assign_and_await",
            WAITING,
            [(1, "EA", "SOON"), (2.5, "EA", None), (1.5, "EA", None)],
            0,
        ),
    ],
)
def test_too_little_stock(
    scarce: Caller, tenant: Tenant, policy: str, status: str, items: list[Any], left: float
) -> None:
    tenant.customise(shortage_policy=policy)
    response = scarce.create("SO-1", line("A", 1), line("B", 4))
    assert (response.status_code, response.json()["status"]) == (201, status)
    assert parts(response.json()) == items
    assert free(scarce, "B") == left


@pytest.mark.fidelity("11.5-silent")
@pytest.mark.parametrize("policy", ["drop", "assign_and_drop"])
def test_what_was_dropped_is_not_said(scarce: Caller, tenant: Tenant, policy: str) -> None:
    tenant.customise(shortage_policy=policy, unknown_product_policy="drop")
    response = scarce.create("SO-1", line("A", 1), line("B", 4), line("NOPE", 1))
    assert response.status_code == 201
    assert set(response.json()["details"]) == {"urgent", "allowSplitting", "collect", "deliver"}
    assert "warning" not in response.text.lower()


@pytest.mark.parametrize(
    ("settings", "bad"),
    [
        shows("11.5-unknown-drop", {"unknown_product_policy": "drop"}, line("NOPE", 1)),
        shows("11.5-blank-drop", {"blank_product_policy": "drop"}, BLANK),
        shows("11.5-unit-drop", {"invalid_unit_policy": "drop"}, line("A", 1, "PLT")),
        shows("11.5-conversion-drop", {"conversion_policy": "drop"}, line("B", 1.5, "ODD")),
        shows("11.5-zero-removed", {"zero_quantity_policy": "drop"}, line("A", 0)),
    ],
)
def test_lines_are_dropped_where_the_customer_says_so(
    scarce: Caller, tenant: Tenant, settings: dict[str, str], bad: dict[str, Any]
) -> None:
    tenant.customise(**dict.fromkeys(settings, "reject"))
    assert scarce.create("SO-0", line("A", 2), bad).status_code == 228
    tenant.customise(**settings)
    response = scarce.create("SO-1", line("A", 2), bad)
    assert (response.status_code, parts(response.json())) == (201, [(2, "EA", "SOON")])


@pytest.mark.fidelity("11.5-conversion-reject")
def test_a_conversion_that_does_not_come_out_rejects(scarce: Caller) -> None:
    response = scarce.create("SO-1", line("B", 1.5, "ODD"))
    (error,) = response.json()["details"]["errors"]
    assert (response.status_code, error["message"].endswith("Conversion failed")) == (228, True)


@pytest.mark.fidelity("11.5-unit-replaced")
def test_a_unit_is_replaced_by_the_default(scarce: Caller, tenant: Tenant) -> None:
    tenant.customise(invalid_unit_policy="default")
    assert parts(scarce.create("SO-1", line("A", 1, "PLT")).json()) == [(1, "EA", "SOON")]


@pytest.mark.fidelity("11.5-expired-allowed")
def test_expired_stock_is_used_by_setting(scarce: Caller, tenant: Tenant) -> None:
    tenant.customise(expired_stock_allowed=True)
    order = scarce.create("SO-1", line("A", 31)).json()
    assert sorted(part[2] for part in parts(order)) == ["GONE", "LATE", "SOON"]


@pytest.mark.fidelity("11.5-split", "11.5-split-reference", "11.4-awaiting-pick", "11.4-awaiting-stock")
def test_an_order_is_split_in_two(scarce: Caller, tenant: Tenant) -> None:
    tenant.customise(shortage_policy="split")
    response = scarce.create("SO-1", line("A", 1), line("B", 4))
    assert (response.status_code, response.json()["status"]) == (201, READY)
    assert parts(response.json()) == [(1, "EA", "SOON"), (2.5, "EA", None)]
    first, second = own(scarce, "outbound-orders").json()
    assert (first["id"], references(own(scarce, "outbound-orders"))) == (response.json()["id"], ["SO-1", "SO-1 - 2"])
    assert (second["status"], parts(second)) == (WAITING, [(1.5, "EA", None)])


@pytest.mark.fidelity("11.5-no-splitting", "11.2-allow-splitting")
def test_splitting_may_be_forbidden(scarce: Caller, tenant: Tenant) -> None:
    tenant.customise(shortage_policy="split")
    body = scarce.order("SO-1", line("B", 4))
    body["details"]["allowSplitting"] = False
    made = scarce.post("/outbound-orders", body).json()
    assert (made["status"], parts(made)) == (WAITING, [(2.5, "EA", None), (1.5, "EA", None)])
    assert references(own(scarce, "outbound-orders")) == ["SO-1"]


def announce(api: Caller, code: str, quantity: int, arrival: str) -> Any:
    """An inbound order that is still to come."""
    body = {
        "references": {"customer": f"PO-{arrival}"},
        "customer": {"id": api.running.customer_id},
        "details": {"arrivalDate": arrival},
        "items": [line(code, quantity)],
    }
    response = api.post("/inbound-orders", body)
    assert response.status_code == 201, response.text
    return response.json()


def days_ahead(api: Caller, days: int) -> str:
    return (api.running.clock.now + timedelta(days=days)).date().isoformat()


@pytest.mark.fidelity("11.5-split-unless-due")
@pytest.mark.parametrize(("due_in", "found"), [(3, ["SO-1"]), (30, ["SO-1", "SO-1 - 2"])])
def test_nothing_is_split_when_goods_are_due(scarce: Caller, tenant: Tenant, due_in: int, found: list[str]) -> None:
    tenant.customise(shortage_policy="split_unless_due", due_within_days=7)
    announce(scarce, "B", 10, days_ahead(scarce, due_in))
    assert scarce.create("SO-1", line("B", 4)).status_code == 201
    assert references(own(scarce, "outbound-orders")) == found


@pytest.mark.fidelity("11.5-unassigned")
def test_unassigned_lines_have_no_lot(scarce: Caller, tenant: Tenant) -> None:
    tenant.customise(shortage_policy="assign_and_await")
    items = scarce.create("SO-1", line("A", 40, sop_custom_field_1="l1")).json()["items"]
    assert [item["measures"]["quantity"] for item in items] == [18, 12, 10]
    assert items[-1]["properties"] == {"sop_custom_field_1": "l1"}


@pytest.mark.parametrize(
    ("policy", "arriving", "filled"),
    [
        shows("11.5-fill-never", "never", 50, False),
        shows("11.5-fill-always", "always", 1, None),
        shows("11.5-fill-complete", "only_if_complete", 1, False),
        ("always", 50, True),
        ("only_if_complete", 50, True),
    ],
)
def test_arriving_goods(scarce: Caller, tenant: Tenant, policy: str, arriving: int, filled: bool | None) -> None:
    """None: part of it, so that the order goes on waiting with less unassigned."""
    tenant.customise(shortage_policy="await", awaiting_stock_allocation=policy)
    order = scarce.create("SO-1", line("B", 20)).json()
    scarce.running.control.add_stock(scarce.running.customer_id, "B", arriving, batch="NEW")
    after = scarce.get(f"/outbound-orders/{order['id']}").json()
    assert after["status"] == (READY if filled else WAITING)
    assert (free(scarce, "B") == 2.5 + arriving) == (filled is False)
    assert (after["version"] == 1) == (filled is False)


@pytest.mark.fidelity("11.5-fill-due")
@pytest.mark.parametrize(("due_in", "filled"), [(3, True), (30, False)])
def test_part_is_filled_when_the_rest_is_due(scarce: Caller, tenant: Tenant, due_in: int, filled: bool) -> None:
    tenant.customise(shortage_policy="await", awaiting_stock_allocation="only_if_rest_due", due_within_days=7)
    order = scarce.create("SO-1", line("B", 20)).json()
    announce(scarce, "B", 100, days_ahead(scarce, due_in))
    scarce.running.control.add_stock(scarce.running.customer_id, "B", 5)
    assert (free(scarce, "B") == 0) == filled
    assert scarce.get(f"/outbound-orders/{order['id']}").json()["status"] == WAITING


@pytest.mark.fidelity("10.1-expiry-threshold", "18-threshold", "18-threshold-words")
def test_stock_near_its_expiry_is_not_promised(api: Caller) -> None:
    product = {
        "scope": "WAREHOUSE",
        "type": "Ambient",
        "references": {"code": "T"},
        "customer": {"id": api.running.customer_id},
        "name": "T",
        "details": {"stockSelection": {"method": "FEFO", "expiryThresholdDays": 10}},
        "defaultUnitOfMeasure": "EA",
        "unitOfMeasures": {"EA": {"baseQty": 1, "name": "Each"}},
    }
    assert api.post("/warehouse-products", product).status_code == 201
    add = api.running.control.add_stock
    add(api.running.customer_id, "T", 5, expiry=days_ahead(api, 5), batch="NEAR")
    refused = api.create("SO-1", line("T", 1))
    assert refused.status_code == 228
    message = refused.json()["details"]["errors"][0]["message"].lower()
    assert "expir" in message or "threshold" in message
    add(api.running.customer_id, "T", 5, expiry=days_ahead(api, 20), batch="FAR")
    assert parts(api.create("SO-2", line("T", 1)).json()) == [(1, "EA", "FAR")]


@pytest.mark.fidelity("11.5-threshold-warning")
def test_near_stock_given_by_setting_is_not_mentioned(scarce: Caller, tenant: Tenant) -> None:
    tenant.customise(expired_stock_allowed=True)
    response = scarce.create("SO-1", line("A", 31))
    assert response.status_code == 201
    assert "expir" not in response.text.replace("expiryDate", "").lower()
    kept = tenant.control.get(f"/orders/{response.json()['id']}")
    assert any("expir" in warning.lower() for warning in kept["warnings"])


@pytest.mark.fidelity("11.6-created", "11.6-per-customer")
def test_another_customers_reference_does_not_matter(scarce: Caller, tenant: Tenant) -> None:
    other = tenant.customer()
    tenant.control.add_product(other, "A")
    tenant.control.add_stock(other, "A", 5)
    assert scarce.create("SO-1", line("A", 1), customer={"id": other}).status_code == 201
    assert scarce.create("SO-1", line("A", 1)).status_code == 201


@pytest.mark.fidelity("11.6-refused", "11.6-wording", "11.6-default", "6.1-uniqueness")
def test_a_taken_reference(scarce: Caller, tenant: Tenant) -> None:
    first = scarce.create("SO-1", line("A", 1)).json()
    again = scarce.create("SO-1", line("A", 1))
    assert again.status_code == 422
    assert again.json() == [
        {
            "field": "/references/customer",
            "message": "A Sale Order with this Customer Reference already exists.",
            "type": "DUPLICATE",
            "details": {"duplicateId": first["id"]},
        }
    ]
    assert own(scarce, "outbound-orders").json() == [first]
    tenant.customise(unique_references=False)
    assert scarce.create("SO-1", line("A", 1)).status_code == 201
    assert len(own(scarce, "outbound-orders").json()) == 2


@pytest.mark.fidelity("11.6-status", "22-duplicates", "5-order-exists")
@pytest.mark.parametrize("status", [400, 409, 422])
def test_the_status_of_a_duplicate_is_a_setting(scarce: Caller, status: int) -> None:
    scarce.create("SO-1", line("A", 1))
    scarce.running.control.set(duplicate_status=status)
    again = scarce.create("SO-1", line("A", 1))
    assert (again.status_code, "already exists" in again.json()[0]["message"]) == (status, True)


@pytest.mark.fidelity("5-only-type")
def test_other_errors_have_no_type(scarce: Caller) -> None:
    refused = [
        scarce.post("/outbound-orders", {}),
        scarce.post("/warehouse-products", {}),
        scarce.post("/report-runs", {}),
        call(scarce, "GET", "/nowhere"),
    ]
    errors = [error for response in refused for error in response.json()]
    assert len(errors) > 4
    assert all(set(error) <= {"field", "message"} for error in errors)


@pytest.mark.fidelity("11.6-replaced", "11.6-default")
def test_a_rejected_order_is_replaced(scarce: Caller) -> None:
    first = scarce.create("SO-1", line("B", 9)).json()
    second = scarce.create("SO-1", line("B", 1))
    assert (second.status_code, second.json()["version"]) == (201, 1)
    assert second.json()["id"] != first["id"]
    assert scarce.get(f"/outbound-orders/{first['id']}").status_code == 404
    assert own(scarce, "outbound-orders").json() == [second.json()]


@pytest.mark.fidelity("11.6-overridable", "11.6-options", "11.7-at-once")
@pytest.mark.parametrize("status", ["DRAFT", "AWAITING_PICK_AND_PACK"])
def test_overridable_statuses_are_a_setting_of_tenant_or_customer(scarce: Caller, tenant: Tenant, status: str) -> None:
    more = {"status": "DRAFT"} if status == "DRAFT" else {}
    first = scarce.create("SO-1", line("B", 2), **more).json()
    assert first["status"] == status
    assert scarce.create("SO-1", line("B", 2)).status_code == 422
    tenant.control.set(overridable_statuses=[status])
    second = scarce.create("SO-1", line("B", 2), **more)
    assert (second.status_code, second.json()["id"] != first["id"]) == (201, True)
    assert free(scarce, "B") == 0.5
    tenant.customise(overridable_statuses=["REJECTED"])
    assert scarce.create("SO-1", line("B", 2)).status_code == 422
    assert scarce.delete(f"/outbound-orders/{second.json()['id']}").status_code == 422
    tenant.customise(overridable_statuses=[status])
    assert scarce.delete(f"/outbound-orders/{second.json()['id']}").status_code == 204


@pytest.mark.fidelity("11.7-deleted", "4.7-deleted", "18-given-back", "18-free-at-once", "11.1-delete")
def test_deleting_gives_back_what_creating_took(scarce: Caller, tenant: Tenant) -> None:
    tenant.customise(overridable_statuses=["AWAITING_PICK_AND_PACK"])
    order = scarce.create("SO-1", line("B", 2)).json()
    assert free(scarce, "B") == 0.5
    gone = scarce.delete(f"/outbound-orders/{order['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert free(scarce, "B") == 2.5
    assert scarce.delete(f"/outbound-orders/{order['id']}").status_code == 404


@pytest.mark.fidelity("11.7-refused", "21-default-delete")
@pytest.mark.parametrize("status", [422, 409])
def test_a_refused_deletion(scarce: Caller, status: int) -> None:
    order = scarce.create("SO-1", line("B", 2)).json()
    if status != 422:
        scarce.running.control.set(delete_refused_status=status)
    refused = scarce.delete(f"/outbound-orders/{order['id']}")
    assert (refused.status_code, len(refused.json())) == (status, 1)
    assert scarce.get(f"/outbound-orders/{order['id']}").json() == order
    assert free(scarce, "B") == 0.5


@pytest.mark.fidelity("18-status-ok", "18-own")
def test_only_good_stock_of_the_customer_in_the_warehouse_is_promised(api: Caller, tenant: Tenant) -> None:
    other, elsewhere = tenant.customer(), tenant.warehouse()
    add = tenant.control.add_stock
    for customer in (api.running.customer_id, other):
        tenant.control.add_product(customer, "A")
    add(other, "A", 50)
    add(api.running.customer_id, "A", 50, warehouse=elsewhere)
    for status in ("QC", "QUARANTINE", "DAMAGED"):
        add(api.running.customer_id, "A", 50, status=status)
    assert api.create("SO-1", line("A", 1)).status_code == 228
    add(api.running.customer_id, "A", 1, batch="GOOD")
    assert parts(api.create("SO-2", line("A", 1)).json()) == [(1, "EA", "GOOD")]
    assert api.create("SO-3", line("A", 1)).status_code == 228
