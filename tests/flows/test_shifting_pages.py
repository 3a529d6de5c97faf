"""Stock read in pages that move while they are read: a SKU that lies there all the time is never taken for gone."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

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
def test_without_a_second_report_pages_that_move_empty_a_sku(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    read = partial(receive._read_and_apply, may_vanish=frozenset(shifting_pages.SKUS))
    monkeypatch.setattr(receive, "_replace_levels", read)
    assert shifting_pages.shift(shop.channel.pk, schedules=SCHEDULES).wrong != []


@pytest.mark.fault("D09")
def test_what_a_second_report_misses_too_is_gone(shop: Shop) -> None:
    read: list[int] = []

    def report(*skus: str) -> Any:
        def receive_inventory(*, by_lot: bool) -> InventoryReport:
            read.append(len(skus))
            return InventoryReport(clock.now(), _pages(skus))

        return SimpleNamespace(receive_inventory=receive_inventory)

    assert shifting_pages.receive_from(shop.channel.pk, report("SKU-1", "SKU-2")) == "finished"
    assert shifting_pages.receive_from(shop.channel.pk, report("SKU-1")) == "finished"
    assert dict(Level.objects.values_list("variant__sku", "on_hand")) == {"SKU-1": 5, "SKU-2": 0}
    assert read == [2, 1, 1], "only what vanishes is asked for twice"


def _pages(skus: Any) -> Iterator[InventoryPage]:
    rows = [InventoryRow(sku, "EA", Decimal(5), Decimal(5), Decimal(0), sellable=True) for sku in skus]
    return iter([InventoryPage("", len(rows), lambda: rows)])
