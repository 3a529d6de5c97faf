"""Lists: paged, filtered, and as many queries for many rows as for one."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dockline.domain.channels.models import Channel
from dockline.domain.inventory.models import Level
from dockline.domain.products.models import Variant
from dockline.domain.warehouses.models import AccountWarehouse, Warehouse
from tests.api.conftest import Program
from tests.support.page_world import SECRET, World

LISTS = ("/accounts", "/warehouses", "/channels", "/runs", "/sales-orders", "/inventory", "/issues")


def copy(row: Any, **changes: Any) -> Any:
    """Store the row once more."""
    row = type(row).objects.get(pk=row.pk)
    row.pk, row._state.adding = None, True
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()
    return row


def multiply(world: World, times: int) -> None:
    for number in range(times):
        warehouse = Warehouse.objects.create(
            organization=world.juniper.organization, code=f"W{number}", name=f"Warehouse {number}"
        )
        AccountWarehouse.objects.create(account=world.juniper, warehouse=warehouse)
        copy(world.juniper, code=f"J{number}")
        copy(world.channel, warehouse=warehouse)
        copy(world.finished_run)
        copy(world.refusal, subject_id=90_000 + number)
        order = copy(world.shipped, number=f"COPY-{number}")
        copy(world.shipped.lines.get(), order=order)
        Level.objects.create(
            warehouse=warehouse, variant=Variant.objects.get(sku="MUG-1"), on_hand=1, free=1, as_of=order.placed_at
        )


@pytest.mark.parametrize("address", LISTS)
def test_many_rows_take_no_more_queries_than_few(world: World, overseer: Program, address: str) -> None:
    overseer.get(address)
    with CaptureQueriesContext(connection) as few:
        before = len(overseer.get(address, limit=200).json()["items"])
    multiply(world, 7)
    with CaptureQueriesContext(connection) as many:
        after = len(overseer.get(address, limit=200).json()["items"])
    assert after == before + 7
    assert len(many) == len(few), [query["sql"] for query in many.captured_queries]


@pytest.mark.parametrize("address", LISTS)
def test_pages_make_up_the_list(world: World, overseer: Program, address: str) -> None:
    multiply(world, 2)
    whole = overseer.get(address, limit=200).json()
    assert whole["next_offset"] is None and len(whole["items"]) > 3
    pages, offset = [], 0
    while offset is not None:
        page = overseer.get(address, limit=2, offset=offset).json()
        assert 1 <= len(page["items"]) <= 2
        pages += page["items"]
        offset = page["next_offset"]
    assert pages == whole["items"]
    assert overseer.get(address, offset=1_000_000).json() == {"items": [], "next_offset": None}


@pytest.mark.parametrize(("name", "value"), [("limit", 0), ("limit", 201), ("limit", "x"), ("offset", -1)])
@pytest.mark.parametrize("address", LISTS)
def test_a_page_has_bounds(program: Program, address: str, name: str, value: object) -> None:
    response = program.get(address, **{name: value})
    assert (response.status_code, response.json()["field"]) == (422, name)


@pytest.mark.parametrize("address", [*LISTS, "/sales-orders/by-number", "/connectors"])
def test_a_mistyped_parameter_is_named(program: Program, address: str) -> None:
    response = program.get(address, limt=5)
    assert (response.status_code, response.json()["code"], response.json()["field"]) == (422, "invalid", "limt")


def test_a_parameter_is_given_once(program: Program) -> None:
    response = program.get("/sales-orders", limit=[1, 2])
    assert (response.status_code, response.json()["field"]) == (422, "limit")


@pytest.mark.parametrize("address", ["/channels/{channel}", "/runs/{run}", "/connectors/manual"])
def test_what_takes_no_parameter_names_those_it_is_given(world: World, program: Program, address: str) -> None:
    address = address.format(channel=world.channel.pk, run=world.finished_run.pk)
    assert program.get(address).status_code == 200
    response = program.get(address, dry_run="true")
    assert (response.status_code, response.json()["code"], response.json()["field"]) == (422, "invalid", "dry_run")


def test_lists_are_narrowed(world: World, program: Program) -> None:
    def numbers(**wanted: object) -> list[str]:
        return [row["number"] for row in program.get("/sales-orders", **wanted).json()["items"]]

    assert numbers(status="shipped") == ["SO-1"]
    assert numbers(text="33011122239999") == ["SO-1"]
    assert program.get("/sales-orders", status="lost").json()["field"] == "status"
    issues = program.get("/issues", cause="not_enough_stock").json()["items"]
    assert [row["subject_label"] for row in issues] == ["SO-3"]
    runs = program.get("/runs", state="running").json()["items"]
    assert [row["id"] for row in runs] == [world.live_run.pk]
    levels = program.get("/inventory", warehouse_id=world.channel.warehouse_id, text="mug").json()["items"]
    assert [(row["sku"], row["on_hand"], row["available"]) for row in levels] == [("MUG-1", "40", "25")]


def test_the_master_list_tells_what_a_channel_must_be_told(program: Program) -> None:
    rows = {row["key"]: row for row in program.get("/connectors").json()["items"]}
    cartoncloud = rows["cartoncloud"]
    assert "export_shipments" in cartoncloud["capabilities"] and cartoncloud["features"]["Carrier"] is True
    certificate = cartoncloud["certificate"]
    assert (certificate["sending"], certificate["longest_silence_seconds"]) == ("exactly-once", 30)
    assert "test_find_is_exact" in certificate["lines"][0]["shown_by"]
    assert rows["manual"]["certificate"]["longest_silence_seconds"] is None
    schema = cartoncloud["settings_schema"]["properties"]
    assert schema["client_secret"]["writeOnly"] is True and cartoncloud["secrets"] == ["client_secret"]
    assert program.get("/connectors/cartoncloud").json() == cartoncloud
    assert program.get("/connectors/nobody").status_code == 404


def test_secrets_are_in_no_answer(world: World, program: Program) -> None:
    channel = world.channel.pk
    sealed = Channel.objects.get(pk=channel).secrets["client_secret"]
    for address in (*LISTS, f"/channels/{channel}", f"/channels/{channel}/automations", "/connectors"):
        text = program.get(address).text
        assert SECRET not in text and sealed not in text and program.key not in text, address
