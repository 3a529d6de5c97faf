"""What the far side said, as events of a dispatch. Pure: the hub and its simulation (proofs/) read answers alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from dockline.connectors.contract import errors
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.notices import FarStatus, ShipmentNotice
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
from dockline.flows.outbound import messages

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
    there: Sequence[ShipmentNotice], meant: dict[str, Decimal], *, settle_seconds: int, asked_at: datetime
) -> LookedUp:
    """Say what a look-up found: live orders count, and a rejected one only where nothing else is there."""
    live = [notice for notice in there if notice.status is not FarStatus.REJECTED]
    counted = live or list(there[:1])
    spacing = space_looks(settle_seconds)
    if len(counted) != 1:
        return LookedUp(found=len(counted), spacing=spacing, asked_at=asked_at)
    found = messages.judge_found(meant, counted[0])
    return LookedUp(1, found.differences, found.rejected, found.problems, spacing, asked_at)


def judge_notice(state: DispatchState, notice: ShipmentNotice, meant: Mapping[str, Decimal]) -> Answered | LookedUp:
    """Say what news of an order mean to a dispatch in this state: one that waits has been found, another is told."""
    # What is being worked on may have been picked short; what cannot be read is not taken for ours.
    gone_on = notice.status in messages.GONE_ON
    answer = Answered() if gone_on else messages.judge_answer(dict(meant), notice)
    if state in (*UNRESOLVED, DispatchState.NEEDS_FIX):
        return LookedUp(1, answer.differences, answer.rejected, answer.problems)
    return answer


def space_looks(settle_seconds: int) -> timedelta:
    """How far apart look-ups are: a tenth of the settle window, within reason."""
    return min(max(timedelta(seconds=settle_seconds / 10), SHORTEST_SPACING), LONGEST_SPACING)
