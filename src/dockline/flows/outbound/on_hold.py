"""A person puts an order on hold: nothing of it is allocated or sent until it is taken off, or until its time has come.

Reads and locks shipments, then their order. Writes shipments, wishes, orders, issues and history. Wakes advance and the
asking (`wishes`). What a warehouse may have is not held by saying so: it is refused, or the warehouse is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from dockline.domain.channels import queries as channels
from dockline.domain.dispatches.rules import DispatchState, WishPurpose
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.orders import operations as orders
from dockline.domain.orders import queries as order_queries
from dockline.domain.orders.models import SalesOrder
from dockline.domain.orders.rules import OPEN_STATUSES, OrderStatus
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments.models import Shipment
from dockline.domain.shipments.rules import ShipmentStatus
from dockline.flows import job_names
from dockline.flows.outbound import cancel, withdraw
from dockline.flows.outbound.withdraw import NOT_SENT, TIME_TO_ANSWER
from dockline.kit.errors import Invalid, NotNow
from dockline.kit.queue import port as queue

LONGEST_REASON = 300
ENDED_AT_A_TIME = 50
ITS_TIME = "its time"
"""Who takes an order off hold whose time has come."""


@dataclass(frozen=True)
class Held:
    """What became of putting an order on hold: how many of its shipments the warehouse must give back."""

    number: str
    waits_for: int

    @property
    def sentence(self) -> str:
        """Say it to whoever asked."""
        if not self.waits_for:
            return f"Order {self.number} is on hold."
        what = "1 shipment" if self.waits_for == 1 else f"{self.waits_for} shipments"
        return f"Order {self.number} is on hold here; the warehouse is asked to give back {what}, and may refuse."


@transaction.atomic
def put_on_hold(
    *,
    order_id: int,
    reason: str,
    until: datetime | None = None,
    ask_warehouse: bool = False,
    actor: str,
    now: datetime,
) -> Held:
    """Hold an order, or change why and until when. What was not sent is taken back at once.

    Raises UnknownOrder; Invalid; NotNow for one that is closed or being cancelled, and, unless `ask_warehouse`, when a
    warehouse may have some of it.
    """
    reason = _check(reason, until, now=now)
    locked, order = withdraw.lock_with_shipments(order_id)
    if order.status not in OPEN_STATUSES:
        raise NotNow(f"Order {order.number} is {OrderStatus(order.status).label}; nothing is left to hold.")
    if order.cancel_asked_at is not None:
        raise NotNow(f"Order {order.number} is being cancelled; it is not put on hold.")
    if order_queries.list_changing([order_id]):
        raise NotNow(f"Order {order.number} is being changed; the warehouse is asked. Wait for its answer.")
    here, there = withdraw.part_by_place(locked)
    if there and not ask_warehouse:
        raise NotNow(f"Order {order.number} is not held: {_name_places(there)} Ask the warehouse to give it back.")

    orders.put_on_hold(order, by=actor, reason=reason, until=until, now=now)
    withdraw.give_back([(row, NOT_SENT) for row in here], actor=actor, now=now)
    _ask(there, actor=actor, now=now)
    sentence = _tell(order)
    asked = f" The warehouse is asked to give back {', '.join(row.reference for row in there)}." if there else ""
    fact = Fact(order.account_id, "on_hold", "order", order.id, sentence + asked)
    history.remember([fact], actor=actor, now=now)
    order.waiting_reason, order.is_backordered, order.wake_at = sentence, False, now
    orders.save_orders([order])
    replaced = [causes.NOT_ENOUGH_STOCK, causes.NO_WAREHOUSE]
    issues.resolve_issues(subject_kind="order", subject_ids=[order.id], now=now, by=actor, causes=replaced)
    issues.open_issues([_issue(order)], now=now)
    queue.wake(job_names.ADVANCE, order.account_id)
    return Held(order.number, len(there))


@transaction.atomic
def take_off_hold(*, order_id: int, actor: str, now: datetime) -> None:
    """Let an order go on. Raises UnknownOrder; NotNow unless it is on hold."""
    order = orders.lock_order(order_id)
    if order.held_at is None:
        raise NotNow(f"Order {order.number} is not on hold.")
    cancel.end_hold([order], by=actor, now=now)
    order.wake_at = now
    orders.save_orders([order])
    fact = Fact(order.account_id, "off_hold", "order", order.id, "Taken off hold; it goes on.")
    history.remember([fact], actor=actor, now=now)
    queue.wake(job_names.ADVANCE, order.account_id)


def end_holds(*, now: datetime) -> None:
    """Take those orders off hold whose time has come."""
    for order_id in order_queries.list_held_too_long(now=now, most=ENDED_AT_A_TIME):
        try:
            take_off_hold(order_id=order_id, actor=ITS_TIME, now=now)
        except NotNow:
            continue  # A person was faster.


def _check(reason: str, until: datetime | None, *, now: datetime) -> str:
    reason = " ".join(reason.split()).rstrip(".")
    if not reason:
        raise Invalid("Say why it is put on hold.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"Say it in {LONGEST_REASON} characters.", field="reason")
    if until is not None and until <= now:
        raise Invalid("Give a moment that is still to come, or none.", field="until")
    return reason


def _ask(there: Sequence[Shipment], *, actor: str, now: datetime) -> None:
    shipments.ask_wishes(
        [row.id for row in there], asked_by=actor, now=now, deadline=now + TIME_TO_ANSWER, purpose=WishPurpose.HOLD
    )
    for channel_id in sorted({row.channel_id for row in there}):
        queue.wake(job_names.CANCEL_SHIPMENTS, channel_id)


def _name_places(there: Sequence[Shipment]) -> str:
    names = channels.get_connections({row.channel_id for row in there})
    return " ".join(f"{row.reference} is {_status(row)} at {names[row.channel_id].name}." for row in there)


def _status(row: Shipment) -> str:
    if row.far_status:
        return row.far_status
    if row.dispatch in (DispatchState.SENDING, DispatchState.SETTLING):
        return "on its way, and perhaps already,"
    return ShipmentStatus(row.status).label


def _tell(order: SalesOrder) -> str:
    until = f" until {order.held_until:%Y-%m-%d %H:%M} UTC" if order.held_until else ""
    return f"On hold{until}: {order.held_reason}."


def _issue(order: SalesOrder) -> NewIssue:
    return NewIssue(
        account_id=order.account_id,
        cause=causes.ON_HOLD,
        subject_kind="order",
        subject_id=order.id,
        subject_label=order.number,
        title=_tell(order),
        detail=f"Put on hold by {order.held_by}.",
    )
