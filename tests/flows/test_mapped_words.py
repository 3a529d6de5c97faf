"""An order travels under the channel's words for SKU, carrier and references, and comes back under ours."""

from decimal import Decimal
from typing import Any

import pytest

from dockline.domain.channels.models import Channel
from dockline.domain.inventory.models import Level, UnmatchedLevel
from dockline.domain.issues.models import Issue
from dockline.domain.mappings.models import CarrierMapping, SkuMapping
from dockline.domain.mappings.rules import MappingKind
from dockline.domain.orders.models import SalesOrder, SalesOrderLine
from dockline.domain.shipments.models import Package, ShipmentLine
from dockline.domain.tables.rules import ImportMode
from dockline.flows import mappings
from dockline.flows.outbound import export
from dockline.kit import clock
from dockline.kit.errors import NotNow
from dockline.kit.sheet import SheetRow
from tests.simulator.caller import Caller
from tests.support.hub import Hub

SKUS, CARRIERS, REFERENCES = MappingKind.SKUS, MappingKind.CARRIERS, MappingKind.REFERENCES
THEIR_CARRIER = "Harbour Freight Lines"


def save(hub: Hub, kind: MappingKind, *cells: str) -> mappings.Applied:
    return edit(hub, kind, None, cells)


def remove(hub: Hub, kind: MappingKind, *cells: str) -> mappings.Applied:
    return edit(hub, kind, cells, None)


def edit(hub: Hub, kind: MappingKind, was: tuple[str, ...] | None, becomes: tuple[str, ...] | None) -> mappings.Applied:
    edits = [mappings.Edit(was, becomes)]
    return mappings.save_rows(hub.channel_id, edits, kind=kind, actor="Ada", now=clock.now())


def know_carriers(hub: Hub) -> None:
    rows = [SheetRow(2, ("FEDEX", "FedEx", "GROUND", "Ground"))]
    mappings.merge_carriers(hub.account_id, rows, dry_run=False, actor="Ada", now=clock.now())


def ask(order: SalesOrder, **asked: object) -> None:
    """What a file may ask for beside the lines."""
    SalesOrder.objects.filter(pk=order.pk).update(**asked)


def open_causes() -> list[str]:
    return list(Issue.objects.filter(resolved_at__isnull=True).order_by("id").values_list("cause", flat=True))


def read_there(hub: Hub, external_id: str) -> dict[str, Any]:
    """The order as everybody else would read it there."""
    assert hub.far is not None
    with Caller(hub.far) as caller:
        return caller.get(f"/outbound-orders/{external_id}").json()


def ship_all(hub: Hub) -> None:
    assert hub.far is not None
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()


def test_a_mapped_order_travels_both_ways(hub: Hub) -> None:
    assert hub.far is not None
    know_carriers(hub)
    hub.variant("MUG")
    save(hub, SKUS, "MUG", "CC-MUG")
    save(hub, CARRIERS, "FEDEX", "GROUND", "FDX", "GRND", "yes")
    save(hub, CARRIERS, "FEDEX", "GROUND", "Harbour*", "*", "no")
    save(hub, REFERENCES, "sales_order", "Gift note", "details.instructions")
    save(hub, REFERENCES, "sales_order_line", "Engraving", "properties.sop_custom_field_2")
    hub.far.control.add_product(hub.far.customer_id, "CC-MUG")
    hub.far.control.add_stock(hub.far.customer_id, "CC-MUG", 10)
    hub.receive_inventory()
    assert Level.objects.get().variant.sku == "MUG"
    assert not UnmatchedLevel.objects.exists()

    order = hub.order("SO-1", MUG=3)
    ask(order, carrier="FEDEX", service="GROUND", references={"Gift note": "Wrap it", "shopId": "77"})
    SalesOrderLine.objects.update(references={"Engraving": "MIA"})
    hub.work()

    (there,) = hub.far_orders()
    assert {line["code"]: Decimal(line["base_quantity"]) for line in there["lines"]} == {"CC-MUG": 3}
    document = read_there(hub, there["id"])
    assert document["details"]["deliver"]["method"]["requestedService"] == "GRND"
    assert document["details"]["instructions"] == "Wrap it"
    assert document["properties"] == {"shopId": "77"}
    assert document["items"][0]["properties"]["sop_custom_field_2"] == "MIA"
    (shipment,) = hub.shipments(order)
    assert (shipment.status, shipment.dispatch) == ("sent", "confirmed")

    ship_all(hub)
    order.refresh_from_db()
    assert order.status == "shipped"
    assert SalesOrderLine.objects.get().shipped_quantity == 3
    package = Package.objects.get()
    assert (package.carrier, package.service) == ("FEDEX", "GROUND")
    assert SkuMapping.objects.get().used_at is not None
    assert CarrierMapping.objects.get(is_primary=True).used_at is not None
    assert open_causes() == []


def test_what_was_sent_under_a_sku_comes_back_under_it_whatever_is_mapped_by_then(hub: Hub) -> None:
    assert hub.far is not None
    hub.variant("MUG")
    save(hub, SKUS, "MUG", "CC-MUG")
    hub.far.control.add_product(hub.far.customer_id, "CC-MUG")
    hub.far.control.add_stock(hub.far.customer_id, "CC-MUG", 10)
    hub.receive_inventory()
    order = hub.order("SO-1", MUG=3)
    hub.work()
    assert ShipmentLine.objects.get().sent_sku == "CC-MUG"
    remove(hub, SKUS, "MUG", "CC-MUG")

    ship_all(hub)

    order.refresh_from_db()
    assert order.status == "shipped"
    assert SalesOrderLine.objects.get().shipped_quantity == 3
    assert open_causes() == []


def test_a_missing_carrier_holds_only_what_asks_for_it_and_saving_it_lets_go(hub: Hub) -> None:
    hub.stock(MUG=20)
    held, free = hub.order("SO-1", MUG=1), hub.order("SO-2", MUG=1)
    ask(held, carrier="FEDEX", service="GROUND")
    hub.work()
    assert [there["reference"] for there in hub.far_orders()] == [hub.shipments(free)[0].reference]
    issue = Issue.objects.get(resolved_at__isnull=True)
    assert (issue.cause, issue.subject_label) == ("mapping_missing", "SO-1")
    assert "FEDEX / GROUND is not mapped at" in issue.title
    waiting = mappings.list_waiting(hub.channel_id)
    assert [(group.carrier, group.service, group.count) for group in waiting.carriers] == [("FEDEX", "GROUND", 1)]
    assert waiting.carriers[0].orders == ((held.pk, "SO-1"),)

    know_carriers(hub)
    applied = save(hub, CARRIERS, "FEDEX", "GROUND", "FDX", "", "no")
    assert applied.released == 1
    hub.work()

    assert len(hub.far_orders()) == 2
    assert open_causes() == []
    assert mappings.list_waiting(hub.channel_id) == mappings.WhatWaits()


def test_the_orders_own_words_are_adopted_with_one_click(hub: Hub) -> None:
    hub.stock(MUG=5)
    order = hub.order("SO-1", MUG=1)
    ask(order, service="Express")
    hub.work()
    assert hub.far_orders() == []

    mappings.adopt_carrier(hub.channel_id, carrier="", service="Express", actor="Ada", now=clock.now())
    hub.work()

    assert hub.far is not None
    (there,) = hub.far_orders()
    document = read_there(hub, there["id"])
    assert document["details"]["deliver"]["method"]["requestedService"] == "Express"


def test_a_mapping_of_another_carrier_releases_nothing(hub: Hub) -> None:
    hub.stock(MUG=5)
    ask(hub.order("SO-1", MUG=1), carrier="DHL")
    hub.work()
    know_carriers(hub)
    save(hub, CARRIERS, "FEDEX", "GROUND", "FDX", "", "no")
    hub.work()
    assert hub.far_orders() == []
    assert open_causes() == ["mapping_missing"]


def test_a_reference_that_does_not_fit_is_held_and_never_cut(hub: Hub) -> None:
    hub.stock(MUG=5)
    ask(hub.order("SO-1", MUG=1), references={"shopId": "7" * 256})
    hub.work()
    assert hub.far_orders() == []
    assert "Reference shopId is 256 characters long" in Issue.objects.get(resolved_at__isnull=True).title


def test_a_product_whose_sku_stands_for_another_there_is_not_sent(hub: Hub) -> None:
    hub.stock(MUG=5)
    save(hub, SKUS, "MUG", "CUP")
    hub.variant("CUP")
    hub.work()
    assert "product_refused" in open_causes()
    save(hub, SKUS, "CUP", "CUP-2")
    hub.work()
    assert open_causes() == []


def test_two_who_edit_at_once_are_told(hub: Hub) -> None:
    hub.variant("MUG")
    save(hub, SKUS, "MUG", "ONE")
    with pytest.raises(mappings.ChangedMeanwhile, match="Ada changed this meanwhile; it is MUG = ONE now"):
        edit(hub, SKUS, ("MUG", "ZERO"), ("MUG", "TWO"))
    assert SkuMapping.objects.get().channel_sku == "ONE"


def test_changing_the_key_of_a_row_moves_it(hub: Hub) -> None:
    know_carriers(hub)
    old = ("FEDEX", "GROUND", "FDX", "", "no")
    save(hub, CARRIERS, *old)
    edit(hub, CARRIERS, old, ("FEDEX", "GROUND", "FX", "G", "yes"))
    row = CarrierMapping.objects.get()
    assert (row.channel_carrier, row.channel_service, row.is_primary) == ("FX", "G", True)


def test_a_carrier_that_open_orders_ask_for_stays(hub: Hub) -> None:
    know_carriers(hub)
    ask(hub.order("SO-1", MUG=1), carrier="FEDEX", service="GROUND")
    carrier = mappings.carrier_queries.list_carriers(account_id=None)[0]
    with pytest.raises(NotNow, match="1 open orders ask for FEDEX"):
        mappings.remove_carrier(carrier.id, actor="Ada", now=clock.now())


def test_a_warehouse_worked_by_hand_asks_for_no_carrier(manual_hub: Hub) -> None:
    save(manual_hub, SKUS, manual_hub.variant("MUG").sku, "M")
    order = manual_hub.order("SO-1", MUG=1)
    ask(order, carrier="ANY")
    manual_hub.work()
    (shipment,) = manual_hub.shipments(order)
    assert shipment.status == "sent"
    assert ShipmentLine.objects.get().sent_sku == "M"
    assert not mappings.can_map("manual", CARRIERS)


def test_importing_carriers_as_a_trial_changes_nothing(hub: Hub) -> None:
    rows = [SheetRow(2, ("UPS", "UPS", "", ""))]
    merged = mappings.merge_carriers(hub.account_id, rows, dry_run=True, actor="Ada", now=clock.now())
    assert merged.added == 1
    assert list(mappings.carrier_queries.list_lines(hub.account_id)) == []


def test_a_planned_table_is_applied_as_it_was_shown(hub: Hub) -> None:
    hub.stock(MUG=5)
    rows = [SheetRow(2, ("MUG", "CC"))]
    summary = mappings.plan(
        hub.channel_id, rows, kind=SKUS, mode=ImportMode.REPLACE, source="a.csv", actor="Ada", now=clock.now()
    )
    assert SkuMapping.objects.count() == 0
    assert mappings.apply_plan(summary.id, actor="Ada", now=clock.now()).changes == 1
    assert SkuMapping.objects.get().channel_sku == "CC"


def test_edits_are_saved_all_or_none_and_each_error_is_named(hub: Hub) -> None:
    for sku in ("A", "B", "C"):
        hub.variant(sku)
    save(hub, SKUS, "C", "c1")
    edits = [
        mappings.Edit(None, ("A", "a1")),
        mappings.Edit(None, ("B", "c1")),
        mappings.Edit(("C", "c1"), ("C", "x" * 201)),
    ]
    with pytest.raises(mappings.BadEdits) as caught:
        mappings.save_rows(hub.channel_id, edits, kind=SKUS, actor="Ada", now=clock.now())
    assert {at: field for at, (field, _) in caught.value.troubles.items()} == {1: "channel_sku", 2: "channel_sku"}
    assert SkuMapping.objects.count() == 1


def test_as_a_warning_the_orders_own_words_are_sent(hub: Hub) -> None:
    Channel.objects.update(severities={"carrier": "warning"})
    hub.stock(MUG=5)
    ask(hub.order("SO-1", MUG=1), service="Express")
    hub.work()
    (there,) = hub.far_orders()
    assert read_there(hub, there["id"])["details"]["deliver"]["method"]["requestedService"] == "Express"
    assert open_causes() == []


def test_held_shipments_do_not_stand_in_the_way(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 2)
    hub.stock(MUG=20)
    for number in range(3):
        ask(hub.order(f"SO-{number}", MUG=1), carrier="DHL")
    hub.order("SO-9", MUG=1)
    hub.work()
    assert [there["reference"].split("-")[1] for there in hub.far_orders()] == ["9"]
    assert open_causes() == ["mapping_missing"] * 3
