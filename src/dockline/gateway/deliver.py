"""Send one shipment: the call between two transactions, its every outcome named."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dockline.connectors.contract.capabilities import ExportsShipments
from dockline.connectors.contract.errors import ConnectorError, NotReached, OutcomeUnknown
from dockline.connectors.contract.messages import ShipmentMessage
from dockline.connectors.contract.notices import ShipmentNotice
from dockline.domain.dispatches import rules
from dockline.domain.exchanges.operations import RecordedCall
from dockline.gateway.http import Call
from dockline.gateway.runtime import Conversation, recording

log = logging.getLogger(__name__)

DEADLINE_SECONDS = rules.DEADLINE_SECONDS
CALL_SECONDS = rules.CALL_SECONDS


@dataclass(frozen=True)
class Outcome:
    """What came of one message: a notice, or an error. Exactly one of them is set."""

    notice: ShipmentNotice | None
    error: ConnectorError | None
    calls: Sequence[RecordedCall] = field(default=())


def send_shipment(conversation: Conversation, message: ShipmentMessage, *, intended_monotonic: float) -> Outcome:
    """Send a shipment whose intent is committed. Sends once, never raises a contract error."""
    connector: ExportsShipments = conversation.connector
    send_before = intended_monotonic + DEADLINE_SECONDS - CALL_SECONDS
    return _attempt(lambda: connector.export_shipment(message), send_before=send_before)


def record_calls(calls: Sequence[Call]) -> tuple[RecordedCall, ...]:
    """Turn calls into what is stored of them."""
    return tuple(
        RecordedCall(
            at=call.started_at,
            method=call.method,
            url=call.url,
            status=call.status,
            duration_ms=round(call.duration_ms),
            request=call.request_body,
            response=call.response_body,
            error=call.error,
        )
        for call in calls
    )


def _attempt(call: Callable[[], ShipmentNotice], *, send_before: float) -> Outcome:
    if time.monotonic() > send_before:
        late = NotReached("The attempt's time was over before it was sent.", wait_seconds=1.0, throttled=True)
        return Outcome(None, late)
    with recording(send_before=send_before) as calls:
        try:
            notice, error = call(), None
        except ConnectorError as failure:
            notice, error = None, failure
        except Exception as bug:
            # A bug of ours after the request may have left: the only safe reading is that the answer is lost.
            log.exception("A connector broke its contract.")
            notice, error = None, OutcomeUnknown("The connector failed unexpectedly.", detail=type(bug).__name__)
    return Outcome(notice, error, record_calls(calls))
