"""Stock: which lots an order gets, what a picker finds instead, and what becomes of goods that change."""

from typing import Any

import pytest

from cartoncloud_simulator.testing import ControlError
from tests.simulator.caller import Caller, line, parts

UNITS = {"EA": {"baseQty": 1, "name": "Each"}, "CTN": {"baseQty": 12, "name": "Carton"}}


@pytest.fixture(autouse=True)
def unlimited(api: Caller) -> None:
    api.running.control.set(outbound_rate_limit_enabled=False)


def add(api: Caller, code: str = "A", **selection: Any) -> None:
    api.running.control.add_product(api.running.customer_id, code, units=UNITS, selection=selection)


def stock(api: Caller, quantity: int, batch: str, **more: Any) -> str:
    row = {"code": "A", "quantity": quantity, "batch": batch, **more}
    sent = {"customer": api.running.customer_id, "rows": [row]}
    return str(api.running.control.post("/stock", sent)["lots"][0])


def configure(api: Caller, **settings: Any) -> None:
    api.running.control.patch(f"/customers/{api.running.customer_id}", {"settings": settings})


def read(api: Caller, order_id: str) -> Any:
    return api.get(f"/outbound-orders/{order_id}").json()


def act(api: Caller, order: Any, what: str, **body: Any) -> Any:
    return api.running.control.post(f"/orders/{order['id']}/{what}", body)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"method": "FEFO"}, [(5, "SOON"), (9, "EARLY"), (1, "SMALL")]),
        ({"method": "FIFO"}, [(9, "EARLY"), (6, "LATE")]),
        ({"method": "LIFO"}, [(5, "SOON"), (3, "SMALL"), (7, "LATE")]),
        ({"method": "MINIMISE_STORAGE"}, [(3, "SMALL"), (5, "SOON"), (7, "LATE")]),
        ({"method": "FEFO", "secondaryMethod": "MINIMISE_STORAGE"}, [(5, "SOON"), (3, "SMALL"), (7, "EARLY")]),
        ({"method": "FIFO", "secondaryMethod": "MINIMISE_STORAGE"}, [(3, "SMALL"), (5, "SOON"), (7, "LATE")]),
    ],
)
def test_the_products_method_chooses_the_lots(api: Caller, selection: dict[str, str], expected: list[Any]) -> None:
    add(api, **selection)
    stock(api, 9, "EARLY", expiry="2041-01-01")
    stock(api, 8, "LATE", expiry="2041-06-01")
    stock(api, 3, "SMALL", expiry="2041-01-01")
    stock(api, 5, "SOON", expiry="2040-01-01")
    assert [(quantity, batch) for quantity, _, batch in parts(api.create("SO-1", line("A", 15)).json())] == expected


@pytest.mark.parametrize(
    ("strict", "expected"),
    [
        (False, [(2, "CTN", "B2")]),
        (True, [(7, "EA", "B1"), (1, "CTN", "B2"), (5, "EA", "B2")]),
    ],
)
def test_strict_selection_opens_units_rather_than_skip_a_lot(api: Caller, strict: bool, expected: list[Any]) -> None:
    add(api, strict=strict)
    stock(api, 7, "B1", expiry="2040-01-01")
    stock(api, 30, "B2", expiry="2041-01-01")
    assert parts(api.create("SO-1", line("A", 2, "CTN")).json()) == expected


def test_stale_stock_is_the_last_resort_and_only_the_log_says_so(api: Caller) -> None:
    add(api, expiryThresholdDays=30)
    stock(api, 4, "OLD", expiry="2020-01-01")
    stock(api, 4, "GOOD", expiry="2041-01-01")
    refused = api.create("SO-1", line("A", 4, batch="OLD")).json()
    assert refused["details"]["errors"][0]["message"] == "Product A (A) x 4 EA - Stock has expired"
    configure(api, expired_stock_allowed=True)
    order = api.create("SO-2", line("A", 6)).json()
    assert parts(order) == [(4, "EA", "GOOD"), (2, "EA", "OLD")]
    assert "errors" not in order["details"]
    (warning,) = api.running.control.get(f"/orders/{order['id']}")["warnings"]
    assert warning == "Product A (A) x 6 EA - Stock has expired or is within its expiry threshold"


def test_stock_of_an_inactive_product_and_of_another_warehouse_is_not_promised(api: Caller) -> None:
    control = api.running.control
    add(api)
    perth = control.post("/warehouses", {"name": "Perth DC"})["id"]
    control.add_stock(api.running.customer_id, "A", 5, warehouse=perth)
    assert api.create("SO-1", line("A", 1)).status_code == 228
    assert api.create("SO-2", line("A", 1), warehouse={"id": perth}).status_code == 201
    control.add_product(api.running.customer_id, "A", units=UNITS, active=False)
    refused = api.create("SO-3", line("A", 1), warehouse={"id": perth}).json()
    assert refused["details"]["errors"][0]["message"] == "Product A (A) x 1 EA - Product is deactivated"


def test_a_lot_that_is_no_longer_good_is_exchanged_or_waited_for(api: Caller) -> None:
    add(api)
    first, second = stock(api, 5, "B1", expiry="2040-01-01"), stock(api, 5, "B2", expiry="2041-01-01")
    order = api.create("SO-1", line("A", 5, sop_custom_field_1="l1")).json()
    packed = api.create("SO-2", line("A", 1)).json()
    act(api, packed, "pack")
    api.running.control.patch(f"/lots/{first}", {"status": "QC"})
    changed = read(api, order["id"])
    assert changed["items"][0]["properties"] == {"expiryDate": "2041-01-01", "batch": "B2", "sop_custom_field_1": "l1"}
    assert (changed["status"], changed["version"]) == ("AWAITING_STOCK", 2)
    assert parts(changed) == [(4, "EA", "B2"), (1, "EA", None)]
    assert read(api, packed["id"])["items"][0]["properties"]["batch"] == "B2", "what is packed stays"
    api.running.control.patch(f"/lots/{first}", {"status": "OK"})
    assert parts(read(api, order["id"])) == [(4, "EA", "B2"), (1, "EA", "B1")]
    assert read(api, order["id"])["status"] == "AWAITING_PICK_AND_PACK"
    assert [lot["free"] for lot in api.running.control.get("/lots")] == ["4", "0"]
    assert second in {lot["id"] for lot in api.running.control.get("/lots")}


def test_a_picker_takes_another_lot(api: Caller) -> None:
    add(api)
    planned, other = stock(api, 5, "B1", expiry="2040-01-01"), stock(api, 3, "B2", expiry="2041-01-01")
    order = api.create("SO-1", line("A", 3, sop_custom_field_1="l1")).json()
    act(api, order, "substitute", items=[{"code": "A", "lot": other}])
    changed = read(api, order["id"])
    assert changed["items"][0]["properties"] == {"expiryDate": "2041-01-01", "batch": "B2", "sop_custom_field_1": "l1"}
    assert changed["version"] == 2
    more = api.create("SO-2", line("A", 4)).json()
    for lot in (other, planned[:-1]):
        with pytest.raises(ControlError, match="422"):
            act(api, more, "substitute", items=[{"code": "A", "lot": lot}])
    assert parts(read(api, more["id"])) == [(4, "EA", "B1")]
    act(api, order, "dispatch")
    with pytest.raises(ControlError, match="409"):
        act(api, order, "substitute", items=[{"code": "A", "lot": planned}])


def test_serials_are_one_unit_each_and_on_hand_once(api: Caller) -> None:
    add(api)
    for serial in ("S1", "S2"):
        stock(api, 1, "B1", properties={"serial": serial})
    for quantity, properties, field in (
        (1, {"serial": "S1"}, "/rows/0/properties"),
        (2, {"serial": "S3"}, "/rows/0/quantity"),
        (1, {"sscc": "P1"}, None),
        (1, {"sscc": "P1"}, "/rows/0/properties"),
    ):
        row = {"code": "A", "quantity": quantity, "properties": properties}
        sent = api.http.post("/_sim/stock", json={"customer": api.running.customer_id, "rows": [row]})
        assert (sent.status_code, sent.json()[0]["field"] if field else None) == (422 if field else 200, field)
    order = api.create("SO-1", line("A", 2, batch="B1")).json()
    assert [(item["measures"]["quantity"], item["properties"]["serial"]) for item in order["items"]] == [
        (1, "S1"),
        (1, "S2"),
    ]
    assert api.create("SO-2", line("A", 1, serial="S1")).status_code == 228, "promised already"
    act(api, order, "dispatch")
    stock(api, 1, "B1", properties={"serial": "S1"})
    assert api.create("SO-3", line("A", 1, serial="S1")).status_code == 201


@pytest.mark.fidelity("17-required-outbound")
def test_what_must_be_known_of_outgoing_goods_is_read_at_picking(api: Caller) -> None:
    control = api.running.control
    control.add_product(api.running.customer_id, "A", units=UNITS, requirements={"serial": "REQUIRED_ON_OUTGOING"})
    control.add_stock(api.running.customer_id, "A", 20)
    order = api.create("SO-1", line("A", 2, sop_custom_field_1="l1")).json()
    for step in ("pack", "dispatch"):
        with pytest.raises(ControlError, match="/items/0/properties/serial"):
            act(api, order, step)
    assert read(api, order["id"]) == order
    with pytest.raises(ControlError, match="one reading for each"):
        act(api, order, "capture", items=[{"code": "A", "serials": ["S1", "S2", "S3"]}])
    act(api, order, "capture", items=[{"code": "A", "serials": ["S1", "S2"]}])
    act(api, order, "dispatch")
    sent = read(api, order["id"])
    assert [(item["measures"]["quantity"], item["properties"]) for item in sent["items"]] == [
        (1, {"sop_custom_field_1": "l1", "serial": serial}) for serial in ("S1", "S2")
    ]
    assert control.stock_of("A") == ("18", "18", "0")
    crewed = api.create("SO-2", line("A", 1, "CTN")).json()
    control.post("/crew/step", {})
    done = read(api, crewed["id"])
    assert done["status"] == "DISPATCHED"
    assert len({item["properties"]["serial"] for item in done["items"]}) == 12
    assert control.stock_of("A") == ("6", "6", "0")


def test_adjustments_take_only_what_is_free(api: Caller) -> None:
    control = api.running.control
    add(api)
    lot = stock(api, 5, "B1")
    api.create("SO-1", line("A", 3))
    asked = {"customer": api.running.customer_id, "code": "A", "quantity": -3}
    for more in ({}, {"lot": lot}, {"batch": "NONE", "quantity": -1}):
        with pytest.raises(ControlError, match="/quantity"):
            control.post("/stock/adjust", {**asked, **more})
    gone = control.post("/stock/adjust", {**asked, "quantity": -2, "lot": lot})["order"]
    assert (gone["status"], gone["origin"], gone["version"]) == ("DISPATCHED", "adjustment", 1)
    assert control.stock_of("A") == ("3", "0", "3")
    found = control.post("/stock/adjust", {**asked, "quantity": 1, "unit": "CTN", "batch": "B9"})["inbound_order"]
    again = control.post("/stock/adjust", {**asked, "quantity": 1, "status": "QC"})["inbound_order"]
    assert (again["id"], again["version"], len(again["lines"])) == (found["id"], 2, 2)
    assert control.stock_of("A") == ("16", "13", "3")
    assert api.get(f"/inbound-orders/{found['id']}").json()["items"][1]["status"] == "QC"
    assert parts(read(api, gone["id"])) == [(2, "EA", "B1")]


def test_goods_come_back_once_at_most(api: Caller) -> None:
    control = api.running.control
    add(api)
    stock(api, 10, "B1")
    order = api.create("SO-1", line("A", 6)).json()
    with pytest.raises(ControlError, match="409"):
        act(api, order, "return")
    act(api, order, "dispatch")
    first = act(api, order, "return", items=[{"code": "A", "quantity": 2}])
    assert (first["reference"], first["status"], first["origin"]) == ("SO-1-RTS", "NOT_YET_RECEIVED", "return")
    with pytest.raises(ControlError, match="/items"):
        act(api, order, "return", items=[{"code": "A", "quantity": 5}])
    second = act(api, order, "return")
    assert [(one["quantity"], one["properties"]) for one in second["lines"]] == [("4", {"batch": "B1"})]
    assert second["reference"] == "SO-1-RTS - 2"
    with pytest.raises(ControlError, match="/items"):
        act(api, order, "return")
    with pytest.raises(ControlError, match="409"):
        act(api, order, "revert")
    with pytest.raises(ControlError, match="below what was returned"):
        control.patch(f"/orders/{order['id']}", {"items": [{"code": "A", "quantity": 5}]})
    control.post(f"/inbound-orders/{second['id']}/verify")
    assert control.stock_of("A") == ("8", "8", "0")
