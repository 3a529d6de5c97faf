"""Settle an order that has nothing left to ship.

Reads nothing more. Writes orders, issues and history. Wakes nothing.
"""

from collections.abc import Sequence
from datetime import datetime

from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.orders.models import SalesOrder
from dockline.domain.orders.rules import OrderStatus


def close_orders(done: Sequence[SalesOrder], *, now: datetime) -> None:
    """Close locked orders and set their fields; the caller stores them. Needs a transaction."""
    if not done:
        return
    for order in done:
        order.status = OrderStatus.SHIPPED
        order.closed_at = now
        order.is_backordered = False
        order.waiting_reason = ""
    history.remember(
        [Fact(order.account_id, "shipped", "order", order.id, "Everything has shipped.") for order in done],
        actor="close",
        now=now,
    )
    issues.resolve_issues(
        subject_kind="order",
        subject_ids=[order.id for order in done],
        now=now,
        by="close",
        causes=[causes.NOT_ENOUGH_STOCK, causes.NO_WAREHOUSE],
    )
