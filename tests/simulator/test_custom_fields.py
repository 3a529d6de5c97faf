"""Custom fields: which keys are kept, which are refused, and who sees the internal ones."""

from typing import Any

import pytest

from tests.simulator.caller import Caller, line


@pytest.fixture(autouse=True)
def goods(api: Caller) -> None:
    api.running.control.add_product(api.running.customer_id, "A")
    api.running.control.add_stock(api.running.customer_id, "A", 50)


def decide(api: Caller, **settings: Any) -> None:
    api.running.control.patch(f"/customers/{api.running.customer_id}", {"settings": settings})


@pytest.mark.fidelity("17-properties", "17-mapped", "17-unknown-key", "17-line")
def test_unknown_keys_are_passed_over_or_refused(api: Caller) -> None:
    sent = {"properties": {"ecommId": "1", "colour": "red"}}
    assert api.create("SO-1", line("A", 1), **sent).json()["properties"] == sent["properties"]
    decide(api, custom_fields={"order": ["ecommId"], "order_line": ["sop_custom_field_1"], "stock": ["batch"]})
    made = api.create("SO-2", line("A", 1, sop_custom_field_1="l1", sop_custom_field_2="l2"), **sent).json()
    assert made["properties"] == {"ecommId": "1"}
    assert made["items"][0]["properties"] == {"sop_custom_field_1": "l1"}
    decide(api, unknown_property="refuse")
    refused = api.create("SO-3", line("A", 1), **sent)
    assert (refused.status_code, refused.json()[0]["field"]) == (422, "/properties/colour")
    refused = api.create("SO-3", line("A", 1, sop_custom_field_2="l2"))
    assert (refused.status_code, refused.json()[0]["field"]) == (422, "/items/0/properties/sop_custom_field_2")
    assert len(api.search("outbound-orders")) == 2


@pytest.mark.fidelity("17-internal", "3.3-internal-fields", "3.3-wms-create-fields")
def test_internal_fields_are_seen_and_written_by_insiders_alone(api: Caller) -> None:
    decide(api, internal_fields=["margin"])
    insider = api.create("SO-1", line("A", 1), properties={"margin": "0.3", "ecommId": "1"}).json()
    path = f"/outbound-orders/{insider['id']}"
    assert api.get(path).json()["properties"] == {"margin": "0.3", "ecommId": "1"}
    client = api.running.control.post("/clients", {"roles": ["WMS Create Job", "WMS Add Product", "TMS View Job"]})
    with Caller(api.running, (client["id"], client["secret"])) as outsider:
        assert outsider.get(path).json()["properties"] == {"ecommId": "1"}
        assert outsider.search("outbound-orders")[0]["properties"] == {"ecommId": "1"}
        written = outsider.create("SO-2", line("A", 1), properties={"margin": "9", "ecommId": "2"}).json()
    assert api.get(f"/outbound-orders/{written['id']}").json()["properties"] == {"ecommId": "2"}


@pytest.mark.fidelity("17-no-list", "9-none", "9-locations")
@pytest.mark.parametrize(
    "path", ["/custom-fields", "/warehouses", "/warehouse-locations", "/product-types", "/units-of-measure"]
)
def test_nothing_lists_what_people_must_enter(api: Caller, path: str) -> None:
    assert api.get(path).status_code == 404
    assert api.post(f"{path}/search", {}).status_code == 404


def test_customers_and_packages_follow_the_tenant(api: Caller) -> None:
    api.running.control.set(custom_fields={"customer": ["abn"], "transport_product": ["liner"]})
    sent = {"name": "Ridgeline", "properties": {"abn": "51", "mood": "good"}}
    assert api.post("/customers", sent).json()["properties"] == {"abn": "51"}
    package = {"scope": "TRANSPORT", "name": "Satchel", "properties": {"width": 0.3, "liner": "yes", "mood": "good"}}
    assert api.post("/products", package).json()["properties"] == {"width": 0.3, "liner": "yes"}
    api.running.control.set(unknown_property="refuse")
    for path, body in (("/customers", {**sent, "name": "Other"}), ("/products", package)):
        refused = api.post(path, body)
        assert (refused.status_code, refused.json()[0]["field"]) == (422, "/properties/mood")
    assert api.post("/products", {**package, "properties": "x"}).json()[0]["field"] == "/properties"
