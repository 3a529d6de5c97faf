"""Read stock in pages that move while they are read: no SKU that lies there all the time is ever taken for gone (W6).

Rows come, go and change places whenever a page was read, drawn from a seed. What is read goes through the connector's
own report and the flow that replaces levels, into a real database.

    python -m proofs.shifting_pages                      300 schedules
    python -m proofs.shifting_pages --schedules 10000
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

from dockline.connectors.cartoncloud import schemas
from dockline.connectors.cartoncloud.client import Client
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.cartoncloud.stock_report import StockReport
from dockline.connectors.contract.notices import InventoryReport
from dockline.connectors.contract.runtime import HttpResponse
from dockline.connectors.toolkit import json
from proofs import fuzz_input

SIZE = 4
SKUS = tuple(f"SKU-{number}" for number in range(14))
SETTINGS = CartonCloudSettings.model_validate(
    {
        "client_id": "c",
        "client_secret": "s",
        "tenant_id": "7a1e0c52-3d4b-4c1a-9f60-2b5d8e714a01",
        "customer_name": "Shop",
    }
)


class ShiftingClient:
    """A report whose rows come, go and change places whenever a page was read; with no dice it stays as it is."""

    def __init__(self, skus: Sequence[str], random: Random | None) -> None:
        self.rows = [(sku, 5) for sku in skus]
        self.ever_gone: set[str] = set()
        self._random = random

    def start_report(self, parameters: Any) -> schemas.ReportRun:
        return schemas.ReportRun(id="r", status="IN_PROCESS", parameters=schemas.ReportParameters(page_size=SIZE))

    def get_report(self, report_id: str, *, page: int, size: int) -> HttpResponse:
        items = [_item(sku, count) for sku, count in self.rows[(page - 1) * size : page * size]]
        headers = {"total-elements": str(len(self.rows)), "total-pages": str(-(-len(self.rows) // size))}
        if self._random is not None:
            self._shift(self._random)
        return HttpResponse(200, headers, json.encode({"id": report_id, "status": "SUCCESS", "items": items}))

    def read_report(self, response: HttpResponse) -> schemas.ReportRun:
        return json.decode(response.body, as_type=schemas.ReportRun)

    def _shift(self, random: Random) -> None:
        for _ in range(random.choice((0, 0, 1, 2, 2))):
            deed, at = random.random(), random.randrange(len(self.rows))
            if deed < 0.35 and len(self.rows) > 3:
                self.ever_gone.add(self.rows.pop(at)[0])
            elif deed < 0.7:
                self.rows.insert(at, (f"NEW-{random.randrange(5)}", 3))
            elif deed < 0.85:
                self.rows.append(self.rows.pop(at))
            else:
                self.rows[at] = (self.rows[at][0], random.randrange(1, 9))


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
        from dockline.kit import clock

        return InventoryReport(clock.now(), self._report.open(by_lot=by_lot))


@dataclass
class Shifted:
    """How the schedules ended, and what of them is wrong."""

    ended: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def shift(channel_id: int, *, schedules: int, first_seed: int = 0) -> Shifted:
    """Read the stock of a channel whose SKUs are ours by as many schedules, each beginning with all of it there."""
    from dockline.domain.inventory.models import Level
    from dockline.flows.inventory import receive

    shifted = Shifted()
    # A report that would empty much is held for a person, which is another rule than the one that is looked at.
    with mock.patch.object(receive, "doubt_report", lambda before, after: ""):
        assert receive_from(channel_id, Connector(ShiftingClient(SKUS, None))) == "finished"
        for seed in range(first_seed, first_seed + schedules):
            client = ShiftingClient(SKUS, Random(seed))
            Level.objects.update(on_hand=5, free=5)
            shifted.ended[receive_from(channel_id, Connector(client))] += 1
            emptied = set(Level.objects.filter(on_hand=0).values_list("variant__sku", flat=True))
            if emptied - client.ever_gone:
                shifted.wrong.append(f"seed {seed}: {sorted(emptied - client.ever_gone)} lay there all the time")
    return shifted


def receive_from(channel_id: int, connector: Any) -> str:
    """Receive inventory from this connector, and return how the run ended."""
    from dockline.domain.channels.models import Channel
    from dockline.domain.runs.models import Run
    from dockline.flows.inventory import receive
    from dockline.gateway import runtime

    conversation = SimpleNamespace(can=lambda ability: True, connector=connector)
    Channel.objects.update(retry_at=None)
    with mock.patch.object(runtime, "converse", lambda channel_id: conversation):
        receive.receive_inventory(channel_id, cause="a test")
    return str(Run.objects.latest("id").state)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schedules", type=int, default=300)
    parser.add_argument("--first-seed", type=int, default=0)
    chosen = parser.parse_args()
    with fuzz_input.own_database():
        from tests.domain.conftest import make_shop

        shop = make_shop()
        for sku in SKUS:
            shop.variant(sku)
        shifted = shift(shop.channel.pk, schedules=chosen.schedules, first_seed=chosen.first_seed)
    print(
        f"W6: {chosen.schedules:,} schedules of moving pages, {shifted.ended['finished']:,} read,"
        f" {shifted.ended['failed']:,} refused, {len(shifted.wrong)} wrong;"
        f" seeds {chosen.first_seed} to {chosen.first_seed + chosen.schedules - 1}"
    )
    for one in shifted.wrong[:10]:
        print("  ", one)
    return bool(shifted.wrong)


if __name__ == "__main__":
    sys.exit(main())
