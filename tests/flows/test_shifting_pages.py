"""Stock read in pages that move while they are read: a SKU that lies there all the time is never taken for gone."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dockline.connectors.cartoncloud import schemas
from dockline.connectors.cartoncloud.client import Client
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.cartoncloud.stock_report import StockReport
from dockline.connectors.contract.notices import InventoryPage, InventoryReport, InventoryRow
from dockline.connectors.contract.runtime import HttpResponse
from dockline.connectors.toolkit import json
from dockline.domain.inventory.models import Level
from dockline.domain.runs.models import Run
from dockline.flows.inventory import receive
from dockline.gateway import runtime
from dockline.kit import clock
from tests.domain.conftest import Shop, make_shop

SIZE = 4
SCHEDULES = 25
SETTINGS = CartonCloudSettings.model_validate(
    {
        "client_id": "c",
        "client_secret": "s",
        "tenant_id": "7a1e0c52-3d4b-4c1a-9f60-2b5d8e714a01",
        "customer_name": "Shop",
    }
)


class ShiftingClient:
    """A report whose rows come, go and change places whenever a page was read."""

    def __init__(self, skus: list[str], random: Random) -> None:
        self.rows = [(sku, 5) for sku in skus]
        self.ever_gone: set[str] = set()
        self._random = random

    def start_report(self, parameters: Any) -> schemas.ReportRun:
        return schemas.ReportRun(id="r", status="IN_PROCESS", parameters=schemas.ReportParameters(page_size=SIZE))

    def get_report(self, report_id: str, *, page: int, size: int) -> HttpResponse:
        items = [_item(sku, count) for sku, count in self.rows[(page - 1) * size : page * size]]
        headers = {"total-elements": str(len(self.rows)), "total-pages": str(-(-len(self.rows) // size))}
        self._shift()
        return HttpResponse(200, headers, json.encode({"id": report_id, "status": "SUCCESS", "items": items}))

    def read_report(self, response: HttpResponse) -> schemas.ReportRun:
        return json.decode(response.body, as_type=schemas.ReportRun)

    def _shift(self) -> None:
        for _ in range(self._random.choice((0, 0, 1, 2, 2))):
            deed, at = self._random.random(), self._random.randrange(len(self.rows))
            if deed < 0.35 and len(self.rows) > 3:
                self.ever_gone.add(self.rows.pop(at)[0])
            elif deed < 0.7:
                self.rows.insert(at, (f"NEW-{self._random.randrange(5)}", 3))
            elif deed < 0.85:
                self.rows.append(self.rows.pop(at))
            else:
                self.rows[at] = (self.rows[at][0], self._random.randrange(1, 9))


def _item(sku: str, count: int) -> dict[str, Any]:
    return {
        "details": {"product": {"references": {"code": sku}}, "unitOfMeasure": {"type": "EA"}},
        "measures": {"quantity": count, "quantityFree": count},
        "properties": {"productStatus": "OK"},
    }


class Connector:
    """The stock report as the connector reads it, over the shifting client."""

    def __init__(self, client: ShiftingClient) -> None:
        self._report = StockReport(SETTINGS, cast(Client, client), "customer", lambda seconds: None)

    def receive_inventory(self, *, by_lot: bool) -> InventoryReport:
        return InventoryReport(clock.now(), self._report.pages(by_lot=by_lot))


@pytest.fixture
def shop(db: None) -> Shop:
    made = make_shop()
    for number in range(14):
        made.variant(f"SKU-{number}")
    return made


def receive_from(shop: Shop, connector: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    conversation = SimpleNamespace(can=lambda ability: True, connector=connector)
    monkeypatch.setattr(runtime, "converse", lambda channel_id: conversation)
    shop.channel.__class__.objects.update(retry_at=None)
    receive.receive_inventory(shop.channel.pk, cause="a test")
    return str(Run.objects.latest("id").state)


@pytest.mark.fault("D09")
def test_no_sku_is_ever_emptied_by_pages_that_move(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    skus = [f"SKU-{number}" for number in range(14)]
    monkeypatch.setattr(receive, "doubt_report", lambda before, after: "")
    quiet = SimpleNamespace(receive_inventory=lambda *, by_lot: InventoryReport(clock.now(), _pages(skus)))
    assert receive_from(shop, quiet, monkeypatch) == "finished"
    states = []
    for seed in range(SCHEDULES):
        client = ShiftingClient(skus, Random(seed))
        Level.objects.update(on_hand=5, free=5)
        states.append(receive_from(shop, Connector(client), monkeypatch))
        emptied = set(Level.objects.filter(on_hand=0).values_list("variant__sku", flat=True))
        assert emptied <= client.ever_gone, f"seed {seed}: {emptied - client.ever_gone} lay there all the time"
    assert {"finished", "failed"} == set(states), "some schedules are read, others refused"


@pytest.mark.fault("D09")
def test_what_a_second_report_misses_too_is_gone(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def report(*skus: str) -> Any:
        def receive_inventory(*, by_lot: bool) -> InventoryReport:
            read.append(len(skus))
            return InventoryReport(clock.now(), _pages(skus))

        return SimpleNamespace(receive_inventory=receive_inventory)

    assert receive_from(shop, report("SKU-1", "SKU-2"), monkeypatch) == "finished"
    assert receive_from(shop, report("SKU-1"), monkeypatch) == "finished"
    assert dict(Level.objects.values_list("variant__sku", "on_hand")) == {"SKU-1": 5, "SKU-2": 0}
    assert read == [2, 1, 1], "only what vanishes is asked for twice"


def _pages(skus: Any) -> Iterator[InventoryPage]:
    rows = [InventoryRow(sku, "EA", Decimal(5), Decimal(5), Decimal(0), sellable=True) for sku in skus]
    return iter([InventoryPage("", len(rows), lambda: rows)])
