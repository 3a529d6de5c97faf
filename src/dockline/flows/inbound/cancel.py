"""Cancel a purchase order: at once while no warehouse has it, else only when the warehouse lets go of it.

Reads and locks the purchase order. Writes it with its wish, exchanges, issues and history. Wakes export, which asks the
warehouse. Asking twice is harmless there, for an id never stands for anything else: so a lost answer is settled by
asking again.
"""

import time
from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from dockline.connectors.contract import errors
from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.notices import CancelAnswer
from dockline.domain.channels import operations as channel_operations
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.channels.rules import back_off
from dockline.domain.dispatches.rules import Agreed, NoAnswer, SaidNo, Wish, WishState, WishStep, decide_wish
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.operations import Ending, Intent
from dockline.domain.exchanges.rules import ExchangeKind, ExchangeState
from dockline.domain.guard import queries as guard_queries
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases import queries as purchase_queries
from dockline.domain.purchases.models import PurchaseOrder
from dockline.domain.purchases.queries import UnknownPurchaseOrder
from dockline.domain.purchases.rules import PurchaseStatus, judge_wish
from dockline.flows import dispatching, guard, job_names
from dockline.flows.guard import Permission, SendingStopped
from dockline.flows.progress import RunLog
from dockline.gateway import deliver, directory, runtime
from dockline.gateway.deliver import Outcome
from dockline.gateway.runtime import Conversation
from dockline.kit import clock
from dockline.kit.errors import NotNow
from dockline.kit.failpoints import Failpoint, committing
from dockline.kit.queue import port as queue

TIME_TO_ANSWER = timedelta(hours=24)
"""How long a warehouse is asked before a person is told that it does not answer."""

SOON = timedelta(seconds=5)
Event = Agreed | SaidNo | NoAnswer


@transaction.atomic
def ask_to_cancel(*, order_id: int, actor: str, now: datetime) -> str:
    """Cancel a purchase order, or have the warehouse asked to let go of it; say which. Raises NotFound, NotNow."""
    order = purchases.lock_purchase(order_id)
    if order is None:
        raise UnknownPurchaseOrder()
    if order.wish == WishState.ASKED:
        raise NotNow(f"The warehouse is being asked to let go of {order.reference} already.")
    step, refusal = _judge(order)
    if step is WishStep.TOO_LATE:
        raise NotNow(f"Purchase order {order.number} cannot be cancelled. {refusal}")
    if step is WishStep.WITHDRAW and guard_queries.find_stop() is not None:
        raise NotNow(f"{guard.STOPPED} Whether a warehouse has {order.number} is not known before sending goes on.")
    if step is WishStep.WITHDRAW:
        _cancel(order, actor=actor, sentence=_tell_at_once(order), now=now)
        return f"Purchase order {order.number} is cancelled."
    assert order.channel_id is not None, "what a warehouse may have has a channel"
    connection = channels.get_connection(order.channel_id)
    if Capability.CANCEL_PURCHASES not in directory.get_connector(connection.connector).capabilities:
        raise NotNow(f"{connection.name} takes no cancellations from here: ask the warehouse's people.")
    purchases.apply_wish(order, Wish(WishState.ASKED, deadline=now + TIME_TO_ANSWER, wake_at=now))
    order.wish_asked_by = actor
    purchases.save_purchases([order])
    _tell(order, "cancel_asked", f"{connection.name} is asked to let go of {order.reference}.", actor=actor, now=now)
    issues.resolve_issues(
        subject_kind="purchase",
        subject_ids=[order.pk],
        now=now,
        by=actor,
        causes=[causes.NOT_LET_GO, causes.CANCEL_UNANSWERED],
    )
    queue.wake(job_names.EXPORT_PURCHASES, order.channel_id)
    return (
        f"Purchase order {order.number}: the warehouse is asked to let go of it. It is not cancelled before it agrees."
    )


def act_on_one(conversation: Conversation, log: RunLog) -> bool:
    """Do what can be done for the next wish that is due. Returns whether there was any."""
    permission = guard.ask_permission()
    if permission is None:
        return False
    try:
        return _act(conversation, log, permission)
    except SendingStopped:
        return False


def _act(conversation: Conversation, log: RunLog, permission: Permission) -> bool:
    connection = conversation.connection
    with committing(Failpoint.PURCHASE_WISH_TAKEN):
        if channel_operations.hold_credentials(connection.channel_id) != connection.credential_version:
            return False
        due = purchases.lock_wished(connection.channel_id, now=clock.now(), most=1)
        if not due:
            return False
        (order,) = due
        step, refusal = _judge(order)
        if step is not WishStep.ASK:
            _book(order, _event_of_step(step, refusal), connection, log)
            return True
        exchange_id, external_id = _intend(order, connection, log)
        reference = order.reference
        permission.count()
    permission.seal()
    with runtime.writing():
        outcome = deliver.cancel_purchase(conversation, external_id, intended_monotonic=time.monotonic())
    _remember(order.pk, reference, exchange_id, outcome, connection, log)
    return True


def _judge(order: PurchaseOrder) -> tuple[WishStep, str]:
    return judge_wish(
        PurchaseStatus(order.status),
        purchases.dispatch_of(order),
        is_known_there=_find_link(order) is not None,
        any_received=purchase_queries.has_received_any(order.pk),
    )


def _event_of_step(step: WishStep, refusal: str) -> Event:
    match step:
        case WishStep.WITHDRAW:
            return Agreed("No warehouse has it.")
        case WishStep.WAIT:
            return NoAnswer(SOON, "Whether the warehouse has it is not known yet.")
        case _:
            return SaidNo(refusal)


def _intend(order: PurchaseOrder, connection: Connection, log: RunLog) -> tuple[int, str]:
    """Take a locked wish for ourselves and commit what is asked. Needs a transaction."""
    now = clock.now()
    deadline = now + timedelta(seconds=deliver.DEADLINE_SECONDS)
    # A worker that died on the way has left an open exchange; the same may be asked again.
    exchanges.lose_exchanges(
        subject_kind="purchase", subject_ids=[order.pk], reason="The worker that asked did not come back.", now=now
    )
    order.wish_wake_at = deadline
    purchases.save_purchases([order])
    external_id = _find_link(order)
    assert external_id is not None, "only what is known there is asked for"
    intent = Intent(
        kind=ExchangeKind.CANCEL_PURCHASE,
        subject_kind="purchase",
        subject_id=order.pk,
        reference=order.reference,
        attempt=1,
        message=msgspec.json.encode({"external_id": external_id}).decode(),
        message_digest="",
    )
    ids = exchanges.intend(
        [intent],
        channel_id=connection.channel_id,
        run_id=log.run_id,
        credential_version=connection.credential_version,
        now=now,
        deadline=deadline,
    )
    return ids[order.pk], external_id


@committing(Failpoint.PURCHASE_WISH_BOOKED)
def _remember(
    order_id: int, reference: str, exchange_id: int, outcome: Outcome[CancelAnswer], connection: Connection, log: RunLog
) -> None:
    now, error = clock.now(), outcome.error
    order = purchases.lock_these([order_id])[order_id]
    exchanges.end_exchanges([_ending(exchange_id, outcome)], now=now)
    # What was asked under a former reference, by a worker that was held up, tells nothing of the present one.
    if order.wish == WishState.ASKED and order.reference == reference:
        _book(order, _event_of(outcome, connection), connection, log)
    dispatching.react([] if error is None else [error], connection, any_answer=error is None, now=now)


def _event_of(outcome: Outcome[CancelAnswer], connection: Connection) -> Event:
    match outcome.notice, outcome.error:
        case CancelAnswer(done=True), _:
            return Agreed(f"{connection.name} let go of it.")
        case CancelAnswer() as answer, _:
            return SaidNo(answer.reason)
        case _, (errors.Refused() | errors.NotExpressible()) as error:
            return SaidNo(error.message)
        case _, errors.ConnectorError() as error:
            return NoAnswer(back_off(1, asked_seconds=getattr(error, "wait_seconds", None)), error.message)
    raise AssertionError("an outcome is an answer or an error")


def _ending(exchange_id: int, outcome: Outcome[CancelAnswer]) -> Ending:
    answer, error = outcome.notice, outcome.error
    match error:
        case None:
            state = ExchangeState.DONE if answer is not None and answer.done else ExchangeState.REFUSED
        case errors.Refused() | errors.NotExpressible():
            state = ExchangeState.REFUSED
        case errors.NotReached() | errors.NotAuthorised() | errors.Misconfigured():
            state = ExchangeState.NOT_SENT
        case _:
            state = ExchangeState.UNKNOWN
    reason = error.message if error is not None else answer.reason if answer is not None else ""
    detail = error.detail if error is not None else ""
    return Ending(exchange_id, state, answer=answer, reason=reason, detail=detail, calls=outcome.calls)


def _book(order: PurchaseOrder, event: Event, connection: Connection, log: RunLog) -> None:
    """Move the wish of a locked purchase order, and say what came of it. Needs a transaction."""
    now, wish = clock.now(), purchases.wish_of(order)
    assert wish is not None, "only what is wished is acted on"
    after = decide_wish(wish, event, now)
    purchases.apply_wish(order, after)
    match after.state:
        case WishState.ACCEPTED:
            sentence = f"Cancelled. {after.reason}"
            _cancel(order, actor=order.wish_asked_by, sentence=sentence, now=now)
            queue.wake(job_names.RECEIVE_INVENTORY, connection.channel_id)
            log.report(done=1, changed=1, lines=[("info", f"{order.reference}: {sentence}")])
            return
        case WishState.ASKED:
            sentence = f"Whether {order.reference} is cancelled is not known yet: {after.reason}"
        case WishState.EXPIRED:
            sentence = f"{connection.name} did not answer in time whether it lets go of {order.reference}: "
            sentence += after.reason
        case _:
            sentence = f"{connection.name} does not let go of {order.reference}: {after.reason}"
    purchases.save_purchases([order])
    log.report(done=1, failed=1, lines=[("warning", sentence)])
    if after.state is not WishState.ASKED:
        _tell(order, "cancel_refused", sentence, actor=connection.name, now=now)
        cause = causes.CANCEL_UNANSWERED if after.state is WishState.EXPIRED else causes.NOT_LET_GO
        issues.open_issues(
            [
                NewIssue(
                    account_id=order.account_id,
                    cause=cause,
                    subject_kind="purchase",
                    subject_id=order.pk,
                    subject_label=order.number,
                    title=sentence,
                    channel_id=connection.channel_id,
                )
            ],
            now=now,
        )


def _cancel(order: PurchaseOrder, *, actor: str, sentence: str, now: datetime) -> None:
    order.status, order.closed_at = PurchaseStatus.CANCELLED, now
    order.wake_at, order.settle_until = None, None
    purchases.save_purchases([order])
    issues.resolve_issues(subject_kind="purchase", subject_ids=[order.pk], now=now, by=actor)
    _tell(order, "cancelled", sentence, actor=actor, now=now)


def _tell_at_once(order: PurchaseOrder) -> str:
    if order.dispatch or order.status == PurchaseStatus.DRAFT:
        return "Cancelled; no warehouse has it."
    return f"Cancelled. If the warehouse was told of {order.number}, tell it of this, too."


def _find_link(order: PurchaseOrder) -> str | None:
    if order.channel_id is None:
        return None
    found = exchange_queries.get_links(order.channel_id, kind="purchase", subject_ids=[order.pk]).get(order.pk)
    return found[0] if found else None


def _tell(order: PurchaseOrder, kind: str, sentence: str, *, actor: str, now: datetime) -> None:
    history.remember([Fact(order.account_id, kind, "purchase", order.pk, sentence)], actor=actor, now=now)
