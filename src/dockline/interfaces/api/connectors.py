"""The master list: what each connector can do, and what it must be told."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from dockline.connectors.contract.spec import ConnectorSpec
from dockline.flows import connection, master_list
from dockline.interfaces.api.errors import answers
from dockline.interfaces.api.shapes import Out, Page, Paging, cut

router = Router(tags=["Connectors"])


class Confirmation(Out):
    """A setting over there that no call can read: whoever connects confirms its key."""

    key: str
    title: str
    reason: str


class Proven(Out):
    """One line of a certificate in plain words, and the conformance tests that show it."""

    about: str
    words: str
    shown_by: list[str]


class Certificate(Out):
    """What tests have shown of a connector; what none has shown is null or empty.

    `sending` is exactly-once, at-least-once or to-nobody; `lots` sent, received or both; `cancelling` warehouse-decides
    or at-once.
    """

    sending: str | None
    lots: list[str]
    cancelling: str | None
    longest_silence_seconds: int | None
    lines: list[Proven]


class Connector(Out):
    """One connector. `settings_schema` is the JSON schema of a channel's `settings`; a `writeOnly` one is a secret."""

    key: str
    label: str
    status: str
    capabilities: list[str]
    features: dict[str, bool]
    certificate: Certificate
    settings_schema: dict[str, Any]
    secrets: list[str]
    confirmations: list[Confirmation]
    setup_steps: list[str]


@router.get("/connectors", response=answers(Page[Connector]))
def list_connectors(request: HttpRequest, paging: Query[Paging]) -> Any:
    """List every installed connector, by label."""
    return cut([_connector(spec) for spec in connection.list_connectors()], paging)


@router.get("/connectors/{key}", response=answers(Connector))
def get_connector(request: HttpRequest, key: str) -> Any:
    """Show one connector."""
    return _connector(connection.describe_connector(key))


def _connector(spec: ConnectorSpec) -> dict[str, Any]:
    return {
        "key": spec.key,
        "label": spec.label,
        "status": spec.status.value,
        "capabilities": sorted(one.value for one in spec.capabilities),
        "features": {column.label: holds for column, holds in master_list.list_cells(spec)},
        "certificate": {
            "sending": spec.certificate.sending,
            "lots": spec.certificate.lots,
            "cancelling": spec.certificate.cancelling,
            "longest_silence_seconds": spec.certificate.longest_silence_seconds,
            "lines": master_list.list_proven(spec),
        },
        "settings_schema": spec.settings.model_json_schema(),
        "secrets": list(spec.settings.secret_names()),
        "confirmations": spec.confirmations,
        "setup_steps": spec.setup_steps,
    }
