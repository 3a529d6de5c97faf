"""Give a purchase order the reference of one that is there already, where the database has forgotten that it was sent.

Reads the open findings of sweeps. Writes purchase orders, findings and the position of the receipts: what arrived of it
meanwhile was passed over as a stranger's, and is read again. Wakes settle.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dockline.domain.accounts import queries as accounts
from dockline.domain.channels import queries as channels
from dockline.domain.dispatches.rules import Restored, decide
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases.models import PurchaseOrder
from dockline.domain.sweeps import operations as sweeps
from dockline.domain.sweeps import queries as sweep_queries
from dockline.domain.sweeps.rules import choose_references
from dockline.flows import job_names
from dockline.flows.inbound.receive import FEED
from dockline.kit.queue import port as queue


def look_for_forgotten(order: PurchaseOrder, *, channel_id: int, now: datetime) -> None:
    """Have a new one, ready to be sent, looked for under what it is called there already. The caller stores it."""
    if not take_over([order], channel_id=channel_id, now=now):
        return
    dispatch = purchases.dispatch_of(order)
    assert dispatch is not None, "what is to be sent has a dispatch"
    settle = timedelta(seconds=channels.get_connection(channel_id).settle_seconds)
    purchases.apply_dispatch(order, decide(dispatch, Restored(settle), now), now=now)
    queue.wake(job_names.SETTLE, channel_id)


def take_over(orders: Sequence[PurchaseOrder], *, channel_id: int, now: datetime) -> int:
    """Give those that were never tried the references they have there, by their numbers. Returns how many have one.

    The caller has them looked for first, and stores them.
    """
    unknown = sweep_queries.list_unknown_references(channel_id, is_purchase=True)
    fresh = {row.pk: row.number for row in orders if row.attempts == 0 and row.generation == 1}
    chosen = choose_references(fresh, unknown, marker=accounts.get_marker())
    for row in orders:
        row.reference = chosen.get(row.pk, row.reference)
    if chosen:
        sweeps.resolve_findings([unknown[reference] for reference in chosen.values()], by="its order", now=now)
        exchanges.forget_position(channel_id, feed=FEED)
    return len(chosen)
