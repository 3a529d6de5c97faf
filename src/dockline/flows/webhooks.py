"""Webhooks in: a call from outside is checked, kept, and taken as a hint to look; and how a channel gets its address.

A call tells us nothing but that looking may be worth while: the receive it wakes reads the truth from the far side. So
lost, doubled, late, reordered, replayed and forged calls change nothing but when that happens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from django.db import transaction

from dockline.connectors.contract.spec import ConnectorSpec, WebhookKind
from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries as channel_queries
from dockline.domain.channels.queries import Connection, ScheduleRow
from dockline.domain.channels.rules import AutomationMode, ChannelState
from dockline.domain.webhooks import operations as webhooks
from dockline.domain.webhooks import queries as webhook_queries
from dockline.domain.webhooks.operations import NewHint
from dockline.domain.webhooks.queries import Door, EndpointRow
from dockline.domain.webhooks.rules import KEPT_CHARACTERS, is_authentic
from dockline.flows import changes, job_names
from dockline.flows.changes import Subject
from dockline.gateway import collect, directory, runtime
from dockline.gateway.collect import ReadCall
from dockline.kit.errors import Invalid, NotFound, NotNow
from dockline.kit.failpoints import Failpoint, committing
from dockline.kit.queue import port as queue

BREATH = timedelta(seconds=5)
"""The least time between two receives that calls ask for: a burst of calls costs the far side few."""

KEY_PLACEHOLDER = "(the key, which we send you separately)"

_BEARER = "bearer "
_JOB_OF = {needed: job_names.OF_RUN_KIND[kind] for kind, needed in job_names.NEEDS_OF_RUN_KIND.items()}


@dataclass(frozen=True)
class Presented:
    """How a caller says who it is. Names of headers are in lower case."""

    headers: Mapping[str, str]
    query: Mapping[str, str]


@dataclass(frozen=True)
class Call:
    """A call as it came, of which nothing is believed."""

    token: str
    kind: str
    presented: Presented
    body: bytes


@dataclass(frozen=True)
class Taken:
    """What became of a call: the job that it woke, or nothing where calls are not heeded; or why it was not let in."""

    woke: str = ""
    problem: NotFound | Invalid | None = None


_Hinted = tuple[int, str]
"""The channel and the job that a call hints at."""


@dataclass(frozen=True)
class _LetIn:
    door: Door
    kind: str
    hinted: _Hinted
    read: ReadCall


@dataclass(frozen=True)
class _Refused:
    """`reason` is for the channel's people, `problem` for who called."""

    reason: str
    problem: NotFound | Invalid


@dataclass(frozen=True)
class Page:
    """A channel's webhooks as people read them. `request` is what to send to the far side's people.

    `refusal` says why the channel cannot be in Webhook mode; empty when it can.
    """

    can_call: bool
    endpoint: EndpointRow | None
    addresses: tuple[tuple[WebhookKind, str], ...]
    is_heeded: bool
    request: str
    refusal: str


def take_calls(calls: Sequence[Call], *, now: datetime) -> list[Taken]:
    """Keep calls and wake what they hint at, all at once, and say what became of each, in their order.

    A call is not found unless address, kind and key are all right, with nothing to tell which was not, and invalid when
    its body cannot be read. Neither leaves anything behind but when it was, nor holds up another call.
    """
    doors = webhook_queries.find_doors({call.token for call in calls})
    seen = [_look_at(call, doors.get(call.token), now=now) for call in calls]
    let_in = [one for one in seen if isinstance(one, _LetIn)]
    woken: dict[_Hinted, str] = {}
    if let_in:
        with committing(Failpoint.CALL_KEPT):
            woken = _heed({one.hinted: one.door for one in let_in}, now=now)
            webhooks.keep_hints([_hint_of(one, woken[one.hinted]) for one in let_in], now=now)
    refused: dict[str, set[str]] = {}
    for call, one in zip(calls, seen, strict=True):
        if isinstance(one, _Refused):
            refused.setdefault(one.reason, set()).add(call.token)
    webhooks.note_refusals(refused, now=now)
    return [Taken(woke=woken[one.hinted]) if isinstance(one, _LetIn) else Taken(problem=one.problem) for one in seen]


@transaction.atomic
def open_endpoint(channel_id: int, *, actor: str, now: datetime) -> str:
    """Give a channel a new address and key, and return the key: it is told this once. The former stop at once.

    Raises NotFound, and NotNow where its connector has no webhooks.
    """
    locked = channels.lock_channel(channel_id)
    connection = channel_queries.get_connection(channel_id)
    if directory.get_connector(connection.connector).webhooks is None:
        raise NotNow(f"“{connection.name}” cannot call us.")
    is_first = not webhook_queries.has_endpoint(channel_id)
    key = webhooks.open_endpoint(channel_id, actor=actor, now=now)
    words = "Address and key for webhooks made." if is_first else "Address and key for webhooks replaced."
    _tell(channel_id, locked["account_id"], words, actor=actor, now=now)
    return key


@transaction.atomic
def replace_key(channel_id: int, *, actor: str, now: datetime) -> str:
    """Give a channel's address a new key, and return it: it is told this once. The former works for two weeks more.

    Raises NotFound, and NotNow where there is no address yet.
    """
    locked = channels.lock_channel(channel_id)
    if not webhook_queries.has_endpoint(channel_id):
        raise NotNow("This channel has no address for webhooks yet.")
    key = webhooks.replace_key(channel_id, actor=actor, now=now)
    _tell(channel_id, locked["account_id"], "Key for webhooks replaced.", actor=actor, now=now)
    return key


def explain_refusal(connection: Connection) -> str:
    """Why a channel cannot be in Webhook mode; empty when it can."""
    return describe(connection, server="").refusal


def describe(connection: Connection, *, server: str, key: str = "") -> Page:
    """Say how a channel's webhooks are, and what to ask for.

    `server` is where this installation is reached from outside, such as https://hub.example.
    """
    spec = directory.list_connectors().get(connection.connector)
    if spec is None or spec.webhooks is None:
        words = f"“{spec.label if spec else connection.connector}” cannot call us."
        return Page(can_call=False, endpoint=None, addresses=(), is_heeded=False, request="", refusal=words)
    endpoint = webhook_queries.find_endpoint(connection.channel_id)
    addresses = () if endpoint is None else _addresses(spec, endpoint, server)
    return Page(
        can_call=True,
        endpoint=endpoint,
        addresses=addresses,
        is_heeded=connection.automation_mode == AutomationMode.WEBHOOK,
        request=_write_request(spec, connection, addresses, key=key or KEY_PLACEHOLDER) if addresses else "",
        refusal="" if endpoint else "Make the address and the key for webhooks first.",
    )


def _look_at(call: Call, door: Door | None, *, now: datetime) -> _LetIn | _Refused:
    spec = directory.list_connectors().get(door.connector) if door else None
    keys = _keys_of(spec, call.presented)
    is_known = is_authentic(
        keys,
        key_digest=door.key_digest if door else "",
        former_digest=door.former_digest if door else "",
        former_until=door.former_until if door else None,
        now=now,
    )
    hinted = _find_kind(spec, call.kind)
    if not (is_known and hinted):
        reason = "There is no such kind of call." if is_known else "The key was missing or wrong."
        return _Refused(reason, NotFound())
    assert door is not None and spec is not None, "a key is right at an address only"
    try:
        read = collect.read_call(spec, call.body, key_parts=tuple(filter(None, keys)))
    except Invalid as problem:
        return _Refused(problem.message, problem)
    return _LetIn(door, call.kind, (door.channel_id, _JOB_OF[hinted.hints_at]), read)


def _hint_of(one: _LetIn, woke: str) -> NewHint:
    return NewHint(
        channel_id=one.door.channel_id,
        kind=one.kind,
        size=one.read.size,
        digest=one.read.digest,
        external_id=one.read.external_id,
        body=one.read.body[:KEPT_CHARACTERS],
        woke=woke,
    )


def _heed(hinted: Mapping[_Hinted, Door], *, now: datetime) -> dict[_Hinted, str]:
    """Wake the jobs that are hinted at, or have them woken after their rest; nothing where calls are not heeded.

    Returns for each the job that was woken, or nothing. In one order, so that no two web servers wait for each other.
    """
    schedules = channel_queries.get_schedules({channel_id for channel_id, _ in hinted})
    return {
        (channel_id, job): _wake(door, job, schedules.get((channel_id, job)), now=now)
        for (channel_id, job), door in sorted(hinted.items(), key=itemgetter(0))
    }


def _wake(door: Door, job: str, schedule: ScheduleRow | None, *, now: datetime) -> str:
    if door.automation_mode != AutomationMode.WEBHOOK or door.state != ChannelState.ACTIVE:
        return ""
    if schedule is None or not schedule.every_seconds:
        return ""
    rested = max(
        (moment for moment in (door.retry_at, schedule.ran_at and schedule.ran_at + BREATH) if moment), default=now
    )
    if rested > now:
        channels.bring_forward(door.channel_id, job=job, to=rested)
    else:
        queue.wake(job, door.channel_id)
    return job


def _keys_of(spec: ConnectorSpec | None, presented: Presented) -> tuple[str, str, str]:
    """What a caller gave as its key, in every way its connector takes: always as many, so that all take as long."""
    declared = spec.webhooks if spec else None
    authorization = presented.headers.get("authorization", "")
    is_bearer = authorization[: len(_BEARER)].lower() == _BEARER
    bearer = authorization[len(_BEARER) :].strip() if is_bearer else ""
    header = presented.headers.get(declared.header.lower(), "") if declared and declared.header else ""
    query = presented.query.get(declared.query, "") if declared and declared.query else ""
    return bearer, header, query


def _find_kind(spec: ConnectorSpec | None, key: str) -> WebhookKind | None:
    kinds = spec.webhooks.kinds if spec and spec.webhooks else ()
    return next((kind for kind in kinds if kind.key == key), None)


def _addresses(spec: ConnectorSpec, endpoint: EndpointRow, server: str) -> tuple[tuple[WebhookKind, str], ...]:
    if spec.webhooks is None or not endpoint.token:
        return ()
    return tuple((kind, f"{server.rstrip('/')}/hooks/{endpoint.token}/{kind.key}") for kind in spec.webhooks.kinds)


def _write_request(
    spec: ConnectorSpec, connection: Connection, addresses: tuple[tuple[WebhookKind, str], ...], *, key: str
) -> str:
    settings = runtime.read_settings(connection)
    asked = spec.webhooks.request(settings) if spec.webhooks and settings else "Please switch on these webhooks."
    lines = [asked, "", "With each call, please send this header:", "", f"    Authorization: Bearer {key}", ""]
    for kind, address in addresses:
        lines += [f"{kind.label}, when {kind.when}:", f"    {address}"]
    return "\n".join(lines)


def _tell(channel_id: int, account_id: int, sentence: str, *, actor: str, now: datetime) -> None:
    subject = Subject("channel", channel_id, account_id)
    changes.remember_deed(subject, "channel.webhooks", sentence, actor=actor, now=now)
