"""Look for the purchase orders a warehouse is believed to have: that one was deleted there is told by no feed.

Reads purchase orders of which nothing has arrived and that were not seen there for a while, and asks for them, many
references at a time. Writes them, exchanges, issues and history. No transaction is open during a call.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.notices import ReceiptNotice
from dockline.domain.channels.queries import Connection
from dockline.domain.dispatches.rules import DispatchState, Vanished, Wish, WishState
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.operations import Reading
from dockline.domain.exchanges.rules import ExchangeKind, ExchangeState
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases import queries as purchase_queries
from dockline.domain.purchases.models import PurchaseOrder
from dockline.domain.purchases.rules import PurchaseStatus
from dockline.flows import job_names
from dockline.flows.inbound import remember
from dockline.flows.inbound.cancel import TIME_TO_ANSWER
from dockline.flows.progress import RunLog
from dockline.gateway import settle
from dockline.gateway.runtime import Conversation
from dockline.gateway.settle import LookUp
from dockline.kit import clock
from dockline.kit.queue import port as queue

UNSEEN_FOR = timedelta(hours=1)
AT_A_TIME = 50
MOST_A_RUN = 1000
BELIEVED_THERE = (DispatchState.CONFIRMED, DispatchState.DIFFERS)


def look_for_vanished(
    conversation: Conversation, log: RunLog, *, not_seen_since: datetime | None = None, most: int = MOST_A_RUN
) -> list[PurchaseOrder]:
    """Look for purchase orders that were not seen there for a while; tell of those that are gone, and return them.

    Raises a contract error, and then knows nothing of those it has not booked.
    """
    if not conversation.can(Capability.EXPORT_PURCHASES):
        return []
    channel_id = conversation.connection.channel_id
    unseen = purchase_queries.list_believed_there(
        channel_id, not_seen_since=not_seen_since or clock.now() - UNSEEN_FOR, states=BELIEVED_THERE, most=most
    )
    # What is at the account the channel spoke to before is not missed at the present one.
    elsewhere = exchange_queries.find_sent_elsewhere(channel_id, subject_ids=list(unseen), subject_kind="purchase")
    wanted = [order_id for order_id in unseen if order_id not in elsewhere]
    vanished: list[PurchaseOrder] = []
    for start in range(0, len(wanted), AT_A_TIME):
        if log.stop_asked:
            break
        some = {order_id: unseen[order_id] for order_id in wanted[start : start + AT_A_TIME]}
        looked = settle.look_up_purchases(conversation, list(some.values()))
        vanished += _book(some, looked, conversation.connection, log)
    return vanished


@transaction.atomic
def _book(
    references: dict[int, str], looked: LookUp[ReceiptNotice], connection: Connection, log: RunLog
) -> list[PurchaseOrder]:
    now = clock.now()
    locked = purchases.lock_these(references)
    still = [order for order in locked.values() if _is_believed_there(order, references[order.pk])]
    purchases.note_seen([order.pk for order in still if looked.found[order.reference]], now=now)
    gone = [order for order in still if not looked.found[order.reference]]
    if not gone:
        return []
    exchanges.record_readings(
        [_reading(order, looked if place == 0 else None) for place, order in enumerate(gone)],
        channel_id=connection.channel_id,
        run_id=log.run_id,
        credential_version=connection.credential_version,
        now=now,
    )
    # Somebody wished it away, and now it is: asked once more by its id, the warehouse has nothing against it.
    wished = [order for order in gone if order.wish]
    for order in wished:
        purchases.apply_wish(order, Wish(WishState.ASKED, deadline=now + TIME_TO_ANSWER, wake_at=now))
    missed = [order for order in gone if not order.wish]
    for order in missed:
        remember.move(order, Vanished(f"{connection.name} does not have it any more."), now=now)
    purchases.save_purchases(gone)
    if wished:
        queue.wake(job_names.EXPORT_PURCHASES, connection.channel_id)
    _tell(missed, connection, log)
    return missed


def _tell(missed: Sequence[PurchaseOrder], connection: Connection, log: RunLog) -> None:
    now = clock.now()
    sentences = {
        order.pk: f"{order.reference} is no longer at {connection.name}: it was deleted there." for order in missed
    }
    history.remember(
        [Fact(order.account_id, "gone_there", "purchase", order.pk, sentences[order.pk]) for order in missed],
        actor=connection.name,
        now=now,
    )
    issues.open_issues(
        [
            NewIssue(
                account_id=order.account_id,
                cause=causes.GONE_THERE,
                subject_kind="purchase",
                subject_id=order.pk,
                subject_label=order.number,
                title=sentences[order.pk],
                channel_id=connection.channel_id,
            )
            for order in missed
        ],
        now=now,
    )
    lines = [("warning", sentences[order.pk]) for order in missed]
    log.report(done=len(lines), changed=len(lines), lines=lines)


def _is_believed_there(order: PurchaseOrder, reference: str) -> bool:
    return (
        order.status == PurchaseStatus.APPROVED
        and order.dispatch in BELIEVED_THERE
        and order.reference == reference
        and order.wish != WishState.ASKED
    )


def _reading(order: PurchaseOrder, looked: LookUp[ReceiptNotice] | None) -> Reading:
    return Reading(
        kind=ExchangeKind.FIND_PURCHASE,
        subject_kind="purchase",
        subject_id=order.pk,
        reference=order.reference,
        attempt=order.attempts,
        state=ExchangeState.ABSENT,
        answer=(),
        reason="It is not there any more.",
        # One look-up has asked for many: its calls are kept once, with the first.
        calls=looked.calls if looked else (),
    )
