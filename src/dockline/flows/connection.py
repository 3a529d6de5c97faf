"""Connect a channel, test it, and let it go on after it was mended."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from pydantic import SecretStr

from dockline.connectors.contract.capabilities import Capability, Checks
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.notices import CheckReport, CheckStep
from dockline.connectors.contract.settings import describe_settings
from dockline.connectors.contract.spec import ConnectorSpec
from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries as channel_queries
from dockline.domain.channels.queries import Connection
from dockline.domain.channels.rules import AutomationMode, BackorderMode, ChannelId
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.orders import operations as orders
from dockline.domain.purchases import operations as purchases
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.flows import automations, changes, channel_options, credentials, direction, job_names, webhooks
from dockline.flows.changes import Change, Subject
from dockline.flows.channel_options import MainOptions, Options
from dockline.flows.read_settings import read_settings
from dockline.gateway import addresses, directory, runtime
from dockline.kit import clock
from dockline.kit.errors import Invalid, InvalidFields
from dockline.kit.queue import port as queue

Chosen = TypeVar("Chosen", bound=Options)
_SAID_OF_PRODUCTS = frozenset({"product_description", "size_unit", "weight_unit"})
"""What changes every product that is said to a channel."""

PATIENCE_SECONDS = 10.0
"""How long a person waits for one answer while a connection is tested."""


@dataclass(frozen=True)
class Draft:
    """A channel as a person describes it. `values` are the connector's settings, secrets among them."""

    account_id: int
    warehouse_id: int
    connector: str
    name: str
    values: Mapping[str, Any]


def describe_connector(key: str) -> ConnectorSpec:
    """Return what a connector declares of itself. Raises NotFound."""
    return directory.get_connector(key)


def list_connectors() -> list[ConnectorSpec]:
    """All installed connectors, by label."""
    return sorted(directory.list_connectors().values(), key=lambda spec: spec.label.casefold())


def list_sync_kinds(connector: str) -> list[RunKind]:
    """Return the synchronisations a connector offers, in the order of the menu."""
    able = directory.get_connector(connector).capabilities
    return [kind for kind, needed in job_names.NEEDS_OF_RUN_KIND.items() if needed in able]


def connect_channel(
    draft: Draft,
    *,
    options: Mapping[str, Any],
    now: datetime,
    actor: str = "Dockline",
    confirmed: Collection[str] = (),
) -> int:
    """Store a channel with its settings checked for form, and its recurring jobs. Raises Invalid, Conflict, NotFound.

    Whether the far side accepts the settings is for `test_connection` or `test_draft` to say. `confirmed` are the
    keys of the connector's confirmations that a person vouches for.
    """
    spec = directory.get_connector(draft.connector)
    plain, secrets = _split(spec, draft.values)
    able = Capability.RECEIVE_INVENTORY in spec.capabilities
    chosen = {"backorder_mode": BackorderMode.HUB if able else BackorderMode.CHANNEL, **options}
    name = read_settings(MainOptions, {"name": draft.name}).name
    with transaction.atomic():
        channel_id = channels.connect_channel(
            account_id=draft.account_id,
            warehouse_id=draft.warehouse_id,
            connector=draft.connector,
            name=name,
            plain=plain,
            secrets=secrets,
            options={**chosen, "confirmations": _vouched(spec, {}, confirmed, actor=actor, now=now)},
            actor=actor,
            now=now,
        )
        automations.begin(channel_id, now=now)
        subject = Subject("channel", channel_id, draft.account_id)
        changes.remember_deed(subject, "channel.connected", f"Connected by {spec.label}.", actor=actor, now=now)
    return channel_id


def change_values(
    channel_id: int,
    *,
    values: Mapping[str, Any],
    now: datetime,
    actor: str = "Dockline",
    version: int | None = None,
    confirmed: Collection[str] | None = None,
) -> list[Change]:
    """Change some of a channel's settings or secrets and return what changed; what is not given stays.

    A secret stays with its address: for another one it must be given again.

    Raises Invalid, NotFound, and ChangedMeanwhile when the channel no longer has the version given.
    """
    with transaction.atomic():
        locked = channels.lock_channel(channel_id, version=version)
        known = channel_queries.get_connection(channel_id)
        spec = directory.get_connector(known.connector)
        plain, secrets = _split_changed(spec, known, values)
        given = {name: value for name, value in secrets.items() if values.get(name)}
        fields = describe_settings(spec.settings)
        found = changes.list_changes(fields, known.plain, {**plain, **given})
        vouched = locked["confirmations"]
        if confirmed is not None:
            vouched = _vouched(spec, vouched, confirmed, actor=actor, now=now)
            found += _list_confirmed(spec, locked["confirmations"], vouched)
        if not found:
            return []
        is_elsewhere = any(known.plain.get(name) != plain.get(name) for name in _naming_the_account(spec))
        if is_elsewhere:
            _hold_unsettled(known)
            _hold_purchases(known)
            exchanges.forget_far_side(channel_id)
        channels.change_options(channel_id, confirmations=vouched)
        now_at = channels.change_connection(channel_id, plain=plain, secrets=given, actor=actor, now=now)
        if is_elsewhere:
            channels.note_other_account(channel_id)
        subject = Subject("channel", channel_id, known.account_id)
        changes.remember_changes(subject, found, actor=actor, now=now, version=now_at)
    return found


def change_options(
    channel_id: int, options: Options, *, actor: str, now: datetime, version: int | None = None
) -> list[Change]:
    """Change a channel's choices and return what changed. Raises Invalid, NotFound, ChangedMeanwhile."""
    with transaction.atomic():
        locked = channels.lock_channel(channel_id, version=version)
        before = channel_options.values_of(locked, type(options))
        found = changes.list_changes(describe_settings(type(options)), before, options.model_dump(mode="json"))
        if not found:
            return []
        _check_mode(channel_id, found)
        _check_units(locked["connector"], options, found)
        if _SAID_OF_PRODUCTS & {one.field for one in found}:
            exchanges.compare_anew(channel_id)
        now_at = channels.change_options(channel_id, **channel_options.columns_of(options))
        automations.hold_periods(channel_id, now=now)
        subject = Subject("channel", channel_id, locked["account_id"])
        changes.remember_changes(subject, found, actor=actor, now=now, version=now_at)
        # What was held may pass by what was chosen now.
        if purchases.wake_waiting(channel_id, now=now):
            queue.wake(job_names.EXPORT_PURCHASES, channel_id)
        if shipments.wake_waiting(channel_id, now=now):
            queue.wake(job_names.EXPORT_SHIPMENTS, channel_id)
    return found


def _check_mode(channel_id: int, found: list[Change]) -> None:
    """Webhook mode is for channels that can be called."""
    if any((one.field, one.after) == ("automation_mode", AutomationMode.WEBHOOK.label) for one in found):
        refusal = webhooks.explain_refusal(channel_queries.get_connection(channel_id))
        if refusal:
            raise Invalid(refusal, field="automation_mode")


def _check_units(connector: str, options: Options, found: list[Change]) -> None:
    """Sizes and weights are exchanged in units the connector knows."""
    spec = directory.get_connector(connector)
    for field, offered in (("size_unit", spec.measures.sizes), ("weight_unit", spec.measures.weights)):
        if field in {one.field for one in found} and getattr(options, field) not in offered:
            words = f"measures in {', '.join(offered)}" if offered else "exchanges none"
            raise Invalid(f"“{spec.label}” {words}.", field=field)


def read_options(options: type[Chosen], values: Mapping[str, Any]) -> Chosen:
    """Check choices for form. Raises InvalidFields."""
    return read_settings(options, values)


def read_values(channel_id: int, *, values: Mapping[str, Any]) -> None:
    """Check changed settings of a channel for form. Raises InvalidFields, NotFound."""
    known = channel_queries.get_connection(channel_id)
    _split_changed(directory.get_connector(known.connector), known, values)


def _vouched(
    spec: ConnectorSpec, former: Mapping[str, Any], confirmed: Collection[str], *, actor: str, now: datetime
) -> dict[str, Any]:
    known = {one.key for one in spec.confirmations}
    # What an older version of the connector had confirmed may come back with the rest.
    if unknown := {*confirmed} - known - {*former}:
        raise Invalid(f"There is nothing called {', '.join(sorted(unknown))} to confirm.", field="confirmed")
    return {key: former.get(key) or {"by": actor, "at": now.isoformat()} for key in sorted(known & set(confirmed))}


def _list_confirmed(spec: ConnectorSpec, before: Collection[str], after: Collection[str]) -> list[Change]:
    words = {True: "confirmed", False: "not confirmed"}
    return [
        Change(f"confirm.{one.key}", one.title, words[one.key in before], words[one.key in after])
        for one in spec.confirmations
        if (one.key in before) != (one.key in after)
    ]


def _naming_the_account(spec: ConnectorSpec) -> list[str]:
    """The settings that say whom we speak with: all that are neither secret nor advanced."""
    return [
        name
        for name, field in spec.settings.model_fields.items()
        if name not in spec.settings.secret_names()
        and not (isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("advanced"))
    ]


def _hold_purchases(connection: Connection) -> None:
    """What was announced to the former account is unknown to the new one, and nothing there may be deleted for it."""
    now, cid = clock.now(), connection.channel_id
    held = purchases.hold_sent(cid, reason="The channel was pointed elsewhere after it was sent.", now=now)
    ids = [order.pk for order in held]
    exchanges.lose_exchanges(
        subject_kind="purchase", subject_ids=ids, reason="The channel was pointed elsewhere.", now=now
    )
    exchanges.unlink_subjects(ids, channel_id=cid, kind="purchase")
    issues.open_issues(
        [
            NewIssue(
                account_id=connection.account_id,
                cause=causes.HELD,
                subject_kind="purchase",
                subject_id=order.pk,
                subject_label=order.number,
                title=f"{order.reference}: {order.reason} Look for it at the former account, then send it again.",
                channel_id=cid,
            )
            for order in held
        ],
        now=now,
    )


def _hold_unsettled(connection: Connection) -> None:
    """Attempts whose answer is missing went to the former account: looked for in the new one they would seem lost."""
    now = clock.now()
    held = shipments.hold_unsettled(
        connection.channel_id, reason="The channel was pointed elsewhere while the answer was missing.", now=now
    )
    ids = [shipment.id for shipment in held]
    exchanges.lose_exchanges(
        subject_kind="shipment", subject_ids=ids, reason="The channel was pointed elsewhere.", now=now
    )
    contexts = shipment_queries.get_contexts(ids)
    issues.open_issues(
        [
            NewIssue(
                account_id=connection.account_id,
                cause=causes.SENT_ELSEWHERE,
                subject_kind="shipment",
                subject_id=shipment.id,
                subject_label=contexts[shipment.id].order_number,
                title=f"{shipment.reference}: {shipment.reason} The former warehouse may have it: ask there first.",
                channel_id=connection.channel_id,
            )
            for shipment in held
        ],
        now=now,
    )


def test_draft(draft: Draft, *, confirmed: Collection[str] = ()) -> CheckReport:
    """Go through the connection checklist with settings that are not stored. Raises Invalid, NotFound."""
    spec = directory.get_connector(draft.connector)
    plain, secrets = _split(spec, draft.values)
    return _check(
        Connection(
            channel_id=0,
            account_id=draft.account_id,
            warehouse_id=draft.warehouse_id,
            name=draft.name,
            connector=draft.connector,
            plain=plain,
            unseal=lambda: secrets,
            credential_version=0,
            state="active",
            settle_seconds=0,
            backorder_mode=BackorderMode.HUB,
            partial_backorder=False,
            product_description="variant",
        ),
        confirmed,
    )


def test_values(channel_id: int, *, values: Mapping[str, Any], confirmed: Collection[str] = ()) -> CheckReport:
    """Go through the checklist as if these settings of a stored channel were saved. Raises Invalid, NotFound."""
    known = channel_queries.get_connection(channel_id)
    spec = directory.get_connector(known.connector)
    plain, secrets = _split_changed(spec, known, values)
    return _check(replace(known, channel_id=0, plain=plain, unseal=lambda: secrets), confirmed)


def test_connection(*, channel_id: int, actor: str = "Dockline", now: datetime | None = None) -> CheckReport:
    """Go through the connection checklist of a stored channel and keep what it found. Raises NotFound."""
    channel = channel_queries.get_channel(ChannelId(channel_id))
    report = _check(channel_queries.get_connection(channel_id), channel.confirmations)
    keep_report(channel_id, report, actor=actor, now=now or clock.now())
    return report


def keep_report(channel_id: int, report: CheckReport, *, actor: str, now: datetime) -> None:
    """Keep what a test of the stored settings found, for the people who come later."""
    steps = [{"name": step.name, "passed": step.passed, "detail": step.detail} for step in report.steps]
    channels.note_test(channel_id, {"at": now.isoformat(), "by": actor, "passed": report.passed, "steps": steps})


@transaction.atomic
def resume_channel(*, channel_id: int, actor: str, now: datetime) -> None:
    """Let a paused channel's work go on. Raises NotFound."""
    connection = channel_queries.get_connection(channel_id)
    channels.resume_channel(channel_id)
    subject = Subject("channel", channel_id, connection.account_id)
    changes.remember_deed(subject, "channel.resumed", "Resumed.", actor=actor, now=now)
    issues.resolve_issues(
        subject_kind="channel",
        subject_ids=[channel_id],
        now=now,
        by=actor,
        causes=[causes.CHANNEL_PAUSED, causes.CHANNEL_NOT_REACHED],
    )
    shipments.wake_waiting(channel_id, now=now)
    purchases.wake_waiting(channel_id, now=now)
    able = [kind for kind in list_sync_kinds(connection.connector) if not direction.explain_refusal(connection, kind)]
    # In the order in which every flow wakes several, so that none waits for another in a circle.
    waking = [(job_names.OF_RUN_KIND[kind], channel_id) for kind in able]
    # What waits elsewhere may go from here as well.
    if orders.wake_backorders(connection.account_id, variant_ids=None, now=now):
        waking.append((job_names.ADVANCE, connection.account_id))
    for name, key in sorted(waking):
        queue.wake(name, key)


def _check(connection: Connection, confirmed: Collection[str]) -> CheckReport:
    try:
        conversation = runtime.open_conversation(connection, deadline_seconds=PATIENCE_SECONDS)
    except ConnectorError as error:
        return CheckReport((CheckStep("Settings are complete", False, error.message, error.field),))
    connector: Checks = conversation.connector
    try:
        # Its probes change nothing over there, so it may be done while sending is stopped.
        with runtime.writing():
            report = connector.check()
    finally:
        conversation.runtime.close()
    return _with_confirmations(report, conversation.spec, confirmed)


def _with_confirmations(report: CheckReport, spec: ConnectorSpec, confirmed: Collection[str]) -> CheckReport:
    """What no call can read is the last step: a person vouches for it."""
    if not spec.confirmations:
        return report
    missing = [one.title for one in spec.confirmations if one.key not in confirmed]
    words = f"Not confirmed: {'; '.join(missing)}." if missing else "Confirmed by a person."
    name = "Settings there that change orders"
    if not report.passed:
        step = CheckStep(name, None, "Not checked until the step above passes.")
    else:
        step = CheckStep(name, not missing, words, "confirm" if missing else "")
    return CheckReport((*report.steps, step))


def _split_changed(
    spec: ConnectorSpec, known: Connection, values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Check a stored channel's settings with these in their place, and part them."""
    merged = credentials.merge_values(spec, known, values)
    problems: dict[str, str] = {}
    try:
        parted = _split(spec, merged.values)
    except InvalidFields as error:
        problems = error.problems
    problems |= dict.fromkeys(merged.left_behind, credentials.AGAIN)
    if problems:
        raise InvalidFields(problems, {field.name: field.title for field in describe_settings(spec.settings)})
    return parted


def _split(spec: ConnectorSpec, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Check settings for form and part them into what may be shown and what may not."""
    settings = read_settings(spec.settings, values)
    try:
        addresses.check_address(spec, settings)
    except ConnectorError as error:
        raise InvalidFields({error.field: error.message}, {}) from None
    secret = spec.settings.secret_names()
    plain = settings.model_dump(mode="json", exclude=set(secret))
    sealed = {
        name: value.get_secret_value() for name in secret if isinstance(value := getattr(settings, name), SecretStr)
    }
    return plain, sealed
