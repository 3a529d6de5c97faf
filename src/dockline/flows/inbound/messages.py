"""Our purchase orders as contract messages, and what the far side has of them compared with what we meant. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from dockline.connectors.contract.messages import PurchaseMessage, PurchaseMessageLine, Quantity
from dockline.connectors.contract.notices import FarReceiptStatus, ReceiptNotice, ReceiptNoticeLine
from dockline.domain.dispatches.rules import Answered, LookedUp, list_differences
from dockline.domain.purchases.models import PurchaseOrder
from dockline.domain.purchases.queries import SendLine
from dockline.flows import answers
from dockline.kit import structs


def make_message(order: PurchaseOrder, lines: Sequence[SendLine], *, skus: Mapping[int, str]) -> PurchaseMessage:
    """Say a purchase order in the contract's words, its products by the channel's SKUs."""
    return PurchaseMessage(
        reference=order.reference,
        order_number=order.number,
        lines=tuple(
            PurchaseMessageLine(
                sku=skus.get(line.variant_id, line.sku),
                quantity=Quantity(line.quantity, line.unit),
                base_quantity=line.base_quantity,
                lot=line.lot,
                serial=line.serial,
                expires_on=line.expires_on,
            )
            for line in lines
        ),
        supplier=order.supplier,
        arrival_on=order.arrival_on,
        instructions=order.instructions,
    )


def freeze(message: PurchaseMessage) -> tuple[str, str]:
    """Return a message as it is stored with its intent, as JSON, and its digest."""
    body = msgspec.json.encode(message)
    return body.decode(), hashlib.sha256(body).hexdigest()


def thaw(stored: dict[str, Any]) -> PurchaseMessage:
    """Return the message that was stored with an intent."""
    return structs.convert(stored, PurchaseMessage, strict=False)


def judge_answer(meant: PurchaseMessage, notice: ReceiptNotice) -> Answered:
    """Compare what is there with what we meant: per product, lot, serial number and expiry date, in base units."""
    if notice.status is FarReceiptStatus.REJECTED:
        return Answered(rejected=True, problems=notice.problems)
    differences = list_differences(sum_lines(meant.lines), sum_lines(notice.lines))
    return Answered(differences=differences + notice.problems)


def judge_look_up(
    meant: PurchaseMessage, there: Sequence[ReceiptNotice], *, settle_seconds: int, asked_at: datetime
) -> LookedUp:
    """Say what a look-up for a purchase order found."""
    return answers.judge_look_up(
        there,
        is_rejected=lambda notice: notice.status is FarReceiptStatus.REJECTED,
        judge=lambda notice: judge_answer(meant, notice),
        settle_seconds=settle_seconds,
        asked_at=asked_at,
    )


def pick_live(there: Sequence[ReceiptNotice]) -> ReceiptNotice | None:
    """The one that counts of what was found."""
    live = (notice for notice in there if notice.status is not FarReceiptStatus.REJECTED)
    return next(live, there[0] if there else None)


def sum_lines(lines: Sequence[PurchaseMessageLine] | Sequence[ReceiptNoticeLine]) -> dict[str, Decimal]:
    """Sum up quantities per product, lot, serial number and expiry date, in base units."""
    totals: dict[str, Decimal] = {}
    for line in lines:
        parts = [line.sku, line.lot and f"lot {line.lot}", line.serial and f"serial {line.serial}"]
        parts.append(f"expiring {line.expires_on.isoformat()}" if line.expires_on else "")
        name = ", ".join(filter(None, parts))
        totals[name] = totals.get(name, Decimal(0)) + line.base_quantity
    return totals
