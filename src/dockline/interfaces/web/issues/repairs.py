"""Which buttons repair an issue, by its cause and its subject."""

from dataclasses import dataclass

from dockline.domain.issues import rules as causes
from dockline.domain.issues.queries import IssueRow


@dataclass(frozen=True)
class Repair:
    """A button on an issue."""

    name: str
    label: str
    icon: str
    done: str


SEND_AGAIN = Repair("send-again", "Send again", "send", "It is sent again now.")
ACCEPT = Repair("accept", "Accept as it is there", "check", "What the warehouse has is accepted.")
LOOK = Repair("look-there", "Look there again", "search", "It is looked for at the warehouse now.")
ALLOCATE = Repair("allocate", "Allocate again", "shuffle", "The order is looked at again.")
RESUME = Repair("resume", "Resume channel", "play", "The channel goes on; what waited is done now.")
RESTORE = Repair("restore", "Restore channel", "undo-2", "The channel is back as it was; its work goes on.")
ACCEPT_REPORT = Repair("accept-report", "Accept the report", "check", "The report is asked for again and applied.")
DISCARD_REPORT = Repair("discard-report", "Discard it", "x", "The report is discarded; no level was changed.")
CLOSE_SHORT = Repair("close-short", "Close short", "package-check", "Nothing more of it is awaited.")
ASK_CANCEL = Repair("ask-cancel", "Ask again", "ban", "The warehouse is asked once more to cancel it.")
TAKE_OFF_HOLD = Repair("take-off-hold", "Take off hold", "play", "The order goes on.")
ASK_CHANGE = Repair("ask-change", "Ask again", "pencil", "The warehouse is asked once more to give it back.")
DISMISS = Repair("dismiss", "Dismiss", "x", "The issue is dismissed.")

REPAIRS = {
    repair.name: repair
    for repair in (
        SEND_AGAIN,
        ACCEPT,
        LOOK,
        ALLOCATE,
        CLOSE_SHORT,
        RESUME,
        RESTORE,
        ACCEPT_REPORT,
        DISCARD_REPORT,
        ASK_CANCEL,
        TAKE_OFF_HOLD,
        ASK_CHANGE,
        DISMISS,
    )
}

_BY_CAUSE = {
    causes.NOT_ENOUGH_STOCK.code: (ALLOCATE,),
    causes.NO_WAREHOUSE.code: (ALLOCATE,),
    causes.REFUSED.code: (SEND_AGAIN,),
    causes.REJECTED_THERE.code: (SEND_AGAIN,),
    causes.ACCEPTED_DIFFERENTLY.code: (ACCEPT, LOOK),
    causes.HELD.code: (ACCEPT, LOOK, SEND_AGAIN),
    causes.SENT_ELSEWHERE.code: (SEND_AGAIN,),
    causes.DUPLICATE.code: (LOOK,),
    causes.GONE_THERE.code: (SEND_AGAIN,),
    causes.SHIPPED_LESS.code: (ALLOCATE,),
    causes.SHIPPED_NOTHING.code: (ALLOCATE,),
    causes.RECEIVED_LESS.code: (CLOSE_SHORT,),
    causes.CANCEL_REFUSED.code: (ASK_CANCEL, DISMISS),
    causes.CANCEL_UNANSWERED.code: (ASK_CANCEL, DISMISS),
    causes.NOT_LET_GO.code: (ASK_CANCEL, DISMISS),
    causes.CHANGE_REFUSED.code: (ASK_CHANGE, DISMISS),
    causes.ON_HOLD.code: (TAKE_OFF_HOLD,),
    causes.CHANNEL_PAUSED.code: (RESUME,),
    causes.CHANNEL_DELETED.code: (RESTORE,),
    causes.STOCK_HELD.code: (ACCEPT_REPORT, DISCARD_REPORT),
}
_SUBJECTS = {
    "look-there": ("shipment", "purchase"),
    "send-again": ("shipment", "purchase"),
    "accept": ("shipment", "purchase"),
    "allocate": ("order",),
    "take-off-hold": ("order",),
    "ask-change": ("order",),
    "close-short": ("purchase",),
    "resume": ("channel",),
    "restore": ("channel",),
    "accept-report": ("channel",),
    "discard-report": ("channel",),
    "ask-cancel": ("shipment", "purchase"),
    "dismiss": ("shipment", "purchase", "order"),
}


def offer_repairs(issue: IssueRow) -> tuple[Repair, ...]:
    """Return the buttons that make sense; an issue that nothing repairs may be dismissed."""
    fitting = (repair for repair in _BY_CAUSE.get(issue.cause, ()) if issue.subject_kind in _SUBJECTS[repair.name])
    return tuple(fitting) or (DISMISS,)
