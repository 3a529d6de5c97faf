"""Which buttons repair a difference, by how what was sent stands; what nothing here repairs is advised upon."""

from dockline.domain.dispatches.rules import NEEDS_PERSON, DispatchState
from dockline.domain.sweeps.queries import FindingRow
from dockline.domain.sweeps.rules import Difference
from dockline.interfaces.web.issues.repairs import ACCEPT, DISMISS, LOOK, SEND_AGAIN, Repair

ADVICE = {
    Difference.MISSING_HERE: "It was sent and that was forgotten. When its order comes in here again, it is recognised "
    "by its number and not sent again. Should it never come, ask the warehouse's people to delete it there.",
    Difference.MISSING_THERE: "Ask the warehouse why; then send it again, or cancel the order.",
    Difference.DOUBLE: "Ask the warehouse's people to delete the younger one before it is packed.",
    Difference.DIFFERENT: "Ask the warehouse why, and have it put right there; or accept it as it is.",
}

OF_PURCHASES = {
    Difference.MISSING_HERE: "It was sent and that was forgotten. Enter it here once more under the same number: it is "
    "recognised by it and not sent again, and what arrived of it is booked to it. Should it never come, ask the "
    "warehouse's people to delete it there.",
    Difference.MISSING_THERE: "Ask the warehouse why; then send it again, or cancel it.",
    Difference.DOUBLE: "Ask the warehouse's people to delete the younger one before anything arrives.",
    Difference.DIFFERENT: "Ask the warehouse why, and have it put right there; or accept it as it is. What was "
    "received there and not booked here comes with the next receipts of its channel.",
}


def advise(found: FindingRow) -> str:
    """Say what a person can do about a difference."""
    return (OF_PURCHASES if found.is_purchase else ADVICE)[found.kind]


def offer_repairs(found: FindingRow) -> tuple[Repair, ...]:
    """Return the buttons that make sense; each difference may be dismissed, and is found again while it lasts."""
    dispatch = found.dispatch
    can_be_looked_for = NEEDS_PERSON if found.is_purchase else (*NEEDS_PERSON, DispatchState.READY)
    offered = [
        (
            SEND_AGAIN,
            found.kind is Difference.MISSING_THERE and dispatch in (DispatchState.HELD, DispatchState.NEEDS_FIX),
        ),
        (ACCEPT, found.kind is Difference.DIFFERENT and dispatch in (DispatchState.DIFFERS, DispatchState.HELD)),
        (LOOK, found.kind is not Difference.MISSING_THERE and dispatch in can_be_looked_for),
        (DISMISS, True),
    ]
    return tuple(button for button, fits in offered if fits)
