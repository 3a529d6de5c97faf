"""Accept a purchase order, perhaps as a draft to be changed, and approve it: from then on it is sent.

Reads the channel of its warehouse. Writes the order with its lines, its reference, and history. Wakes catalog export,
export, and settle where the warehouse has it already.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db import transaction

from dockline.connectors.contract.capabilities import Capability
from dockline.domain.accounts import queries as accounts
from dockline.domain.channels import queries as channels
from dockline.domain.dispatches.rules import Dispatch, DispatchState, format_quantity, make_reference
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases import queries as purchase_queries
from dockline.domain.purchases.models import PurchaseOrder
from dockline.domain.purchases.operations import NewPurchaseLine, PurchaseContent
from dockline.domain.purchases.queries import PurchaseLineRow, UnknownPurchaseOrder
from dockline.domain.purchases.rules import PurchaseStatus
from dockline.domain.warehouses import queries as warehouses
from dockline.flows import changes, job_names
from dockline.flows.changes import Change, Subject
from dockline.flows.inbound import recognise
from dockline.gateway import directory
from dockline.kit.errors import ChangedMeanwhile, Conflict, Invalid, NotNow
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
    _check_warehouse(account_id, warehouse_id)
    digest = _digest(content, warehouse_id, as_draft)
    if known := _find_placed(account_id, content.number, digest):
        return known
    try:
        order = purchases.create_draft(
            account_id=account_id, warehouse_id=warehouse_id, content=content, digest=digest, now=now
        )
    except Conflict:
        # Somebody else has just placed it: perhaps the same.
        if known := _find_placed(account_id, content.number, digest):
            return known
        raise
    count = len(content.lines)
    _tell(order, "placed", f"Placed with {count} line{'' if count == 1 else 's'}.", actor=actor, now=now)
    if not as_draft:
        _approve(order, actor=actor, now=now)
    return Placed(order.pk, is_new=True)


@transaction.atomic
def change_draft(
    *,
    order_id: int,
    seen_version: int,
    warehouse_id: int,
    content: PurchaseContent,
    and_approve: bool = False,
    actor: str,
    now: datetime,
) -> None:
    """Put other content on a draft, and approve it if asked. Raises NotFound, NotNow, Invalid, Conflict.

    A draft that was changed since it was seen is left as it is: ChangedMeanwhile.
    """
    order = _lock(order_id)
    if order.status != PurchaseStatus.DRAFT:
        raise NotNow(
            f"Purchase order {order.number} is {PurchaseStatus(order.status).label}; only a draft can be changed."
        )
    if order.version != seen_version:
        raise ChangedMeanwhile(f"Somebody has changed {order.number} since you opened it; nothing was overwritten.")
    _check_warehouse(order.account_id, warehouse_id)
    before = _describe(order)
    version = purchases.change_draft(order, warehouse_id=warehouse_id, content=content)
    after = _describe(order)
    found = [Change(name, name, before[name], after[name]) for name in before if before[name] != after[name]]
    changes.remember_changes(
        Subject("purchase", order.pk, order.account_id), found, actor=actor, now=now, version=version
    )
    if and_approve:
        _approve(order, actor=actor, now=now)


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


def _check_warehouse(account_id: int, warehouse_id: int) -> None:
    if not warehouses.takes_goods(warehouse_id, account_id=account_id):
        raise Invalid(
            "Choose the warehouse it will arrive at: a physical one that the account may use.", field="warehouse_id"
        )


def _find_placed(account_id: int, number: str, digest: str) -> Placed | None:
    known = purchase_queries.find_numbered(account_id, number)
    if known is None:
        return None
    order_id, before = known
    if before != digest:
        raise Conflict(f"There is a purchase order {number} already, of other content.", field="number")
    return Placed(order_id, is_new=False)


def _describe(order: PurchaseOrder) -> dict[str, str]:
    """What can be changed of a draft, as people read it."""
    lines = purchase_queries.list_purchase_lines(order.pk)
    return {
        "Number": order.number,
        "Warehouse": warehouses.get_name(order.warehouse_id),
        "Supplier": order.supplier,
        "Expected": order.arrival_on.isoformat() if order.arrival_on else "",
        "Instructions": order.instructions,
        "Lines": ", ".join(_describe_line(line) for line in lines),
    }


def _describe_line(line: PurchaseLineRow) -> str:
    parts = [f"{line.sku} {format_quantity(line.quantity)} {line.unit}", line.lot and f"lot {line.lot}"]
    parts += [line.serial and f"serial {line.serial}", f"expiring {line.expires_on}" if line.expires_on else ""]
    return " ".join(filter(None, parts))


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
    recognise.look_for_forgotten(order, channel_id=route.channel_id, now=now)
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
