"""Warehouse products: versions, patches, names of units."""

from typing import Any

import pytest

from tests.simulator.caller import Caller, leaf

EIGHT = {"Accept-Version": "8"}


def product(api: Caller, code: str = "MAC250", **more: Any) -> dict[str, Any]:
    return {
        "scope": "WAREHOUSE",
        "type": "Ambient",
        "references": {"code": code},
        "customer": {"id": api.running.customer_id},
        "name": "Macadamia Butter",
        "details": {"active": True},
        "defaultUnitOfMeasure": "EA",
        "unitOfMeasures": {"EA": {"baseQty": 1, "name": "Each", "weight": 0.41, "length": 0.1}},
        **more,
    }


def create(api: Caller, **more: Any) -> str:
    response = api.post("/warehouse-products", product(api, **more), headers=EIGHT)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def test_what_is_created_is_read_back_with_dimensions_at_version_eight_only(api: Caller) -> None:
    product_id = create(api)
    read = api.get(f"/warehouse-products/{product_id}", headers=EIGHT).json()
    assert (read["name"], read["references"]["code"]) == ("Macadamia Butter", "MAC250")
    assert (read["unitOfMeasures"]["EA"]["length"], read["unitOfMeasures"]["EA"]["weight"]) == (0.1, 0.41)
    assert "length" not in api.get(f"/warehouse-products/{product_id}").json()["unitOfMeasures"]["EA"]


def test_version_one_drops_dimensions_silently(api: Caller) -> None:
    product_id = api.post("/warehouse-products", product(api)).json()["id"]
    patch = [{"op": "add", "path": "/unitOfMeasures/EA/width", "value": 3}]
    assert api.patch(f"/warehouse-products/{product_id}", patch).status_code == 200
    unit = api.get(f"/warehouse-products/{product_id}", headers=EIGHT).json()["unitOfMeasures"]["EA"]
    assert not {"length", "width"} & unit.keys()


def test_bad_products_are_refused_by_field(api: Caller) -> None:
    bad = product(api, scope="X", name=None, defaultUnitOfMeasure="PLT", customer={"id": "nobody"})
    bad["unitOfMeasures"]["EA"]["baseQty"] = 0
    response = api.post("/warehouse-products", bad)
    assert response.status_code == 422
    fields = {error["field"] for error in response.json()}
    assert fields == {"/scope", "/name", "/defaultUnitOfMeasure", "/customer", "/unitOfMeasures/EA/baseQty"}
    assert api.get("/warehouse-products").json() == []


def test_a_code_is_unique_within_the_customer(api: Caller) -> None:
    create(api)
    again = api.post("/warehouse-products", product(api))
    assert again.status_code == 422
    assert "already exists" in again.json()[0]["message"]
    other = api.running.control.post("/customers", {"name": "Other"})["id"]
    assert api.post("/warehouse-products", product(api, customer={"id": other})).status_code == 201


def test_patches_add_replace_and_remove(api: Caller) -> None:
    product_id = create(api, itemPropertyRequirements={"batch": "OPTIONAL"})
    patch = [
        {"op": "replace", "path": "/name", "value": "Renamed"},
        {"op": "add", "path": "/unitOfMeasures/CTN", "value": {"baseQty": 12, "name": "Carton"}},
        {"op": "replace", "path": "/unitOfMeasures/EA/weight", "value": 0.5},
        {"op": "remove", "path": "/itemPropertyRequirements/batch"},
        {"op": "add", "path": "/notifications/-", "value": {"type": "STOCK_LOW", "thresholdCount": 24}},
    ]
    changed = api.patch(f"/warehouse-products/{product_id}", patch).json()
    assert (changed["name"], changed["itemPropertyRequirements"]) == ("Renamed", {})
    assert changed["unitOfMeasures"]["CTN"]["baseQty"] == 12
    assert changed["notifications"] == [{"type": "STOCK_LOW", "thresholdCount": 24}]


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ({"op": "replace", "path": "/description", "value": "x"}, 422),
        ({"op": "remove", "path": "/description"}, 422),
        ({"op": "replace", "path": "/id", "value": "x"}, 422),
        ({"op": "replace", "path": "/customer/id", "value": "x"}, 422),
        ({"op": "add", "path": "/unitOfMeasures/NO/weight", "value": 1}, 422),
        ({"op": "replace", "path": "/unitOfMeasures/EA/baseQty", "value": 0}, 422),
        ({"op": "replace", "path": "/defaultUnitOfMeasure", "value": 7}, 422),
        ({"op": "replace", "path": "/references", "value": "x"}, 422),
        ({"op": "replace", "path": "/unitOfMeasures", "value": []}, 422),
        ({"op": "move", "path": "/name", "from": "/x"}, 400),
        ({"op": "add", "path": "/name"}, 400),
        ("x", 400),
    ],
)
def test_refused_patches_change_nothing(api: Caller, step: Any, status: int) -> None:
    product_id = create(api)
    before = api.get(f"/warehouse-products/{product_id}", headers=EIGHT).json()
    patch = [{"op": "replace", "path": "/name", "value": "Never"}, step]
    assert api.patch(f"/warehouse-products/{product_id}", patch).status_code == status
    assert api.get(f"/warehouse-products/{product_id}", headers=EIGHT).json() == before


def test_one_short_unit_name_blocks_every_patch(api: Caller) -> None:
    product_id = create(api, unitOfMeasures={"EA": {"baseQty": 1, "name": "Each"}, "CT": {"baseQty": 6}})
    path = f"/warehouse-products/{product_id}"
    refused = api.patch(path, [{"op": "replace", "path": "/name", "value": "x"}])
    assert refused.status_code == 422
    assert refused.json()[0]["field"] == "/unitOfMeasures/CT/name"
    fixed = [{"op": "replace", "path": "/unitOfMeasures/CT/name", "value": "Carton"}]
    assert api.patch(path, fixed).status_code == 200


def test_a_new_default_unit_converts_one_to_one(api: Caller) -> None:
    product_id = create(api)
    patch = [{"op": "replace", "path": "/defaultUnitOfMeasure", "value": "UNIT"}]
    assert api.patch(f"/warehouse-products/{product_id}", patch).json()["unitOfMeasures"]["UNIT"]["baseQty"] == 1


def test_products_are_searched_by_code_and_activity(api: Caller) -> None:
    create(api)
    create(api, code="OLD", details={"active": False})
    assert [found["references"]["code"] for found in api.search("warehouse-products", leaf("/code", "mac250"))] == [
        "MAC250"
    ]
    inactive = api.search("warehouse-products", leaf("/details/active", False, None, "Boolean"))
    assert [found["references"]["code"] for found in inactive] == ["OLD"]
    bad = {"condition": {"type": "AndCondition", "conditions": [leaf("/nothing", "MAC250")]}}
    assert api.post("/warehouse-products/search", bad).status_code == 400


def test_a_search_that_ignores_case_finds_all_products_it_cannot_tell_apart(api: Caller) -> None:
    for code in ("85123A", "85123a", "85124"):
        api.running.control.add_product(api.running.customer_id, code)
    found = api.search("warehouse-products", leaf("/code", "85123A"))
    assert sorted(product["references"]["code"] for product in found) == ["85123A", "85123a"]
