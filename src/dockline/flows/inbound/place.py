"""Accept a purchase order, perhaps as a draft, and approve it: from then on it is sent.

Reads the channel of its warehouse. Writes the order with its lines, its reference, and history. Wakes catalog export
and export.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db import transaction

from dockline.connectors.contract.capabilities import Capability
from dockline.domain.accounts import queries as accounts
from dockline.domain.channels import queries as channels
from dockline.domain.dispatches.rules import Dispatch, DispatchState, make_reference
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases import queries as purchase_queries
from dockline.domain.purchases.models import PurchaseOrder
from dockline.domain.purchases.operations import NewPurchaseLine, PurchaseContent
from dockline.domain.purchases.queries import UnknownPurchaseOrder
from dockline.domain.purchases.rules import PurchaseStatus
from dockline.flows import job_names
from dockline.gateway import directory
from dockline.kit.errors import Conflict, NotNow
from dockline.kit.queue import port as queue

__all__ = ["NewPurchaseLine", "Placed", "PurchaseContent"]


@dataclass(frozen=True)
class Placed:
    """A purchase order that was placed, now or before."""

    order_id: int
    is_new: bool


@transaction.atomic
def place_purchase(
    *,
    account_id: int,
    warehouse_id: int,
    content: PurchaseContent,
    as_draft: bool = False,
    actor: str,
    now: datetime,
) -> Placed:
    """Create a purchase order, approved unless it is to stay a draft. The same again is the same purchase order.

    Raises Invalid; Conflict when its number stands for other content.
    """
    digest = _digest(content, warehouse_id, as_draft)
    known = purchase_queries.find_numbered(account_id, content.number)
    if known is not None:
        order_id, before = known
        if before != digest:
            raise Conflict(f"There is a purchase order {content.number} already, of other content.", field="number")
        return Placed(order_id, is_new=False)
    order = purchases.create_draft(
        account_id=account_id, warehouse_id=warehouse_id, content=content, digest=digest, now=now
    )
    count = len(content.lines)
    _tell(order, "placed", f"Placed with {count} line{'' if count == 1 else 's'}.", actor=actor, now=now)
    if not as_draft:
        _approve(order, actor=actor, now=now)
    return Placed(order.pk, is_new=True)


@transaction.atomic
def approve(*, order_id: int, actor: str, now: datetime) -> None:
    """Approve a draft: it is sent, and what arrives is booked to it. Raises NotFound, NotNow."""
    order = _lock(order_id)
    if order.status != PurchaseStatus.DRAFT:
        raise NotNow(f"Purchase order {order.number} is {PurchaseStatus(order.status).label} already.")
    _approve(order, actor=actor, now=now)


def give_reference(order: PurchaseOrder, *, longest: int) -> None:
    """Fix what the warehouse will know a purchase order by: a new generation each time, unique for ever."""
    order.generation += 1
    order.reference = make_reference(
        order_number=order.number,
        marker=accounts.get_marker(),
        shipment_id=order.pk,
        generation=order.generation,
        longest=longest,
    )


def _approve(order: PurchaseOrder, *, actor: str, now: datetime) -> None:
    route = channels.get_shipping_channels(order.account_id).get(order.warehouse_id)
    able = directory.get_connector(route.connector).capabilities if route else frozenset()
    order.status = PurchaseStatus.APPROVED
    if route is None or Capability.EXPORT_PURCHASES not in able:
        purchases.save_purchases([order])
        sentence = f"Approved. No system is told of it: tell the warehouse, under the number {order.number}."
        _tell(order, "approved", sentence, actor=actor, now=now)
        return
    order.channel_id = route.channel_id
    give_reference(order, longest=directory.get_connector(route.connector).limits.reference_length)
    purchases.apply_dispatch(order, Dispatch(DispatchState.READY, wake_at=now), now=now)
    purchases.save_purchases([order])
    _tell(order, "approved", f"Approved; the warehouse will know it as {order.reference}.", actor=actor, now=now)
    if Capability.EXPORT_PRODUCTS in able:
        queue.wake(job_names.EXPORT_PRODUCTS, route.channel_id, priority=1)
    queue.wake(job_names.EXPORT_PURCHASES, route.channel_id)


def _digest(content: PurchaseContent, warehouse_id: int, as_draft: bool) -> str:
    lines = [
        [one.sku, one.unit, str(one.quantity.normalize()), one.lot, one.serial, str(one.expires_on or "")]
        for one in content.lines
    ]
    head = [content.number, warehouse_id, as_draft, content.supplier, str(content.arrival_on or "")]
    said = [*head, content.instructions, lines]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def _lock(order_id: int) -> PurchaseOrder:
    order = purchases.lock_purchase(order_id)
    if order is None:
        raise UnknownPurchaseOrder()
    return order


def _tell(order: PurchaseOrder, kind: str, sentence: str, *, actor: str, now: datetime) -> None:
    history.remember([Fact(order.account_id, kind, "purchase", order.pk, sentence)], actor=actor, now=now)
