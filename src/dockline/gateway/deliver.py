"""Send one message: the call between two transactions, its every outcome named."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from dockline.connectors.contract.capabilities import CancelsPurchases, ExportsPurchases, ExportsShipments
from dockline.connectors.contract.errors import ConnectorError, NotReached, OutcomeUnknown
from dockline.connectors.contract.messages import PurchaseMessage, ShipmentMessage
from dockline.connectors.contract.notices import CancelAnswer, ReceiptNotice, ShipmentNotice
from dockline.domain.dispatches import rules
from dockline.domain.exchanges.operations import RecordedCall
from dockline.gateway.http import Call
from dockline.gateway.runtime import Conversation, recording

log = logging.getLogger(__name__)

DEADLINE_SECONDS = rules.DEADLINE_SECONDS
CALL_SECONDS = rules.CALL_SECONDS
TOO_MANY = 429


Notice = TypeVar("Notice")


@dataclass(frozen=True)
class Outcome(Generic[Notice]):
    """What came of one message: a notice, or an error. Exactly one of them is set."""

    notice: Notice | None
    error: ConnectorError | None
    calls: Sequence[RecordedCall] = field(default=())


def send_shipment(
    conversation: Conversation, message: ShipmentMessage, *, intended_monotonic: float
) -> Outcome[ShipmentNotice]:
    """Send a shipment whose intent is committed. Sends once, never raises a contract error."""
    connector: ExportsShipments = conversation.connector
    return _attempt(conversation, lambda: connector.export_shipment(message), intended_monotonic=intended_monotonic)


def send_purchase(
    conversation: Conversation, message: PurchaseMessage, *, intended_monotonic: float
) -> Outcome[ReceiptNotice]:
    """Send a purchase order whose intent is committed. Sends once, never raises a contract error."""
    connector: ExportsPurchases = conversation.connector
    return _attempt(conversation, lambda: connector.export_purchase(message), intended_monotonic=intended_monotonic)


def cancel_purchase(
    conversation: Conversation, external_id: str, *, intended_monotonic: float
) -> Outcome[CancelAnswer]:
    """Ask that a purchase order be taken back, the intent being committed. Never raises a contract error."""
    connector: CancelsPurchases = conversation.connector
    return _attempt(conversation, lambda: connector.cancel_purchase(external_id), intended_monotonic=intended_monotonic)


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


def _attempt(conversation: Conversation, call: Callable[[], Notice], *, intended_monotonic: float) -> Outcome[Notice]:
    send_before = intended_monotonic + DEADLINE_SECONDS - CALL_SECONDS
    if time.monotonic() > send_before:
        late = NotReached("The attempt's time was over before it was sent.", wait_seconds=1.0, throttled=True)
        return Outcome(None, late)
    with recording(send_before=send_before) as calls:
        notice: Notice | None = None
        error: ConnectorError | None = None
        try:
            notice = call()
        except ConnectorError as failure:
            error = failure
        except Exception as bug:
            # A bug of ours after the request may have left: the only safe reading is that the answer is lost.
            log.exception("A connector broke its contract.")
            error = OutcomeUnknown("The connector failed unexpectedly.", detail=type(bug).__name__)
    _heed(conversation, notice, error, calls)
    return Outcome(notice, error, record_calls(calls))


def _heed(conversation: Conversation, notice: object, error: ConnectorError | None, calls: Sequence[Call]) -> None:
    """Keep to what the far side said of our pace, at once: others of this batch wait to leave."""
    if isinstance(error, NotReached) and any(call.status == TOO_MANY for call in calls):
        conversation.runtime.slow_down(error.wait_seconds or 1.0)
    elif notice is not None:
        conversation.runtime.speed_up()
