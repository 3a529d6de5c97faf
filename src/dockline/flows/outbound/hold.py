"""Shipments that wait for a mapping: held one by one, named, and let go as soon as it is there.

A held shipment stays ready to be sent and is looked at again from time to time, so a lost wake-up costs minutes.
Reads open issues. Writes shipments and issues. Wakes export.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dockline.domain.channels.queries import Connection
from dockline.domain.issues import operations as issues
from dockline.domain.issues import queries as issue_queries
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import Shipment
from dockline.flows import job_names
from dockline.kit.queue import port as queue

LOOKED_AT_AGAIN_AFTER = timedelta(minutes=30)


def settle_mappings(
    held: Sequence[tuple[Shipment, str]], free_ids: Sequence[int], connection: Connection, *, now: datetime
) -> None:
    """Put off locked shipments that lack a mapping, with the reason; those that lack none have their issue resolved."""
    issues.resolve_issues(
        subject_kind="shipment", subject_ids=free_ids, now=now, by="the mappings", causes=[causes.MAPPING_MISSING]
    )
    if not held:
        return
    for shipment, reason in held:
        shipment.wake_at = now + LOOKED_AT_AGAIN_AFTER
        shipment.reason = reason
    shipments.save_shipments([shipment for shipment, _ in held])
    contexts = shipment_queries.get_contexts([shipment.id for shipment, _ in held])
    issues.open_issues(
        [
            NewIssue(
                account_id=connection.account_id,
                cause=causes.MAPPING_MISSING,
                subject_kind="shipment",
                subject_id=shipment.id,
                subject_label=contexts[shipment.id].order_number,
                title=reason,
                channel_id=connection.channel_id,
            )
            for shipment, reason in held
        ],
        now=now,
    )


def release_held(channel_id: int, *, now: datetime) -> int:
    """Have everything looked at that waits for a mapping of this channel. Returns how many shipments."""
    waiting = issue_queries.list_subject_ids(
        causes.MAPPING_MISSING.code, channel_id=channel_id, subject_kind="shipment"
    )
    if not waiting:
        return 0
    count = shipments.wake_ready(waiting, now=now)
    queue.wake(job_names.EXPORT_SHIPMENTS, channel_id)
    return count
