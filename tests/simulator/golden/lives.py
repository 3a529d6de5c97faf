"""Scenarios of what becomes of orders after they were taken in."""

from typing import Any

from tests.simulator.caller import Caller, line
from tests.simulator.golden.recorder import Recorder
from tests.simulator.golden.scenario import ALL, order, scenario, stock


@scenario
def outbound_lives(api: Caller, record: Recorder) -> None:
    stock(api)
    control = api.running.control
    policy = {"shortage_policy": "assign_and_await", "auto_dispatch": False}
    control.patch(f"/customers/{api.running.customer_id}", {"settings": policy})
    record.take("draft", api.create("SO-1", line("MAC250", 1), status="DRAFT"))
    record.take("partly waiting for stock", api.create("SO-2", line("MAC250", 60)))
    control.patch(f"/customers/{api.running.customer_id}", {"settings": {"shortage_policy": "split"}})
    api.running.control.add_stock(api.running.customer_id, "MAC250", 10, batch="B122")
    record.take("split for want of stock", api.create("SO-3", line("MAC250", 12, sop_custom_field_1="line-1")))
    record.take("with its other half", api.post("/outbound-orders/search", ALL))
    made = api.post("/outbound-orders", order(api, items=[line("MAC250", 6)])).json()
    path = f"/outbound-orders/{made['id']}"
    control.add_stock(api.running.customer_id, "HON500", 5)
    picked = api.create("SO-4", line("HON500", 4)).json()
    control.post(f"/orders/{picked['id']}/pick", {"items": [{"code": "HON500", "quantity": 3}]})
    record.take("short-picked", api.get(f"/outbound-orders/{picked['id']}"))
    control.post(f"/orders/{picked['id']}/pack", {"packages": 2})
    record.take("packed", api.get(f"/outbound-orders/{picked['id']}"))
    control.post(f"/orders/{picked['id']}/dispatch")
    back = control.post(f"/orders/{picked['id']}/return")
    record.take("its return", api.get(f"/inbound-orders/{back['id']}"))
    control.post(f"/orders/{made['id']}/reject", {"reason": "Address unknown"})
    record.take("rejected by staff", api.get(path))
    gone = {"customer": api.running.customer_id, "code": "HON500", "quantity": "-1"}
    taken = control.post("/stock/adjust", gone)["order"]["id"]
    record.take("stock lost", api.get(f"/outbound-orders/{taken}"))


@scenario
def inbound_lives(api: Caller, record: Recorder) -> None:
    stock(api)
    control = api.running.control
    head: dict[str, Any] = {"references": {"customer": "PO-1"}, "customer": {"id": api.running.customer_id}}
    made = api.post("/inbound-orders", {**head, "items": [line("MAC250", 40, "CTN"), line("HON500", 9)]}).json()
    control.post(f"/inbound-orders/{made['id']}/receive")
    record.take("received", api.get(f"/inbound-orders/{made['id']}"))
    counted = {
        "code": "MAC250",
        "quantity": "30",
        "damaged": "2",
        "missing": "1",
        "batch": "B9",
        "expiry": "2032-01-31",
    }
    split = control.post(f"/inbound-orders/{made['id']}/split", {"items": [counted]})
    record.take("counted in part", api.get(f"/inbound-orders/{made['id']}"))
    record.take("what is still to come", api.get(f"/inbound-orders/{split['child']['id']}"))
    control.post(f"/inbound-orders/{made['id']}/allocate", {"location": "A-07"})
    record.take("allocated", api.get(f"/inbound-orders/{made['id']}"))
    record.take("draft", api.post("/inbound-orders", {**head, "references": {"customer": "PO-2"}, "status": "DRAFT",
                                                      "items": [line("MAC250", 1)]}))  # fmt: skip
    found = {"customer": api.running.customer_id, "code": "HON500", "quantity": "2"}
    record.take(
        "stock found", api.get(f"/inbound-orders/{control.post('/stock/adjust', found)['inbound_order']['id']}")
    )
