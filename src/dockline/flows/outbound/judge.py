"""What the far side said, as events of a dispatch. Pure: the hub and its simulation (proofs/) read answers alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from dockline.connectors.contract.notices import FarStatus, ShipmentNotice
from dockline.domain.dispatches.rules import Answered, DispatchState, LookedUp
from dockline.flows import answers
from dockline.flows.outbound import messages


def judge_look_up(
    there: Sequence[ShipmentNotice], meant: dict[str, Decimal], *, settle_seconds: int, asked_at: datetime
) -> LookedUp:
    """Say what a look-up for a shipment found."""
    return answers.judge_look_up(
        there,
        is_rejected=lambda notice: notice.status is FarStatus.REJECTED,
        judge=lambda notice: messages.judge_found(meant, notice),
        settle_seconds=settle_seconds,
        asked_at=asked_at,
    )


def judge_notice(state: DispatchState, notice: ShipmentNotice, meant: Mapping[str, Decimal]) -> Answered | LookedUp:
    """Say what news of an order mean to a dispatch in this state."""
    # What is being worked on may have been picked short; what cannot be read is not taken for ours.
    gone_on = notice.status in messages.GONE_ON
    return answers.hear_news(state, Answered() if gone_on else messages.judge_answer(dict(meant), notice))
