"""The search grammar, pages, preferences."""

from typing import Any

import pytest

from cartoncloud_simulator.testing import RunningSimulator
from tests.simulator.caller import Caller, leaf, line

REFERENCES = ["SO-1", "SO-2", "WEB-3"]


@pytest.fixture(autouse=True)
def three_orders(api: Caller) -> list[dict[str, Any]]:
    api.running.control.add_product(api.running.customer_id, "A")
    api.running.control.add_stock(api.running.customer_id, "A", 50)
    made = []
    for number, reference in enumerate(REFERENCES):
        order = api.order(reference, line("A", 1), properties={"channel": f"c{number}"})
        order["details"] = {
            **order["details"],
            "urgent": number == 0,
            "collect": {"requiredDate": f"2026-03-0{number + 1}"},
        }
        made.append(api.post("/outbound-orders", order).json())
    return made


def found(api: Caller, *leaves: dict[str, Any], **more: Any) -> list[str]:
    return [order["references"]["customer"] for order in api.search("outbound-orders", *leaves, **more)]


@pytest.mark.parametrize(
    ("leaves", "expected"),
    [
        ([], REFERENCES),
        ([leaf("/references/customer", "so-1")], ["SO-1"]),
        ([leaf("reference", "SO-2")], ["SO-2"]),
        ([leaf("customerName", "Bluegum Pantry"), leaf("/references/customer", "WEB", "CONTAINS")], ["WEB-3"]),
        ([leaf("/references/customer", "SO", "STARTS_WITH")], ["SO-1", "SO-2"]),
        ([leaf("/references/customer", "SO", "DOES_NOT_CONTAIN")], ["WEB-3"]),
        ([leaf("/references/customer", "SO-1", "NOT_EQUAL_TO")], ["SO-2", "WEB-3"]),
        ([leaf("/status", "AWAITING_PICK_AND_PACK")], REFERENCES),
        ([leaf("/details/urgent", True, None, "Boolean")], ["SO-1"]),
        ([leaf("/details/urgent", "true", "EQUAL_TO", "Boolean")], ["SO-1"]),
        ([leaf("/references/numericId", 10_002, "GREATER_THAN", "Numeric")], ["WEB-3"]),
        ([leaf("/details/collect/requiredDate", "2026-03-02", "LESS_THAN_OR_EQUAL_TO", "Date")], ["SO-1", "SO-2"]),
        ([leaf("/details/collect/requiredDate", "2026-03-02", "GREATER_THAN_OR_EQUAL_TO")], ["SO-2", "WEB-3"]),
        ([leaf("/properties/channel", "C2")], ["WEB-3"]),
        ([leaf("/timestamps/packed/time", "2020-01-01T00:00:00Z", "GREATER_THAN", "DateTime")], []),
    ],
)
def test_conditions(api: Caller, leaves: list[dict[str, Any]], expected: list[str]) -> None:
    assert found(api, *leaves) == expected


def test_timestamps_compare_in_all_four_forms(api: Caller, three_orders: list[dict[str, Any]]) -> None:
    shown = three_orders[-1]["timestamps"]["modified"]["time"]
    pointer = "/timestamps/modified/time"
    api.running.simulator.world.clock.never_before(api.running.simulator.world.clock.seconds() + 30)
    api.running.control.post(f"/orders/{three_orders[0]['id']}/pick")
    later = api.get(f"/outbound-orders/{three_orders[0]['id']}").json()["timestamps"]["modified"]["time"]
    for kind in ("DateTime", "Text"):
        assert found(api, leaf(pointer, later, "GREATER_THAN_OR_EQUAL_TO", kind)) == ["SO-1"]
        assert found(api, leaf(pointer, later, "LESS_THAN", kind)) == ["SO-2", "WEB-3"]
        assert found(api, leaf(pointer, shown, "EQUAL_TO", kind))[-1] == "WEB-3"
    assert found(api, leaf(pointer, shown[:10], "STARTS_WITH")) == REFERENCES
    assert found(api, leaf(pointer, later[:10], "LESS_THAN_OR_EQUAL_TO", "Date")) == REFERENCES
    assert found(api, leaf(pointer, "2020-01-01", "LESS_THAN", "Date")) == []


def test_nesting_and_many_references(api: Caller) -> None:
    references = [leaf("/references/customer", reference) for reference in ("SO-2", "WEB-3", "NONE")]
    either = {"type": "OrCondition", "conditions": references}
    assert found(api, leaf("/customer/id", api.running.customer_id), either) == ["SO-2", "WEB-3"]
    assert found(api, *references, any_of=True) == ["SO-2", "WEB-3"]
    mixed = [leaf("/references/customer", "SO-2"), leaf("/references/customer", "3", "CONTAINS")]
    assert found(api, *mixed, any_of=True) == ["SO-2", "WEB-3"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "condition"),
        ({"condition": {}}, "'type'"),
        ({"condition": leaf("/status", "X")}, "'conditions'"),
        ({"condition": {"type": "NotCondition", "conditions": []}}, "NotCondition"),
        ({"condition": {"type": "AndCondition"}}, "'conditions'"),
        ({"condition": {"type": "AndCondition", "conditions": [leaf("/nope", "X")]}}, "/nope"),
        ({"condition": {"type": "AndCondition", "conditions": [leaf("status", "X")]}}, "status"),
        ({"condition": {"type": "AndCondition", "conditions": [leaf("/status", "X", "SOUNDS_LIKE")]}}, "SOUNDS_LIKE"),
        ({"condition": {"type": "AndCondition", "conditions": [leaf("/status", ["X"])]}}, "string"),
        ({"condition": {"type": "AndCondition", "conditions": [leaf("/status", "3rd", "EQUAL_TO", "Date")]}}, "YYYY"),
    ],
)
def test_malformed_searches_are_400(api: Caller, body: dict[str, Any], message: str) -> None:
    response = api.post("/outbound-orders/search", body)
    assert response.status_code == 400
    assert message in response.json()[0]["message"]


def test_an_unknown_pointer_and_text_case_are_settings(api: Caller) -> None:
    api.running.control.set(unknown_field_status=422, text_case_sensitive=True)
    body = {"condition": {"type": "AndCondition", "conditions": [leaf("/nope", "X")]}}
    assert api.post("/outbound-orders/search", body).status_code == 422
    assert found(api, leaf("/references/customer", "so-1")) == []


def test_pages_carry_headers_and_end_in_nothing(api: Caller) -> None:
    body = {"condition": {"type": "AndCondition", "conditions": []}}
    first = api.post("/outbound-orders/search?page=1&size=2&sort=x", body, headers={"X-Unknown": "1"})
    names = ("Total-Pages", "Page-Size", "Page-Number", "Total-Elements")
    assert [first.headers[name] for name in names] == ["2", "2", "1", "3"]
    assert 'page=2&size=2>; rel="next"' in first.headers["Link"]
    url = f"{api.running.base_url}{api.tenant}/outbound-orders/search?sort=x&page=2&size=2"
    assert first.headers["Link"] == f'<{url}>; rel="next", <{url}>; rel="last"'
    second = api.http.post(first.links["next"]["url"], json=body)
    assert [order["references"]["customer"] for order in second.json()] == ["WEB-3"]
    past = api.post("/outbound-orders/search?page=9", body)
    assert (past.status_code, past.json()) == (200, [])
    assert list(past.links) == ["first", "prev"]
    assert api.post("/outbound-orders/search?size=5000", body).headers["Page-Size"] == "200"
    assert api.post("/outbound-orders/search?size=-3&page=zero", body).headers["Page-Size"] == "20"
    api.running.control.set(oversized_page="refuse", link_relations=["next"])
    assert api.post("/outbound-orders/search?size=5000", body).status_code == 400
    assert list(api.post("/outbound-orders/search?size=2", body).links) == ["next"]


def test_minimal_answers_are_ids_alone(api: Caller, three_orders: list[dict[str, Any]]) -> None:
    body = {"condition": {"type": "AndCondition", "conditions": []}}
    for prefer in ("return=minimal", 'respond-async, Return = "minimal"; x=1'):
        response = api.post("/outbound-orders/search", body, headers={"Prefer": prefer})
        assert response.json() == [{"id": order["id"]} for order in three_orders]
        assert response.headers["Preference-Applied"] == "return=minimal"
    ignored = api.post("/outbound-orders/search", body, headers={"Prefer": "return=representation"})
    assert "Preference-Applied" not in ignored.headers


def test_new_orders_can_be_slow_to_appear(cartoncloud: RunningSimulator, api: Caller) -> None:
    cartoncloud.control.set(search_lag_seconds=60)
    assert found(api) == []
    cartoncloud.simulator.world.clock.never_before(cartoncloud.simulator.world.clock.seconds() + 61)
    assert found(api) == REFERENCES


@pytest.mark.parametrize(
    ("form", "timed"),
    [
        ("DateTime", leaf("/timestamps/created/time", "2020-01-01T00:00:00Z", "GREATER_THAN", "DateTime")),
        ("Text", leaf("/timestamps/created/time", "2020-01-01T00:00:00Z", "GREATER_THAN")),
        ("StartsWith", leaf("/timestamps/created/time", "20", "STARTS_WITH")),
        ("Date", leaf("/timestamps/created/time", "2020-01-01", "GREATER_THAN", "Date")),
    ],
)
def test_each_way_of_searching_a_time_can_be_switched_off(api: Caller, form: str, timed: dict[str, Any]) -> None:
    forms = ["DateTime", "Text", "StartsWith", "Date"]
    assert found(api, timed) == REFERENCES
    api.running.control.set(timestamp_search_forms=[form])
    assert found(api, timed) == REFERENCES
    api.running.control.set(timestamp_search_forms=[other for other in forms if other != form])
    body = {"condition": {"type": "AndCondition", "conditions": [timed]}}
    assert api.post("/outbound-orders/search", body).status_code == 400


@pytest.mark.fidelity("22-empty-and", "7-empty-and", "7-boolean-text")
def test_what_two_clients_disagree_on_is_switched(api: Caller) -> None:
    nothing = {"condition": {"type": "AndCondition", "conditions": []}}
    urgent = {"condition": {"type": "OrCondition", "conditions": [leaf("/details/urgent", "true", None, "Boolean")]}}
    assert len(api.post("/outbound-orders/search", nothing).json()) == 3
    assert len(api.post("/outbound-orders/search", urgent).json()) == 1
    api.running.control.set(empty_and_matches="refused", string_booleans_accepted=False)
    assert api.post("/outbound-orders/search", nothing).status_code == 400
    assert api.post("/outbound-orders/search", urgent).status_code == 400


@pytest.mark.fidelity("7-product-code-pointer", "7-product-keys")
def test_products_are_searched_by_the_documented_pointers_alone(api: Caller) -> None:
    by_reference = {"condition": {"type": "AndCondition", "conditions": [leaf("/references/code", "A")]}}
    assert api.post("/warehouse-products/search", by_reference).status_code == 400
    assert len(api.search("warehouse-products", leaf("/code", "A"))) == 1
    by_key = {"condition": {"type": "AndCondition", "conditions": [leaf("customerId", "x")]}}
    assert api.post("/warehouse-products/search", by_key).status_code == 400
    api.running.control.set(product_references_searchable=True)
    assert len(api.post("/warehouse-products/search", by_reference).json()) == 1


def test_conditions_nest_as_deep_as_anybody_would(api: Caller) -> None:
    condition = leaf("/references/customer", "SO-1")
    for _ in range(60):
        condition = {"type": "AndCondition", "conditions": [condition]}
    assert [
        one["references"]["customer"] for one in api.post("/outbound-orders/search", {"condition": condition}).json()
    ] == ["SO-1"]
    for _ in range(60):
        condition = {"type": "OrCondition", "conditions": [condition]}
    assert api.post("/outbound-orders/search", {"condition": condition}).status_code == 400
