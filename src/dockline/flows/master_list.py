"""The master list of connectors: its columns, and what each connector's declaration puts into them."""

from collections.abc import Callable
from dataclasses import dataclass

from dockline.connectors.contract.capabilities import Capability
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
