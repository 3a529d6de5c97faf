"""Customers, and the addresses they send to."""

from typing import Any

import pytest

from tests.simulator.caller import ADDRESS, Caller, line


def test_customers_are_listed_in_pages_and_read_as_id_and_name(api: Caller) -> None:
    for name in ("Ridgeline", "Saltworks"):
        api.running.control.post("/customers", {"name": name})
    first = api.get("/customers?size=2&page=1")
    assert [customer["name"] for customer in first.json()] == ["Bluegum Pantry", "Ridgeline"]
    assert (first.headers["Total-Elements"], first.headers["Total-Pages"]) == ("3", "2")
    (last,) = api.http.get(first.links["next"]["url"]).json()
    assert api.get(f"/customers/{last['id']}").json() == last == {"id": last["id"], "name": "Saltworks"}
    api.running.control.set(customer_list_paged=False)
    whole = api.get("/customers?size=2")
    assert (len(whole.json()), "Total-Pages" in whole.headers) == (3, False)


def test_a_customer_is_created_with_no_more_than_a_name(api: Caller) -> None:
    made = api.post("/customers", {"name": "Ridgeline"})
    assert made.status_code == 201
    assert made.json()["warehouses"][0]["id"] == api.running.warehouse_id
    assert "references" not in made.json()
    full = {"name": "Saltworks", "references": {"code": "SALT"}, "email": "ops@salt.example", "telephone": ""}
    body = api.post("/customers", full).json()
    assert (body["references"], body["email"], "telephone" in body) == ({"code": "SALT"}, "ops@salt.example", False)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/name"),
        ({"name": "Bluegum Pantry"}, "/name"),
        ({"name": "N", "scope": "WAREHOUSE"}, "/scope"),
        ({"name": "N", "warehouses": [{"name": "Nowhere"}]}, "/warehouses/0"),
    ],
)
def test_a_refused_customer_is_not_there(api: Caller, body: dict[str, Any], field: str) -> None:
    response = api.post("/customers", body)
    assert (response.status_code, response.json()[0]["field"]) == (422, field)
    assert len(api.get("/customers").json()) == 1


def test_only_internal_clients_create_customers(api: Caller) -> None:
    made = api.running.control.post("/clients", {"roles": ["Add Customer"], "internal": False})
    with Caller(api.running, (made["id"], made["secret"])) as outsider:
        assert outsider.post("/customers", {"name": "Mine"}).status_code == 403
        assert len(outsider.get("/customers").json()) == 1


def send_to(api: Caller, **address: Any) -> Any:
    details = {"deliver": {"address": {**ADDRESS, **address}}}
    return api.create("SO-1", line("A", 1), details=details)


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ({"companyName": None}, "/companyName"),
        ({"address1": ""}, "/address1"),
        ({"phone": "0" * 65}, "/phone"),
        ({"email": ".mei@harbour.example"}, "/email"),
        ({"email": "mei @harbour.example"}, "/email"),
        ({"email": "mei@"}, "/email"),
        ({"country": {"iso2Code": "XXX", "name": "Australia"}}, "/country"),
        ({"country": {"name": "Atlantis"}}, "/country"),
    ],
)
def test_bad_addresses_are_refused_by_part(api: Caller, address: dict[str, Any], field: str) -> None:
    response = send_to(api, **address)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()] == [f"/details/deliver/address{field}"]


def test_empty_strings_are_taken_where_callers_send_them(api: Caller) -> None:
    api.running.control.add_product(api.running.customer_id, "A")
    api.running.control.add_stock(api.running.customer_id, "A", 5)
    api.running.control.set(address_locations=True)
    response = send_to(api, contactName="", phone="", state={"code": ""}, country={"iso3Code": "aus"})
    assert response.status_code == 201, response.text
    shown = response.json()["details"]["deliver"]["address"]
    assert shown.keys().isdisjoint({"contactName", "phone", "state"})
    assert shown["country"] == {"name": "Australia", "iso2Code": "AU", "iso3Code": "AUS"}
    assert shown["references"]["numericId"].isdigit()
    assert (shown["enabled"], shown["approved"], shown["draft"], shown["starred"]) == (True, True, False, False)
    assert {type(part) for part in shown["location"].values()} == {str}
    assert shown == api.search("outbound-orders")[0]["details"]["deliver"]["address"]


def test_a_state_goes_by_code_or_by_name(api: Caller) -> None:
    api.running.control.add_product(api.running.customer_id, "A")
    api.running.control.add_stock(api.running.customer_id, "A", 5)
    shown = send_to(api, state={"name": "Queensland"}).json()["details"]["deliver"]["address"]
    assert shown["state"] == {"name": "Queensland", "code": "QLD"}
