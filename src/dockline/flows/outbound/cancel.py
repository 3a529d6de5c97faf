"""A person wants an order not to go: what is still here is cancelled at once, for the rest the warehouse is asked.

Reads and locks shipments, then their order. Writes shipments, wishes, order lines, reservations, issues and history.
Wakes advance and the asking (`wishes`). Nothing is called cancelled before it surely does not go.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from dockline.domain.dispatches.rules import Agreed, WishPurpose, WishState, decide_wish
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
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
from dockline.flows import job_names
from dockline.flows.outbound import change, close, withdraw
from dockline.flows.outbound.withdraw import NOT_SENT, TIME_TO_ANSWER
from dockline.kit.errors import NotFound, NotNow
from dockline.kit.queue import port as queue

OVERDUE_AT_A_TIME = 50
CANCEL_AFTER = "Cancel After"


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
    locked, order = withdraw.lock_with_shipments(order_id)
    if order.status not in (OrderStatus.DRAFT, *OPEN_STATUSES):
        raise NotNow(f"Order {order.number} is {OrderStatus(order.status).label}; nothing is left to cancel.")
    wishes = shipments.lock_wishes([shipment.id for shipment in locked])
    if locked and sum(wish.purpose == WishPurpose.CANCEL for wish in wishes.values()) == len(locked):
        raise NotNow(f"Order {order.number} is being cancelled already; the warehouse is asked.")

    orders.want_cancelled(order, by=actor, now=now)
    end_hold([order], by=actor, now=now)
    change.give_up_changes(order, reason="The order is being cancelled instead.", actor=actor, now=now)
    here, there = withdraw.part_by_place(locked)
    history.remember([Fact(order.account_id, "asked", "order", order.id, _asked(there))], actor=actor, now=now)
    withdraw.take_back([(shipment, NOT_SENT) for shipment in here], actor=actor, now=now)
    shipments.ask_wishes([row.id for row in there], asked_by=actor, now=now, deadline=now + TIME_TO_ANSWER)
    issues.resolve_issues(
        subject_kind="shipment",
        subject_ids=[row.id for row in there],
        now=now,
        by=actor,
        causes=[causes.CANCEL_REFUSED, causes.CANCEL_UNANSWERED, causes.HOLD_REFUSED],
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


def end_hold(held: Sequence[SalesOrder], *, by: str, now: datetime) -> None:
    """End the hold of locked orders, and let others have the stock it kept. Needs a transaction."""
    held = [order for order in held if order.held_at is not None]
    orders.take_off_hold(held)
    ids = [order.id for order in held]
    issues.resolve_issues(subject_kind="order", subject_ids=ids, now=now, by=by, causes=[causes.ON_HOLD])
    for order in held:
        order.waiting_reason = ""
        variants = [line.variant_id for line in shipment_queries.get_lines_with_progress([order.id])[order.id]]
        orders.wake_backorders(order.account_id, variant_ids=variants, now=now)
        queue.wake(job_names.ADVANCE, order.account_id)


def facts_of(lines: Sequence[LineWithProgress]) -> list[LineFacts]:
    """What the steps of an order are decided by."""
    return [
        LineFacts(line.line_id, line.variant_id, line.ordered, line.shipped, line.cancelled, line.under_way)
        for line in lines
    ]


def withdraw_wished(ready: Sequence[Shipment], *, now: datetime) -> None:
    """Cancel those of these locked shipments that are surely not there and that somebody wished not to go."""
    wishes = shipments.lock_wishes([shipment.id for shipment in ready])
    wished = [shipment for shipment in ready if shipment.id in wishes]
    agree([(shipment, wishes[shipment.id], NOT_SENT) for shipment in wished], actor="export", now=now)


def agree(settled: Sequence[tuple[Shipment, CancelWish, str]], *, actor: str, now: datetime) -> None:
    """Fulfil the wishes of locked shipments that surely do not go: what is not cancelled is its order's again."""
    for _, row, reason in settled:
        shipments.apply_wish(row, decide_wish(shipments.wish_of(row), Agreed(reason), now), now=now)
    shipments.save_wishes([row for _, row, _ in settled])
    cancelled = [(row, reason) for row, wish, reason in settled if wish.purpose == WishPurpose.CANCEL]
    given_back = [(row, reason) for row, wish, reason in settled if wish.purpose != WishPurpose.CANCEL]
    withdraw.take_back(cancelled, actor=actor, now=now)
    withdraw.give_back(given_back, actor=actor, now=now)
    changed = [row.order_id for row, wish, _ in settled if wish.purpose == WishPurpose.CHANGE]
    change.settle_changes(changed, actor=actor, now=now)


def lock_standing_wishes(locked: Sequence[Shipment]) -> dict[int, CancelWish]:
    """Lock the wishes about these locked shipments that are fulfilled when they turn out to be gone.

    That is any that was not, even if refused; but not one to hold an order that is on hold no more, nor one for a
    change that does not fit any more.
    """
    wishes = shipments.lock_wishes([row.id for row in locked], states=ANY_BUT_ACCEPTED)
    held = order_queries.list_held([row.order_id for row in locked])
    changes = order_queries.list_standing_changes([row.order_id for row in locked])
    order_of = {row.id: row.order_id for row in locked}

    def still_wanted(shipment_id: int, wish: CancelWish) -> bool:
        match wish.purpose:
            case WishPurpose.HOLD:
                return order_of[shipment_id] in held
            case WishPurpose.CHANGE:
                return changes.get(order_of[shipment_id]) == wish.asked_at
        return True

    return {pk: wish for pk, wish in wishes.items() if wish.state == WishState.ASKED or still_wanted(pk, wish)}


ANY_BUT_ACCEPTED = (WishState.ASKED, WishState.REFUSED, WishState.EXPIRED)


def _asked(there: Sequence[Shipment]) -> str:
    if not there:
        return "Asked to cancel the order."
    by_channel = defaultdict(list)
    for shipment in there:
        by_channel[shipment.channel_id].append(shipment.reference)
    named = ", ".join(reference for references in by_channel.values() for reference in references)
    return f"Asked to cancel the order; its warehouse must agree about {named}."
