"""What happens to inbound orders at the dock, to goods that come back and to stock that is adjusted."""

from typing import Any

import pytest

from tests.simulator.caller import Caller, leaf, line
from tests.simulator.fidelity.calls import Tenant, own, references
from tests.simulator.fidelity.inbound_orders import create, free, quantities, read, step
from tests.simulator.fidelity.products import product


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
    made = dock.post("/warehouse-products", product(dock, "Q", details={"inbound": {"initialStatus": "QC"}}))
    assert made.status_code == 201
    order = create(dock, "PO-1", line("Q", 4))
    step(dock, order, "verify")
    assert quantities(read(dock, order)) == [(4, "QC")]
    assert dock.create("SO-1", line("Q", 1)).status_code == 228


@pytest.mark.fidelity("18-expiry-required", "17-required-inbound")
def test_a_required_property_must_be_there_when_goods_are_verified(dock: Caller) -> None:
    made = dock.post(
        "/warehouse-products",
        product(
            dock,
            "E",
            itemPropertyRequirements={"expiry": "REQUIRED", "batch": "REQUIRED_ON_INCOMING", "sscc": "OPTIONAL"},
        ),
    )
    assert made.status_code == 201
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
