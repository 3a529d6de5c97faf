"""Warehouse products: sent, read, patched."""

from typing import Any

from tests.simulator.caller import Caller

EACH = {"baseQty": 1, "name": "Each"}


def product(api: Caller, code: str = "P", **more: Any) -> dict[str, Any]:
    body = {
        "scope": "WAREHOUSE",
        "type": "Ambient",
        "references": {"code": code},
        "customer": {"id": api.running.customer_id},
        "name": f"Product {code}",
        "defaultUnitOfMeasure": "EA",
        "unitOfMeasures": {"EA": EACH},
        **more,
    }
    return {name: value for name, value in body.items() if value is not ...}


def create(api: Caller, code: str = "P", *, version: str = "8", **more: Any) -> Any:
    response = api.post("/warehouse-products", product(api, code, **more), headers={"Accept-Version": version})
    assert response.status_code == 201, response.text
    return response.json()


def read(api: Caller, made: Any, version: str = "8") -> Any:
    return api.get(f"/warehouse-products/{made['id']}", headers={"Accept-Version": version}).json()


def patch(api: Caller, made: Any, *steps: dict[str, Any], version: str = "8") -> Any:
    return api.patch(f"/warehouse-products/{made['id']}", list(steps), headers={"Accept-Version": version})


def step(op: str, path: str, *value: Any) -> dict[str, Any]:
    return {"op": op, "path": path, **({"value": value[0]} if value else {})}
