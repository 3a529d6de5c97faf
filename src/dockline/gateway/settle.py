"""The answer was lost: look by reference, as often as it takes, before anything is sent again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dockline.connectors.contract.capabilities import ExportsShipments
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.notices import ShipmentNotice
from dockline.domain.exchanges.operations import RecordedCall
from dockline.gateway.deliver import record_calls
from dockline.gateway.runtime import Conversation, recording


@dataclass(frozen=True)
class LookUp:
    """A complete look-up: what is there under each reference, and the calls it took."""

    found: Mapping[str, tuple[ShipmentNotice, ...]]
    calls: tuple[RecordedCall, ...]


def look_up(conversation: Conversation, references: Sequence[str]) -> LookUp:
    """Ask the far side for these references. Raises a contract error unless the answer is complete."""
    connector: ExportsShipments = conversation.connector
    with recording() as calls:
        found = connector.find_shipments(references)
    missing = set(references) - found.keys()
    if missing:
        raise ConnectorError(f"The look-up left out {len(missing)} of {len(references)} references.")
    return LookUp(found, record_calls(calls))
