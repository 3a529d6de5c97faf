"""Who may ask: a key opens its account and nothing else, until it is revoked."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from typer.testing import CliRunner

from dockline.domain.accounts.models import ApiKey
from dockline.domain.history.models import Event
from dockline.domain.purchases.models import PurchaseOrder
from dockline.flows import api_keys
from dockline.interfaces.api.urls import api
from dockline.interfaces.cli import commands
from tests.api.conftest import Program, make_program, place_purchase
from tests.support.page_world import World

runner = CliRunner()


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer nonsense", "Bearer dk_nonsense", "Basic dXNlcjpw", "dk_"]
)
def test_without_a_key_nothing_opens(world: World, client: Client, header: str | None) -> None:
    response = client.get("/api/accounts", headers={} if header is None else {"Authorization": header})
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_every_operation_asks_for_the_key(world: World, client: Client) -> None:
    description = client.get("/api/openapi.json").json()
    assert description["openapi"] == "3.1.0"
    asked = [(path, method) for path, methods in description["paths"].items() for method in methods]
    assert len(asked) > 30
    for path, method in asked:
        address = re.sub(r"\{[^}]*\}", str(world.channel.pk), path)
        response = client.generic(method.upper(), address, "{}", content_type="application/json")
        assert response.status_code == 401, (method, path)
        refusals = description["paths"][path][method]["responses"]
        assert refusals["404"]["content"]["application/json"]["schema"]["$ref"].endswith("/Error"), (method, path)


def test_a_revoked_key_opens_nothing(program: Program) -> None:
    assert program.get("/accounts").status_code == 200
    api_keys.revoke_key("robot", actor="a test", now=timezone.now())
    assert program.get("/accounts").status_code == 401


def test_a_key_is_kept_as_its_digest_and_its_use_is_noted(program: Program) -> None:
    row = ApiKey.objects.get()
    assert program.key not in {str(value) for value in vars(row).values()} and program.key.startswith(row.hint)
    assert row.used_at is None
    program.get("/accounts")
    row.refresh_from_db()
    first = row.used_at
    program.get("/accounts")
    row.refresh_from_db()
    assert first is not None and row.used_at == first, "not written again at once"
    ApiKey.objects.update(used_at=first - timedelta(hours=1))
    program.get("/accounts")
    row.refresh_from_db()
    assert row.used_at is not None and row.used_at >= first


def test_what_belongs_to_another_account_is_not_there(world: World) -> None:
    stranger = make_program(world.tidewater.pk)
    channel, run, order = world.channel.pk, world.finished_run.pk, world.shipped.pk
    purchase = place_purchase(world)
    for method, address in (
        ("GET", f"/channels/{channel}"),
        ("PATCH", f"/channels/{channel}"),
        ("DELETE", f"/channels/{channel}"),
        ("POST", f"/channels/{channel}/test"),
        ("POST", f"/channels/{channel}/syncs"),
        ("GET", f"/channels/{channel}/automations"),
        ("PUT", f"/channels/{channel}/automations"),
        ("GET", f"/channels/{channel}/mappings/skus"),
        ("PUT", f"/channels/{channel}/mappings/skus"),
        ("DELETE", f"/channels/{channel}/mappings/skus?sku=MUG-1"),
        ("GET", f"/runs/{run}"),
        ("GET", f"/runs/{run}/plan"),
        ("GET", f"/runs/{run}/log"),
        ("POST", f"/runs/{run}/apply"),
        ("POST", f"/runs/{world.live_run.pk}/stop"),
        ("GET", f"/purchase-orders/{purchase}"),
        ("POST", f"/purchase-orders/{purchase}/approve"),
        ("POST", f"/purchase-orders/{purchase}/cancel"),
        ("GET", "/purchase-orders/by-number?number=PO-1"),
        ("GET", f"/sales-orders/{order}"),
        ("POST", f"/sales-orders/{order}/cancel"),
        ("GET", "/sales-orders/by-number?number=SO-1"),
        ("GET", f"/sales-orders/by-number?number=SO-1&account_id={world.juniper.pk}"),
    ):
        body = {
            "PATCH": {"version": 1},
            "PUT": {"periods": {}} if "automations" in address else {"rows": [{"sku": "MUG-1", "channel_sku": "M"}]},
        }.get(method, {"kind": "receive_inventory"})
        response = stranger.send(method, address, body)
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), (method, address, response.text)
    world.channel.refresh_from_db()
    world.live_run.refresh_from_db()
    assert PurchaseOrder.objects.get().status == "draft"
    assert world.channel.deleted_at is None and not world.live_run.stop_asked


def test_another_accounts_rows_are_in_no_list(world: World, overseer: Program) -> None:
    stranger = make_program(world.tidewater.pk)
    place_purchase(world)
    assert stranger.get("/purchase-orders").json()["items"] == []
    assert len(overseer.get("/purchase-orders").json()["items"]) == 1
    for address in ("/channels", "/runs", "/sales-orders", "/inventory", "/issues", "/accounts"):
        own = {str(row) for row in stranger.get(address).json()["items"]}
        everything = {str(row) for row in overseer.get(address).json()["items"]}
        assert own < everything, address
        assert "Juniper" not in str(own)


def test_a_signed_in_person_is_no_program(world: World, client: Client) -> None:
    client.login(username="operator", password="a long enough password")
    assert client.get("/").status_code == 200
    assert client.get("/api/accounts").status_code == 401
    assert client.post("/api/sales-orders", {}, content_type="application/json").status_code == 401


def test_addresses_and_methods_that_are_not_there(program: Program) -> None:
    assert program.get("/nothing").json() == {
        "code": "not_found",
        "message": "There is no such address.",
        "field": "",
    }
    assert program.get("/").status_code == 404
    response = program.send("DELETE", "/accounts")
    assert (response.status_code, response.json()["code"], response.headers["Allow"]) == (
        405,
        "method_not_allowed",
        "GET",
    )
    assert program.get("/channels/1/test").json()["code"] == "method_not_allowed"


def test_a_fault_of_ours_tells_nothing(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(**_: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr("dockline.interfaces.api.places.warehouses.list_warehouses", break_down)
    response = program.get("/warehouses")
    assert (response.status_code, response.json()["code"]) == (500, "fault")
    assert "swordfish" not in response.text


def test_keys_are_made_listed_and_revoked_in_the_terminal(world: World, client: Client) -> None:
    made = runner.invoke(commands.app, ["key", "add", "shop", "--account", "JUNIPER-OAK"])
    assert made.exit_code == 0
    (key,) = re.findall(r"dk_[\w-]+", made.output)
    asked = client.get("/api/accounts", headers={"Authorization": f"Bearer {key}"})
    assert [row["name"] for row in asked.json()["items"]] == ["Juniper & Oak"]
    listed = runner.invoke(commands.app, ["key", "list"]).output
    assert "shop" in listed and key not in listed
    assert runner.invoke(commands.app, ["key", "add", "shop"]).exit_code == 2, "the name is taken"
    assert runner.invoke(commands.app, ["key", "add", " "]).exit_code == 2
    assert runner.invoke(commands.app, ["key", "add", "other", "--account", "nobody"]).exit_code == 2
    assert ApiKey.objects.count() == 1
    assert runner.invoke(commands.app, ["key", "revoke", "shop"]).exit_code == 0
    assert runner.invoke(commands.app, ["key", "revoke", "shop"]).exit_code == 2
    assert client.get("/api/accounts", headers={"Authorization": f"Bearer {key}"}).status_code == 401
    told = Event.objects.filter(kind__startswith="key.").order_by("id")
    assert [event.sentence for event in told] == ["API key shop added.", "API key shop revoked."]
    assert runner.invoke(commands.app, ["key", "add", "shop"]).exit_code == 0, "the name is free again"


def test_the_description_names_every_resource() -> None:
    paths = api.get_openapi_schema(path_prefix="/api/")["paths"]
    assert {path.split("/")[2] for path in paths} == {
        "accounts",
        "warehouses",
        "connectors",
        "products",
        "channels",
        "runs",
        "sales-orders",
        "purchase-orders",
        "inventory",
        "issues",
        "tables",
        "lots",
    }
