"""Book what came of sending a purchase order: the only writer of its dispatch after a call.

Reads and locks purchase orders. Writes them, exchanges, links, issues and history in one short transaction. Wakes
settle and inventory.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dockline.connectors.contract.messages import PurchaseMessage
from dockline.connectors.contract.notices import ReceiptNotice
from dockline.domain.channels.queries import Connection
from dockline.domain.dispatches.rules import DispatchState, Event, UnexpectedEvent, decide, hear
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.operations import NewLink
from dockline.domain.exchanges.rules import ExchangeKind
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.issues.rules import Cause
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases.models import PurchaseOrder
from dockline.flows import answers, dispatching, job_names
from dockline.flows.inbound import messages
from dockline.flows.progress import RunLog
from dockline.gateway.deliver import Outcome
from dockline.kit import clock, database
from dockline.kit.failpoints import Failpoint, committing
from dockline.kit.queue import port as queue

CAUSE_OF = {
    DispatchState.DIFFERS: causes.ACCEPTED_DIFFERENTLY,
    DispatchState.HELD: causes.HELD,
    DispatchState.DUPLICATE: causes.DUPLICATE,
}
LIVE_THERE = (DispatchState.CONFIRMED, DispatchState.DIFFERS)
LINKED = (*LIVE_THERE, DispatchState.NEEDS_FIX, DispatchState.HELD)
LOOKED_AT_AGAIN_AFTER = timedelta(minutes=30)


def remember_answer(
    order_id: int,
    exchange_id: int,
    attempt: int,
    message: PurchaseMessage,
    outcome: Outcome[ReceiptNotice],
    *,
    connection: Connection,
    log: RunLog,
) -> None:
    """Book the answer of one committed attempt, then let the channel react to a failure."""
    now = clock.now()
    with committing(Failpoint.PURCHASE_REMEMBERED):
        # An answer lost with the database's last moments is looked up like any other lost answer.
        database.book_what_is_here()
        order = purchases.lock_these([order_id])[order_id]
        if (notice := outcome.notice) is not None and exchange_queries.list_taken(
            connection.channel_id, kind="purchase", said=[(order_id, notice.external_id)]
        ):
            outcome = dispatching.doubt(outcome)
        error = outcome.error
        newest = exchange_queries.get_newest_ids("purchase", subject_ids=[order_id], kind=ExchangeKind.EXPORT_PURCHASE)
        event = _event(message, outcome, attempt, connection)
        if _hear(order, event, attempt=exchange_id, newest=newest.get(order_id), now=now):
            book_settled([(order, outcome.notice)], connection, now=now)
        exchanges.end_exchanges([dispatching.end_exchange(exchange_id, outcome, event)], now=now)
        if order.dispatch == DispatchState.SETTLING:
            queue.wake(job_names.SETTLE, connection.channel_id)
        failed = [] if error is None else [error]
        log.report(
            done=1, changed=1 - len(failed), failed=len(failed), lines=[_line(order, error.message if error else None)]
        )
        dispatching.react(failed, connection, any_answer=not failed, now=now)


def move(order: PurchaseOrder, event: Event, *, now: datetime) -> bool:
    """Let an event move a locked purchase order. False for one that does not belong to its state."""
    dispatch = purchases.dispatch_of(order)
    if dispatch is None:
        return False
    try:
        after = decide(dispatch, event, now)
    except UnexpectedEvent:
        return False
    purchases.apply_dispatch(order, after, now=now)
    return True


def _hear(order: PurchaseOrder, event: Event, *, attempt: int, newest: int | None, now: datetime) -> bool:
    dispatch = purchases.dispatch_of(order)
    if dispatch is None:
        return False
    try:
        after = hear(dispatch, event, now, attempt=attempt, newest=newest)
    except UnexpectedEvent:
        return False
    purchases.apply_dispatch(order, after, now=now)
    return True


def book_settled(
    settled: Sequence[tuple[PurchaseOrder, ReceiptNotice | None]], connection: Connection, *, now: datetime
) -> None:
    """Store purchase orders whose dispatch has moved: links, issues, history."""
    if not settled:
        return
    for order, notice in settled:
        if notice is not None:
            order.far_status = notice.far_status[:60]
    purchases.save_purchases([order for order, _ in settled])
    there = [
        NewLink(order.pk, notice.external_id, 0)
        for order, notice in settled
        if notice is not None and order.dispatch in LINKED
    ]
    exchanges.link_subjects(there, channel_id=connection.channel_id, kind="purchase", now=now)
    issues.resolve_issues(
        subject_kind="purchase",
        subject_ids=[order.pk for order, _ in settled if order.dispatch == DispatchState.CONFIRMED],
        now=now,
        by="the warehouse's answer",
        causes=[causes.REFUSED, causes.REJECTED_THERE, causes.ACCEPTED_DIFFERENTLY, causes.HELD, causes.DUPLICATE],
    )
    issues.open_issues(
        [
            _issue(order, notice, connection)
            for order, notice in settled
            if order.dispatch in (*CAUSE_OF, DispatchState.NEEDS_FIX)
        ],
        now=now,
    )
    history.remember([_fact(order, connection) for order, _ in settled], actor="export", now=now)
    if any(order.dispatch in LIVE_THERE for order, _ in settled):
        # What is expected there stands in its next stock report.
        queue.wake(job_names.RECEIVE_INVENTORY, connection.channel_id)


def hold_for_mapping(order: PurchaseOrder, reason: str, connection: Connection, *, now: datetime) -> None:
    """Put off a locked purchase order that lacks a mapping; it is looked at again from time to time."""
    order.wake_at, order.reason = now + LOOKED_AT_AGAIN_AFTER, reason
    purchases.save_purchases([order])
    issues.open_issues([_new_issue(order, causes.MAPPING_MISSING, reason, connection)], now=now)


def let_go_of_mapping(order: PurchaseOrder, *, now: datetime) -> None:
    """What lacks no mapping any more has nothing to ask."""
    if order.reason:
        issues.resolve_issues(
            subject_kind="purchase",
            subject_ids=[order.pk],
            now=now,
            by="the mappings",
            causes=[causes.MAPPING_MISSING],
        )


def _event(message: PurchaseMessage, outcome: Outcome[ReceiptNotice], attempt: int, connection: Connection) -> Event:
    if outcome.notice is not None:
        return messages.judge_answer(message, outcome.notice)
    assert outcome.error is not None, "an outcome is a notice or an error"
    return answers.judge_error(outcome.error, attempt=attempt, settle=timedelta(seconds=connection.settle_seconds))


def _line(order: PurchaseOrder, failure: str | None) -> tuple[str, str]:
    if failure is not None:
        return "warning", f"{order.reference}: {failure}"
    if order.dispatch == DispatchState.CONFIRMED:
        return "info", f"{order.reference}: accepted."
    return "warning", f"{order.reference}: {DispatchState(order.dispatch).label.lower()}. {order.reason}"


def _issue(order: PurchaseOrder, notice: ReceiptNotice | None, connection: Connection) -> NewIssue:
    cause = CAUSE_OF.get(DispatchState(order.dispatch))
    if cause is None:
        cause = causes.REFUSED if notice is None else causes.REJECTED_THERE
    return _new_issue(order, cause, f"{cause.group}: {order.reason}", connection)


def _new_issue(order: PurchaseOrder, cause: Cause, title: str, connection: Connection) -> NewIssue:
    return NewIssue(
        account_id=order.account_id,
        cause=cause,
        subject_kind="purchase",
        subject_id=order.pk,
        subject_label=order.number,
        title=title,
        channel_id=connection.channel_id,
    )


def _fact(order: PurchaseOrder, connection: Connection) -> Fact:
    sentence = {
        DispatchState.CONFIRMED: f"{connection.name} has {order.reference}, as it was meant.",
        DispatchState.DIFFERS: f"{connection.name} accepted {order.reference} differently: {order.reason}.",
        DispatchState.NEEDS_FIX: f"{connection.name} refused {order.reference}: {order.reason}.",
        DispatchState.READY: f"{order.reference} was not sent: {order.reason} It will be tried again.",
        DispatchState.SETTLING: f"The answer for {order.reference} was lost: {order.reason} Looking there first.",
        DispatchState.HELD: f"{order.reference} is held for a person: {order.reason}",
        DispatchState.DUPLICATE: f"{order.reference}: {order.reason}",
    }.get(DispatchState(order.dispatch), f"{order.reference}: {order.dispatch}.")
    detail = {"dispatch": order.dispatch}
    return Fact(order.account_id, "dispatch", "purchase", order.pk, sentence.replace("..", "."), detail)
