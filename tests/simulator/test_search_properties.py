"""Any search finds what a naive look at every document finds, and looks at few where an index helps."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartoncloud_simulator.testing import running_simulator
from tests.simulator.caller import ADDRESS, Caller, leaf, line
from tests.simulator.naive_search import ORDERINGS, PATTERNS, follow, passes

TIMES = tuple(f"/timestamps/{name}/time" for name in ("created", "modified"))
POINTERS = {
    "outbound-orders": (
        *TIMES, "/timestamps/packed/time", "/timestamps/dispatched/time", "/id", "/status", "/version",
        "/references/customer", "/references/numericId", "/references/shop", "/properties/channel", "/details/urgent",
        "/details/collect/requiredDate", "/customer/id", "/customer/name", "/warehouse/name",
    ),
    "inbound-orders": (
        *TIMES, "/id", "/status", "/references/customer", "/details/arrivalDate", "/details/urgent", "/customer/id",
    ),
    "consignments": (
        "/id", "/status", "/references/customer", "/references/tracking", "/details/type", "/customer/name",
        "/properties/serviceType", "/details/runsheet/name", "/user/name",
    ),
    "warehouse-products": (*TIMES, "/id", "/code", "/name", "/details/active", "/customer/id", "/customer/name"),
}  # fmt: skip
FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SOME_DAY = "2026-03-02"
SOME_TIME = "2026-03-02T10:00:00+10:00"


@pytest.fixture(scope="module")
def tenant() -> Iterator[Caller]:
    """Two customers, orders in every state, two of which changed on other days."""
    with running_simulator() as running, Caller(running) as api:
        control, mine = running.control, running.customer_id
        other = control.post("/customers", {"name": "Ridgeline Outdoor", "code": "RIDGE"})["id"]
        control.set(token_seconds=10**7, outbound_rate_limit_enabled=False)
        api.renew_token((running.client_id, running.client_secret))
        running.clock.freeze()
        for customer in (mine, other):
            for number, code in enumerate(("A", "a", "TENT-2P")):
                control.add_product(customer, code, name=f"Thing {code}", active=number != 1)
            control.add_stock(customer, "A", 60)
        for number in range(12):
            sent = api.order(
                ("SO-" if number % 3 else "so-") + str(number % 5),
                line("A", 1 if number != 7 else 999),
                customer={"id": (mine, other)[number % 2]},
                properties={"channel": ("web", "Shop", "")[number % 3]},
            )
            sent["references"] |= {"shop": f"{number}"} if number % 4 else {}
            sent["details"] |= {"urgent": number % 2 == 0, "collect": {"requiredDate": f"2026-03-0{1 + number % 4}"}}
            control.set(unique_references=False)
            made = api.post("/outbound-orders", sent).json()
            if number % 3 == 0 and made["status"] != "REJECTED":
                control.post(f"/orders/{made['id']}/{('pack', 'dispatch')[number % 2]}")
            announced = {**sent, "type": "INBOUND", "details": {"arrivalDate": f"2026-03-0{1 + number % 4}"}}
            api.post("/inbound-orders", announced)
            running.clock.advance(seconds=17_000)
        driver = control.post("/drivers", {"name": "Mei Tan"})
        sheet = control.post("/run-sheets", {"name": "Monday", "date": SOME_DAY})
        for number in range(3):
            details = {"type": ("DELIVERY", "PICKUP", "RETURNED")[number], "deliver": {"address": ADDRESS}}
            body = {"references": {"customer": f"CON-{number}"}, "customer": {"id": mine}, "details": details}
            made = api.post("/consignments", {**body, "properties": {"serviceType": "Express"}}).json()
            if number:
                control.post(f"/consignments/{made['id']}", {"driver": driver["id"], "run_sheet": sheet["id"]})
        yield api


@st.composite
def leaves(draw: st.DrawFn, documents: list[Any], pointers: tuple[str, ...]) -> dict[str, Any]:
    """A leaf about values that occur, about values near them, and about values that do not occur."""
    pointer = draw(st.sampled_from(pointers))
    there = [str(value) for one in documents if (value := follow(one, pointer)) is not None] or ["x"]
    text = draw(st.sampled_from(there))
    kind = draw(st.sampled_from(("Text", "Text", "Text", "Boolean", "Numeric", "Date", "DateTime")))
    if kind == "Text":
        method = draw(st.sampled_from((*ORDERINGS, *PATTERNS, "EQUAL_TO")))
        begin, end = draw(st.integers(0, 3)), draw(st.integers(3, 12))
        twisted = (text, text, text.upper(), text.lower(), text[begin:end] or "S", text[:10], "nothing")
        return leaf(pointer, draw(st.sampled_from(twisted)), method)
    if kind == "Boolean":
        return leaf(pointer, draw(st.sampled_from((True, False, "true", "false"))), draw(st.sampled_from(
            (None, "EQUAL_TO", "NOT_EQUAL_TO"))), kind)  # fmt: skip
    method = draw(st.sampled_from(tuple(ORDERINGS)))
    if kind == "Numeric":
        number = int(text) if text.isdigit() else 1
        return leaf(pointer, number + draw(st.integers(-1, 1)), method, kind)
    moment = datetime.fromisoformat(text if text[:2] == "20" and "T" in text else SOME_TIME)
    moment += timedelta(seconds=draw(st.sampled_from((-1, 0, 0, 1, 40_000))))
    if kind == "Date":
        return leaf(pointer, moment.date().isoformat(), method, kind)
    zone = timezone(timedelta(hours=draw(st.integers(-11, 13))))
    return leaf(pointer, moment.astimezone(zone).isoformat(), method, kind)


def composites(documents: list[Any], pointers: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    def around(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        kinds = st.sampled_from(("AndCondition", "OrCondition"))
        return st.fixed_dictionaries({"type": kinds, "conditions": st.lists(inner, max_size=4)})

    return around(st.recursive(leaves(documents, pointers), around, max_leaves=8))


def everything(api: Caller, what: str) -> list[Any]:
    found = api.search(what, query="?size=200")
    assert len(found) > 2
    return list(found)


@pytest.mark.fidelity("7-and", "7-or", "7-nested", "7-text-methods", "7-numeric-methods", "7-date-methods",
                      "7-datetime-methods", "7-boolean", "7-boolean-text", "22-time-searches")  # fmt: skip
@pytest.mark.parametrize("what", POINTERS)
def test_any_search_finds_what_its_condition_says(tenant: Caller, what: str) -> None:
    documents = everything(tenant, what)

    @FAST
    @given(condition=composites(documents, POINTERS[what]))
    def check(condition: dict[str, Any]) -> None:
        response = tenant.post(f"/{what}/search?size=200", {"condition": condition})
        assert response.status_code == 200, response.text
        expected = [one["id"] for one in documents if passes(one, condition)]
        assert [one["id"] for one in response.json()] == expected

    check()


class Touched(dict[str, Any]):
    """Counts what a search looks at."""

    count = 0

    def __getitem__(self, key: str) -> Any:
        self.count += 1
        return super().__getitem__(key)

    def values(self) -> Any:
        return (self[key] for key in self)


@pytest.mark.parametrize(
    ("what", "conditions", "most"),
    [
        ("ORDERS", [leaf("/references/customer", "so-3")], 3),
        ("ORDERS", [leaf("/references/customer", f"SO-{number}") for number in range(3)], 9),
        ("ORDERS", [leaf("customerName", "Nobody"), leaf("/id", "none")], 0),
        ("ORDERS", [leaf("/status", "REJECTED")], 1),
        ("CONSIGNMENTS", [leaf("/generatedFromTask/id", "none")], 0),
        ("CONSIGNMENTS", [leaf("reference", "CON-1")], 1),
        ("PRODUCTS", [leaf("/code", "tent-2p")], 2),
        ("PRODUCTS", [leaf("/customer/id", "none")], 0),
    ],
)
def test_an_index_spares_the_search_the_rest(
    tenant: Caller, monkeypatch: pytest.MonkeyPatch, what: str, conditions: list[dict[str, Any]], most: int
) -> None:
    from cartoncloud_simulator.search import fields

    endpoint: fields.Endpoint = getattr(fields, what)
    touched = Touched(endpoint.all(tenant.running.simulator.world))
    monkeypatch.setattr(fields, what, replace(endpoint, all=lambda world: touched))
    tenant.search(endpoint.name, *conditions, any_of=len(conditions) == 3)
    assert touched.count <= most


@pytest.mark.parametrize(
    ("kind", "method", "shape"),
    [
        ("DateTime", "GREATER_THAN_OR_EQUAL_TO", "time"),
        ("Text", "GREATER_THAN_OR_EQUAL_TO", "time"),
        ("Text", "STARTS_WITH", "day"),
        ("Date", "GREATER_THAN", "day"),
    ],
)
def test_what_changed_lately_is_found_without_a_look_at_the_rest(
    tenant: Caller, monkeypatch: pytest.MonkeyPatch, kind: str, method: str, shape: str
) -> None:
    from cartoncloud_simulator.search import fields

    latest = max(one["timestamps"]["modified"]["time"] for one in everything(tenant, "outbound-orders"))
    touched = Touched(fields.ORDERS.all(tenant.running.simulator.world))
    monkeypatch.setattr(fields, "ORDERS", replace(fields.ORDERS, all=lambda world: touched))
    since = leaf("/timestamps/modified/time", latest if shape == "time" else latest[:10], method, kind)
    mine = leaf("/customer/id", tenant.running.customer_id)
    tenant.search("outbound-orders", since, mine)
    # Orders are 17,000 seconds apart, so a day has at most half of them, whatever the hour.
    assert touched.count <= len(touched) / 2
