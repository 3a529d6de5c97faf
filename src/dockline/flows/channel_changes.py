"""Connect a channel, or change several sorts of its settings at once: tested first, then all of them or none."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from dockline.connectors.contract.notices import CheckReport
from dockline.domain.accounts.rules import AccountId
from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries as channel_queries
from dockline.domain.channels.rules import ChannelId
from dockline.flows import channel_options, connection, places
from dockline.flows.changes import Change
from dockline.flows.channel_options import AdvancedOptions, MainOptions
from dockline.flows.connection import Draft
from dockline.kit.errors import Invalid, InvalidFields, NotFound


class TestFailed(Invalid):
    """The connection was tested and did not pass; nothing was changed."""

    __test__ = False


def connect_channel(
    draft: Draft,
    *,
    options: Mapping[str, Any],
    confirmed: Collection[str],
    is_tested: bool,
    actor: str,
    now: datetime,
) -> int:
    """Connect a channel whose settings pass the test, with these choices, and return its id.

    Raises NotFound for a warehouse the account may not use, Invalid, TestFailed, Conflict.
    """
    free = places.list_places(account_id=AccountId(draft.account_id))
    if draft.warehouse_id not in {one.warehouse_id for one in free}:
        raise NotFound("The account may not use such a warehouse.", field="warehouse_id")
    _refuse_unknown(options)
    report = connection.test_draft(draft, confirmed=confirmed) if is_tested else None
    _require_passed(report)
    with transaction.atomic():
        channel_id = connection.connect_channel(draft, options={}, confirmed=confirmed, actor=actor, now=now)
        _choose(channel_id, options, actor=actor, now=now)
        if report is not None:
            connection.keep_report(channel_id, report, actor=actor, now=now)
    return channel_id


def change_channel(
    channel_id: int,
    *,
    options: Mapping[str, Any],
    values: Mapping[str, Any],
    confirmed: Collection[str] | None,
    version: int,
    is_tested: bool,
    actor: str,
    now: datetime,
) -> list[Change]:
    """Change some of a channel's choices, settings and secrets, and return what changed; what is not given stays.

    Raises NotFound, Invalid, TestFailed, NotNow, and ChangedMeanwhile when it no longer has the version given.
    """
    _refuse_unknown(options)
    if is_tested and values:
        vouched = channel_queries.get_channel(ChannelId(channel_id)).confirmations
        _require_passed(
            connection.test_values(channel_id, values=values, confirmed=vouched if confirmed is None else confirmed)
        )
    with transaction.atomic():
        channels.lock_channel(channel_id, version=version)
        found = _choose(channel_id, options, actor=actor, now=now)
        if values or confirmed is not None:
            found += connection.change_values(channel_id, values=values, confirmed=confirmed, actor=actor, now=now)
    return found


def _choose(channel_id: int, options: Mapping[str, Any], *, actor: str, now: datetime) -> list[Change]:
    found: list[Change] = []
    for kind in (MainOptions, AdvancedOptions):
        chosen = {name: value for name, value in options.items() if name in kind.model_fields}
        if chosen:
            columns = channel_queries.get_channel(ChannelId(channel_id)).columns
            wanted = connection.read_options(kind, {**channel_options.values_of(columns, kind), **chosen})
            found += connection.change_options(channel_id, wanted, actor=actor, now=now)
    return found


def _refuse_unknown(options: Mapping[str, Any]) -> None:
    unknown = [name for name in options if name not in {**MainOptions.model_fields, **AdvancedOptions.model_fields}]
    if unknown:
        raise InvalidFields({unknown[0]: "There is no such setting."}, {})


def _require_passed(report: CheckReport | None) -> None:
    if report is not None and not report.passed:
        step = next(step for step in report.steps if not step.passed)
        raise TestFailed(f"{step.name}: {step.detail}", field=step.field)
