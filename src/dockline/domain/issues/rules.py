"""The causes for which a person is asked, each with the words of its group and its repair. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """A reason to ask a person. `severity` is error when something stands still, warning when it goes on."""

    code: str
    group: str
    severity: str
    repair: str


NOT_ENOUGH_STOCK = Cause(
    "not_enough_stock",
    "Not enough stock",
    "warning",
    "It is allocated by itself, oldest order first, as soon as the warehouse reports enough stock.",
)
NO_WAREHOUSE = Cause(
    "no_warehouse",
    "No warehouse to ship from",
    "error",
    "Enable a warehouse for the account, connect its channel, and allocate the order again.",
)
REJECTED_THERE = Cause(
    "rejected_there",
    "Rejected by the warehouse system",
    "error",
    "Correct what the warehouse names, then send the shipment again.",
)
REFUSED = Cause(
    "refused", "Refused by the warehouse system", "error", "Correct what is named, then send the shipment again."
)
ACCEPTED_DIFFERENTLY = Cause(
    "accepted_differently",
    "Accepted with differences",
    "error",
    "Compare with the warehouse. Accept what it has, or have it put right there and look again.",
)
HELD = Cause("held", "Held: the content there is not ours", "error", "Look at the order over there, then decide.")
SENT_ELSEWHERE = Cause(
    "sent_elsewhere",
    "May be at another account's warehouse",
    "error",
    "Ask the former warehouse whether it has the order. If it has, Send again has it packed twice: send it again only "
    "when the former warehouse surely has not, or has deleted it.",
)
DUPLICATE = Cause(
    "duplicate",
    "More than one order there",
    "error",
    "Ask the warehouse to delete the younger one before picking, then look again.",
)
SHIPPED_MORE = Cause(
    "shipped_more",
    "Shipped more or other goods than ordered",
    "warning",
    "Agree with the warehouse and the customer what happens to the surplus.",
)
SHIPPED_LESS = Cause(
    "shipped_less",
    "Corrected downwards after shipping",
    "error",
    "Ask the warehouse what really left. Allocate again to send the rest.",
)
SHIPPED_NOTHING = Cause(
    "shipped_nothing",
    "Closed by the warehouse with nothing shipped, twice",
    "error",
    "Ask the warehouse why. Allocate again to send it once more.",
)
CHANGED_THERE = Cause(
    "changed_there",
    "Changed at the warehouse",
    "warning",
    "The order there is no longer what was sent. Ask the warehouse why.",
)
CANCEL_REFUSED = Cause(
    "cancel_refused",
    "Too late to cancel",
    "warning",
    "It goes on as ordered. Ask the warehouse's people to delete it there: once it is gone it is cancelled here by "
    "itself. Or ask again.",
)
CANCEL_UNANSWERED = Cause(
    "cancel_unanswered",
    "Cancel not answered in time",
    "warning",
    "It goes on as ordered. Ask the warehouse's people, or ask again as soon as the channel can be reached.",
)
ON_HOLD = Cause(
    "on_hold",
    "On hold",
    "warning",
    "Nothing of it is allocated or sent until it is taken off hold.",
)
HOLD_REFUSED = Cause(
    "hold_refused",
    "Too late to put on hold",
    "warning",
    "It goes on there as ordered. Ask the warehouse's people to delete it there: once it is gone it waits here.",
)
CHANGE_REFUSED = Cause(
    "change_refused",
    "Too late to change",
    "warning",
    "It goes on as it was ordered. Ask the warehouse's people to delete it there: once it is gone the change is made, "
    "and it is sent anew. Or ask again.",
)
CANCELLED_IS_THERE = Cause(
    "cancelled_is_there",
    "Cancelled here, but the warehouse has it",
    "error",
    "The warehouse is asked to cancel it. Tell its people too: what they send all the same is booked as shipped.",
)
GONE_THERE = Cause(
    "gone_there",
    "No longer at the warehouse",
    "error",
    "Nobody here asked for that, and nothing is sent again by itself. Ask the warehouse why; then send it again, or "
    "cancel the order.",
)
NOT_VALID = Cause(
    "not_valid",
    "Does not pass the channel's validation",
    "error",
    "Correct the order; or let the channel send it with a warning, under Advanced. It then leaves by itself.",
)
LOT_MISSING = Cause(
    "lot_missing",
    "Shipped without a lot or serial number",
    "warning",
    "Ask the warehouse which lot left, for what is booked does not say.",
)
CHANNEL_PAUSED = Cause(
    "channel_paused",
    "The channel rests until a person mends it",
    "error",
    "Correct the channel's settings or credentials, test the connection, and resume.",
)
CHANNEL_DELETED = Cause(
    "channel_deleted",
    "Work rests in a deleted channel",
    "error",
    "Restore the channel, and its work goes on; or settle these shipments with the warehouse by hand.",
)
CHANNEL_NOT_REACHED = Cause(
    "channel_not_reached",
    "The warehouse system cannot be reached",
    "warning",
    "It is tried again by itself; nothing is lost meanwhile. If it lasts, ask the warehouse.",
)
CLOCK_APART = Cause(
    "clock_apart",
    "The warehouse system's clock is far from ours",
    "warning",
    "Nothing is decided by it but which of its changes are asked for. Have the clock that is wrong set right.",
)
UNREADABLE = Cause(
    "unreadable",
    "The warehouse's answer could not be understood",
    "error",
    "Send the exchange to whoever looks after this installation.",
)
SENDING_STOPPED = Cause(
    "sending_stopped",
    "Nothing is sent",
    "error",
    "Compare with each warehouse on the page Sweeps, and let sending go on there. Were this a copy that shall never "
    "send, leave it as it is.",
)
WORK_BROKE = Cause(
    "work_broke",
    "Dockline itself broke at its work",
    "error",
    "It is tried again by itself. If it lasts, send what the worker wrote to whoever looks after this installation.",
)
MAPPING_MISSING = Cause(
    "mapping_missing",
    "A mapping is missing",
    "error",
    "Add the mapping that is named. What waits for it goes on by itself as soon as it is saved.",
)
PRODUCT_REFUSED = Cause(
    "product_refused",
    "The warehouse refused a product",
    "error",
    "Correct the product, then export products again; orders for it wait.",
)
UNKNOWN_STOCK = Cause(
    "unknown_stock",
    "Stock reported under unknown SKUs",
    "warning",
    "Create the products or correct their SKUs; the stock is kept but not offered.",
)
STOCK_HELD = Cause(
    "stock_held",
    "A stock report is held",
    "error",
    "Look at what it would change. Accept it if the stock is really gone; else have the report put right there.",
)
FAULTY_STOCK = Cause(
    "faulty_stock",
    "Stock reported in quantities that cannot be",
    "warning",
    "Have the unit or the quantity corrected there; the stock is kept but not offered.",
)

RECEIVED_MORE = Cause(
    "received_more",
    "More or other goods arrived than were ordered",
    "warning",
    "Agree with the supplier what happens to the surplus; the warehouse has it in stock.",
)

RECEIVED_LESS = Cause(
    "received_less",
    "Less arrived than was ordered",
    "warning",
    "Ask the supplier for the rest; or close the purchase order short, and nothing more is awaited.",
)
NOT_LET_GO = Cause(
    "not_let_go",
    "The warehouse does not let go of it",
    "warning",
    "Ask the warehouse's people to delete it there, then ask again; until then what arrives is booked as ever.",
)
THERE_THOUGH_CANCELLED = Cause(
    "there_though_cancelled",
    "The warehouse has what was cancelled",
    "error",
    "Ask the warehouse to delete it before it arrives, or to say what arrived.",
)

CAUSES = {
    cause.code: cause
    for cause in (
        NOT_ENOUGH_STOCK,
        NO_WAREHOUSE,
        REJECTED_THERE,
        REFUSED,
        ACCEPTED_DIFFERENTLY,
        HELD,
        SENT_ELSEWHERE,
        DUPLICATE,
        SHIPPED_MORE,
        SHIPPED_LESS,
        SHIPPED_NOTHING,
        CHANGED_THERE,
        CANCEL_REFUSED,
        CANCEL_UNANSWERED,
        ON_HOLD,
        HOLD_REFUSED,
        CHANGE_REFUSED,
        CANCELLED_IS_THERE,
        GONE_THERE,
        NOT_VALID,
        LOT_MISSING,
        CHANNEL_PAUSED,
        CHANNEL_DELETED,
        CHANNEL_NOT_REACHED,
        CLOCK_APART,
        UNREADABLE,
        SENDING_STOPPED,
        WORK_BROKE,
        MAPPING_MISSING,
        PRODUCT_REFUSED,
        UNKNOWN_STOCK,
        STOCK_HELD,
        FAULTY_STOCK,
        RECEIVED_MORE,
        RECEIVED_LESS,
        NOT_LET_GO,
        THERE_THOUGH_CANCELLED,
    )
}
