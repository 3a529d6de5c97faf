"""The consignments orders leave in."""

import pytest

from tests.simulator.caller import Caller, leaf
from tests.simulator.fidelity.calls import DIGITS, UUID, Tenant, own, references
from tests.simulator.fidelity.floor import consignments, create, read, step


@pytest.mark.fidelity("13-generation")
@pytest.mark.parametrize(("when", "found"), [("off", [0, 0]), ("on_pack", [0, 1]), ("on_import", [1, 1])])
def test_when_consignments_are_made(stocked: Caller, tenant: Tenant, when: str, found: list[int]) -> None:
    tenant.customise(consignment_generation=when)
    order_id = create(stocked)
    counts = [len(consignments(stocked, order_id))]
    step(stocked, order_id, "pack")
    assert [*counts, len(consignments(stocked, order_id))] == found


@pytest.mark.fidelity(
    "13.3-pointer", "13.3-found", "13.2-type", "13.2-references", "13.2-parties", "13.2-tracking",
    "13.2-no-origin", "13-packages", "7-consignment-pointers", "13.3-same-reference", "13.1-search", "13.1-get",
)  # fmt: skip
def test_the_consignment_of_an_order(stocked: Caller) -> None:
    order_id = create(stocked)
    other = create(stocked, reference="SO-2")
    step(stocked, order_id, "pack", {"packages": 2})
    step(stocked, other, "pack")
    (found,) = consignments(stocked, order_id)
    order = read(stocked, order_id)
    details = found["details"]
    assert {name: found[name] for name in ("id", "type", "status", "version")} == {
        "id": UUID,
        "type": "CONSIGNMENT",
        "status": "IN_WAREHOUSE",
        "version": found["version"],
    }
    assert (found["customer"], found["warehouse"]) == (order["customer"], order["warehouse"])
    tracking = found["references"]["tracking"]
    assert found["references"] == {"customer": "SO-1", "tracking": tracking, "numericId": DIGITS}
    assert set(details["tracking"]) == {"companyName", "url"}
    assert tracking in details["tracking"]["url"]
    assert (details["type"], details["authorityToLeave"]) == ("WAREHOUSE_FULFILMENT", False)
    assert details["deliver"]["address"]["companyName"] == "Harbour Deli"
    assert len(found["items"]) == 2
    for item in found["items"]:
        assert (item["id"], item["type"]) == (UUID, "ITEM")
        assert item["measures"]["weight"] > 0
        assert item["measures"]["quantity"] == 1
        assert item["properties"]["description"]
    assert "generatedFromTask" not in found
    assert stocked.get(f"/consignments/{found['id']}").json() == found
    kind = leaf("/details/type", "WAREHOUSE_FULFILMENT")
    assert sorted(references(own(stocked, "consignments", kind))) == ["SO-1", "SO-2"]
    assert own(stocked, "consignments", leaf("/details/type", "DELIVERY")).json() == []


@pytest.mark.fidelity("7-consignment-keys", "13.3-by-reference")
def test_consignment_keys(stocked: Caller) -> None:
    order_id = create(stocked)
    step(stocked, order_id, "pack")
    (found,) = consignments(stocked, order_id)
    for key, value in (
        ("reference", "SO-1"),
        ("customerName", found["customer"]["name"]),
        ("customerId", found["customer"]["id"]),
    ):
        assert own(stocked, "consignments", leaf(key, value)).json() == [found]
        assert own(stocked, "consignments", leaf(key, "nothing")).json() == []


@pytest.mark.fidelity("13-several", "21-tracking")
def test_several_fulfilments_of_one_order(stocked: Caller, tenant: Tenant) -> None:
    tenant.customise(consignments_per_order=3)
    order_id = create(stocked)
    step(stocked, order_id, "pack")
    numbers = [found["references"]["tracking"] for found in consignments(stocked, order_id)]
    assert len(set(numbers)) == 3


@pytest.mark.fidelity("13.2-fulfilment-path", "13.2-fulfilment-codes")
def test_the_way_of_a_fulfilment(stocked: Caller, tenant: Tenant) -> None:
    tenant.customise(consignment_generation="on_import")
    order_id = create(stocked)
    seen = [consignments(stocked, order_id)[0]["status"]]
    for verb in ("pack", "dispatch"):
        step(stocked, order_id, verb)
        seen.append(consignments(stocked, order_id)[0]["status"])
    (found,) = consignments(stocked, order_id)
    tenant.control.post(f"/consignments/{found['id']}", {"status": "DELIVERED_WAREHOUSE_FULFILMENT"})
    seen.append(consignments(stocked, order_id)[0]["status"])
    assert seen == ["AWAITING_SALE_ORDER_PACKING", "IN_WAREHOUSE", "SHIPPED", "DELIVERED_WAREHOUSE_FULFILMENT"]


@pytest.mark.fidelity("13.3-corrected", "20-consignment-change", "13.2-version")
def test_tracking_is_corrected_after_dispatch(stocked: Caller) -> None:
    order_id = create(stocked)
    step(stocked, order_id, "dispatch")
    before, (found,) = read(stocked, order_id), consignments(stocked, order_id)
    stocked.running.clock.advance(seconds=5)
    sent = {"tracking": "NEW1", "carrier": "Fast", "url": "https://track.example/NEW1"}
    stocked.running.control.post(f"/consignments/{found['id']}", sent)
    (after,) = consignments(stocked, order_id)
    assert (after["references"]["tracking"], after["version"]) == ("NEW1", found["version"] + 1)
    assert after["details"]["tracking"] == {"companyName": "Fast", "url": "https://track.example/NEW1"}
    assert after["lastModified"] > found["lastModified"]
    assert read(stocked, order_id) == before
    stocked.running.control.set(tracking_touches_order=True)
    stocked.running.control.post(f"/consignments/{found['id']}", {"tracking": "NEW2"})
    assert read(stocked, order_id)["timestamps"]["modified"] != before["timestamps"]["modified"]


@pytest.mark.fidelity("4.2-minimal-consignments", "4.2-no-items-consignment")
def test_preferences_about_consignments(stocked: Caller) -> None:
    order_id = create(stocked)
    step(stocked, order_id, "pack")
    (found,) = consignments(stocked, order_id)
    minimal = own(stocked, "consignments", Prefer="return=minimal")
    assert (minimal.json(), minimal.headers["Preference-Applied"]) == ([{"id": found["id"]}], "return=minimal")
    bare = stocked.get(f"/consignments/{found['id']}", headers={"Prefer": "return=no-items"})
    assert bare.headers["Preference-Applied"] == "return=no-items"
    assert bare.json() == {name: value for name, value in found.items() if name != "items"}
