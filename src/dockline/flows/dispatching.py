"""What every kind of sending does with an answer: how it is kept with its exchange, what it does to the channel."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dockline.connectors.contract import errors
from dockline.connectors.contract.errors import ConnectorError
from dockline.domain.channels.queries import Connection
from dockline.domain.dispatches.rules import Answered, AnswerLost, Declined, Event, LookedUp, NotSent
from dockline.domain.exchanges.operations import Ending
from dockline.domain.exchanges.rules import ExchangeState
from dockline.gateway import reactions
from dockline.gateway.deliver import Outcome


def doubt(outcome: Outcome[Any]) -> Outcome[Any]:
    """Take an answer for lost that names what another one of ours is over there: it cannot be about this one."""
    assert outcome.notice is not None, "an answer names something"
    reason = f"{_tell_taken(outcome.notice.external_id)} Looking there."
    return replace(outcome, notice=None, error=errors.OutcomeUnknown(reason))


def doubt_found(event: LookedUp, external_id: str) -> LookedUp:
    """Take what was found for another's: a person decides, and it is not adopted."""
    return replace(event, differences=(*event.differences, _tell_taken(external_id)))


def _tell_taken(external_id: str) -> str:
    """Say that what the far side names cannot be the one that is meant."""
    return f"It is said to be {external_id} there, which another one of ours is."


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
