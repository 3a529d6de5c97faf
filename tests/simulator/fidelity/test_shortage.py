"""Lines that cannot be filled, references that are taken, orders that are deleted."""

from datetime import timedelta
from typing import Any

import pytest

from tests.simulator.caller import Caller, line, parts
from tests.simulator.fidelity.calls import DIGITS, TIME, UUID, Tenant, free, own, references, shows
from tests.simulator.fidelity.products import product


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
        shows("11.2-quantity", line("A", None), "Product A (A) x EA - Quantity is not a number"),
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
    made = api.post(
        "/warehouse-products",
        product(api, "T", details={"stockSelection": {"method": "FEFO", "expiryThresholdDays": 10}}),
    )
    assert made.status_code == 201
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
