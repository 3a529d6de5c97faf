"""What only CartonCloud does, against the simulator and against bare sockets."""

import json
import re
import socket
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from dockline.connectors.cartoncloud.connector import CartonCloud
from dockline.connectors.cartoncloud.spec import SPEC
from dockline.connectors.contract import errors, messages
from dockline.connectors.contract.notices import FarStatus
from dockline.connectors.toolkit.examples import make_message, make_product

from ..support.connector_runtime import MemoryRuntime
from ..unit.gateway.far_sockets import far_side
from .far_cartoncloud import FarCartonCloud


@pytest.mark.fault("N08")
def test_a_rejected_order_comes_back_with_its_reasons(cartoncloud: FarCartonCloud):
    notice = cartoncloud.open().export_shipment(make_message("ORD-1", "UNKNOWN-SKU"))

    assert (notice.status, notice.far_status, notice.lines) == (FarStatus.REJECTED, "REJECTED", ())
    assert "UNKNOWN-SKU" in notice.problems[0]


def test_cartons_are_counted_in_pieces(cartoncloud: FarCartonCloud):
    cartoncloud.stock_up(make_product("BOX"), Decimal(100))
    line = messages.ShipmentMessageLine("1", "BOX", "", messages.Quantity(Decimal(2), "CTN"), Decimal(24))
    message = messages.ShipmentMessage("ORD-2", "2", messages.Address(company="Deli"), (line,))

    sent = cartoncloud.open().export_shipment(message)
    read = cartoncloud.open().read_shipment(sent.external_id)

    assert [(found.quantity, found.base_quantity) for found in read.lines] == [(line.quantity, Decimal(24))]


def test_what_is_known_as_the_base_unit_is_not_looked_up(cartoncloud: FarCartonCloud):
    cartoncloud.stock_up(make_product("ONE"), Decimal(100))
    cartoncloud.open().export_shipment(make_message("ORD-3", "ONE"))

    methods = [re.sub(r".*/(?=[a-z-]+(/search)?(\?|$))", "", call.url) for call in cartoncloud.runtimes[-1].calls]

    assert methods == ["token", "customers?page=1&size=100", "outbound-orders"]


def test_a_short_pick_is_seen(cartoncloud: FarCartonCloud):
    cartoncloud.stock_up(make_product("SHORT"), Decimal(100))
    sent = cartoncloud.open().export_shipment(make_message("ORD-4", "SHORT", Decimal(5)))
    packed = {"items": [{"code": "SHORT", "quantity": 3}]}
    cartoncloud.simulator.control("POST", f"/orders/{sent.external_id}/pack", packed)

    read = cartoncloud.open().read_shipment(sent.external_id)

    assert sum(line.base_quantity for line in read.lines) == 3
    assert read.packed_at is not None
    assert read.status in (FarStatus.PACKED, FarStatus.SHIPPED)


def test_packages_of_many_orders_are_not_mixed_up(cartoncloud: FarCartonCloud):
    cartoncloud.stock_up(make_product("MANY"), Decimal(1000))
    connector = cartoncloud.open()
    sent = [connector.export_shipment(make_message(f"ORD-5-{number}", "MANY")) for number in range(12)]
    for notice in sent:
        cartoncloud.ship(notice.external_id)

    received = {notice.external_id: notice for page in connector.receive_shipments("") for notice in page.notices}

    assert {key: notice.packages for key, notice in received.items()} == {
        notice.external_id: connector.read_shipment(notice.external_id).packages for notice in sent
    }
    assert len({package.tracking_number for notice in received.values() for package in notice.packages}) == 12


@pytest.mark.fault("D09")
def test_only_the_last_page_moves_the_position(cartoncloud: FarCartonCloud):
    cartoncloud.stock_up(make_product("PAGES"), Decimal(1000))
    connector = cartoncloud.open()
    for number in range(5):
        connector.export_shipment(make_message(f"ORD-6-{number}", "PAGES"))
    with cartoncloud.short_pages():
        pages = list(connector.receive_shipments(""))

    assert [page.position == "" for page in pages] == [True, True, False]
    assert len({notice.external_id for page in pages for notice in page.notices}) == 5


@pytest.mark.parametrize("position", ["nonsense", "2026-01-01", "2026-01-01T00:00:00"])
def test_a_foreign_position_is_refused(cartoncloud: FarCartonCloud, position: str):
    with pytest.raises(errors.Misconfigured):
        list(cartoncloud.open().receive_shipments(position))


def test_a_failed_report_says_why(cartoncloud: FarCartonCloud):
    cartoncloud.simulator.control("PATCH", "/settings", {"report_fails": True})
    try:
        with pytest.raises(errors.Refused, match="stock report failed"):
            list(cartoncloud.open().receive_inventory(by_lot=False).rows)
    finally:
        cartoncloud.simulator.control("PATCH", "/settings", {"report_fails": False})


def test_damaged_stock_is_not_sellable(cartoncloud: FarCartonCloud):
    cartoncloud.stock_up(make_product("HURT"), Decimal(10))
    damaged = {"customer": cartoncloud.customer_id, "rows": [{"code": "HURT", "quantity": 4, "status": "DAMAGED"}]}
    cartoncloud.simulator.control("POST", "/stock", damaged)

    rows = list(cartoncloud.open().receive_inventory(by_lot=False).rows)

    assert {(row.on_hand, row.sellable) for row in rows} == {(Decimal(10), True), (Decimal(4), False)}


@pytest.mark.fault("D04")
def test_units_that_mean_something_else_there_are_refused(cartoncloud: FarCartonCloud):
    cartoncloud.stock_up(make_product("DOZEN"), Decimal(0) + 1)
    units = (messages.ProductUnit("EA", Decimal(1)), messages.ProductUnit("CTN", Decimal(10)))
    ours = messages.ProductMessage("DOZEN", "A thing", "EA", units)

    (outcome,) = cartoncloud.open().export_products([ours])

    assert (outcome.action, outcome.problem) == ("refused", "CTN of DOZEN is 10 here and 12 there.")


@pytest.mark.fault("K01")
def test_a_revoked_token_is_renewed_once(cartoncloud: FarCartonCloud):
    cartoncloud.open().find_shipments(["X"])
    (key,) = [key for key in cartoncloud.runtimes[-1].store.texts if key.startswith("token:")]
    cartoncloud.runtimes[-1].store.put(key, "revoked")

    settings = SPEC.settings.model_validate(cartoncloud.settings())
    CartonCloud(settings, cartoncloud.runtimes[-1]).find_shipments(["X"])

    statuses = [call.status for call in cartoncloud.runtimes[-1].calls[-3:]]
    assert statuses == [401, 200, 200]
    assert "revoked" not in str(cartoncloud.runtimes[-1].kept_texts())


@pytest.mark.fault("K01")
def test_a_token_is_renewed_before_it_ends(cartoncloud: FarCartonCloud):
    connector = cartoncloud.open()
    runtime = cartoncloud.runtimes[-1]

    def sign_ins() -> int:
        return sum(call.url.endswith("/token") for call in runtime.calls)

    connector.find_shipments(["X"])
    runtime.offset = timedelta(seconds=3200)
    connector.find_shipments(["X"])
    assert sign_ins() == 1
    runtime.offset = timedelta(seconds=3260)
    connector.find_shipments(["X"])
    assert sign_ins() == 2


class RecordedAnswers:
    """A far side on a bare socket that signs in and lists one customer, and treats orders as told."""

    def __init__(self, order_answer: bytes | None) -> None:
        self.order_answer = order_answer
        self.tenant, self.customer = str(uuid4()), str(uuid4())

    def __call__(self, connection: socket.socket, request: bytes) -> None:
        path = request.split(b" ", 2)[1].decode()
        if path.endswith("/outbound-orders"):
            if self.order_answer is None:
                connection.close()
                return
            self._answer(connection, self.order_answer, "201 Created")
        elif path.endswith("/token"):
            self._answer(connection, b'{"access_token": "tok-from-socket", "expires_in": 3600}')
        else:
            self._answer(connection, json.dumps([{"id": self.customer, "name": "Deli"}]).encode())

    def _answer(self, connection: socket.socket, body: bytes, status: str = "200 OK") -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)


def _export(answers: RecordedAnswers) -> tuple[list[bytes], errors.ConnectorError]:
    with far_side(answers) as far:
        settings: dict[str, Any] = {"api_url": far.origin, "client_id": "id", "client_secret": "the-secret-value"}
        parsed = SPEC.settings.model_validate({**settings, "tenant_id": answers.tenant, "customer_name": "Deli"})
        runtime = MemoryRuntime(SPEC, parsed, deadline_seconds=3)
        with runtime.http, pytest.raises(errors.ConnectorError) as caught:
            CartonCloud(parsed, runtime).export_shipment(make_message("ORD-7", "ONE"))
        return [request for request in far.requests if b"/outbound-orders " in request], caught.value


@pytest.mark.fault("N03")
def test_a_cut_connection_leaves_one_order_request_on_the_wire():
    sent, error = _export(RecordedAnswers(order_answer=None))

    assert type(error) is errors.OutcomeUnknown
    assert len(sent) == 1
    assert b'"measures":{"quantity":2}' in sent[0]


@pytest.mark.parametrize(
    "change",
    [
        {"references": {"customer": "ORD-8"}},
        {"references": None},
        {"customer": {"id": str(uuid4())}},
        {"id": ""},
        {"id": None},
        {"items": [{"measures": {"quantity": "many"}}]},
    ],
)
@pytest.mark.fault("N17")
def test_an_answer_about_another_order_is_not_believed(change: dict[str, Any]):
    order = {"id": "1", "status": "DRAFT", "version": 1, "references": {"customer": "ORD-7"}, **change}

    sent, error = _export(RecordedAnswers(order_answer=json.dumps(order).encode()))

    assert type(error) is errors.OutcomeUnknown
    assert len(sent) == 1
