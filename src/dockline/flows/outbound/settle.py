"""The answer was lost: look there by reference until it is known what happened, and only then go on.

Reads dispatches past their deadline and those that are settling. Writes exchanges, shipments, links, issues and
history. Wakes export.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from dockline.connectors.contract.capabilities import Capability, ExportsShipments
from dockline.connectors.contract.errors import ConnectorError, Refused, Unreadable
from dockline.connectors.contract.notices import FarStatus, ShipmentNotice
from dockline.domain.channels import operations as channel_operations
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.dispatches.rules import (
    STATES_ASKING,
    DeadlinePassed,
    DispatchState,
    LookUpFailed,
    Step,
    UnexpectedEvent,
    decide,
)
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.operations import Reading, RecordedCall
from dockline.domain.exchanges.rules import ExchangeKind, ExchangeState
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import Shipment
from dockline.domain.shipments.rules import ShipmentStatus, sum_carried
from dockline.flows import answers, dispatching, job_names, progress
from dockline.flows.outbound import judge, record, remember, translate
from dockline.flows.progress import RunLog
from dockline.gateway import passage, reactions, runtime, settle
from dockline.gateway.runtime import Conversation
from dockline.kit import clock
from dockline.kit.failpoints import Failpoint, committing
from dockline.kit.queue import port as queue

BATCH = 50
SLICE_SECONDS = 20.0


def settle_due(channel_id: int, *, cause: str = "the order flow") -> None:
    """Find out what became of lost attempts whose time to look has come."""
    connection = channels.get_connection(channel_id)
    with progress.follow(connection, RunKind.SETTLE_SHIPMENTS, cause=cause) as log:
        while _give_up_waiting(connection, log):
            pass
        until = time.monotonic() + SLICE_SECONDS
        while time.monotonic() < until and passage.may_call(channel_id, now=clock.now()):
            try:
                conversation = runtime.converse(channel_id)
            except ConnectorError as error:
                reactions.react(connection, error, now=clock.now())
                return
            if not conversation.can(Capability.EXPORT_SHIPMENTS) or not _look_up_batch(conversation, log):
                return


@committing(Failpoint.ATTEMPTS_GIVEN_UP)
def _give_up_waiting(connection: Connection, log: RunLog) -> int:
    """Attempts past their deadline have lost their worker or their answer; either way we look before we send."""
    now = clock.now()
    late = shipments.lock_due(connection.channel_id, states=STATES_ASKING[Step.GIVE_UP], now=now, most=BATCH)
    if not late:
        return 0
    reason = "The worker that sent it did not come back."
    for shipment in late:
        event = DeadlinePassed(reason, timedelta(seconds=connection.settle_seconds))
        shipments.apply_dispatch(shipment, decide(shipments.dispatch_of(shipment), event, now), now=now)
    exchanges.lose_exchanges(
        subject_kind="shipment", subject_ids=[shipment.id for shipment in late], reason=reason, now=now
    )
    remember.book_settled([(shipment, None) for shipment in late], connection, now=now)
    log.report(lines=[("warning", f"{shipment.reference}: {reason}") for shipment in late])
    return len(late)


def _look_up_batch(conversation: Conversation, log: RunLog) -> bool:
    """Look for some lost attempts there. Returns whether there may be more to do now."""
    connection = conversation.connection
    with committing(Failpoint.LOOKS_TAKEN):
        asked_at = clock.now()
        states = STATES_ASKING[Step.LOOK_UP]
        due = shipments.lock_due(connection.channel_id, states=states, now=asked_at, most=BATCH)
        references = {shipment.id: shipment.reference for shipment in due}
    if not due:
        return False
    try:
        looked = settle.look_up(conversation, list(references.values()))
        left = _read_what_left(conversation, looked.found)
    except ConnectorError as error:
        _no_information(list(references), error, connection, log)
        return False
    reactions.recover(connection, now=clock.now())
    _book_look_up(list(references), looked.found, looked.calls, left, connection, log, asked_at=asked_at)
    return True


def _read_what_left(
    conversation: Conversation, found: Mapping[str, tuple[ShipmentNotice, ...]]
) -> list[ShipmentNotice]:
    """Read with its packages what has left already: that news may have come while nobody here knew the order.

    One that cannot be read holds up nobody else: a sweep tells of it.
    """
    exporter: ExportsShipments = conversation.connector
    left = [one for said in found.values() if len(said) == 1 for one in said if one.status is FarStatus.SHIPPED]
    read = []
    for notice in left:
        with suppress(Refused, Unreadable):
            read.append(exporter.read_shipment(notice.external_id))
    return [notice for notice in read if notice is not None]


@committing(Failpoint.LOOK_FAILED)
def _no_information(shipment_ids: Sequence[int], error: ConnectorError, connection: Connection, log: RunLog) -> None:
    now = clock.now()
    locked = list(shipments.lock_shipments(shipment_ids).values())
    for shipment in locked:
        if shipment.dispatch == DispatchState.SETTLING and shipment.status != ShipmentStatus.CANCELLED:
            event = LookUpFailed(answers.space_looks(connection.settle_seconds))
            shipments.apply_dispatch(shipment, decide(shipments.dispatch_of(shipment), event, now), now=now)
    shipments.save_shipments(locked)
    reactions.react(connection, error, now=now)
    log.report(failed=len(locked), lines=[("warning", f"A look-up failed and tells nothing: {error.message}")])


@committing(Failpoint.LOOK_BOOKED)
def _book_look_up(
    shipment_ids: Sequence[int],
    found: Mapping[str, tuple[ShipmentNotice, ...]],
    calls: Sequence[RecordedCall],
    left: Sequence[ShipmentNotice],
    connection: Connection,
    log: RunLog,
    *,
    asked_at: datetime,
) -> None:
    if channel_operations.hold_credentials(connection.channel_id) != connection.credential_version:
        return  # The channel was changed meanwhile: this is what another account says, perhaps.
    now = clock.now()
    locked = shipments.lock_shipments(shipment_ids)
    carried = shipment_queries.get_lines_of(shipment_ids)
    taken = exchange_queries.list_taken(
        connection.channel_id,
        kind="shipment",
        said=[(row.id, notice.external_id) for row in locked.values() for notice in found.get(row.reference, ())],
    )
    moved: list[tuple[Shipment, ShipmentNotice | None]] = []
    lines = []
    readings: list[Reading] = []
    for shipment in locked.values():
        if shipment.reference not in found or shipment.status == ShipmentStatus.CANCELLED:
            continue  # A person had it sent again meanwhile, under another reference, or the warehouse let go of it.
        said = found[shipment.reference]
        there = translate.read_notices([(notice, carried[shipment.id]) for notice in said], connection)
        meant = sum_carried(carried[shipment.id])
        event = judge.judge_look_up(there, meant, settle_seconds=connection.settle_seconds, asked_at=asked_at)
        if others := [one.external_id for one in said if (shipment.id, one.external_id) in taken]:
            event, there = dispatching.doubt_found(event, others[0]), []
        before = shipment.dispatch
        try:
            after = decide(shipments.dispatch_of(shipment), event, now)
        except UnexpectedEvent:
            continue
        shipments.apply_dispatch(shipment, after, now=now)
        if shipment.dispatch == before:
            shipments.save_shipments([shipment])
        else:
            moved.append((shipment, _live(there)))
        sentence = answers.tell_look_up(event)
        lines.append(("info", f"{shipment.reference}: {sentence}"))
        # One look-up may have asked for many: its calls are kept once, with the first.
        readings.append(_reading(shipment, said, sentence, () if readings else calls))
    exchanges.record_readings(
        readings,
        channel_id=connection.channel_id,
        run_id=log.run_id,
        credential_version=connection.credential_version,
        now=now,
    )
    remember.book_settled(moved, connection, now=now)
    linked = {shipment.reference for shipment, _ in moved if shipment.dispatch in remember.LIVE_THERE}
    record.record_notices(
        [notice for notice in left if notice.reference in linked], connection, run_id=log.run_id, now=now
    )
    if any(shipment.dispatch == DispatchState.READY for shipment, _ in moved):
        queue.wake(job_names.EXPORT_SHIPMENTS, connection.channel_id)
    log.report(done=len(lines), changed=len(moved), lines=lines)


def _live(there: Sequence[ShipmentNotice]) -> ShipmentNotice | None:
    return next((notice for notice in there if notice.status is not FarStatus.REJECTED), there[0] if there else None)


def _reading(
    shipment: Shipment, there: Sequence[ShipmentNotice], sentence: str, calls: Sequence[RecordedCall]
) -> Reading:
    return Reading(
        kind=ExchangeKind.FIND_SHIPMENT,
        subject_kind="shipment",
        subject_id=shipment.id,
        reference=shipment.reference,
        attempt=shipment.attempts,
        state=ExchangeState.FOUND if there else ExchangeState.ABSENT,
        answer=there,
        reason=sentence[0].upper() + sentence[1:],
        calls=calls,
    )
