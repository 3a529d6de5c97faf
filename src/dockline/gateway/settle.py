"""The answer was lost: look by reference, as often as it takes, before anything is sent again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dockline.connectors.contract.capabilities import ExportsPurchases, ExportsShipments
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.notices import ReceiptNotice, ShipmentNotice
from dockline.domain.exchanges.operations import RecordedCall
from dockline.gateway.deliver import record_calls
from dockline.gateway.runtime import Conversation, recording

Notice = TypeVar("Notice")


@dataclass(frozen=True)
class LookUp(Generic[Notice]):
    """A complete look-up: what is there under each reference, and the calls it took."""

    found: Mapping[str, tuple[Notice, ...]]
    calls: tuple[RecordedCall, ...]


def look_up(conversation: Conversation, references: Sequence[str]) -> LookUp[ShipmentNotice]:
    """Ask the far side for shipments of these references. Raises a contract error unless the answer is complete."""
    connector: ExportsShipments = conversation.connector
    return _look(connector.find_shipments, references)


def look_up_purchases(conversation: Conversation, references: Sequence[str]) -> LookUp[ReceiptNotice]:
    """The same for purchase orders."""
    connector: ExportsPurchases = conversation.connector
    return _look(connector.find_purchases, references)


def _look(
    find: Callable[[Sequence[str]], Mapping[str, tuple[Notice, ...]]], references: Sequence[str]
) -> LookUp[Notice]:
    with recording() as calls:
        found = find(references)
    missing = set(references) - found.keys()
    if missing:
        raise ConnectorError(f"The look-up left out {len(missing)} of {len(references)} references.")
    return LookUp(found, record_calls(calls))
