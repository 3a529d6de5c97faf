"""The sweeper: what is due is woken, what stands still too long moves again. Running it twice is harmless."""

from datetime import datetime, timedelta

from dockline.connectors.contract.capabilities import Capability
from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries as channel_queries
from dockline.domain.dispatches.rules import DispatchState
from dockline.domain.orders import queries as orders
from dockline.domain.purchases import queries as purchases
from dockline.domain.runs import operations as runs
from dockline.domain.runs import queries as run_queries
from dockline.domain.shipments import queries as shipments
from dockline.domain.tables import operations as tables
from dockline.domain.webhooks import operations as webhooks
from dockline.flows import channel_life, guard, job_names, progress
from dockline.flows.outbound import cancel, on_hold
from dockline.gateway import directory
from dockline.kit import clock
from dockline.kit.failpoints import Failpoint, committing, passing
from dockline.kit.queue import port as queue

SCHEDULES_AT_A_TIME = 100
SILENCE_BEFORE_FAILED = timedelta(minutes=3)
JOB_OF_STATE = {
    DispatchState.READY: job_names.EXPORT_SHIPMENTS,
    DispatchState.SENDING: job_names.SETTLE,
    DispatchState.SETTLING: job_names.SETTLE,
}

JOB_OF_PURCHASE_STATE = {**JOB_OF_STATE, DispatchState.READY: job_names.EXPORT_PURCHASES}


def tend() -> None:
    """Wake what is due: recurring jobs, dispatches, orders. Ends runs of dead processes; forgets what is deleted."""
    now = clock.now()
    may_send = guard.ask_permission() is not None
    _wake_schedules(now)
    _wake_dispatches(now, may_send=may_send)
    if may_send:
        _wake_wishes(now)
    cancel.cancel_overdue(now=now)
    on_hold.end_holds(now=now)
    _wake_orders(now)
    _wake_asked(now)
    channel_life.purge_deleted(now=now)
    webhooks.forget_old_hints(now=now)
    tables.forget_old_tables(now=now)
    runs.fail_silent_runs(before=now - SILENCE_BEFORE_FAILED, now=now)
    passing(Failpoint.TENDED)


@committing(Failpoint.SCHEDULES_WOKEN)
def _wake_schedules(now: datetime) -> None:
    due = channels.claim_due_schedules(now=now, most=SCHEDULES_AT_A_TIME)
    _wake_all({(job, channel_id) for channel_id, job in due})


@committing(Failpoint.DISPATCHES_WOKEN)
def _wake_dispatches(now: datetime, *, may_send: bool) -> None:
    due = shipments.list_channels_with_due_dispatches(now=now)
    due_purchases = purchases.list_channels_with_due(now=now)
    lacking: set[int] = set()
    exporters = directory.list_keys_with(Capability.EXPORT_PRODUCTS) if may_send else ()
    if exporters and any(state == DispatchState.READY for _, state in due):
        lacking.update(shipments.list_channels_missing_products(connectors=exporters, now=now))
    if exporters and any(state == DispatchState.READY for _, state in due_purchases):
        lacking.update(purchases.list_channels_missing_products(connectors=exporters, now=now))
    masters = channel_queries.list_product_masters() if lacking else frozenset()
    _wake_all(
        {
            (jobs[DispatchState(state)], channel_id)
            for jobs, found in ((JOB_OF_STATE, due), (JOB_OF_PURCHASE_STATE, due_purchases))
            for channel_id, state in found
            if may_send or state != DispatchState.READY
        }
        | {
            (job_names.IMPORT_PRODUCTS if channel_id in masters else job_names.EXPORT_PRODUCTS, channel_id)
            for channel_id in lacking
        }
    )


@committing(Failpoint.WISHES_WOKEN)
def _wake_wishes(now: datetime) -> None:
    due = shipments.list_channels_with_due_wishes(now=now)
    _wake_all({(job_names.CANCEL_SHIPMENTS, channel_id) for channel_id in due})


@committing(Failpoint.ORDERS_WOKEN)
def _wake_orders(now: datetime) -> None:
    _wake_all({(job_names.ADVANCE, account_id) for account_id in orders.list_accounts_with_due_orders(now=now)})


@committing(Failpoint.ASKED_WOKEN)
def _wake_asked(now: datetime) -> None:
    # A run that was asked for while its channel rested begins when the channel may work again.
    for channel_id, kind in sorted(run_queries.list_waiting(now=now)):
        progress.wake_asked(channel_id, kind)


def _wake_all(wanted: set[tuple[str, int]]) -> None:
    # In the order in which every flow wakes several, by name and subject, so that none waits for another in a circle.
    for name, subject_id in sorted(wanted):
        queue.wake(name, subject_id)
