"""The answer to a purchase order was lost: look there by reference until it is known what happened.

Reads dispatches past their deadline and those that are settling. Writes exchanges, purchase orders, links, issues and
history. Wakes export.
"""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.messages import PurchaseMessage
from dockline.connectors.contract.notices import ReceiptNotice
from dockline.domain.channels import operations as channel_operations
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.dispatches.rules import STATES_ASKING, DeadlinePassed, DispatchState, LookUpFailed, Step
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.operations import Reading
from dockline.domain.exchanges.rules import ExchangeKind, ExchangeState
from dockline.domain.mappings import queries as mappings
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases import queries as purchase_queries
from dockline.domain.purchases.models import PurchaseOrder
from dockline.domain.purchases.rules import PurchaseStatus
from dockline.domain.runs.rules import RunKind
from dockline.flows import answers, dispatching, job_names, progress
from dockline.flows.inbound import messages, remember
from dockline.flows.progress import RunLog
from dockline.gateway import passage, reactions, runtime, settle
from dockline.gateway.runtime import Conversation
from dockline.gateway.settle import LookUp
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
            if not conversation.can(Capability.EXPORT_PURCHASES) or not _look_up_batch(conversation, log):
                return


@committing(Failpoint.PURCHASES_GIVEN_UP)
def _give_up_waiting(connection: Connection, log: RunLog) -> int:
    """Attempts past their deadline have lost their worker or their answer; either way we look before we send."""
    now = clock.now()
    late = purchases.lock_due(connection.channel_id, states=STATES_ASKING[Step.GIVE_UP], now=now, most=BATCH)
    if not late:
        return 0
    reason = "The worker that sent it did not come back."
    for order in late:
        remember.move(order, DeadlinePassed(reason, timedelta(seconds=connection.settle_seconds)), now=now)
    exchanges.lose_exchanges(subject_kind="purchase", subject_ids=[order.pk for order in late], reason=reason, now=now)
    remember.book_settled([(order, None) for order in late], connection, now=now)
    log.report(lines=[("warning", f"{order.reference}: {reason}") for order in late])
    return len(late)


def _look_up_batch(conversation: Conversation, log: RunLog) -> bool:
    """Look for some lost attempts there. Returns whether there may be more to do now."""
    connection = conversation.connection
    with committing(Failpoint.PURCHASE_LOOKS_TAKEN):
        asked_at = clock.now()
        states = STATES_ASKING[Step.LOOK_UP]
        due = purchases.lock_due(connection.channel_id, states=states, now=asked_at, most=BATCH)
        references = {order.pk: order.reference for order in due}
    if not references:
        return False
    try:
        looked = settle.look_up_purchases(conversation, list(references.values()))
    except ConnectorError as error:
        _put_off(list(references), connection, error, log)
        return False
    reactions.recover(connection, now=clock.now())
    _book_look_up(references, looked, connection, log, asked_at=asked_at)
    return len(references) == BATCH


@committing(Failpoint.PURCHASE_LOOK_FAILED)
def _put_off(order_ids: list[int], connection: Connection, error: ConnectorError, log: RunLog) -> None:
    now = clock.now()
    locked = list(purchases.lock_these(order_ids).values())
    for order in locked:
        if order.dispatch == DispatchState.SETTLING and order.status != PurchaseStatus.CANCELLED:
            remember.move(order, LookUpFailed(answers.space_looks(connection.settle_seconds)), now=now)
    purchases.save_purchases(locked)
    reactions.react(connection, error, now=now)
    log.report(failed=len(locked), lines=[("warning", f"A look-up failed and tells nothing: {error.message}")])


def _get_meant(locked: Mapping[int, PurchaseOrder], connection: Connection) -> dict[int, PurchaseMessage]:
    """What was last said of each; where that was forgotten with the sending, what would be said now."""
    said = exchange_queries.get_last_messages("purchase", subject_ids=list(locked), kind=ExchangeKind.EXPORT_PURCHASE)
    meant = {order_id: messages.thaw(stored) for order_id, (_, stored) in said.items()}
    if forgotten := [order_id for order_id in locked if order_id not in meant]:
        lines = purchase_queries.list_lines_to_send(forgotten)
        variants = {line.variant_id for those in lines.values() for line in those}
        skus = mappings.get_channel_skus(connection.channel_id, list(variants))
        meant |= {
            order_id: messages.make_message(locked[order_id], lines[order_id], skus=skus) for order_id in forgotten
        }
    return meant


@committing(Failpoint.PURCHASE_LOOK_BOOKED)
def _book_look_up(
    references: dict[int, str],
    looked: LookUp[ReceiptNotice],
    connection: Connection,
    log: RunLog,
    *,
    asked_at: datetime,
) -> None:
    if channel_operations.hold_credentials(connection.channel_id) != connection.credential_version:
        return  # The channel was changed meanwhile: this is what another account says, perhaps.
    now = clock.now()
    locked = purchases.lock_these(references)
    meant = _get_meant(locked, connection)
    taken = exchange_queries.list_taken(
        connection.channel_id,
        kind="purchase",
        said=[(row.pk, one.external_id) for row in locked.values() for one in looked.found.get(row.reference, ())],
    )
    moved: list[tuple[PurchaseOrder, ReceiptNotice | None]] = []
    readings: list[Reading] = []
    lines = []
    for order in locked.values():
        if order.reference != references[order.pk] or order.status == PurchaseStatus.CANCELLED:
            continue
        there = looked.found[order.reference]
        event = messages.judge_look_up(
            meant[order.pk],
            there,
            settle_seconds=connection.settle_seconds,
            asked_at=asked_at,
        )
        if others := [one.external_id for one in there if (order.pk, one.external_id) in taken]:
            event, there = dispatching.doubt_found(event, others[0]), ()
        before = order.dispatch
        if not remember.move(order, event, now=now):
            continue
        if order.dispatch == before:
            purchases.save_purchases([order])
        else:
            moved.append((order, messages.pick_live(there)))
        sentence = answers.tell_look_up(event)
        lines.append(("info", f"{order.reference}: {sentence}"))
        readings.append(
            Reading(
                kind=ExchangeKind.FIND_PURCHASE,
                subject_kind="purchase",
                subject_id=order.pk,
                reference=order.reference,
                attempt=order.attempts,
                state=ExchangeState.FOUND if there else ExchangeState.ABSENT,
                answer=there,
                reason=sentence[0].upper() + sentence[1:],
                # One look-up may have asked for many: its calls are kept once, with the first.
                calls=() if readings else looked.calls,
            )
        )
    exchanges.record_readings(
        readings,
        channel_id=connection.channel_id,
        run_id=log.run_id,
        credential_version=connection.credential_version,
        now=now,
    )
    remember.book_settled(moved, connection, now=now)
    if any(order.dispatch == DispatchState.READY for order, _ in moved):
        queue.wake(job_names.EXPORT_PURCHASES, connection.channel_id)
    log.report(done=len(lines), changed=len(moved), lines=lines)
