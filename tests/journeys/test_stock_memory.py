"""Stock with a memory: every change has a cause, what cannot be believed waits, what differs is explained."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from dockline.connectors.cartoncloud.stock_report import StockReport
from dockline.connectors.contract.notices import InventoryPage
from dockline.domain.accounts.models import User
from dockline.domain.inventory import queries as stock
from dockline.domain.inventory.models import (
    Drift,
    LastReport,
    Level,
    Movement,
    ReportedPage,
    ReportedRow,
    UnmatchedLevel,
)
from dockline.domain.issues.models import Issue
from dockline.domain.runs.models import PlanRow, Run
from dockline.flows import api_keys
from dockline.flows.inventory import held, upkeep
from dockline.interfaces.cli.commands import app
from dockline.kit import clock
from dockline.kit.errors import Invalid, NotNow
from tests.support.hub import Hub

MANY = {f"SKU{number}": 10 for number in range(12)}


def causes_of(hub: Hub, sku: str) -> list[tuple[str, Decimal, Decimal]]:
    rows = Movement.objects.filter(level__variant__sku=sku).order_by("id")
    return list(rows.values_list("cause", "on_hand", "free"))


def open_causes() -> set[str]:
    return set(Issue.objects.filter(resolved_at__isnull=True).values_list("cause", flat=True))


def drifts() -> list[tuple[str, Decimal, str]]:
    rows = Drift.objects.filter(resolved_at__isnull=True).order_by("id")
    return list(rows.values_list("level__variant__sku", "size", "cause"))


def available() -> dict[str, Decimal]:
    return {row.sku: row.available for row in stock.list_levels(account_id=None)}


def run(*words: str) -> str:
    return CliRunner().invoke(app, list(words)).output


@pytest.fixture
def operator(client: Client, hub: Hub) -> Client:
    client.force_login(User.objects.create_user("ada", password="a long enough password"))
    return client


def adjust(hub: Hub, sku: str, quantity: int) -> None:
    """Put more of a product there without telling anybody."""
    assert hub.far is not None
    hub.far.control.add_stock(hub.far.customer_id, sku, quantity)


def test_every_change_of_a_level_has_a_cause_and_an_unchanged_report_writes_nothing(hub: Hub) -> None:
    hub.stock(MUG=10)
    assert causes_of(hub, "MUG") == [("opening", 10, 10)]
    before = (list(Level.objects.values()), list(Movement.objects.values()))
    as_of = LastReport.objects.get().as_of

    hub.receive_inventory()

    assert (list(Level.objects.values()), list(Movement.objects.values())) == before
    seen = LastReport.objects.get().as_of
    assert as_of is not None and seen is not None and seen > as_of, "yet it is known to be as fresh"
    assert stock.list_levels(account_id=None)[0].as_of == seen
    adjust(hub, "MUG", 5)
    hub.receive_inventory()
    assert causes_of(hub, "MUG") == [("opening", 10, 10), ("report", 5, 5)]


def test_what_shipped_moves_the_level_and_the_next_report_finds_nothing_to_explain(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    # The warehouse tells times by the second: what leaves in the second of the report may be in it already.
    time.sleep(1.1)
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()
    (shipment,) = hub.shipments(order)
    assert causes_of(hub, "MUG") == [("opening", 10, 10), ("shipment", -3, 0)]
    assert Movement.objects.latest("id").reference == shipment.reference
    assert Level.objects.get().on_hand == 7

    hub.receive_inventory()

    assert causes_of(hub, "MUG")[2:] == [("report", 0, -3)]
    assert drifts() == []


def test_a_report_before_the_shipment_is_known_names_it_and_the_shipment_explains_it(hub: Hub) -> None:
    hub.stock(MUG=10)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive_inventory()
    assert drifts() == [("MUG", Decimal(-3), "missed_shipment")]
    (drift,) = stock.list_drifts(account_id=None)
    (shipment,) = hub.shipments(order)
    said = f"Brisbane is asked for its shipments now. Not told yet of MUG: {shipment.reference} (3 EA)."
    assert upkeep.preview_repair(drift).sentence.startswith(said)
    assert said in run("stock", "repair", str(drift.id)) and drifts(), "a preview changes nothing"

    run("stock", "repair", str(drift.id), "--yes")
    hub.work()

    assert Run.objects.latest("id").kind == "receive_shipments"
    assert drifts() == []
    assert Drift.objects.get().resolved_by == hub.shipments(order)[0].reference
    assert Level.objects.get().on_hand == 7, "the report had it already: it is not taken twice"


def test_a_difference_nobody_can_explain_stays_until_a_person_accepts_it(hub: Hub, operator: Client) -> None:
    hub.stock(MUG=10)
    adjust(hub, "MUG", 4)
    hub.receive_inventory()
    assert drifts() == [("MUG", Decimal(4), "adjusted_there")]
    first = Drift.objects.get()
    hub.receive_inventory()
    assert drifts() == [("MUG", Decimal(4), "adjusted_there")], "the same report says nothing new"

    page = operator.get(reverse("level", args=[first.level_id])).text
    assert "the difference of 4 EA is closed in your name" in page and "Accept as reported" in page
    operator.post(reverse("drift-repair", args=[first.pk]))

    assert drifts() == [] and Drift.objects.get().resolved_by == "ada"
    with pytest.raises(NotNow):
        upkeep.accept_drifts(drift_ids=[first.pk], actor="Bea", now=clock.now())


@pytest.fixture
def emptied(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A warehouse with twelve products whose report has come to hold one."""
    hub.stock(**MANY)
    real = StockReport.open

    def opened(self: StockReport, *, by_lot: bool) -> Callable[[], Iterator[InventoryPage]]:
        pages = real(self, by_lot=by_lot)

        def few() -> Iterator[InventoryPage]:
            rows = [row for page in pages() for row in page.read() if row.sku in ("SKU0", "SKU1")]
            yield InventoryPage("", len(rows), lambda: rows)

        return few

    monkeypatch.setattr(StockReport, "open", opened)
    yield hub


def test_a_report_that_would_empty_the_catalogue_is_held_and_shown(emptied: Hub) -> None:
    before = list(Level.objects.order_by("id").values())

    emptied.receive_inventory()
    emptied.receive_inventory()

    assert list(Level.objects.order_by("id").values()) == before
    assert open_causes() == {"stock_held"}
    assert not ReportedRow.objects.exclude(edition__in=ReportedPage.objects.values("edition")).exists()
    plan = Run.objects.get(mode="plan")
    assert PlanRow.objects.filter(run=plan).count() == 10, "the same report is held once"
    assert "would leave 2 SKUs with stock of 12" in plan.summary
    assert Movement.objects.count() == 12


def test_an_accepted_report_is_applied_as_it_was_shown(emptied: Hub) -> None:
    emptied.receive_inventory()

    run_id = held.accept_report(channel_id=emptied.channel_id, actor="Ada", now=clock.now())
    emptied.work()

    assert Run.objects.get(pk=run_id).state == "finished"
    assert Level.objects.filter(on_hand=0).count() == 10
    assert Movement.objects.filter(cause="accepted").count() == 10
    assert open_causes() == set()
    with pytest.raises(NotNow):
        held.accept_report(channel_id=emptied.channel_id, actor="Ada", now=clock.now())


def test_a_held_report_that_is_no_longer_true_changes_nothing(emptied: Hub) -> None:
    emptied.receive_inventory()
    adjust(emptied, "SKU0", 1)
    before = list(Level.objects.order_by("id").values())

    run_id = held.accept_report(channel_id=emptied.channel_id, actor="Ada", now=clock.now())
    emptied.work()

    assert Run.objects.get(pk=run_id).state == "failed"
    assert list(Level.objects.order_by("id").values()) == before


def test_a_discarded_report_changes_nothing_and_the_next_is_judged_anew(emptied: Hub) -> None:
    emptied.receive_inventory()
    held.discard_report(channel_id=emptied.channel_id, actor="Ada", now=clock.now())
    assert open_causes() == set() and Level.objects.filter(on_hand=10).count() == 12
    with pytest.raises(NotNow):
        held.discard_report(channel_id=emptied.channel_id, actor="Ada", now=clock.now())
    emptied.receive_inventory()
    assert open_causes() == {"stock_held"}


def test_a_buffer_is_never_promised_and_lifting_it_serves_who_waited(hub: Hub) -> None:
    hub.stock(MUG=10)
    level = Level.objects.get()
    upkeep.keep_back(level_id=level.pk, quantity=Decimal(8), actor="Ada", now=clock.now())
    order = hub.order("SO-1", MUG=3)
    hub.work()
    order.refresh_from_db()
    assert order.is_backordered and hub.far_orders() == []
    with pytest.raises(Invalid):
        upkeep.keep_back(level_id=level.pk, quantity=Decimal(-1), actor="Ada", now=clock.now())

    upkeep.keep_back(level_id=level.pk, quantity=Decimal(7), actor="Ada", now=clock.now())
    hub.work()

    assert len(hub.far_orders()) == 1


def test_an_account_keeps_back_of_every_product_without_a_buffer_of_its_own(hub: Hub, operator: Client) -> None:
    hub.stock(MUG=10, CUP=10)
    account = reverse("account", args=[hub.account_id])
    operator.post(reverse("account-buffer", args=[hub.account_id]), {"quantity": "8"})
    assert 'value="8"' in operator.get(account).text
    assert operator.post(reverse("account-buffer", args=[hub.account_id]), {"quantity": "many"}).status_code == 422
    said = run("stock", "buffer", "Bluegum Pantry", "2", "--sku", "CUP", "--warehouse", "Brisbane")
    assert "10 in all less 0 allocated, 0 held and 2 kept back is 8 available." in said
    assert available() == {"CUP": 8, "MUG": 2}
    order = hub.order("SO-1", MUG=3, CUP=8)
    hub.work()
    assert hub.shipments(order) == []

    key = api_keys.add_key(name="robot", account_id=hub.account_id, actor="a test", now=clock.now()).key
    address, usual = "/api/inventory/buffer/usual", {"account_id": hub.account_id, "quantity": "7"}
    headers = {"Authorization": f"Bearer {key}"}
    answered = operator.put(address, usual, content_type="application/json", headers=headers)
    assert answered.status_code == 200, answered.text
    hub.work()

    assert len(hub.far_orders()) == 1, "lowering it serves who waited"
    # Sent, and the warehouse has not told its stock since: what it does not know of is subtracted.
    assert available() == {"CUP": 0, "MUG": 0}
    stranger = operator.put(address, {**usual, "account_id": 10**6}, content_type="application/json", headers=headers)
    assert stranger.status_code == 404


@pytest.mark.fault("D03")
def test_a_part_of_a_piece_is_kept_apart_and_stops_nothing(hub: Hub) -> None:
    hub.stock(MUG=10, CUP=4)
    hub.far.control.add_stock(hub.far.customer_id, "CUP", "0.5")
    adjust(hub, "MUG", 1)

    hub.receive_inventory()

    assert dict(Level.objects.values_list("variant__sku", "on_hand"))["MUG"] == 11
    kept = UnmatchedLevel.objects.get()
    assert kept.sku == "CUP" and "4.5 EA of CUP is no whole number of pieces" in kept.problem
    assert "faulty_stock" in open_causes()
