"""The three views of a channel that hold settings: what is shown, previewed, saved, refused, and written to history."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dockline.domain.channels.models import Channel
from dockline.domain.channels.queries import get_channel
from dockline.domain.channels.rules import ChannelId
from dockline.domain.history.models import Event
from dockline.flows import webhooks
from tests.support.page_world import World

VIEWS = ("channel", "channel-advanced", "channel-settings", "channel-carriers", "channel-skus", "channel-references")
ADVANCED = {
    "backorder_mode": "hub",
    "size_unit": "cm",
    "weight_unit": "kg",
    "product_description": "variant",
    "carrier": "error",
    "recipient": "warning",
    "address": "warning",
    "phone": "warning",
    "email": "warning",
    "lot": "warning",
    "surplus": "error",
    "settle_seconds": "600",
}
TEXTS = {
    "nothing": "",
    "spaces": "   ",
    "too long": "x" * 10_000,
    "a control character": "Syd\x07ney",
    "a mark that turns the reading direction": "Syd\u202eney",
    "a script": "<script>alert(1)</script>",
    "a formula": "=1+1",
}


def save(operator: Client, world: World, view: str, **entered: Any) -> Any:
    """Post a view's form with what a person entered."""
    channel = Channel.objects.get(pk=world.channel.pk)
    return operator.post(reverse(view, args=[channel.pk]), {"version": channel.version, **entered})


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_has_an_address_and_few_queries(
    view: str, operator: Client, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    # A dozen, and one for the frame: whether sending is stopped.
    with django_assert_max_num_queries(12):
        page = operator.get(reverse(view, args=[world.channel.pk])).text

    assert page.count('aria-current="page"') == 2
    for label in ("Main", "Advanced", "Channel Settings", "Carrier Mappings", "SKU Mappings", "Reference Mappings"):
        assert f">{label}" in page


def test_each_choice_states_its_default_and_a_locked_one_its_reason(operator: Client, world: World) -> None:
    page = operator.get(reverse("channel-advanced", args=[world.channel.pk])).text
    by_hand = operator.get(reverse("channel-advanced", args=[world.by_hand.pk])).text

    stated = dict(re.findall(r'id="(\w+)-help">[^<]* Default: ([^<]*)\.</p>', page))
    assert set(stated) == {*ADVANCED, "partial_backorder", "suppress_personal", "pass_lots"}
    assert (stated["backorder_mode"], stated["pass_lots"]) == ("Manage in Dockline", "off")
    assert (stated["carrier"], stated["phone"], stated["settle_seconds"]) == ("Error", "Warning", "600 seconds")
    assert "reports no stock" in by_hand and "Default: Manage in Dockline" not in by_hand


def test_a_name_is_changed_and_history_says_so(operator: Client, world: World) -> None:
    old = world.channel.name
    webhooks.open_endpoint(world.channel.pk, actor="Ada", now=timezone.now())

    response = save(operator, world, "channel", name="Sydney North", automation_mode="webhook")

    assert response.status_code == 302
    channel = get_channel(ChannelId(world.channel.pk))
    assert (channel.name, channel.automation_mode, channel.version) == ("Sydney North", "webhook", 2)
    page = operator.get(response.headers["Location"]).text
    assert f"<del>{old}</del> <ins>Sydney North</ins>" in page
    event = Event.objects.get(subject_kind="channel", subject_id=channel.id, detail__field="name")
    assert (event.actor, event.detail["from"], event.detail["to"]) == ("operator", old, "Sydney North")


def test_what_would_change_is_listed_before_it_is_saved(operator: Client, world: World) -> None:
    address = reverse("channel-advanced", args=[world.channel.pk])
    entered = {**ADVANCED, "pass_lots": "on", "product_description": "product_variant", "preview": "1"}

    listed = operator.post(address, entered, headers={"HX-Request": "true"}).text
    without_script = operator.post(address, entered).text

    for answer in (listed, without_script):
        assert "2 changes" in answer
        assert "Lot/Serial Number Pass-Through <del>off</del> <ins>on</ins>" in answer
    assert "<html" not in listed
    assert Channel.objects.get(pk=world.channel.pk).pass_lots is False


def test_two_people_at_once_are_told_and_nothing_is_overwritten(operator: Client, world: World) -> None:
    stale = {"version": world.channel.version, "was.name": world.channel.name, "was.automation_mode": "recurring"}
    save(operator, world, "channel", name="Theirs", automation_mode="recurring")

    response = operator.post(
        reverse("channel", args=[world.channel.pk]), {**stale, "name": world.channel.name, "automation_mode": "webhook"}
    )

    assert response.status_code == 409
    assert "Somebody else changed these settings" in response.text
    assert "→ Theirs." in response.text
    assert 'value="Theirs"' in response.text
    channel = Channel.objects.get(pk=world.channel.pk)
    assert (channel.name, channel.automation_mode) == ("Theirs", "recurring")
    assert f'name="version" value="{channel.version}"' in response.text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_name_that_is_none_is_refused_in_words(text: str, operator: Client, world: World) -> None:
    response = save(operator, world, "channel", name=text, automation_mode="recurring")

    assert response.status_code == 422
    assert 'id="name-error"' in response.text
    assert "<script>alert(1)" not in response.text
    assert Channel.objects.get(pk=world.channel.pk).name == world.channel.name


@pytest.mark.parametrize("name", list(ADVANCED))
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_choice_that_is_none_is_refused_in_words(name: str, text: str, operator: Client, world: World) -> None:
    before = Channel.objects.values().get(pk=world.channel.pk)

    response = save(operator, world, "channel-advanced", **{**ADVANCED, name: text})

    assert response.status_code == 422
    assert f'id="{name}-error"' in response.text
    assert Channel.objects.values().get(pk=world.channel.pk) == before


@pytest.mark.parametrize(
    ("name", "text", "mend"),
    [
        ("tenant_id", "not-a-uuid", "Enter an identifier such as"),
        ("tenant_id", "", "Enter"),
        ("client_id", "<script>alert(1)</script>", "Some of these characters cannot be part of it."),
        ("client_id", "a b", "Some of these characters cannot be part of it."),
        ("client_id", "x" * 10_000, "Use at most 200 characters."),
        ("client_secret", "s" * 10_000, "Use at most 500 characters."),
        ("client_secret", "s\x00s", "Take out the invisible character U+0000."),
        ("customer_name", "", "Enter a value."),
        ("customer_name", "Na\u202eme", "Take out the invisible character U+202E."),
        ("warehouse_name", "x" * 10_000, "Use at most 200 characters."),
        ("customer_id", "7", "Enter an identifier such as"),
        ("orders_per_minute", "many", "Enter a whole number."),
        ("orders_per_minute", "-1", "Enter 0 or more."),
        ("overlap_minutes", "99999", "Enter 1440 or less."),
        ("api_url.other", "ftp://elsewhere", "Enter an address such as"),
        ("api_url.other", "https://10.0.0.1", "none of the known addresses"),
        ("api_url.other", "https://wms.example.com", "none of the known addresses"),
        ("api_url.other", "https://api.cartoncloud.com/path", "without a path"),
        ("api_url.other", "http://api.cartoncloud.com", "must begin with https://"),
    ],
)
def test_a_connection_that_cannot_be_is_refused_at_its_field(
    name: str, text: str, mend: str, operator: Client, world: World
) -> None:
    right = {
        "api_url": "other",
        "api_url.other": "http://127.0.0.1:9",
        "client_id": "an-id",
        "client_secret": "a secret of a certain length",
        "tenant_id": "7a1e0c52-3d4b-4c1a-9f60-2b5d8e714a01",
        "customer_name": "Juniper",
    }
    before = Channel.objects.values().get(pk=world.channel.pk)

    response = save(operator, world, "channel-settings", **{**right, name: text, "anyway": "1"})

    assert response.status_code == 422
    assert mend in response.text
    assert f'id="{name.partition(".")[0]}-error"' in response.text
    assert Channel.objects.values().get(pk=world.channel.pk) == before


def test_a_disabled_channel_can_be_enabled(operator: Client, world: World) -> None:
    operator.post(reverse("channel-disable", args=[world.channel.pk]))
    page = operator.get(reverse("channel", args=[world.channel.pk])).text
    assert "This channel is disabled" in page
    assert Channel.objects.get(pk=world.channel.pk).state == "disabled"

    operator.post(reverse("channel-enable", args=[world.channel.pk]))

    assert Channel.objects.get(pk=world.channel.pk).state == "active"


def test_deleting_says_what_goes_and_what_stays_and_is_undone(operator: Client, world: World) -> None:
    address = reverse("channel-delete", args=[world.channel.pk])
    page = operator.get(address).text
    assert "What goes" in page and "What stays" in page
    assert Channel.objects.get(pk=world.channel.pk).deleted_at is None

    operator.post(address)

    listed = operator.get(reverse("channels")).text
    assert "Deleted, can be restored" in listed
    assert "This channel is deleted" in operator.get(reverse("channel", args=[world.channel.pk])).text
    assert save(operator, world, "channel", name="Ghost", automation_mode="recurring").status_code == 422
    operator.post(reverse("channel-restore", args=[world.channel.pk]))
    channel = Channel.objects.get(pk=world.channel.pk)
    assert (channel.state, channel.deleted_at, channel.name) == ("active", None, world.channel.name)


def test_the_master_list_has_a_row_for_each_connector(operator: Client) -> None:
    page = operator.get(reverse("connectors")).text

    for words in ("CartonCloud", "Worked by hand", "Suppress PII", "Partial Backorder", "Lot #", "No Register"):
        assert words in page


def test_the_master_list_shows_the_certificates(operator: Client) -> None:
    page = operator.get(reverse("connectors")).text
    cartoncloud, manual = (page.split(f"Certificate: {label}")[1] for label in ("CartonCloud", "Worked by hand"))

    for words in ("Exactly once:", "Sent with purchase orders, received with stock.", "The warehouse decides:"):
        assert words in cartoncloud.split("</dl>")[0]
    assert "A call waits 30 seconds at most" in cartoncloud.split("</dl>")[0]
    assert "with a simulator, not yet with the system itself." in cartoncloud.split("</dl>")[0]
    assert "To nobody:" in manual and "Lots" not in manual.split("</dl>")[0]
