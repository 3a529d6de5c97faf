"""What the tests of the table share: rows that name their statement, patterns for values, and more callers."""

import re
from contextlib import ExitStack
from itertools import count
from typing import Any, Self

import httpx2
import pytest

from tests.simulator.caller import Caller, leaf

_numbers = count(1)


class Like:
    """Equals every string of one pattern."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and re.fullmatch(self._pattern, other) is not None

    def __hash__(self) -> int:
        return hash(self._pattern)

    def __repr__(self) -> str:
        return f"Like({self._pattern!r})"


UUID = Like(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DIGITS = Like(r"\d+")
TIME = Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
NOBODY = "00000000-0000-0000-0000-000000000000"


def shows(statement: str, *values: Any) -> Any:
    """A row of a table that shows this statement."""
    return pytest.param(*values, id=statement, marks=pytest.mark.fidelity(statement))


def call(api: Caller, method: str, path: str, body: Any = None, **headers: str | None) -> httpx2.Response:
    """Any method on any path of the tenant; a header of None is left out, `_` in names stands for `-`."""
    sent = dict(api.http.headers)
    for name, value in headers.items():
        sent.pop(name.replace("_", "-").lower(), None)
        if value is not None:
            sent[name.replace("_", "-")] = value
    request = httpx2.Request(method, api.running.base_url + api.tenant + path, headers=sent, json=body)
    return api.http.send(request)


def own(api: Caller, what: str, *leaves: dict[str, Any], query: str = "", **headers: str) -> httpx2.Response:
    """A search among the entities of the test's own customer."""
    conditions = [leaf("/customer/id", api.running.customer_id), *leaves]
    body = {"condition": {"type": "AndCondition", "conditions": conditions}}
    return api.post(f"/{what}/search{query}", body, headers=headers)


def references(response: httpx2.Response) -> list[str]:
    """The customers' references of what a search found."""
    assert response.status_code == 200, response.text
    return [found["references"].get("customer") or found["references"]["code"] for found in response.json()]


def free(api: Caller, code: str) -> float:
    """Free stock of one of the customer's products, in base units."""
    rows = api.running.control.get(f"/stock?customer={api.running.customer_id}&code={code}")
    return float(rows[0]["free"]) if rows else 0


class Tenant:
    """Makes clients, customers and warehouses for one test."""

    def __init__(self, api: Caller) -> None:
        self.api = api
        self.control = api.running.control
        self._callers = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: Any) -> None:
        self._callers.close()

    def client(self, *roles: str, **more: Any) -> Caller:
        """A caller with these roles, or with all if none are named."""
        made = self.control.post("/clients", {**({"roles": list(roles)} if roles else {}), **more})
        return self._callers.enter_context(Caller(self.api.running, (made["id"], made["secret"])))

    def customer(self, **more: Any) -> str:
        return str(self.control.post("/customers", {"name": f"Neighbour {next(_numbers)}", **more})["id"])

    def warehouse(self, **more: Any) -> str:
        return str(self.control.post("/warehouses", {"name": f"Warehouse {next(_numbers)}", **more})["id"])

    def customise(self, **settings: Any) -> None:
        """Settings of the test's customer."""
        self.control.patch(f"/customers/{self.api.running.customer_id}", {"settings": settings})
