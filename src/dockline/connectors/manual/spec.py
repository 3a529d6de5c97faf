"""Declares the manual connector."""

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.spec import ConnectorSpec, Limits, Offer, Status
from dockline.connectors.manual.connector import Manual
from dockline.connectors.manual.settings import ManualSettings

SPEC = ConnectorSpec(
    key="manual",
    label="Worked by hand",
    status=Status.SUPPORTED,
    settings=ManualSettings,
    capabilities=frozenset({Capability.CHECK, Capability.EXPORT_SHIPMENTS, Capability.CANCEL_SHIPMENTS}),
    open=Manual,
    limits=Limits(lots=True, partial_cancel=False),
    offers=frozenset({Offer.NEEDS_NO_REGISTRATION}),
    setup_steps=("Nothing to prepare: shipments wait on the pages of Dockline until a person confirms them.",),
)
