"""Ask the far side to cancel one shipment: the call between two transactions, its every outcome named."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from dockline.connectors.contract.capabilities import CancelsShipments, ExportsShipments
from dockline.connectors.contract.errors import ConnectorError, OutcomeUnknown
from dockline.connectors.contract.notices import CancelAnswer, ShipmentNotice
from dockline.domain.exchanges.operations import RecordedCall
from dockline.gateway.deliver import record_calls
from dockline.gateway.runtime import Conversation, recording

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What came of asking: an answer, or an error. Exactly one of them is set."""

    answer: CancelAnswer | None
    error: ConnectorError | None
    calls: Sequence[RecordedCall] = field(default=())


def ask_to_cancel(conversation: Conversation, external_id: str) -> Outcome:
    """Ask once, with the intent committed. Never raises a contract error."""
    connector: CancelsShipments = conversation.connector
    with recording() as calls:
        try:
            answer, error = connector.cancel_shipment(external_id), None
        except ConnectorError as failure:
            answer, error = None, failure
        except Exception as bug:
            # The request may have left: whether it was done is read there.
            log.exception("A connector broke its contract.")
            answer, error = None, OutcomeUnknown("The connector failed unexpectedly.", detail=type(bug).__name__)
    return Outcome(answer, error, record_calls(calls))


def read_by_id(conversation: Conversation, external_id: str) -> ShipmentNotice | None:
    """Read a shipment by their id; None when it is gone. Raises a contract error."""
    connector: ExportsShipments = conversation.connector
    return connector.read_shipment(external_id)
