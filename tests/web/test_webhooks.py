"""The webhooks of a channel on its page and from the terminal: shown, made, replaced; the key once."""

import re

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from typer.testing import CliRunner

from dockline.domain.history.models import Event
from dockline.domain.webhooks.models import Endpoint
from dockline.flows.webhooks import Call, Presented, take_calls
from dockline.interfaces.cli.commands import app
from tests.support.page_world import World


def main_of(operator: Client, world: World) -> str:
    return str(operator.get(reverse("channel", args=[world.channel.pk])).text)


def key_in(page: str) -> str:
    found = re.search(r'data-copy="([\w-]{43})"', page)
    assert found is not None
    return found[1]


def is_let_in(address: str, key: str) -> bool:
    """Call as the web server does, in our own transaction; tests/flows/test_webhooks.py calls over the wire."""
    _, _, token, kind = address.split("/")
    presented = Presented(headers={"authorization": f"Bearer {key}"}, query={})
    (taken,) = take_calls([Call(token, kind, presented, b'{"id": "o-1"}')], now=timezone.now())
    return taken.problem is None


def test_the_key_is_shown_once_with_what_to_ask_for(operator: Client, world: World) -> None:
    page = main_of(operator, world)
    assert "Nobody can call this channel yet" in page
    assert "Make the address and the key for webhooks first." in page

    made = operator.post(reverse("channel-webhooks", args=[world.channel.pk]))

    key = key_in(made.text)
    assert made.headers["Cache-Control"] == "no-store"
    assert f"Authorization: Bearer {key}" in made.text
    page = main_of(operator, world)
    assert key not in page and key[-4:] in page and "No call has come yet" in page
    (address,) = set(re.findall(r"http://testserver(/hooks/[\w-]{43}/outbound-orders)", page))
    assert is_let_in(address, key)
    assert not is_let_in(address, "wrong")
    page = main_of(operator, world)
    assert "1 in all, 1 of them answered and not acted upon" in page
    assert "The key was missing or wrong." in page
    assert Event.objects.get(kind="channel.webhooks").actor == "operator"
    calls = operator.get(reverse("channel-webhooks", args=[world.channel.pk])).text
    assert "outbound-orders o-1" in calls and "not acted upon" in calls


def test_a_replaced_key_is_another_and_the_former_is_said_to_work(operator: Client, world: World) -> None:
    address = reverse("channel-webhooks", args=[world.channel.pk])
    first = key_in(operator.post(address).text)
    second = key_in(operator.post(address, {"key": "1"}).text)
    assert first != second
    page = main_of(operator, world)
    assert second[-4:] in page and "the former one works until" in page
    token = Endpoint.objects.get().token_digest
    operator.post(address, {"address": "1"})
    assert Endpoint.objects.get().token_digest != token
    assert "the former one works until" not in main_of(operator, world)


def test_a_warehouse_without_a_system_cannot_be_called(operator: Client, world: World) -> None:
    page = operator.get(reverse("channel", args=[world.by_hand.pk])).text
    assert 'id="webhooks"' not in page and "cannot call us" in page
    answer = operator.post(reverse("channel-webhooks", args=[world.by_hand.pk]), follow=True)
    assert "cannot call us" in answer.text and not Endpoint.objects.exists()


def test_webhook_mode_is_refused_until_it_can_work(operator: Client, world: World) -> None:
    result = CliRunner().invoke(app, ["channel", "change", str(world.channel.pk), "--set", "automation_mode=webhook"])
    assert result.exit_code == 2 and "address and the key" in result.stderr
    world.channel.refresh_from_db()
    assert world.channel.automation_mode == "recurring"


def test_the_terminal_shows_and_replaces(world: World) -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["channel", "webhook", words[0], str(world.channel.pk), *words[1:]])
        assert result.exit_code == 0, result.output
        return result.output

    refused = CliRunner().invoke(app, ["channel", "webhook", "show", str(world.channel.pk)])
    assert refused.exit_code == 2
    made = run("replace", "--server", "https://hub.example/")
    found = re.search(r"shown this once: ([\w-]{43})\n", made)
    assert found is not None and f"Authorization: Bearer {found[1]}" in made
    (path,) = re.findall(r"https://hub\.example(/hooks/[\w-]{43}/consignments)", made)
    assert is_let_in(path, found[1])
    shown = run("show")
    assert found[1] not in shown and found[1][-4:] in shown and path in shown
    assert "1 calls, 1 of them not acted upon" in shown
    assert found[1] not in run("replace") and is_let_in(path, found[1])
    run("replace", "--at-once")
    assert not is_let_in(path, found[1])
