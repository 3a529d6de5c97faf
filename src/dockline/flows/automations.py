"""The recurring jobs of channels: which there are, how often each runs, and what an account wants by default.

A schedule is a row. What holds for a channel is its own period, else its account's, else what the connector begins
with; in Webhook mode what is not its own is slowed down to a safety net. The period that holds is kept in the row, so
the clock reads no other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from dockline.connectors.contract.spec import Rhythm
from dockline.domain.accounts.rules import AccountId
from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries as channel_queries
from dockline.domain.channels.queries import Connection, ScheduleRow
from dockline.domain.channels.rules import AutomationMode, ChannelState, is_this_machine
from dockline.domain.runs.rules import RunKind
from dockline.flows import direction, job_names
from dockline.flows.changes import Change, Subject, remember_changes
from dockline.gateway import directory, runtime
from dockline.kit.errors import Conflict, Invalid, NotNow

KINDS = (
    RunKind.IMPORT_PRODUCTS,
    RunKind.EXPORT_PRODUCTS,
    RunKind.RECEIVE_INVENTORY,
    RunKind.RECEIVE_SHIPMENTS,
    RunKind.RECEIVE_RECEIPTS,
    RunKind.SWEEP,
)
"""The jobs that may recur, in the order they are shown. What waits to be sent leaves by itself at once."""

LOOK_AGAIN_AFTER = timedelta(minutes=2)
"""When what broke off in Webhook mode is done again: the safety net would be too late."""


@dataclass(frozen=True)
class Automation:
    """One recurring job of one channel. `refusal` says why it cannot run now.

    `own_seconds` is None where the account decides, which then wants it every `account_seconds`.
    """

    channel_id: int
    channel_name: str
    rests: bool
    kind: RunKind
    every_seconds: int
    own_seconds: int | None
    account_seconds: int
    periods_seconds: tuple[int, ...]
    reach: str
    refusal: str
    row: ScheduleRow | None

    @property
    def is_special(self) -> bool:
        """Its own period is none of those that are offered."""
        return self.own_seconds not in (None, 0, *self.periods_seconds)


def begin(channel_id: int, *, now: datetime) -> None:
    """Give a new channel its schedules. Needs a transaction."""
    hold_periods(channel_id, now=now)


def hold_periods(channel_id: int, *, now: datetime) -> None:
    """Let the periods hold that its mode and the Master Product Source want. Needs a transaction."""
    connection = channel_queries.get_connection(channel_id)
    held = channel_queries.get_schedules([channel_id])
    defaults = connection.job_defaults
    for kind, rhythm in _rhythms(connection).items():
        job = job_names.OF_RUN_KIND[kind]
        row = held.get((channel_id, job))
        own = row.own_seconds if row else None
        seconds = _period(connection, kind, rhythm, own=own, defaults=defaults)
        channels.set_schedule(channel_id, job=job, every_seconds=seconds, own=own, now=now)


def look_again(connection: Connection, kind: RunKind, *, now: datetime) -> None:
    """Have a job that broke off, or only planned, done again soon, where it would otherwise wait for the safety net."""
    if connection.automation_mode == AutomationMode.WEBHOOK:
        channels.bring_forward(connection.channel_id, job=job_names.OF_RUN_KIND[kind], to=now + LOOK_AGAIN_AFTER)


def list_automations(connections: Mapping[int, Connection]) -> list[Automation]:
    """Return every recurring job of these channels."""
    listed: list[Automation] = []
    schedules = channel_queries.get_schedules(connections)
    for channel_id, connection in connections.items():
        settings = runtime.read_settings(connection)
        for kind, rhythm in _rhythms(connection).items():
            job = job_names.OF_RUN_KIND[kind]
            row = schedules.get((channel_id, job))
            listed.append(
                Automation(
                    channel_id=channel_id,
                    channel_name=connection.name,
                    rests=connection.state != ChannelState.ACTIVE,
                    kind=kind,
                    every_seconds=row.every_seconds if row else 0,
                    own_seconds=row.own_seconds if row else None,
                    account_seconds=_followed(connection, kind, rhythm, defaults=connection.job_defaults),
                    periods_seconds=rhythm.periods_seconds,
                    reach=rhythm.reach(settings) if settings else "",
                    refusal=direction.explain_refusal(connection, kind),
                    row=row,
                )
            )
    return listed


@transaction.atomic
def set_periods(
    channel_id: int,
    wanted: Mapping[RunKind, int | None],
    *,
    was: Mapping[RunKind, int | None],
    actor: str,
    now: datetime,
) -> None:
    """Set several jobs of a channel at once, or none of them. Raises as `set_period` does.

    `was` is what the person saw; Conflict names what somebody else has changed since of what is to be changed.
    """
    channels.lock_channel(channel_id)
    held = channel_queries.get_schedules([channel_id])
    for kind, own_seconds in wanted.items():
        row = held.get((channel_id, job_names.OF_RUN_KIND[kind]))
        now_held = row.own_seconds if row else None
        if kind in was and own_seconds == was[kind]:
            continue
        if kind in was and now_held != was[kind]:
            raise Conflict(
                f"{kind.label}: somebody else has set it meanwhile: {_words(now_held)}. Nothing was saved; look again.",
                field="every",
            )
        set_period(channel_id, kind=kind, own_seconds=own_seconds, actor=actor, now=now)


@transaction.atomic
def set_account_periods(account_id: int, wanted: Mapping[RunKind, int], *, actor: str, now: datetime) -> None:
    """Set several of an account's defaults at once, or none of them. Raises Invalid."""
    for kind, seconds in wanted.items():
        set_account_period(account_id, kind=kind, seconds=seconds, actor=actor, now=now)


def list_account_periods(account_id: int) -> list[tuple[RunKind, tuple[int, ...], int | None]]:
    """Return every job with the periods to choose from and the account's default, None where it has none."""
    held = channel_queries.get_job_defaults(AccountId(account_id))
    return [(kind, list_periods(kind), held.get(job_names.OF_RUN_KIND[kind])) for kind in KINDS]


@transaction.atomic
def set_period(channel_id: int, *, kind: RunKind, own_seconds: int | None, actor: str, now: datetime) -> None:
    """Set how often a job of a channel runs: its own period, 0 for off, or None to follow the account.

    Raises NotFound, Invalid for a period the connector does not offer, NotNow where the Master Product Source forbids
    it.
    """
    connection = channel_queries.get_connection(channel_id)
    rhythm = _rhythm(connection, kind)
    # A warehouse system on this machine is a simulator: it may be asked as often as one likes.
    is_far = not is_this_machine(str(connection.plain.get("api_url", "")))
    if is_far and own_seconds not in (None, 0, *rhythm.periods_seconds):
        offered = ", ".join(str(seconds) for seconds in rhythm.periods_seconds)
        raise Invalid(f"{kind.label} may run every {offered} seconds, or 0 for never.", field="every")
    job = job_names.OF_RUN_KIND[kind]
    refusal = direction.explain_refusal(connection, kind)
    if refusal and own_seconds:
        raise NotNow(refusal, field="every")
    defaults = connection.job_defaults
    seconds = _period(connection, kind, rhythm, own=own_seconds, defaults=defaults)
    before = channel_queries.get_schedules([channel_id]).get((channel_id, job))
    if before is not None and before.own_seconds == own_seconds:
        return
    channels.set_schedule(channel_id, job=job, every_seconds=seconds, own=own_seconds, now=now)
    was = _words(before.own_seconds if before else None)
    remember_changes(
        Subject("channel", channel_id, connection.account_id),
        [Change(f"every:{kind}", kind.label, was, _words(own_seconds))],
        actor=actor,
        now=now,
    )


@transaction.atomic
def set_account_period(account_id: int, *, kind: RunKind, seconds: int, actor: str, now: datetime) -> None:
    """Set how often a job runs on the account's channels that do not say otherwise; 0 is off. Raises Invalid."""
    if kind not in KINDS:
        raise Invalid(f"{kind.label} does not recur.", field="kind")
    offered = list_periods(kind)
    if seconds not in (0, *offered):
        raise Invalid(f"{kind.label} may run every {', '.join(map(str, offered))} seconds, or 0.", field="every")
    job = job_names.OF_RUN_KIND[kind]
    before = channel_queries.get_job_defaults(AccountId(account_id)).get(job)
    if before == seconds:
        return
    channels.set_job_default(account_id, job=job, every_seconds=seconds)
    for row in channel_queries.list_channels(account_id=AccountId(account_id)):
        connection = channel_queries.get_connection(row.id)
        held = channel_queries.get_schedules([row.id]).get((row.id, job))
        if held is None or held.own_seconds is not None or direction.explain_refusal(connection, kind):
            continue
        follows = _period(connection, kind, _rhythm(connection, kind), own=None, defaults={job: seconds})
        channels.set_schedule(row.id, job=job, every_seconds=follows, own=None, now=now)
    was = "the connector's own" if before is None else _words(before)
    remember_changes(
        Subject("account", account_id, account_id),
        [Change(f"every:{kind}", f"{kind.label} by default", was, _words(seconds))],
        actor=actor,
        now=now,
    )


def list_periods(kind: RunKind) -> tuple[int, ...]:
    """Every period that some connector offers for a job."""
    offered: set[int] = set()
    for spec in directory.list_connectors().values():
        rhythm = spec.rhythms.get(job_names.NEEDS_OF_RUN_KIND[kind])
        offered.update(rhythm.periods_seconds if rhythm else ())
    return tuple(sorted(offered))


def _period(
    connection: Connection, kind: RunKind, rhythm: Rhythm, *, own: int | None, defaults: Mapping[str, int]
) -> int:
    if direction.explain_refusal(connection, kind):
        return 0
    return _followed(connection, kind, rhythm, defaults=defaults) if own is None else own


def _followed(connection: Connection, kind: RunKind, rhythm: Rhythm, *, defaults: Mapping[str, int]) -> int:
    """How often a job runs that has no period of its own."""
    seconds = defaults.get(job_names.OF_RUN_KIND[kind], rhythm.default_seconds)
    if seconds not in (0, *rhythm.periods_seconds):
        # A period its connector does not offer is not forced on a channel: it keeps the connector's own.
        seconds = rhythm.default_seconds
    if seconds and connection.automation_mode == AutomationMode.WEBHOOK:
        return max(seconds, rhythm.safety_seconds)
    return seconds


def _rhythms(connection: Connection) -> dict[RunKind, Rhythm]:
    offered = directory.get_connector(connection.connector).rhythms
    return {
        kind: offered[job_names.NEEDS_OF_RUN_KIND[kind]]
        for kind in KINDS
        if job_names.NEEDS_OF_RUN_KIND[kind] in offered
    }


def _rhythm(connection: Connection, kind: RunKind) -> Rhythm:
    rhythm = _rhythms(connection).get(kind)
    if rhythm is None:
        raise Invalid(f"{kind.label} does not recur on {connection.name}.", field="kind")
    return rhythm


def _words(seconds: int | None) -> str:
    if seconds is None:
        return "as the account has it"
    return f"every {seconds} s" if seconds else "off"
