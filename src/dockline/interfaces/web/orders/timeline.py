"""One timeline per order: what changed and what was said to the warehouse, merged by time, in plain sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dockline.domain.exchanges.queries import CallRow, ExchangeRow
from dockline.domain.exchanges.rules import ExchangeKind, ExchangeState
from dockline.domain.history.queries import EventRow

TONES = {
    ExchangeState.INTENDED: "busy",
    ExchangeState.DONE: "good",
    ExchangeState.FOUND: "good",
    ExchangeState.REFUSED: "bad",
    ExchangeState.FAILED: "bad",
    ExchangeState.UNKNOWN: "warn",
    ExchangeState.NOT_SENT: "warn",
    ExchangeState.ABSENT: "warn",
}
ICONS: dict[str, str] = {
    ExchangeKind.EXPORT_SHIPMENT: "send",
    ExchangeKind.CANCEL_SHIPMENT: "ban",
    ExchangeKind.EXPORT_PURCHASE: "send",
    ExchangeKind.CANCEL_PURCHASE: "ban",
}
LONG_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True)
class Moment:
    """One entry: a sentence, who or what did it, and the HTTP calls behind it when there were any."""

    at: datetime
    sentence: str
    actor: str
    tone: str
    icon: str
    reason: str = ""
    reference: str = ""
    calls: tuple[CallRow, ...] = ()
    exchange_id: int | None = None


def make_timeline(events: Sequence[EventRow], exchanges: Sequence[ExchangeRow]) -> list[Moment]:
    """Merge history and exchanges, oldest first."""
    moments = [_from_event(event) for event in events] + [_from_exchange(exchange) for exchange in exchanges]
    return sorted(moments, key=lambda moment: moment.at)


def describe_exchange(exchange: ExchangeRow) -> str:
    """Say in one sentence how a message went."""
    match exchange.kind:
        case ExchangeKind.EXPORT_SHIPMENT | ExchangeKind.EXPORT_PURCHASE:
            return _describe_export(exchange)
        case ExchangeKind.CANCEL_SHIPMENT | ExchangeKind.CANCEL_PURCHASE:
            return _describe_cancel(exchange)
        case ExchangeKind.FIND_SHIPMENT | ExchangeKind.FIND_PURCHASE:
            return _describe_look_up(exchange)
        case ExchangeKind.RECEIVE_SHIPMENT:
            return f"{exchange.channel_name} told us how the shipment stands."
    label = ExchangeKind(exchange.kind).label if exchange.kind in set(ExchangeKind) else exchange.kind
    return f"{label}: {exchange.state.label.lower()}."


def _describe_export(exchange: ExchangeRow) -> str:
    name = exchange.channel_name
    how_often = "once" if exchange.attempt == 1 else f"again, attempt {exchange.attempt}"
    match exchange.state:
        case ExchangeState.INTENDED:
            return f"Being sent to {name}."
        case ExchangeState.DONE:
            return f"Sent {how_often} to {name}; it answered after {_took(exchange)}."
        case ExchangeState.FOUND:
            found = f"found there {_took(exchange)} later by its reference"
            return f"Sent {how_often} to {name}; the answer was lost; {found}."
        case ExchangeState.ABSENT:
            return f"Sent {how_often} to {name}; the answer was lost; looked up by its reference and not there."
        case ExchangeState.UNKNOWN:
            return f"Sent {how_often} to {name}; the answer was lost. It is not sent again before it was looked up."
        case ExchangeState.REFUSED:
            return f"Sent {how_often} to {name}, which refused it."
        case ExchangeState.NOT_SENT:
            return f"Not sent to {name}: nothing left here, so it is safe to try again."
        case ExchangeState.FAILED:
            return f"Sent {how_often} to {name}; the answer could not be used."


def _describe_cancel(exchange: ExchangeRow) -> str:
    name = exchange.channel_name
    match exchange.state:
        case ExchangeState.INTENDED:
            return f"{name} is being asked to cancel it."
        case ExchangeState.DONE:
            return f"{name} was asked to cancel it, and agreed."
        case ExchangeState.REFUSED:
            return f"{name} was asked to cancel it, and refused."
        case ExchangeState.NOT_SENT:
            return f"{name} could not be asked to cancel it; it is asked again."
    return f"{name} was asked to cancel it; the answer was lost. It is looked up there before anything is believed."


def _describe_look_up(exchange: ExchangeRow) -> str:
    match exchange.state:
        case ExchangeState.INTENDED:
            return f"Being looked up at {exchange.channel_name}."
        case ExchangeState.DONE | ExchangeState.FOUND:
            return f"Looked up at {exchange.channel_name} by its reference."
        case ExchangeState.ABSENT:
            return f"Looked up at {exchange.channel_name} by its reference: not there."
    return f"Could not be looked up at {exchange.channel_name}; that says nothing, so it is asked again."


def _took(exchange: ExchangeRow) -> str:
    if exchange.finished_at is None:
        return "a while"
    seconds = (exchange.finished_at - exchange.intended_at).total_seconds()
    if seconds < 1:
        return "less than a second"
    size, unit = next((size, unit) for size, unit in LONG_UNITS if seconds >= size)
    count = int(seconds // size)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _from_event(event: EventRow) -> Moment:
    return Moment(event.at, event.sentence, event.actor, "quiet", "dot")


def _from_exchange(exchange: ExchangeRow) -> Moment:
    return Moment(
        at=exchange.intended_at,
        sentence=describe_exchange(exchange),
        actor="",
        tone=TONES[exchange.state],
        icon=ICONS.get(exchange.kind, "search"),
        reason=exchange.reason,
        reference=exchange.reference,
        calls=exchange.calls,
        exchange_id=exchange.id,
    )
