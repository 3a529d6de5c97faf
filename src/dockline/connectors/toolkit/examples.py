"""What the conformance suite says and hears: messages, and the answers that each mean one error."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from dockline.connectors.contract import errors, messages

_WEB_PAGE: dict[str, Any] = {"body": "<html>blocked</html>", "headers": {"content-type": "text/html"}}
SAID_NO: dict[str, Any] = {"body": '[{"message": "no"}]', "headers": {"content-type": "application/json"}}

WRITE_ANSWERS: tuple[tuple[int, dict[str, Any], type[errors.ConnectorError]], ...] = (
    (400, SAID_NO, errors.Refused),
    (403, SAID_NO, errors.NotAuthorised),
    (403, _WEB_PAGE, errors.OutcomeUnknown),
    (404, SAID_NO, errors.Refused),
    (409, SAID_NO, errors.Refused),
    (422, SAID_NO, errors.Refused),
    (429, SAID_NO, errors.NotReached),
    (500, SAID_NO, errors.OutcomeUnknown),
    (502, _WEB_PAGE, errors.OutcomeUnknown),
    (503, {}, errors.OutcomeUnknown),
    (504, {}, errors.OutcomeUnknown),
    (302, {"headers": {"location": "/elsewhere"}}, errors.OutcomeUnknown),
    (201, _WEB_PAGE, errors.OutcomeUnknown),
    (201, {"body": "{}"}, errors.OutcomeUnknown),
    (201, {"body": '{"id": "1", "id": "2"}'}, errors.OutcomeUnknown),
    (200, {}, errors.OutcomeUnknown),
)
READ_ANSWERS: tuple[tuple[int, dict[str, Any], type[errors.ConnectorError]], ...] = (
    (400, SAID_NO, errors.Refused),
    (403, SAID_NO, errors.NotAuthorised),
    (403, _WEB_PAGE, errors.NotReached),
    (404, _WEB_PAGE, errors.NotReached),
    (429, SAID_NO, errors.NotReached),
    (500, SAID_NO, errors.NotReached),
    (503, _WEB_PAGE, errors.NotReached),
    (302, {"headers": {"location": "/elsewhere"}}, errors.Misconfigured),
    (200, _WEB_PAGE, errors.Unreadable),
    (200, {}, errors.Unreadable),
    (200, {"body": '[{"id": NaN}]'}, errors.Unreadable),
    (200, {"body": '[{"id": "\\ud800"}]'}, errors.Unreadable),
    (200, {"body": "[" * 5000}, errors.Unreadable),
)


@contextmanager
def raises(kind: type[errors.ConnectorError], *, exactly: bool = False) -> Iterator[list[Any]]:
    """Expect an error of this kind; the list holds it afterwards."""
    caught: list[Any] = []
    try:
        yield caught
    except kind as error:
        assert not exactly or type(error) is kind, f"{type(error).__name__} instead of {kind.__name__}: {error}"
        caught.append(error)
    assert caught, f"{kind.__name__} was not raised"


def make_product(sku: str, *, name: str = "A thing") -> messages.ProductMessage:
    """A product counted in pieces, with a carton of twelve."""
    units = (messages.ProductUnit("EA", Decimal(1), "Each"), messages.ProductUnit("CTN", Decimal(12), "Carton"))
    return messages.ProductMessage(sku=sku, name=name, base_unit="EA", units=units)


def make_line(line_ref: str, sku: str, amount: Decimal) -> messages.ShipmentMessageLine:
    """A line in pieces."""
    return messages.ShipmentMessageLine(line_ref, sku, "A thing", messages.Quantity(amount, "EA"), amount)


def make_message(reference: str, sku: str, amount: Decimal = Decimal(2)) -> messages.ShipmentMessage:
    """An order of one line."""
    ship_to = messages.Address(company="Harbour Deli", contact="Mei Tan", line_1="12 Wharf Road", country="AU")
    return messages.ShipmentMessage(reference, reference, ship_to, (make_line("line-1", sku, amount),))


def make_purchase(reference: str, sku: str, amount: Decimal = Decimal(2), *, lot: str = "") -> messages.PurchaseMessage:
    """A purchase order of one line, in pieces."""
    line = messages.PurchaseMessageLine(sku, messages.Quantity(amount, "EA"), amount, lot=lot)
    return messages.PurchaseMessage(reference, reference, (line,))
