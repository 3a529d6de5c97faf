"""Act on wishes to cancel: withdraw what is still here, wait for what is unsettled, ask for what is there.

Reads wishes that are due. Writes what `cancel` writes, exchanges and issues. Wakes advance. A lost answer is settled by
looking again: what is found there is asked for anew, and what is gone is cancelled (docs/reliability.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dockline.connectors.contract import errors
from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.notices import FarStatus, ShipmentNotice
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.dispatches.rules import (
    Agreed,
    NoAnswer,
    SaidNo,
    WishPurpose,
    WishState,
    WishStep,
    decide_wish,
)
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.operations import Ending, Intent, Reading, RecordedCall
from dockline.domain.exchanges.rules import ExchangeKind, ExchangeState
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.issues.rules import Cause
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import CancelWish, Shipment
from dockline.domain.shipments.queries import ShipmentContext
from dockline.domain.shipments.rules import ShipmentStatus, next_wish_step
from dockline.flows import guard, progress
from dockline.flows.guard import SendingStopped
from dockline.flows.outbound import cancel, change, withdraw
from dockline.flows.progress import RunLog
from dockline.gateway import cancel as gateway
from dockline.gateway import passage, reactions, runtime, settle
from dockline.gateway.cancel import Outcome
from dockline.gateway.runtime import Conversation
from dockline.kit import clock
from dockline.kit.failpoints import Failpoint, committing, passing

BATCH = 50
LEASE = timedelta(minutes=5)
"""How long a wish that is being asked for is left alone: longer than asking for a whole batch may take."""

SOON = timedelta(seconds=5)
LATER = timedelta(minutes=1)
GONE_OUT = (FarStatus.PACKED, FarStatus.SHIPPED)
Event = Agreed | SaidNo | NoAnswer


@dataclass(frozen=True)
class Wanted:
    """A shipment that may be there and shall not go; `external_id` is theirs, where we know it."""

    shipment_id: int
    reference: str
    external_id: str


@dataclass
class Heard:
    """What was heard about one wish, with the calls that were made for it."""

    event: Event
    found: Sequence[ShipmentNotice] = ()
    calls: Sequence[RecordedCall] = field(default=())


def act_on_wishes(channel_id: int, *, cause: str = "the order flow") -> None:
    """Do what can be done for the wishes of a channel that are due."""
    connection = channels.get_connection(channel_id)
    with progress.follow(connection, RunKind.CANCEL_SHIPMENTS, cause=cause) as log:
        if guard.ask_permission() is None:
            # Whether a shipment is still here is not known before sending goes on.
            log.refuse(guard.STOPPED)
            return
        while due := shipment_queries.list_wished(channel_id, now=clock.now(), most=BATCH):
            if to_ask := _act_here(due, connection, log):
                _ask(to_ask, connection, log)


@committing(Failpoint.WISHES_TAKEN)
def _act_here(shipment_ids: Sequence[int], connection: Connection, log: RunLog) -> list[Wanted]:
    """Settle the wishes that need no call, and take the others for ourselves."""
    now = clock.now()
    locked = shipments.lock_shipments(shipment_ids)
    wishes = shipments.lock_wishes(locked, due=now)
    heard: list[tuple[Shipment, CancelWish, Event]] = []
    to_ask = []
    for shipment_id, wish in wishes.items():
        shipment = locked[shipment_id]
        match next_wish_step(status=shipment.status, dispatch=shipment.dispatch):
            case WishStep.WITHDRAW:
                heard.append((shipment, wish, Agreed(withdraw.NOT_SENT)))
            case WishStep.TOO_LATE:
                heard.append((shipment, wish, _too_late(shipment)))
            case WishStep.WAIT:
                heard.append((shipment, wish, NoAnswer(SOON, "Whether the warehouse has it is not known yet.")))
            case WishStep.ASK:
                wish.wake_at = now + LEASE
                to_ask.append(shipment)
    shipments.save_wishes(list(wishes.values()))
    _book(heard, connection, log, now=now)
    # What a worker that died had asked has no answer.
    exchanges.lose_exchanges(
        subject_kind="shipment",
        subject_ids=[shipment.id for shipment in to_ask],
        reason="The worker that asked did not come back.",
        now=now,
    )
    elsewhere = exchange_queries.find_sent_elsewhere(
        connection.channel_id, subject_ids=[shipment.id for shipment in to_ask]
    )
    no = SaidNo("It went to the account the channel spoke to before. Ask the former warehouse's people.")
    _book([(row, wishes[row.id], no) for row in to_ask if row.id in elsewhere], connection, log, now=now)
    to_ask = [row for row in to_ask if row.id not in elsewhere]
    links = exchange_queries.get_links(
        connection.channel_id, kind="shipment", subject_ids=[shipment.id for shipment in to_ask]
    )
    return [Wanted(row.id, row.reference, links[row.id][0] if row.id in links else "") for row in to_ask]


def _ask(wanted: Sequence[Wanted], connection: Connection, log: RunLog) -> None:
    """Look at how each stands there, and ask to cancel what is found. No transaction is open during a call."""
    if not passage.may_call(connection.channel_id, now=clock.now()):
        resting = NoAnswer(LATER, f"{connection.name} rests; it is asked as soon as it works again.")
        _book_heard({one: Heard(resting) for one in wanted}, connection, log)
        return
    try:
        conversation = runtime.converse(connection.channel_id)
        if conversation.connection.credential_version != connection.credential_version:
            # That it is not at another account proves nothing of the one it went to.
            changed = NoAnswer(SOON, f"{connection.name} was changed meanwhile; it is asked again.")
            _book_heard({one: Heard(changed) for one in wanted}, connection, log)
            return
        if not conversation.can(Capability.CANCEL_SHIPMENTS):
            cannot = SaidNo(f"{connection.name} cannot be asked by a program; ask the warehouse's people.")
            _book_heard({one: Heard(cannot) for one in wanted}, connection, log)
            return
        looked = settle.look_up(conversation, [one.reference for one in wanted])
        reactions.recover(connection, now=clock.now())
    except ConnectorError as error:
        reactions.react(connection, error, now=clock.now())
        nothing = NoAnswer(LATER, f"{connection.name} could not be asked: {error.message}")
        _book_heard({one: Heard(nothing) for one in wanted}, connection, log)
        return
    for place, one in enumerate(wanted):
        heard = _ask_for_one(one, looked.found[one.reference], conversation, log)
        # One look-up has asked for all: its calls are kept once, with the first.
        heard.calls = heard.calls if place else (*looked.calls, *heard.calls)
        _book_heard({one: heard}, connection, log)


def _ask_for_one(one: Wanted, found: Sequence[ShipmentNotice], conversation: Conversation, log: RunLog) -> Heard:
    """Ask to cancel all that is there under a reference. Only what is surely nowhere is agreed."""
    try:
        if not found and one.external_id:
            # A search may lag behind; their own id does not.
            known = gateway.read_by_id(conversation, one.external_id)
            found = [known] if known is not None and known.reference == one.reference else []
    except ConnectorError as error:
        return Heard(NoAnswer(SOON, error.message))
    if not found:
        return Heard(Agreed(f"{conversation.connection.name} does not have it any more."))
    packed = next((notice for notice in found if notice.status in GONE_OUT), None)
    if packed is not None:
        return Heard(SaidNo(f"It is {packed.far_status} there."), found)
    for notice in found:
        outcome = _call(one, notice, conversation, log)
        event = _event(outcome, conversation.connection)
        if not isinstance(event, Agreed):
            return Heard(event, found)
    return Heard(Agreed(f"{conversation.connection.name} agreed."), found)


def _call(one: Wanted, notice: ShipmentNotice, conversation: Conversation, log: RunLog) -> Outcome:
    """Intend, call, remember."""
    connection = conversation.connection
    now = clock.now()
    permission = guard.ask_permission()
    if permission is None:
        return Outcome(None, _stopped())
    intent = Intent(
        ExchangeKind.CANCEL_SHIPMENT, "shipment", one.shipment_id, one.reference, 1, f'"{notice.external_id}"', ""
    )
    ids = exchanges.intend(
        [intent],
        channel_id=connection.channel_id,
        run_id=log.run_id,
        credential_version=connection.credential_version,
        now=now,
        deadline=now + LEASE,
    )
    passing(Failpoint.CANCEL_INTENDED)
    try:
        with permission.writing():
            outcome = gateway.ask_to_cancel(conversation, notice.external_id)
    except SendingStopped:
        outcome = Outcome(None, _stopped())
    if outcome.error is not None and not isinstance(outcome.error, errors.Refused | errors.NotExpressible):
        reactions.react(connection, outcome.error, now=clock.now())
    exchanges.end_exchanges([_ending(ids[one.shipment_id], outcome)], now=clock.now())
    passing(Failpoint.CANCEL_ANSWERED)
    return outcome


def _stopped() -> errors.NotReached:
    return errors.NotReached(guard.STOPPED, wait_seconds=LATER.total_seconds(), throttled=True)


def _ending(exchange_id: int, outcome: Outcome) -> Ending:
    answer, error = outcome.answer, outcome.error
    if answer is not None:
        state = ExchangeState.DONE if answer.done else ExchangeState.REFUSED
        return Ending(exchange_id, state, answer=answer, reason=answer.reason, calls=outcome.calls)
    assert error is not None, "an outcome is an answer or an error"
    state = {
        errors.NotReached: ExchangeState.NOT_SENT,
        errors.NotAuthorised: ExchangeState.NOT_SENT,
        errors.Refused: ExchangeState.REFUSED,
    }.get(type(error), ExchangeState.UNKNOWN)
    return Ending(exchange_id, state, reason=error.message, detail=error.detail, calls=outcome.calls)


def _event(outcome: Outcome, connection: Connection) -> Event:
    if outcome.answer is not None:
        return Agreed("") if outcome.answer.done else SaidNo(outcome.answer.reason)
    match outcome.error:
        case errors.Refused() | errors.NotExpressible():
            return SaidNo(outcome.error.message)
        case errors.NotReached(wait_seconds=seconds) if seconds is not None:
            return NoAnswer(timedelta(seconds=seconds), outcome.error.message)
        case _:
            assert outcome.error is not None, "an outcome is an answer or an error"
            return NoAnswer(SOON, outcome.error.message)


@committing(Failpoint.WISHES_BOOKED)
def _book_heard(answers: Mapping[Wanted, Heard], connection: Connection, log: RunLog) -> None:
    now = clock.now()
    locked = shipments.lock_shipments(one.shipment_id for one in answers)
    # What was asked under a former reference, by a worker that was held up, tells nothing of the present one.
    heard = {
        one.shipment_id: said for one, said in answers.items() if locked[one.shipment_id].reference == one.reference
    }
    wishes = shipments.lock_wishes(heard)
    exchanges.record_readings(
        [
            _reading(locked[shipment_id], one)
            for shipment_id, one in heard.items()
            if one.calls or (isinstance(one.event, Agreed) and not one.found)
        ],
        channel_id=connection.channel_id,
        run_id=log.run_id,
        credential_version=connection.credential_version,
        now=now,
    )
    events = []
    for shipment_id, wish in wishes.items():
        shipment, event = locked[shipment_id], heard[shipment_id].event
        step = next_wish_step(status=shipment.status, dispatch=shipment.dispatch)
        # Told otherwise while we asked: what is booked as shipped is not taken back by its being gone.
        events.append((shipment, wish, _too_late(shipment) if step is WishStep.TOO_LATE else event))
    _book(events, connection, log, now=now)


def _book(
    events: Sequence[tuple[Shipment, CancelWish, Event]], connection: Connection, log: RunLog, *, now: datetime
) -> None:
    """Move locked wishes, cancel what was agreed, and tell people what was not. Needs a transaction."""
    if not events:
        return
    agreed = [(shipment, wish, event.reason) for shipment, wish, event in events if isinstance(event, Agreed)]
    others = [(shipment, wish, event) for shipment, wish, event in events if not isinstance(event, Agreed)]
    for _, wish, event in others:
        shipments.apply_wish(wish, decide_wish(shipments.wish_of(wish), event, now), now=now)
    shipments.save_wishes([wish for _, wish, _ in others])
    cancel.agree(agreed, actor=connection.name, now=now)

    told = [(shipment, wish) for shipment, wish, _ in others if wish.state != WishState.ASKED]
    contexts = shipment_queries.get_contexts([shipment.id for shipment, _ in told])
    issues.open_issues(
        [
            _issue(shipment, wish, contexts[shipment.id], connection)
            for shipment, wish in told
            if wish.purpose != WishPurpose.CHANGE
        ],
        now=now,
    )
    history.remember(
        [
            Fact(
                contexts[shipment.id].account_id,
                f"{wish.purpose}_refused",
                "order",
                contexts[shipment.id].order_id,
                _tell(shipment, wish, connection),
                {"shipment_id": shipment.id},
            )
            for shipment, wish in told
        ],
        actor=connection.name,
        now=now,
    )
    changed = [row.order_id for row, wish in told if wish.purpose == WishPurpose.CHANGE]
    change.settle_changes(changed, actor=connection.name, now=now)
    if agreed or told:
        done = {WishPurpose.CANCEL: "cancelled"}
        lines = [
            ("info", f"{row.reference}: {done.get(WishPurpose(wish.purpose), 'taken back')}. {reason}".strip())
            for row, wish, reason in agreed
        ]
        lines += [("warning", _tell(shipment, wish, connection)) for shipment, wish in told]
        log.report(done=len(lines), changed=len(agreed), failed=len(told), lines=lines)


def _too_late(shipment: Shipment) -> SaidNo:
    return SaidNo(f"It is {ShipmentStatus(shipment.status).label} already.")


def _tell(shipment: Shipment, wish: CancelWish, connection: Connection) -> str:
    if wish.purpose != WishPurpose.CANCEL:
        what = "put on hold" if wish.purpose == WishPurpose.HOLD else "changed"
        how = "did not answer in time" if wish.state == WishState.EXPIRED else "did not give it back"
        return f"{shipment.reference} could not be {what}: {connection.name} {how}. {wish.reason}"
    if wish.state == WishState.EXPIRED:
        return f"{connection.name} did not answer in time whether {shipment.reference} can be cancelled: {wish.reason}"
    return f"{connection.name} did not cancel {shipment.reference}: {wish.reason}"


def _issue(shipment: Shipment, wish: CancelWish, context: ShipmentContext, connection: Connection) -> NewIssue:
    return NewIssue(
        account_id=context.account_id,
        cause=_cause(wish),
        subject_kind="shipment",
        subject_id=shipment.id,
        subject_label=context.order_number,
        title=_tell(shipment, wish, connection),
        channel_id=connection.channel_id,
    )


def _cause(wish: CancelWish) -> Cause:
    if wish.purpose == WishPurpose.HOLD:
        return causes.HOLD_REFUSED
    return causes.CANCEL_UNANSWERED if wish.state == WishState.EXPIRED else causes.CANCEL_REFUSED


def _reading(shipment: Shipment, heard: Heard) -> Reading:
    return Reading(
        kind=ExchangeKind.FIND_SHIPMENT,
        subject_kind="shipment",
        subject_id=shipment.id,
        reference=shipment.reference,
        attempt=shipment.attempts,
        state=ExchangeState.FOUND if heard.found else ExchangeState.ABSENT,
        answer=tuple(heard.found),
        reason=heard.event.reason,
        calls=heard.calls,
    )
