"""Give a shipment the reference of an order that is there already, where the database has forgotten that it was sent.

Reads the open findings of sweeps. Writes shipments and findings, and wakes settle. After a restore an order comes in
once more: its new shipment would have a new reference, under which nobody would ever find the parcel that is packed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dockline.domain.accounts import queries as accounts
from dockline.domain.channels import queries as channels
from dockline.domain.dispatches.rules import read_reference
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import Shipment
from dockline.domain.sweeps import operations as sweeps
from dockline.domain.sweeps import queries as sweep_queries
from dockline.domain.sweeps.rules import choose_references
from dockline.flows import job_names
from dockline.kit.queue import port as queue


def look_for_forgotten(shipment_ids: Sequence[int], *, channel_id: int, now: datetime) -> None:
    """Have new shipments looked for under what their orders are called there already. Needs a transaction."""
    unknown = sweep_queries.list_unknown_references(channel_id)
    if not unknown:
        return
    numbers = {row.shipment_id: row.order_number for row in shipment_queries.get_contexts(shipment_ids).values()}
    known = list(choose_references(numbers, unknown, marker=accounts.get_marker()))
    if not known:
        return
    settle = timedelta(seconds=channels.get_connection(channel_id).settle_seconds)
    locked = shipments.look_first(channel_id, settle=settle, now=now, most=len(known), among=known)
    take_over(locked, channel_id=channel_id, now=now)
    shipments.save_shipments(locked)
    queue.wake(job_names.SETTLE, channel_id)


def take_over(locked: Sequence[Shipment], *, channel_id: int, now: datetime) -> None:
    """Give these locked shipments, which are looked for first, the references they have there. The caller stores them.

    One that was sent again has that of its newer generation; one that was never tried may be known under an id that was
    forgotten, by its order's number.
    """
    marker = accounts.get_marker()
    there = sweep_queries.list_references_there([row.id for row in locked])
    for row in locked:
        row.reference, row.generation = _newest(row, marker, there.get(row.id, ()))
    unknown = sweep_queries.list_unknown_references(channel_id)
    fresh = [row.id for row in locked if row.attempts == 0 and row.generation == 1]
    if not unknown or not fresh:
        return
    numbers = {row.shipment_id: row.order_number for row in shipment_queries.get_contexts(fresh).values()}
    chosen = choose_references(numbers, unknown, marker=marker)
    for row in locked:
        row.reference = chosen.get(row.id, row.reference)
    sweeps.resolve_findings([unknown[reference] for reference in chosen.values()], by="its order", now=now)


def _newest(row: Shipment, marker: str, references: Sequence[str]) -> tuple[str, int]:
    known = [(read.generation, one) for one in references if (read := read_reference(one, marker=marker)) is not None]
    generation, reference = max(known, default=(0, ""))
    return (reference, generation) if generation > row.generation else (row.reference, row.generation)
