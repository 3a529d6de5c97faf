"""Tell warehouses what will arrive: intend, call, remember. Then act on what is wished to be cancelled.

Reads purchase orders that are due and their lines. Writes exchanges, purchase orders, links, issues and history. Wakes
settle, inventory and itself. They go one by one: there are few, and no transaction is open during a call
(docs/reliability.md).
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.messages import PurchaseMessage
from dockline.domain.channels import operations as channel_operations
from dockline.domain.channels import queries as channels
from dockline.domain.dispatches.rules import Claimed, decide
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.operations import Intent
from dockline.domain.exchanges.rules import ExchangeKind
from dockline.domain.mappings import operations as mapping_operations
from dockline.domain.mappings import queries as mappings
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases import queries as purchase_queries
from dockline.domain.purchases.models import PurchaseOrder
from dockline.domain.runs.rules import PlannedAction, PlannedChange, RunKind
from dockline.flows import guard, job_names, progress
from dockline.flows.guard import Permission, SendingStopped
from dockline.flows.inbound import cancel, messages, remember
from dockline.flows.progress import RunLog
from dockline.gateway import deliver, passage, reactions, runtime
from dockline.gateway.runtime import Conversation
from dockline.kit import clock
from dockline.kit.failpoints import Failpoint, committing
from dockline.kit.queue import port as queue

PASSED_OVER = 100
"""How many that wait for a person may stand before one that can go."""
SLICE_SECONDS = 20.0


@dataclass(frozen=True)
class Claim:
    """A purchase order whose intent is committed: it is ours to send, once, until the deadline."""

    order_id: int
    exchange_id: int
    attempt: int
    message: PurchaseMessage
    intended_monotonic: float


def export_due(channel_id: int, *, cause: str = "the order flow") -> None:
    """Send what is due on a channel, oldest first, for a while; wake ourselves when more is waiting."""
    connection = channels.get_connection(channel_id)
    try:
        conversation = runtime.converse(channel_id)
    except ConnectorError as error:
        reactions.react(connection, error, now=clock.now())
        return
    if not conversation.can(Capability.EXPORT_PURCHASES):
        return
    with progress.follow(connection, RunKind.EXPORT_PURCHASES, cause=cause) as log:
        among = _agree(conversation, log)
        if guard.ask_permission() is None:
            log.refuse(guard.STOPPED)
            return
        until = time.monotonic() + SLICE_SECONDS if among is None else math.inf
        while _may_go_on(channel_id, log, until) and (claim := _take(conversation, log, among)):
            with runtime.writing():
                outcome = deliver.send_purchase(
                    conversation, claim.message, intended_monotonic=claim.intended_monotonic
                )
            remember.remember_answer(
                claim.order_id,
                claim.exchange_id,
                claim.attempt,
                claim.message,
                outcome,
                connection=conversation.connection,
                log=log,
            )
        if among is None and conversation.can(Capability.CANCEL_PURCHASES):
            while _may_go_on(channel_id, log, until) and cancel.act_on_one(conversation, log):
                pass
        if time.monotonic() >= until:
            queue.wake(job_names.EXPORT_PURCHASES, channel_id)


def _may_go_on(channel_id: int, log: RunLog, until: float) -> bool:
    return not log.stop_asked and time.monotonic() < until and passage.may_call(channel_id, now=clock.now())


def _agree(conversation: Conversation, log: RunLog) -> Sequence[int] | None:
    """What a plan speaks of, which is all that may be sent; None where there is no plan."""
    if not log.speaks_of_a_plan:
        return None
    waiting = purchase_queries.list_ready(
        conversation.connection.channel_id,
        needs_products=conversation.can(Capability.EXPORT_PRODUCTS),
        now=clock.now(),
    )
    log.agree(
        [
            PlannedChange(PlannedAction.SEND, row.reference, "", f"purchase order {row.number}, {row.lines} lines")
            for row in waiting
        ]
    )
    return [row.order_id for row in waiting]


def _take(conversation: Conversation, log: RunLog, among: Sequence[int] | None) -> Claim | None:
    """Claim the next one that can be sent; it may go once it is sealed. None while sending is stopped."""
    permission = guard.ask_permission()
    if permission is None:
        return None
    try:
        claim = _claim(conversation, log, among, permission)
    except SendingStopped:
        return None
    if claim is not None:
        permission.seal()
    return claim


@committing(Failpoint.PURCHASE_CLAIMED)
def _claim(
    conversation: Conversation, log: RunLog, among: Sequence[int] | None, permission: Permission
) -> Claim | None:
    """Commit the intent of the next one that can be sent, and return it. Raises SendingStopped."""
    connection, now = conversation.connection, clock.now()
    if channel_operations.hold_credentials(connection.channel_id) != connection.credential_version:
        # The channel was changed since we opened it: what is claimed now must go to where it points now.
        queue.wake(job_names.EXPORT_PURCHASES, connection.channel_id)
        return None
    for _ in range(PASSED_OVER):
        due = purchases.lock_ready(
            connection.channel_id,
            needs_products=conversation.can(Capability.EXPORT_PRODUCTS),
            now=now,
            most=1,
            among=among,
        )
        if not due:
            return None
        (order,) = due
        message = _say(order, conversation, log)
        if message is not None:
            break
    else:
        return None
    deadline = now + timedelta(seconds=deliver.DEADLINE_SECONDS)
    dispatch = purchases.dispatch_of(order)
    assert dispatch is not None, "what is ready has a dispatch"
    purchases.apply_dispatch(order, decide(dispatch, Claimed(deadline), now), now=now)
    purchases.save_purchases([order])
    stored, digest = messages.freeze(message)
    intent = Intent(
        kind=ExchangeKind.EXPORT_PURCHASE,
        subject_kind="purchase",
        subject_id=order.pk,
        reference=order.reference,
        attempt=order.attempts,
        message=stored,
        message_digest=digest,
    )
    ids = exchanges.intend(
        [intent],
        channel_id=connection.channel_id,
        run_id=log.run_id,
        credential_version=connection.credential_version,
        now=now,
        deadline=deadline,
    )
    permission.count()
    return Claim(order.pk, ids[order.pk], order.attempts, message, time.monotonic())


def _say(order: PurchaseOrder, conversation: Conversation, log: RunLog) -> PurchaseMessage | None:
    """What to say of it: what an earlier attempt said, to the letter. None for what lacks a mapping; it waits."""
    if order.attempts > 0:
        stored = exchange_queries.get_last_messages(
            "purchase", subject_ids=[order.pk], kind=ExchangeKind.EXPORT_PURCHASE
        ).get(order.pk)
        if stored is not None and stored[0] == order.reference:
            return messages.thaw(stored[1])
    connection, now = conversation.connection, clock.now()
    lines = purchase_queries.list_lines_to_send([order.pk])[order.pk]
    skus = mappings.get_channel_skus(connection.channel_id, [line.variant_id for line in lines])
    unmapped = {line.variant_id: line.sku for line in lines if line.variant_id not in skus}
    taken = mappings.find_taken(connection.channel_id, unmapped)
    troubles = [
        f"{sku} is the channel SKU of {taken[variant_id]} at {connection.name}. Map {sku} in the SKU Mappings."
        for variant_id, sku in unmapped.items()
        if variant_id in taken
    ]
    if troubles:
        remember.hold_for_mapping(order, " ".join(troubles), connection, now=now)
        log.report(failed=1, lines=[("warning", f"{order.reference}: {' '.join(troubles)}")])
        return None
    remember.let_go_of_mapping(order, now=now)
    purchases.save_sent_skus({line.line_id: _sent(skus.get(line.variant_id, ""), line.sku) for line in lines})
    if skus:
        mapping_operations.note_skus_used(connection.channel_id, variant_ids=set(skus), now=now)
    return messages.make_message(order, lines, skus=skus)


def _sent(channel_sku: str, own: str) -> str:
    return "" if channel_sku == own else channel_sku
