"""`dockline channel change`: whole or not at all, and secrets only for the address they were given for."""

import pytest
from typer.testing import CliRunner, Result

from dockline.domain.channels.models import Channel
from dockline.domain.channels.queries import get_connection
from dockline.interfaces.cli.commands import app
from tests.support.page_world import World, make_world

ELSEWHERE = "http://127.0.0.1:9"
COMPLETE = {
    "api_url": "http://127.0.0.1:1",
    "client_id": "an-id",
    "tenant_id": "7a1e0c52-3d4b-4c1a-9f60-2b5d8e714a01",
    "customer_name": "Juniper",
}


@pytest.fixture
def channel(db: None) -> Channel:
    world: World = make_world(plain_orders=0)
    Channel.objects.filter(pk=world.channel.pk).update(settings=COMPLETE)
    return Channel.objects.get(pk=world.channel.pk)


def change(channel: Channel, *settings: str, secret: str = "") -> Result:
    words = [word for setting in settings for word in ("--set", setting)]
    environment = {"DOCKLINE_SECRET_CLIENT_SECRET": secret}
    return CliRunner().invoke(app, ["channel", "change", str(channel.pk), *words], env=environment)


def test_a_stored_secret_goes_to_no_other_address(channel: Channel) -> None:
    refused = change(channel, f"api_url={ELSEWHERE}", "name=Moved")

    assert refused.exit_code == 2
    assert "Client Secret: A secret goes only to the address it was entered for" in refused.output
    assert "Set DOCKLINE_SECRET_CLIENT_SECRET in the environment" in refused.output
    kept = Channel.objects.get(pk=channel.pk)
    assert (kept.settings, kept.secrets, kept.name) == (COMPLETE, channel.secrets, channel.name)

    moved = change(channel, f"api_url={ELSEWHERE}", "name=Moved", secret="given-for-the-new-address")
    assert moved.exit_code == 0, moved.output
    kept = Channel.objects.get(pk=channel.pk)
    assert (kept.settings["api_url"], kept.name) == (ELSEWHERE, "Moved")
    assert kept.secret_notes["client_secret"]["tail"] == "ress"


@pytest.mark.parametrize(
    "setting", ["customer_name=Other", "api_url=http://127.0.0.1:1/", "api_url=HTTP://127.0.0.1:1"]
)
def test_at_the_same_address_it_stays(setting: str, channel: Channel) -> None:
    assert change(channel, setting).exit_code == 0
    assert Channel.objects.get(pk=channel.pk).secrets == channel.secrets


@pytest.mark.parametrize("wrong", ["tenant_id=wrong", "colour=blue", "client_secret=on-the-line"])
def test_a_change_is_made_whole_or_not_at_all(wrong: str, channel: Channel) -> None:
    refused = change(channel, "name=Moved", wrong)

    assert refused.exit_code == 2 and f"({wrong.partition('=')[0]})" in refused.output
    assert "on-the-line" not in refused.output
    kept = Channel.objects.get(pk=channel.pk)
    assert (kept.settings, kept.name, kept.version) == (COMPLETE, channel.name, channel.version)


def test_a_channel_whose_keys_are_lost_is_given_its_secret_anew(channel: Channel) -> None:
    Channel.objects.filter(pk=channel.pk).update(secrets={"client_secret": "sealed with a key that is gone"})

    refused = change(channel, "customer_name=Other")
    assert refused.exit_code == 2 and "Client Secret: Enter a value." in refused.output
    given = change(channel, secret="a secret of the same warehouse")

    assert given.exit_code == 0, given.output
    assert get_connection(channel.pk).unseal() == {"client_secret": "a secret of the same warehouse"}


def test_the_master_list_shows_the_certificates() -> None:
    cartoncloud, manual = CliRunner().invoke(app, ["channel", "connectors"]).output.split("manual  ")

    assert "  Sending: Exactly once:" in cartoncloud and "  Lots: Sent with purchase orders" in cartoncloud
    assert "  Sending: To nobody:" in manual and "Lots:" not in manual
