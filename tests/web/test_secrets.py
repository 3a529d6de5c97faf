"""Secrets go through everything there is and are looked for in all that is kept or shown: nowhere are they found."""

import base64
import json
import logging
import re
from collections import Counter, deque
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from django.db import connection as database
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from dockline.domain.accounts.models import User
from dockline.domain.channels import queries as channels
from dockline.domain.channels.models import Channel, StoredText
from dockline.domain.exchanges.models import Call
from dockline.domain.issues.models import Issue
from dockline.domain.runs.rules import RunKind
from dockline.flows import api_keys, connection, sync
from dockline.flows import webhooks as webhook_flow
from dockline.interfaces.api.urls import api
from dockline.interfaces.cli.commands import app
from dockline.kit import clock
from dockline.kit.queue import port as queue
from tests.support.hub import Hub, hub_with_cartoncloud

ACCOUNT = "BLUEGUM-PANTRY"
MOST_OF_A_KIND = 4
COMMANDS = (
    "channel test {channel}",
    "channel connectors",
    "channel change {channel} --set colour=blue",
    "mappings export {channel} skus",
    "mappings export {channel} carriers",
    "mappings export {channel} references",
    "carriers export {account}",
    "products export {account}",
    "key list",
    "status",
    "check",
)


@pytest.fixture
def hub(transactional_db: None) -> Iterator[Hub]:
    with hub_with_cartoncloud() as found:
        yield found


def test_no_secret_is_found_anywhere(
    hub: Hub, client: Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    client.force_login(User.objects.create_user("mei", password="a long enough password"))
    secrets = lead_a_life(hub, client, tmp_path)
    tables = read_tables()

    shown = {
        **crawl(client),
        **ask_everything(hub, secrets["the key of a program"]),
        **run_commands(hub),
        "the log": caplog.text,
        "what was printed": "".join(capfd.readouterr()),
        **tables,
    }

    wanted = (
        "/channels/1/skus/export/",
        "/carriers/export/",
        "/channels/1/settings/",
        "/runs/",
        "/orders/",
        "/issues/",
    )
    for address in wanted:
        assert any(address in re.sub(r"\d+", "1", place) for place in shown), f"{address} was not looked at"
    assert {"channels_channel", "exchanges_call", "history_event", "issues_issue", "procrastinate_jobs"} <= set(tables)
    assert Call.objects.exists() and Issue.objects.exists()
    assert find(secrets, shown) == []


def test_a_secret_would_be_found() -> None:
    secrets = {"it": "a secret/with signs"}
    shown = {"plain": "x a secret/with signs x", "quoted": "a%20secret%2Fwith%20signs", "none": "a secret"}
    assert find(secrets, shown) == [("it", "plain"), ("it", "quoted")]


def find(secrets: dict[str, str], shown: dict[str, str]) -> list[tuple[str, str]]:
    """Which secret is found in which place, however it is written."""
    return [
        (name, place)
        for name, secret in secrets.items()
        for place, text in shown.items()
        if any(one in text for one in {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]})
    ]


def lead_a_life(hub: Hub, client: Client, folder: Path) -> dict[str, str]:
    """Have every secret used, refused, echoed, replaced and rotated; return them all."""
    assert hub.far is not None
    now = clock.now()
    first = hub.far.client_secret
    hub.stock(MUG=9)
    hub.order("SO-1", MUG=2)
    words = ["purchase", "add", "PO-1", "--account", ACCOUNT, "--warehouse", "Brisbane", "--line", "MUG=3"]
    assert CliRunner().invoke(app, words).exit_code == 0
    hub.work()
    hub.receive()
    key = webhook_flow.open_endpoint(hub.channel_id, actor="mei", now=now)
    program = api_keys.add_key(name="robot", account_id=hub.account_id, actor="mei", now=now).key
    token = StoredText.objects.get(key__contains="token").key
    held = channels.find_text(hub.channel_id, key=token, now=now)
    assert held is not None

    settings = reverse("channel-settings", args=[hub.channel_id])
    half = {**Channel.objects.get().settings, "client_secret": "half-entered-and-left-behind", "customer_name": "No"}
    client.post(settings, {name: str(value) for name, value in half.items() if value is not None} | {"test": "1"})
    assert client.session["held_secrets"], "it is kept, sealed, for the person to go on"
    table = folder / "skus.csv"
    table.write_text("sku,channel_sku\nMUG,CC-MUG\n")
    CliRunner().invoke(app, ["mappings", "import", str(hub.channel_id), "skus", str(table)])
    table.write_text("sku,channel_sku\nNOPE,x\n")
    with table.open("rb") as file:
        client.post(reverse("channel-mapping-plan-new", args=[hub.channel_id, "skus"]), {"file": file})

    second = hub.far.control.post(f"/clients/{hub.far.client_id}/rotate")["secret"]
    connection.change_values(hub.channel_id, values={"client_secret": second}, actor="mei", now=now)
    connection.change_values(
        hub.channel_id, values={"client_secret": "one-that-is-refused-there"}, actor="mei", now=now
    )
    basic = base64.b64encode(f"{hub.far.client_id}:one-that-is-refused-there".encode()).decode()
    said = f"You sent one-that-is-refused-there as {basic}, after {first} and {second}"
    body = json.dumps([{"message": said, "code": "OTHER_ERROR"}])
    echo = {"operation": "token", "do": "status", "status": 401, "body": body, "headers": {}}
    hub.far.control.post("/faults", {"script": [echo, echo, echo]})
    sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.RECEIVE_INVENTORY, actor="mei", now=now)
    hub.work()
    queue.wake("outbound.export", hub.channel_id)
    return {
        "the key of a program": program,
        "the key of the webhooks": key,
        "the token they gave": held,
        "the refused secret": "one-that-is-refused-there",
        "the refused secret as it is sent": basic,
        "the half-entered secret": "half-entered-and-left-behind",
        "the secret at first": first,
        "the secret after it": second,
    }


def crawl(client: Client) -> dict[str, str]:
    """Pages and files of every kind that links lead to from home; a few of each, for one template draws them all."""
    seen: dict[str, str] = {}
    met: Counter[tuple[str, ...]] = Counter()
    ahead = deque([reverse("home")])
    while ahead:
        address = ahead.popleft()
        parts = urlsplit(address)
        kind = (re.sub(r"\d+", "1", parts.path), *sorted(name for name, _ in parse_qsl(parts.query)))
        if address in seen or address.startswith("/static/") or met[kind] == MOST_OF_A_KIND:
            continue
        met[kind] += 1
        answer = client.get(address)
        seen[address] = answer.content.decode() + str(answer.headers)
        if answer.headers["Content-Type"].startswith("text/html"):
            ahead += [unescape(link).partition("#")[0] for link in re.findall(r'href="(/[^"]*)"', seen[address])]
    return seen


def ask_everything(hub: Hub, key: str) -> dict[str, str]:
    """Every answer of the REST API to GET."""
    ids = {"channel_id": hub.channel_id, "account_id": hub.account_id, "key": "cartoncloud", "kind": "skus"}
    client, seen = Client(headers={"Authorization": f"Bearer {key}"}), {}
    described: Any = api.get_openapi_schema()
    for path, methods in described["paths"].items():
        if "get" in methods:
            address = re.sub(r"{(\w+)}", lambda found: str(ids.get(found[1], 1)), path)
            number = "PO-1" if "purchase" in address else "SO-1"
            needed = {"number": number, "lot": "L1", "sku": "MUG", "warehouse_id": hub.warehouse_id}
            names = [one["name"] for one in methods["get"].get("parameters", []) if one.get("required")]
            answer = client.get(address, {name: needed[name] for name in names if name in needed})
            assert answer.status_code == 200 or address != path, f"{address}: {answer.text}"
            seen[f"GET {address}"] = answer.text
    posted = client.post(f"/api/channels/{hub.channel_id}/test")
    return {**seen, "POST test": posted.text}


def run_commands(hub: Hub) -> dict[str, str]:
    """What the terminal says."""
    runner, seen = CliRunner(), {}
    for command in COMMANDS:
        words = [word.format(channel=hub.channel_id, account=ACCOUNT) for word in command.split()]
        answer = runner.invoke(app, words)
        seen[f"dockline {command}"] = f"{answer.output}{answer.exception!r}"
    return seen


def read_tables() -> dict[str, str]:
    """Every table of the database as COPY gives it, whether a model stands for it or not."""
    with database.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [name for (name,) in cursor.fetchall()]
        seen = {}
        for name in names:
            with cursor.copy(f'COPY "{name}" TO STDOUT') as rows:
                seen[name] = b"".join(bytes(row) for row in rows).decode()
    return seen
