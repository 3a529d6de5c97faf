"""At the dock: what is counted becomes stock, what is promised cannot be uncounted, what did not come goes on."""

from typing import Any

import pytest

from cartoncloud_simulator.testing import ControlError
from tests.simulator.caller import Caller, leaf, line, parts

UNITS = {"EA": {"baseQty": 1, "name": "Each"}, "CTN": {"baseQty": 12, "name": "Carton"}}


@pytest.fixture(autouse=True)
def products(api: Caller) -> None:
    api.running.control.set(outbound_rate_limit_enabled=False)
    for code in ("A", "B"):
        api.running.control.add_product(api.running.customer_id, code, units=UNITS)


def announce(api: Caller, reference: str, *lines: dict[str, Any], **more: Any) -> Any:
    head = {"references": {"customer": reference}, "customer": {"id": api.running.customer_id}}
    response = api.post("/inbound-orders", {**head, "items": list(lines), **more})
    assert response.status_code == 201, response.text
    return response.json()


def act(api: Caller, order: Any, what: str, **body: Any) -> Any:
    return api.running.control.post(f"/inbound-orders/{order['id']}/{what}", body)


def read(api: Caller, order: Any) -> Any:
    return api.get(f"/inbound-orders/{order['id']}").json()


def counted(order: Any) -> list[tuple[Any, str, str | None]]:
    return [
        (item["measures"]["quantity"], item["status"], item.get("properties", {}).get("batch"))
        for item in order["items"]
    ]


def configure(api: Caller, **settings: Any) -> None:
    api.running.control.patch(f"/customers/{api.running.customer_id}", {"settings": settings})


def test_every_step_is_one_version_and_verification_one_time(api: Caller) -> None:
    order = announce(api, "PO-1", line("A", 2, "CTN"), status="DRAFT")
    seen = [(order["status"], order["version"], set(order["timestamps"]))]
    for step in ("approve", "receive", "verify", "allocate"):
        act(api, order, step)
        order = read(api, order)
        seen.append((order["status"], order["version"], set(order["timestamps"])))
    early, late = {"created", "modified"}, {"created", "modified", "verified"}
    assert seen == [
        ("DRAFT", 1, early),
        ("NOT_YET_RECEIVED", 2, early),
        ("RECEIVED", 3, early),
        ("VERIFIED", 4, late),
        ("ALLOCATED", 5, late),
    ]
    assert api.running.control.stock_of("A") == ("24", "24", "0")
    for step in ("approve", "receive", "verify", "allocate", "reject", "reprocess"):
        with pytest.raises(ControlError, match="409"):
            act(api, order, step)
    assert read(api, order) == order


def test_a_line_is_counted_in_parts_and_strangers_are_taken_in(api: Caller) -> None:
    order = announce(api, "PO-1", line("A", 4, "CTN", batch="B1"), line("B", 5))
    first = order["items"][0]["id"]
    rows = [
        {"id": first, "quantity": 2, "expiry": "2041-01-01", "location": "A-1"},
        {"id": first, "quantity": 3, "batch": "B2", "status": "QUARANTINE"},
        {"code": "B", "damaged": 1, "missing": 2},
    ]
    act(api, order, "verify", items=rows, unexpected=[{"code": "B", "quantity": 1, "unit": "CTN", "batch": "X"}])
    done = read(api, order)
    assert counted(done) == [
        (2, "OK", "B1"),
        (3, "QUARANTINE", "B2"),
        (2, "OK", None),
        (1, "RECEIVED_DAMAGED", None),
        (2, "MISSING", None),
        (1, "OK", "X"),
    ]
    assert (done["status"], done["version"]) == ("VERIFIED", 3)
    assert done["items"][0]["id"] == first
    lots = [(lot["code"], lot["on_hand"], lot["status"], lot["location"]) for lot in api.running.control.get("/lots")]
    assert lots == [
        ("A", "24", "OK", "A-1"),
        ("A", "36", "QUARANTINE", "RECV-01"),
        ("B", "2", "OK", "RECV-01"),
        ("B", "1", "RECEIVED_DAMAGED", "RECV-01"),
        ("B", "12", "OK", "RECV-01"),
    ]
    act(api, order, "allocate", location="Z-9")
    assert [lot["location"] for lot in api.running.control.get("/lots")] == ["A-1", "Z-9", "Z-9", "Z-9", "Z-9"]
    assert parts(api.create("SO-1", line("A", 3, "CTN")).json()) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": [{"code": "NOPE", "quantity": 1}]}, "/items/0"),
        ({"items": [{"code": "A", "quantity": -1}]}, "/items/0/quantity"),
        ({"items": [{"code": "A", "damaged": 99}]}, "/items/0/damaged"),
        ({"items": [{"code": "A", "expiry": "soon"}]}, "/items/0/expiry"),
        ({"items": [{"code": "A", "unit": "PLT"}]}, "/items/0/unit"),
        ({"items": [{"code": "A", "serials": ["S1", "S1"]}]}, "/items"),
        ({"items": [{"code": "A", "properties": {"serial": "S1"}}]}, "/items/0/properties"),
        ({"unexpected": [{"code": "NOPE", "quantity": 1}]}, "/unexpected/0/code"),
        ({"unexpected": [{"code": "B"}]}, "/unexpected/0/quantity"),
        ({"unexpected": [{"code": "B", "quantity": 1, "unit": "PLT"}]}, "/unexpected/0/unit"),
        ({"itemz": []}, "/itemz"),
    ],
)
def test_an_impossible_count_is_refused_whole(api: Caller, body: dict[str, Any], field: str) -> None:
    order = announce(api, "PO-1", line("A", 4), line("B", 1))
    for status in ("NOT_YET_RECEIVED", "RECEIVED"):
        before = (read(api, order), api.running.control.get("/lots?empty=true"))
        assert before[0]["status"] == status
        refused = api.http.post(f"/_sim/inbound-orders/{order['id']}/verify", json=body)
        assert (refused.status_code, refused.json()[0]["field"]) == (422, field)
        assert (read(api, order), api.running.control.get("/lots?empty=true")) == before
        if status == "NOT_YET_RECEIVED":
            act(api, order, "receive")


def test_serials_become_one_item_and_one_lot_each(api: Caller) -> None:
    order = announce(api, "PO-1", line("A", 3, batch="B1"))
    act(api, order, "verify", items=[{"code": "A", "serials": ["S1", "S2", "S3"]}])
    assert [(item["measures"]["quantity"], item["properties"]) for item in read(api, order)["items"]] == [
        (1, {"batch": "B1", "serial": serial}) for serial in ("S1", "S2", "S3")
    ]
    again = announce(api, "PO-2", line("A", 1, serial="S2"))
    with pytest.raises(ControlError, match="S2 is already on hand"):
        act(api, again, "receive")
    sold = api.create("SO-1", line("A", 1, serial="S2")).json()
    api.running.control.post(f"/orders/{sold['id']}/dispatch")
    act(api, again, "receive")
    assert read(api, again)["status"] == "RECEIVED"


def test_promised_goods_cannot_be_uncounted(api: Caller) -> None:
    control = api.running.control
    configure(api, minimum_inbound_status="RECEIVED", inbound_overridable_statuses=["RECEIVED", "VERIFIED"])
    order = announce(api, "PO-1", line("A", 10))
    act(api, order, "receive")
    sold = api.create("SO-1", line("A", 6)).json()
    assert sold["status"] == "AWAITING_PICK_AND_PACK"
    before = read(api, order)
    for call in (
        lambda: act(api, order, "verify", items=[{"code": "A", "quantity": 5}]),
        lambda: act(api, order, "revert"),
        lambda: control.delete(f"/inbound-orders/{order['id']}"),
        lambda: control.patch(f"/inbound-orders/{order['id']}", {"items": [{"code": "A", "quantity": 5}]}),
    ):
        with pytest.raises(ControlError, match="409"):
            call()
    assert api.delete(f"/inbound-orders/{order['id']}").status_code == 422
    replacing = {"references": {"customer": "PO-1"}, "customer": before["customer"], "items": [line("A", 1)]}
    assert api.post("/inbound-orders", replacing).status_code == 422
    assert read(api, order) == before
    act(api, order, "verify", items=[{"code": "A", "quantity": 6}])
    assert control.stock_of("A") == ("6", "0", "6")
    control.post(f"/orders/{sold['id']}/dispatch")
    with pytest.raises(ControlError, match="409"):
        act(api, order, "revert")


def test_damage_found_late_moves_promises_to_other_goods(api: Caller) -> None:
    order = announce(api, "PO-1", line("A", 4, batch="B1", expiryDate="2040-01-01"))
    act(api, order, "verify")
    other = announce(api, "PO-2", line("A", 4, batch="B2", expiryDate="2041-01-01"))
    act(api, other, "verify")
    sold = api.create("SO-1", line("A", 3)).json()
    assert parts(sold) == [(3, "EA", "B1")]
    (lot,) = [lot for lot in api.running.control.get("/lots") if lot["allocated"] == "3"]
    api.running.control.patch(f"/lots/{lot['id']}", {"status": "DAMAGED", "location": "Q-1"})
    assert parts(api.get(f"/outbound-orders/{sold['id']}").json()) == [(3, "EA", "B2")]
    told = read(api, order)
    assert (counted(told), told["version"]) == ([(4, "DAMAGED", "B1")], 4)


def test_what_did_not_come_goes_on_through_generations(api: Caller) -> None:
    order = announce(api, "PO-1", line("A", 10, batch="B1"), line("B", 2))
    child = act(api, order, "split", items=[{"code": "A", "quantity": 4}])["child"]
    grandchild = act(api, child, "split", items=[{"code": "B"}])["child"]
    root, second, third = api.search("inbound-orders", leaf("reference", "PO-1", "STARTS_WITH"))
    assert [one["references"]["customer"] for one in (root, second, third)] == ["PO-1", "PO-1 - 2", "PO-1 - 3"]
    assert [one["details"].get("parentId") for one in (root, second, third)] == [None, root["id"], second["id"]]
    assert [one["details"]["hasChildren"] for one in (root, second, third)] == [True, True, False]
    assert [one["status"] for one in (root, second, third)] == ["VERIFIED", "VERIFIED", "NOT_YET_RECEIVED"]
    assert [counted(one) for one in (root, second, third)] == [
        [(4, "OK", "B1")],
        [(2, "OK", None)],
        [(6, "OK", "B1")],
    ]
    with pytest.raises(ControlError, match=r"(?i)both halves"):
        act(api, grandchild, "split", items=[{"code": "A"}])
    configure(api, split_receiving_enabled=False)
    with pytest.raises(ControlError, match="409"):
        act(api, grandchild, "split", items=[{"code": "A", "quantity": 1}])


def test_an_order_goes_back_step_by_step_and_its_goods_with_it(api: Caller) -> None:
    order = announce(api, "PO-1", line("A", 10))
    act(api, order, "verify", items=[{"code": "A", "quantity": 8, "location": "A-1"}])
    assert read(api, order)["status"] == "ALLOCATED"
    for status, on_hand, verified in (
        ("VERIFIED", "8", True),
        ("RECEIVED", "8", False),
        ("NOT_YET_RECEIVED", "0", False),
        ("DRAFT", "0", False),
    ):
        act(api, order, "revert", status=status)
        now = read(api, order)
        assert (now["status"], "verified" in now["timestamps"]) == (status, verified)
        assert sum(int(lot["on_hand"]) for lot in api.running.control.get("/lots")) == int(on_hand)
    with pytest.raises(ControlError, match="409"):
        act(api, order, "revert", status="ALLOCATED")


def test_a_rejected_import_is_mended_and_taken_in_again(api: Caller) -> None:
    head = {"references": {"customer": "PO-1"}, "customer": {"id": api.running.customer_id}}
    sent = api.post("/inbound-orders", {**head, "items": [{**line("C", 2, batch="B1"), "status": "QUARANTINE"}]})
    order = sent.json()
    assert sent.status_code == 228
    api.running.control.add_product(api.running.customer_id, "C")
    act(api, order, "reprocess")
    mended = read(api, order)
    assert (mended["status"], mended["version"], counted(mended)) == ("NOT_YET_RECEIVED", 2, [(2, "QUARANTINE", "B1")])
    assert [error["isResolved"] for error in mended["details"]["errors"]] == [True]
    act(api, order, "reject", reason="Not ours")
    assert (read(api, order)["status"], read(api, order)["items"]) == ("REJECTED", [])
    act(api, order, "reprocess")
    assert counted(read(api, order)) == counted(mended)


def test_goods_that_are_in_at_once_fill_who_waits(api: Caller) -> None:
    configure(
        api, inbound_initial_status="RECEIVED", minimum_inbound_status="RECEIVED", shortage_policy="assign_and_await"
    )
    waiting = api.create("SO-1", line("A", 5)).json()
    assert waiting["status"] == "AWAITING_STOCK"
    order = announce(api, "PO-1", line("A", 5, batch="B1"))
    assert (order["status"], order["version"]) == ("RECEIVED", 1)
    filled = api.get(f"/outbound-orders/{waiting['id']}").json()
    assert (filled["status"], parts(filled)) == ("AWAITING_PICK_AND_PACK", [(5, "EA", "B1")])
