"""Which step an order takes next: the only place that decides.

Reads orders that are due, their lines and stock. Writes what the step writes. Wakes export and catalog export.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import transaction

from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.orders import operations as orders
from dockline.domain.orders import queries as order_queries
from dockline.domain.orders.rules import OPEN_STATUSES, OrderId, Step, next_step
from dockline.domain.shipments import queries as shipment_queries
from dockline.flows import job_names
from dockline.flows.outbound import allocate, cancel, close
from dockline.kit import clock
from dockline.kit.errors import NotNow
from dockline.kit.failpoints import Failpoint, committing
from dockline.kit.queue import port as queue

BATCH = 200
SLICE = timedelta(seconds=20)


def advance_account(account_id: int) -> None:
    """Take the next step of the account's orders that are due, batch by batch, for a while."""
    until = clock.now() + SLICE
    while _advance_batch(account_id, now=clock.now()):
        if clock.now() > until:
            queue.wake(job_names.ADVANCE, account_id)
            return


def look_again(*, order_id: int, actor: str, now: datetime) -> None:
    """Have one order looked at because a person asks. Raises NotNow when it is closed."""
    with transaction.atomic():
        order = order_queries.get_order(OrderId(order_id))
        if order.status not in OPEN_STATUSES:
            raise NotNow(f"Order {order.number} is {order.status.label}; nothing is left to do.")
        if order.hold is not None:
            raise NotNow(f"Order {order.number} is on hold; take it off hold first.")
        orders.wake_orders([order_id], now=now)
        queue.wake(job_names.ADVANCE, order.account_id)
        fact = Fact(order.account_id, "asked", "order", order_id, "Asked to allocate again.")
        history.remember([fact], actor=actor, now=now)


@committing(Failpoint.ORDERS_ADVANCED)
def _advance_batch(account_id: int, *, now: datetime) -> bool:
    due = orders.lock_due_orders(account_id, now=now, most=BATCH)
    if not due:
        return False
    lines = shipment_queries.get_lines_with_progress([order.id for order in due])
    changing = order_queries.list_changing([order.id for order in due])
    busy = shipment_queries.get_orders_with_open_shipments([order.id for order in due])

    steps = defaultdict(list)
    facts = {order.id: cancel.facts_of(lines[order.id]) for order in due}
    for order in due:
        step = next_step(
            status=order.status,
            lines=facts[order.id],
            has_open_shipment=order.id in busy,
            cancel_asked=order.cancel_asked_at is not None,
            rests=order.held_at is not None or order.id in changing,
        )
        steps[step].append(order)

    for order in due:
        order.wake_at = None
    allocate.allocate_orders(steps[Step.ALLOCATE], lines, account_id=account_id, now=now)
    close.close_orders(steps[Step.CLOSE], facts, now=now)
    # They are due again at once, and then closed if nothing of them is under way.
    cancel.cancel_rest(steps[Step.CANCEL_REST], lines, actor="cancel", now=now)
    orders.save_orders(due)
    return True
