"""Syncs from programs: asked for, planned, applied, stopped, and refused with the words of the pages."""

import pytest
from django.test import Client
from django.urls import reverse

from dockline.domain.accounts.models import User
from dockline.domain.channels.models import Channel, Schedule
from dockline.domain.runs.models import PlanRow, Run
from tests.api.conftest import Program
from tests.support.page_world import USER, World


def test_a_sync_is_asked_for_and_followed(world: World, program: Program) -> None:
    asked = program.post(f"/channels/{world.channel.pk}/syncs", {"kind": "receive_inventory"})
    assert asked.status_code == 202, asked.text
    run = asked.json()
    assert (run["state"], run["mode"], run["cause"], run["plan"]) == ("waiting", "apply", "API key robot", {})
    again = program.post(f"/channels/{world.channel.pk}/syncs", {"kind": "receive_inventory"})
    assert again.json()["id"] == run["id"], "one waits already"
    assert program.get(f"/runs/{run['id']}").json() == run

    stopped = program.post(f"/runs/{run['id']}/stop")
    assert (stopped.status_code, stopped.json()["state"]) == (202, "stopped")
    late = program.post(f"/runs/{run['id']}/stop")
    assert (late.status_code, late.json()["code"]) == (409, "not_now")
    texts = [line["text"] for line in program.get(f"/runs/{run['id']}/log").json()["items"]]
    assert texts == ["API key robot asked it to stop."]


def test_a_plan_is_read_and_applied(world: World, program: Program) -> None:
    asked = program.post(f"/channels/{world.channel.pk}/syncs", {"kind": "receive_inventory", "plan": True})
    run_id = asked.json()["id"]
    assert (asked.status_code, asked.json()["mode"]) == (202, "plan")
    early = program.post(f"/runs/{run_id}/apply")
    assert (early.status_code, early.json()["code"]) == (409, "not_now")

    Run.objects.filter(pk=run_id).update(state="finished", plan_digest="d")
    rows = [PlanRow(run_id=run_id, action="change", subject=f"SKU-{n}", before="1", after="2") for n in range(3)]
    PlanRow.objects.bulk_create([*rows, PlanRow(run_id=run_id, action="create", subject="NEW", after="5")])
    assert program.get(f"/runs/{run_id}").json()["plan"] == {"change": 3, "create": 1}
    page = program.get(f"/runs/{run_id}/plan", action="change", limit=2).json()
    assert [row["subject"] for row in page["items"]] == ["SKU-0", "SKU-1"] and page["next_offset"] == 2
    assert program.get(f"/runs/{run_id}/plan", action="burn").json()["field"] == "action"

    applied = program.post(f"/runs/{run_id}/apply")
    assert applied.status_code == 202, applied.text
    assert (applied.json()["mode"], applied.json()["follows_id"]) == ("apply", run_id)


def test_the_log_is_read_on(world: World, program: Program) -> None:
    address = f"/runs/{world.finished_run.pk}/log"
    first = program.get(address, limit=3).json()["items"]
    rest = program.get(address, after=first[-1]["id"]).json()["items"]
    assert [line["level"] for line in (*first, *rest)] == ["info", "info", "warning", "error"]


@pytest.mark.parametrize(("is_master", "kind"), [(True, "export_products"), (False, "import_products")])
def test_the_master_product_source_is_kept_to_as_on_the_pages(
    world: World, program: Program, client: Client, is_master: bool, kind: str
) -> None:
    Channel.objects.filter(pk=world.channel.pk).update(is_product_master=is_master)
    refused = program.post(f"/channels/{world.channel.pk}/syncs", {"kind": kind})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_now")
    client.force_login(User.objects.get(username=USER))
    page = client.post(reverse("channel-sync", args=[world.channel.pk, kind]), follow=True)
    said = [str(message) for message in page.context["messages"]] if "messages" in page.context else []
    assert [refused.json()["message"]] == said
    listed = program.get(f"/channels/{world.channel.pk}/automations").json()["items"]
    assert next(row["refusal"] for row in listed if row["kind"] == kind) == refused.json()["message"]
    periods = program.send("PUT", f"/channels/{world.channel.pk}/automations", {"periods": {kind: 3600}})
    assert (periods.status_code, periods.json()["message"]) == (409, refused.json()["message"])
    assert not Run.objects.filter(kind=kind).exists()


def test_a_channel_that_rests_takes_no_sync(world: World, program: Program) -> None:
    refused = program.post(f"/channels/{world.paused.pk}/syncs", {"kind": "receive_inventory"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_now")


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "kind"), ({"kind": "burn"}, "kind"), ({"kind": "receive_inventory", "pln": True}, "pln")],
)
def test_a_sync_that_cannot_be_is_named(world: World, program: Program, body: object, field: str) -> None:
    runs = Run.objects.count()
    response = program.post(f"/channels/{world.channel.pk}/syncs", body)
    assert (response.status_code, response.json()["field"]) == (422, field)
    assert Run.objects.count() == runs


def test_periods_are_set_all_or_none(world: World, program: Program) -> None:
    address = f"/channels/{world.channel.pk}/automations"

    def own() -> dict[str, int | None]:
        return {row["kind"]: row["own_seconds"] for row in program.get(address).json()["items"]}

    set_ = program.send("PUT", address, {"periods": {"receive_inventory": 300, "export_products": 0}})
    assert set_.status_code == 200, set_.text
    assert (own()["receive_inventory"], own()["export_products"]) == (300, 0)
    before = (own(), list(Schedule.objects.order_by("id").values()))
    for periods in (
        {"receive_inventory": None, "receive_shipments": 7},
        {"receive_inventory": -1},
        {"receive_inventory": 2**40},
        {"import_orders": 60},
        {"burn": 60},
    ):
        refused = program.send("PUT", address, {"periods": periods})
        assert refused.status_code == 422 and refused.json()["field"], refused.text
        assert (own(), list(Schedule.objects.order_by("id").values())) == before
    late = program.send("PUT", address, {"periods": {"receive_inventory": 900}, "was": {"receive_inventory": None}})
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert own() == before[0]
    assert program.send("PUT", address, {"periods": {"receive_inventory": None}}).status_code == 200
    assert own()["receive_inventory"] is None
