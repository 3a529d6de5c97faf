"""The verifier passes a hub at rest after a real journey, and names each thing that is then broken.

It runs as its own process against the real database and a running simulator, as a sceptic would run it.
"""

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import conninfo

from cartoncloud_simulator.testing import running_simulator
from dockline.domain.accounts.models import Installation
from dockline.domain.channels.models import Channel
from dockline.domain.exchanges.models import Exchange, Link
from dockline.domain.issues.models import Issue
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.shipments.models import Package, Shipment, ShipmentLine, ShipmentSurplus
from dockline.flows import setup
from dockline.flows.outbound import repair
from dockline.gateway import runtime
from dockline.kit import clock
from tests.simulator.caller import Caller, line
from tests.support import snapshot
from tests.support.hub import Hub, hub_with_cartoncloud
from tests.support.snapshot import Snapshot

PROGRAM = Path(__file__).parents[2] / "proofs" / "verify_ledger.py"

ASKED = "The warehouse was asked for exactly what the shipment carries."
LEFT = "What left the warehouse is what the shipment has shipped."
STATUS = "A shipment is sent, shipped or short shipped just as its order there is."
TRACKING = "A shipment that left has the tracking numbers its order there has."
CUSTOMER = "The order there is one of the customer that the channel names."
LINKED = "A confirmed shipment is linked to the very order there."
STILL_THERE = "What the hub says the warehouse has, the warehouse accepted and still has."
OWNED = "Every order the warehouse accepted under a reference of this hub belongs to a shipment."
ONE_LIVE = "No customer has more than one live order under a reference of this hub."
ONE_REFERENCE = "No shipment has live orders under several references or at several customers."
ONE_LINK = "No two shipments are linked to one order there."
SENT_ONCE = "No reference was accepted more than once, rejected and replaced orders aside."
LINE_SUM = "An order line has shipped what its shipments have shipped."
BALANCE = "Ordered is shipped, under way, remaining and cancelled; more shipped only where an issue or surplus says so."
CLOSED = "A closed order has nothing remaining and nothing under way."
STOCK = "What lies there is what was put there less what was packed."
ORDER_MOVES = "Every open order is under way, due, or has an open issue."
SHIPMENT_MOVES = "Every open shipment is at the warehouse, due, or has an open issue."
SHORTAGE_SAID = "An open order that waits says why, with an open issue: short of stock, or what a person must decide."

SENTENCES = {
    STILL_THERE,
    OWNED,
    ONE_LIVE,
    ONE_REFERENCE,
    ONE_LINK,
    ASKED,
    LEFT,
    STATUS,
    TRACKING,
    CUSTOMER,
    LINKED,
    SENT_ONCE,
    LINE_SUM,
    BALANCE,
    CLOSED,
    STOCK,
    ORDER_MOVES,
    SHIPMENT_MOVES,
    SHORTAGE_SAID,
}


@dataclass
class Verdict:
    """What the program printed and reported; `broken` is the violated sentences with their numbers."""

    code: int
    printed: str
    report: dict[str, Any]
    broken: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.broken = {row["sentence"]: row["violations"] for row in self.report["checks"] if row["violations"]}

    def example(self, sentence: str) -> dict[str, Any]:
        (row,) = (row for row in self.report["checks"] if row["sentence"] == sentence)
        return dict(row["examples"][0])


@dataclass
class World:
    """A hub at rest: one order shipped, one shipped short and followed by the rest, one waiting for stock."""

    hub: Hub
    folder: Path
    seeded: dict[str, str]

    @property
    def far(self) -> Any:
        assert self.hub.far is not None
        return self.hub.far

    def verify(self, *more: str) -> Verdict:
        """Run the program with everything it can be given."""
        seeded, report = self.folder / "seeded.json", self.folder / "report.json"
        seeded.write_text(json.dumps(self.seeded))
        report.unlink(missing_ok=True)
        done = run("--simulator", self.far.base_url, "--seeded", str(seeded), "--json", str(report), *more)
        assert done.returncode in (0, 1), done.stderr
        assert done.stderr == ""
        return Verdict(done.returncode, done.stdout, json.loads(report.read_bytes()))

    def shipped(self) -> Shipment:
        return Shipment.objects.get(order__number="SO-1")

    def sent(self) -> Shipment:
        return Shipment.objects.get(status="sent")

    def order_there(self, shipment: Shipment) -> dict[str, Any]:
        (found,) = (row for row in self.hub.far_orders() if row["reference"] == shipment.reference)
        return found

    def marker(self) -> str:
        return Installation.objects.get().marker


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    known = connection.settings_dict
    database = conninfo.make_conninfo(
        dbname=known["NAME"],
        user=known["USER"] or None,
        password=known["PASSWORD"] or None,
        host=known["HOST"] or None,
        port=known["PORT"] or None,
    )
    command = [sys.executable, "-W", "error", str(PROGRAM), "--database", database, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@dataclass(frozen=True)
class Rest:
    """A hub at rest as it can be put back: what the tables hold, and the folder and the port of its simulator."""

    tables: Snapshot
    folder: Path
    port: int
    account_id: int
    channel_id: int
    warehouse_id: int


@pytest.fixture(scope="module")
def rest(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Rest:
    """One order shipped, one shipped short and followed by the rest, one waiting for stock: played once, for all."""
    folder = tmp_path_factory.mktemp("rest") / "far"
    with django_db_blocker.unblock():
        try:
            with hub_with_cartoncloud(folder) as hub:
                _play(hub)
                port = urlsplit(hub.far.base_url).port
                ids = hub.account_id, hub.channel_id, hub.warehouse_id
            return Rest(snapshot.take(), folder, port, *ids)
        finally:
            call_command("flush", verbosity=0, interactive=False)


def _play(hub: Hub) -> None:
    assert hub.far is not None
    hub.stock(MUG=10, TEE=4)
    hub.order("SO-1", MUG=3, TEE=1)
    hub.work()
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()
    hub.order("SO-2", MUG=4)
    hub.work()
    (there,) = (row for row in hub.far_orders() if row["reference"].startswith("SO-2-"))
    hub.far.control.post(f"/orders/{there['id']}/pick", {"items": [{"code": "MUG", "quantity": 3}]})
    hub.far.control.post(f"/orders/{there['id']}/dispatch")
    hub.receive()
    hub.order("SO-3", TEE=9)
    hub.work()
    with Caller(hub.far) as typist:
        assert typist.create("TYPED-1", line("MUG", 1)).status_code == 201


@pytest.fixture
def world(rest: Rest, transactional_db: None, tmp_path: Path) -> Iterator[World]:
    """A world in which every sentence is true; what a test breaks stays broken."""
    rest.tables.put_back()
    shutil.copytree(rest.folder, tmp_path / "far")
    with running_simulator(folder=tmp_path / "far", fsync=False, port=rest.port) as far:
        hub = Hub(rest.account_id, rest.channel_id, rest.warehouse_id, far)
        try:
            yield World(hub, tmp_path, {"MUG": "10", "TEE": "4"})
        finally:
            runtime.end_conversations()


def test_a_hub_at_rest_holds(world: World) -> None:
    verdict = world.verify()
    assert verdict.broken == {} and verdict.code == 0 and verdict.report["holds"]
    assert verdict.printed.splitlines()[-2:] == ["0 lost, 0 duplicated, 0 different", "Everything holds."]
    assert {row["sentence"] for row in verdict.report["checks"]} == SENTENCES
    looked_at = {row["sentence"]: row["looked_at"] for row in verdict.report["checks"]}
    assert looked_at[STILL_THERE] == looked_at[OWNED] == looked_at[ASKED] == 3
    assert looked_at[TRACKING] == 2 and looked_at[STOCK] == 2 and looked_at[BALANCE] == 4


def test_files_serve_as_well_as_a_running_simulator(world: World) -> None:
    files = []
    for name, text in (
        ("ledger", "\n".join(map(json.dumps, world.far.control.list_lines("/ledger")))),
        ("orders", "\n".join(map(json.dumps, world.far.control.list_lines("/orders")))),
        ("stock", json.dumps(world.far.control.get("/stock"))),
        ("seeded", json.dumps(world.seeded)),
    ):
        (world.folder / name).write_text(text)
        files += [f"--{name}", str(world.folder / name)]
    done = run(*files)
    assert done.returncode == 0, done.stdout + done.stderr
    (world.folder / "ledger").write_text("")
    done = run(*files)
    assert done.returncode == 1 and "never accepted" in done.stdout


def test_without_seeded_figures_the_stock_is_said_not_to_be_checked(world: World) -> None:
    done = run("--simulator", world.far.base_url)
    assert done.returncode == 0 and "Not checked" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give --simulator or --ledger"),
        (("--simulator", "http://127.0.0.1:9"), "refused"),
        (("--seeded", "/dev/null"), "Could not be checked"),
    ],
)
def test_what_cannot_be_read_is_no_verdict(transactional_db: None, arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2 and said in done.stderr and done.stdout == ""


def test_it_changes_nothing(world: World) -> None:
    def snapshot() -> list[Any]:
        models = (SalesOrder, SalesOrderLine, Shipment, ShipmentLine, Package, Link, Exchange, Issue, Channel)
        return [list(model.objects.order_by("id").values()) for model in models]

    before = snapshot()
    world.verify()
    assert snapshot() == before


def test_the_program_knows_nothing_of_dockline() -> None:
    imported = set()
    for node in ast.walk(ast.parse(PROGRAM.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add((node.module or "").split(".")[0])
    assert imported - set(sys.stdlib_module_names) == {"psycopg"}
    assert "importlib" not in imported and "__import__" not in PROGRAM.read_text()


# Lost


def test_an_order_deleted_there_is_lost(world: World) -> None:
    world.far.control.delete(f"/orders/{world.order_there(world.sent())['id']}")
    verdict = world.verify()
    assert verdict.code == 1 and verdict.broken == {STILL_THERE: 1}
    assert verdict.example(STILL_THERE)["there"] == "no longer live"
    assert verdict.printed.splitlines()[-2:] == ["1 lost, 0 duplicated, 0 different", "It does NOT hold: lost."]


def test_an_order_rejected_there_behind_our_back_is_lost(world: World) -> None:
    world.far.control.post(f"/orders/{world.order_there(world.sent())['id']}/reject")
    verdict = world.verify()
    assert verdict.broken == {STILL_THERE: 1} and verdict.example(STILL_THERE)["there"] == "rejected"


def test_an_order_the_warehouse_never_accepted_is_lost(world: World) -> None:
    Shipment.objects.filter(pk=world.sent().pk).update(reference="SO-9-NOBODY")
    Exchange.objects.filter(reference__startswith="SO-2-").delete()
    verdict = world.verify()
    assert verdict.broken[STILL_THERE] == 1 and verdict.broken[OWNED] >= 1
    assert verdict.example(STILL_THERE)["there"] == "never accepted"


def test_a_reference_that_differs_only_in_case_is_another(world: World) -> None:
    shipment = world.sent()
    Shipment.objects.filter(pk=shipment.pk).update(reference=shipment.reference.lower())
    assert STILL_THERE in world.verify().broken


def test_an_order_with_our_marker_that_no_shipment_owns_is_lost(world: World) -> None:
    with Caller(world.far) as somebody:
        assert somebody.create(f"SO-77-{world.marker()}999999", line("MUG", 1)).status_code == 201
    verdict = world.verify()
    assert verdict.code == 1 and verdict.broken == {OWNED: 1}
    assert verdict.report["violations"]["lost"] == 1


# Duplicated and sent once


def test_two_live_orders_under_one_reference_are_a_duplicate(world: World) -> None:
    world.far.control.set(unique_references=False)
    with Caller(world.far) as somebody:
        assert somebody.create(world.sent().reference, line("MUG", 1)).status_code == 201
    verdict = world.verify()
    assert verdict.broken[ONE_LIVE] == 1 and verdict.broken[SENT_ONCE] == 1
    assert verdict.report["violations"]["duplicated"] == 1


def test_a_second_generation_beside_a_live_first_one_is_a_duplicate(world: World) -> None:
    with Caller(world.far) as somebody:
        assert somebody.create(f"{world.sent().reference}-G2", line("MUG", 1)).status_code == 201
    assert world.verify().broken == {ONE_REFERENCE: 1, OWNED: 1}


def test_a_rejected_generation_beside_a_live_one_is_no_duplicate(world: World) -> None:
    hub = world.hub
    hub.far.control.post(f"/orders/{world.order_there(world.sent())['id']}/reject")
    hub.receive()
    shipment = Shipment.objects.get(dispatch="needs_fix")
    assert world.verify().broken == {}
    repair.send_again(shipment_id=shipment.pk, actor="a person", now=clock.now())
    hub.work()
    assert world.sent().reference.endswith("-G2")
    assert world.verify().broken == {}


def test_two_shipments_linked_to_one_order_are_a_duplicate(world: World) -> None:
    account_id = setup.add_account(name="Wattle Pantry")
    channel = Channel.objects.get()
    channel.pk, channel.account_id = None, account_id
    channel.save()
    shipment = world.shipped()
    Shipment.objects.filter(pk=shipment.pk).update(channel=channel)
    external_id = Link.objects.get(kind="shipment", subject_id=world.sent().pk).external_id
    Link.objects.filter(kind="shipment", subject_id=shipment.pk).update(channel=channel, external_id=external_id)
    assert world.verify().broken == {ONE_LINK: 1, LINKED: 1}


def test_an_order_sent_again_after_it_was_deleted_was_sent_twice(world: World) -> None:
    shipment = world.sent()
    there = world.order_there(shipment)
    world.far.control.delete(f"/orders/{there['id']}")
    with Caller(world.far) as somebody:
        assert somebody.create(shipment.reference, line("MUG", 1)).status_code == 201
    Link.objects.filter(external_id=there["id"]).update(external_id=world.order_there(shipment)["id"])
    assert world.verify().broken == {SENT_ONCE: 1}


# Different


def test_a_line_asked_for_in_another_quantity_is_different(world: World) -> None:
    part = ShipmentLine.objects.get(shipment=world.sent())
    SalesOrderLine.objects.filter(pk=part.order_line_id).update(base_quantity="5.000001")
    ShipmentLine.objects.filter(pk=part.pk).update(quantity="2.000001")
    verdict = world.verify()
    assert verdict.broken == {ASKED: 1}
    assert verdict.example(ASKED) == {
        "reference": world.sent().reference,
        "code": "MUG",
        "here": "2.000001",
        "there": "1",
    }


def test_a_line_of_another_code_is_different_twice(world: World) -> None:
    SalesOrderLine.objects.filter(order__number="SO-2").update(sku="mug")
    assert world.verify().broken[ASKED] == 4


def test_a_shipped_quantity_changed_here_is_different(world: World) -> None:
    ShipmentLine.objects.filter(shipment=world.shipped(), order_line__sku="TEE").update(shipped_quantity="0.999999")
    verdict = world.verify()
    assert verdict.code == 1 and verdict.broken == {LEFT: 1, LINE_SUM: 1}
    assert verdict.example(LEFT)["here"] == "0.999999" and verdict.example(LEFT)["there"] == "1"


def test_a_quantity_edited_there_after_dispatch_is_different(world: World) -> None:
    there = world.order_there(world.shipped())
    world.far.control.patch(f"/orders/{there['id']}", {"items": [{"code": "MUG", "quantity": 2}]})
    assert world.verify().broken == {LEFT: 1, STATUS: 1}
    world.hub.receive()
    assert not world.verify().broken.keys() & {LEFT, STATUS}


def test_an_order_shipped_there_that_was_not_brought_back_is_different(world: World) -> None:
    world.far.control.post(f"/orders/{world.order_there(world.sent())['id']}/dispatch")
    assert world.verify().broken == {LEFT: 1, STATUS: 1, TRACKING: 1}


def test_a_shipment_that_forgot_it_was_sent_is_different(world: World) -> None:
    Shipment.objects.filter(pk=world.sent().pk).update(status="ready", dispatch="ready", wake_at=clock.now())
    assert world.verify().broken == {STATUS: 1}


def test_tracking_that_is_missing_here_is_different(world: World) -> None:
    Package.objects.filter(shipment=world.shipped()).update(tracking_number="")
    verdict = world.verify()
    assert verdict.code == 1 and verdict.broken == {TRACKING: 1}
    assert verdict.report["violations"]["different"] == 1


def test_an_order_of_another_customer_is_different(world: World) -> None:
    channel = Channel.objects.get()
    channel.settings["customer_name"] += " "
    channel.save()
    assert world.verify().broken == {CUSTOMER: 3}


def test_a_confirmed_shipment_linked_elsewhere_is_different(world: World) -> None:
    Link.objects.filter(kind="shipment", subject_id=world.shipped().pk).update(external_id="somewhere")
    Link.objects.filter(kind="shipment", subject_id=world.sent().pk).delete()
    assert world.verify().broken == {LINKED: 2}


# Books


def test_a_line_that_shipped_more_than_its_shipments_breaks_the_books(world: World) -> None:
    SalesOrderLine.objects.filter(order__number="SO-2").update(shipped_quantity="2.5")
    verdict = world.verify()
    assert verdict.broken == {LINE_SUM: 1, SHORTAGE_SAID: 1} and verdict.example(LINE_SUM)["shipments"] == "3"


def test_a_line_with_more_under_way_than_remains_breaks_the_books(world: World) -> None:
    SalesOrderLine.objects.filter(order__number="SO-2").update(cancelled_quantity="0.5")
    assert world.verify().broken == {BALANCE: 1}


def test_more_shipped_than_ordered_is_kept_as_surplus_or_has_an_issue(world: World) -> None:
    there = world.order_there(world.shipped())
    world.far.control.patch(f"/orders/{there['id']}", {"items": [{"code": "MUG", "quantity": 4}]})
    world.hub.receive()
    assert world.verify().broken == {}
    Issue.objects.filter(cause="shipped_more").delete()
    assert world.verify().broken == {}
    ShipmentSurplus.objects.all().delete()
    assert world.verify().broken == {BALANCE: 1}


def test_an_order_closed_too_early_breaks_the_books(world: World) -> None:
    SalesOrder.objects.filter(number="SO-3").update(status="shipped")
    assert world.verify().broken == {CLOSED: 1}


# Stock


def test_a_wrong_seeded_figure_breaks_the_stock(world: World) -> None:
    world.seeded["MUG"] = "10.000001"
    verdict = world.verify()
    assert verdict.code == 1 and verdict.broken == {STOCK: 1}
    assert verdict.example(STOCK) == {"code": "MUG", "seeded": "10.000001", "packed": "6", "there": "4"}


def test_stock_nobody_seeded_and_a_code_that_vanished_break_the_stock(world: World) -> None:
    world.far.control.add_product(world.far.customer_id, "CUP")
    world.far.control.add_stock(world.far.customer_id, "CUP", 1)
    world.seeded["JAR"] = "2"
    assert world.verify().broken == {STOCK: 2}


# Visible


def test_a_waiting_order_whose_issue_was_cleared_is_invisible(world: World) -> None:
    Issue.objects.filter(subject_label="SO-3").update(resolved_at=clock.now())
    verdict = world.verify()
    assert verdict.code == 1 and verdict.broken == {ORDER_MOVES: 1, SHORTAGE_SAID: 1}
    assert verdict.report["violations"]["visible"] == 2


@pytest.mark.parametrize("change", [{"is_backordered": False}, {"waiting_reason": ""}])
def test_a_waiting_order_that_does_not_say_why_is_invisible(world: World, change: dict[str, Any]) -> None:
    SalesOrder.objects.filter(number="SO-3").update(**change)
    assert world.verify().broken == {SHORTAGE_SAID: 1}


def test_a_dispatch_nobody_will_look_at_is_invisible(world: World) -> None:
    Shipment.objects.filter(pk=world.sent().pk).update(dispatch="settling", wake_at=None)
    assert world.verify().broken == {ORDER_MOVES: 1, SHIPMENT_MOVES: 1}
