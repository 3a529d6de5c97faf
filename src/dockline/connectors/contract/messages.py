"""What we say to a warehouse. Plain frozen values; quantities are exact and carry their unit."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import msgspec


class Quantity(msgspec.Struct, frozen=True):
    """An exact number of one unit, such as 12 EA."""

    amount: Decimal
    unit: str


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a parcel goes. Every part is personal data; empty means not known."""

    company: str = ""
    contact: str = ""
    line_1: str = ""
    line_2: str = ""
    suburb: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    """ISO 3166 two-letter code."""
    phone: str = ""
    email: str = ""


class ShipmentMessageLine(msgspec.Struct, frozen=True):
    """One line to ship. `line_ref` comes back on what was shipped wherever the far side can carry it."""

    line_ref: str
    sku: str
    description: str
    quantity: Quantity
    base_quantity: Decimal
    """The same quantity in the product's base unit."""
    extra: Mapping[str, str] = {}
    """References by the vendor's property; filled only by the channel's reference mappings."""


class ShipmentMessage(msgspec.Struct, frozen=True):
    """An order for one warehouse. `reference` is unique for ever, short, and fixed before the first call."""

    reference: str
    order_number: str
    ship_to: Address
    lines: tuple[ShipmentMessageLine, ...]
    carrier: str = ""
    """In the vendor's words, like the service: the channel's carrier mappings have translated them."""
    service: str = ""
    ship_on: date | None = None
    deliver_by: date | None = None
    instructions: str = ""
    extra: Mapping[str, str] = {}
    """References by the vendor's property; filled only by the channel's reference mappings."""


class PurchaseMessageLine(msgspec.Struct, frozen=True):
    """One line that will arrive: of one lot, and with a serial number of at most one piece."""

    sku: str
    quantity: Quantity
    base_quantity: Decimal
    """The same quantity in the product's base unit."""
    lot: str = ""
    serial: str = ""
    expires_on: date | None = None


class PurchaseMessage(msgspec.Struct, frozen=True):
    """What will arrive from a supplier. `reference` is unique for ever, short, and fixed before the first call."""

    reference: str
    order_number: str
    lines: tuple[PurchaseMessageLine, ...]
    supplier: str = ""
    arrival_on: date | None = None
    instructions: str = ""


# Hub and connectors both read these back. msgspec gathers what it must know of a type at its first use, and two threads
# at once there end the process: so it happens here, once.
for _message in (Address, ShipmentMessage, PurchaseMessage):
    msgspec.json.Decoder(_message)


class ProductUnit(msgspec.Struct, frozen=True):
    """A unit of measure of one product: how many base units are in one of it, and what one of it measures.

    The numbers are in the units the message names; None is not known here, and nothing over there is to change.
    """

    code: str
    base_quantity: Decimal
    name: str = ""
    barcode: str = ""
    length: Decimal | None = None
    width: Decimal | None = None
    height: Decimal | None = None
    weight: Decimal | None = None


class ProductMessage(msgspec.Struct, frozen=True):
    """A product the warehouse must know before it can be ordered. `base_unit` is one of `units`.

    `size_unit` and `weight_unit` are what the channel measures in, such as `cm` and `kg`.
    """

    sku: str
    name: str
    base_unit: str
    units: tuple[ProductUnit, ...]
    active: bool = True
    size_unit: str = ""
    weight_unit: str = ""
