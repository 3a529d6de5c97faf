"""Orders in the warehouse, and their consignments."""

from typing import Any

from tests.simulator.caller import Caller, leaf, line


def read(api: Caller, order_id: str) -> Any:
    return api.get(f"/outbound-orders/{order_id}").json()


def create(api: Caller, *lines: dict[str, Any], reference: str = "SO-1", **more: Any) -> str:
    response = api.create(reference, *(lines or (line("A", 10),)), **more)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def stock(api: Caller, code: str = "A") -> tuple[str, str, str]:
    (row,) = api.running.control.get(f"/stock?customer={api.running.customer_id}&code={code}")
    return row["on_hand"], row["free"], row["allocated"]


def step(api: Caller, order_id: str, verb: str, body: Any = None) -> Any:
    return api.running.control.post(f"/orders/{order_id}/{verb}", body)


def work(api: Caller) -> None:
    api.running.control.post("/crew/step", {"orders": 10_000})


def consignments(api: Caller, order_id: str) -> Any:
    response = api.post(
        "/consignments/search",
        {"condition": {"type": "AndCondition", "conditions": [leaf("/generatedFromTask/id", order_id)]}},
    )
    assert response.status_code == 200
    return response.json()
