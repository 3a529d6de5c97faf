"""Their words and ours say the same."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from dockline.connectors.cartoncloud import complaints, mapping, schemas
from dockline.connectors.contract import messages
from dockline.connectors.contract.errors import Unreadable
from dockline.connectors.contract.notices import FarStatus
from dockline.connectors.toolkit import json
from dockline.connectors.toolkit.redaction import Redactor


def order(**changes: Any) -> schemas.OutboundOrder:
    item = {
        "details": {"product": {"references": {"code": "MAC250"}}, "unitOfMeasure": {"type": "CTN"}},
        "measures": {"quantity": Decimal("1.5")},
        "properties": {"batch": "B1", "expiryDate": "2026-11-30", "sop_custom_field_1": "line-1", "serialNumber": 7},
    }
    body = {
        "id": "o1",
        "status": "PACKED",
        "version": 3,
        "references": {"customer": "SO-1"},
        "items": [item],
        **changes,
    }
    return json.decode(json.encode(body), as_type=schemas.OutboundOrder)


def notice(there: schemas.OutboundOrder, factor: Decimal | None = Decimal(12)) -> Any:
    return mapping.shipment_notice(there, base_units=lambda sku, unit: factor, line_field="sop_custom_field_1")


def test_an_item_becomes_a_line():
    (line,) = notice(order()).lines
    assert (line.sku, line.quantity, line.base_quantity) == (
        "MAC250",
        messages.Quantity(Decimal("1.5"), "CTN"),
        Decimal(18),
    )
    assert (line.line_ref, line.lot, line.serial, line.expires_on) == ("line-1", "B1", "7", date(2026, 11, 30))


@pytest.mark.parametrize(("word", "status"), [*mapping.STATUSES.items(), ("SOMETHING_NEW", FarStatus.UNKNOWN)])
@pytest.mark.fault("N16")
def test_each_status_has_a_meaning(word: str, status: FarStatus):
    mapped = notice(order(status=word))
    assert (mapped.status, mapped.far_status) == (status, word)


def test_everything_optional_may_be_missing_or_null():
    bare = json.decode(b'{"id": "o1", "status": "DRAFT"}', as_type=schemas.OutboundOrder)
    nulls = order(references=None, customer=None, details=None, items=None, timestamps=None)
    assert notice(bare).lines == notice(nulls).lines == ()
    empty = [{"details": None, "measures": None, "properties": None}, {}]
    assert notice(order(items=empty)).status is FarStatus.UNKNOWN


@pytest.mark.parametrize("field", ["id", "status"])
@pytest.mark.fault("N15")
def test_a_name_that_cannot_be_kept_is_unreadable(field: str):
    with pytest.raises(Unreadable):
        order(**{field: "x" * 300})


def test_an_unknown_unit_is_never_guessed():
    mapped = notice(order(), factor=None)
    assert (mapped.status, mapped.far_status, mapped.lines) == (FarStatus.UNKNOWN, "PACKED", ())
    assert "CTN" in mapped.problems[0]


@pytest.mark.parametrize("amount", ["0.0000001", "1e14", "-1e14", "1.0000000000000000000000000000000000001"])
@pytest.mark.fault("D03")
def test_a_quantity_that_cannot_be_kept_exactly_is_never_rounded(amount: str):
    body = order()
    assert body.items and body.items[0].measures
    body.items[0].measures.quantity = Decimal(amount)
    mapped = notice(body)
    assert (mapped.status, mapped.lines) == (FarStatus.UNKNOWN, ())
    assert "too many digits" in mapped.problems[0]


def test_only_open_errors_are_problems():
    errors = [{"message": "Not enough stock", "isResolved": False}, {"message": "old", "isResolved": True}]
    assert notice(order(details={"errors": errors})).problems == ("Not enough stock",)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-04T09:15:22+10:00", datetime(2026, 3, 3, 23, 15, 22, tzinfo=UTC)),
        ("2026-03-04T09:15:22Z", datetime(2026, 3, 4, 9, 15, 22, tzinfo=UTC)),
        ("2026-03-04T09:15:22", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("soon", None),
        (None, None),
    ],
)
@pytest.mark.fault("D11")
def test_an_instant_needs_an_offset(text: str | None, moment: datetime | None):
    assert mapping.instant(schemas.Timestamp(time=text)) == moment


def test_a_link_is_a_web_address_or_nothing():
    def url(value: str) -> str:
        tracking = schemas.Tracking(company="Post", url=value)
        return mapping.package(
            schemas.Consignment(id="c", details=schemas.ConsignmentDetails(tracking=tracking))
        ).tracking_url

    assert url("https://track.example/1") == "https://track.example/1"
    assert url("javascript:alert(1)") == ""


def test_an_order_says_only_what_is_known():
    line = messages.ShipmentMessageLine("l", "A", "", messages.Quantity(Decimal("1E+3"), "EA"), Decimal(1000))
    message = messages.ShipmentMessage("SO-1", "1", messages.Address(company="Deli", state="NSW"), (line,))

    body = mapping.order_body(message, customer_id="c", warehouse_name="", line_field="")

    assert json.encode(body).decode() == (
        '{"type":"OUTBOUND","references":{"customer":"SO-1"},"customer":{"id":"c"},"details":{"deliver":{"address":'
        '{"companyName":"Deli","state":{"code":"NSW"}}},"allowSplitting":false},"items":[{"details":{"product":'
        '{"references":{"code":"A"}},"unitOfMeasure":{"type":"EA"}},"measures":{"quantity":1000}}]}'
    )


def test_everything_known_is_said():
    message = messages.ShipmentMessage(
        "SO-1",
        "1",
        messages.Address(contact="Mei", state="New South Wales", country="AU"),
        (),
        service="Express",
        ship_on=date(2026, 3, 5),
        deliver_by=date(2026, 3, 7),
        instructions="Ring",
        extra={"properties.hubOrderId": "7"},
    )
    body = mapping.order_body(message, customer_id="c", warehouse_name="Brisbane DC", line_field="f")

    assert body["warehouse"] == {"name": "Brisbane DC"}
    assert body["properties"] == {"hubOrderId": "7"}
    assert body["details"] == {
        "deliver": {
            "address": {"contactName": "Mei", "state": {"name": "New South Wales"}, "country": {"iso2Code": "AU"}},
            "method": {"type": "SHIPPING", "requestedService": "Express"},
            "instructions": "Ring",
            "requiredDate": "2026-03-07",
        },
        "allowSplitting": False,
        "collect": {"requiredDate": "2026-03-05"},
    }


def test_each_reference_goes_to_its_property():
    line = messages.ShipmentMessageLine("7", "A", "", messages.Quantity(Decimal(1), "EA"), Decimal(1))
    message = messages.ShipmentMessage(
        "SO-1",
        "1",
        messages.Address(contact="Mei"),
        (msgspec.structs.replace(line, extra={"properties.sop_custom_field_2": "Engraved"}),),
        carrier="FDEG",
        instructions="Ring",
        extra={"references.project": "P9", "details.instructions": "Wrap", "details.deliver.instructions": "Twice"},
    )
    body = mapping.order_body(message, customer_id="c", warehouse_name="", line_field="sop_custom_field_1")

    assert body["references"] == {"customer": "SO-1", "project": "P9"}
    assert body["details"]["instructions"] == "Wrap"
    assert body["details"]["deliver"]["instructions"] == "Ring\nTwice"
    assert body["details"]["deliver"]["method"]["requestedService"] == "FDEG"
    assert body["items"][0]["properties"] == {"sop_custom_field_1": "7", "sop_custom_field_2": "Engraved"}


def test_a_unit_name_is_never_too_short():
    units = (messages.ProductUnit("EA", Decimal(1)), messages.ProductUnit("CTN", Decimal(12), "Ct", "9300"))
    product = messages.ProductMessage("A", "Apple", "EA", units)
    body = mapping.product_body(product, customer_id="c", product_type="Ambient")
    assert [(unit["name"], unit.get("barcode")) for unit in body["unitOfMeasures"].values()] == [
        ("Unit EA", None),
        ("CTN", "9300"),
    ]


@pytest.mark.parametrize(
    ("active", "there", "changes"),
    [
        (True, None, []),
        (True, True, []),
        (False, None, [{"op": "add", "path": "/details/active", "value": False}]),
        (False, True, [{"op": "replace", "path": "/details/active", "value": False}]),
        (True, False, [{"op": "replace", "path": "/details/active", "value": True}]),
    ],
)
def test_only_what_differs_is_changed(active: bool, there: bool | None, changes: list[Any]):
    product = messages.ProductMessage("A", "Apple", "EA", (), active)
    known = schemas.Product(id="p", name="Apple", details=schemas.ProductDetails(active=there))
    assert mapping.product_changes(product, known) == changes


@pytest.mark.parametrize(
    ("body", "message", "existing_id"),
    [
        (b'[{"message":"dup","type":"DUPLICATE","details":{"duplicateId":"7"}}]', "dup", "7"),
        (b'[{"message":"dup","type":"DUPLICATE","details":[{"duplicateId":"7"}]}]', "dup", "7"),
        (b'[{"message":"one"},{"message":"two","type":"OTHER","details":{"duplicateId":"7"}}]', "one; two", ""),
        (b'{"error":"unauthorized","error_description":"Bad credentials"}', "Bad credentials", ""),
        (b"<html>no</html>", "", ""),
        (b"[1, null]", "", ""),
        (b"", "", ""),
    ],
)
def test_complaints_come_in_many_forms(body: bytes, message: str, existing_id: str):
    complaint = complaints.read(body, Redactor().text)
    assert (complaint.message, complaint.existing_id) == (message, existing_id)
    assert complaints.is_theirs(body) == bool(message)
