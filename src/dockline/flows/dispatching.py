"""What every kind of sending does with an answer: how it is kept with its exchange, what it does to the channel."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dockline.connectors.contract import errors
from dockline.connectors.contract.errors import ConnectorError
from dockline.domain.channels.queries import Connection
from dockline.domain.dispatches.rules import Answered, AnswerLost, Declined, Event, NotSent
from dockline.domain.exchanges.operations import Ending
from dockline.domain.exchanges.rules import ExchangeState
from dockline.gateway import reactions
from dockline.gateway.deliver import Outcome


def end_exchange(exchange_id: int, outcome: Outcome[Any], event: Event) -> Ending:
    """Say how an exchange ended."""
    state = {
        Answered: ExchangeState.DONE,
        NotSent: ExchangeState.NOT_SENT,
        Declined: ExchangeState.REFUSED,
        AnswerLost: ExchangeState.UNKNOWN,
    }[type(event)]
    if isinstance(event, Answered) and event.rejected:
        state = ExchangeState.REFUSED
    error = outcome.error
    return Ending(
        exchange_id=exchange_id,
        state=state,
        answer=outcome.notice,
        reason=error.message if error is not None else "; ".join(getattr(event, "problems", ())),
        detail=error.detail if error is not None else "",
        calls=outcome.calls,
    )


def react(failed: Sequence[ConnectorError], connection: Connection, *, any_answer: bool, now: datetime) -> None:
    """Let the channel rest, pause or recover after some attempts."""
    pausing = [error for error in failed if isinstance(error, reactions.PAUSING)]
    resting = [error for error in failed if isinstance(error, errors.NotReached | errors.OutcomeUnknown)]
    if pausing:
        reactions.react(connection, pausing[0], now=now)
    elif resting:
        reactions.react(connection, resting[0], now=now)
    elif any_answer:
        reactions.recover(connection, now=now)
