"""What a far side's answer means to a dispatch, whatever was sent. Pure: the hub and its simulation share it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from dockline.connectors.contract import errors
from dockline.connectors.contract.errors import ConnectorError
from dockline.domain.channels.rules import back_off
from dockline.domain.dispatches.rules import (
    Answered,
    AnswerLost,
    Declined,
    DispatchState,
    Event,
    LookedUp,
    NotSent,
)

Notice = TypeVar("Notice")

SHORTEST_SPACING = timedelta(seconds=1)
LONGEST_SPACING = timedelta(seconds=60)
UNRESOLVED = (DispatchState.READY, DispatchState.SENDING, DispatchState.SETTLING)


def judge_error(error: ConnectorError, *, attempt: int, settle: timedelta) -> Event:
    """Say what a failed call means: only what surely was not processed may simply go again."""
    match error:
        case errors.NotReached():
            wait = back_off(attempt, asked_seconds=error.wait_seconds)
            return NotSent(wait, error.message)
        case errors.NotAuthorised() | errors.Misconfigured():
            # The far side refuses before it looks at the order; the channel pauses and the order waits with it.
            return NotSent(timedelta(seconds=1), error.message)
        case errors.Refused(already_there=True):
            return AnswerLost("The warehouse says this reference is there already; looking.", settle)
        case errors.Refused() | errors.NotExpressible():
            return Declined(error.message)
        case _:
            return AnswerLost(error.message, settle)


def judge_look_up(
    there: Sequence[Notice],
    *,
    is_rejected: Callable[[Notice], bool],
    judge: Callable[[Notice], Answered],
    settle_seconds: int,
    asked_at: datetime,
) -> LookedUp:
    """Say what a look-up found: live ones count, and a rejected one only where nothing else is there."""
    live = [notice for notice in there if not is_rejected(notice)]
    counted = live or list(there[:1])
    spacing = space_looks(settle_seconds)
    if len(counted) != 1:
        return LookedUp(found=len(counted), spacing=spacing, asked_at=asked_at)
    found = judge(counted[0])
    return LookedUp(1, found.differences, found.rejected, found.problems, spacing, asked_at)


def hear_news(state: DispatchState, answer: Answered) -> Answered | LookedUp:
    """Say what news mean to a dispatch in this state: one that waits has been found, another is told."""
    if state in (*UNRESOLVED, DispatchState.NEEDS_FIX):
        return LookedUp(1, answer.differences, answer.rejected, answer.problems)
    return answer


def space_looks(settle_seconds: int) -> timedelta:
    """How far apart look-ups are: a tenth of the settle window, within reason."""
    return min(max(timedelta(seconds=settle_seconds / 10), SHORTEST_SPACING), LONGEST_SPACING)


def tell_look_up(event: LookedUp) -> str:
    """Say what a look-up found."""
    if event.found == 0:
        return "looked for it by its reference; it is not there."
    if event.found == 1:
        return "found there by its reference."
    return f"found {event.found} there under its reference."
