"""A person asks for a synchronisation, for its plan first, for it to be done again, or for one to stop."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.channels.rules import ChannelState
from dockline.domain.runs import operations as runs
from dockline.domain.runs import queries as run_queries
from dockline.domain.runs.rules import RunKind, RunMode, RunState
from dockline.flows import connection, direction, job_names, progress
from dockline.kit.errors import Invalid, NotNow
from dockline.kit.queue import port as queue


@dataclass(frozen=True)
class SyncOffer:
    """One action of the Sync menu; `refusal` says why it cannot be asked for now."""

    kind: RunKind
    refusal: str


def list_syncs(known: Connection) -> list[SyncOffer]:
    """Return every action of the Sync menu of a channel, those that are refused with the reason. Raises NotFound."""
    return [SyncOffer(kind, _refusal(known, kind)) for kind in job_names.NEEDS_OF_RUN_KIND]


@transaction.atomic
def ask_sync(*, channel_id: int, kind: RunKind, actor: str, now: datetime, mode: RunMode = RunMode.APPLY) -> int:
    """Have a worker synchronise a channel soon, or say what that would change. Returns the run to watch.

    Asking again while one waits returns that one. Raises NotNow when the channel rests, its connector cannot, the
    Master Product Source has it the other way round, or what waits is to follow a plan.
    """
    return _ask(channel_id, kind=kind, actor=actor, now=now, mode=mode, follows_id=None)


@transaction.atomic
def ask_backfill(
    *, channel_id: int, days: int, actor: str, now: datetime, mode: RunMode = RunMode.PLAN, most: int = 3650
) -> int:
    """Have a worker say which lots and serials of the last days are not known here, or keep them at once.

    Returns the run to watch. Raises Invalid, and NotNow as `ask_sync` does or where no lots are taken.
    """
    if not 1 <= days <= most:
        raise Invalid(f"Give a number of days from 1 to {most:,}.", field="days")
    since = now - timedelta(days=days)
    kind = RunKind.BACKFILL_LOTS
    return _ask(channel_id, kind=kind, actor=actor, now=now, mode=mode, follows_id=None, reads_since=since)


@transaction.atomic
def ask_trial(*, channel_id: int, kind: RunKind, actor: str, now: datetime) -> int:
    """Have a worker say what would travel if the Master Product Source were another one. Returns the run to watch.

    Raises NotNow as `ask_sync` does, but for the way products travel now: a plan changes nothing.
    """
    return _ask(channel_id, kind=kind, actor=actor, now=now, mode=RunMode.PLAN, follows_id=None, whichever_way=True)


@transaction.atomic
def apply_plan(*, run_id: int, actor: str, now: datetime) -> int:
    """Have a worker do exactly what a plan says. Returns the run to watch, which fails when the plan is stale.

    Raises NotNow when the run made no plan, or another one waits that does not follow it.
    """
    plan = run_queries.get_run(run_id)
    if not plan.is_plan or plan.state != RunState.FINISHED or plan.channel_id is None:
        raise NotNow("There is no finished plan here.")
    return _ask(
        plan.channel_id,
        kind=RunKind(plan.kind),
        actor=actor,
        now=now,
        mode=RunMode.APPLY,
        follows_id=plan.id,
        reads_since=plan.reads_since,
    )


@transaction.atomic
def ask_again(*, run_id: int, actor: str, now: datetime) -> int:
    """Do what a run did once more, in the same mode. Returns the run to watch. Raises NotNow."""
    former = run_queries.get_run(run_id)
    if former.channel_id is None or RunKind(former.kind) not in job_names.NEEDS_OF_RUN_KIND:
        raise NotNow(f"{former.label} cannot be run again from here.")
    return _ask(former.channel_id, kind=RunKind(former.kind), actor=actor, now=now, mode=former.mode, follows_id=None)


@transaction.atomic
def ask_stop(*, run_id: int, actor: str, now: datetime) -> None:
    """Have a run stop at its next step. Raises NotNow when it is over."""
    if not runs.ask_run_to_stop(run_id, now=now):
        raise NotNow("This run is over already.")
    runs.write_lines(run_id, [("warning", f"{actor} asked it to stop.")], now=now)


def _ask(
    channel_id: int,
    *,
    kind: RunKind,
    actor: str,
    now: datetime,
    mode: RunMode,
    follows_id: int | None,
    reads_since: datetime | None = None,
    whichever_way: bool = False,
) -> int:
    known = channels.get_connection(channel_id)
    if known.state != ChannelState.ACTIVE:
        raise NotNow(f"{known.name} is {ChannelState(known.state).label.lower()}; resume it first.")
    if refusal := _refusal(known, kind, whichever_way=whichever_way):
        raise NotNow(refusal)
    run_id = runs.ask_run(
        account_id=known.account_id,
        channel_id=channel_id,
        kind=kind,
        cause=actor,
        mode=mode,
        follows_id=follows_id,
        reads_since=reads_since,
        now=now,
    )
    if run_queries.get_run(run_id).follows_id != follows_id:
        raise NotNow(f"{kind.label} waits already, but not for this plan. Let it end, or stop it, and ask again.")
    progress.wake_asked(channel_id, kind)
    if kind == RunKind.EXPORT_SHIPMENTS and mode == RunMode.APPLY and follows_id is None:
        # What waits may be a purchase order, too.
        queue.wake(job_names.EXPORT_PURCHASES, channel_id)
    return run_id


def _refusal(known: Connection, kind: RunKind, *, whichever_way: bool = False) -> str:
    if kind == RunKind.BACKFILL_LOTS:
        return direction.explain_no_lots(known)
    if kind not in connection.list_sync_kinds(known.connector):
        return f"{known.name} cannot do this: {kind.label}."
    return "" if whichever_way else direction.explain_refusal(known, kind)
