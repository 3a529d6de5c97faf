"""A lot is recalled: where it came from, who was sent it, and what of it is still there."""

import csv
from pathlib import Path

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from typer.testing import CliRunner

from dockline.domain.accounts.models import User
from dockline.domain.channels.models import Channel
from dockline.domain.inventory import lots
from dockline.domain.inventory import queries as inventory
from dockline.domain.inventory.lots import LotFilter
from dockline.domain.inventory.models import Level, Movement, ReportedRow
from dockline.domain.issues.models import Issue
from dockline.domain.orders.models import SalesOrder
from dockline.domain.purchases.models import PurchaseOrder, Receipt, ReceiptLine
from dockline.domain.runs.models import Run
from dockline.domain.shipments.models import Package, Shipment, ShipmentLine, ShipmentLot
from dockline.flows import api_keys
from dockline.flows.outbound import advance
from dockline.interfaces.cli.commands import app
from dockline.kit import clock
from tests.flows.test_receipts import announce, order_goods, receive, there
from tests.support.hub import ADDRESS, Hub

EVIL = "=HYPERLINK(1)"


def ship_from_two_lots(hub: Hub) -> SalesOrder:
    """Three of B118 and two of B1180 leave for Mei; two of B118 stay damaged and two of B1180 good."""
    assert hub.far is not None
    Channel.objects.filter(pk=hub.channel_id).update(pass_lots=True, suppress_personal=True)
    hub.variant("MUG")
    hub.far.control.add_product(hub.far.customer_id, "MUG")
    for lot, quantity, more in (("B118", 3, {}), ("B1180", 4, {}), ("B118", 2, {"status": "DAMAGED"})):
        hub.far.control.add_stock(hub.far.customer_id, "MUG", quantity, batch=lot, **more)
    hub.receive_inventory()
    order = hub.order("SO-1", MUG=5)
    address = {**ADDRESS, "phone": "+61 2 5550 0000", "email": "mei@example.test"}
    SalesOrder.objects.filter(pk=order.pk).update(ship_to=address, customer_name=EVIL)
    hub.work()
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()
    hub.receive_inventory()
    return order


def test_a_recalled_lot_is_traced_and_its_recipients_are_listed(hub: Hub, client: Client, tmp_path: Path) -> None:
    order = ship_from_two_lots(hub)
    (shipment,) = hub.shipments(order)
    user = User.objects.create_user("mei", password="a long enough password")
    client.force_login(user)

    page = client.get(reverse("inventory-lots"), {"q": "B118"}).text
    assert page.index("<td>B118</td>") < page.index("<td>B1180</td>"), "the exact one first, then what begins so"
    assert "1 row as CSV" in page and "Recall list" not in client.get(reverse("inventory-lots"), {"q": "B11"}).text
    assert ">SO-1</a>" in page and "Newcastle, AU" in page
    there = client.get(reverse("inventory-lots"), {"q": "B118", "show": "stored"}).text
    assert "DAMAGED <small>not for sale</small>" in there and "<td>B1180</td>" in there
    assert "SO-1" not in client.get(reverse("inventory-lots"), {"q": "118"}).text, "not from its middle"

    sheet = client.get(reverse("lot-recall"), {"q": "B118"})
    (row,) = csv.DictReader(sheet.text.splitlines())
    assert (row["order"], row["shipment"], row["lot"], row["quantity"]) == ("SO-1", shipment.reference, "B118", "3")
    assert row["customer"] == f"'{EVIL}" and row["contact"] == ADDRESS["contact"]
    assert row["phone"] == row["email"] == "", "the channel suppresses what nobody needs to deliver"

    program = {"Authorization": f"Bearer {key_of(hub)}"}
    (found,) = client.get("/api/lots/shipped", {"lot": "B118", "exactly": True}, headers=program).json()["items"]
    assert (found["order_number"], found["quantity"], found["recipient"]) == ("SO-1", "3", EVIL)
    asked = client.get("/api/lots/stored", {"lot": "B118", "limit": 1}, headers=program).json()
    assert asked["items"][0]["status"] == "DAMAGED" and asked["next_offset"] == 1
    assert client.get("/api/lots/shipped", headers=program).status_code == 422, "a lot must be given"

    said = CliRunner().invoke(app, ["lot", "find", "B118", "--account", "Bluegum Pantry"]).output
    assert "Shipped: 2" in said and "Still there: 2" in said
    file = tmp_path / "recall.csv"
    assert CliRunner().invoke(app, ["lot", "recall", "B118", str(file)]).exit_code == 0
    assert file.read_bytes() == sheet.content

    # What is told by lot adds up to the level, which no row of it changes.
    told = ReportedRow.objects.filter(sku="MUG").values_list("lot", "status", "on_hand")
    assert set(told) == {("B118", "DAMAGED", 2), ("B1180", "OK", 2)}
    level = Level.objects.get()
    assert (level.on_hand, level.free) == (4, 2)
    row = inventory.get_level(level.pk)
    assert (row.total, row.allocated, row.held, row.buffer, row.available) == (4, 0, 2, 0, 2), "what is damaged is held"
    hub.order("SO-2", MUG=1)
    advance.advance_account(hub.account_id)
    (row,) = client.get("/api/inventory", {"text": "MUG"}, headers=program).json()["items"]
    terms = ("total", "allocated", "promised", "held", "not_for_sale", "buffer", "available")
    assert [row[term] for term in terms] == ["4", "1", "1", "2", "2", "0", "1"]
    assert "Not known there" in client.get(reverse("inventory")).text
    shown = client.get(reverse("level", args=[level.pk])).text
    assert "2 in a status in which nothing is sold" in shown
    assert "As reported" in shown and "DAMAGED <small>not for sale</small>" in shown and "?q=B1180" in shown
    of_level = {"warehouse_id": hub.warehouse_id, "sku": "MUG"}
    rows = client.get("/api/inventory/rows", of_level, headers=program).json()["items"]
    assert [(row["lot"], row["on_hand"], row["is_sellable"]) for row in rows] == [
        ("B118", "2", False),
        ("B1180", "2", True),
    ]
    ask_the_same_however_often_it_went(hub)


def ask_the_same_however_often_it_went(hub: Hub) -> None:
    wanted = LotFilter(hub.account_id, "B118")
    line = ShipmentLot.objects.filter(lot="B118").get().line
    counts = []
    for more in (0, 2100):
        ShipmentLot.objects.bulk_create(ShipmentLot(line=line, lot="B118", quantity=1) for _ in range(more))
        with CaptureQueriesContext(connection) as asked:
            assert len(lots.list_shipped(wanted, limit=5000)) == 2 + more
        counts.append(len(asked))
    assert counts == [2, 2]
    assert sum(1 for _ in lots.iterate_shipped(wanted)) == 2102, "over several pages, none twice and none left out"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT FROM shipments_shipmentlot WHERE (lot::text LIKE 'B11%' AND NOT lot = '') "
            "OR (serial::text LIKE 'B11%' AND NOT serial = '')"
        )
        plan = " ".join(row[0] for row in cursor.fetchall())
    assert "shipped_lots_by_name" in plan and "shipped_serials_by_name" in plan


def test_lots_from_before_the_pass_through_are_read_again_and_nothing_else_changes(hub: Hub, client: Client) -> None:
    assert hub.far is not None
    order = ship_from_two_lots(hub)
    order_goods(hub, MUG=10)
    there(hub, announce(hub, "PO-1", lot="R7", MUG=10), "verify")
    receive(hub)
    # As it would be, had the pass-through been off all the time.
    ShipmentLot.objects.all().delete()
    ReceiptLine.objects.update(lot="", serial="", expires_on=None)
    Channel.objects.update(pass_lots=False)
    client.force_login(User.objects.create_user("mei", password="a long enough password"))
    program = {"Authorization": f"Bearer {key_of(hub)}"}
    advanced = reverse("channel-advanced", args=[hub.channel_id])
    ask = f"/api/channels/{hub.channel_id}/syncs"

    def backfill(**more: object) -> Run:
        body = {"kind": "backfill_lots", **more}
        asked = client.post(ask, body, content_type="application/json", headers=program)
        assert asked.status_code == 202, asked.text
        hub.work()
        return Run.objects.get(pk=asked.json()["id"])

    refused = client.post(ask, {"kind": "backfill_lots"}, content_type="application/json", headers=program)
    assert refused.status_code == 409 and "Pass-Through" in refused.json()["message"]
    assert "Lots and serial numbers from before" not in client.get(advanced).text
    Channel.objects.update(pass_lots=True)
    assert "Lots and serial numbers from before" in client.get(advanced).text
    bad = client.post(ask, {"kind": "backfill_lots", "days": 0}, content_type="application/json", headers=program)
    assert (bad.status_code, bad.json()["field"]) == (422, "days")

    before = books()
    client.post(reverse("channel-sync", args=[hub.channel_id, "backfill_lots"]), {"days": "30"})
    hub.work()
    plan = Run.objects.latest("id")
    said = dict(plan.plan_rows.values_list("subject", "after"))
    (shipment,) = hub.shipments(order)
    assert said == {shipment.reference: "3 MUG B118, 2 MUG B1180", "PO-1": "10 MUG R7"}
    assert not ShipmentLot.objects.exists(), "it was only planned"
    client.post(reverse("run-apply", args=[plan.pk]))
    hub.work()
    assert Run.objects.latest("id").state == "finished"
    assert set(ShipmentLot.objects.values_list("lot", "quantity")) == {("B118", 3), ("B1180", 2)}
    assert ReceiptLine.objects.get().lot == "R7" and books() == before

    assert CliRunner().invoke(app, ["lot", "backfill", str(hub.channel_id), "--apply"]).exit_code == 0
    hub.work()
    again = Run.objects.latest("id")
    assert (again.state, again.changed) == ("finished", 0) and ShipmentLot.objects.count() == 2

    ShipmentLot.objects.all().delete()
    hub.far.weather.fault("search_inbound_orders", "status", status=503)
    failed = backfill(plan=False)
    assert failed.state == "failed" and "nothing was changed" in failed.summary
    assert not ShipmentLot.objects.exists(), "not even what could be read"


def books() -> list[object]:
    """All that lots are no part of."""
    shown = (SalesOrder, Shipment, ShipmentLine, Package, PurchaseOrder, Receipt, Level, Movement, Issue)
    lines = ReceiptLine.objects.values_list("receipt_id", "sku", "quantity", "condition", "has_arrived")
    return [*(list(model.objects.order_by("pk").values()) for model in shown), list(lines)]


def key_of(hub: Hub) -> str:
    return api_keys.add_key(name="robot", account_id=hub.account_id, actor="a test", now=clock.now()).key
