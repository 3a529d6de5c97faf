"""What a warehouse says to us, in our words. Foreign text is kept as it came; what we do not know is `unknown`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from dockline.connectors.contract.messages import Quantity


class FarStatus(StrEnum):
    """How far the warehouse is with a shipment."""

    DRAFT = "draft"
    WAITING_FOR_STOCK = "waiting_for_stock"
    ACCEPTED = "accepted"
    PICKING = "picking"
    PACKED = "packed"
    SHIPPED = "shipped"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class ShipmentNoticeLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A quantity of one SKU as the warehouse has it. `line_ref` is ours when the far side carried it, else empty."""

    sku: str
    quantity: Quantity
    base_quantity: Decimal
    line_ref: str = ""
    lot: str = ""
    serial: str = ""
    expires_on: date | None = None


class Package(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parcel or consignment the warehouse made for a shipment."""

    external_id: str
    version: int
    carrier: str = ""
    service: str = ""
    tracking_number: str = ""
    tracking_url: str = ""


class ShipmentNotice(msgspec.Struct, frozen=True):
    """A shipment as it stands over there, at one version. Versions grow with every change."""

    external_id: str
    version: int
    reference: str
    status: FarStatus
    far_status: str
    """The vendor's own word."""
    lines: tuple[ShipmentNoticeLine, ...]
    packages: tuple[Package, ...] = ()
    problems: tuple[str, ...] = ()
    """What the far side says is wrong, in its own words."""
    changed_at: datetime | None = None
    packed_at: datetime | None = None
    shipped_at: datetime | None = None


class CancelAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the far side says to a cancel: done, or too late and why."""

    done: bool
    reason: str = ""


@dataclass(frozen=True)
class ShipmentPage:
    """Some notices, and the position that may be stored once they are booked."""

    notices: tuple[ShipmentNotice, ...]
    position: str


class InventoryRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """Stock of one SKU, as it is told: in that unit, of that status and, where the far side tells them, of that lot.

    `free` is what no order has been promised there. There may be several rows of one SKU.
    """

    sku: str
    unit: str
    on_hand: Decimal
    free: Decimal
    incoming: Decimal
    sellable: bool
    """False for damaged, quarantined or otherwise problem stock."""
    status: str = ""
    """What the far side calls the state the goods are in."""
    lot: str = ""
    expires_on: date | None = None


@dataclass(frozen=True)
class InventoryPage:
    """Some rows of a stock report. Their `digest` is that of an earlier page only when their rows are the same.

    `read` reads the `count` rows and raises `Unreadable`: who has the rows of that digest already may leave it. An
    empty digest is like no other.
    """

    digest: str
    count: int
    read: Callable[[], Sequence[InventoryRow]]


@dataclass(frozen=True)
class InventoryReport:
    """All stock of the channel as of one instant.

    `pages` begins to read this very report, from its first page each time it is called. It is lazy and raises if any
    page fails, so a report is only complete once the iterator has ended. A SKU absent from a complete report has no
    stock.
    """

    as_of: datetime
    pages: Callable[[], Iterator[InventoryPage]]

    @property
    def rows(self) -> Iterator[InventoryRow]:
        """All rows, of which those of a page are read when it is their turn."""
        for page in self.pages():
            yield from page.read()


class FarReceiptStatus(StrEnum):
    """How far the warehouse is with a purchase order."""

    DRAFT = "draft"
    EXPECTED = "expected"
    ARRIVED = "arrived"
    """It is there and not checked: its quantities are still expectations."""
    RECEIVED = "received"
    """Its quantities are confirmed."""
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class ReceiptNoticeLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A quantity of one SKU in one condition. Not `has_arrived` is what was found missing."""

    sku: str
    quantity: Quantity
    base_quantity: Decimal
    condition: str
    """The vendor's own word, such as OK."""
    has_arrived: bool = True
    lot: str = ""
    serial: str = ""
    expires_on: date | None = None


class ReceiptNotice(msgspec.Struct, frozen=True):
    """A purchase order as it stands over there, at one version.

    A part that was split off there names the id of what it was split from, and the reference that had.
    """

    external_id: str
    version: int
    reference: str
    status: FarReceiptStatus
    far_status: str
    lines: tuple[ReceiptNoticeLine, ...]
    parent_id: str = ""
    parent_reference: str = ""
    problems: tuple[str, ...] = ()
    received_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True)
class ReceiptPage:
    """Some notices, and the position that may be stored once they are booked."""

    notices: tuple[ReceiptNotice, ...]
    position: str


class ProductOutcome(msgspec.Struct, frozen=True):
    """What became of one exported product: `problem` is empty when the warehouse now knows it."""

    sku: str
    external_id: str = ""
    action: str = "unchanged"
    """created · updated · unchanged · refused"""
    problem: str = ""


class ProductNoticeUnit(msgspec.Struct, frozen=True, omit_defaults=True):
    """A unit of a product there, how many base units are in one of it, and what one of it measures, as far as known."""

    code: str
    base_quantity: Decimal
    name: str = ""
    barcode: str = ""
    length: Decimal | None = None
    width: Decimal | None = None
    height: Decimal | None = None
    weight: Decimal | None = None


class ProductNotice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A product as it stands over there. `base_unit` is empty when none of its units is worth exactly one.

    `size_unit` and `weight_unit` are the product's own, where the vendor says them; empty means the channel's setting.
    """

    external_id: str
    sku: str
    name: str
    base_unit: str
    units: tuple[ProductNoticeUnit, ...]
    active: bool = True
    size_unit: str = ""
    weight_unit: str = ""


@dataclass(frozen=True)
class ProductPage:
    """Some products, and the position that may be stored once they are booked."""

    notices: tuple[ProductNotice, ...]
    position: str


class CheckOffer(msgspec.Struct, frozen=True):
    """A value that would fit: what to call it, and the setting to put it into."""

    label: str
    field: str
    value: str


class CheckStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the connection checklist. `passed` is None when it was not reached."""

    name: str
    passed: bool | None
    detail: str
    field: str = ""
    """The setting to change, when one is to blame."""
    offers: tuple[CheckOffer, ...] = ()
    """What there is over there instead."""


@dataclass(frozen=True)
class CheckReport:
    """The connection checklist: it stops at the first step that fails."""

    steps: tuple[CheckStep, ...]

    @property
    def passed(self) -> bool:
        """Every step was reached and held."""
        return all(step.passed for step in self.steps)
