"""What a person decides of a purchase order where the machine may not: send again, accept, look, close short."""

from datetime import datetime, timedelta

from django.db import transaction

from dockline.domain.channels import queries as channels
from dockline.domain.dispatches.rules import (
    NEEDS_PERSON,
    AcceptAsIs,
    DispatchState,
    LookAgain,
    SendAgain,
    WishState,
    decide,
)
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.issues import operations as issues
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases import queries as purchase_queries
from dockline.domain.purchases.models import PurchaseOrder
from dockline.domain.purchases.queries import UnknownPurchaseOrder
from dockline.domain.purchases.rules import OPEN_STATUSES, PurchaseStatus
from dockline.flows import job_names
from dockline.flows.inbound import place
from dockline.gateway import directory
from dockline.kit.errors import NotNow
from dockline.kit.queue import port as queue

CAN_GO_AGAIN = (DispatchState.NEEDS_FIX, DispatchState.HELD)
CAN_BE_ACCEPTED = (DispatchState.DIFFERS, DispatchState.HELD)


@transaction.atomic
def send_again(*, order_id: int, actor: str, now: datetime) -> None:
    """Send a refused or held purchase order as a new generation, under a new reference. Raises NotFound, NotNow."""
    order = _lock(order_id)
    if order.dispatch not in CAN_GO_AGAIN or order.status != PurchaseStatus.APPROVED or order.channel_id is None:
        raise NotNow(f"Purchase order {order.number} is {_word(order)}; it is not sent again.")
    if order.wish == WishState.ASKED:
        raise NotNow(f"Purchase order {order.number} is being cancelled; it is not sent again.")
    old, connection = order.reference, channels.get_connection(order.channel_id)
    place.give_reference(order, longest=directory.get_connector(connection.connector).limits.reference_length)
    _decide(order, SendAgain(), now=now)
    purchases.save_purchases([order])
    # What is there under the old reference is not this one any more.
    exchanges.unlink_subjects([order.pk], channel_id=order.channel_id, kind="purchase")
    _finish(order, "sent_again", f"{old} is sent again as {order.reference}.", actor=actor, now=now)
    queue.wake(job_names.EXPORT_PURCHASES, order.channel_id)


@transaction.atomic
def accept_as_is(*, order_id: int, actor: str, now: datetime) -> None:
    """Take what the warehouse has as right, though it is not what was meant. Raises NotFound, NotNow."""
    order = _lock(order_id)
    if order.dispatch not in CAN_BE_ACCEPTED or order.channel_id is None:
        raise NotNow(f"Purchase order {order.number} is {_word(order)}; nothing to accept.")
    if not exchange_queries.get_links(order.channel_id, kind="purchase", subject_ids=[order_id]):
        raise NotNow(f"Nothing is known to be there under {order.reference}; send it again instead.")
    _decide(order, AcceptAsIs(), now=now)
    purchases.save_purchases([order])
    _finish(order, "accepted", f"What the warehouse has under {order.reference} was accepted.", actor=actor, now=now)


@transaction.atomic
def look_there(*, order_id: int, actor: str, now: datetime) -> None:
    """Look for it at the warehouse again, and act on what is found. Raises NotFound, NotNow."""
    order = _lock(order_id)
    if order.dispatch not in NEEDS_PERSON or order.channel_id is None:
        raise NotNow(f"Purchase order {order.number} is {_word(order)}; nothing to look for.")
    window = timedelta(seconds=channels.get_connection(order.channel_id).settle_seconds)
    _decide(order, LookAgain(window), now=now)
    purchases.save_purchases([order])
    _finish(order, "looked_again", f"Looking for {order.reference} at the warehouse again.", actor=actor, now=now)
    queue.wake(job_names.SETTLE, order.channel_id)


@transaction.atomic
def close_short(*, order_id: int, actor: str, now: datetime) -> None:
    """Wait no longer for what has not arrived. What arrives all the same is booked. Raises NotFound, NotNow."""
    order = _lock(order_id)
    if order.status != PurchaseStatus.RECEIVING:
        wait = "Cancel it instead." if order.status in OPEN_STATUSES else "Nothing is awaited."
        raise NotNow(f"Purchase order {order.number} is {PurchaseStatus(order.status).label}. {wait}")
    lacking = purchase_queries.list_short([order.pk]).get(order.pk, [])
    order.is_closed_short = True
    purchases.settle_purchases({order.pk: order}, now=now)
    words = ", ".join(f"{sku} {quantity.normalize():f}" for sku, quantity in lacking)
    _finish(order, "closed_short", f"Closed short; not awaited any more: {words or 'nothing'}.", actor=actor, now=now)


def _lock(order_id: int) -> PurchaseOrder:
    order = purchases.lock_purchase(order_id)
    if order is None:
        raise UnknownPurchaseOrder()
    return order


def _decide(order: PurchaseOrder, event: SendAgain | AcceptAsIs | LookAgain, *, now: datetime) -> None:
    dispatch = purchases.dispatch_of(order)
    assert dispatch is not None, "what a person decides of was sent"
    purchases.apply_dispatch(order, decide(dispatch, event, now), now=now)


def _word(order: PurchaseOrder) -> str:
    return (DispatchState(order.dispatch) if order.dispatch else PurchaseStatus(order.status)).label


def _finish(order: PurchaseOrder, kind: str, sentence: str, *, actor: str, now: datetime) -> None:
    issues.resolve_issues(subject_kind="purchase", subject_ids=[order.pk], now=now, by=actor)
    history.remember([Fact(order.account_id, kind, "purchase", order.pk, sentence)], actor=actor, now=now)
