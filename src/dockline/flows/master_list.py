"""The master list of connectors: its columns by what each connector declares, and what tests have shown of it."""

from collections.abc import Callable
from dataclasses import dataclass

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.certificate import Cancelling, Lots, Sending
from dockline.connectors.contract.spec import ConnectorSpec, Offer, ReferenceLevel, Status

SALES_LEVELS = (ReferenceLevel.SALES_ORDER, ReferenceLevel.SALES_ORDER_LINE)
PURCHASE_LEVELS = (ReferenceLevel.PURCHASE_ORDER, ReferenceLevel.PURCHASE_ORDER_LINE)


@dataclass(frozen=True)
class Column:
    """One yes or no."""

    label: str
    meaning: str
    holds: Callable[[ConnectorSpec], bool]


@dataclass(frozen=True)
class Group:
    """Columns under one heading; the last has none."""

    label: str
    columns: tuple[Column, ...]


def _offers(offer: Offer) -> Callable[[ConnectorSpec], bool]:
    return lambda spec: offer in spec.offers


def _refers(levels: tuple[ReferenceLevel, ...]) -> Callable[[ConnectorSpec], bool]:
    return lambda spec: any(level in spec.mappings.references for level in levels)


def _stock(spec: ConnectorSpec) -> bool:
    return Capability.RECEIVE_INVENTORY in spec.capabilities


GROUPS = (
    Group(
        "Mappings",
        (
            Column("SKU", "can translate SKUs", lambda spec: spec.mappings.skus),
            Column("Carrier", "can translate carriers", lambda spec: spec.mappings.carriers),
            Column("SO Ref.", "can map references of sales orders and their lines", _refers(SALES_LEVELS)),
            Column("PO Ref.", "can map references of purchase orders and their lines", _refers(PURCHASE_LEVELS)),
        ),
    ),
    Group(
        "Extra",
        (
            Column("Suppress PII", "can hide personal data", _offers(Offer.SUPPRESSES_PERSONAL)),
            Column("Partial Backorder", "can ship what is in stock and backorder the rest", _stock),
            Column("Lot #", "can receive lot numbers", _offers(Offer.RECEIVES_LOTS)),
            Column("No Register", "needs no registration on another platform", _offers(Offer.NEEDS_NO_REGISTRATION)),
        ),
    ),
    Group(
        "Sync",
        (
            Column("Manual", "stock can be synced by hand", _stock),
            Column("Auto", "stock can be synced automatically", _stock),
        ),
    ),
    Group("", (Column("Beta", "not yet proven in daily work", lambda spec: spec.status is Status.PREVIEW),)),
)
COLUMNS = tuple(column for group in GROUPS for column in group.columns)


def list_cells(spec: ConnectorSpec) -> list[tuple[Column, bool]]:
    """Each column with what holds for this connector."""
    return [(column, column.holds(spec)) for column in COLUMNS]


@dataclass(frozen=True)
class Proven:
    """One line of a certificate: what it is about, what holds, and the tests that show it."""

    about: str
    words: str
    shown_by: tuple[str, ...]


_SENDING = {
    Sending.EXACTLY_ONCE: "Exactly once: a lost answer is known as lost, what arrived is found by its reference, and "
    "nothing is sent a second time by itself.",
    Sending.AT_LEAST_ONCE: "At least once: a lost answer is known as lost, but an order could arrive there twice.",
    Sending.TO_NOBODY: "To nobody: what is exported waits here for a person, so no answer can be lost.",
}
_LOTS = {
    (Lots.SENT, Lots.RECEIVED): "Sent with purchase orders, received with stock.",
    (Lots.SENT,): "Sent with purchase orders, not received.",
    (Lots.RECEIVED,): "Received with stock, not sent.",
}
_CANCELLING = {
    Cancelling.WAREHOUSE_DECIDES: "The warehouse decides: it is done, or it is too late. When the answer is lost, the "
    "order there is read to see which.",
    Cancelling.AT_ONCE: "At once: nobody else has to agree.",
}


def describe_proof(spec: ConnectorSpec) -> str:
    """Say what a certificate is worth: a preview's suite has not yet passed against the vendor's own system."""
    words = "What tests have shown of it; what none shows is not said."
    is_simulated = spec.status is Status.PREVIEW
    return f"{words} The tests spoke with a simulator, not yet with the system itself." if is_simulated else words


def list_proven(spec: ConnectorSpec) -> list[Proven]:
    """The certificate in plain words; what no test shows has no line."""
    said = spec.certificate
    lines = (
        ("Sending", "sending", said.sending and _SENDING[said.sending]),
        ("Lots", "lots", said.lots and _LOTS[said.lots]),
        ("Cancelling", "cancelling", said.cancelling and _CANCELLING[said.cancelling]),
        (
            "Longest silence",
            "longest_silence_seconds",
            said.longest_silence_seconds
            and f"A call waits {said.longest_silence_seconds} seconds at most; then its answer counts as lost.",
        ),
    )
    return [Proven(about, words, said.shown_by[name]) for about, name, words in lines if words]
