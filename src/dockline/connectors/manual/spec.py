"""Declares the manual connector."""

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.spec import ConnectorSpec, Limits, Status
from dockline.connectors.manual.connector import Manual
from dockline.connectors.manual.settings import ManualSettings

SPEC = ConnectorSpec(
    key="manual",
    label="Worked by hand",
    status=Status.SUPPORTED,
    settings=ManualSettings,
    capabilities=frozenset({Capability.CHECK, Capability.EXPORT_SHIPMENTS}),
    open=Manual,
    limits=Limits(lots=True, partial_cancel=False),
)
