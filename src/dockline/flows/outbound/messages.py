"""Our facts as contract messages, and what the far side answered as facts. Pure."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from dockline.connectors.contract.messages import Address, Quantity, ShipmentMessage, ShipmentMessageLine
from dockline.connectors.contract.notices import FarStatus, Package, ShipmentNotice
from dockline.domain.channels.rules import describe_product
from dockline.domain.dispatches.rules import Answered, list_differences
from dockline.domain.mappings.rules import CarrierRow, read_carrier
from dockline.domain.shipments.rules import Carried, ShipmentToSend
from dockline.kit import structs


@dataclass(frozen=True)
class Translation:
    """A shipment's codes in the channel's words. With `troubles` it cannot be sent; `notes` go into the log."""

    skus: Mapping[int, str]
    carrier: str = ""
    service: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    line_extras: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def make_shipment_message(
    shipment: ShipmentToSend, translation: Translation, *, description: str, leave_out: Collection[str] = ()
) -> ShipmentMessage:
    """Say a shipment in the contract's words. `description` is the channel's choice of product description.

    `leave_out` are the parts of the address, and perhaps the instructions, that are personal and not to be said.
    """
    ship_to = {name: part for name, part in shipment.ship_to.items() if name not in leave_out}
    return ShipmentMessage(
        reference=shipment.reference,
        order_number=shipment.order_number,
        ship_to=structs.convert(ship_to, Address),
        lines=tuple(
            ShipmentMessageLine(
                line_ref=str(line.line_id),
                sku=translation.skus[line.line_id],
                description=describe_product(
                    description, product_name=line.product_name, variant_name=line.variant_name
                ),
                quantity=Quantity(line.quantity, line.unit),
                base_quantity=line.quantity,
                extra=translation.line_extras.get(line.line_id, {}),
            )
            for line in shipment.lines
        ),
        carrier=translation.carrier,
        service=translation.service,
        ship_on=shipment.ship_on,
        deliver_by=shipment.deliver_by,
        instructions="" if "instructions" in leave_out else shipment.instructions,
        extra=translation.extra,
    )


def read_in_our_words(
    notice: ShipmentNotice,
    lines: Sequence[Carried],
    *,
    own_skus: Mapping[str, str],
    carriers: Sequence[CarrierRow],
) -> ShipmentNotice:
    """Put our SKUs and carrier codes into what the far side says of a shipment.

    A SKU it was sent under is ours whatever the mappings say by now; another one is looked up in `own_skus`, those of
    the channel's SKUs that are mapped now. What nothing translates stays as it came.
    """
    sent = {line.sent_sku or line.sku: line.sku for line in lines}
    if all(sent.get(line.sku) == line.sku for line in notice.lines) and not (carriers and notice.packages):
        return notice
    return msgspec.structs.replace(
        notice,
        lines=tuple(
            msgspec.structs.replace(line, sku=sent.get(line.sku) or own_skus.get(line.sku, line.sku))
            for line in notice.lines
        ),
        packages=tuple(_read_package(package, carriers) for package in notice.packages),
    )


def _read_package(package: Package, carriers: Sequence[CarrierRow]) -> Package:
    row = read_carrier(carriers, package.carrier, package.service)
    return package if row is None else msgspec.structs.replace(package, carrier=row.carrier, service=row.service)


def freeze(message: ShipmentMessage) -> tuple[str, str]:
    """Return a message as it is stored with its intent, as JSON, and its digest."""
    body = msgspec.json.encode(message)
    return body.decode(), hashlib.sha256(body).hexdigest()


def thaw(stored: dict[str, Any]) -> ShipmentMessage:
    """Return the message that was stored with an intent."""
    return structs.convert(stored, ShipmentMessage, strict=False)


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


GONE_ON = (FarStatus.PICKING, FarStatus.PACKED, FarStatus.SHIPPED)
"""The warehouse is at work on it, or done: fewer goods may be what it found, not what we said."""


def judge_found(meant: dict[str, Decimal], notice: ShipmentNotice) -> Answered:
    """Compare what was found there, perhaps late, with what we meant.

    Of what is being worked on less may be there, for it may have been picked short; more, or other goods, never.
    """
    if notice.status not in GONE_ON or notice.problems:
        return judge_answer(meant, notice)
    there = sum_lines(notice.lines)
    beyond = {sku: quantity for sku, quantity in there.items() if quantity > meant.get(sku, Decimal(0))}
    return Answered(differences=list_differences({sku: meant.get(sku, Decimal(0)) for sku in beyond}, beyond))
