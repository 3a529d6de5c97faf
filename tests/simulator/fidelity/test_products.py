"""Warehouse products: fields, versions, patches, searches."""

from typing import Any

import pytest

from tests.simulator.caller import Caller, leaf, line, parts
from tests.simulator.fidelity.calls import NOBODY, TIME, UUID, Tenant, own, references, shows
from tests.simulator.fidelity.products import EACH, create, patch, product, read, step


@pytest.mark.fidelity("10.2-created", "10.3-get", "10.3-shape", "4.7-created", "4.7-ok", "10.1-id", "6.1-products")
def test_a_product_comes_back_whole(api: Caller) -> None:
    body = product(
        api,
        description="Long",
        details={"active": True, "variableWeight": False, "stockSelection": {"method": "FEFO", "strict": False}},
        itemPropertyRequirements={"expiry": "REQUIRED"},
        unitOfMeasures={"EA": {**EACH, "weight": 0.41, "barcode": "930"}, "CTN": {"baseQty": 12, "name": "Carton"}},
    )
    made = api.post("/warehouse-products", body)
    assert made.status_code == 201
    read = api.get(f"/warehouse-products/{made.json()['id']}")
    assert (read.status_code, read.json()) == (200, made.json())
    answer = read.json()
    assert answer.pop("timestamps")
    customer = answer.pop("customer")
    assert (set(customer), customer["id"]) == ({"enabled", "name", "id", "references"}, api.running.customer_id)
    del body["customer"]
    assert answer == {"id": UUID, **body}
    assert api.get(f"/warehouse-products/{NOBODY}").status_code == 404


@pytest.mark.parametrize(
    ("missing", "field"),
    [
        shows("10.1-scope", "scope", "/scope"),
        shows("10.1-type", "type", "/type"),
        shows("10.1-code", "references", "/references/code"),
        shows("10.1-customer", "customer", "/customer"),
        shows("10.1-name", "name", "/name"),
        shows("10.1-default-unit", "defaultUnitOfMeasure", "/defaultUnitOfMeasure"),
    ],
)
def test_what_must_be_there(api: Caller, missing: str, field: str) -> None:
    for absent in (..., None, ""):
        response = api.post("/warehouse-products", product(api, **{missing: absent}))
        assert response.status_code == 422
        (error,) = response.json()
        assert error == {"field": field, "message": error["message"]}
    assert own(api, "warehouse-products").json() == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        shows("10.1-units-object", {"unitOfMeasures": [EACH]}, "/unitOfMeasures"),
        shows("10.1-base-quantity", {"unitOfMeasures": {"EA": {"name": "Each"}}}, "/unitOfMeasures/EA/baseQty"),
        shows("10.1-hs-code", {"details": {"harmonizedSystemCode": "12.3a"}}, "/details/harmonizedSystemCode"),
        shows("5-product-customer", {"customer": {"id": NOBODY}}, "/customer"),
        ({"unitOfMeasures": {"EA": {"name": "Each", "baseQty": 0}}}, "/unitOfMeasures/EA/baseQty"),
        ({"unitOfMeasures": {"EA": {"name": "Each", "baseQty": -1}}}, "/unitOfMeasures/EA/baseQty"),
        ({"details": {"harmonizedSystemCode": "12.345"}}, "/details/harmonizedSystemCode"),
        ({"defaultUnitOfMeasure": "CTN"}, "/defaultUnitOfMeasure"),
        ({"scope": "TRANSPORT"}, "/scope"),
    ],
)
def test_what_is_refused(api: Caller, more: dict[str, Any], field: str) -> None:
    response = api.post("/warehouse-products", product(api, **more), headers={"Accept-Version": "8"})
    assert (response.status_code, [error["field"] for error in response.json()]) == (422, [field])
    assert own(api, "warehouse-products").json() == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        shows("10.1-variable-weight", "details/variableWeight", True),
        shows("10.1-secondary-method", "details/stockSelection/secondaryMethod", "MINIMISE_STORAGE"),
        shows("10.1-strict", "details/stockSelection/strict", True),
        shows("10.1-charge-method", "details/storage/chargeMethod", "PER_PALLET_QTY"),
        ("details/storage/chargeMethod", "PER_LOCATION"),
        shows("10.1-requirements", "itemPropertyRequirements", {"expiry": "REQUIRED", "batch": "OPTIONAL"}),
        shows("10.1-requirements-sides", "itemPropertyRequirements/batch", "REQUIRED_ON_OUTGOING"),
        ("itemPropertyRequirements/batch", "REQUIRED_ON_INCOMING"),
        shows("10.1-unit-weight", "unitOfMeasures/EA/weight", 0.41),
        shows("10.1-unit-volume", "unitOfMeasures/EA/volume", 0.002),
        shows("10.1-unit-barcode", "unitOfMeasures/EA/barcode", "9300000000017"),
        shows("10.1-shippable", "unitOfMeasures/EA/isDirectlyShippable", True),
        shows("10.1-properties", "properties", {f"custom_field_{number}": f"v{number}" for number in range(1, 11)}),
        shows(
            "10.1-notifications",
            "notifications",
            [{"type": "STOCK_EXPIRY", "thresholdDays": 20}, {"type": "STOCK_LOW", "thresholdCount": 10}],
        ),
    ],
)
def test_what_is_kept(api: Caller, path: str, value: Any) -> None:
    body = product(api)
    body["unitOfMeasures"] = {"EA": dict(EACH)}
    *holders, last = path.split("/")
    holder = body
    for name in holders:
        holder = holder.setdefault(name, {})
    holder[last] = value
    made = api.post("/warehouse-products", body).json()
    found = read(api, made, "1")
    for name in path.split("/"):
        found = found[name]
    assert found == value


@pytest.mark.fidelity("10.1-description", "10.1-times", "10.1-properties-answer", "10.1-base-barcode")
def test_what_is_answered_beside_what_was_sent(api: Caller) -> None:
    bare = create(api, "BARE", version="1")
    assert "description" not in bare
    assert "properties" not in bare
    assert bare["timestamps"] == {"created": {"time": TIME}, "modified": {"time": TIME}}
    assert bare["unitOfMeasures"]["EA"]["barcode"] == "BARE"
    full = create(api, "FULL", description="Long", properties={"custom_field_1": "x"})
    assert (full["description"], full["properties"]) == ("Long", {"custom_field_1": "x"})


@pytest.mark.fidelity("10.2-echo", "4.3-quantities")
def test_the_echo(api: Caller) -> None:
    units = {"EA": EACH, "CTN": {"baseQty": 12.5, "name": "Carton"}}
    made = create(api, details={"active": False}, unitOfMeasures=units, version="1")
    assert (made["name"], made["references"]["code"], made["details"]["active"]) == ("Product P", "P", False)
    assert {code: unit["baseQty"] for code, unit in made["unitOfMeasures"].items()} == {"EA": 1, "CTN": 12.5}


@pytest.mark.fidelity("10.1-code-unique", "10.2-duplicate", "10.2-duplicate-field", "5-product-exists")
def test_a_code_is_unique_within_its_customer(api: Caller, tenant: Tenant) -> None:
    create(api)
    again = api.post("/warehouse-products", product(api))
    assert again.status_code == 422
    (error,) = again.json()
    assert error["field"] == "/references/code"
    assert "already exists" in error["message"]
    assert api.post("/warehouse-products", product(api, customer={"id": tenant.customer()})).status_code == 201


@pytest.mark.fidelity("10.1-code-unique-tenant", "22-code-scope")
def test_or_within_the_tenant(api: Caller, tenant: Tenant) -> None:
    code = api.running.customer_id
    create(api, code)
    neighbour = product(api, code, customer={"id": tenant.customer()})
    api.running.control.set(product_code_scope="tenant")
    assert api.post("/warehouse-products", neighbour).status_code == 422
    api.running.control.set(product_code_scope="customer")
    assert api.post("/warehouse-products", neighbour).status_code == 201


@pytest.mark.fidelity("10.2-unknown-type")
def test_an_unknown_type(api: Caller) -> None:
    api.running.control.set(product_types=["Ambient", "FROZEN"])
    refused = api.post("/warehouse-products", product(api, type="Lukewarm"))
    assert (refused.status_code, refused.json()[0]["field"]) == (422, "/type")
    assert create(api, type="FROZEN")["type"] == "FROZEN"


@pytest.mark.fidelity("2-version-seven", "10.1-country-of-origin", "10.1-hs-code-dots")
def test_origin_begins_with_version_seven(api: Caller) -> None:
    origin = {"countryOfOrigin": {"iso2Code": "AU"}, "harmonizedSystemCode": "2008.19.00"}
    for version in ("1", "6"):
        made = create(api, f"V{version}", version=version, details={"active": True, **origin})
        assert not {"countryOfOrigin", "harmonizedSystemCode"} & read(api, made, "8")["details"].keys()
    made = create(api, "V7", version="7", details={"active": True, **origin})
    for version in ("7", "8"):
        details = read(api, made, version)["details"]
        assert details["harmonizedSystemCode"] == "20081900"
        assert details["countryOfOrigin"]["iso2Code"] == "AU"
    assert not {"countryOfOrigin", "harmonizedSystemCode"} & read(api, made, "6")["details"].keys()


SIDES = {"length": 0.31, "width": 0.2, "height": 0.5}


@pytest.mark.fidelity("2-version-eight", "4.4-zero-left-out", "10.1-dimensions", "10.1-unit-id")
def test_dimensions_begin_with_version_eight(api: Caller) -> None:
    units = {"EA": {**EACH, **SIDES}}
    old = create(api, "OLD", version="7", unitOfMeasures=units)
    assert not SIDES.keys() & read(api, old, "8")["unitOfMeasures"]["EA"].keys()
    new = create(api, "NEW", version="8", unitOfMeasures=units)
    unit = read(api, new, "8")["unitOfMeasures"]["EA"]
    assert {name: unit[name] for name in SIDES} == SIDES
    assert unit["id"] == UUID
    for version in ("1", "7"):
        assert not {*SIDES, "id"} & read(api, new, version)["unitOfMeasures"]["EA"].keys()


@pytest.mark.fidelity("10.1-volume-from-dimensions")
def test_three_dimensions_make_the_volume(api: Caller) -> None:
    units = {"EA": {**EACH, **SIDES}, "CTN": {"baseQty": 6, "name": "Carton", "length": 1, "width": 1}}
    found = read(api, create(api, unitOfMeasures=units))["unitOfMeasures"]
    assert found["EA"]["volume"] == pytest.approx(0.031)
    assert "volume" not in found["CTN"]


@pytest.mark.fidelity("10.1-no-conversion", "22-dimensions")
def test_dimensions_and_weights_are_stored_as_sent(api: Caller) -> None:
    sent = {**EACH, "length": 310, "width": 0.0031, "height": 12.25, "weight": 410}
    unit = read(api, create(api, unitOfMeasures={"EA": sent}))["unitOfMeasures"]["EA"]
    assert {name: unit[name] for name in sent} == sent


@pytest.mark.fidelity("10.1-unit-codes", "10.1-unit-case")
def test_unit_codes_are_free_and_spelt_exactly(api: Caller) -> None:
    units = {"Stück": {"baseQty": 1, "name": "Stück"}, "BOX-9": {"baseQty": 9, "name": "Box of nine"}}
    create(api, unitOfMeasures=units, defaultUnitOfMeasure="Stück")
    api.running.control.add_stock(api.running.customer_id, "P", 20)
    assert parts(api.create("SO-1", line("P", 1, "BOX-9")).json()) == [(1, "BOX-9", None)]
    assert api.create("SO-2", line("P", 1, "box-9")).status_code == 228


@pytest.mark.fidelity("10.1-extra-codes", "22-barcodes", "6.5-lookup")
@pytest.mark.parametrize(
    "reference",
    [
        {"references": {"code": "P"}},
        {"references": {"barcode": "930"}},
        {"references": {"barcode": "ALSO-P"}},
        {"name": "Product P"},
        {"references": {"code": "P", "barcode": "OTHER"}, "name": "Other"},
        {"references": {"barcode": "930"}, "name": "Other"},
    ],
)
def test_products_are_found_by_the_first_reference_given(api: Caller, reference: dict[str, Any]) -> None:
    second = {"baseQty": 1, "name": "Alias", "barcode": "ALSO-P"}
    made = create(api, unitOfMeasures={"EA": {**EACH, "barcode": "930"}, "ALT": second})
    other = create(api, "OTHER", name="Other", unitOfMeasures={"EA": {**EACH, "barcode": "OTHER"}})
    for code in ("P", "OTHER"):
        api.running.control.add_stock(api.running.customer_id, code, 20)
    asked = {**line("P", 1), "details": {"product": reference}}
    (item,) = api.create("SO-1", asked).json()["items"]
    assert item["details"]["product"]["id"] == made["id"]
    asked["details"] = {"product": {"id": other["id"], **reference}}
    (item,) = api.create("SO-2", asked).json()["items"]
    assert item["details"]["product"]["id"] == other["id"]
    asked["details"] = {"product": {"id": NOBODY, **reference}}
    assert api.create("SO-3", asked).status_code == 228


@pytest.mark.fidelity("6.5-lookup")
@pytest.mark.parametrize(
    "wrong",
    [
        {"references": {"code": "NONE", "barcode": "930"}, "name": "Product P"},
        {"references": {"barcode": "NONE"}, "name": "Product P"},
        {"name": "product p"},
    ],
)
def test_a_wrong_reference_is_not_made_up_for_by_the_next(api: Caller, wrong: dict[str, Any]) -> None:
    create(api, unitOfMeasures={"EA": {**EACH, "barcode": "930"}})
    api.running.control.add_stock(api.running.customer_id, "P", 20)
    assert api.create("SO-1", {**line("P", 1), "details": {"product": wrong}}).status_code == 228


@pytest.mark.fidelity("10.1-active", "11.4-rejected")
def test_a_deactivated_product_is_not_sold(api: Caller) -> None:
    create(api, details={"active": False})
    api.running.control.add_stock(api.running.customer_id, "P", 5)
    order = api.create("SO-1", line("P", 1))
    assert (order.status_code, order.json()["status"]) == (228, "REJECTED")


@pytest.mark.fidelity("10.3-list")
def test_a_plain_list(api: Caller, tenant: Tenant) -> None:
    made = [create(api, code, version="1") for code in ("X", "Y")]
    mine = tenant.client(customers=[api.running.customer_id])
    assert mine.get("/warehouse-products").json() == made
    assert mine.get("/warehouse-products?size=1").headers["Total-Pages"] == "2"


@pytest.mark.fidelity("10.5-full", "10.5-deactivated")
def test_a_search_answers_full_products_the_deactivated_too(api: Caller) -> None:
    made = [create(api, "X", version="1"), create(api, "Y", version="1", details={"active": False})]
    assert own(api, "warehouse-products").json() == made


@pytest.mark.fidelity("7-product-pointers")
@pytest.mark.parametrize(
    ("pointer", "value", "kind", "found"),
    [
        ("/code", "X", "Text", ["X"]),
        ("/name", "Product Y", "Text", ["Y"]),
        ("/details/active", False, "Boolean", ["Y"]),
        ("/details/active", True, "Boolean", ["X"]),
        ("/id", "id of X", "Text", ["X"]),
        ("/customer/name", "own name", "Text", ["X", "Y"]),
        ("/customer/id", NOBODY, "Text", []),
    ],
)
def test_product_pointers(api: Caller, pointer: str, value: Any, kind: str, found: list[str]) -> None:
    made = create(api, "X")
    create(api, "Y", details={"active": False})
    value = {"id of X": made["id"], "own name": made["customer"]["name"]}.get(value, value)
    assert references(own(api, "warehouse-products", leaf(pointer, value, kind=kind))) == found


@pytest.mark.fidelity("7-product-code-pointer")
def test_the_code_has_a_pointer_of_its_own(api: Caller) -> None:
    create(api, "X")
    assert references(own(api, "warehouse-products", leaf("/code", "X"))) == ["X"]
    assert own(api, "warehouse-products", leaf("/references/code", "X")).status_code == 400


@pytest.mark.fidelity("7-product-keys")
@pytest.mark.parametrize("key", ["code", "reference", "name", "customerId", "customerName"])
def test_product_searches_have_no_keys(api: Caller, key: str) -> None:
    assert own(api, "warehouse-products", leaf(key, "X")).status_code == 400


@pytest.mark.fidelity("7-product-times", "10.5-incremental", "20-products")
def test_changed_products_are_found_by_time(api: Caller) -> None:
    made = [create(api, code) for code in ("X", "Y")]
    api.running.clock.advance(seconds=60)
    changed = patch(api, made[0], step("replace", "/name", "Renamed")).json()
    assert changed["timestamps"]["created"] == made[0]["timestamps"]["created"]
    since = changed["timestamps"]["modified"]["time"]
    modified = leaf("/timestamps/modified/time", since, "GREATER_THAN_OR_EQUAL_TO", "DateTime")
    created = leaf("/timestamps/created/time", since, "LESS_THAN", "DateTime")
    assert references(own(api, "warehouse-products", modified)) == ["X"]
    assert references(own(api, "warehouse-products", created)) == ["X", "Y"]


@pytest.mark.fidelity("10.1-selection-method", "18-method")
@pytest.mark.parametrize(("method", "batch"), [("FEFO", "EARLY"), ("FIFO", "FIRST")])
def test_the_method_chooses_the_lot(api: Caller, method: str, batch: str) -> None:
    create(api, details={"stockSelection": {"method": method}})
    add = api.running.control.add_stock
    add(api.running.customer_id, "P", 5, batch="FIRST", expiry="2032-01-01")
    add(api.running.customer_id, "P", 5, batch="EARLY", expiry="2031-01-01")
    assert parts(api.create("SO-1", line("P", 1)).json()) == [(1, "EA", batch)]


@pytest.mark.fidelity("10.1-selection-lifo")
def test_lifo_takes_the_last_received(api: Caller) -> None:
    create(api, details={"stockSelection": {"method": "LIFO"}})
    for batch in ("FIRST", "LAST"):
        api.running.control.add_stock(api.running.customer_id, "P", 5, batch=batch)
    assert parts(api.create("SO-1", line("P", 1)).json()) == [(1, "EA", "LAST")]
