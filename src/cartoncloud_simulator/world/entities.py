"""The things a tenant holds, exactly as the journal keeps them."""

from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, NamedTuple

from msgspec import Raw, Struct, field

from cartoncloud_simulator.world.filing import Document
from cartoncloud_simulator.world.inbound import InboundOrder
from cartoncloud_simulator.world.quantities import ZERO
from cartoncloud_simulator.world.transport import DeliveryRun, Driver, Manifest, RunSheet, TransportProduct

ROLES = (
    "WMS Create Job",
    "WMS Add Product",
    "WMS Edit Product",
    "TMS Create Job",
    "TMS View Job",
    "TMS Add/Edit Product",
    "Add Customer",
    "Internal Field Access",
)


ClockMode = Literal["real", "frozen", "fast", "stepped"]


class Dial(Struct, tag="clock"):
    """How simulated time passes: `speed` seconds a second since `machine_time`, when it was `moment`."""

    mode: ClockMode
    moment: float
    machine_time: float
    speed: float = 1.0
    step_seconds: float = 1.0


CONSIGNMENT_STATUSES = (
    "AWAITING_PICKUP",
    "AWAITING_POINT_TO_POINT_PICKUP",
    "AWAITING_SALE_ORDER_PACKING",
    "AWAITING_DROPOFF",
    "IN_TRANSIT_PICKUP_WAREHOUSE",
    "IN_WAREHOUSE",
    "WITH_ON_FORWARDER",
    "IN_TRANSIT_WAREHOUSE_DELIVERY",
    "IN_TRANSIT_PICK_DELIVERY",
    "COLLECTED",
    "DELIVERED",
    "POINT_TO_POINT_DELIVERED",
    "CANCELLED",
)


StandingName = Literal["script", "storm", "crew"]
WebhookStyle = Literal["none", "header", "bearer", "query"]


class Subscription(Struct, tag="webhook", omit_defaults=True):
    """Where one kind of document is sent, and how the sender shows who it is."""

    entity: str
    url: str
    style: WebhookStyle = "none"
    name: str = ""
    secret: str = ""
    omitted: tuple[str, ...] = ()


class Tenant(Struct, tag="tenant"):
    id: str
    name: str
    slug: str
    signing_key: str


class Client(Struct, tag="client", omit_defaults=True):
    """An API client; no list of customers or warehouses means all of them."""

    id: str
    secret: str
    name: str
    roles: list[str]
    customer_ids: list[str] | None = None
    warehouse_ids: list[str] | None = None
    generation: int = 1
    internal: bool = True


class Warehouse(Struct, tag="warehouse"):
    id: str
    name: str
    timezone: str
    address: dict[str, Any]


class Customer(Struct, tag="customer", omit_defaults=True):
    id: str
    name: str
    code: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)


class Selection(NamedTuple):
    """How a product's stock is chosen."""

    method: str
    minimises_storage: bool
    is_strict: bool
    threshold_days: int


_FEFO = Selection("FEFO", minimises_storage=False, is_strict=False, threshold_days=0)


class Product(Struct, tag="product", omit_defaults=True, dict=True):
    """A warehouse product; `document` is what was stored, without id, customer and timestamps.

    A changed product is a new one, so what every order line asks of the document is read from it once.
    """

    id: str
    seq: int
    customer_id: str
    code: str
    document: dict[str, Any]
    created_at: int
    modified_at: int

    @cached_property
    def name(self) -> str:
        return str(self.document.get("name", ""))

    @cached_property
    def active(self) -> bool:
        details = self.document.get("details")
        return not isinstance(details, dict) or details.get("active") is not False

    @cached_property
    def units(self) -> dict[str, dict[str, Any]]:
        units: dict[str, dict[str, Any]] = self.document["unitOfMeasures"]
        return units

    @cached_property
    def default_unit(self) -> str:
        return str(self.document["defaultUnitOfMeasure"])

    @cached_property
    def unit_sizes(self) -> dict[str, Decimal]:
        """How many base units one of each unit is."""
        return {code: Decimal(unit["baseQty"]) for code, unit in self.units.items()}

    @cached_property
    def base_unit(self) -> str:
        """The unit worth exactly one; the default unit where none is."""
        return next((code for code, size in self.unit_sizes.items() if size == 1), self.default_unit)

    @cached_property
    def selection(self) -> Selection:
        """What the product says about its stock; FEFO where it says nothing known."""
        details = self.document.get("details")
        selection = details.get("stockSelection") if isinstance(details, dict) else None
        if not isinstance(selection, dict):
            return _FEFO
        method, threshold = selection.get("method"), selection.get("expiryThresholdDays")
        minimises = "MINIMISE_STORAGE" in (method, selection.get("secondaryMethod"))
        return Selection(
            method=method if method in ("FEFO", "FIFO", "LIFO", "MINIMISE_STORAGE") else "FEFO",
            minimises_storage=minimises,
            is_strict=selection.get("strict") is True,
            threshold_days=threshold if isinstance(threshold, int) else 0,
        )


class Lot(Struct, tag="lot", omit_defaults=True):
    """One stock record, in base units: so much of one product in one state; `inbound_status` is its order's."""

    id: str
    seq: int
    customer_id: str
    warehouse_id: str
    product_id: str
    on_hand: Decimal
    allocated: Decimal = ZERO
    status: str = "OK"
    expiry: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    location: str = "RECV-01"
    initial: Decimal | None = None
    inbound_order_id: str | None = None
    inbound_status: str = "ALLOCATED"
    received_at: int = 0

    @property
    def free(self) -> Decimal:
        return self.on_hand - self.allocated


class LotLevel(Struct, tag="level", gc=False):
    """A lot's new level, without the rest of it."""

    id: str
    on_hand: Decimal
    allocated: Decimal


class Item(Struct, omit_defaults=True, gc=False):
    """One allocation line; without a lot it waits for stock."""

    id: str
    numeric_id: int
    line: int
    product_id: str
    unit: str
    unit_size: Decimal
    quantity: Decimal
    lot_id: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    price: dict[str, Any] | None = None
    returned: Decimal = ZERO

    @property
    def base(self) -> Decimal:
        return self.quantity * self.unit_size


class RequestedLine(Struct, omit_defaults=True, gc=False):
    """One line as the caller asked for it."""

    code: str | None
    quantity: str
    unit: str | None
    base_quantity: Decimal | None = None
    line_ref: str | None = None
    product_id: str | None = None
    constraints: dict[str, Any] = field(default_factory=dict)


class Order(Struct, tag="order", omit_defaults=True, gc=False):
    # What is kept by the hundred thousand has no cycles and is passed over when garbage is collected.
    id: str
    numeric_id: int
    seq: int
    client_id: str
    customer_id: str
    warehouse_id: str
    status: str
    references: dict[str, Any]
    details: dict[str, Any]
    created_at: int
    modified_at: int
    visible_at: float
    version: int = 1
    properties: dict[str, Any] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    requested: list[RequestedLine] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    packed_at: int | None = None
    dispatched_at: int | None = None
    stock_taken: bool = False
    warnings: list[str] = field(default_factory=list)
    sent_lines: list[dict[str, Any]] = field(default_factory=list)
    parent_id: str | None = None
    origin: str = ""
    planned: list[Item] = field(default_factory=list)

    @property
    def reference(self) -> str:
        return str(self.references["customer"])


class OrderProgress(Struct, tag="progress", omit_defaults=True, gc=False):
    """An order's new status, without its lines."""

    id: str
    status: str
    version: int
    modified_at: int
    packed_at: int | None = None
    dispatched_at: int | None = None
    stock_taken: bool = False


class Consignment(Struct, tag="consignment", omit_defaults=True):
    id: str
    numeric_id: int
    seq: int
    customer_id: str
    warehouse_id: str
    order_id: str | None
    status: str
    references: dict[str, Any]
    details: dict[str, Any]
    created_at: int
    modified_at: int
    version: int = 1
    properties: dict[str, Any] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    measures: dict[str, Any] = field(default_factory=dict)
    source: str = "WMS"
    driver_id: str | None = None
    delivery_run_id: str | None = None
    run_sheet_id: str | None = None
    manifest_id: str | None = None
    on_approved_invoice: bool = False

    @property
    def is_fulfilment(self) -> bool:
        return self.details.get("type") == "WAREHOUSE_FULFILMENT"


class ReportRun(Struct, tag="report", omit_defaults=True):
    id: str
    client_id: str
    parameters: dict[str, Any]
    customer_id: str
    warehouse_id: str
    due_at: float
    expires_at: float
    status: str = "IN_PROCESS"
    completed_at: int | None = None
    items: list[Raw] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    report: str = "STOCK_ON_HAND"
    customer_ids: list[str] = field(default_factory=list)


class SettingsSaved(Struct, tag="settings"):
    values: dict[str, Any]


class Standing(Struct, tag="standing"):
    """What somebody was told to go on doing, as they write it themselves."""

    who: StandingName
    told: Raw


class Gone(Struct, tag="gone"):
    """An entity that no longer exists."""

    kind: str
    id: str


class LedgerMark(Struct, tag="ledger"):
    """How far the ledger had been written when this transaction was."""

    seq: int


Change = (
    Tenant
    | Client
    | Warehouse
    | Customer
    | Product
    | Lot
    | LotLevel
    | Order
    | OrderProgress
    | InboundOrder
    | Consignment
    | TransportProduct
    | Driver
    | DeliveryRun
    | RunSheet
    | Manifest
    | Document
    | ReportRun
    | SettingsSaved
    | Dial
    | Standing
    | Subscription
    | Gone
    | LedgerMark
)
