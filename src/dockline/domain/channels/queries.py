"""What is asked about channels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from dockline.domain.accounts.rules import AccountId
from dockline.domain.channels import rules
from dockline.domain.channels.models import Channel, JobDefault, Schedule, StoredText
from dockline.domain.channels.rules import (
    FORMER,
    AutomationMode,
    BackorderMode,
    ChannelId,
    ChannelState,
    Health,
    Passage,
    ProductDescription,
    judge_health,
)
from dockline.domain.channels.slowdown import Slowdown
from dockline.domain.warehouses.models import AccountWarehouse
from dockline.domain.warehouses.rules import WarehouseId
from dockline.kit.crypto import KeyProblem
from dockline.kit.errors import NotFound
from dockline.kit.measures import SizeUnit, WeightUnit

CHOSEN = (
    "name",
    "automation_mode",
    "backorder_mode",
    "partial_backorder",
    "suppress_personal",
    "size_unit",
    "weight_unit",
    "pass_lots",
    "product_description",
    "settle_seconds",
    "severities",
)
"""The columns that hold what a person chose, whatever the connector."""


MICRO = 1_000_000


class UnknownChannel(NotFound):
    """There is no such channel."""


@dataclass(frozen=True)
class Connection:
    """What opens a channel: the connector with its settings. `unseal` returns the secrets, or raises `KeyProblem`."""

    channel_id: int
    account_id: int
    warehouse_id: int
    connector: str
    name: str
    plain: Mapping[str, Any]
    unseal: Callable[[], Mapping[str, str]] = field(repr=False, compare=False)
    credential_version: int
    state: str
    settle_seconds: int
    backorder_mode: str
    partial_backorder: bool
    product_description: str
    is_product_master: bool = False
    product_master: str = ""
    """The channel that is the account's Master Product Source; empty when Dockline is."""
    suppress_personal: bool = False
    pass_lots: bool = False
    severities: Mapping[str, str] = field(default_factory=dict)
    automation_mode: str = AutomationMode.RECURRING
    size_unit: SizeUnit = SizeUnit.CENTIMETRE
    weight_unit: WeightUnit = WeightUnit.KILOGRAM
    job_defaults: Mapping[str, int] = field(default_factory=dict)
    """How often jobs run on the account's channels that do not say otherwise, by job."""


@dataclass(frozen=True)
class ChannelRow:
    """One channel, as a person reads it. Secrets are named, never shown."""

    id: ChannelId
    name: str
    account_id: AccountId
    account_name: str
    warehouse_id: WarehouseId
    warehouse_name: str
    connector: str
    state: ChannelState
    state_reason: str
    health: Health
    settings: dict[str, Any]
    secret_names: tuple[str, ...]
    backorder_mode: BackorderMode
    partial_backorder: bool
    product_description: ProductDescription
    settle_seconds: int
    succeeded_at: datetime | None
    failed_at: datetime | None
    retry_at: datetime | None
    automation_mode: AutomationMode
    version: int
    columns: Mapping[str, Any]
    """The choices of a person, by column."""
    secret_notes: Mapping[str, Mapping[str, str]]
    confirmations: Mapping[str, Mapping[str, str]]
    last_test: Mapping[str, Any]
    deleted_at: datetime | None
    is_restorable: bool
    connection: Connection = field(repr=False)


@dataclass(frozen=True)
class ScheduleRow:
    """How often one job of a channel runs; 0 seconds is never. `own_seconds` is None where the account decides."""

    job: str
    every_seconds: int
    own_seconds: int | None
    next_at: datetime | None
    ran_at: datetime | None
    ran_state: str
    ran_summary: str


def get_connection(channel_id: int) -> Connection:
    """Return what opens a channel. Raises UnknownChannel."""
    channel = _with_account_choices().filter(pk=channel_id).first()
    if channel is None:
        raise UnknownChannel()
    return _connection(channel)


def get_connections(channel_ids: Iterable[int]) -> dict[int, Connection]:
    """Return what opens these channels, by id."""
    return {channel.pk: _connection(channel) for channel in _with_account_choices().filter(pk__in=list(channel_ids))}


def _masters() -> QuerySet[Channel]:
    """A deleted channel is nobody's master; it keeps the mark in case it is restored."""
    return Channel.objects.filter(is_product_master=True, deleted_at__isnull=True)


def _with_account_choices() -> QuerySet[Channel]:
    masters = _masters().filter(account_id=OuterRef("account_id"))
    defaults = JobDefault.objects.filter(account_id=OuterRef("account_id")).order_by("id")
    return Channel.objects.annotate(
        product_master=Subquery(masters.values("name")[:1]),
        default_jobs=ArraySubquery(defaults.values("job")),
        default_seconds=ArraySubquery(defaults.values("every_seconds")),
    )


def _connection(channel: Channel) -> Connection:
    return Connection(
        channel_id=channel.pk,
        account_id=channel.account_id,
        warehouse_id=channel.warehouse_id,
        connector=channel.connector,
        name=channel.name,
        plain=channel.settings,
        unseal=partial(_unseal, channel.pk, channel.secrets),
        credential_version=channel.credential_version,
        state=channel.state,
        settle_seconds=channel.settle_seconds,
        backorder_mode=channel.backorder_mode,
        partial_backorder=channel.partial_backorder,
        product_description=channel.product_description,
        is_product_master=channel.is_product_master,
        product_master=getattr(channel, "product_master", None) or "",
        suppress_personal=channel.suppress_personal,
        pass_lots=channel.pass_lots,
        severities=channel.severities,
        automation_mode=channel.automation_mode,
        size_unit=SizeUnit(channel.size_unit),
        weight_unit=WeightUnit(channel.weight_unit),
        job_defaults=dict(
            zip(getattr(channel, "default_jobs", ()), getattr(channel, "default_seconds", ()), strict=True)
        ),
    )


def _unseal(channel_id: int, sealed: Mapping[str, str]) -> dict[str, str]:
    return {
        name: settings.KEY_RING.decrypt(token, bound_to=f"channel:{channel_id}:secret:{name}")
        for name, token in sealed.items()
    }


def find_text(channel_id: int, *, key: str, now: datetime) -> str | None:
    """Return a connector's text unless it has expired."""
    fresh = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    sealed = StoredText.objects.filter(fresh, channel_id=channel_id, key=key).values_list("value", flat=True).first()
    if sealed is None:
        return None
    return settings.KEY_RING.decrypt(sealed, bound_to=f"channel:{channel_id}:text:{key}")


def list_former_secrets(channel_id: int, *, now: datetime) -> list[str]:
    """List the secrets a channel had before its present ones while they are kept: an answer may still say them."""
    kept = StoredText.objects.filter(channel_id=channel_id, key__startswith=FORMER, expires_at__gt=now)
    found = []
    for key, sealed in kept.values_list("key", "value"):
        try:
            found.append(settings.KEY_RING.decrypt(sealed, bound_to=f"channel:{channel_id}:text:{key}"))
        except KeyProblem:
            # What no key opens any more cannot be masked, and nothing else has to stop for it.
            continue
    return found


def get_channel(channel_id: ChannelId) -> ChannelRow:
    """Return one channel. Raises UnknownChannel."""
    channel = _channels(None).filter(pk=channel_id).first()
    if channel is None:
        raise UnknownChannel()
    return _row(channel)


def find_channel_of(*, account_id: int, warehouse_id: int) -> int | None:
    """Return the channel through which an account speaks to a warehouse, if there is one."""
    found = Channel.objects.filter(account_id=account_id, warehouse_id=warehouse_id, deleted_at__isnull=True)
    return found.order_by("id").values_list("id", flat=True).first()


def list_channels(*, account_id: AccountId | None, text: str = "", limit: int = 200) -> tuple[ChannelRow, ...]:
    """List channels by name; those that are deleted are left out."""
    channels = _channels(account_id).filter(deleted_at__isnull=True)
    if text:
        channels = channels.filter(name__icontains=text)
    return tuple(_row(channel) for channel in channels.order_by("name", "id")[:limit])


def list_active_ids(*, connectors: Iterable[str]) -> list[int]:
    """Return the active channels of these connectors."""
    active = Channel.objects.filter(state=ChannelState.ACTIVE, connector__in=list(connectors))
    return list(active.order_by("id").values_list("id", flat=True))


def list_settle_seconds() -> list[tuple[int, int]]:
    """Return every channel, the deleted ones too, with its settle window."""
    return list(Channel.objects.order_by("id").values_list("id", "settle_seconds"))


def get_schedules(channel_ids: Iterable[int]) -> dict[tuple[int, str], ScheduleRow]:
    """Return the schedules of these channels by channel and job."""
    return {
        (row.channel_id, row.job): ScheduleRow(
            row.job,
            row.every_seconds,
            row.own_seconds,
            row.next_at,
            row.ran_at,
            row.ran_state,
            row.ran_summary,
        )
        for row in Schedule.objects.filter(channel_id__in=list(channel_ids)).order_by("id")
    }


def get_job_defaults(account_id: AccountId) -> dict[str, int]:
    """Return how often jobs run on the account's channels that do not say otherwise, by job."""
    return dict(JobDefault.objects.filter(account_id=account_id).values_list("job", "every_seconds"))


def is_product_master(channel_id: int) -> bool:
    """Say whether the channel is its account's Master Product Source."""
    return _masters().filter(id=channel_id).exists()


def find_product_master(account_id: int) -> int | None:
    """Return the channel that is the account's Master Product Source; None when Dockline is."""
    return _masters().filter(account_id=account_id).values_list("id", flat=True).first()


def list_product_masters() -> frozenset[int]:
    """Return every channel that is its account's Master Product Source."""
    return frozenset(_masters().values_list("id", flat=True))


def list_other_channels(account_id: int, *, besides: int) -> list[int]:
    """Return the account's other channels."""
    rows = Channel.objects.filter(account_id=account_id, deleted_at__isnull=True).exclude(id=besides).order_by("id")
    return list(rows.values_list("id", flat=True))


def list_deleted_channels(*, account_id: AccountId | None, limit: int = 50) -> tuple[ChannelRow, ...]:
    """List the channels that are deleted and can still be restored, the latest first."""
    channels = _channels(account_id).filter(deleted_at__isnull=False).exclude(former_state="")
    return tuple(_row(channel) for channel in channels.order_by("-deleted_at", "id")[:limit])


def list_channels_to_purge(*, before: datetime, limit: int = 20) -> list[int]:
    """List the channels that were deleted before a moment and have not been purged."""
    old = Channel.objects.filter(deleted_at__lt=before).exclude(former_state="")
    return list(old.order_by("id").values_list("id", flat=True)[:limit])


def _channels(account_id: AccountId | None) -> QuerySet[Channel]:
    channels = _with_account_choices().select_related("account", "warehouse")
    return channels if account_id is None else channels.filter(account_id=account_id)


def _row(channel: Channel) -> ChannelRow:
    return ChannelRow(
        id=ChannelId(channel.pk),
        name=channel.name,
        account_id=AccountId(channel.account_id),
        account_name=channel.account.name,
        warehouse_id=WarehouseId(channel.warehouse_id),
        warehouse_name=channel.warehouse.name,
        connector=channel.connector,
        state=ChannelState(channel.state),
        state_reason=channel.state_reason,
        health=judge_health(
            state=channel.state,
            state_reason=channel.state_reason,
            failures_in_a_row=channel.failures_in_a_row,
            failure=channel.failure,
            succeeded_at=channel.succeeded_at,
        ),
        settings=channel.settings,
        secret_names=tuple(sorted(channel.secrets)),
        backorder_mode=BackorderMode(channel.backorder_mode),
        partial_backorder=channel.partial_backorder,
        product_description=ProductDescription(channel.product_description),
        settle_seconds=channel.settle_seconds,
        succeeded_at=channel.succeeded_at,
        failed_at=channel.failed_at,
        retry_at=channel.retry_at,
        automation_mode=AutomationMode(channel.automation_mode),
        version=channel.version,
        columns={name: getattr(channel, name) for name in CHOSEN},
        secret_notes=channel.secret_notes,
        confirmations=channel.confirmations,
        last_test=channel.last_test,
        deleted_at=channel.deleted_at,
        is_restorable=channel.deleted_at is not None and bool(channel.former_state),
        connection=_connection(channel),
    )


def is_troubled(channel_id: int) -> bool:
    """Say whether the channel's far side did not answer the last time."""
    return Channel.objects.filter(id=channel_id, failures_in_a_row__gt=0).exists()


def judge_passage(channel_id: int, *, now: datetime) -> tuple[Passage, float]:
    """Say whether the channel's far side may be called, and how many seconds it wants between two calls that create.

    A probe is to be claimed before.
    """
    found = Channel.objects.filter(id=channel_id).annotate(between=F("learned_pace__microseconds_between"))
    row = found.values_list("state", "failures_in_a_row", "retry_at", "between").first()
    if row is None:
        return Passage.CLOSED, 0.0
    state, failures, retry_at, between = row
    passage = rules.judge_passage(state=state, failures_in_a_row=failures, retry_at=retry_at, now=now)
    return passage, (between or 0) / MICRO


def read_slowdown(channel_id: int) -> tuple[Slowdown, float]:
    """Return what all workers have learned of the channel's pace, and the moment it is, on the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT microseconds_between, extract(epoch FROM next_at)::float8, extract(epoch FROM quiet_until)::float8,
                extract(epoch FROM taken_at)::float8, microseconds_gap, extract(epoch FROM clock_timestamp())::float8
            FROM channels_learnedpace WHERE channel_id = %s
            """,
            [channel_id],
        )
        row = cursor.fetchone()
    return (Slowdown(), 0.0) if row is None else open_slowdown(row)


def open_slowdown(row: Sequence[Any]) -> tuple[Slowdown, float]:
    """Read a learned pace, its moments in seconds, with the moment it is."""
    between, next_at, quiet_until, taken_at, gap, now = row
    return Slowdown(between / MICRO, next_at or 0.0, quiet_until or 0.0, taken_at, gap / MICRO), now


def is_any_warehouse_enabled() -> bool:
    """Say whether any account may use any warehouse."""
    return AccountWarehouse.objects.exists()


@dataclass(frozen=True)
class ShippingChannel:
    """What allocation needs to know of the channel behind a warehouse."""

    channel_id: int
    warehouse_id: int
    warehouse_name: str
    connector: str
    is_checked: bool
    partial_backorder: bool
    is_active: bool


def get_shipping_channels(account_id: int) -> dict[int, ShippingChannel]:
    """Return the account's channels by warehouse id."""
    living = Channel.objects.filter(account_id=account_id, deleted_at__isnull=True)
    return {
        channel.warehouse_id: ShippingChannel(
            channel_id=channel.id,
            warehouse_id=channel.warehouse_id,
            warehouse_name=channel.warehouse.name,
            connector=channel.connector,
            is_checked=channel.backorder_mode == BackorderMode.HUB,
            partial_backorder=channel.partial_backorder,
            is_active=channel.state == ChannelState.ACTIVE,
        )
        for channel in living.select_related("warehouse")
    }


def get_routes(account_id: int) -> dict[int | None, tuple[ShippingChannel, ...]]:
    """Return by the warehouse an order asks for, or None, the channels it may go to, the preferred one first.

    One that asks for none goes to the default warehouse, and to those with a turn as far as they have their stock
    checked here: what has to be counted on cannot be left to a warehouse, nor to a channel at rest.
    """
    by_warehouse = get_shipping_channels(account_id)
    found: dict[int | None, tuple[ShippingChannel, ...]] = {one: (route,) for one, route in by_warehouse.items()}
    enabled = AccountWarehouse.objects.filter(account_id=account_id)
    used = enabled.filter(Q(is_default=True) | Q(turn__isnull=False)).order_by("-is_default", "turn", "warehouse_id")
    usual: list[ShippingChannel] = []
    for warehouse_id, is_default in used.values_list("warehouse_id", "is_default"):
        channel = by_warehouse.get(warehouse_id)
        if channel is not None and (is_default or (channel.is_checked and channel.is_active)):
            usual.append(channel)
    if usual:
        found[None] = tuple(usual) if usual[0].is_checked else (usual[0],)
    return found
