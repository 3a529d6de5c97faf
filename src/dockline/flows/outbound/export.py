"""Hand shipments to their warehouse: intend, call, remember.

Reads shipments that are due and their lines. Writes exchanges, shipments, links, issues and history. Wakes settle and
itself. No transaction is open during a call (docs/reliability.md).
"""

import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection as database

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.messages import Address, ShipmentMessage
from dockline.connectors.contract.notices import ShipmentNotice
from dockline.domain.channels import operations as channel_operations
from dockline.domain.channels import queries as channels
from dockline.domain.channels.rules import Passage
from dockline.domain.dispatches.rules import Claimed, decide
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.operations import Intent
from dockline.domain.exchanges.rules import ExchangeKind
from dockline.domain.runs.rules import PlannedAction, PlannedChange, RunKind
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import Shipment
from dockline.flows import guard, job_names, progress
from dockline.flows.guard import Permission, SendingStopped
from dockline.flows.outbound import hold, messages, remember, translate, validate
from dockline.flows.progress import RunLog
from dockline.gateway import deliver, passage, reactions, runtime
from dockline.gateway.deliver import Outcome
from dockline.gateway.runtime import Conversation
from dockline.kit import clock, structs
from dockline.kit.failpoints import Failpoint, committing
from dockline.kit.queue import port as queue

THREADS = 4
BATCH = 40
BATCHES_PASSED_OVER = 25
LOW_WATER = 20
"""When no more than this many are under way, more are claimed, so that no sender waits for the slowest or for us."""
SLICE_SECONDS = 20.0
GATHER_SECONDS = 0.25


@dataclass(frozen=True)
class Claim:
    """A shipment whose intent is committed: it is ours to send, once, until the deadline."""

    shipment_id: int
    exchange_id: int
    attempt: int
    message: ShipmentMessage
    intended_monotonic: float


def export_due(channel_id: int, *, cause: str = "the order flow") -> None:
    """Send what is due on a channel, oldest first, for a while; wake ourselves when more is waiting."""
    conversation = _open(channel_id)
    if conversation is None or not conversation.can(Capability.EXPORT_SHIPMENTS):
        return
    with (
        progress.follow(conversation.connection, RunKind.EXPORT_SHIPMENTS, cause=cause) as log,
        ThreadPoolExecutor(_threads(conversation), thread_name_prefix="export") as pool,
    ):
        among = _agree(conversation, log)
        if guard.ask_permission() is None:
            log.refuse(guard.STOPPED)
            return
        until = time.monotonic() + SLICE_SECONDS if among is None else math.inf
        under_way: dict[Future[Outcome[ShipmentNotice]], Claim] = {}
        low_water = 0 if _is_paced(conversation) else LOW_WATER
        while True:
            if len(under_way) <= low_water and not log.stop_asked and time.monotonic() < until:
                under_way |= _send_more(conversation, pool, log, among)
            if not under_way:
                break
            _remember_finished(under_way, conversation, log)
        if time.monotonic() >= until:
            queue.wake(job_names.EXPORT_SHIPMENTS, channel_id)


def _agree(conversation: Conversation, log: RunLog) -> Sequence[int] | None:
    """The shipments a plan speaks of, which are all that may be sent; None where there is no plan."""
    if not log.speaks_of_a_plan:
        return None
    waiting = shipment_queries.list_ready(
        conversation.connection.channel_id,
        needs_products=conversation.can(Capability.EXPORT_PRODUCTS),
        now=clock.now(),
    )
    log.agree(
        [
            PlannedChange(PlannedAction.SEND, row.reference, "", f"order {row.order_number}, {row.lines} lines")
            for row in waiting
        ]
    )
    return [row.shipment_id for row in waiting]


def _send_more(
    conversation: Conversation, pool: ThreadPoolExecutor, log: RunLog, among: Sequence[int] | None
) -> dict["Future[Outcome[ShipmentNotice]]", "Claim"]:
    """Claim some of what is due and hand it to the senders, while the channel is open for work."""
    way = passage.ask(conversation.connection.channel_id, now=clock.now())
    if way is Passage.CLOSED:
        return {}
    permission = guard.ask_permission()
    if permission is None:
        return {}
    try:
        # Who looks whether the far side is well again risks one order's answer, not a batch of them.
        most = 1 if way is Passage.PROBE else 3 if _is_paced(conversation) else BATCH
        claims = _claim(conversation, log, among, permission, most=most)
    except SendingStopped:
        return {}
    if claims:
        permission.seal()
    return {pool.submit(copy_context().run, _call, conversation, claim): claim for claim in claims}


def _open(channel_id: int) -> Conversation | None:
    """Open the channel; settings that do not fit pause it and are spoken of there."""
    try:
        return runtime.converse(channel_id)
    except ConnectorError as error:
        reactions.react(channels.get_connection(channel_id), error, now=clock.now())
        return None


def _threads(conversation: Conversation) -> int:
    return 1 if _is_paced(conversation) else THREADS


def _is_paced(conversation: Conversation) -> bool:
    # What is claimed must leave well before its deadline, so a slow pace means small batches and one sender.
    return conversation.runtime.is_slow


def _claim(
    conversation: Conversation, log: RunLog, among: Sequence[int] | None, permission: Permission, *, most: int
) -> list[Claim]:
    """Commit the intents of a batch, and return what may be sent once that is sealed. Raises SendingStopped."""
    channel_id = conversation.connection.channel_id
    with committing(Failpoint.SHIPMENTS_CLAIMED):
        if channel_operations.hold_credentials(channel_id) != conversation.connection.credential_version:
            # The channel was changed since we opened it: what is claimed now must go to where it points now.
            queue.wake(job_names.EXPORT_SHIPMENTS, channel_id)
            return []
        now = clock.now()
        deadline = now + timedelta(seconds=deliver.DEADLINE_SECONDS)
        due, said = _find_sayable(conversation, log, among, now=now, most=most)
        if not due:
            return []
        for shipment in due:
            shipments.apply_dispatch(shipment, decide(shipments.dispatch_of(shipment), Claimed(deadline), now), now=now)
        shipments.save_shipments(due)
        ids = exchanges.intend(
            [_intent(shipment, said[shipment.id]) for shipment in due],
            channel_id=channel_id,
            run_id=log.run_id,
            credential_version=conversation.connection.credential_version,
            now=now,
            deadline=deadline,
        )
        permission.count()
    intended = time.monotonic()
    return [Claim(row.id, ids[row.id], row.attempts, said[row.id], intended) for row in due]


def _find_sayable(
    conversation: Conversation, log: RunLog, among: Sequence[int] | None, *, now: datetime, most: int
) -> tuple[list[Shipment], dict[int, ShipmentMessage]]:
    """Lock what is due until some of it can be sent: a batch that waits for a person must not stop those behind it."""
    for _ in range(BATCHES_PASSED_OVER):
        due = shipments.lock_ready(
            conversation.connection.channel_id,
            needs_products=conversation.can(Capability.EXPORT_PRODUCTS),
            now=now,
            most=most,
            among=among,
        )
        if not due:
            break
        ready, said = _say(due, conversation, log, now=now)
        if ready:
            return ready, said
    return [], {}


def _say(
    due: Sequence[Shipment], conversation: Conversation, log: RunLog, *, now: datetime
) -> tuple[list[Shipment], dict[int, ShipmentMessage]]:
    """Which shipments can be sent, and what to say of each.

    What was said in an earlier attempt is said again, to the letter. What lacks a mapping, or does not pass the
    channel's validation, waits and says why.
    """
    again = [shipment.id for shipment in due if shipment.attempts > 0]
    stored = exchange_queries.get_last_messages("shipment", subject_ids=again, kind=ExchangeKind.EXPORT_SHIPMENT)
    said = {
        shipment.id: messages.thaw(stored[shipment.id][1])
        for shipment in due
        if shipment.id in stored and stored[shipment.id][0] == shipment.reference
    }
    fresh = [shipment.id for shipment in due if shipment.id not in said]
    if fresh:
        said |= _translate(fresh, {shipment.id: shipment for shipment in due}, conversation, log, now=now)
    return [shipment for shipment in due if shipment.id in said], said


def _translate(
    fresh: Sequence[int], rows: Mapping[int, Shipment], conversation: Conversation, log: RunLog, *, now: datetime
) -> dict[int, ShipmentMessage]:
    connection = conversation.connection
    gathered = shipment_queries.list_to_send(fresh)
    book = translate.open_book(gathered, connection, conversation.spec)
    leave_out = conversation.spec.personal_parts if connection.suppress_personal else ()
    addresses: dict[int, Address] = {}
    said: dict[int, ShipmentMessage] = {}
    held: list[tuple[Shipment, str]] = []
    notes: list[tuple[str, str]] = []
    for shipment in gathered:
        found = book.translate(shipment)
        if found.troubles:
            held.append((rows[shipment.shipment_id], " ".join(found.troubles)))
            continue
        notes += [("warning", f"{shipment.reference}: {note}") for note in found.notes]
        addresses[shipment.shipment_id] = structs.convert(shipment.ship_to, Address)
        said[shipment.shipment_id] = messages.make_shipment_message(
            shipment, found, description=connection.product_description, leave_out=leave_out
        )
    if book.skus or any(rows[shipment_id].generation > 1 for shipment_id in fresh):
        shipments.save_sent_skus(book.list_sent_skus(gathered))
    translate.note_use(book, connection, now=now)
    hold.settle_mappings(held, [row for row in said if rows[row].reason], connection, now=now)
    passed = validate.pass_or_hold([rows[row] for row in said], addresses, connection, now=now)
    if held or notes:
        log.report(failed=len(held), lines=[*notes, *(("warning", f"{row.reference}: {why}") for row, why in held)])
    return {row.id: said[row.id] for row in passed}


def _intent(shipment: Shipment, message: ShipmentMessage) -> Intent:
    stored, digest = messages.freeze(message)
    return Intent(
        kind=ExchangeKind.EXPORT_SHIPMENT,
        subject_kind="shipment",
        subject_id=shipment.id,
        reference=shipment.reference,
        attempt=shipment.attempts,
        message=stored,
        message_digest=digest,
    )


def _remember_finished(
    under_way: dict[Future[Outcome[ShipmentNotice]], Claim], conversation: Conversation, log: RunLog
) -> None:
    """Wait for an answer, and remember it in one commit with all that came meanwhile."""
    wait(under_way, return_when=FIRST_COMPLETED)
    # Others are about to come in: one commit for many is far cheaper than one for each. Waiting ends while the senders
    # still have enough to do, and they take what was claimed first.
    wait(list(under_way)[: max(1, len(under_way) - LOW_WATER)], timeout=GATHER_SECONDS)
    finished = [future for future in under_way if future.done()]
    answers = [(under_way.pop(future), future.result()) for future in finished]
    remember.remember_answers(
        [
            remember.Answer(claim.shipment_id, claim.exchange_id, claim.attempt, claim.message, outcome)
            for claim, outcome in answers
        ],
        conversation.connection,
        log,
        now=clock.now(),
    )


def _call(conversation: Conversation, claim: Claim) -> Outcome[ShipmentNotice]:
    try:
        with runtime.writing():
            return deliver.send_shipment(conversation, claim.message, intended_monotonic=claim.intended_monotonic)
    finally:
        # The sender's thread may have asked for its turn or a token: its database connection must not linger.
        database.close()
