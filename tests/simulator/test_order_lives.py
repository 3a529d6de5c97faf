"""Outbound orders after their creation: split, reprocessed, purged, followed by their consignments."""

from typing import Any

import pytest

from cartoncloud_simulator.testing import ControlError
from tests.simulator.caller import Caller, leaf, line, parts


@pytest.fixture(autouse=True)
def stocked(api: Caller) -> None:
    control = api.running.control
    control.set(outbound_rate_limit_enabled=False)
    for code, quantity in (("A", 10), ("B", 10)):
        control.add_product(api.running.customer_id, code)
        control.add_stock(api.running.customer_id, code, quantity)


def configure(api: Caller, **settings: Any) -> None:
    api.running.control.patch(f"/customers/{api.running.customer_id}", {"settings": settings})


def read(api: Caller, order_id: str) -> Any:
    return api.get(f"/outbound-orders/{order_id}").json()


def act(api: Caller, order: Any, what: str, **body: Any) -> Any:
    return api.running.control.post(f"/orders/{order['id']}/{what}", body)


def found(api: Caller, reference: str) -> Any:
    return api.search("outbound-orders", leaf("reference", reference, "STARTS_WITH"))


def test_staff_split_an_order_and_its_halves(api: Caller) -> None:
    order = api.create("SO-1", line("A", 6, sop_custom_field_1="l1"), line("B", 2), properties={"hub": "x"}).json()
    other = act(api, order, "split", items=[{"code": "A", "quantity": 4}, {"code": "B", "quantity": 0}])["other"]
    assert (other["reference"], other["parent_id"], other["version"]) == ("SO-1 - 2", order["id"], 1)
    third = act(api, other, "split", items=[{"code": "A", "quantity": 1}])["other"]
    assert third["reference"] == "SO-1 - 3"
    assert [parts(one) for one in found(api, "SO-1")] == [
        [(2, "EA", None), (2, "EA", None)],
        [(3, "EA", None)],
        [(1, "EA", None)],
    ]
    half = read(api, other["id"])
    assert (half["properties"], half["items"][0]["properties"]) == ({"hub": "x"}, {"sop_custom_field_1": "l1"})
    assert (read(api, order["id"])["version"], half["version"]) == (2, 2)
    assert "parentId" not in half["details"]
    api.running.control.set(split_halves_linked=True)
    assert read(api, third["id"])["details"]["parentId"] == other["id"]
    assert api.running.control.stock_of("A") == ("10", "4", "6")
    events = [(entry["event"], entry["reference"]) for entry in api.running.control.list_lines("/ledger")]
    assert events == [("accepted", "SO-1"), ("split", "SO-1 - 2"), ("split", "SO-1 - 3")]


def test_a_split_that_cannot_be_is_refused_whole(api: Caller) -> None:
    order = api.create("SO-1", line("A", 6)).json()
    for quantity, reason in ((6, "both halves"), (7, "hold that much"), (0, "both halves")):
        with pytest.raises(ControlError, match=f"(?i){reason}"):
            act(api, order, "split", items=[{"code": "A", "quantity": quantity}])
    whole = api.create("SO-2", line("A", 2), details={**order["details"], "allowSplitting": False}).json()
    with pytest.raises(ControlError, match="409"):
        act(api, whole, "split", items=[{"code": "A", "quantity": 1}])
    act(api, order, "dispatch")
    with pytest.raises(ControlError, match="409"):
        act(api, order, "split", items=[{"code": "A", "quantity": 1}])
    assert len(found(api, "SO-")) == 2


def test_a_backorder_is_separated_at_once_and_filled_later(api: Caller) -> None:
    configure(api, shortage_policy="split")
    made = api.create("SO-1", line("A", 12, sop_custom_field_1="l1"), line("B", 1))
    assert (made.status_code, made.json()["status"], made.json()["version"]) == (201, "AWAITING_PICK_AND_PACK", 1)
    assert parts(made.json()) == [(10, "EA", None), (1, "EA", None)]
    (rest,) = found(api, "SO-1 - 2")
    assert (rest["status"], rest["version"], parts(rest)) == ("AWAITING_STOCK", 1, [(2, "EA", None)])
    api.running.control.add_stock(api.running.customer_id, "A", 5, batch="NEW")
    rest = read(api, rest["id"])
    assert (rest["status"], rest["version"], parts(rest)) == ("AWAITING_PICK_AND_PACK", 2, [(2, "EA", "NEW")])
    nothing = api.create("SO-2", line("A", 99)).json()
    assert (nothing["status"], len(found(api, "SO-2"))) == ("AWAITING_PICK_AND_PACK", 2)
    none_left = api.create("SO-3", line("A", 1)).json()
    assert (none_left["status"], len(found(api, "SO-3"))) == ("AWAITING_STOCK", 1)


def test_a_rejected_order_is_imported_again_with_everything_it_had(api: Caller) -> None:
    price = {"amount": 2.5, "currency": "AUD"}
    wanted = line("A", 12, sop_custom_field_1="l1")
    wanted["details"]["approximateUnitPrice"] = price
    order = api.create("SO-1", wanted, line("B", 1)).json()
    act(api, order, "reprocess")
    assert (read(api, order["id"])["status"], read(api, order["id"])["version"]) == ("REJECTED", 2)
    api.running.control.add_stock(api.running.customer_id, "A", 2)
    act(api, order, "reprocess")
    mended = read(api, order["id"])
    assert (mended["status"], mended["version"]) == ("AWAITING_PICK_AND_PACK", 3)
    assert [error["isResolved"] for error in mended["details"]["errors"]] == [True]
    assert mended["items"][0]["details"]["approximateUnitPrice"] == price
    assert {item["properties"].get("sop_custom_field_1") for item in mended["items"][:2]} == {"l1"}
    with pytest.raises(ControlError, match="409"):
        act(api, order, "reprocess")
    act(api, order, "reject", reason="No")
    assert api.running.control.stock_of("A") == ("12", "12", "0")
    act(api, order, "reprocess")
    assert [quantity for quantity, _, _ in parts(read(api, order["id"]))] == [10, 2, 1]


def test_rejected_orders_of_either_kind_are_purged_when_their_days_are_over(api: Caller) -> None:
    control, clock = api.running.control, api.running.clock
    configure(api, rejected_purge_days=3)
    control.set(token_seconds=10_000_000)
    api.renew_token((api.running.client_id, api.running.client_secret))
    clock.freeze()
    outbound = api.create("SO-1", line("NOPE", 1)).json()
    kept = api.create("SO-2", line("A", 1)).json()
    sent = {"references": {"customer": "PO"}, "customer": {"id": api.running.customer_id}, "items": [line("NOPE", 1)]}
    inbound = api.post("/inbound-orders", sent).json()
    clock.advance(days=2.9)
    assert read(api, outbound["id"])["status"] == "REJECTED"
    clock.advance(days=0.2)
    assert api.get(f"/outbound-orders/{outbound['id']}").status_code == 404
    assert api.get(f"/inbound-orders/{inbound['id']}").status_code == 404
    assert read(api, kept["id"])["status"] == "AWAITING_PICK_AND_PACK"
    assert control.list_lines("/ledger")[-1]["by"] == "purge"


def test_a_dropped_line_is_told_in_the_log_alone(api: Caller) -> None:
    configure(api, shortage_policy="assign_and_drop", invalid_unit_policy="default", conversion_policy="drop")
    api.running.control.add_product(
        api.running.customer_id, "G", units={"G": {"baseQty": "0.001"}, "KG": {"baseQty": 1}}
    )
    order = api.create("SO-1", line("A", 12), line("B", 1, "PLT"), line("A", 0), line("G", 0.0001, "G")).json()
    assert (order["status"], [quantity for quantity, _, _ in parts(order)]) == ("AWAITING_PICK_AND_PACK", [10, 1])
    assert "errors" not in order["details"]
    assert api.running.control.get(f"/orders/{order['id']}")["warnings"] == [
        "Product A (A) x 12 EA - Not enough stock",
        "Product B (B) x 1 PLT - Unit of measure replaced by the default",
        "Product A (A) x 0 EA - Quantity is zero",
        "Product G (G) x 0.0001 G - Conversion failed",
    ]
