"""Orders from programs: each once, each whole, and every refusal names what to change."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from typer.testing import CliRunner

from dockline.domain.customers.models import Customer
from dockline.domain.history.models import Event
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.products.models import Variant
from dockline.domain.warehouses.models import AccountWarehouse, Warehouse
from dockline.interfaces.files.commands import import_app
from tests.api.conftest import Program
from tests.support.page_world import ADDRESS, World


def order(**changes: Any) -> dict[str, Any]:
    return {
        "number": "WEB-1001",
        "placed_at": "2026-03-01T09:30:00+10:00",
        "customer_name": "Mia Costa",
        "ship_to": {"contact": "Mia Costa", "line_1": "1 Harbour St", "city": "Sydney", "country": "AU"},
        "lines": [{"sku": "MUG-1", "quantity": "2.5"}, {"sku": "MUG-1", "quantity": 2, "unit": "CTN"}],
        **changes,
    }


def line(**changes: Any) -> list[dict[str, Any]]:
    return [{"sku": "MUG-1", "quantity": "1"}, {"sku": "MUG-1", "quantity": "1", **changes}]


def test_an_order_is_placed_once_however_often_it_is_sent(transactional_db: None, program: Program) -> None:
    first = program.post("/sales-orders", order())
    assert first.status_code == 201, first.text
    placed = first.json()
    assert placed["placed_at"] == "2026-02-28T23:30:00Z"
    assert placed["source"] == "API key robot"
    assert [(row["quantity"], row["unit"], row["ordered"]) for row in placed["lines"]] == [
        ("2.5", "EA", "2.5"),
        ("2", "CTN", "24"),
    ]
    assert Event.objects.filter(subject_kind="order", subject_id=placed["id"], actor="API key robot").count() == 1

    # The same said in other ways: the zone, the digits, an empty field.
    again = order(placed_at="2026-02-28T23:30:00Z", instructions="", lines=order()["lines"])
    again["lines"][0]["quantity"] = "2.500"
    second = program.post("/sales-orders", again)
    assert (second.status_code, second.json()) == (200, placed)

    third = program.post("/sales-orders", order(lines=line()))
    assert (third.status_code, third.json()["code"], third.json()["field"]) == (409, "conflict", "number")
    assert SalesOrder.objects.filter(number="WEB-1001").count() == 1
    assert SalesOrderLine.objects.filter(order__number="WEB-1001").count() == 2

    ends = order(number="WEB-1002", cancel_after="2999-01-01T09:00:00.5Z")
    assert [program.post("/sales-orders", ends).status_code for _ in range(2)] == [201, 200], "it is known again"
    assert program.post("/sales-orders", {**ends, "cancel_after": None}).status_code == 409

    assert program.get(f"/sales-orders/{placed['id']}").json() == placed
    assert program.get("/sales-orders/by-number", number="WEB-1001").json() == placed


def test_an_order_sent_twice_at_once_is_placed_once(transactional_db: None, program: Program) -> None:
    def send(_: int) -> tuple[int, int]:
        try:
            response = Program(Client(), program.key).post("/sales-orders", order())
            return response.status_code, response.json()["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert sorted(status for status, _ in answers) == [200, 200, 200, 201]
    assert len({order_id for _, order_id in answers}) == SalesOrder.objects.filter(number="WEB-1001").count() == 1


def test_an_order_takes_from_its_customer_what_it_leaves_out_once(world: World, program: Program) -> None:
    body = {
        key: said
        for key, said in order(customer="0012", customer_name="", references={"po": "9"}).items()
        if key != "ship_to"
    }
    placed = program.post("/sales-orders", body)
    assert placed.status_code == 201
    kept = program.get(f"/sales-orders/{placed.json()['id']}").json()
    assert (kept["customer_name"], kept["ship_to"]) == ("Mia Costa", ADDRESS)
    assert kept["references"] == {"gl": "410", "po": "9"}
    assert program.post("/sales-orders", body).status_code == 200

    Customer.objects.update(name="Somebody else")
    assert program.get(f"/sales-orders/{kept['id']}").json()["customer_name"] == "Mia Costa"
    nobody = program.post("/sales-orders", {**body, "number": "WEB-2", "customer": "gone"})
    nowhere = program.post("/sales-orders", {**body, "number": "WEB-2", "customer": ""})
    assert [(bad.status_code, bad.json()["field"]) for bad in (nobody, nowhere)] == [
        (422, "customer"),
        (422, "ship_to"),
    ]


def test_an_order_that_a_file_brought_is_known(transactional_db: None, program: Program, tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    book.write_text(
        "order_number,placed_at,customer_name,contact,line_1,city,country,sku,quantity,unit\n"
        "WEB-1001,2026-02-28T23:30:00Z,Mia Costa,Mia Costa,1 Harbour St,Sydney,AU,MUG-1,2.5,\n"
        "WEB-1001,2026-02-28T23:30:00Z,Mia Costa,Mia Costa,1 Harbour St,Sydney,AU,MUG-1,2,CTN\n"
    )
    done = CliRunner().invoke(import_app, ["orders", str(book), "--account", "JUNIPER-OAK"])
    assert done.exit_code == 0, done.output
    response = program.post("/sales-orders", order())
    assert (response.status_code, response.json()["source"]) == (200, "file:book.csv")


def test_everything_an_order_may_say_is_kept(program: Program) -> None:
    said = order(
        customer_reference="PO 7",
        carrier="STARTRACK",
        service="EXPRESS",
        currency="AUD",
        ship_on="2026-03-02",
        deliver_by="2026-03-05",
        instructions="Ring twice.\nLeave at the door.",
        cancel_after="2999-01-01T09:00:00+10:00",
        references={"shop": "südlich"},
        lines=line(description="Enamel mug", unit_price="12.5", number=7, references={"gift": "yes"})[1:],
    )
    answered = program.post("/sales-orders", said)
    assert answered.status_code == 201, answered.text
    kept = answered.json()
    for name in ("customer_reference", "carrier", "service", "ship_on", "deliver_by", "instructions", "references"):
        assert kept[name] == said[name]
    assert kept["ship_to"] == said["ship_to"] and kept["cancel_after"] == "2998-12-31T23:00:00Z"
    assert (kept["lines"][0]["number"], kept["lines"][0]["references"]) == (7, {"gift": "yes"})
    stored = SalesOrder.objects.get(number="WEB-1001")
    assert stored.currency == "AUD" and str(stored.lines.get().unit_price) == "12.500000"


def test_the_longest_references_come_in_again_with_the_table(transactional_db: None, program: Program) -> None:
    longest = {f"{number:02}" + '"' * 98: "\n" * 1000 for number in range(9)}
    assert program.post("/sales-orders", order(references=longest)).status_code == 201
    table = program.get("/tables/orders").content
    response = program.send("PUT", "/tables/orders?dry_run=true", table)
    assert response.status_code == 200, response.text
    assert (response.json()["added"], response.json()["errors"]) == (0, [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (order(nubmer="x"), "nubmer"),
        ({"nubmer": "x"}, "nubmer"),
        (order(number=" "), "number"),
        (order(number="x" * 101), "number"),
        (order(number="a\x00b"), "number"),
        (order(number=7), "number"),
        (order(customer_name="a\ud800b"), "customer_name"),
        (order(instructions="a\x1fb"), "instructions"),
        (order(placed_at="2026-03-01T09:30:00"), "placed_at"),
        (order(placed_at=1772000000), "placed_at"),
        (order(placed_at="0001-01-01T00:00:00+14:00"), "placed_at"),
        (order(placed_at="1772000000"), "placed_at"),
        (order(placed_at="20260301"), "placed_at"),
        (order(ship_on=0), "ship_on"),
        (order(ship_on="1772323200"), "ship_on"),
        (order(deliver_by="2026-03-01T00:00:00+10:00"), "deliver_by"),
        (order(currency="dollars"), "currency"),
        (order(lines=[]), "lines"),
        (order(lines=line(quantity="0")), "lines.1.quantity"),
        (order(lines=line(quantity="-1")), "lines.1.quantity"),
        (order(lines=line(quantity="1.0000001")), "lines.1.quantity"),
        (order(lines=line(quantity="100000000000000")), "lines.1.quantity"),
        (order(lines=line(quantity="1e999999999")), "lines.1.quantity"),
        (order(lines=line(quantity="NaN")), "lines.1.quantity"),
        (order(lines=line(quantity=True)), "lines.1.quantity"),
        (order(lines=line(quantity="1_5")), "lines.1.quantity"),
        (order(lines=line(quantity="\u0662")), "lines.1.quantity"),
        (order(lines=line(unit_price="1_5")), "lines.1.unit_price"),
        (order(lines=line(price=3)), "lines.1.price"),
        (order(lines=line(unit_price="-1")), "lines.1.unit_price"),
        (order(lines=line(sku="NOBODY-KNOWS")), "lines.1.sku"),
        (order(lines=line(unit="PALLET")), "lines.1.unit"),
        (order(lines=line(number=3)), "lines.0.number"),
        (order(lines=[*line(number=3)[1:], *line(number=3)[1:]]), "lines.1.number"),
        (order(references={"": "x"}), "references"),
        (order(references={f"{number}": "x" * 1000 for number in range(20)}), "references"),
        (order(lines=line(references={f"{number}": "\n" * 1000 for number in range(10)})), "lines.1.references"),
        (order(ship_to={"line_1": "1 Harbour St", "city": "Sydney"}), "ship_to.country"),
        (order(ship_to={"line_1": "1 Harbour St", "city": " ", "country": "AU"}), "ship_to.city"),
        ([], ""),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_changes(program: Program, body: Any, field: str) -> None:
    before = (SalesOrder.objects.count(), Variant.objects.count(), Event.objects.count())
    response = program.post("/sales-orders", body)
    said = response.json()
    assert (response.status_code, said["code"]) == (422, "invalid"), response.text
    assert set(said) == {"code", "message", "field"} and said["message"]
    assert said["field"].startswith(field) if field == "references" else said["field"] == field, said
    assert (SalesOrder.objects.count(), Variant.objects.count(), Event.objects.count()) == before


def test_a_parameter_does_not_get_lost_with_an_order(program: Program) -> None:
    response = program.post("/sales-orders?dry_run=true", order())
    assert (response.status_code, response.json()["field"]) == (422, "dry_run")
    assert not SalesOrder.objects.filter(number="WEB-1001").exists()


@pytest.mark.parametrize(
    "body",
    [
        "{",
        '{"number": NaN}',
        '{"number": "a", "number": "b"}',
        b"\xff",
        "[" * 100_000,
        '{"number": ' + "9" * 5000 + "}",
        '{"number": "a"}'.encode("utf-16"),
    ],
)
def test_what_is_no_json_is_unreadable(program: Program, body: str | bytes) -> None:
    response = program.post("/sales-orders", body)
    assert (response.status_code, response.json()["code"]) == (400, "unreadable")


@pytest.mark.parametrize("megabytes", [3, 8])
def test_a_body_has_an_end(program: Program, megabytes: int) -> None:
    response = program.post("/sales-orders", "x" * (megabytes * 1024 * 1024))
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_a_key_of_the_organization_says_whose_order_it_is(world: World, overseer: Program) -> None:
    unsaid = overseer.post("/sales-orders", order())
    assert (unsaid.status_code, unsaid.json()["field"]) == (422, "account_id")
    unknown = overseer.post("/sales-orders", order(account_id=2**70))
    assert unknown.status_code == 404
    said = overseer.post("/sales-orders", order(account_id=world.juniper.pk))
    assert (said.status_code, said.json()["account_id"]) == (201, world.juniper.pk)


def test_a_key_of_one_account_places_for_no_other(world: World, program: Program) -> None:
    response = program.post("/sales-orders", order(account_id=world.tidewater.pk))
    assert (response.status_code, response.json()["field"]) == (404, "account_id")
    assert not SalesOrder.objects.filter(number="WEB-1001").exists()


def test_an_order_tells_its_shipments_and_tracking(world: World, program: Program) -> None:
    found = program.get(f"/sales-orders/{world.shipped.pk}").json()
    assert [row["reference"] for row in found["shipments"]] == ["SO-1-KQ1"]
    assert found["shipments"][0]["packages"][0]["tracking_number"] == "33011122239999"
    assert found["shipments"][0]["lines"][0]["quantity"] == "5"
    assert program.get("/sales-orders/by-number", number="so-1").status_code == 404
    assert program.get("/sales-orders/99999999999999999999999").status_code == 404


def test_the_same_number_in_two_accounts_asks_whose(world: World, overseer: Program) -> None:
    SalesOrder.objects.filter(pk=world.elsewhere.pk).update(number="SO-1")
    found = overseer.get("/sales-orders/by-number", number="SO-1")
    assert (found.status_code, found.json()["field"]) == (409, "account_id")
    found = overseer.get("/sales-orders/by-number", number="SO-1", account_id=world.tidewater.pk)
    assert found.json()["id"] == world.elsewhere.pk


def test_an_order_is_changed_field_by_field(world: World, program: Program) -> None:
    address = f"/sales-orders/{world.backordered.pk}"
    before = program.get(address).json()
    street = {"line_1": "2 Other St", "city": "Sydney", "country": "AU"}
    changed = program.patch(address, {"version": before["version"], "service": "EXPRESS", "ship_to": street})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["service"], changed.json()["version"]) == ("EXPRESS", before["version"] + 1)
    assert changed.json()["ship_to"] == before["ship_to"] | street and changed.json()["lines"] == before["lines"]
    stale = program.patch(address, {"version": before["version"], "service": "SLOW"})
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")
    number = before["lines"][0]["number"]
    bad = program.patch(address, {"version": before["version"] + 1, "lines": [{"number": number, "quantity": "0"}]})
    assert (bad.status_code, bad.json()["field"]) == (422, "lines"), "an order of which nothing is left is cancelled"
    assert program.patch(address, {"version": 1, "colour": "red"}).status_code == 422
    there = program.get(f"/sales-orders/{world.refused.pk}").json()
    asked = program.patch(f"/sales-orders/{world.refused.pk}", {"version": there["version"], "ship_to": street})
    assert (asked.status_code, asked.json()["change"]["state"]) == (202, "asked"), asked.text
    assert asked.json()["ship_to"] == there["ship_to"], "nothing is changed before the warehouse agrees"


def test_an_order_asks_for_a_warehouse_its_account_ships_from(
    world: World, program: Program, overseer: Program
) -> None:
    ids = dict(Warehouse.objects.values_list("code", "id"))
    asked = order(requested_warehouse_id=ids["PER"])
    placed = program.post("/sales-orders", asked)
    assert placed.status_code == 201, placed.text
    kept = placed.json()
    assert (kept["requested_warehouse_id"], kept["requested_warehouse_name"]) == (ids["PER"], "Perth")
    assert [program.post("/sales-orders", one).status_code for one in (asked, order())] == [200, 409]

    group = Warehouse.objects.create(
        organization=world.juniper.organization, code="ALL", name="All of them", is_virtual=True
    )
    AccountWarehouse.objects.create(account=world.juniper, warehouse=group)
    address, seen = f"/sales-orders/{kept['id']}", {"version": kept["version"]}
    for wrong in (group.pk, 2**62):
        for refused in (
            program.post("/sales-orders", order(number="WEB-2", requested_warehouse_id=wrong)),
            program.patch(address, seen | {"requested_warehouse_id": wrong}),
        ):
            said = refused.json()
            assert (refused.status_code, said["field"]) == (422, "requested_warehouse_id"), said
            assert said["message"].endswith("It ships from: Perth, Sydney DC, Utrecht."), said
    other = order(account_id=world.tidewater.pk, requested_warehouse_id=ids["SYD"])
    said = overseer.post("/sales-orders", other).json()
    assert said["message"] == "The account ships from no such warehouse. It ships from: Utrecht."

    changed = program.patch(address, seen | {"requested_warehouse_id": ids["SYD"]}).json()
    assert (changed["requested_warehouse_name"], changed["version"]) == ("Sydney DC", 2)
    assert program.patch(address, {"version": 2, "service": "SLOW"}).json()["requested_warehouse_id"] == ids["SYD"]
    changed = program.patch(address, {"version": 3, "requested_warehouse_id": None}).json()
    assert (changed["requested_warehouse_id"], changed["requested_warehouse_name"]) == (None, "")
    told = Event.objects.filter(subject_kind="order", subject_id=kept["id"]).values_list("sentence", flat=True)
    assert {"Requested warehouse: Perth → Sydney DC.", "Requested warehouse: Sydney DC → empty."} <= set(told)


def test_an_order_is_held_and_goes_on(world: World, program: Program) -> None:
    address = f"/sales-orders/{world.backordered.pk}"
    refused = program.post(f"{address}/hold", {"reason": "look", "until": "2001-01-01T00:00:00Z"})
    assert (refused.status_code, refused.json()["field"]) == (422, "until"), refused.text
    held = program.post(f"{address}/hold", {"reason": "look", "until": "2999-01-01T00:00:00Z"})
    hold = held.json()["hold"]
    assert (held.status_code, hold["by"], hold["reason"]) == (200, "API key robot", "look")
    (row,) = program.get("/sales-orders", on_hold="true").json()["items"]
    assert (row["id"], row["is_on_hold"]) == (world.backordered.pk, True)
    assert program.post(f"{address}/resume").json()["hold"] is None
    assert program.post(f"{address}/resume").status_code == 409
    there = f"/sales-orders/{world.refused.pk}"
    assert program.post(f"{there}/hold", {"reason": "look"}).status_code == 409
    asked = program.post(f"{there}/hold", {"reason": "look", "ask_warehouse": True})
    assert (asked.status_code, asked.json()["shipments"][0]["wish"]["purpose"]) == (202, "hold")


def test_an_order_is_cancelled_at_once_or_asked_about(world: World, program: Program) -> None:
    gone = program.post(f"/sales-orders/{world.backordered.pk}/cancel")
    assert (gone.status_code, gone.json()["status"]) == (200, "cancelled"), gone.text
    asked = program.post(f"/sales-orders/{world.refused.pk}/cancel")
    assert (asked.status_code, asked.json()["status"]) == (202, "fulfilling"), asked.text
    for order_id in (world.backordered.pk, world.refused.pk, world.shipped.pk):
        again = program.post(f"/sales-orders/{order_id}/cancel")
        assert (again.status_code, again.json()["code"]) == (409, "not_now"), again.text
    assert Event.objects.filter(kind="asked", actor="API key robot").count() == 2
