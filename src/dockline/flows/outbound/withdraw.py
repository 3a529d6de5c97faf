"""Take shipments out of the way that surely do not go: cancelled with what they carried, or given back to their order.

Locks shipments, then their order. Writes shipments, reservations, order lines, issues and history. Wakes advance.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dockline.domain.dispatches.rules import DispatchState, WishStep
from dockline.domain.guard import queries as guard_queries
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.inventory import operations as inventory
from dockline.domain.issues import operations as issues
from dockline.domain.orders import operations as orders
from dockline.domain.orders import queries as order_queries
from dockline.domain.orders.models import SalesOrder
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import Shipment
from dockline.domain.shipments.queries import ShipmentContext
from dockline.domain.shipments.rules import OPEN_STATUSES, next_wish_step
from dockline.flows import job_names
from dockline.kit.queue import port as queue

TIME_TO_ANSWER = timedelta(hours=24)
"""How long a warehouse is asked before a person is told that it does not answer."""

NOT_SENT = "It had not been sent."


def lock_with_shipments(order_id: int) -> tuple[list[Shipment], SalesOrder]:
    """Lock an order and its open shipments. Needs a transaction. Raises UnknownOrder.

    Shipments before their order, as everybody does who books what a warehouse says; then those cut meanwhile.
    """
    shipments.lock_shipments(shipment_queries.list_open_ids(order_id))
    order = orders.lock_order(order_id)
    return list(shipments.lock_shipments(shipment_queries.list_open_ids(order_id)).values()), order


def part_by_place(locked: Sequence[Shipment]) -> tuple[list[Shipment], list[Shipment]]:
    """Part open shipments into those that are surely still here, and those a warehouse may have."""
    # While sending is stopped nobody knows whether a shipment that looks unsent is.
    is_stopped = guard_queries.find_stop() is not None
    here = [
        row
        for row in locked
        if not is_stopped and next_wish_step(status=row.status, dispatch=row.dispatch) is WishStep.WITHDRAW
    ]
    return here, [row for row in locked if row not in here]


def take_back(gone: Sequence[tuple[Shipment, str]], *, actor: str, now: datetime) -> None:
    """Cancel locked shipments that surely do not go, each for a reason, and let what they held be promised anew."""
    if not gone:
        return
    # What was given back before, and came alive there, is counted with whatever carries it now.
    counted = [shipment.id for shipment, _ in gone if not shipment.is_given_back]
    shipments.close_shipments([shipment for shipment, _ in gone])
    cancelled = shipment_queries.sum_by_order_line(counted)
    orders.add_cancelled_quantities(cancelled)
    contexts = _let_go(gone, "is cancelled", actor=actor, now=now)
    variants = order_queries.list_variants(list(cancelled))
    for account_id in sorted({context.account_id for context in contexts.values()}):
        orders.wake_backorders(account_id, variant_ids=variants, now=now)


def give_back(gone: Sequence[tuple[Shipment, str]], *, actor: str, now: datetime) -> None:
    """Give what locked shipments carried, that surely do not go, back to their order: it is allocated anew."""
    if not gone:
        return
    shipments.close_shipments([shipment for shipment, _ in gone], gives_back=True)
    _let_go(gone, "is taken back", actor=actor, now=now)


def give_back_held(ready: Sequence[Shipment], *, now: datetime) -> None:
    """Give back those of these locked shipments, surely not there, whose order came on hold meanwhile."""
    still = [row for row in ready if row.dispatch == DispatchState.READY and row.status in OPEN_STATUSES]
    held = order_queries.list_held([row.order_id for row in still])
    give_back([(row, "Its order is on hold.") for row in still if row.order_id in held], actor="export", now=now)


def _let_go(
    gone: Sequence[tuple[Shipment, str]], what: str, *, actor: str, now: datetime
) -> dict[int, ShipmentContext]:
    ids = [shipment.id for shipment, _ in gone]
    contexts = shipment_queries.get_contexts(ids)
    inventory.release(ids, now=now)
    issues.resolve_issues(subject_kind="shipment", subject_ids=ids, now=now, by=actor)
    history.remember(
        [
            Fact(
                contexts[shipment.id].account_id,
                "cancelled",
                "order",
                contexts[shipment.id].order_id,
                f"Shipment {shipment.reference} {what}. {reason}",
                {"shipment_id": shipment.id},
            )
            for shipment, reason in gone
        ],
        actor=actor,
        now=now,
    )
    orders.wake_orders({context.order_id for context in contexts.values()}, now=now)
    # What was sent instead may serve others now: these orders want it only while theirs is short.
    alternates = shipment_queries.list_alternates(ids)
    for account_id in sorted({context.account_id for context in contexts.values()}):
        if alternates:
            orders.wake_backorders(account_id, variant_ids=alternates, now=now)
        queue.wake(job_names.ADVANCE, account_id)
    return contexts
