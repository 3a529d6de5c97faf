"""Connect a channel, test it, and let it go on after it was mended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from pydantic import SecretStr, ValidationError

from dockline.connectors.contract.capabilities import Capability, Checks
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.notices import CheckReport, CheckStep
from dockline.connectors.contract.spec import ConnectorSpec
from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries as channel_queries
from dockline.domain.channels.queries import Connection
from dockline.domain.channels.rules import BackorderMode
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.flows import automations, job_names
from dockline.gateway import directory, runtime
from dockline.kit import clock
from dockline.kit.crypto import KeyProblem
from dockline.kit.errors import Invalid
from dockline.kit.queue import port as queue


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


def list_sync_kinds(connector: str) -> list[RunKind]:
    """Return the synchronisations a connector offers, in the order of the menu."""
    able = directory.get_connector(connector).capabilities
    return [kind for kind, needed in job_names.NEEDS_OF_RUN_KIND.items() if needed in able]


def connect_channel(draft: Draft, *, options: Mapping[str, Any], now: datetime) -> int:
    """Store a channel with its settings checked for form, and its recurring jobs. Raises Invalid, Conflict, NotFound.

    Whether the far side accepts the settings is for `test_connection` or `test_draft` to say.
    """
    spec = directory.get_connector(draft.connector)
    plain, secrets = _split(spec, draft.values)
    able = Capability.RECEIVE_INVENTORY in spec.capabilities
    chosen = {"backorder_mode": BackorderMode.HUB if able else BackorderMode.CHANNEL, **options}
    with transaction.atomic():
        channel_id = channels.connect_channel(
            account_id=draft.account_id,
            warehouse_id=draft.warehouse_id,
            connector=draft.connector,
            name=draft.name,
            plain=plain,
            secrets=secrets,
            options=chosen,
        )
        automations.begin(channel_id, now=now)
    return channel_id


def change_values(channel_id: int, *, values: Mapping[str, Any]) -> None:
    """Change some of a channel's settings or secrets; what is not given stays. Raises Invalid, NotFound."""
    known = channel_queries.get_connection(channel_id)
    spec = directory.get_connector(known.connector)
    try:
        kept = known.unseal()
    except KeyProblem:
        # The keys are lost: the secrets must all be given anew, and the check of the form says which are missing.
        kept = {}
    plain, secrets = _split(spec, {**known.plain, **kept, **values})
    with transaction.atomic():
        if any(known.plain.get(name) != plain.get(name) for name in _naming_the_account(spec)):
            _hold_unsettled(known)
        channels.change_connection(channel_id, plain=plain, secrets=secrets)


def _naming_the_account(spec: ConnectorSpec) -> list[str]:
    """The settings that say whom we speak with: all that are neither secret nor advanced."""
    return [
        name
        for name, field in spec.settings.model_fields.items()
        if name not in spec.settings.secret_names()
        and not (isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("advanced"))
    ]


def _hold_unsettled(connection: Connection) -> None:
    """Attempts whose answer is missing went to the former account: looked for in the new one they would seem lost."""
    now = clock.now()
    held = shipments.hold_unsettled(
        connection.channel_id, reason="The channel was pointed elsewhere while the answer was missing."
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
                cause=causes.HELD,
                subject_kind="shipment",
                subject_id=shipment.id,
                subject_label=contexts[shipment.id].order_number,
                title=f"{shipment.reference}: {shipment.reason} Look for it at the former account, then send it again.",
                channel_id=connection.channel_id,
            )
            for shipment in held
        ],
        now=now,
    )


def test_draft(draft: Draft) -> CheckReport:
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
        )
    )


def test_connection(*, channel_id: int) -> CheckReport:
    """Go through the connection checklist of a stored channel. Changes nothing. Raises NotFound."""
    return _check(channel_queries.get_connection(channel_id))


@transaction.atomic
def resume_channel(*, channel_id: int, actor: str, now: datetime) -> None:
    """Let a paused channel's work go on. Raises NotFound."""
    connection = channel_queries.get_connection(channel_id)
    channels.resume_channel(channel_id)
    issues.resolve_issues(
        subject_kind="channel",
        subject_ids=[channel_id],
        now=now,
        by=actor,
        causes=[causes.CHANNEL_PAUSED, causes.CHANNEL_NOT_REACHED],
    )
    shipments.wake_waiting(channel_id, now=now)
    for kind in list_sync_kinds(connection.connector):
        queue.wake(job_names.OF_RUN_KIND[kind], channel_id)


def _check(connection: Connection) -> CheckReport:
    try:
        conversation = runtime.open_conversation(connection)
    except ConnectorError as error:
        return CheckReport((CheckStep("Settings are complete", False, error.message, error.field),))
    connector: Checks = conversation.connector
    try:
        return connector.check()
    finally:
        conversation.runtime.close()


def _split(spec: ConnectorSpec, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Check settings for form and part them into what may be shown and what may not."""
    try:
        settings = spec.settings.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        title = spec.settings.model_fields[name].title if name in spec.settings.model_fields else None
        words = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise Invalid(f"{title or name}: {words}.", field=name) from None
    secret = spec.settings.secret_names()
    plain = settings.model_dump(mode="json", exclude=set(secret))
    sealed = {
        name: value.get_secret_value() for name in secret if isinstance(value := getattr(settings, name), SecretStr)
    }
    return plain, sealed
