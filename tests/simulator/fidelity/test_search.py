"""Searching, paging and preferring, on outbound orders."""

from typing import Any

import pytest

from tests.simulator.caller import Caller, leaf, line
from tests.simulator.fidelity.calls import NOBODY, Tenant, own, references, shows

ALL = ["SO-1", "SO-2", "WEB-3"]


@pytest.fixture
def orders(stocked: Caller) -> list[Any]:
    """Three orders, ten minutes apart; the second is dispatched in the end."""
    made = []
    for number, reference in enumerate(ALL, start=1):
        order = stocked.order(reference, line("A", number))
        order["details"] = {
            **order["details"],
            "urgent": number == 1,
            "collect": {"requiredDate": f"2026-03-0{number}"},
        }
        made.append(stocked.post("/outbound-orders", order).json())
        stocked.running.clock.advance(seconds=600)
    stocked.running.control.post(f"/orders/{made[1]['id']}/dispatch")
    return [stocked.get(f"/outbound-orders/{order['id']}").json() for order in made]


def found(api: Caller, *leaves: dict[str, Any], **more: Any) -> list[str]:
    return references(own(api, "outbound-orders", *leaves, **more))


def either(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"type": "OrCondition", "conditions": list(conditions)}


def both(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"type": "AndCondition", "conditions": list(conditions)}


REFERENCE = "/references/customer"


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        shows("7-and", both(leaf(REFERENCE, "SO", "STARTS_WITH"), leaf(REFERENCE, "2", "CONTAINS")), ["SO-2"]),
        shows("7-or", either(leaf(REFERENCE, "SO-2"), leaf(REFERENCE, "WEB-3")), ["SO-2", "WEB-3"]),
        shows(
            "7-nested",
            either(leaf(REFERENCE, "WEB-3"), both(either(leaf(REFERENCE, "SO-1")), leaf(REFERENCE, "SO-1"))),
            ["SO-1", "WEB-3"],
        ),
        shows("7-empty-and", both(), ALL),
        shows("22-empty-and", both(both()), ALL),
        shows("7-case", leaf(REFERENCE, "so-1"), ["SO-1"]),
        shows("21-default-case", leaf(REFERENCE, "web", "STARTS_WITH"), ["WEB-3"]),
        shows("7-pointer-field", leaf(REFERENCE, "SO-1"), ["SO-1"]),
        shows("7-key-field", leaf("reference", "SO-1"), ["SO-1"]),
        shows("7-boolean", leaf("/details/urgent", True, None, "Boolean"), ["SO-1"]),
        (leaf("/details/urgent", False, None, "Boolean"), ["SO-2", "WEB-3"]),
        shows("7-boolean-text", leaf("/details/urgent", "true", "EQUAL_TO", "Boolean"), ["SO-1"]),
        shows("7-outbound-status", leaf("/status", "DISPATCHED"), ["SO-2"]),
        shows("7-outbound-examples", leaf("/details/collect/requiredDate", "2026-03-02", kind="Date"), ["SO-2"]),
    ],
)
def test_conditions(stocked: Caller, condition: dict[str, Any], expected: list[str]) -> None:
    assert found(stocked, condition) == expected


METHODS = [
    ("EQUAL_TO", [1]),
    ("NOT_EQUAL_TO", [0, 2]),
    ("GREATER_THAN", [2]),
    ("GREATER_THAN_OR_EQUAL_TO", [1, 2]),
    ("LESS_THAN", [0]),
    ("LESS_THAN_OR_EQUAL_TO", [0, 1]),
]


@pytest.mark.fidelity("7-numeric-methods", "7-date-methods", "7-datetime-methods", "7-outbound-examples")
@pytest.mark.parametrize(("method", "expected"), METHODS)
def test_order_methods(stocked: Caller, orders: list[Any], method: str, expected: list[int]) -> None:
    names = [ALL[index] for index in expected]
    number = int(orders[1]["references"]["numericId"])
    created = orders[1]["timestamps"]["created"]["time"]
    assert found(stocked, leaf("/references/numericId", number, method, "Numeric")) == names
    assert found(stocked, leaf("/details/collect/requiredDate", "2026-03-02", method, "Date")) == names
    assert found(stocked, leaf("/timestamps/created/time", created, method, "DateTime")) == names
    hour = int(created[11:13])
    shifted = f"{created[:11]}{hour - 10:02}{created[13:19]}+00:00" if hour >= 10 else None
    if shifted:
        assert found(stocked, leaf("/timestamps/created/time", shifted, method, "DateTime")) == names


@pytest.mark.fidelity("7-text-methods")
@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("method", "value", "expected"),
    [
        ("EQUAL_TO", "SO-1", ["SO-1"]),
        ("EQUAL_TO", "SO", []),
        ("NOT_EQUAL_TO", "SO-1", ["SO-2", "WEB-3"]),
        ("CONTAINS", "O-", ["SO-1", "SO-2"]),
        ("DOES_NOT_CONTAIN", "O-", ["WEB-3"]),
        ("STARTS_WITH", "SO", ["SO-1", "SO-2"]),
        ("STARTS_WITH", "O-", []),
    ],
)
def test_text_methods(stocked: Caller, method: str, value: str, expected: list[str]) -> None:
    assert found(stocked, leaf(REFERENCE, value, method)) == expected


TIMES = {"created": ALL, "modified": ALL, "packed": ["SO-2"], "dispatched": ["SO-2"]}


@pytest.mark.fidelity("7-outbound-times", "20-dispatched-window")
@pytest.mark.parametrize("name", TIMES)
def test_each_time_is_searchable(stocked: Caller, orders: list[Any], name: str) -> None:
    pointer = f"/timestamps/{name}/time"
    assert found(stocked, leaf(pointer, "2020-01-01T00:00:00Z", "GREATER_THAN", "DateTime")) == TIMES[name]
    moment = orders[1]["timestamps"][name]["time"]
    same = [order["references"]["customer"] for order in orders if order["timestamps"].get(name) == {"time": moment}]
    assert found(stocked, leaf(pointer, moment, "EQUAL_TO", "DateTime")) == same


@pytest.mark.parametrize(
    ("kind", "method", "day_only"),
    [
        shows("7-time-as-datetime", "DateTime", "GREATER_THAN_OR_EQUAL_TO", False),
        shows("7-time-as-text", "Text", "GREATER_THAN_OR_EQUAL_TO", False),
    ],
)
def test_instants_find_what_is_later(
    stocked: Caller, orders: list[Any], kind: str, method: str, day_only: bool
) -> None:
    moment = orders[1]["timestamps"]["created"]["time"]
    assert found(stocked, leaf("/timestamps/created/time", moment, method, kind)) == ALL[1:]


@pytest.mark.fidelity("7-time-starts-with", "7-time-as-date", "22-time-searches")
def test_days_find_what_shows_that_day(stocked: Caller, orders: list[Any]) -> None:
    pointer = "/timestamps/created/time"
    for order in orders:
        day = order["timestamps"]["created"]["time"][:10]
        same = [row["references"]["customer"] for row in orders if row["timestamps"]["created"]["time"][:10] == day]
        assert found(stocked, leaf(pointer, day, "STARTS_WITH")) == same
        assert found(stocked, leaf(pointer, day, "EQUAL_TO", "Date")) == same
    since = [leaf(pointer, "2020-01-01", "GREATER_THAN_OR_EQUAL_TO", kind) for kind in ("Text", "Date")]
    assert [found(stocked, condition) for condition in since] == [ALL, ALL]
    assert found(stocked, leaf(pointer, "2020-01-01", "STARTS_WITH")) == []


@pytest.mark.fidelity("7-outbound-keys", "7-outbound-pointers")
@pytest.mark.parametrize(
    "key", ["reference", "customerName", "customerId", REFERENCE, "/customer/name", "/customer/id"]
)
def test_keys_and_pointers(stocked: Caller, orders: list[Any], key: str) -> None:
    values = {
        "reference": "SO-2",
        "customerName": orders[0]["customer"]["name"],
        "customerId": orders[0]["customer"]["id"],
    }
    alias = {REFERENCE: "reference", "/customer/name": "customerName", "/customer/id": "customerId"}.get(key, key)
    assert found(stocked, leaf(key, values[alias])) == (["SO-2"] if alias == "reference" else ALL)
    assert found(stocked, leaf(key, NOBODY)) == []


@pytest.mark.fidelity("7-many-references", "20-open-batches")
@pytest.mark.usefixtures("orders")
def test_a_hundred_references_at_once(stocked: Caller) -> None:
    leaves = [leaf(REFERENCE, f"SO-{number}") for number in range(2, 102)]
    assert found(stocked, either(*leaves)) == ["SO-2"]
    waiting = leaf("/status", "AWAITING_PICK_AND_PACK")
    assert found(stocked, either(*leaves, leaf(REFERENCE, "WEB-3")), waiting) == ["WEB-3"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        shows("5-empty-condition", {"condition": {}}, "Missing field 'type'"),
        shows("5-bare-leaf", {"condition": leaf("/status", "X")}, "Missing field 'conditions'"),
        shows("5-status-by-key", {"condition": both(leaf("status", "X"))}, "status"),
        shows("7-no-not", {"condition": {"type": "NotCondition", "conditions": []}}, "NotCondition"),
        shows("7-unknown-pointer", {"condition": both(leaf("/nope", "X"))}, "/nope"),
        shows("7-form", {"type": "AndCondition", "conditions": []}, "condition"),
        ({"condition": both({"type": "NotCondition", "conditions": []})}, "NotCondition"),
        ({"condition": both(leaf("nope", "X"))}, "nope"),
        ({"condition": both(leaf("/status", ["X"]))}, "string"),
        ({"condition": both(leaf("/status", "3rd", kind="Date"))}, "YYYY-MM-DD"),
        ({"condition": both(leaf("/status", "X", "CONTAINS", "Numeric"))}, "number"),
    ],
)
def test_malformed_searches(api: Caller, body: dict[str, Any], message: str) -> None:
    response = api.post("/outbound-orders/search", body)
    assert response.status_code == 400
    (error,) = response.json()
    assert set(error) == {"message"}
    assert message in error["message"]


@pytest.mark.fidelity("7-unknown-pointer", "7-case", "21-default-pointer")
@pytest.mark.usefixtures("orders")
def test_guesses_about_searching_are_settings(stocked: Caller) -> None:
    assert own(stocked, "outbound-orders", leaf("/nope", "X")).status_code == 400
    stocked.running.control.set(unknown_field_status=422, text_case_sensitive=True)
    assert own(stocked, "outbound-orders", leaf("/nope", "X")).status_code == 422
    assert found(stocked, leaf(REFERENCE, "so-1")) == []


@pytest.mark.fidelity(
    "4.5-headers", "4.5-link", "4.5-link-relations", "4.5-page-number", "4.5-bare-array", "11.1-search"
)
@pytest.mark.usefixtures("orders")
def test_pages(stocked: Caller) -> None:
    first = own(stocked, "outbound-orders", query="?size=1")
    names = ("Total-Pages", "Page-Size", "Page-Number", "Total-Elements")
    assert [first.headers[name] for name in names] == ["3", "1", "1", "3"]
    assert isinstance(first.json(), list)
    assert set(first.links) == {"next", "last"}
    body = {"condition": both(leaf("/customer/id", stocked.running.customer_id))}
    second = stocked.http.post(first.links["next"]["url"], json=body)
    assert references(second) == ["SO-2"]
    assert set(second.links) == {"first", "prev", "next", "last"}
    assert first.links["next"]["url"].startswith(stocked.running.base_url)
    assert "size=1" in first.links["next"]["url"]
    last = stocked.http.post(second.links["last"]["url"], json=body)
    assert references(last) == ["WEB-3"]
    assert set(last.links) == {"first", "prev"}
    assert references(stocked.http.post(last.links["prev"]["url"], json=body)) == ["SO-2"]


@pytest.mark.fidelity("4.5-size-default", "4.5-sizes", "4.5-size-clamped", "21-default-size")
def test_sizes(api: Caller) -> None:
    def size(query: str) -> str:
        return own(api, "outbound-orders", query=query).headers["Page-Size"]

    assert [size(query) for query in ("", "?size=50", "?size=100", "?size=200", "?size=5000")] == [
        "20", "50", "100", "200", "200",
    ]  # fmt: skip
    api.running.control.set(default_page_size=7, max_page_size=60)
    assert [size(query) for query in ("", "?size=50", "?size=100")] == ["7", "50", "60"]


@pytest.mark.fidelity("4.5-past-the-end", "4.5-sort-tolerated", "21-tolerance")
@pytest.mark.usefixtures("orders")
def test_what_is_tolerated(stocked: Caller) -> None:
    past = own(stocked, "outbound-orders", query="?page=9")
    assert (past.status_code, past.json()) == (200, [])
    odd = own(stocked, "outbound-orders", query="?sort=-created&colour=blue", X_Unknown="1", **{"X-More": "2"})
    assert references(odd) == ALL


@pytest.mark.fidelity("4.5-order", "21-default-order", "4.5-moving-pages")
@pytest.mark.usefixtures("orders")
def test_newest_first_repeats_a_row_when_one_comes_in_between(stocked: Caller) -> None:
    assert found(stocked) == ALL
    stocked.running.control.set(search_order="created_descending")
    assert found(stocked, query="?size=2") == ["WEB-3", "SO-2"]
    stocked.create("SO-4", line("A", 1))
    assert found(stocked, query="?size=2&page=2") == ["SO-2", "SO-1"]


@pytest.mark.fidelity("4.2-minimal-outbound", "4.2-preference-applied", "11.9-minimal")
def test_minimal(stocked: Caller, orders: list[Any]) -> None:
    response = own(stocked, "outbound-orders", Prefer="return=minimal")
    assert response.json() == [{"id": order["id"]} for order in orders]
    assert response.headers["Preference-Applied"] == "return=minimal"
    for headers in ({}, {"Prefer": "return=representation"}, {"Prefer": "return=no-items"}):
        plain = own(stocked, "outbound-orders", **headers)
        assert "Preference-Applied" not in plain.headers
        assert "items" in plain.json()[0]


@pytest.mark.fidelity("4.2-no-items-outbound")
def test_outbound_orders_keep_their_items(stocked: Caller, orders: list[Any]) -> None:
    path = f"/outbound-orders/{orders[0]['id']}"
    response = stocked.get(path, headers={"Prefer": "return=no-items"})
    assert response.json()["items"] == orders[0]["items"]
    assert "Preference-Applied" not in response.headers


@pytest.mark.fidelity("11.9-same")
def test_a_found_order_is_what_get_answers(stocked: Caller, orders: list[Any]) -> None:
    assert own(stocked, "outbound-orders").json() == orders


@pytest.mark.fidelity("20-modified", "4.3-version-by-one")
def test_changes_since_a_moment_are_found_page_by_page(stocked: Caller, orders: list[Any]) -> None:
    since = orders[2]["timestamps"]["created"]["time"]
    changed = leaf("/timestamps/modified/time", since, "GREATER_THAN_OR_EQUAL_TO", "DateTime")
    pages = [found(stocked, changed, query=f"?size=1&page={page}") for page in (1, 2, 3)]
    assert pages == [["SO-2"], ["WEB-3"], []]
    before = orders[0]["version"]
    stocked.running.control.post(f"/orders/{orders[0]['id']}/pick")
    assert found(stocked, changed) == ALL
    assert stocked.get(f"/outbound-orders/{orders[0]['id']}").json()["version"] > before


@pytest.mark.fidelity("20-deleted", "11.7-gone")
def test_what_is_deleted_is_found_no_more(stocked: Caller, orders: list[Any], tenant: Tenant) -> None:
    tenant.customise(overridable_statuses=["AWAITING_PICK_AND_PACK"])
    assert stocked.delete(f"/outbound-orders/{orders[0]['id']}").status_code == 204
    assert found(stocked, either(leaf(REFERENCE, "SO-1"), leaf(REFERENCE, "SO-2"))) == ["SO-2"]
    gone = stocked.get(f"/outbound-orders/{orders[0]['id']}")
    assert (gone.status_code, len(gone.json())) == (404, 1)
