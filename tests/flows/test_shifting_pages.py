"""Stock read in pages that move while they are read: a SKU that lies there all the time is never taken for gone."""

from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from dockline.connectors.contract.notices import InventoryPage, InventoryReport, InventoryRow
from dockline.domain.inventory.models import Level
from dockline.flows.inventory import receive
from dockline.kit import clock
from proofs import shifting_pages
from tests.domain.conftest import Shop, make_shop

SCHEDULES = 25


@pytest.fixture
def shop(db: None) -> Shop:
    made = make_shop()
    for sku in shifting_pages.SKUS:
        made.variant(sku)
    return made


@pytest.mark.fault("D09")
def test_no_sku_is_ever_emptied_by_pages_that_move(shop: Shop) -> None:
    shifted = shifting_pages.shift(shop.channel.pk, schedules=SCHEDULES)
    assert shifted.wrong == []
    assert set(shifted.ended) == {"finished", "failed"}, "some schedules are read, others refused"


@pytest.mark.fault("D09")
def test_what_slipped_through_two_reports_alike_is_not_gone(shop: Shop) -> None:
    """Of ten thousand schedules this one moved the same SKU out of sight in two reports, one after the other."""
    assert shifting_pages.shift(shop.channel.pk, schedules=1, first_seed=1520).wrong == []


@pytest.mark.fault("D09")
def test_unless_read_twice_pages_that_move_empty_a_sku(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "_require_unmoved", lambda report, signs: None)
    assert shifting_pages.shift(shop.channel.pk, schedules=SCHEDULES).wrong != []


def test_a_page_may_need_the_database_while_another_is_written(shop: Shop) -> None:
    def pages() -> Iterator[InventoryPage]:
        for sku in ("SKU-1", "SKU-2"):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")  # As a call does that needs a token.
            yield from _pages([sku])

    report = SimpleNamespace(receive_inventory=lambda *, by_lot: InventoryReport(clock.now(), pages))
    assert shifting_pages.receive_from(shop.channel.pk, report) == "finished"
    assert set(Level.objects.values_list("variant__sku", flat=True)) == {"SKU-1", "SKU-2"}


@pytest.mark.fault("D09")
def test_what_a_report_lacks_that_stood_still_is_gone(shop: Shop) -> None:
    read: list[int] = []

    def report(*skus: str) -> Any:
        def pages() -> Iterator[InventoryPage]:
            read.append(len(skus))
            return _pages(skus)

        return SimpleNamespace(receive_inventory=lambda *, by_lot: InventoryReport(clock.now(), pages))

    assert shifting_pages.receive_from(shop.channel.pk, report("SKU-1", "SKU-2")) == "finished"
    assert shifting_pages.receive_from(shop.channel.pk, report("SKU-1")) == "finished"
    assert dict(Level.objects.values_list("variant__sku", "on_hand")) == {"SKU-1": 5, "SKU-2": 0}
    assert read == [2, 1, 1], "only what vanishes is read twice"


def _pages(skus: Any) -> Iterator[InventoryPage]:
    rows = [InventoryRow(sku, "EA", Decimal(5), Decimal(5), Decimal(0), sellable=True) for sku in skus]
    return iter([InventoryPage("", len(rows), lambda: rows)])
