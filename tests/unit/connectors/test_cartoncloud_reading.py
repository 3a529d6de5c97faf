"""Reading while orders change: nothing is taken for complete or attributed that may not be."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from dockline.connectors.cartoncloud import packages, schemas
from dockline.connectors.cartoncloud.client import Client, Page
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.cartoncloud.shipments import Shipments
from dockline.connectors.cartoncloud.units import Units
from dockline.connectors.contract import errors
from dockline.connectors.contract.runtime import Runtime

OLD, NEW = "2026-03-04T00:00:00+00:00", "2026-03-04T09:00:00+00:00"
SETTINGS = CartonCloudSettings.model_validate(
    {
        "client_id": "id",
        "client_secret": "secret",
        "tenant_id": "7a1e0c52-3d4b-4c1a-9f60-2b5d8e714a01",
        "customer_name": "Deli",
    }
)


class StubClient:
    """Answers searches from memory and remembers what was asked."""

    def __init__(self, *pages: Page[Any], consignments: dict[str, list[schemas.Consignment]] | None = None) -> None:
        self.pages, self.consignments = pages, consignments or {}
        self.asked: list[Any] = []

    def search_orders(self, condition: Any) -> Iterator[Page[Any]]:
        self.asked.append(condition)
        yield from self.pages

    def search_consignments(self, condition: Any) -> Iterator[Page[Any]]:
        ids = [leaf["value"]["value"] for leaf in condition["conditions"]]
        self.asked.append(ids)
        found = [one for order_id in ids for one in self.consignments.get(order_id, [])]
        yield Page(found, is_last=True, total=len(found))


class StubRuntime:
    def now(self) -> datetime:
        return datetime(2026, 3, 4, tzinfo=UTC)

    def redact(self, text: str) -> str:
        return text


def order(order_id: str, *, reference: str = "", modified: str = NEW) -> schemas.OutboundOrder:
    stamps = schemas.Timestamps(modified=schemas.Timestamp(time=modified))
    references = schemas.References(customer=reference or order_id)
    return schemas.OutboundOrder(id=order_id, status="PACKED", references=references, timestamps=stamps)


def shipments(client: StubClient) -> Shipments:
    units = Units(cast(Client, client), cast(Runtime, StubRuntime()))
    return Shipments(SETTINGS, cast(Client, client), units, "customer")


def page(*ids: str, last: bool, total: int | None) -> Page[schemas.OutboundOrder]:
    return Page([order(order_id) for order_id in ids], is_last=last, total=total)


@pytest.mark.parametrize(
    ("pages", "position"),
    [
        ([page("a", "b", last=False, total=3), page("c", last=True, total=3)], NEW),
        ([page("a", "b", last=False, total=3), page("b", "c", "d", last=True, total=4)], NEW),
        ([page("a", "b", last=False, total=None), page(last=True, total=None)], NEW),
        # One was deleted while we read: the one that moved into its place was never seen.
        ([page("a", "b", last=False, total=4), page("d", last=True, total=3)], OLD),
        # One jumped to the end while we read: seen twice, and another never.
        ([page("a", "b", last=False, total=4), page("d", "a", last=True, total=4)], OLD),
    ],
)
@pytest.mark.fault("D09")
def test_only_a_complete_reading_moves_the_position(pages: list[Page[Any]], position: str):
    read = list(shipments(StubClient(*pages)).receive(OLD, now=StubRuntime().now()))

    assert [one.position for one in read] == [OLD, position]
    assert {notice.external_id for one in read for notice in one.notices} >= {"a", "b"}


def test_nothing_new_leaves_the_position():
    (read,) = shipments(StubClient(page(last=True, total=0))).receive(OLD, now=StubRuntime().now())
    assert (read.notices, read.position) == ((), OLD)


@pytest.mark.fault("D09")
def test_the_question_reaches_back_behind_the_position():
    client = StubClient(page(last=True, total=0))
    list(shipments(client).receive(OLD, now=StubRuntime().now()))
    assert client.asked[0]["conditions"][1]["value"]["value"] == "2026-03-03T23:45:00+00:00"


def test_an_incomplete_look_is_not_an_answer():
    client = StubClient(page("a", last=False, total=3), page(last=True, total=2))
    with pytest.raises(errors.NotReached):
        shipments(client).find(["a"])


def consignment(name: str, *, reference: str = "", task: str = "") -> schemas.Consignment:
    return schemas.Consignment(
        id=name,
        references=schemas.References(customer=reference or None),
        generated_from_task=schemas.Named(id=task) if task else None,
    )


@pytest.mark.parametrize(
    ("first", "second", "questions"),
    [
        (consignment("1", reference="A"), consignment("2", reference="B"), 1),
        (consignment("1", task="a"), consignment("2", task="b", reference="A"), 1),
        (consignment("1", reference="A - 2"), consignment("2", reference="B"), 3),
        (consignment("1"), consignment("2", reference="B"), 3),
    ],
)
def test_a_package_belongs_to_its_order_beyond_doubt(
    first: schemas.Consignment, second: schemas.Consignment, questions: int
):
    client = StubClient(consignments={"a": [first], "b": [second]})
    orders = [order("a", reference="A"), order("b", reference="B")]

    found = packages.of_orders(cast(Client, client), orders)

    assert {key: [package.external_id for package in those] for key, those in found.items()} == {"a": ["1"], "b": ["2"]}
    assert len(client.asked) == questions


def test_orders_that_share_a_reference_are_asked_one_by_one():
    client = StubClient(consignments={"a": [consignment("1", reference="A")], "b": []})
    found = packages.of_orders(cast(Client, client), [order("a", reference="A"), order("b", reference="A")])
    assert [len(found["a"]), len(found["b"])] == [1, 0]


@pytest.mark.fault("D11")
def test_a_time_that_cannot_be_does_not_end_all_news():
    now = StubRuntime().now()
    pages = Page([order("a"), order("b", modified="9999-12-31T23:59:59Z")], is_last=True, total=2)
    (read,) = shipments(StubClient(pages)).receive(OLD, now=now)
    assert read.position == datetime.fromisoformat(NEW).isoformat()
