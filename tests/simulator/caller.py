"""A plain caller of the public API, as an integrator would write it."""

import json
import ssl
from typing import Any, Self

import httpx2

from cartoncloud_simulator.testing import RunningSimulator

ADDRESS = {"companyName": "Harbour Deli", "address1": "12 Wharf Road", "suburb": "Newcastle"}

# Made once: reading the authorities of this machine takes longer than most tests, and nobody here needs them.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Caller:
    """Calls with a token got at once; `client` names other credentials than the main ones."""

    def __init__(self, running: RunningSimulator, client: tuple[str, str] | None = None) -> None:
        self.running = running
        headers = {"Accept-Version": "1"}
        self.http = httpx2.Client(base_url=running.base_url, headers=headers, timeout=20, verify=NO_TLS)
        self.tenant = f"/tenants/{running.tenant_id}"
        self.renew_token(client or (running.client_id, running.client_secret))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.http.close()

    def renew_token(self, client: tuple[str, str]) -> None:
        response = self.http.post("/uaa/oauth/token", data={"grant_type": "client_credentials"}, auth=client)
        self.http.headers["Authorization"] = f"Bearer {response.raise_for_status().json()['access_token']}"

    def get(self, path: str, **more: Any) -> httpx2.Response:
        return self.http.get(self.tenant + path, **more)

    def post(self, path: str, body: Any, **more: Any) -> httpx2.Response:
        return self.http.post(self.tenant + path, json=body, **more)

    def delete(self, path: str) -> httpx2.Response:
        return self.http.delete(self.tenant + path)

    def patch(self, path: str, body: Any, **more: Any) -> httpx2.Response:
        return self.http.patch(self.tenant + path, json=body, **more)

    def create(self, reference: str, *lines: dict[str, Any], **more: Any) -> httpx2.Response:
        return self.post("/outbound-orders", self.order(reference, *lines, **more))

    def order(self, reference: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "references": {"customer": reference},
            "customer": {"id": self.running.customer_id},
            "details": {"deliver": {"address": dict(ADDRESS)}},
            "items": list(lines),
            **more,
        }

    def search(self, what: str, *leaves: dict[str, Any], any_of: bool = False, query: str = "") -> Any:
        kind = "OrCondition" if any_of else "AndCondition"
        response = self.post(f"/{what}/search{query}", {"condition": {"type": kind, "conditions": list(leaves)}})
        assert response.status_code == 200, response.text
        return response.json()


def line(code: str, quantity: Any, unit: str | None = None, **properties: Any) -> dict[str, Any]:
    details: dict[str, Any] = {"product": {"references": {"code": code}}}
    if unit:
        details["unitOfMeasure"] = {"type": unit}
    return {"details": details, "measures": {"quantity": quantity}, "properties": properties}


def leaf(pointer: str, value: Any, method: str | None = "EQUAL_TO", kind: str = "Text") -> dict[str, Any]:
    field = {"type": "JsonField", "pointer": pointer}
    if not pointer.startswith("/"):
        field = {"type": "ValueField", "value": pointer}
    built = {
        "type": f"{kind}ComparisonCondition",
        "field": field,
        "value": {"type": "ValueField", "value": value},
        "method": method,
    }
    return {name: part for name, part in built.items() if part is not None}


def parts(order: Any) -> list[tuple[Any, str, str | None]]:
    """Quantity, unit and batch of every item."""
    return [
        (
            item["measures"]["quantity"],
            item["details"]["unitOfMeasure"]["type"],
            item.get("properties", {}).get("batch"),
        )
        for item in order["items"]
    ]


def as_json(text: str) -> Any:
    return json.loads(text)
