"""A person lets sending go on after a stop: what may have been sent and forgotten is looked for before anything goes.

Reads sweeps and channels. Writes the guard, shipments, issues and history. Wakes settle.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from dockline.connectors.contract.capabilities import Capability
from dockline.domain.accounts import queries as account_queries
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import ChannelRow
from dockline.domain.channels.rules import ChannelState
from dockline.domain.guard import operations as guard
from dockline.domain.guard import queries as guard_queries
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.purchases import operations as purchases
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments import operations as shipments
from dockline.domain.sweeps import queries as sweeps
from dockline.flows import guard as guard_flow
from dockline.flows import job_names, sync
from dockline.flows.changes import remember_deed
from dockline.flows.inbound import recognise as inbound
from dockline.flows.outbound import recognise
from dockline.gateway import directory
from dockline.kit.errors import NotNow
from dockline.kit.queue import port as queue

AT_A_TIME = 500
IDS_TO_SPARE = 1000
"""So many shipments may have been forgotten that no warehouse shows: the ids of new ones begin behind them."""


@dataclass(frozen=True)
class Compared:
    """A channel that must be compared with our books before sending may go on, and when that was done."""

    channel: ChannelRow
    swept_at: datetime | None


def list_to_compare(*, since: datetime) -> list[Compared]:
    """List the active channels that can show all they have, with their last complete wide sweep since a moment."""
    able = directory.list_keys_with(Capability.LIST_SHIPMENTS)
    rows = [
        row
        for row in channels.list_channels(account_id=None, limit=10_000)
        if row.connector in able and row.state == ChannelState.ACTIVE
    ]
    done = sweeps.get_last_complete([row.id for row in rows], is_wide=True)
    return [Compared(row, at if (at := done.get(row.id)) is not None and at >= since else None) for row in rows]


def ask_sweeps(*, actor: str, now: datetime) -> int:
    """Have every active channel that can show all it has compared soon. Returns how many are."""
    wanted = list_to_compare(since=now)
    for one in wanted:
        sync.ask_sync(channel_id=one.channel.id, kind=RunKind.SWEEP, actor=actor, now=now)
    return len(wanted)


@transaction.atomic
def lift_stop(*, actor: str, now: datetime) -> int:
    """Let sending go on, and return how many shipments are looked for first.

    Raises NotNow without a stop, and until every active channel that can be was compared after it began.
    """
    guard.lock()
    stop = guard_queries.find_stop()
    if stop is None:
        raise NotNow("Sending is not stopped.")
    missing = [one.channel.name for one in list_to_compare(since=stop.noticed_at) if one.swept_at is None]
    if missing:
        raise NotNow(
            f"Not compared yet since sending was stopped: {', '.join(missing)}. Compare first, then let go on."
        )
    shipments.skip_ids(past=sweeps.get_highest_id() + IDS_TO_SPARE)
    purchases.skip_ids(some=IDS_TO_SPARE)
    looked_for = sum(_look_first(channel_id, settle, now=now) for channel_id, settle in _settle_windows())
    server, started = guard_queries.read_server()
    guard.vouch(server, started=started)
    guard.lift(by=actor, now=now)
    issues.resolve_issues(
        subject_kind="account",
        subject_ids=[account.id for account in account_queries.list_accounts(limit=10_000)],
        now=now,
        by=actor,
        causes=[causes.SENDING_STOPPED],
    )
    what = "1 shipment or purchase order is" if looked_for == 1 else f"{looked_for} shipments and purchase orders are"
    sentence = f"Sending goes on; {what} looked for at the warehouse first."
    remember_deed(guard_flow.SUBJECT, "sending.lifted", sentence, actor=actor, now=now)
    return looked_for


def _settle_windows() -> list[tuple[int, timedelta]]:
    return [(channel_id, timedelta(seconds=seconds)) for channel_id, seconds in channels.list_settle_seconds()]


def _look_first(channel_id: int, settle: timedelta, *, now: datetime) -> int:
    """Whatever its books say of a shipment that is not confirmed: it may have been sent, and that been forgotten."""
    count, after = 0, 0
    while locked := shipments.look_first(channel_id, settle=settle, now=now, most=AT_A_TIME, after_id=after):
        recognise.take_over(locked, channel_id=channel_id, now=now)
        shipments.save_shipments(locked)
        count, after = count + len(locked), locked[-1].id
    count += _look_for_purchases(channel_id, settle, now=now)
    if count:
        queue.wake(job_names.SETTLE, channel_id)
    return count


def _look_for_purchases(channel_id: int, settle: timedelta, *, now: datetime) -> int:
    count, after = 0, 0
    while locked := purchases.look_first(channel_id, settle=settle, now=now, most=AT_A_TIME, after_id=after):
        inbound.take_over(locked, channel_id=channel_id, now=now)
        purchases.save_purchases(locked)
        count, after = count + len(locked), locked[-1].pk
    return count
