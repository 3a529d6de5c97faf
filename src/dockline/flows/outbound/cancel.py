"""A person wants an order not to go: what is still here is cancelled at once, for the rest the warehouse is asked.

Reads and locks shipments, then their order. Writes shipments, wishes, order lines, reservations, issues and history.
Wakes advance and the asking (`wishes`). Nothing is called cancelled before it surely does not go.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from dockline.domain.dispatches.rules import Agreed, WishState, WishStep, decide_wish
from dockline.domain.guard import queries as guard_queries
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.inventory import operations as inventory
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.orders import operations as orders
from dockline.domain.orders import queries as order_queries
from dockline.domain.orders.models import SalesOrder
from dockline.domain.orders.rules import OPEN_STATUSES, LineFacts, OrderStatus
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import CancelWish, Shipment
from dockline.domain.shipments.queries import LineWithProgress
from dockline.domain.shipments.rules import next_wish_step
from dockline.flows import job_names
from dockline.flows.outbound import close
from dockline.kit.errors import NotFound, NotNow
from dockline.kit.queue import port as queue

TIME_TO_ANSWER = timedelta(hours=24)
"""How long a warehouse is asked before a person is told that it does not answer."""

OVERDUE_AT_A_TIME = 50
CANCEL_AFTER = "Cancel After"
NOT_SENT = "It had not been sent."


@dataclass(frozen=True)
class Asked:
    """What became of asking to cancel an order: how many of its shipments the warehouse must agree about."""

    number: str
    waits_for: int

    @property
    def sentence(self) -> str:
        """Say it to whoever asked."""
        if not self.waits_for:
            return f"Order {self.number}: everything that had not shipped is cancelled."
        what = "1 shipment" if self.waits_for == 1 else f"{self.waits_for} shipments"
        return f"Order {self.number}: the warehouse is asked to cancel {what}. It is not cancelled before it agrees."


@transaction.atomic
def ask_to_cancel(*, order_id: int, actor: str, now: datetime) -> Asked:
    """Cancel what of an order is still here, and keep the wish for what may be at a warehouse.

    Raises UnknownOrder; NotNow when nothing is left to cancel or the warehouse is being asked already.
    """
    locked, order = lock_with_shipments(order_id)
    if order.status not in (OrderStatus.DRAFT, *OPEN_STATUSES):
        raise NotNow(f"Order {order.number} is {OrderStatus(order.status).label}; nothing is left to cancel.")
    asked_already = shipments.lock_wishes([shipment.id for shipment in locked])
    if locked and len(asked_already) == len(locked):
        raise NotNow(f"Order {order.number} is being cancelled already; the warehouse is asked.")

    orders.want_cancelled(order, by=actor, now=now)
    # While sending is stopped nobody knows whether a shipment that looks unsent is: then the wish waits.
    is_stopped = guard_queries.find_stop() is not None
    here = [
        row
        for row in locked
        if not is_stopped and next_wish_step(status=row.status, dispatch=row.dispatch) is WishStep.WITHDRAW
    ]
    there = [row for row in locked if row not in here]
    history.remember([Fact(order.account_id, "asked", "order", order.id, _asked(there))], actor=actor, now=now)
    take_back([(shipment, NOT_SENT) for shipment in here], actor=actor, now=now)
    shipments.ask_wishes([row.id for row in there], asked_by=actor, now=now, deadline=now + TIME_TO_ANSWER)
    issues.resolve_issues(
        subject_kind="shipment",
        subject_ids=[row.id for row in there],
        now=now,
        by=actor,
        causes=[causes.CANCEL_REFUSED, causes.CANCEL_UNANSWERED],
    )
    for channel_id in sorted({row.channel_id for row in there}):
        queue.wake(job_names.CANCEL_SHIPMENTS, channel_id)

    lines = shipment_queries.get_lines_with_progress([order.id])
    cancel_rest([order], lines, actor=actor, now=now)
    if not there:
        facts = {order.id: facts_of(shipment_queries.get_lines_with_progress([order.id])[order.id])}
        close.close_orders([order], facts, now=now)
        order.wake_at = None
        orders.save_orders([order])
    return Asked(order.number, len(there))


@transaction.atomic
def ask_again(*, shipment_id: int, actor: str, now: datetime) -> None:
    """Ask the warehouse once more to cancel a shipment. Raises NotFound; NotNow unless it is open and not asked."""
    order_id = shipment_queries.find_order_id(shipment_id)
    if order_id is None:
        raise NotFound(f"There is no shipment {shipment_id}.")
    ask_to_cancel(order_id=order_id, actor=actor, now=now)


def cancel_overdue(*, now: datetime) -> None:
    """Ask to cancel the open orders whose Cancel After has passed."""
    for order_id in order_queries.list_overdue(now=now, most=OVERDUE_AT_A_TIME):
        ask_to_cancel(order_id=order_id, actor=CANCEL_AFTER, now=now)


def lock_with_shipments(order_id: int) -> tuple[list[Shipment], SalesOrder]:
    """Lock an order and its open shipments. Needs a transaction. Raises UnknownOrder.

    Shipments before their order, as everybody does who books what a warehouse says; then those cut meanwhile.
    """
    shipments.lock_shipments(shipment_queries.list_open_ids(order_id))
    order = orders.lock_order(order_id)
    return list(shipments.lock_shipments(shipment_queries.list_open_ids(order_id)).values()), order


def cancel_rest(
    wanted: Sequence[SalesOrder],
    lines: dict[int, list[LineWithProgress]],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Cancel what of these locked orders no shipment carries. Needs a transaction."""
    resting = {
        line.line_id: line.to_allocate for order in wanted for line in facts_of(lines[order.id]) if line.to_allocate
    }
    orders.add_cancelled_quantities(resting)
    for order in wanted:
        order.is_backordered, order.waiting_reason, order.wake_at = False, "", now
    orders.save_orders(wanted)
    issues.resolve_issues(
        subject_kind="order",
        subject_ids=[order.id for order in wanted],
        now=now,
        by=actor,
        causes=[causes.NOT_ENOUGH_STOCK, causes.NO_WAREHOUSE, causes.SHIPPED_NOTHING, causes.SHIPPED_LESS],
    )


def facts_of(lines: Sequence[LineWithProgress]) -> list[LineFacts]:
    """What the steps of an order are decided by."""
    return [
        LineFacts(line.line_id, line.variant_id, line.ordered, line.shipped, line.cancelled, line.under_way)
        for line in lines
    ]


def take_back(gone: Sequence[tuple[Shipment, str]], *, actor: str, now: datetime) -> None:
    """Cancel locked shipments that surely do not go, each for a reason, and let what they held be promised anew."""
    if not gone:
        return
    ids = [shipment.id for shipment, _ in gone]
    contexts = shipment_queries.get_contexts(ids)
    shipments.close_shipments([shipment for shipment, _ in gone])
    inventory.release(ids, now=now)
    cancelled = shipment_queries.sum_by_order_line(ids)
    orders.add_cancelled_quantities(cancelled)
    issues.resolve_issues(subject_kind="shipment", subject_ids=ids, now=now, by=actor)
    history.remember(
        [
            Fact(
                contexts[shipment.id].account_id,
                "cancelled",
                "order",
                contexts[shipment.id].order_id,
                f"Shipment {shipment.reference} is cancelled. {reason}",
                {"shipment_id": shipment.id},
            )
            for shipment, reason in gone
        ],
        actor=actor,
        now=now,
    )
    orders.wake_orders({context.order_id for context in contexts.values()}, now=now)
    variants = order_queries.list_variants(list(cancelled))
    for account_id in sorted({context.account_id for context in contexts.values()}):
        orders.wake_backorders(account_id, variant_ids=variants, now=now)
        queue.wake(job_names.ADVANCE, account_id)


def withdraw_wished(ready: Sequence[Shipment], *, now: datetime) -> None:
    """Cancel those of these locked shipments that are surely not there and that somebody wished not to go."""
    wishes = shipments.lock_wishes([shipment.id for shipment in ready])
    wished = [shipment for shipment in ready if shipment.id in wishes]
    agree([(shipment, wishes[shipment.id], NOT_SENT) for shipment in wished], actor="export", now=now)


def agree(settled: Sequence[tuple[Shipment, CancelWish, str]], *, actor: str, now: datetime) -> None:
    """Fulfil the wishes of locked shipments that surely do not go."""
    for _, row, reason in settled:
        shipments.apply_wish(row, decide_wish(shipments.wish_of(row), Agreed(reason), now), now=now)
    shipments.save_wishes([row for _, row, _ in settled])
    take_back([(shipment, reason) for shipment, _, reason in settled], actor=actor, now=now)


ANY_BUT_ACCEPTED = (WishState.ASKED, WishState.REFUSED, WishState.EXPIRED)


def _asked(there: Sequence[Shipment]) -> str:
    if not there:
        return "Asked to cancel the order."
    by_channel = defaultdict(list)
    for shipment in there:
        by_channel[shipment.channel_id].append(shipment.reference)
    named = ", ".join(reference for references in by_channel.values() for reference in references)
    return f"Asked to cancel the order; its warehouse must agree about {named}."
