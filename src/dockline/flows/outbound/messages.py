"""Our facts as contract messages, and what the far side answered as facts. Pure."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from dockline.connectors.contract.messages import Address, Quantity, ShipmentMessage, ShipmentMessageLine
from dockline.connectors.contract.notices import FarStatus, ShipmentNotice
from dockline.domain.channels.rules import describe_product
from dockline.domain.shipments.rules import Answered, list_differences


@dataclass(frozen=True)
class LineToSend:
    """One shipment line with what is needed to name it to a warehouse; quantities in base units."""

    line_id: int
    sku: str
    product_name: str
    variant_name: str
    unit: str
    quantity: Decimal


@dataclass(frozen=True)
class ShipmentToSend:
    """One shipment with what is needed to send it."""

    shipment_id: int
    reference: str
    order_number: str
    ship_to: dict[str, str]
    service: str
    ship_on: date | None
    deliver_by: date | None
    instructions: str
    lines: tuple[LineToSend, ...]


def make_shipment_message(shipment: ShipmentToSend, *, description: str) -> ShipmentMessage:
    """Say a shipment in the contract's words. `description` is the channel's choice of product description."""
    return ShipmentMessage(
        reference=shipment.reference,
        order_number=shipment.order_number,
        ship_to=msgspec.convert(shipment.ship_to, Address),
        lines=tuple(
            ShipmentMessageLine(
                line_ref=str(line.line_id),
                sku=line.sku,
                description=describe_product(
                    description, product_name=line.product_name, variant_name=line.variant_name
                ),
                quantity=Quantity(line.quantity, line.unit),
                base_quantity=line.quantity,
            )
            for line in shipment.lines
        ),
        service=shipment.service,
        ship_on=shipment.ship_on,
        deliver_by=shipment.deliver_by,
        instructions=shipment.instructions,
    )


def freeze(message: ShipmentMessage) -> tuple[dict[str, Any], str]:
    """Return a message as it is stored with its intent, and its digest."""
    body = msgspec.json.encode(message)
    return msgspec.to_builtins(message), hashlib.sha256(body).hexdigest()


def thaw(stored: dict[str, Any]) -> ShipmentMessage:
    """Return the message that was stored with an intent."""
    return msgspec.convert(stored, ShipmentMessage, strict=False)


def store_notice(notice: ShipmentNotice) -> Any:
    """Return a notice as it is stored with an exchange."""
    return msgspec.to_builtins(notice)


def sum_lines(lines: Sequence[Any]) -> dict[str, Decimal]:
    """Sum base quantities per SKU, of a message's or a notice's lines."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        totals[line.sku] += line.base_quantity
    return dict(totals)


def judge_answer(meant: dict[str, Decimal], notice: ShipmentNotice) -> Answered:
    """Compare what is there with what we meant, per product in base units."""
    if notice.status is FarStatus.REJECTED:
        return Answered(rejected=True, problems=notice.problems)
    differences = list_differences(meant, sum_lines(notice.lines))
    if notice.problems:
        differences += notice.problems
    return Answered(differences=differences)
