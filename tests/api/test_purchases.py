"""Purchase orders from programs: each once, each whole, cancelled only when nobody has them, every refusal named."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges.operations import NewLink
from dockline.domain.history.models import Event
from dockline.domain.purchases.models import PurchaseOrder, PurchaseOrderLine
from tests.api.conftest import Program, purchase
from tests.support.page_world import World


def test_a_purchase_order_is_placed_once_and_read(world: World, program: Program) -> None:
    first = program.post("/purchase-orders", purchase(world, supplier="Northern Clay", arrival_on="2026-12-24"))
    assert first.status_code == 201, first.text
    placed = first.json()
    assert (placed["status"], placed["dispatch"], placed["supplier"]) == ("approved", "ready", "Northern Clay")
    assert [(line["quantity"], line["unit"], line["base_quantity"], line["lot"]) for line in placed["lines"]] == [
        ("2.5", "EA", "2.5", "B118"),
        ("2", "CTN", "24", ""),
    ]
    assert Event.objects.filter(subject_kind="purchase", kind="approved", actor="API key robot").count() == 1

    again = purchase(world, supplier="Northern Clay", arrival_on="2026-12-24", instructions="")
    again["lines"][0]["quantity"] = "2.500"
    second = program.post("/purchase-orders", again)
    assert (second.status_code, second.json()) == (200, placed)
    third = program.post("/purchase-orders", purchase(world))
    assert (third.status_code, third.json()["code"], third.json()["field"]) == (409, "conflict", "number")
    assert (PurchaseOrder.objects.count(), PurchaseOrderLine.objects.count()) == (1, 2)

    assert program.get(f"/purchase-orders/{placed['id']}").json() == placed
    assert program.get("/purchase-orders/by-number", number="PO-1").json() == placed


def test_one_sent_twice_at_once_is_placed_once(transactional_db: None, world: World, program: Program) -> None:
    def send(_: int) -> tuple[int, int]:
        try:
            response = Program(Client(), program.key).post("/purchase-orders", purchase(world))
            return response.status_code, response.json()["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(send, range(4)))
    assert sorted(status for status, _ in told) == [200, 200, 200, 201]
    assert len({order_id for _, order_id in told}) == PurchaseOrder.objects.count() == 1


def test_lists_are_paged_and_narrowed(world: World, program: Program) -> None:
    for number in range(3):
        program.post("/purchase-orders", purchase(world, number=f"PO-{number}", is_draft=number == 2))
    page = program.get("/purchase-orders", limit=2).json()
    assert ([row["number"] for row in page["items"]], page["next_offset"]) == (["PO-2", "PO-1"], 2)
    rest = program.get("/purchase-orders", limit=2, offset=2).json()
    assert ([row["number"] for row in rest["items"]], rest["next_offset"]) == (["PO-0"], None)
    drafts = program.get("/purchase-orders", status="draft", text="PO").json()["items"]
    assert [row["number"] for row in drafts] == ["PO-2"]
    assert program.get("/purchase-orders", status="lost").json()["field"] == "status"
    assert program.get("/purchase-orders", colour="blue").json()["field"] == "colour"


def test_a_draft_is_changed_as_it_was_seen(world: World, program: Program) -> None:
    placed = program.post("/purchase-orders", purchase(world, is_draft=True)).json()
    address = f"/purchase-orders/{placed['id']}"
    wanted = purchase(world, supplier="Glazeworks", version=placed["version"])
    changed = program.send("PUT", address, wanted)
    assert changed.status_code == 200, changed.text
    assert (changed.json()["supplier"], changed.json()["status"]) == ("Glazeworks", "draft")
    assert program.send("PUT", address, wanted).status_code == 409, "it is not as it was seen"
    newer = {**wanted, "version": changed.json()["version"]}
    assert program.send("PUT", address, {**newer, "is_draft": False}).json()["status"] == "approved"
    assert program.send("PUT", address, {**newer, "version": newer["version"] + 1}).status_code == 409


def test_a_draft_is_approved_once_and_then_cancelled(world: World, program: Program) -> None:
    placed = program.post("/purchase-orders", purchase(world, is_draft=True)).json()
    address = f"/purchase-orders/{placed['id']}"
    assert (placed["status"], placed["dispatch"], placed["reference"]) == ("draft", None, "")
    approved = program.post(f"{address}/approve")
    assert (approved.status_code, approved.json()["status"], bool(approved.json()["reference"])) == (
        200,
        "approved",
        True,
    )
    again = program.post(f"{address}/approve")
    assert (again.status_code, again.json()["code"]) == (409, "not_now")
    gone = program.post(f"{address}/cancel")
    assert (gone.status_code, gone.json()["status"]) == (200, "cancelled")
    again = program.post(f"{address}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "not_now")


def test_what_the_warehouse_has_is_asked_for(world: World, program: Program) -> None:
    placed = program.post("/purchase-orders", purchase(world)).json()
    PurchaseOrder.objects.update(dispatch="confirmed", wake_at=None)
    exchanges.link_subjects(
        [NewLink(placed["id"], "far-1", 0)], channel_id=world.channel.pk, kind="purchase", now=timezone.now()
    )
    asked = program.post(f"/purchase-orders/{placed['id']}/cancel")
    assert (asked.status_code, asked.json()["status"], asked.json()["wish"]) == (202, "approved", "asked")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": " "}, "number"),
        ({"nubmer": "x"}, "nubmer"),
        ({"warehouse_id": 2**61}, "warehouse_id"),
        ({"warehouse_id": 0}, "warehouse_id"),
        ({"lines": []}, "lines"),
        ({"lines": [{"sku": "NO-SUCH", "quantity": 1}]}, "lines.0.sku"),
        ({"lines": [{"sku": "MUG-1", "quantity": 1}, {"sku": "MUG-1", "quantity": 0}]}, "lines.1.quantity"),
        ({"lines": [{"sku": "MUG-1", "quantity": 1, "unit": "BARREL"}]}, "lines.0.unit"),
        ({"lines": [{"sku": "MUG-1", "quantity": 2, "serial": "S-1"}]}, "lines.0.quantity"),
        ({"lines": [{"sku": "MUG-1", "quantity": 1, "lot": "x" * 101}]}, "lines.0.lot"),
        ({"lines": [{"sku": "MUG-1", "quantity": 1, "expires_on": "soon"}]}, "lines.0.expires_on"),
    ],
)
def test_a_refusal_names_the_field_and_keeps_nothing(
    world: World, program: Program, changes: dict[str, Any], field: str
) -> None:
    refused = program.post("/purchase-orders", purchase(world, **changes))
    assert (refused.status_code, refused.json()["field"]) == (422, field), refused.text
    assert not PurchaseOrder.objects.exists()


def test_a_key_of_the_organization_says_whose(world: World, overseer: Program) -> None:
    unsaid = overseer.post("/purchase-orders", purchase(world))
    assert (unsaid.status_code, unsaid.json()["field"]) == (422, "account_id")
    assert overseer.post("/purchase-orders", purchase(world, account_id=world.juniper.pk)).status_code == 201
