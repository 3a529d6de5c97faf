"""Guesses that turn out wrong: each is a setting, changed while serving, seen in the very next answer."""

from typing import Any

import pytest

from tests.simulator.caller import Caller, leaf, line, parts
from tests.simulator.fidelity import inbound_orders, products
from tests.simulator.fidelity.calls import NOBODY, Tenant, own
from tests.simulator.fidelity.floor import consignments, create, read, step
from tests.simulator.test_webhooks import Receiver, settle, subscribe

TWO_LOTS = [(18, "EA", "SOON"), (12, "EA", "LATE")]


def fields(order: Any) -> list[Any]:
    return [item["properties"].get("sop_custom_field_1") for item in order["items"]]


@pytest.mark.fidelity("11.3-split-at-once")
def test_a_creation_may_answer_the_lines_as_sent(scarce: Caller) -> None:
    scarce.running.control.set(created_items="requested")
    (item,) = scarce.create("SO-1", line("A", 30, sop_custom_field_1="l1")).json()["items"]
    assert (item["measures"]["quantity"], item["properties"]) == (30, {"sop_custom_field_1": "l1"})
    (found,) = own(scarce, "outbound-orders").json()
    assert parts(found) == parts(read(scarce, found["id"])) == TWO_LOTS


@pytest.mark.fidelity("11.3-line-field-copied")
def test_a_line_field_may_stay_on_the_first_part(scarce: Caller) -> None:
    order = scarce.create("SO-1", line("A", 30, sop_custom_field_1="l1")).json()
    assert fields(order) == ["l1", "l1"]
    scarce.running.control.set(line_fields_on="first_part")
    assert fields(read(scarce, order["id"])) == ["l1", None]


@pytest.mark.fidelity("11.3-unit-kept")
def test_items_may_be_shown_in_base_units(stocked: Caller) -> None:
    order = create(stocked, line("A", 2, "CTN"))
    inbound = inbound_orders.create(stocked, "PO-1", line("A", 3, "CTN"))
    assert parts(read(stocked, order)) == [(2, "CTN", None)]
    stocked.running.control.set(item_units="base", inbound_quantity_confirmed=False)
    assert parts(read(stocked, order)) == [(24, "EA", None)]
    inbound_orders.step(stocked, inbound, "verify", {"items": [{"code": "A", "quantity": 1}]})
    assert parts(inbound_orders.read(stocked, inbound)) == [(36, "EA", None)]


@pytest.mark.fidelity("11.3-reason-wording", "11.6-wording")
def test_reasons_may_be_worded_otherwise(stocked: Caller) -> None:
    taken = "A Sale Order with this Customer Reference already exists."
    stocked.running.control.set(reason_wordings={"Not enough stock": "insufficient", taken: "Order already exists"})
    (error,) = stocked.create("SO-1", line("A", 500)).json()["details"]["errors"]
    assert error["message"] == "Product A (A) x 500 EA - insufficient"
    create(stocked, line("A", 1), reference="SO-2")
    assert stocked.create("SO-2", line("A", 1)).json()[0]["message"] == "Order already exists"


@pytest.mark.fidelity("11.5-unassigned", "11.5-split-reference")
def test_what_waits_for_stock_may_not_be_shown_and_halves_be_called_otherwise(scarce: Caller) -> None:
    scarce.running.control.set(
        shortage_policy="split", unassigned_items_shown=False, split_reference="{reference}/B{number}"
    )
    assert parts(scarce.create("SO-1", line("A", 40)).json()) == TWO_LOTS
    found = {order["references"]["customer"]: order for order in own(scarce, "outbound-orders").json()}
    assert [(name, order["status"], len(order["items"])) for name, order in found.items()] == [
        ("SO-1", "AWAITING_PICK_AND_PACK", 2),
        ("SO-1/B2", "AWAITING_STOCK", 0),
    ]
    control = scarce.running.control
    control.add_stock(scarce.running.customer_id, "A", 10)
    waiting = found["SO-1/B2"]["id"]
    assert parts(read(scarce, waiting)) == [(10, "EA", None)]
    assert step(scarce, waiting, "split", {"items": [{"code": "A", "quantity": 4}]})["other"]["reference"] == "SO-1/B3"


@pytest.mark.fidelity("11.7-gone", "20-deleted")
def test_a_deleted_order_may_be_gone_rather_than_unknown(stocked: Caller, tenant: Tenant) -> None:
    tenant.customise(overridable_statuses=["AWAITING_PICK_AND_PACK"])
    order = create(stocked)
    assert stocked.delete(f"/outbound-orders/{order}").status_code == 204
    assert stocked.get(f"/outbound-orders/{order}").status_code == 404
    stocked.running.control.set(deleted_order_status=410)
    assert stocked.get(f"/outbound-orders/{order}").status_code == 410
    assert stocked.get(f"/outbound-orders/{NOBODY}").status_code == 404


@pytest.mark.fidelity("11.8-picked", "18-lot-shipped")
def test_a_packed_order_may_go_on_showing_what_was_planned(stocked: Caller) -> None:
    stocked.running.control.set(packed_items="planned")
    order = create(stocked)
    step(stocked, order, "pack", {"items": [{"code": "A", "quantity": 7}]})
    assert parts(read(stocked, order)) == [(10, "EA", None)]
    stocked.running.control.patch(f"/orders/{order}", {"items": [{"code": "A", "quantity": 6}]})
    assert parts(read(stocked, order)) == [(6, "EA", None)]
    step(stocked, order, "revert")
    step(stocked, order, "pack", {"items": [{"code": "A", "quantity": 5}]})
    assert parts(read(stocked, order)) == [(6, "EA", None)]
    stocked.running.control.set(packed_items="picked")
    assert parts(read(stocked, order)) == [(5, "EA", None)]


@pytest.mark.fidelity("12.2-item-shape", "12.5-root", "12.6-three")
def test_inbound_orders_that_were_read_before_follow_a_setting(dock: Caller) -> None:
    order = inbound_orders.create(dock)
    before = inbound_orders.read(dock, order)
    assert {"id", "type", "references"} < set(before["items"][0])
    dock.running.control.set(
        inbound_item_identity_shown=False, has_children_always_shown=False, inbound_timestamps=["created"]
    )
    after = inbound_orders.read(dock, order)
    assert set(before["items"][0]) - set(after["items"][0]) == {"id", "type", "references"}
    assert "hasChildren" not in after["details"] and set(after["timestamps"]) == {"created"}


@pytest.mark.fidelity("4.3-version-by-one")
def test_versions_may_grow_in_larger_steps(stocked: Caller) -> None:
    stocked.running.control.set(version_step=3)
    order = create(stocked)
    assert read(stocked, order)["version"] == 1
    step(stocked, order, "pack")
    assert (read(stocked, order)["version"], consignments(stocked, order)[0]["version"]) == (10, 4)


@pytest.mark.fidelity("5-product-customer")
def test_unknown_parties_may_have_a_status_of_their_own(stocked: Caller) -> None:
    stocked.running.control.set(unknown_party_status=404)
    nobody = {"customer": {"id": NOBODY}}
    report = {"type": "STOCK_ON_HAND", "parameters": nobody}
    answers = [
        stocked.create("SO-1", line("A", 1), **nobody),
        stocked.create("SO-2", line("A", 1), warehouse={"name": "Nowhere"}),
        stocked.post("/warehouse-products", products.product(stocked, **nobody)),
        stocked.post("/inbound-orders", inbound_orders.body(stocked, **nobody)),
        stocked.post("/consignments", {"references": {"customer": "C"}, **nobody}),
        stocked.post("/report-runs", report),
    ]
    assert [(answer.status_code, answer.json()[0]["field"]) for answer in answers] == [
        (404, "/customer"),
        (404, "/warehouse"),
        (404, "/customer"),
        (404, "/customer"),
        (404, "/customer"),
        (404, "/parameters/customer"),
    ]


@pytest.mark.fidelity("10.2-duplicate-field", "10.2-unknown-type")
def test_refusals_of_products_may_differ(api: Caller) -> None:
    api.running.control.set(product_code_taken_field="/code", product_types=["Ambient"])
    products.create(api)
    assert api.post("/warehouse-products", products.product(api)).json()[0]["field"] == "/code"
    frozen = products.product(api, "Q", type="FROZEN")
    assert api.post("/warehouse-products", frozen).status_code == 422
    api.running.control.set(unknown_product_type_status=400)
    refused = api.post("/warehouse-products", frozen)
    assert (refused.status_code, refused.json()[0]["field"]) == (400, "/type")


@pytest.mark.fidelity("10.1-unit-case")
def test_unit_codes_may_match_in_any_case(stocked: Caller) -> None:
    assert stocked.create("SO-1", line("A", 1, "ctn")).status_code == 228
    stocked.running.control.set(unit_code_ignores_case=True)
    assert parts(stocked.create("SO-2", line("A", 1, "ctn")).json()) == [(1, "CTN", None)]


@pytest.mark.fidelity("7-unknown-pointer")
@pytest.mark.parametrize(
    ("what", "known", "unseen"),
    [
        ("outbound-orders", "/status", "/warehouse/id"),
        ("inbound-orders", "/status", "/warehouse/id"),
        ("consignments", "/details/type", "/status"),
    ],
)
def test_pointers_nobody_has_seen_working_may_be_unknown(api: Caller, what: str, known: str, unseen: str) -> None:
    assert own(api, what, leaf(unseen, "x")).status_code == 200
    api.running.control.set(undocumented_pointers_searchable=False)
    alone = {"condition": {"type": "AndCondition", "conditions": [leaf(known, "x"), leaf("customerId", NOBODY)]}}
    assert api.post(f"/{what}/search", alone).status_code == 200
    alone["condition"]["conditions"].append(leaf(unseen, "x"))
    assert api.post(f"/{what}/search", alone).status_code == 400


@pytest.mark.fidelity("13-kinds")
def test_an_order_may_bring_about_a_drive_of_the_warehouses_own(stocked: Caller, tenant: Tenant) -> None:
    tenant.customise(generated_consignment_type="DELIVERY")
    order, seen = create(stocked), []
    for verb in ("pack", "dispatch"):
        step(stocked, order, verb)
        (found,) = consignments(stocked, order)
        seen.append((found["details"]["type"], found["status"]))
    stocked.running.control.post(f"/consignments/{found['id']}/deliver")
    seen.append(consignments(stocked, order)[0]["status"])
    assert seen == [("DELIVERY", "IN_WAREHOUSE"), ("DELIVERY", "IN_TRANSIT_WAREHOUSE_DELIVERY"), "DELIVERED"]


@pytest.mark.fidelity("19-silent")
def test_changes_and_deletions_may_be_told_too(stocked: Caller, tenant: Tenant) -> None:
    tenant.customise(overridable_statuses=["AWAITING_PICK_AND_PACK"])
    stocked.running.control.set(webhook_triggers=["status", "changed", "deleted"])
    receiver = Receiver()
    subscribe(stocked.running, "outbound_orders", url=receiver.url, style="none", secret="")
    order = create(stocked)
    stocked.running.control.patch(f"/orders/{order}", {"items": [{"code": "A", "quantity": 6}]})
    assert stocked.delete(f"/outbound-orders/{order}").status_code == 204
    settle(stocked)
    stocked.running.control.delete("/webhooks/outbound_orders")
    receiver.close()
    told = [(body["id"], body["version"], body["items"][0]["measures"]["quantity"]) for _, _, body in receiver.requests]
    assert told == [(order, 2, 6), (order, 2, 6)]


@pytest.mark.fidelity("6.6-delivery-method")
def test_a_delivery_method_without_a_type_is_shipping(stocked: Caller) -> None:
    address = {"companyName": "Harbour Deli", "address1": "12 Wharf Road", "suburb": "Newcastle"}
    details = {"deliver": {"address": address, "method": {"requestedService": "Express"}}}
    order = stocked.create("SO-1", line("A", 1), details=details).json()
    assert order["details"]["deliver"]["method"] == {"type": "SHIPPING", "requestedService": "Express"}
