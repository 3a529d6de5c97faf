"""The resources of the API, as they are sent and as they are answered."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cartoncloud_simulator.openapi.shapes import (
    Address,
    Day,
    Id,
    Money,
    Named,
    NamedShown,
    ProductShown,
    Properties,
    Sent,
    Shown,
    Time,
    UnitShown,
    Words,
)


class UserInfo(Shown):
    id: Id
    name: str
    email: str
    tenants: list[dict[str, Any]]


class Customer(Shown):
    id: Id
    name: str


class NewCustomer(Sent):
    name: Words
    scope: Literal["CUSTOMER"] | None = None
    references: dict[str, Any] | None = None
    warehouses: list[Named] | None = None
    email: str | None = None
    telephone: str | None = None


class FullCustomer(Shown):
    id: Id
    name: str
    enabled: bool
    scope: str
    warehouses: list[NamedShown]
    references: dict[str, Any] | None = None
    email: str | None = None
    telephone: str | None = None


class Unit(Sent):
    base_qty: Annotated[float, Meta(gt=0)]
    name: Annotated[str, Meta(min_length=3, max_length=64)] | None = None
    weight: float | None = None
    volume: float | None = None
    length: float | None = None
    width: float | None = None
    height: float | None = None
    barcode: str | None = None
    is_directly_shippable: bool | None = None


class NewProduct(Sent):
    """`defaultUnitOfMeasure` is a key of `unitOfMeasures`."""

    scope: Literal["WAREHOUSE"]
    type: Words
    references: dict[str, Any]
    customer: Named
    name: Words
    default_unit_of_measure: Words
    unit_of_measures: Annotated[dict[str, Unit], Meta(min_length=1)]
    description: str | None = None
    details: dict[str, Any] | None = None
    item_property_requirements: dict[str, Any] | None = None
    notifications: list[dict[str, Any]] | None = None
    properties: Properties | None = None


class Product(Shown):
    """Dimensions from version 8, origin from version 7."""

    id: Id
    scope: str
    type: str
    references: dict[str, Any]
    customer: NamedShown
    name: str
    default_unit_of_measure: str
    unit_of_measures: dict[str, dict[str, Any]]
    timestamps: dict[str, Time]
    description: Any = None
    details: dict[str, Any] | None = None
    item_property_requirements: dict[str, Any] | None = None
    notifications: list[dict[str, Any]] | None = None
    properties: Properties | None = None


class PatchStep(msgspec.Struct):
    """A step of a JSON Patch."""

    op: Literal["add", "replace", "remove"]
    path: Annotated[str, Meta(pattern="^/")]
    value: Any = None


class LineDetails(Sent):
    product: Named
    unit_of_measure: dict[str, Any] | None = None
    approximate_unit_price: Money | None = None


class Measures(Sent):
    quantity: float


class NewLine(Sent):
    details: LineDetails
    measures: Measures
    properties: Properties | None = None
    status: str | None = None


class Collect(Sent):
    required_date: Day | None = None


class Deliver(Sent):
    address: Address
    method: dict[str, Any] | None = None
    instructions: str | None = None
    required_date: Day | None = None


class OutboundDetails(Sent):
    deliver: Deliver
    urgent: bool | None = None
    instructions: str | None = None
    collect: Collect | None = None
    invoice_value: Money | None = None
    allow_splitting: bool | None = None


class OrderReferences(Sent):
    customer: Words


class NewOutboundOrder(Sent):
    references: OrderReferences
    customer: Named
    details: OutboundDetails
    items: Annotated[list[NewLine], Meta(min_length=1)]
    type: Literal["OUTBOUND"] | None = None
    status: str | None = None
    warehouse: Named | None = None
    properties: Properties | None = None


class InboundDetails(Sent):
    urgent: bool | None = None
    instructions: str | None = None
    arrival_date: Day | None = None


class NewInboundOrder(Sent):
    references: OrderReferences
    customer: Named
    items: Annotated[list[NewLine], Meta(min_length=1)]
    type: Literal["INBOUND"] | None = None
    status: str | None = None
    warehouse: Named | None = None
    details: InboundDetails | None = None
    properties: Properties | None = None


class LineShownDetails(Shown):
    product: ProductShown
    unit_of_measure: UnitShown
    approximate_unit_price: dict[str, Any] | None = None


class Line(Shown):
    id: Id
    type: Literal["ITEM"]
    details: LineShownDetails
    measures: dict[str, Any]
    references: dict[str, Any] | None = None
    properties: Properties | None = None
    status: str | None = None


class _Order(Shown):
    id: Id
    status: str
    version: int
    references: dict[str, Any]
    customer: NamedShown
    warehouse: NamedShown
    details: dict[str, Any]


class OutboundOrder(_Order):
    type: Literal["OUTBOUND"]
    items: list[Line]
    timestamps: dict[str, Time]
    properties: Properties | None = None


class InboundOrder(_Order):
    type: Literal["INBOUND"]
    items: list[Line] | None = None
    timestamps: dict[str, Time] | None = None
    properties: Properties | None = None


class Consignment(_Order):
    type: Literal["CONSIGNMENT"]
    items: list[dict[str, Any]] | None = None
    measures: dict[str, Any] | None = None
    properties: Properties | None = None
    user: dict[str, Any] | None = None
    generated_from_task: dict[str, Any] | None = None
    are_charges_editable: bool | None = None
    source: str | None = None
    create_date: str | None = None
    last_modified: str | None = None


class Stop(Sent):
    """Without an address it is the depot."""

    address: Address | None = None
    instructions: str | None = None
    required_date: Day | None = None
    cash_payment_amount: Money | None = None


class ConsignmentDetails(Sent):
    type: Literal["DELIVERY", "DUPLICATE", "RETURNED", "PICKUP", "POINT_TO_POINT"] | None = None
    collect: Stop | None = None
    deliver: Stop | None = None
    invoice_value: Money | None = None
    authority_to_leave: bool | None = None
    authority_to_leave_instructions: str | None = None
    tracking: dict[str, Any] | None = None


class ItemMeasures(Sent):
    pallets: float | None = None
    weight: float | None = None
    cubic: float | None = None
    quantity: float | None = None
    spaces: float | None = None


class NewConsignmentItem(Sent):
    measures: ItemMeasures | None = None
    details: dict[str, Any] | None = None
    properties: Properties | None = None


class NewConsignment(Sent):
    references: OrderReferences
    customer: Named
    warehouse: Named | None = None
    details: ConsignmentDetails | None = None
    measures: dict[str, Any] | None = None
    properties: Properties | None = None
    items: list[NewConsignmentItem] | None = None


class ChangedConsignment(NewConsignment):
    status: str | None = None


class QuoteRequest(NewConsignment):
    task_date: Day | None = None


class Quote(Shown):
    rate_card: dict[str, Any]
    rate: dict[str, Any]
    charges: list[dict[str, Any]]


class Content(Sent):
    """`data` is base64."""

    name: Words
    data: Annotated[str, Meta(pattern="^([A-Za-z0-9+/]{4})+$")]


class NewDocument(Sent):
    type: Words
    content: Content


class NewOwnedDocument(NewDocument):
    owner: dict[str, Any]


class Document(Shown):
    id: Id
    type: str
    content: dict[str, Any] | None = None
    owner: dict[str, Any] | None = None


class NewTransportProduct(Sent):
    scope: Literal["TRANSPORT"]
    name: Words
    references: dict[str, Any] | None = None
    details: dict[str, Any] | None = None
    properties: Properties | None = None


class TransportProduct(Shown):
    id: Id
    scope: str
    name: str
    references: Any = None
    details: Any = None
    properties: Any = None
    enabled: Any = None


class ReportParameters(Sent):
    """`customer` is needed for stock; dates, customers and classes are for charges."""

    customer: Named | None = None
    customers: list[Named] | None = None
    date_filter: str | None = None
    from_date: Day | None = None
    to_date: Day | None = None
    charge_classes: list[str] | None = None
    warehouse: Named | None = None
    page_size: Annotated[int, Meta(ge=1)] | None = None
    aggregate_by: list[str] | None = None


class NewReportRun(Sent):
    type: Literal["STOCK_ON_HAND", "BULK_CHARGES"]
    parameters: ReportParameters


class ReportRun(Shown):
    """FAILED is a 200 as well."""

    id: Id
    type: str
    status: Literal["IN_PROCESS", "SUCCESS", "FAILED"]
    parameters: dict[str, Any]
    report_time: str | None = None
    items: list[dict[str, Any]] | None = None
    failure_details: list[dict[str, Any]] | None = None
