"""Channels: connected, changed, tested, deleted. Secrets go in and never come out."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import AfterValidator, Field

from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import ChannelRow
from dockline.domain.channels.rules import ChannelState
from dockline.domain.runs.rules import RunKind
from dockline.flows import automations, channel_changes, channel_life, channel_options, connection
from dockline.flows.channel_options import AdvancedOptions, MainOptions
from dockline.flows.connection import Draft
from dockline.interfaces.api.access import account_meant, actor_of, find_channel, scope_of
from dockline.interfaces.api.errors import answers
from dockline.interfaces.api.shapes import In, Line, Out, Page, Paging, cut

router = Router(tags=["Channels"])


class Channel(Out):
    """An account's link to the system behind one warehouse. Of secrets it says only which are stored."""

    id: int
    version: int = Field(description="Send it back with a change, so that nobody's change is overwritten.")
    name: str
    account_id: int
    warehouse_id: int
    connector: str
    state: ChannelState
    state_reason: str
    health: str
    health_reason: str
    settings: dict[str, Any]
    secrets: list[str]
    options: dict[str, Any]
    confirmed: list[str]
    last_test: dict[str, Any]
    succeeded_at: datetime | None
    failed_at: datetime | None
    retry_at: datetime | None


class NewChannel(In):
    """A channel to connect: `settings` as the connector's schema says, `options` as on Main and Advanced."""

    account_id: int | None = Field(default=None, description="May be left out with the key of one account.")
    warehouse_id: int
    connector: Line
    name: str
    settings: dict[str, Any]
    options: dict[str, Any] = {}
    confirmed: list[Line] = []
    test: bool = Field(default=True, description="Connect only if the connection test passes.")


class ChannelChange(In):
    """What is to change; what is left out stays, and so does a secret that is empty."""

    version: int
    settings: dict[str, Any] = {}
    options: dict[str, Any] = {}
    confirmed: list[Line] | None = None
    test: bool = Field(default=True, description="Change settings only if the connection test passes with them.")


class Step(Out):
    """One line of the connection checklist; `passed` is null when it was not reached."""

    name: str
    passed: bool | None
    detail: str
    field: str


class Report(Out):
    """The connection checklist: it stops at the first step that fails."""

    passed: bool
    steps: list[Step]


class Automation(Out):
    """One recurring job. `own_seconds` is null where the account decides; `refusal` says why it cannot run."""

    kind: RunKind
    every_seconds: int
    own_seconds: int | None
    account_seconds: int
    periods_seconds: list[int]
    refusal: str
    next_at: datetime | None
    ran_at: datetime | None
    ran_state: str
    ran_summary: str


class Automations(Out):
    """The recurring jobs of a channel."""

    items: list[Automation]


def _recurs(kind: RunKind) -> RunKind:
    if kind not in automations.KINDS:
        raise ValueError(f"{kind.label} does not recur")
    return kind


Seconds = dict[Annotated[RunKind, AfterValidator(_recurs)], Annotated[int, Field(ge=0, le=31 * 86400)] | None]


class Periods(In):
    """How often each of these jobs runs, in seconds: 0 is never, null as the account has it.

    With `was`, the `own_seconds` you looked at, nothing is set where somebody else has set another meanwhile.
    """

    periods: Seconds
    was: Seconds = {}


@router.get("/channels", response=answers(Page[Channel]))
def list_channels(request: HttpRequest, paging: Query[Paging]) -> Any:
    """List channels by name; those that are deleted are left out."""
    rows = channels.list_channels(account_id=scope_of(request), limit=paging.reach)
    return cut([_channel(row) for row in rows], paging)


@router.post("/channels", response=answers(Channel, 201))
def connect_channel(request: HttpRequest, new: NewChannel) -> Any:
    """Connect a channel to a warehouse the account may use."""
    account_id = account_meant(request, new.account_id)
    channel_id = channel_changes.connect_channel(
        Draft(account_id, new.warehouse_id, new.connector, new.name, new.settings),
        options=new.options,
        confirmed=new.confirmed,
        is_tested=new.test,
        actor=actor_of(request),
        now=timezone.now(),
    )
    return Status(201, _channel(find_channel(request, channel_id)))


@router.get("/channels/{channel_id}", response=answers(Channel))
def get_channel(request: HttpRequest, channel_id: int) -> Any:
    """Show one channel."""
    return _channel(find_channel(request, channel_id))


@router.patch("/channels/{channel_id}", response=answers(Channel))
def change_channel(request: HttpRequest, channel_id: int, change: ChannelChange) -> Any:
    """Change settings, secrets or options: all that is given, or nothing."""
    channel = find_channel(request, channel_id)
    channel_changes.change_channel(
        channel.id,
        options=change.options,
        values=change.settings,
        confirmed=change.confirmed,
        version=change.version,
        is_tested=change.test,
        actor=actor_of(request),
        now=timezone.now(),
    )
    return _channel(find_channel(request, channel_id))


@router.api_operation(["DELETE"], "/channels/{channel_id}", response=answers(None, 204))
def delete_channel(request: HttpRequest, channel_id: int) -> Any:
    """Delete a channel; it can be restored on the pages for a while, and what it has done stays."""
    channel = find_channel(request, channel_id)
    channel_life.delete_channel(channel_id=channel.id, actor=actor_of(request), now=timezone.now())
    return Status(204, None)


@router.post("/channels/{channel_id}/test", response=answers(Report))
def test_channel(request: HttpRequest, channel_id: int) -> Any:
    """Go through the connection checklist with the stored settings."""
    channel = find_channel(request, channel_id)
    return connection.test_connection(channel_id=channel.id, actor=actor_of(request))


@router.get("/channels/{channel_id}/automations", response=answers(Automations))
def list_automations(request: HttpRequest, channel_id: int) -> Any:
    """List a channel's recurring jobs, which are few."""
    return _automations(find_channel(request, channel_id))


@router.put("/channels/{channel_id}/automations", response=answers(Automations))
def set_periods(request: HttpRequest, channel_id: int, wanted: Periods) -> Any:
    """Set how often the named jobs run, all of them or none; the others stay."""
    channel = find_channel(request, channel_id)
    automations.set_periods(channel.id, wanted.periods, was=wanted.was, actor=actor_of(request), now=timezone.now())
    return _automations(channel)


def _channel(row: ChannelRow) -> dict[str, Any]:
    options = (channel_options.values_of(row.columns, kind) for kind in (MainOptions, AdvancedOptions))
    return {
        **vars(row),
        "health": row.health.word,
        "health_reason": row.health.reason,
        "secrets": row.secret_names,
        "options": {name: value for values in options for name, value in values.items()},
        "confirmed": sorted(row.confirmations),
    }


def _automations(channel: ChannelRow) -> dict[str, Any]:
    rows = automations.list_automations({channel.id: channel.connection})
    blank = {"next_at": None, "ran_at": None, "ran_state": "", "ran_summary": ""}
    return {"items": [{**vars(row), **(vars(row.row) if row.row else blank)} for row in rows]}
