"""Inbound orders: sent, read, and taken a step further by the warehouse."""

from typing import Any

from tests.simulator.caller import Caller, line


def body(api: Caller, reference: str = "PO-1", *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    sent = {
        "references": {"customer": reference},
        "customer": {"id": api.running.customer_id},
        "items": list(lines or (line("A", 40),)),
        **more,
    }
    return {name: value for name, value in sent.items() if value is not ...}


def create(api: Caller, reference: str = "PO-1", *lines: dict[str, Any], **more: Any) -> Any:
    response = api.post("/inbound-orders", body(api, reference, *lines, **more))
    assert response.status_code == 201, response.text
    return response.json()


def read(api: Caller, order: Any) -> Any:
    return api.get(f"/inbound-orders/{order['id']}").json()


def step(api: Caller, order: Any, verb: str, sent: Any = None) -> Any:
    return api.running.control.post(f"/inbound-orders/{order['id']}/{verb}", sent or {})


def quantities(order: Any) -> list[tuple[Any, str]]:
    return [(item["measures"]["quantity"], item["status"]) for item in order["items"]]


def free(api: Caller, code: str) -> str:
    rows = api.running.control.get(f"/stock?customer={api.running.customer_id}&code={code}")
    return str(rows[0]["free"]) if rows else "0"
