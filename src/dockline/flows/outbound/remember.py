"""Book what came of sending: the only writer of dispatches after a call.

Reads and locks the shipments. Writes shipments, exchanges, links, reservations, issues and history in one short
transaction. Wakes settle and, where stock became free, advance.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dockline.connectors.contract.messages import ShipmentMessage
from dockline.connectors.contract.notices import ShipmentNotice
from dockline.domain.channels.queries import Connection
from dockline.domain.dispatches.rules import DispatchState, Event, UnexpectedEvent, hear
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.operations import NewLink
from dockline.domain.exchanges.rules import ExchangeKind
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.inventory import operations as inventory
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.issues.rules import Cause
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import Shipment
from dockline.domain.shipments.queries import ShipmentContext
from dockline.flows import answers, dispatching, job_names
from dockline.flows.outbound import cancel, messages, withdraw
from dockline.flows.progress import RunLog
from dockline.gateway.deliver import Outcome
from dockline.kit import database
from dockline.kit.failpoints import Failpoint, committing
from dockline.kit.queue import port as queue

CAUSE_OF = {
    DispatchState.DIFFERS: causes.ACCEPTED_DIFFERENTLY,
    DispatchState.HELD: causes.HELD,
    DispatchState.DUPLICATE: causes.DUPLICATE,
}


@dataclass(frozen=True)
class Answer:
    """What came of one committed attempt."""

    shipment_id: int
    exchange_id: int
    attempt: int
    message: ShipmentMessage
    outcome: Outcome[ShipmentNotice]


def remember_answers(answers: Sequence[Answer], connection: Connection, log: RunLog, *, now: datetime) -> None:
    """Book the answers of some attempts, then let the channel react to failures."""
    with committing(Failpoint.ANSWERS_REMEMBERED):
        # An answer lost with the database's last moments is looked up like any other lost answer.
        database.book_what_is_here()
        locked = shipments.lock_shipments(answer.shipment_id for answer in answers)
        answers = _doubt_taken(answers, connection)
        failed = [answer.outcome.error for answer in answers if answer.outcome.error is not None]
        newest = exchange_queries.get_newest_ids(
            "shipment", subject_ids=list(locked), kind=ExchangeKind.EXPORT_SHIPMENT
        )
        endings, lines, settled = [], [], []
        for answer in answers:
            shipment = locked[answer.shipment_id]
            event = _event(answer, connection)
            if _move(shipment, event, now, attempt=answer.exchange_id, newest=newest.get(shipment.id)):
                settled.append((shipment, answer.outcome.notice))
            endings.append(dispatching.end_exchange(answer.exchange_id, answer.outcome, event))
            lines.append(_line(shipment, answer.outcome))
        exchanges.end_exchanges(endings, now=now)
        book_settled(settled, connection, now=now)
        if any(shipment.dispatch == DispatchState.SETTLING for shipment in locked.values()):
            queue.wake(job_names.SETTLE, connection.channel_id)
        log.report(done=len(answers), changed=len(answers) - len(failed), failed=len(failed), lines=lines)
        dispatching.react(failed, connection, any_answer=len(failed) < len(answers), now=now)


def book_settled(
    settled: Sequence[tuple[Shipment, ShipmentNotice | None]], connection: Connection, *, now: datetime
) -> None:
    """Store shipments whose dispatch has moved: links, stock the warehouse now knows of, issues, history."""
    if not settled:
        return
    shipments.save_shipments([shipment for shipment, _ in settled])
    there = [
        NewLink(shipment.id, notice.external_id, 0)
        for shipment, notice in settled
        if notice is not None and shipment.dispatch in (*LIVE_THERE, DispatchState.NEEDS_FIX, DispatchState.HELD)
    ]
    exchanges.link_subjects(there, channel_id=connection.channel_id, kind="shipment", now=now)
    inventory.mark_known_there([row.id for row, _ in settled if row.dispatch in LIVE_THERE], now=now)
    inventory.mark_unknown_there([row.id for row, _ in settled if row.dispatch == DispatchState.NEEDS_FIX])

    if ready := [shipment for shipment, _ in settled if shipment.dispatch == DispatchState.READY]:
        cancel.withdraw_wished(ready, now=now)
        withdraw.give_back_held(ready, now=now)
    contexts = shipment_queries.get_contexts([shipment.id for shipment, _ in settled])
    issues.resolve_issues(
        subject_kind="shipment",
        subject_ids=[row.id for row, _ in settled if row.dispatch == DispatchState.CONFIRMED],
        now=now,
        by="the warehouse's answer",
        causes=[causes.REFUSED, causes.REJECTED_THERE, causes.ACCEPTED_DIFFERENTLY, causes.HELD, causes.DUPLICATE],
    )
    issues.open_issues(
        [
            _issue(shipment, notice, contexts[shipment.id], connection)
            for shipment, notice in settled
            if shipment.dispatch in (*CAUSE_OF, DispatchState.NEEDS_FIX)
        ],
        now=now,
    )
    history.remember(
        [_fact(shipment, contexts[shipment.id], connection) for shipment, _ in settled], actor="export", now=now
    )


LIVE_THERE = (DispatchState.CONFIRMED, DispatchState.DIFFERS)


def _doubt_taken(answers: Sequence[Answer], connection: Connection) -> Sequence[Answer]:
    said = [(one.shipment_id, one.outcome.notice.external_id) for one in answers if one.outcome.notice is not None]
    taken = {ours for ours, _ in exchange_queries.list_taken(connection.channel_id, kind="shipment", said=said)}
    return [
        replace(one, outcome=dispatching.doubt(one.outcome)) if one.shipment_id in taken else one for one in answers
    ]


def _event(answer: Answer, connection: Connection) -> Event:
    if answer.outcome.notice is not None:
        return messages.judge_answer(messages.sum_lines(answer.message.lines), answer.outcome.notice)
    assert answer.outcome.error is not None, "an outcome is a notice or an error"
    settle = timedelta(seconds=connection.settle_seconds)
    return answers.judge_error(answer.outcome.error, attempt=answer.attempt, settle=settle)


def _move(shipment: Shipment, event: Event, now: datetime, *, attempt: int, newest: int | None) -> bool:
    try:
        after = hear(shipments.dispatch_of(shipment), event, now, attempt=attempt, newest=newest)
    except UnexpectedEvent:
        return False
    shipments.apply_dispatch(shipment, after, now=now)
    return True


def _line(shipment: Shipment, outcome: Outcome[ShipmentNotice]) -> tuple[str, str]:
    if outcome.error is not None:
        return "warning", f"{shipment.reference}: {outcome.error.message}"
    if shipment.dispatch == DispatchState.CONFIRMED:
        return "info", f"{shipment.reference}: accepted."
    return "warning", f"{shipment.reference}: {DispatchState(shipment.dispatch).label.lower()}. {shipment.reason}"


def _issue(
    shipment: Shipment, notice: ShipmentNotice | None, context: ShipmentContext, connection: Connection
) -> NewIssue:
    cause: Cause | None = CAUSE_OF.get(DispatchState(shipment.dispatch))
    if cause is None:
        cause = causes.REFUSED if notice is None else causes.REJECTED_THERE
    return NewIssue(
        account_id=context.account_id,
        cause=cause,
        subject_kind="shipment",
        subject_id=shipment.id,
        subject_label=context.order_number,
        title=f"{cause.group}: {shipment.reason}",
        channel_id=connection.channel_id,
    )


def _fact(shipment: Shipment, context: ShipmentContext, connection: Connection) -> Fact:
    sentence = {
        DispatchState.CONFIRMED: f"{connection.name} has shipment {shipment.reference}, as it was meant.",
        DispatchState.DIFFERS: f"{connection.name} accepted {shipment.reference} differently: {shipment.reason}.",
        DispatchState.NEEDS_FIX: f"{connection.name} refused {shipment.reference}: {shipment.reason}.",
        DispatchState.READY: f"{shipment.reference} was not sent: {shipment.reason} It will be tried again.",
        DispatchState.SETTLING: f"The answer for {shipment.reference} was lost: {shipment.reason} Looking there first.",
        DispatchState.HELD: f"{shipment.reference} is held for a person: {shipment.reason}",
        DispatchState.DUPLICATE: f"{shipment.reference}: {shipment.reason}",
    }.get(DispatchState(shipment.dispatch), f"{shipment.reference}: {shipment.dispatch}.")
    detail = {"shipment_id": shipment.id, "dispatch": shipment.dispatch}
    return Fact(context.account_id, "dispatch", "order", context.order_id, sentence.replace("..", "."), detail)
