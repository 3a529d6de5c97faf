"""What a person decides where the machine may not: send again, accept what is there, dismiss."""

from datetime import datetime, timedelta

from django.db import transaction

from dockline.connectors.contract.capabilities import Capability
from dockline.domain.accounts import queries as accounts
from dockline.domain.channels import queries as channels
from dockline.domain.dispatches.rules import (
    NEEDS_PERSON,
    AcceptAsIs,
    DispatchState,
    LookAgain,
    Restored,
    SendAgain,
    decide,
    make_reference,
)
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.guard import queries as guard_queries
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.inventory import operations as inventory
from dockline.domain.issues import operations as issues
from dockline.domain.orders import queries as orders
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import Shipment
from dockline.domain.shipments.rules import ShipmentStatus
from dockline.domain.sweeps import operations as sweeps
from dockline.flows import job_names
from dockline.gateway import directory
from dockline.kit.errors import NotFound, NotNow
from dockline.kit.queue import port as queue

CAN_GO_AGAIN = (DispatchState.NEEDS_FIX, DispatchState.HELD)
CAN_BE_ACCEPTED = (DispatchState.DIFFERS, DispatchState.HELD)


@transaction.atomic
def send_again(*, shipment_id: int, actor: str, now: datetime) -> None:
    """Send a refused or held shipment as a new generation, under a new reference, in a person's name.

    Raises NotFound; NotNow for a shipment that is neither refused nor held.
    """
    shipment = _lock(shipment_id)
    if shipment.dispatch not in CAN_GO_AGAIN or shipment.status not in (ShipmentStatus.READY, ShipmentStatus.REJECTED):
        raise NotNow(
            f"Shipment {shipment.reference} is {DispatchState(shipment.dispatch).label}; it is not sent again."
        )
    context = shipment_queries.get_contexts([shipment_id])[shipment_id]
    if shipments.lock_wishes([shipment_id]):
        raise NotNow(f"Shipment {shipment.reference} is being cancelled; it is not sent again.")
    if orders.list_held([shipment.order_id]):
        raise NotNow(f"Order {context.order_number} is on hold; take it off hold first.")
    old = shipment.reference
    connection = channels.get_connection(shipment.channel_id)
    shipment.generation += 1
    shipment.reference = make_reference(
        order_number=context.order_number,
        marker=accounts.get_marker(),
        shipment_id=shipment_id,
        generation=shipment.generation,
        longest=directory.get_connector(connection.connector).limits.reference_length,
    )
    again = SendAgain(look_first=_look_first(shipment, settle_seconds=connection.settle_seconds))
    shipments.apply_dispatch(shipment, decide(shipments.dispatch_of(shipment), again, now), now=now)
    shipment.status = ShipmentStatus.READY
    inventory.mark_unknown_there([shipment_id])
    shipments.save_shipments([shipment])
    sentence = f"Shipment {old} is sent again as {shipment.reference}."
    _finish(shipment, context.account_id, context.order_id, "sent_again", sentence, actor=actor, now=now)
    if directory.get_connector(connection.connector).capabilities & {Capability.EXPORT_PRODUCTS}:
        queue.wake(job_names.EXPORT_PRODUCTS, shipment.channel_id)
    is_looked_for = shipment.dispatch == DispatchState.SETTLING
    queue.wake(job_names.SETTLE if is_looked_for else job_names.EXPORT_SHIPMENTS, shipment.channel_id)


@transaction.atomic
def accept_as_is(*, shipment_id: int, actor: str, now: datetime) -> None:
    """Take what the warehouse has as right, though it is not what was meant. Raises NotFound, NotNow."""
    shipment = _lock(shipment_id)
    if shipment.dispatch not in CAN_BE_ACCEPTED:
        raise NotNow(f"Shipment {shipment.reference} is {DispatchState(shipment.dispatch).label}; nothing to accept.")
    if not exchange_queries.get_links(shipment.channel_id, kind="shipment", subject_ids=[shipment_id]):
        raise NotNow(f"Nothing is known to be there under {shipment.reference}; send it again instead.")
    context = shipment_queries.get_contexts([shipment_id])[shipment_id]
    shipments.apply_dispatch(shipment, decide(shipments.dispatch_of(shipment), AcceptAsIs(), now), now=now)
    shipments.save_shipments([shipment])
    sentence = f"What the warehouse has under {shipment.reference} was accepted."
    _finish(shipment, context.account_id, context.order_id, "accepted", sentence, actor=actor, now=now)


@transaction.atomic
def look_there(*, shipment_id: int, actor: str, now: datetime) -> None:
    """Look for a shipment at the warehouse again, after something was put right there, and act on what is found.

    One order of our content confirms it; none at all sends it again. Raises NotFound, NotNow.
    """
    shipment = _lock(shipment_id)
    if shipment.dispatch not in (*NEEDS_PERSON, DispatchState.READY):
        raise NotNow(f"Shipment {shipment.reference} is {DispatchState(shipment.dispatch).label}; nothing to look for.")
    if exchange_queries.find_sent_elsewhere(shipment.channel_id, subject_ids=[shipment_id]):
        raise NotNow(
            f"Shipment {shipment.reference} was sent to the account the channel spoke to before: that the present one "
            "does not have it proves nothing. Ask the former warehouse, and send it again only if it has not got it."
        )
    context = shipment_queries.get_contexts([shipment_id])[shipment_id]
    settle = timedelta(seconds=channels.get_connection(shipment.channel_id).settle_seconds)
    # One that is still to be sent, and is there all the same, was sent before the database was set back.
    look = Restored(settle) if shipment.dispatch == DispatchState.READY else LookAgain(settle)
    shipments.apply_dispatch(shipment, decide(shipments.dispatch_of(shipment), look, now), now=now)
    shipments.save_shipments([shipment])
    sentence = f"Looking for {shipment.reference} at the warehouse again."
    _finish(shipment, context.account_id, context.order_id, "looked_again", sentence, actor=actor, now=now)
    queue.wake(job_names.SETTLE, shipment.channel_id)


@transaction.atomic
def dismiss_issue(*, issue_id: int, actor: str, now: datetime) -> None:
    """Close an issue without repairing anything; it opens again when its cause is seen again. Raises NotFound."""
    if not issues.resolve_issue(issue_id=issue_id, now=now, by=actor):
        raise NotFound("This issue is not open any more.")


@transaction.atomic
def dismiss_finding(*, finding_id: int, actor: str, now: datetime) -> None:
    """Close a difference that a sweep found as right; it opens again when it is found again. Raises NotFound."""
    if not sweeps.resolve_findings([finding_id], by=actor, now=now):
        raise NotFound("This difference is not open any more.")


def _look_first(shipment: Shipment, *, settle_seconds: int) -> timedelta | None:
    """A shipment that went through a stop may have been sent again before, and that been forgotten."""
    lifted = guard_queries.find_last_lifted()
    is_older = lifted is not None and shipment.created_at < lifted.noticed_at
    return timedelta(seconds=settle_seconds) if is_older or guard_queries.find_stop() else None


def _lock(shipment_id: int) -> Shipment:
    shipment = shipments.lock_shipments([shipment_id]).get(shipment_id)
    if shipment is None:
        raise NotFound(f"There is no shipment {shipment_id}.")
    return shipment


def _finish(
    shipment: Shipment, account_id: int, order_id: int, kind: str, sentence: str, *, actor: str, now: datetime
) -> None:
    issues.resolve_issues(subject_kind="shipment", subject_ids=[shipment.id], now=now, by=actor)
    fact = Fact(account_id, kind, "order", order_id, sentence, {"shipment_id": shipment.id})
    history.remember([fact], actor=actor, now=now)
