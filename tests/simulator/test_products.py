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
    assert (changed["name"], "itemPropertyRequirements" in changed) == ("Renamed", False)
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


SEVEN = {"Accept-Version": "7"}


def put(api: Caller, product_id: str, body: dict[str, Any], **more: Any) -> Any:
    return api.http.put(f"{api.tenant}/warehouse-products/{product_id}", json=body, **more)


@pytest.mark.fidelity("10.3-shape", "10.1-base-barcode", "10.1-volume-from-dimensions", "10.1-unit-name-default")
def test_what_nobody_sent_is_filled_in(api: Caller) -> None:
    units = {"EA": {"baseQty": 1, "length": 0.2, "width": 0.3, "height": 0.5, "weight": None}, "CTN": {"baseQty": 6}}
    made = api.post("/warehouse-products", product(api, unitOfMeasures=units), headers=EIGHT).json()
    each, carton = made["unitOfMeasures"]["EA"], made["unitOfMeasures"]["CTN"]
    assert (each["barcode"], each["volume"], each["name"]) == ("MAC250", 0.03, "EA")
    assert carton.keys() == {"baseQty", "name", "id"}
    assert "weight" not in each
    assert made["details"] == {
        "active": True,
        "variableWeight": False,
        "stockSelection": {"method": "FEFO", "strict": False},
    }


@pytest.mark.fidelity("10.1-country-of-origin", "10.1-hs-code", "10.1-hs-code-dots")
def test_origin_begins_with_version_seven(api: Caller) -> None:
    details = {"countryOfOrigin": {"iso2Code": "NZ"}, "harmonizedSystemCode": "2008.19.90"}
    early = api.post("/warehouse-products", product(api, code="EARLY", details=details)).json()
    assert early["details"].keys().isdisjoint(details)
    made = api.post("/warehouse-products", product(api, details=details), headers=SEVEN).json()
    assert made["details"]["harmonizedSystemCode"] == "20081990"
    assert made["details"]["countryOfOrigin"] == {"name": "New Zealand", "iso2Code": "NZ", "iso3Code": "NZL"}
    assert "length" not in made["unitOfMeasures"]["EA"]
    path = f"/warehouse-products/{made['id']}"
    unseen = [{"op": "replace", "path": "/details", "value": {"active": False}}]
    assert api.patch(path, unseen).json()["details"]["active"] is False
    assert api.get(path, headers=SEVEN).json()["details"]["harmonizedSystemCode"] == "20081990"
    for code in ("12.34", "12345a", "......"):
        wrong = [{"op": "add", "path": "/details/harmonizedSystemCode", "value": code}]
        response = api.patch(path, wrong, headers=SEVEN)
        assert (response.status_code, response.json()[0]["field"]) == (422, "/details/harmonizedSystemCode")
        assert api.patch(path, wrong).status_code == 200
    nowhere = [{"op": "add", "path": "/details/countryOfOrigin", "value": {"name": "Atlantis"}}]
    assert api.patch(path, nowhere, headers=SEVEN).json()[0]["field"] == "/details/countryOfOrigin"


@pytest.mark.fidelity("10.4-put", "10.4-put-unguarded")
def test_put_replaces_all_that_its_version_knows(api: Caller) -> None:
    product_id = create(api, description="Stone-ground")
    unit_id = api.get(f"/warehouse-products/{product_id}", headers=EIGHT).json()["unitOfMeasures"]["EA"]["id"]
    body = product(api, code="MAC251", name="Renamed", unitOfMeasures={"EA": {"baseQty": 1, "length": 9}})
    assert put(api, product_id, body).status_code == 200
    read = api.get(f"/warehouse-products/{product_id}", headers=EIGHT).json()
    assert (read["name"], read["references"]["code"], "description" in read) == ("Renamed", "MAC251", False)
    assert (read["unitOfMeasures"]["EA"]["length"], read["unitOfMeasures"]["EA"]["id"]) == (0.1, unit_id)
    api.running.control.set(put_keeps_unseen=False)
    assert put(api, product_id, body).status_code == 200
    assert "length" not in api.get(f"/warehouse-products/{product_id}", headers=EIGHT).json()["unitOfMeasures"]["EA"]


def test_put_at_version_eight_works_or_is_gone(api: Caller) -> None:
    product_id = create(api)
    assert put(api, product_id, product(api, name="New"), headers=EIGHT).json()["name"] == "New"
    api.running.control.set(deprecated_put_status=405)
    refused = put(api, product_id, product(api, name="Newer"), headers=EIGHT)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, PATCH")
    assert put(api, product_id, product(api, name="Newer")).status_code == 200


def test_a_refused_put_changes_nothing(api: Caller) -> None:
    product_id = create(api)
    create(api, code="TAKEN")
    other = api.running.control.post("/customers", {"name": "Other"})["id"]
    before = api.get(f"/warehouse-products/{product_id}", headers=EIGHT).json()
    for body, field in (
        (product(api, code="TAKEN"), "/references/code"),
        (product(api, customer={"id": other}), "/customer"),
        (product(api, scope="TRANSPORT"), "/scope"),
        (product(api, notifications=[{"type": "STOCK_HIGH"}]), "/notifications/0/type"),
        (product(api, notifications=[{"type": "STOCK_LOW"}]), "/notifications/0/thresholdCount"),
        (product(api, itemPropertyRequirements={"batch": "MAYBE"}), "/itemPropertyRequirements/batch"),
        (product(api, details={"active": "yes"}), "/details/active"),
        (product(api, properties={f"custom_field_{number}": "x" for number in range(11)}), "/properties"),
    ):
        response = put(api, product_id, body)
        assert (response.status_code, response.json()[0]["field"]) == (422, field)
    assert api.get(f"/warehouse-products/{product_id}", headers=EIGHT).json() == before


@pytest.mark.fidelity("10.4-remove-resets", "10.4-append", "10.4-no-index", "4.1-patch-media-type")
def test_patches_reset_defaults_and_treat_arrays_as_wholes(api: Caller) -> None:
    product_id = create(api, details={"active": False, "stockSelection": {"method": "FIFO", "strict": True}})
    path = f"/warehouse-products/{product_id}"
    patch = [
        {"op": "remove", "path": "/details/active"},
        {"op": "remove", "path": "/details/stockSelection"},
        {"op": "add", "path": "/details/storage/chargeMethod", "value": "PER_LOCATION"},
        {"op": "replace", "path": "/unitOfMeasures/EA/barcode", "value": None},
        {"op": "add", "path": "/notifications", "value": [{"type": "STOCK_LOW", "thresholdCount": 1}]},
        {"op": "add", "path": "/notifications/-", "value": {"type": "STOCK_EXPIRY", "thresholdDays": 20}},
    ]
    changed = api.patch(path, patch, headers={"Content-Type": "application/json-patch+json"}).json()
    assert changed["details"] == {
        "active": True,
        "variableWeight": False,
        "stockSelection": {"method": "FEFO", "strict": False},
        "storage": {"chargeMethod": "PER_LOCATION"},
    }
    assert changed["unitOfMeasures"]["EA"]["barcode"] == "MAC250"
    assert [one["type"] for one in changed["notifications"]] == ["STOCK_LOW", "STOCK_EXPIRY"]
    for step in (
        {"op": "remove", "path": "/notifications/0"},
        {"op": "replace", "path": "/notifications/-", "value": 1},
    ):
        assert api.patch(path, [step]).status_code == 422
    whole = [{"op": "replace", "path": "/notifications", "value": []}]
    assert "notifications" not in api.patch(path, whole).json()


def test_a_patch_below_eight_neither_sets_nor_loses_dimensions(api: Caller) -> None:
    product_id = create(api)
    units = {"EA": {"baseQty": 1, "name": "Each", "length": 5, "height": 5}, "CTN": {"baseQty": 2, "name": "Carton"}}
    patch = [
        {"op": "replace", "path": "/unitOfMeasures", "value": units},
        {"op": "remove", "path": "/unitOfMeasures/EA/length"},
    ]
    assert api.patch(f"/warehouse-products/{product_id}", patch).status_code == 200
    unit = api.get(f"/warehouse-products/{product_id}", headers=EIGHT).json()["unitOfMeasures"]["EA"]
    assert (unit["length"], "height" in unit) == (0.1, False)
    gone = [{"op": "remove", "path": "/unitOfMeasures/EA/length"}]
    api.patch(f"/warehouse-products/{product_id}", gone, headers=EIGHT)
    assert "length" not in api.get(f"/warehouse-products/{product_id}", headers=EIGHT).json()["unitOfMeasures"]["EA"]


def test_any_new_default_unit_converts_one_to_one_by_setting(api: Caller) -> None:
    units = {"EA": {"baseQty": 1, "name": "Each"}, "CTN": {"baseQty": 6, "name": "Carton"}}
    patch = [{"op": "replace", "path": "/defaultUnitOfMeasure", "value": "CTN"}]
    kept = api.patch(f"/warehouse-products/{create(api, unitOfMeasures=units)}", patch).json()
    assert kept["unitOfMeasures"]["CTN"]["baseQty"] == 6
    api.running.control.set(default_unit_change="all_units")
    changed = api.patch(f"/warehouse-products/{create(api, code='B', unitOfMeasures=units)}", patch).json()
    assert changed["unitOfMeasures"]["CTN"]["baseQty"] == 1


@pytest.mark.fidelity("22-barcodes", "10.1-unit-barcode", "10.1-extra-codes")
def test_orders_name_products_by_any_barcode_that_was_stored(api: Caller) -> None:
    units = {
        "EA": {"baseQty": 1, "name": "Each", "barcode": "9300000000017"},
        "ALT": {"baseQty": 1, "name": "Also each", "barcode": "9300000000024"},
    }
    create(api, unitOfMeasures=units)
    api.running.control.add_stock(api.running.customer_id, "MAC250", 5)
    for number, barcode in enumerate(("9300000000017", "9300000000024")):
        wanted = {"details": {"product": {"references": {"barcode": barcode}}}, "measures": {"quantity": 1}}
        assert api.create(f"SO-{number}", wanted).status_code == 201
    api.running.control.set(product_barcodes_stored=False, base_barcode_default=False)
    made = api.post("/warehouse-products", product(api, code="B", unitOfMeasures=units)).json()
    assert not any("barcode" in unit for unit in made["unitOfMeasures"].values())


@pytest.mark.fidelity("10.1-properties", "10.1-properties-answer", "10.1-times")
def test_what_products_show_of_themselves_is_a_setting(api: Caller) -> None:
    path = f"/warehouse-products/{create(api, properties={'custom_field_1': 'AU-77', 'custom_field_2': ''})}"
    shown = api.get(path).json()
    assert shown["properties"] == {"custom_field_1": "AU-77"}
    assert shown["timestamps"].keys() == {"created", "modified"}
    api.running.control.set(product_custom_fields_shown=False, product_timestamps_shown=False)
    assert api.get(path).json().keys().isdisjoint({"properties", "timestamps"})


@pytest.mark.fidelity("3.3-wms-add-product", "3.3-wms-edit-product")
def test_product_roles_create_or_change_and_both_read(api: Caller) -> None:
    path = f"/warehouse-products/{create(api)}"
    patch = [{"op": "replace", "path": "/name", "value": "New"}]
    for role, may_add, may_edit in (("WMS Add Product", 201, 403), ("WMS Edit Product", 403, 200)):
        made = api.running.control.post("/clients", {"roles": [role]})
        with Caller(api.running, (made["id"], made["secret"])) as limited:
            assert limited.post("/warehouse-products", product(limited, code=role)).status_code == may_add
            assert limited.patch(path, patch).status_code == may_edit
            assert limited.get(path).status_code == 200
    made = api.running.control.post("/clients", {"roles": ["WMS Create Job"]})
    with Caller(api.running, (made["id"], made["secret"])) as limited:
        assert limited.get(path).status_code == 403


@pytest.mark.fidelity("5-product-customer", "5-product-zero-id", "10.2-unknown-type", "10.1-code-unique-tenant")
def test_products_that_cannot_be_are_refused(api: Caller) -> None:
    zero = "/warehouse-products/00000000-0000-0000-0000-000000000000"
    unknown = product(api, customer={"id": "9d0a5b7e-2c55-4e2f-8d7a-0d9f4a7b3310"})
    assert api.post("/warehouse-products", unknown).json()[0]["field"] == "/customer"
    assert api.get(zero).status_code == api.patch(zero, []).status_code == 404
    assert api.delete(zero).status_code == 405
    api.running.control.set(product_types=["Ambient"], product_code_scope="tenant")
    assert api.post("/warehouse-products", product(api, type="FROZEN")).json()[0]["field"] == "/type"
    create(api)
    other = api.running.control.post("/customers", {"name": "Other"})["id"]
    assert api.post("/warehouse-products", product(api, customer={"id": other})).status_code == 422


def test_guesses_about_products_are_switched(api: Caller) -> None:
    api.running.control.set(product_code_taken_status=409, unit_name_default="none")
    units = {"EA": {"baseQty": 1}}
    made = api.post("/warehouse-products", product(api, unitOfMeasures=units)).json()
    assert "name" not in made["unitOfMeasures"]["EA"]
    assert api.post("/warehouse-products", product(api)).status_code == 409
    other = api.post("/warehouse-products", product(api, code="B")).json()["id"]
    taken = [{"op": "replace", "path": "/references/code", "value": "MAC250"}]
    assert api.patch(f"/warehouse-products/{other}", taken).status_code == 409
    assert api.get(f"/warehouse-products/{other}").json()["references"]["code"] == "B"
