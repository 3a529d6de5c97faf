"""Connecting a channel in the pages, against a simulator: three steps, a test that stops at what fails, secrets."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cartoncloud_simulator.testing import RunningSimulator, running_simulator
from dockline.domain.accounts.models import User
from dockline.domain.channels.models import Channel
from dockline.flows import connection, setup
from dockline.flows.credentials import AGAIN
from tests.unit.gateway.far_sockets import answer, far_side

CONFIRMED = ["shortage", "unknown_product", "units", "same_reference"]


@pytest.fixture
def far() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        running.control.set(outbound_rate_limit_enabled=False, report_delay_seconds=0)
        yield running


@pytest.fixture
def place(db: None, client: Client) -> str:
    """The step of the settings, for an account with one enabled warehouse."""
    User.objects.create_user("mei", password="a long enough password")
    client.force_login(User.objects.get())
    account_id = setup.add_account(name="Bluegum Pantry")
    warehouse_id = setup.add_warehouse(name="Brisbane", account_ids=[account_id])
    return f"{reverse('channel-connect')}?connector=cartoncloud&place={account_id}-{warehouse_id}"


def entered(far: RunningSimulator, **more: Any) -> dict[str, Any]:
    """What a person enters."""
    return {
        "name": "CartonCloud · Brisbane",
        "api_url": "other",
        "api_url.other": far.base_url,
        "client_id": far.client_id,
        "client_secret": far.client_secret,
        "tenant_id": far.tenant_id,
        "customer_name": far.control.get("/state")["customers"][0]["name"],
        "confirm": CONFIRMED,
        "orders_per_minute": "0",
        "overlap_minutes": "15",
        "product_type": "Ambient",
        "line_reference_field": "sop_custom_field_1",
        "report_wait_seconds": "150",
        **more,
    }


def test_the_first_two_steps_offer_what_there_is(place: str, client: Client) -> None:
    first = client.get(reverse("channel-connect")).text
    second = client.get(f"{reverse('channel-connect')}?connector=cartoncloud").text

    assert "?connector=cartoncloud" in first and "?connector=manual" in first
    assert "Bluegum Pantry · Brisbane" in second
    assert place.partition("place=")[2] in second


def test_it_connects_what_passes_every_step(place: str, client: Client, far: RunningSimulator) -> None:
    response = client.post(place, entered(far, connect="1"))

    channel = Channel.objects.get()
    assert response.headers["Location"] == reverse("channel", args=[channel.pk])
    assert (channel.name, channel.state) == ("CartonCloud · Brisbane", "active")
    assert set(channel.confirmations) == set(CONFIRMED)
    assert channel.last_test["passed"] is True
    assert [step["name"] for step in channel.last_test["steps"]] == [
        "Address reached",
        "Certificate trusted",
        "Client Id and Client Secret accepted",
        "Tenant found",
        "Customer found",
        "Role WMS Create Job",
        "Warehouse found",
        "Role WMS Add Product",
        "Role WMS Edit Product",
        "Role TMS View Job",
        "A product read",
        "Settings there that change orders",
    ]
    assert "Connected" in client.get(f"{reverse('channel-connect')}?connector=cartoncloud").text
    page = client.get(reverse("channel-settings", args=[channel.pk])).text
    assert f"••••••••{far.client_secret[-4:]}" in page
    assert "replaced by mei" in page


def test_it_stops_at_the_first_failure_and_stores_nothing(place: str, client: Client, far: RunningSimulator) -> None:
    response = client.post(place, entered(far, tenant_id="7a1e0c52-3d4b-4c1a-9f60-2b5d8e714a01", connect="1"))

    assert response.status_code == 422
    assert 'Tenant found<span class="sr">: failed' in response.text
    assert 'Customer found<span class="sr">: not checked' in response.text
    assert Channel.objects.count() == 0


def test_it_offers_the_names_that_do_exist_and_keeps_the_secret(
    place: str, client: Client, far: RunningSimulator
) -> None:
    right = entered(far)["customer_name"]
    missed = client.post(place, entered(far, customer_name=right[:-1], test="1"))
    assert f'value="customer_name={right}"' in missed.text
    assert far.client_secret not in missed.text

    again = entered(far, customer_name=right[:-1], client_secret="", take=f"customer_name={right}")
    taken = client.post(place, again)

    assert taken.status_code == 200
    assert "The connection works" in taken.text
    assert "Entered already" in taken.text


def test_two_customers_of_one_name_are_told_apart_by_id(place: str, client: Client, far: RunningSimulator) -> None:
    name = entered(far)["customer_name"]
    mine, twin = far.control.get("/state")["customers"][0]["id"], str(uuid.uuid4())
    twins = json.dumps([{"id": one, "name": name} for one in (mine, twin)])
    fault = {"operation": "list_customers", "do": "status", "status": 200, "body": twins, "headers": {}}
    far.control.post("/faults", {"script": [fault, fault]})

    missed = client.post(place, entered(far, test="1"))
    taken = client.post(place, entered(far, take=f"customer_id={mine}"))

    assert f'value="customer_id={twin}"' in missed.text
    assert mine in taken.text and "The connection works" in taken.text


def test_what_no_call_can_read_must_be_confirmed(place: str, client: Client, far: RunningSimulator) -> None:
    response = client.post(place, entered(far, confirm=CONFIRMED[1:], connect="1"))

    assert response.status_code == 422
    assert "Not confirmed: When stock is short" in response.text
    assert Channel.objects.count() == 0


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:1", "No connection to 127.0.0.1:1"),
        ("https://10.1.2.3", "none of the known addresses"),
        ("https://intranet.example", "none of the known addresses"),
    ],
)
def test_an_address_that_is_no_good_gets_a_clear_answer(
    address: str, words: str, place: str, client: Client, far: RunningSimulator
) -> None:
    response = client.post(place, {**entered(far, connect="1"), "api_url.other": address})

    assert response.status_code == 422
    assert words in response.text
    assert Channel.objects.count() == 0


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"", "The answer did not arrive in time"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n",
            "answered with a redirect (302)",
        ),
    ],
    ids=["slow", "redirecting"],
)
def test_a_slow_or_redirecting_address_gets_a_clear_answer(
    said: bytes, words: str, place: str, client: Client, far: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PATIENCE_SECONDS", 0.5)
    with far_side(lambda connected, _: connected.sendall(said)) as elsewhere:
        response = client.post(place, {**entered(far, connect="1"), "api_url.other": elsewhere.origin})

    assert response.status_code == 422
    assert words in response.text
    assert Channel.objects.count() == 0


def refused_by(form: str) -> str:
    """What the page says at the Client Secret."""
    return form.partition('id="client_secret-error">')[2].partition("</p>")[0]


@pytest.mark.parametrize("way", ["test", "preview", "anyway"])
def test_a_stored_secret_goes_to_no_other_address(way: str, place: str, client: Client, far: RunningSimulator) -> None:
    client.post(place, entered(far, connect="1"))
    channel = Channel.objects.get()
    address = reverse("channel-settings", args=[channel.pk])

    with far_side(answer()) as elsewhere:
        moved = entered(far, client_secret="") | {"api_url.other": elsewhere.origin, way: "1"}
        page = client.post(address, moved)

    assert AGAIN in refused_by(page.text)
    assert elsewhere.requests == []
    assert Channel.objects.get().settings == channel.settings
    assert Channel.objects.get().version == channel.version


def test_a_secret_entered_for_one_address_is_not_tried_at_another(
    place: str, client: Client, far: RunningSimulator
) -> None:
    wrong = entered(far, customer_name="Nobody", test="1")
    client.post(place, wrong)

    with far_side(answer()) as elsewhere:
        page = client.post(place, wrong | {"client_secret": "", "api_url.other": elsewhere.origin})

    assert page.status_code == 422 and AGAIN in refused_by(page.text)
    assert "Entered already" not in page.text
    assert elsewhere.requests == []
    assert "Entered already" in client.post(place, wrong | {"client_secret": ""}).text


def test_a_secret_half_entered_for_a_new_address_goes_to_no_third(
    place: str, client: Client, far: RunningSimulator
) -> None:
    client.post(place, entered(far, connect="1"))
    address = reverse("channel-settings", args=[Channel.objects.get().pk])

    with far_side(answer()) as second, far_side(answer()) as third:
        client.post(address, entered(far, client_secret="new", test="1") | {"api_url.other": second.origin})
        calls = len(second.requests)
        page = client.post(address, entered(far, client_secret="", test="1") | {"api_url.other": third.origin})

    assert calls and len(second.requests) == calls and third.requests == []
    assert AGAIN in refused_by(page.text)


def test_a_secret_stays_with_its_address_and_moves_when_it_is_given(
    place: str, client: Client, far: RunningSimulator
) -> None:
    client.post(place, entered(far, connect="1"))
    address = reverse("channel-settings", args=[Channel.objects.get().pk])
    same = entered(far, client_secret="", tenant_id="7a1e0c52-3d4b-4c1a-9f60-2b5d8e714a01", anyway="1")
    assert client.post(address, same).status_code == 302

    moved = entered(far, client_secret="given-for-the-new-address", anyway="1") | {
        "api_url.other": "http://127.0.0.1:1"
    }
    assert client.post(address, moved).status_code == 302

    channel = Channel.objects.get()
    assert channel.settings["api_url"] == "http://127.0.0.1:1"
    assert channel.secret_notes["client_secret"]["tail"] == "ress"
