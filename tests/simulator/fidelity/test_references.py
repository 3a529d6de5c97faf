"""How orders refer to customers, warehouses, countries and states."""

import pytest

from tests.simulator.caller import ADDRESS, Caller, line
from tests.simulator.fidelity.calls import DIGITS, NOBODY, UUID, Tenant, own
from tests.simulator.fidelity.outbound_orders import AT, at, send


@pytest.mark.fidelity("6.1-numeric-id", "6.1-tracking")
def test_a_number_sent_is_not_taken_over(stocked: Caller) -> None:
    order = send(stocked, "/references/numericId", "4711").json()
    assert order["references"] == {"customer": "SO-1", "numericId": DIGITS}
    assert order["references"]["numericId"] != "4711"
    stocked.running.control.post(f"/orders/{order['id']}/dispatch")
    assert "tracking" not in stocked.get(f"/outbound-orders/{order['id']}").json()["references"]
    (consignment,) = own(stocked, "consignments").json()
    assert consignment["references"]["tracking"]


@pytest.mark.fidelity("4.3-numeric-id-scope")
def test_two_customers_may_share_a_number(stocked: Caller, tenant: Tenant) -> None:
    numbers = []
    for customer in (tenant.customer(), tenant.customer()):
        tenant.control.add_product(customer, "A")
        tenant.control.add_stock(customer, "A", 5)
        made = stocked.create("SO-1", line("A", 1), customer={"id": customer}).json()
        numbers.append(made["references"]["numericId"])
    assert numbers[0] == numbers[1]


@pytest.mark.fidelity("6.2-lookup")
@pytest.mark.parametrize("first", ["id", "code", "name"])
def test_customers_are_found_by_the_first_reference_given(stocked: Caller, tenant: Tenant, first: str) -> None:
    mine = {"id": stocked.running.customer_id}
    number = stocked.create("SO-0", line("A", 1)).json()["customer"]["name"].removeprefix("Customer ")
    forms = {"id": mine, "code": {"references": {"code": f"CODE{number}"}}, "name": {"name": f"Customer {number}"}}
    other = tenant.customer(code=f"OTHER{number}", name=f"Other {number}")
    rest = {"id": {"references": {"code": f"OTHER{number}"}}, "code": {"name": f"Other {number}"}, "name": {}}
    made = stocked.create("SO-1", line("A", 1), customer={**rest[first], **forms[first]})
    assert made.json()["customer"]["id"] == mine["id"] != other
    wrong = {"id": {"id": NOBODY}, "code": {"references": {"code": "NONE"}}, "name": {"name": "None"}}
    later = list(forms.values())[list(forms).index(first) + 1 :]
    fallback = {name: value for form in later for name, value in form.items()}
    refused = stocked.create("SO-2", line("A", 1), customer={**fallback, **wrong[first]})
    assert (refused.status_code, refused.json()[0]["field"]) == (422, "/customer")


@pytest.mark.fidelity("6.2-no-code")
def test_without_a_code_there_are_no_references(stocked: Caller, tenant: Tenant) -> None:
    bare = tenant.customer()
    tenant.control.add_product(bare, "A")
    made = stocked.create("SO-1", line("A", 1), customer={"id": bare}).json()
    assert set(made["customer"]) == {"enabled", "name", "id"}


@pytest.mark.fidelity("6.3-lookup", "9-warehouse-from-order")
def test_warehouses_are_found_by_id_or_exact_name(stocked: Caller, tenant: Tenant) -> None:
    there = tenant.warehouse()
    tenant.control.add_stock(stocked.running.customer_id, "A", 9, warehouse=there)
    read_off = stocked.create("SO-1", line("A", 1), warehouse={"id": there}).json()["warehouse"]
    assert read_off["id"] == there
    named = stocked.create("SO-2", line("A", 1), warehouse={"name": read_off["name"]})
    assert named.json()["warehouse"] == read_off
    for wrong in ({"name": read_off["name"].upper()}, {"id": NOBODY, "name": read_off["name"]}):
        assert stocked.create("SO-3", line("A", 1), warehouse=wrong).json()[0]["field"] == "/warehouse"


@pytest.mark.fidelity("6.4-country", "6.4-country-answer")
@pytest.mark.parametrize(
    ("country", "known"),
    [
        ({"iso2Code": "AU"}, True),
        ({"iso3Code": "AUS"}, True),
        ({"name": "Australia"}, True),
        ({"iso2Code": "AU", "iso3Code": "NZL", "name": "Canada"}, True),
        ({"iso3Code": "AUS", "name": "Canada"}, True),
        ({"iso2Code": "A1", "iso3Code": "AUS", "name": "Australia"}, False),
        ({"name": "Atlantis"}, False),
    ],
)
def test_countries_are_found_by_the_first_form_given(stocked: Caller, country: dict[str, str], known: bool) -> None:
    made = send(stocked, f"{AT}/country", country)
    if known:
        shown = {"name": "Australia", "iso2Code": "AU", "iso3Code": "AUS"}
        assert at(made.json(), f"{AT}/country") == shown
    else:
        assert (made.status_code, made.json()[0]["field"]) == (422, f"{AT}/country")


@pytest.mark.fidelity("6.4-state", "6.4-state-answer")
@pytest.mark.parametrize("state", [{"code": "NSW"}, {"name": "New South Wales"}, {"code": "NSW", "name": "Victoria"}])
def test_states_are_found_by_code_or_name(stocked: Caller, state: dict[str, str]) -> None:
    shown = at(send(stocked, f"{AT}/state", state).json(), f"{AT}/state")
    assert shown == {"name": "New South Wales", "code": "NSW"}


@pytest.mark.fidelity("6.4-flags", "6.4-suburb-for-city", "6.4-city", "6.4-address1")
def test_an_address_is_answered_with_its_flags(stocked: Caller) -> None:
    shown = at(send(stocked, AT, ADDRESS).json(), AT)
    extra = {"enabled": True, "approved": True, "draft": False, "starred": False}
    assert {**ADDRESS, "id": UUID, **extra, "references": {"numericId": DIGITS}} == {
        name: value for name, value in shown.items() if name not in ("location", "properties")
    }
    bare = {name: value for name, value in ADDRESS.items() if name != "address1"}
    homeless = {name: value for name, value in ADDRESS.items() if name != "suburb"}
    for number, incomplete in enumerate((bare, homeless)):
        shown = at(send(stocked, AT, incomplete, f"SO-2{number}").json(), AT)
        assert (shown["approved"], shown["draft"]) == (False, True)
    assert at(send(stocked, AT, {**homeless, "city": "Newcastle"}, "SO-3").json(), AT)["draft"] is False


@pytest.mark.fidelity("6.4-incomplete")
def test_an_incomplete_address_is_a_draft(stocked: Caller) -> None:
    shown = at(send(stocked, AT, {"contactName": "Mei Tan"}).json(), AT)
    assert (shown["contactName"], shown["draft"], shown["approved"]) == ("Mei Tan", True, False)


@pytest.mark.fidelity("11.3-collect-address")
def test_the_collect_address_is_the_warehouse(stocked: Caller) -> None:
    asked = send(stocked, "/details/collect/address", {"companyName": "Mine", "address1": "Elsewhere"}).json()
    untouched = stocked.create("SO-2", line("A", 1)).json()
    for order in (asked, untouched):
        address = order["details"]["collect"]["address"]
        assert address["companyName"] == order["warehouse"]["name"]
        assert address["address1"]
