"""CartonCloud's own words, as far as we read them. Unknown fields are ignored; what may be absent is optional.

Empty and zero properties are left out of answers freely (CartonCloud API notes, section 4.4).
"""

from decimal import Decimal
from typing import Annotated, Any

import msgspec

from dockline.connectors.toolkit import json

Identifier = Annotated[str, msgspec.Meta(max_length=100)]
"""What a thing is called there; a longer one could not be kept, and a cut one would be another's."""

Word = Annotated[str, msgspec.Meta(max_length=60)]
"""A status."""


class _Struct(msgspec.Struct, rename="camel", kw_only=True, omit_defaults=True):
    pass


class Named(_Struct):
    """A customer, warehouse, product or tenant as it is embedded elsewhere."""

    id: Identifier = ""
    name: str | None = None


class References(_Struct):
    """The references of an order, a consignment or a product."""

    customer: str | None = None
    tracking: str | None = None
    code: str | None = None


class Timestamp(_Struct):
    """An instant with the warehouse's offset."""

    time: str | None = None


class Timestamps(_Struct):
    """When an order was last changed, packed and dispatched."""

    created: Timestamp | None = None
    modified: Timestamp | None = None
    verified: Timestamp | None = None
    packed: Timestamp | None = None
    dispatched: Timestamp | None = None


class ErrorReference(_Struct):
    """Something wrong with a rejected order."""

    message: str = ""
    is_resolved: bool = False


class OrderDetails(_Struct):
    """The part of an order's details we read."""

    errors: list[ErrorReference] | None = None


class InboundDetails(_Struct):
    """The part of a purchase order's details we read."""

    errors: list[ErrorReference] | None = None
    parent_id: Identifier | None = None


class ItemProduct(_Struct):
    """A product as an item names it."""

    id: Identifier = ""
    name: str | None = None
    references: References | None = None


class UnitOfMeasure(_Struct):
    """A unit as an item names it."""

    type: str = ""
    name: str | None = None


class ItemDetails(_Struct):
    """What an item is of."""

    product: ItemProduct | None = None
    unit_of_measure: UnitOfMeasure | None = None


class Measures(_Struct, json.Measured):
    """How much; a missing measure is zero."""

    quantity: Decimal | None = None
    quantity_free: Decimal | None = None
    quantity_incoming: Decimal | None = None


class Item(_Struct):
    """An allocation line of an order or a row of the stock report."""

    id: Identifier = ""
    details: ItemDetails | None = None
    measures: Measures | None = None
    properties: dict[str, Any] | None = None


class OutboundOrder(_Struct):
    """A sale order."""

    id: Identifier
    status: Word
    version: int = 0
    references: References | None = None
    customer: Named | None = None
    warehouse: Named | None = None
    details: OrderDetails | None = None
    items: list[Item] | None = None
    timestamps: Timestamps | None = None


class InboundItem(Item):
    """A line of a purchase order; its status says in which condition the goods are."""

    status: Word = ""


class InboundOrder(_Struct):
    """What CartonCloud calls a purchase order."""

    id: Identifier
    status: Word
    version: int = 0
    references: References | None = None
    customer: Named | None = None
    warehouse: Named | None = None
    details: InboundDetails | None = None
    items: list[InboundItem] | None = None
    timestamps: Timestamps | None = None


class Tracking(_Struct):
    """The carrier of a consignment, spelled in one of two ways."""

    company_name: str | None = None
    company: str | None = None
    url: str | None = None


class ConsignmentDetails(_Struct):
    """The part of a consignment's details we read."""

    tracking: Tracking | None = None


class Consignment(_Struct):
    """What CartonCloud calls a shipment: one parcel or fulfilment of an order."""

    id: Identifier
    status: Word = ""
    version: int = 0
    references: References | None = None
    customer: Named | None = None
    details: ConsignmentDetails | None = None
    properties: dict[str, Any] | None = None
    generated_from_task: Named | None = None


class ProductUnit(_Struct, json.Measured):
    """One unit of a product's map of units. Length, width and height exist from version 8 of the API on."""

    base_qty: Decimal | None = None
    name: str | None = None
    barcode: str | None = None
    length: Decimal | None = None
    width: Decimal | None = None
    height: Decimal | None = None
    weight: Decimal | None = None


class ProductDetails(_Struct):
    """The part of a product's details we read."""

    active: bool | None = None


class Product(_Struct):
    """A warehouse product."""

    id: Identifier
    name: str | None = None
    references: References | None = None
    customer: Named | None = None
    details: ProductDetails | None = None
    default_unit_of_measure: str | None = None
    unit_of_measures: dict[str, ProductUnit] | None = None
    timestamps: Timestamps | None = None


class UserInfo(_Struct):
    """Who our credentials are."""

    name: str | None = None
    tenants: list[Named] | None = None


class FailureDetail(_Struct):
    """Why a report failed."""

    message: str = ""
    field: str | None = None


class ReportParameters(_Struct):
    """The parameters a report really ran with."""

    page_size: int | None = None
    warehouse: Named | None = None
    customer: Named | None = None


class ReportGlance(_Struct):
    """A page of a report with its rows as they are written."""

    id: str
    status: str
    items: list[msgspec.Raw] | None = None


class ReportRun(_Struct):
    """A report, being made or done."""

    id: Identifier
    status: Word
    parameters: ReportParameters | None = None
    items: list[Item] | None = None
    failure_details: list[FailureDetail] | None = None
