"""What happens to orders in the warehouse, and the consignments they leave in."""

from typing import Any

import pytest

from tests.simulator.caller import Caller, line, parts
from tests.simulator.fidelity.calls import TIME, Tenant, own, references, shows
from tests.simulator.fidelity.floor import consignments, create, read, step, stock, work


@pytest.mark.fidelity(
    "11.4-path", "11.4-awaiting-pick", "11.4-picked", "11.4-packed", "11.4-dispatched", "11.4-no-pick-pack",
    "18-on-hand-on-packing", "18-free-at-once", "4.3-version-by-one", "4.3-version-from-one", "21-floor",
    "22-waiting-status",
)  # fmt: skip
def test_the_way_of_an_order(stocked: Caller) -> None:
    order_id = create(stocked)
    seen = [("", read(stocked, order_id), stock(stocked))]
    for verb in ("pick", "pack", "dispatch"):
        step(stocked, order_id, verb)
        seen.append((verb, read(stocked, order_id), stock(stocked)))
    assert [(order["status"], lots) for _, order, lots in seen] == [
        ("AWAITING_PICK_AND_PACK", ("100", "90", "10")),
        ("PICKED", ("100", "90", "10")),
        ("PACKED", ("90", "90", "0")),
        ("DISPATCHED", ("90", "90", "0")),
    ]
    times = [set(order["timestamps"]) - {"created", "modified"} for _, order, _ in seen]
    assert times == [set(), set(), {"packed"}, {"packed", "dispatched"}]
    # Picking goes through PACKING_IN_PROGRESS, which is a change of its own.
    assert [order["version"] for _, order, _ in seen] == [1, 3, 4, 5]


@pytest.mark.fidelity("11.4-packing", "11.4-picked")
def test_without_consignments_nothing_is_ever_picked(stocked: Caller, tenant: Tenant) -> None:
    tenant.customise(consignment_generation="off")
    order_id = create(stocked)
    assert step(stocked, order_id, "pick")["status"] == "PACKING_IN_PROGRESS"
    assert read(stocked, order_id)["status"] == "PACKING_IN_PROGRESS"
    assert step(stocked, order_id, "pack")["status"] == "PACKED"


@pytest.mark.fidelity("11.4-auto-dispatch", "11.4-no-auto-dispatch")
@pytest.mark.parametrize(("settings", "status"), [({}, "DISPATCHED"), ({"auto_dispatch": False}, "PACKED")])
def test_dispatch_follows_packing_by_default(
    stocked: Caller, tenant: Tenant, settings: dict[str, Any], status: str
) -> None:
    tenant.customise(**settings)
    order_id = create(stocked)
    work(stocked)
    assert read(stocked, order_id)["status"] == status


@pytest.mark.fidelity("11.4-revert")
@pytest.mark.parametrize("status", ["AWAITING_PICK_AND_PACK", "DRAFT"])
def test_staff_revert_what_was_dispatched(stocked: Caller, status: str) -> None:
    order_id = create(stocked)
    step(stocked, order_id, "dispatch")
    before = read(stocked, order_id)
    step(stocked, order_id, "revert", {"status": status})
    after = read(stocked, order_id)
    assert (after["status"], after["version"]) == (status, before["version"] + 1)
    assert set(after["timestamps"]) == {"created", "modified"}
    assert stock(stocked) == ("100", "90", "10")


@pytest.mark.fidelity("11.4-edit-anytime", "21-floor")
@pytest.mark.parametrize("verb", [None, "pick", "pack", "dispatch"])
def test_staff_edit_quantities_in_any_status(stocked: Caller, verb: str | None) -> None:
    order_id = create(stocked)
    if verb:
        step(stocked, order_id, verb)
    before = read(stocked, order_id)
    stocked.running.control.patch(f"/orders/{order_id}", {"items": [{"code": "A", "quantity": 7}]})
    after = read(stocked, order_id)
    assert (parts(after), after["status"]) == ([(7, "EA", None)], before["status"])
    assert after["version"] == before["version"] + 1


@pytest.mark.fidelity("11.4-reprocess")
def test_a_rejected_order_is_processed_again(stocked: Caller) -> None:
    made = stocked.create("SO-1", line("B", 150))
    assert made.status_code == 228
    order_id = made.json()["id"]
    step(stocked, order_id, "reprocess")
    assert read(stocked, order_id)["status"] == "REJECTED"
    stocked.running.control.add_stock(stocked.running.customer_id, "B", 50)
    step(stocked, order_id, "reprocess")
    after = read(stocked, order_id)
    assert (after["status"], sum(part[0] for part in parts(after))) == ("AWAITING_PICK_AND_PACK", 150)
    assert all(error["isResolved"] for error in after["details"].get("errors", []))


@pytest.mark.fidelity("18-given-back", "21-floor")
def test_rejecting_gives_stock_back(stocked: Caller) -> None:
    order_id = create(stocked)
    step(stocked, order_id, "reject", {"reason": "Not today"})
    after = read(stocked, order_id)
    assert (after["status"], after["items"], stock(stocked)) == ("REJECTED", [], ("100", "100", "0"))
    assert after["details"]["errors"] == [{"message": "Not today", "isResolved": False}]


@pytest.mark.fidelity("11.8-picked", "18-lot-shipped", "21-floor")
def test_after_packing_items_show_what_was_picked(api: Caller) -> None:
    api.running.control.add_product(api.running.customer_id, "L")
    for lot, day in (("L1", "2041-01-01"), ("L2", "2042-01-01")):
        api.running.control.add_stock(api.running.customer_id, "L", 10, batch=lot, expiry=day)
    order_id = create(api, line("L", 14))
    assert parts(read(api, order_id)) == [(10, "EA", "L1"), (4, "EA", "L2")]
    step(api, order_id, "pack", {"items": [{"code": "L", "quantity": 12}]})
    packed = read(api, order_id)
    assert parts(packed) == [(10, "EA", "L1"), (2, "EA", "L2")]
    assert [item["properties"]["expiryDate"] for item in packed["items"]] == ["2041-01-01", "2042-01-01"]


@pytest.mark.fidelity("11.8-properties", "17-stock")
def test_items_carry_the_customers_stock_fields(api: Caller, tenant: Tenant) -> None:
    tenant.customise(stock_fields=["expiryDate", "batch", "batchNumber", "sscc", "custom_field_3"])
    sent = {"batchNumber": "N1", "sscc": "00093", "custom_field_3": "x"}
    api.running.control.add_product(api.running.customer_id, "S")
    api.running.control.add_stock(api.running.customer_id, "S", 1, expiry="2041-01-01", properties=sent)
    (item,) = api.create("SO-1", line("S", 1)).json()["items"]
    assert item["properties"] == {"expiryDate": "2041-01-01", **sent}
    assert api.create("SO-2", line("S", 1, custom_field_3="y")).status_code == 228


@pytest.mark.fidelity("11.8-serials", "18-serial-split")
def test_serials_are_one_item_per_unit(api: Caller) -> None:
    api.running.control.add_product(api.running.customer_id, "S")
    for number in range(3):
        api.running.control.add_stock(api.running.customer_id, "S", 1, properties={"serial": f"S{number}"})
    two = {"code": "S", "quantity": 2, "properties": {"serial": "S9"}}
    refused = api.http.post("/_sim/stock", json={"customer": api.running.customer_id, "rows": [two]})
    assert refused.status_code == 422
    items = api.create("SO-1", line("S", 3)).json()["items"]
    assert [(item["measures"]["quantity"], item["properties"]["serial"]) for item in items] == [
        (1, "S0"), (1, "S1"), (1, "S2"),
    ]  # fmt: skip


@pytest.mark.fidelity("4.3-warehouse-offset")
def test_times_show_the_offset_of_the_warehouse(stocked: Caller, tenant: Tenant) -> None:
    there = tenant.warehouse(timezone="America/Phoenix")
    tenant.control.add_stock(stocked.running.customer_id, "A", 5, warehouse=there)
    here = read(stocked, create(stocked))["timestamps"]["created"]["time"]
    made = stocked.create("SO-2", line("A", 1), warehouse={"id": there}).json()
    assert (here[-6:], made["timestamps"]["created"]["time"][-6:]) == ("+10:00", "-07:00")
    assert made["timestamps"]["created"]["time"] == TIME


@pytest.mark.fidelity("21-purge")
def test_rejected_orders_can_be_purged(stocked: Caller, tenant: Tenant) -> None:
    tenant.customise(rejected_purge_days=2)
    assert stocked.create("SO-1", line("B", 1000)).status_code == 228
    create(stocked, reference="SO-2")
    for days, left in ((1, ["SO-1", "SO-2"]), (2, ["SO-2"])):
        stocked.running.clock.advance(days=days)
        stocked.running.control.post("/orders/purge", {})
        stocked.renew_token((stocked.running.client_id, stocked.running.client_secret))
        assert references(own(stocked, "outbound-orders")) == left


@pytest.mark.parametrize(
    ("setting", "shown"),
    [shows("11.2-urgent-approval", False, False), (True, True)],
)
def test_urgent_may_need_approval(stocked: Caller, tenant: Tenant, setting: bool, shown: bool) -> None:
    tenant.customise(urgent_honoured=setting)
    body = stocked.order("SO-1", line("A", 1))
    body["details"]["urgent"] = True
    assert stocked.post("/outbound-orders", body).json()["details"]["urgent"] is shown


@pytest.mark.fidelity("18-swap")
def test_stock_that_is_no_longer_good_is_swapped(api: Caller) -> None:
    control, customer = api.running.control, api.running.customer_id
    control.add_product(customer, "L")
    for lot in ("L1", "L2"):
        control.add_stock(customer, "L", 10, batch=lot)
    waiting = create(api, line("L", 4))
    assert parts(read(api, waiting)) == [(4, "EA", "L1")]
    lots = control.get(f"/lots?customer={customer}&code=L")
    first = next(lot for lot in lots if lot["properties"]["batch"] == "L1")
    control.patch(f"/lots/{first['id']}", {"location": "Z-9"})
    assert parts(read(api, waiting)) == [(4, "EA", "L1")]
    control.patch(f"/lots/{first['id']}", {"status": "QUARANTINE"})
    assert parts(read(api, waiting)) == [(4, "EA", "L2")]


@pytest.mark.fidelity("18-serial-unique", "17-unique")
def test_a_serial_is_on_hand_once(api: Caller) -> None:
    control, customer = api.running.control, api.running.customer_id
    control.add_product(customer, "S")
    row = {"code": "S", "quantity": 1, "properties": {"serial": "ONE"}}
    assert api.http.post("/_sim/stock", json={"customer": customer, "rows": [row]}).status_code == 200
    refused = api.http.post("/_sim/stock", json={"customer": customer, "rows": [row]})
    assert refused.status_code in (409, 422)
    assert stock(api, "S")[0] == "1"
    step(api, create(api, line("S", 1)), "pack")
    assert api.http.post("/_sim/stock", json={"customer": customer, "rows": [row]}).status_code == 200


@pytest.mark.fidelity("11.4-dispatch-with-consignment")
def test_an_order_may_be_dispatched_when_its_last_consignment_leaves(stocked: Caller, tenant: Tenant) -> None:
    tenant.customise(dispatch_with_consignment=True, consignments_per_order=2)
    order_id = create(stocked)
    work(stocked)
    assert read(stocked, order_id)["status"] == "PACKED"
    first, second = consignments(stocked, order_id)
    tenant.control.post(f"/consignments/{first['id']}", {"status": "WITH_ON_FORWARDER"})
    assert read(stocked, order_id)["status"] == "PACKED"
    tenant.control.post(f"/consignments/{second['id']}", {"status": "SHIPPED"})
    assert read(stocked, order_id)["status"] == "DISPATCHED"
    assert [found["status"] for found in consignments(stocked, order_id)] == ["WITH_ON_FORWARDER", "SHIPPED"]


@pytest.mark.fidelity("13.3-order-properties")
def test_tracking_may_be_written_into_properties_of_the_order(stocked: Caller, tenant: Tenant) -> None:
    names = {"carrier": "shipVia", "tracking": "trackNo", "url": "trackLink"}
    tenant.customise(tracking_properties=names)
    order_id = create(stocked, properties={"channel": "web"})
    step(stocked, order_id, "dispatch")
    (found,) = consignments(stocked, order_id)
    told = found["details"]["tracking"]
    expected = {"channel": "web", "shipVia": told["companyName"], "trackNo": found["references"]["tracking"]}
    assert read(stocked, order_id)["properties"] == {**expected, "trackLink": told["url"]}
    before = read(stocked, order_id)["version"]
    tenant.control.post(f"/consignments/{found['id']}", {"tracking": "NEW1"})
    after = read(stocked, order_id)
    assert (after["properties"]["trackNo"], after["version"]) == ("NEW1", before + 1)
