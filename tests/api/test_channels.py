"""Channels from programs: tested and connected, changed whole or not at all, and no secret ever told."""

from typing import Any

import pytest
from django.conf import settings as django_settings

from cartoncloud_simulator.testing import running_simulator
from dockline.domain.accounts.models import Account
from dockline.domain.channels.models import Channel
from dockline.domain.history.models import Event
from dockline.domain.warehouses.models import AccountWarehouse, Warehouse
from dockline.gateway import runtime
from tests.api.conftest import Program
from tests.support.page_world import SECRET, World
from tests.unit.gateway.far_sockets import answer, far_side


@pytest.fixture
def free(world: World) -> Warehouse:
    """A warehouse that Juniper & Oak may use and has no channel to."""
    warehouse = Warehouse.objects.create(organization=world.juniper.organization, code="BNE", name="Brisbane")
    AccountWarehouse.objects.create(account=world.juniper, warehouse=warehouse)
    return warehouse


def by_hand(warehouse: Warehouse, **changes: Any) -> dict[str, Any]:
    return {"warehouse_id": warehouse.pk, "connector": "manual", "name": "By hand", "settings": {}, **changes}


def test_a_channel_is_connected_changed_and_deleted(program: Program, free: Warehouse) -> None:
    made = program.post("/channels", by_hand(free, options={"partial_backorder": True}))
    assert made.status_code == 201, made.text
    channel = made.json()
    assert (channel["name"], channel["state"], channel["options"]["partial_backorder"]) == ("By hand", "active", True)
    address = f"/channels/{channel['id']}"
    assert program.get(address).json() == channel

    change = {"version": channel["version"], "options": {"name": "Shed", "settle_seconds": 900, "carrier": "warning"}}
    changed = program.send("PATCH", address, change)
    assert changed.status_code == 200, changed.text
    options = changed.json()["options"]
    assert (changed.json()["name"], options["settle_seconds"], options["carrier"]) == ("Shed", 900, "warning")
    assert options["partial_backorder"] is True, "what is left out stays"

    late = program.send("PATCH", address, change | {"options": {"name": "Barn"}})
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    assert program.get(address).json() == changed.json()

    assert program.send("DELETE", address).status_code == 204
    assert channel["id"] not in {row["id"] for row in program.get("/channels").json()["items"]}
    assert program.get(address).json()["state"] == "deleted"
    assert program.send("DELETE", address).status_code == 409
    assert {event.actor for event in Event.objects.filter(subject_kind="channel")} == {"API key robot"}


def test_settings_are_tested_before_they_hold(transactional_db: None, program: Program, free: Warehouse) -> None:
    with running_simulator() as far:
        customer = next(row for row in far.control.get("/state")["customers"])
        good = {
            "api_url": far.base_url,
            "client_id": far.client_id,
            "client_secret": far.client_secret,
            "tenant_id": far.tenant_id,
            "customer_name": customer["name"],
            "orders_per_minute": 0,
        }
        keys = [one["key"] for one in program.get("/connectors/cartoncloud").json()["confirmations"]]
        new = by_hand(free, connector="cartoncloud", confirmed=keys)
        wrong = program.post("/channels", new | {"settings": good | {"client_secret": "not-the-right-secret"}})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "test_failed"), wrong.text
        assert not Channel.objects.filter(warehouse=free).exists()
        try:
            made = program.post("/channels", new | {"settings": good})
            assert made.status_code == 201, made.text
            address = f"/channels/{made.json()['id']}"
            tested = program.post(f"{address}/test").json()
            assert tested["passed"] is True and all(step["passed"] for step in tested["steps"])

            before = program.get(address).json()
            change = {"version": before["version"], "settings": {"client_secret": "not-the-right-secret"}}
            refused = program.send("PATCH", address, change | {"options": {"name": "Other"}})
            assert (refused.status_code, refused.json()["code"]) == (422, "test_failed")
            assert program.get(address).json() == before
            taken = program.send("PATCH", address, change | {"test": False})
            assert taken.status_code == 200 and "not-the-right-secret" not in taken.text
            assert program.post(f"{address}/test").json()["passed"] is False
            for text in (made.text, taken.text, program.get(address).text):
                assert far.client_secret not in text
        finally:
            runtime.end_conversations()
    stored = Channel.objects.get(warehouse=free)
    assert "not-the-right-secret" not in str(stored.secrets)
    sealed = stored.secrets["client_secret"]
    kept = django_settings.KEY_RING.decrypt(sealed, bound_to=f"channel:{stored.pk}:secret:client_secret")
    assert kept == "not-the-right-secret"


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"connector": "nobody"}, 404, "connector"),
        ({"warehouse_id": 999_999}, 404, "warehouse_id"),
        ({"name": ""}, 422, "name"),
        ({"name": "=1+1"}, 422, "name"),
        ({"settings": {"colour": "blue"}}, 422, "colour"),
        ({"options": {"colour": "blue"}}, 422, "colour"),
        ({"options": {"settle_seconds": 5}}, 422, "settle_seconds"),
        ({"options": {"size_unit": "mile"}}, 422, "size_unit"),
        ({"options": {"phone": "off"}}, 422, "phone"),
        ({"confirmed": ["shortge"], "test": False}, 422, "confirmed"),
        ({"nmae": "x"}, 422, "nmae"),
        ({"connector": "cartoncloud", "test": False}, 422, "client_id"),
        ({"connector": "cartoncloud", "settings": {"client_id": {}}}, 422, "client_id"),
    ],
)
def test_what_cannot_be_connected_is_named(
    program: Program, free: Warehouse, changes: dict[str, Any], status: int, field: str
) -> None:
    before = (Channel.objects.count(), Event.objects.count())
    response = program.post("/channels", by_hand(free, **changes))
    assert (response.status_code, response.json()["field"]) == (status, field), response.text
    assert (Channel.objects.count(), Event.objects.count()) == before


def test_a_place_has_one_channel(world: World, program: Program) -> None:
    response = program.post("/channels", by_hand(world.channel.warehouse))
    assert (response.status_code, response.json()["code"]) == (409, "conflict")


def test_a_program_connects_for_no_other_account(world: World, program: Program, free: Warehouse) -> None:
    other = Account.objects.get(pk=world.tidewater.pk)
    response = program.post("/channels", by_hand(free, account_id=other.pk))
    assert (response.status_code, response.json()["field"]) == (404, "account_id")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "version"),
        ({"version": 1, "options": {"colour": "blue"}}, "colour"),
        ({"version": 1, "options": {"name": "New", "settle_seconds": 5}}, "settle_seconds"),
        ({"version": 1, "options": {"name": "New"}, "settings": {"colour": "blue"}, "test": False}, "client_id"),
        ({"version": 1, "secret": "x"}, "secret"),
    ],
)
def test_a_change_is_made_whole_or_not_at_all(world: World, program: Program, body: dict[str, Any], field: str) -> None:
    address = f"/channels/{world.channel.pk}"
    before = program.get(address).json()
    response = program.send("PATCH", address, body)
    assert (response.status_code, response.json()["field"]) == (422, field), response.text
    assert program.get(address).json() == before


def test_a_mistyped_confirmation_takes_none_away(program: Program, free: Warehouse) -> None:
    settings = {"client_id": "one", "client_secret": "two", "customer_name": "Juniper"}
    settings["tenant_id"] = "7a1e0c52-3d4b-4c1a-9f60-2b5d8e714a01"
    new = by_hand(free, connector="cartoncloud", settings=settings, confirmed=["shortage", "units"], test=False)
    made = program.post("/channels", new)
    assert made.status_code == 201, made.text
    address = f"/channels/{made.json()['id']}"
    before = program.get(address).json()
    refused = program.send("PATCH", address, {"version": before["version"], "confirmed": ["shortge"]})
    assert (refused.status_code, refused.json()["field"]) == (422, "confirmed"), refused.text
    assert program.get(address).json() == before and before["confirmed"] == ["shortage", "units"]


def test_an_empty_secret_stays_with_its_address(world: World, program: Program) -> None:
    address = f"/channels/{world.channel.pk}"
    settings = {"client_id": "another", "client_secret": "", "tenant_id": "7a1e0c52-3d4b-4c1a-9f60-2b5d8e714a01"}
    body: dict[str, Any] = {"version": 1, "settings": settings | {"customer_name": "Juniper"}, "test": False}
    Channel.objects.filter(pk=world.channel.pk).update(settings={"api_url": "http://127.0.0.1:1"})

    response = program.send("PATCH", address, body)

    assert response.status_code == 200, response.text
    assert response.json()["settings"]["client_id"] == "another" and SECRET not in response.text
    sealed = Channel.objects.get(pk=world.channel.pk).secrets["client_secret"]
    bound = f"channel:{world.channel.pk}:secret:client_secret"
    assert django_settings.KEY_RING.decrypt(sealed, bound_to=bound) == SECRET


@pytest.mark.parametrize("is_tested", [True, False])
def test_a_stored_secret_goes_to_no_other_address(world: World, program: Program, is_tested: bool) -> None:
    address = f"/channels/{world.channel.pk}"
    with far_side(answer()) as elsewhere:
        settings = {
            "api_url": elsewhere.origin,
            "client_id": "another",
            "tenant_id": "7a1e0c52-3d4b-4c1a-9f60-2b5d8e714a01",
            "customer_name": "Juniper",
        }
        before = program.get(address).json()
        body = {"version": 1, "settings": settings, "options": {"name": "Moved"}, "test": is_tested}

        refused = program.send("PATCH", address, body)

        assert (refused.status_code, refused.json()["field"]) == (422, "client_secret")
        assert "only to the address it was entered for" in refused.text
        assert program.get(address).json() == before
        assert elsewhere.requests == []
        given = body | {"settings": settings | {"client_secret": "given-for-the-new-address"}, "test": False}
        assert program.send("PATCH", address, given).json()["settings"]["api_url"] == elsewhere.origin
