"""Warehouse products: patches and replacements."""

from typing import Any

import pytest

from tests.simulator.caller import Caller
from tests.simulator.fidelity.calls import NOBODY, call, shows
from tests.simulator.fidelity.products import EACH, create, patch, product, read, step


@pytest.mark.fidelity("10.1-unit-name", "10.1-unit-name-default", "5-short-unit-name", "10.4-revalidates")
def test_a_short_unit_name_blocks_every_patch(api: Caller) -> None:
    made = create(api, unitOfMeasures={"EA": EACH, "CT": {"baseQty": 6}})
    assert made["unitOfMeasures"]["CT"]["name"] == "CT"
    refused = patch(api, made, step("replace", "/name", "Renamed"))
    assert refused.status_code == 422
    (error,) = refused.json()
    assert (error["field"], "3 to 64 characters" in error["message"]) == ("/unitOfMeasures/CT/name", True)
    assert read(api, made)["name"] == "Product P"
    for name, status in (("x" * 65, 422), ("CT", 422), ("x" * 64, 200), ("Ctn", 200)):
        assert patch(api, made, step("replace", "/unitOfMeasures/CT/name", name)).status_code == status
    assert patch(api, made, step("replace", "/name", "Renamed")).json()["name"] == "Renamed"


@pytest.mark.fidelity("10.4-patch", "10.4-append", "4.1-patch-media-type")
def test_patches(api: Caller) -> None:
    made = create(api, itemPropertyRequirements={"batch": "OPTIONAL", "expiry": "REQUIRED"})
    low, late = {"type": "STOCK_LOW", "thresholdCount": 24}, {"type": "STOCK_EXPIRY", "thresholdDays": 9}
    changed = patch(
        api,
        made,
        step("replace", "/name", "Renamed"),
        step("add", "/unitOfMeasures/CTN", {"baseQty": 12, "name": "Carton"}),
        step("remove", "/itemPropertyRequirements/batch"),
        step("add", "/notifications/-", low),
        step("add", "/notifications/-", late),
    )
    assert changed.status_code == 200
    product = changed.json()
    assert (product["name"], product["itemPropertyRequirements"]) == ("Renamed", {"expiry": "REQUIRED"})
    assert product["unitOfMeasures"]["CTN"]["baseQty"] == 12
    assert product["notifications"] == [low, late]
    assert read(api, made) == product
    assert patch(api, made, step("replace", "/notifications", [late])).json()["notifications"] == [late]
    path, media = f"{api.tenant}/warehouse-products/{made['id']}", {"Content-Type": "application/json-patch+json"}
    sent = api.http.patch(path, content=b'[{"op":"replace","path":"/name","value":"Again"}]', headers=media)
    assert (sent.status_code, sent.json()["name"]) == (200, "Again")


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        shows("10.4-patch-operations", [step("move", "/name", "x")], 400),
        ([{"op": "copy", "from": "/name", "path": "/description"}], 400),
        ([step("test", "/name", "Product P")], 400),
        shows("10.4-immutable", [step("replace", "/id", NOBODY)], 422),
        ([step("replace", "/customer", {"id": NOBODY})], 422),
        ([step("replace", "/customer/id", NOBODY)], 422),
        ([step("add", "/customer/name", "x")], 422),
        shows("10.4-no-index", [step("replace", "/notifications/0", {})], 422),
        ([step("remove", "/notifications/0")], 422),
        ([step("add", "/notifications/0", {})], 422),
        shows("10.4-replace-unset", [step("replace", "/description", "x")], 422),
        ([step("replace", "/unitOfMeasures/EA/weight", 2)], 422),
    ],
)
def test_refused_patches_change_nothing(api: Caller, steps: list[dict[str, Any]], status: int) -> None:
    made = create(api, notifications=[{"type": "STOCK_LOW", "thresholdCount": 1}])
    assert patch(api, made, step("replace", "/name", "Never"), *steps).status_code == status
    assert read(api, made) == made


@pytest.mark.fidelity("5-replace-unset", "10.4-replace-set")
def test_replace_needs_a_value_to_replace(api: Caller) -> None:
    made = create(api)
    refused = patch(api, made, step("replace", "/unitOfMeasures/EA/weight", 2), version="1")
    assert refused.status_code == 422
    assert "does not exist" in refused.json()[0]["message"]
    assert patch(api, made, step("add", "/unitOfMeasures/EA/weight", 2), version="1").status_code == 200
    replaced = patch(api, made, step("replace", "/unitOfMeasures/EA/weight", 3), version="1")
    assert (replaced.status_code, replaced.json()["unitOfMeasures"]["EA"]["weight"]) == (200, 3)


@pytest.mark.fidelity("10.4-version-one-dimensions")
def test_dimensions_patched_at_version_one_are_lost(api: Caller) -> None:
    made = create(api)
    assert patch(api, made, step("add", "/unitOfMeasures/EA/length", 3), version="1").status_code == 200
    assert "length" not in read(api, made)["unitOfMeasures"]["EA"]
    assert patch(api, made, step("add", "/unitOfMeasures/EA/length", 3), version="8").status_code == 200
    assert read(api, made)["unitOfMeasures"]["EA"]["length"] == 3


@pytest.mark.fidelity("10.4-default-unit")
def test_a_new_default_unit_converts_one_to_one(api: Caller) -> None:
    changed = patch(api, create(api), step("replace", "/defaultUnitOfMeasure", "UNIT")).json()
    assert (changed["defaultUnitOfMeasure"], changed["unitOfMeasures"]["UNIT"]["baseQty"]) == ("UNIT", 1)


@pytest.mark.fidelity("10.4-remove-resets")
def test_removing_some_paths_brings_a_default_back(api: Caller) -> None:
    made = create(api, details={"active": False}, unitOfMeasures={"EA": {"baseQty": 1, "name": "Each", "barcode": "9"}})
    changed = patch(api, made, step("remove", "/details/active"), step("remove", "/unitOfMeasures/EA/barcode")).json()
    assert changed["details"]["active"] is True
    assert changed["unitOfMeasures"]["EA"]["barcode"] == "P"


@pytest.mark.fidelity("10.4-put", "10.4-put-unguarded")
def test_put_replaces_the_whole(api: Caller) -> None:
    made = create(api, description="Long", itemPropertyRequirements={"batch": "OPTIONAL"})
    sent = product(api, name="Other", unitOfMeasures={"EA": {"baseQty": 1, "name": "Piece"}})
    answer = call(api, "PUT", f"/warehouse-products/{made['id']}", sent)
    assert answer.status_code == 200
    found = read(api, made, "1")
    assert answer.json() == found
    assert (found["id"], found["name"], found["unitOfMeasures"]["EA"]["name"]) == (made["id"], "Other", "Piece")
    assert not {"description", "itemPropertyRequirements"} & found.keys()
    refused = call(api, "PUT", f"/warehouse-products/{made['id']}", product(api, scope=...))
    assert refused.status_code == 422
    assert read(api, made, "1") == found


@pytest.mark.fidelity("10.4-no-delete")
def test_products_are_not_deleted(api: Caller) -> None:
    made = create(api)
    assert api.delete(f"/warehouse-products/{made['id']}").status_code == 405
    changed = patch(api, made, step("add", "/details", {"active": False})).json()
    assert changed["details"]["active"] is False


@pytest.mark.fidelity("5-product-zero-id")
def test_the_zero_id_is_refused(api: Caller) -> None:
    path = f"/warehouse-products/{NOBODY}"
    answers = [api.get(path), api.patch(path, []), api.delete(path)]
    assert [400 <= answer.status_code < 500 for answer in answers] == [True] * 3
