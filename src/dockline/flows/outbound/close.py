"""Settle an order that has nothing left to ship.

Reads nothing more. Writes orders, issues and history. Wakes nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.orders import operations as orders
from dockline.domain.orders.models import SalesOrder
from dockline.domain.orders.rules import LineFacts, OrderStatus, closing_status


def close_orders(done: Sequence[SalesOrder], lines: Mapping[int, Sequence[LineFacts]], *, now: datetime) -> None:
    """Close locked orders by what their lines say and set their fields; the caller stores them. Needs a transaction."""
    if not done:
        return
    orders.take_off_hold(done)
    for order in done:
        order.status = closing_status(lines[order.id])
        order.closed_at = now
        order.is_backordered = False
        order.waiting_reason = ""
    history.remember(
        [Fact(order.account_id, order.status, "order", order.id, _tell(order, lines[order.id])) for order in done],
        actor="close",
        now=now,
    )
    issues.resolve_issues(
        subject_kind="order",
        subject_ids=[order.id for order in done],
        now=now,
        by="close",
        causes=[causes.NOT_ENOUGH_STOCK, causes.NO_WAREHOUSE, causes.ON_HOLD],
    )


def _tell(order: SalesOrder, lines: Sequence[LineFacts]) -> str:
    if order.status == OrderStatus.CANCELLED:
        return "The order is cancelled; nothing of it has shipped."
    if any(line.cancelled for line in lines):
        return "The order is closed: what was not cancelled has shipped."
    return "Everything has shipped."
