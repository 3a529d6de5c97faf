"""What a connector may be able to do: one small protocol per ability.

A connector implements the protocols it declares and no others; nothing exists only to say "not implemented". Every
method raises the seven errors of `errors` and nothing else, never retries (one token refresh excepted), opens no
socket but the runtime's, and may be called from several threads at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from dockline.connectors.contract import messages, notices


class Capability(StrEnum):
    """The abilities, named as on the buttons."""

    CHECK = "check"
    EXPORT_SHIPMENTS = "export_shipments"
    CANCEL_SHIPMENTS = "cancel_shipments"
    RECEIVE_SHIPMENTS = "receive_shipments"
    LIST_SHIPMENTS = "list_shipments"
    RECEIVE_INVENTORY = "receive_inventory"
    RECEIVE_RECEIPTS = "receive_receipts"
    EXPORT_PURCHASES = "export_purchases"
    CANCEL_PURCHASES = "cancel_purchases"
    LIST_PURCHASES = "list_purchases"
    EXPORT_PRODUCTS = "export_products"
    IMPORT_PRODUCTS = "import_products"


@runtime_checkable
class Checks(Protocol):
    """Mandatory: says who we are over there and what is missing."""

    def check(self) -> notices.CheckReport:
        """Go through the connection step by step and stop at the first that fails. Never raises a contract error.

        What it asks changes nothing over there.
        """


@runtime_checkable
class ExportsShipments(Protocol):
    """Send, find and read belong together: without *find* a lost answer cannot be settled."""

    def export_shipment(self, message: messages.ShipmentMessage) -> notices.ShipmentNotice:
        """Send once, and return the shipment as the far side now has it, refused or altered lines included.

        Raises `Refused` with `already_there` when the reference is known there; `OutcomeUnknown` when no answer came.
        """

    def find_shipments(self, references: Sequence[str]) -> Mapping[str, tuple[notices.ShipmentNotice, ...]]:
        """Look for shipments by exactly these references, rejected ones included, all pages read.

        Every asked reference is a key of the answer; an empty tuple is a clean "not there". An answer that could not
        be read completely raises.
        """

    def read_shipment(self, external_id: str) -> notices.ShipmentNotice | None:
        """Read one shipment back with its packages, or None when the far side no longer has it."""


@runtime_checkable
class CancelsShipments(Protocol):
    """Takes a shipment back, as long as the far side lets us."""

    def cancel_shipment(self, external_id: str) -> notices.CancelAnswer:
        """Ask once to cancel a shipment: done when it is no longer there, or too late, in the far side's words.

        Asking again for one that is gone is done too. Raises `OutcomeUnknown` when no answer came: read it then.
        """


@runtime_checkable
class ReceivesShipments(Protocol):
    """Brings back what the warehouse did."""

    def receive_shipments(self, position: str) -> Iterator[notices.ShipmentPage]:
        """Read everything that changed since `position` ("" = from the start), page by page.

        The same notice may come again; none is left out. A page's position is safe to store once its notices are.
        """


@runtime_checkable
class ListsShipments(Protocol):
    """Shows all it has, so that it can be compared with our books."""

    def list_shipments(self, since: datetime) -> Iterator[tuple[notices.ShipmentNotice, ...]]:
        """Read every shipment that changed since then, page by page: whoever sent it, rejected ones included.

        Packages may be left out. None is left out or told twice; raises, now or while pages are read, unless all were.
        """


@runtime_checkable
class ReceivesInventory(Protocol):
    """Brings back stock."""

    def receive_inventory(self, *, by_lot: bool) -> notices.InventoryReport:
        """Ask for all stock, `by_lot` where it can be told by lot and expiry date, else by neither.

        Waits until it is there. Raises, now or while its pages are read, unless the report is complete.
        """

    def unit_sizes(self, skus: Sequence[str]) -> Mapping[str, Mapping[str, Decimal]]:
        """For each of these SKUs that is known there: its units, and how many of its base units are in one of each."""


@runtime_checkable
class ReceivesReceipts(Protocol):
    """Brings back what arrived at the warehouse."""

    def receive_receipts(self, position: str) -> Iterator[notices.ReceiptPage]:
        """Read every purchase order that changed there since `position` ("" = from the start), page by page.

        The same notice may come again; none is left out. A page's position is safe to store once its notices are.
        """


@runtime_checkable
class ExportsPurchases(Protocol):
    """Announces what was ordered from suppliers. As with shipments, *send* and *find* belong together."""

    def export_purchase(self, message: messages.PurchaseMessage) -> notices.ReceiptNotice:
        """Send once, and return the purchase order as the far side now has it, refused or altered lines included.

        Raises `Refused` with `already_there` when the reference is known there; `OutcomeUnknown` when no answer came.
        """

    def find_purchases(self, references: Sequence[str]) -> Mapping[str, tuple[notices.ReceiptNotice, ...]]:
        """Look for purchase orders by exactly these references, rejected ones included, all pages read.

        Every asked reference is a key of the answer; an empty tuple is a clean "not there". An answer that could not
        be read completely raises.
        """


@runtime_checkable
class CancelsPurchases(Protocol):
    """Takes back what was announced, as long as the warehouse lets go of it."""

    def cancel_purchase(self, external_id: str) -> notices.CancelAnswer:
        """Ask once to cancel a purchase order, as `cancel_shipment` does a shipment."""


@runtime_checkable
class ListsPurchases(Protocol):
    """Shows all purchase orders it has, so that they can be compared with our books when the shipments are."""

    def list_purchases(self, since: datetime) -> Iterator[tuple[notices.ReceiptNotice, ...]]:
        """Read every purchase order that changed since then, page by page: whoever sent it, rejected ones included.

        Some that changed before may be among them. None is left out or told twice; raises, now or while pages are
        read, unless all were.
        """


@runtime_checkable
class ExportsProducts(Protocol):
    """Makes products known to the warehouse."""

    def export_products(self, products: Sequence[messages.ProductMessage]) -> Iterator[notices.ProductOutcome]:
        """Create what is missing and change what differs; one outcome for each product, refusals included.

        Doing it again changes nothing.
        """


@runtime_checkable
class ImportsProducts(Protocol):
    """Brings back the warehouse's products, for accounts whose master it is."""

    def import_products(self, position: str) -> Iterator[notices.ProductPage]:
        """Read every product that changed since `position` ("" = all of them), deactivated ones included, page by page.

        The same notice may come again; none is left out. A page's position is safe to store once its notices are.
        """

    def find_products(self, skus: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Return for each SKU the ids of all products that have exactly it now, deactivated ones included."""


PROTOCOLS: Mapping[Capability, type] = {
    Capability.CHECK: Checks,
    Capability.EXPORT_SHIPMENTS: ExportsShipments,
    Capability.CANCEL_SHIPMENTS: CancelsShipments,
    Capability.RECEIVE_SHIPMENTS: ReceivesShipments,
    Capability.LIST_SHIPMENTS: ListsShipments,
    Capability.RECEIVE_INVENTORY: ReceivesInventory,
    Capability.RECEIVE_RECEIPTS: ReceivesReceipts,
    Capability.EXPORT_PURCHASES: ExportsPurchases,
    Capability.CANCEL_PURCHASES: CancelsPurchases,
    Capability.LIST_PURCHASES: ListsPurchases,
    Capability.EXPORT_PRODUCTS: ExportsProducts,
    Capability.IMPORT_PRODUCTS: ImportsProducts,
}
