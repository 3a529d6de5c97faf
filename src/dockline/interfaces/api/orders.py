"""Sales orders: placed once however often they are sent, and read with their shipments and tracking."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import AfterValidator, Field

from dockline.domain.dispatches.rules import DispatchState, WishPurpose, WishState
from dockline.domain.orders import queries as orders
from dockline.domain.orders import staging
from dockline.domain.orders.changing import OrderContent, WantedLine
from dockline.domain.orders.queries import OrderDetail, UnknownOrder
from dockline.domain.orders.rules import OrderId, OrderStatus
from dockline.domain.shipments import listing
from dockline.domain.shipments.listing import OrderFilter
from dockline.domain.shipments.rules import ShipmentStatus
from dockline.flows.data.order_cells import LONGEST_REFERENCES
from dockline.flows.outbound import cancel, change, on_hold, place_given
from dockline.flows.outbound.place_given import NewLine, NewOrder
from dockline.interfaces.api.access import account_meant, actor_of, opens, scope_of
from dockline.interfaces.api.errors import answers
from dockline.interfaces.api.shapes import (
    Asked,
    Day,
    Exact,
    In,
    Instant,
    Line,
    Lines,
    Name,
    Out,
    Page,
    Paging,
    Quantity,
    page_of,
)
from dockline.kit.errors import Conflict

router = Router(tags=["Sales orders"])

MOST_LINES = 1000
LARGEST_ID = 2**62


def _fits_a_cell(texts: dict[str, str]) -> dict[str, str]:
    # As in a table, so that what is exported can be imported again.
    if len(staging.write_texts(texts)) > LONGEST_REFERENCES:
        raise ValueError(f"Written as JSON, these have more than {LONGEST_REFERENCES:,} characters")
    return texts


Texts = Annotated[
    dict[Annotated[Name, Field(max_length=100)], Annotated[Lines, Field(max_length=1000)]],
    AfterValidator(_fits_a_cell),
]
Amount = Annotated[Exact, Field(max_digits=20, decimal_places=6)]


class AddressIn(In):
    """Where an order goes. Its fields stand in the order in which an address is kept."""

    company: Line = Field(default="", max_length=200)
    contact: Line = Field(default="", max_length=200)
    line_1: Name = Field(max_length=200)
    line_2: Line = Field(default="", max_length=200)
    suburb: Line = Field(default="", max_length=200)
    city: Name = Field(max_length=200)
    state: Line = Field(default="", max_length=100)
    postcode: Line = Field(default="", max_length=100)
    country: str = Field(pattern="^[A-Z]{2}$", description="Two letters, such as AU.")
    phone: Line = Field(default="", max_length=100)
    email: Line = Field(default="", max_length=100)


class LineIn(In):
    """One thing wanted. Without a `unit`, in the base unit; lines have all a `number` or none."""

    sku: Name = Field(max_length=100)
    quantity: Amount = Field(gt=0, lt=10**14)
    unit: Line = Field(default="", max_length=20)
    description: Lines = Field(default="", max_length=500)
    unit_price: Amount | None = Field(default=None, ge=0, lt=10**14)
    number: int | None = Field(default=None, ge=1, le=2_147_483_647)
    references: Texts = {}


class OrderIn(In):
    """A sales order. The same again, byte for byte, is the same order."""

    account_id: int | None = Field(default=None, description="May be left out with the key of one account.")
    number: Name = Field(max_length=100)
    placed_at: Instant
    customer: Line = Field(
        default="",
        max_length=100,
        description="A customer's code: name, address and references that are left out are taken from there, once.",
    )
    customer_name: Line = Field(default="", max_length=200)
    customer_reference: Line = Field(default="", max_length=100)
    ship_to: AddressIn | None = Field(default=None, description="May be left out with a customer.")
    carrier: Line = Field(default="", max_length=100)
    service: Line = Field(default="", max_length=100)
    currency: str = Field(default="", pattern="^([A-Z]{3})?$")
    ship_on: Day | None = None
    deliver_by: Day | None = None
    instructions: Lines = Field(default="", max_length=5000)
    cancel_after: Instant | None = Field(default=None, description="What has not shipped then is cancelled.")
    requested_warehouse_id: int | None = Field(
        default=None,
        ge=1,
        le=LARGEST_ID,
        description="The one warehouse that shall ship it: what is short there waits, and goes from no other.",
    )
    references: Texts = {}
    lines: list[LineIn] = Field(min_length=1, max_length=MOST_LINES)


class OrderLine(Out):
    """One line: `quantity` in `unit`, the other quantities in `base_unit`.

    Of a bundle that was allocated the components follow as lines that are `part_of` it, by its number. `loose` is what
    of them has shipped beyond whole bundles.
    """

    id: int
    number: int
    sku: str
    description: str
    quantity: Quantity
    unit: str
    base_unit: str
    ordered: Quantity
    shipped: Quantity
    cancelled: Quantity
    remaining: Quantity
    references: dict[str, str]
    is_bundle: bool
    part_of: int | None
    loose: Quantity


class Package(Out):
    """A parcel with its tracking."""

    carrier: str
    service: str
    tracking_number: str
    tracking_url: str


class Lot(Out):
    """A lot or serial number that shipped."""

    lot: str
    serial: str
    expires_on: date | None
    quantity: Quantity


class ShipmentLine(Out):
    """What a shipment carries of an order line, in the base unit."""

    order_line_id: int
    sku: str
    unit: str
    quantity: Quantity
    shipped: Quantity
    instead_of: str
    lots: list[Lot]


class Wish(Out):
    """What a warehouse was asked about a shipment, and what it said: to let go of it, for a `purpose`.

    `asked` until the `deadline`, then `accepted`, `refused` or `expired`.
    """

    purpose: WishPurpose
    state: WishState
    asked_by: str
    asked_at: datetime
    deadline: datetime
    answered_at: datetime | None
    reason: str


class Surplus(Out):
    """What shipped beyond what was asked, in the base unit; other goods when it `is_ordered` not."""

    sku: str
    quantity: Quantity
    is_ordered: bool


class Shipment(Out):
    """The part of an order that goes to one warehouse. `reference` is what the warehouse knows it by."""

    id: int
    reference: str
    channel_id: int
    warehouse_name: str
    status: ShipmentStatus
    dispatch: DispatchState
    needs_person: bool
    reason: str
    far_status: str
    created_at: datetime
    confirmed_at: datetime | None
    shipped_at: datetime | None
    wish: Wish | None
    surplus: list[Surplus]
    packages: list[Package]
    lines: list[ShipmentLine]


class Hold(Out):
    """That somebody has an order on hold, perhaps `until` a moment: nothing of it is allocated or sent."""

    since: datetime
    by: str
    reason: str
    until: datetime | None


class HoldIn(In):
    """Why an order is put on hold. With `ask_warehouse`, a warehouse that has some of it is asked to give it back."""

    reason: Name = Field(max_length=300)
    until: Instant | None = None
    ask_warehouse: bool = False


class AddressPatch(In):
    """The parts of an address that shall be others; an empty text takes a part away."""

    company: Line = Field(default="", max_length=200)
    contact: Line = Field(default="", max_length=200)
    line_1: Line = Field(default="", max_length=200)
    line_2: Line = Field(default="", max_length=200)
    suburb: Line = Field(default="", max_length=200)
    city: Line = Field(default="", max_length=200)
    state: Line = Field(default="", max_length=100)
    postcode: Line = Field(default="", max_length=100)
    country: Line = Field(default="", max_length=2)
    phone: Line = Field(default="", max_length=100)
    email: Line = Field(default="", max_length=100)


class LinePatch(In):
    """A line by its `number`, or a new one by its `sku`. `quantity` 0 takes away a line of which nothing shipped."""

    number: int | None = Field(default=None, ge=1, le=2_147_483_647)
    sku: Line = Field(default="", max_length=100)
    quantity: Amount = Field(ge=0, lt=10**14)
    unit: Line = Field(default="", max_length=20)


class OrderPatch(In):
    """What shall be different of an order, as it was seen at `version`. What is left out stays as it is."""

    version: int
    customer_name: Line = Field(default="", max_length=200)
    customer_reference: Line = Field(default="", max_length=100)
    ship_to: AddressPatch = AddressPatch()
    carrier: Line = Field(default="", max_length=100)
    service: Line = Field(default="", max_length=100)
    ship_on: Day | None = None
    deliver_by: Day | None = None
    instructions: Lines = Field(default="", max_length=5000)
    cancel_after: Instant | None = None
    requested_warehouse_id: int | None = Field(
        default=None, ge=1, le=LARGEST_ID, description="The one warehouse that shall ship it; null for any."
    )
    lines: list[LinePatch] = Field(default=[], max_length=MOST_LINES)

    def put_on(self, before: OrderContent) -> OrderContent:
        """The content that is meant."""
        given = {name: getattr(self, name) for name in self.model_fields_set - {"version", "lines", "ship_to"}}
        ship_to = dict(before.header.ship_to) | self.ship_to.model_dump(exclude_unset=True)
        header = replace(before.header, **given, ship_to={name: text for name, text in ship_to.items() if text})
        skus = {line.number: line.sku for line in before.lines}
        lines = [
            WantedLine(line.number, line.sku or skus.get(line.number, ""), line.quantity, line.unit)
            for line in self.lines
        ]
        return OrderContent(header, tuple(lines))


class Difference(Out):
    """One thing that a change is about, as people read it."""

    field: str
    label: str
    before: str
    after: str


class Change(Out):
    """A change that a warehouse was asked to make room for.

    `asked` until the `deadline`, then `accepted`, `refused` or `expired`; nothing is changed before it is accepted.
    """

    state: WishState
    asked_by: str
    asked_at: datetime
    deadline: datetime
    answered_at: datetime | None
    reason: str
    differences: list[Difference]


class Order(Out):
    """A sales order with its lines and shipments.

    `cancel_asked_at` is since when nothing more of it shall go; what a warehouse says to that is a shipment's `wish`.
    """

    id: int
    account_id: int
    number: str
    status: OrderStatus
    placed_at: datetime
    customer_name: str
    customer_reference: str
    ship_to: dict[str, str]
    carrier: str
    service: str
    references: dict[str, str]
    ship_on: date | None
    deliver_by: date | None
    instructions: str
    source: str
    is_backordered: bool
    waiting_reason: str
    hold: Hold | None
    cancel_asked_at: datetime | None
    cancel_asked_by: str
    version: int
    cancel_after: datetime | None
    requested_warehouse_id: int | None
    requested_warehouse_name: str
    change: Change | None
    created_at: datetime
    closed_at: datetime | None
    lines: list[OrderLine]
    shipments: list[Shipment]


class OrderRow(Out):
    """One order in a list."""

    id: int
    account_name: str
    number: str
    customer_reference: str
    customer_name: str
    placed_at: datetime
    status: OrderStatus
    is_backordered: bool
    is_on_hold: bool
    needs_person: bool
    reason: str
    units: Quantity
    channel_names: list[str]
    tracking_numbers: list[str]


class OrdersWanted(Paging):
    """Which orders are wanted; `on_hold` leaves those that are.

    `text` is part of a number, a name, a reference or a tracking number.
    """

    status: OrderStatus | None = None
    on_hold: bool = False
    text: Line = Field(default="", max_length=200)


class NumberWanted(Asked):
    """The order of exactly this number; an organization's key may have to say whose."""

    number: Line = Field(max_length=100)
    account_id: int | None = None


@router.post("/sales-orders", response=answers(Order, 200, 201))
def place_order(request: HttpRequest, new: OrderIn) -> Any:
    """Place an order: 201. The same content again changes nothing: 200. Other content under its number: 409."""
    account_id = account_meant(request, new.account_id)
    actor = actor_of(request)
    accepted = place_given.place_order(
        _order(new, account_id), account_id=account_id, source=actor, actor=actor, now=timezone.now()
    )
    return Status(201 if accepted.is_new else 200, _with_shipments(orders.get_order(accepted.order_id)))


@router.get("/sales-orders", response=answers(Page[OrderRow]))
def list_orders(request: HttpRequest, wanted: Query[OrdersWanted]) -> Any:
    """List orders, newest first."""
    which = OrderFilter(account_id=scope_of(request), text=wanted.text, on_hold=wanted.on_hold)
    return page_of(listing.list_orders(which, tab=wanted.status or "", **wanted.window), wanted)


@router.get("/sales-orders/by-number", response=answers(Order))
def find_order(request: HttpRequest, wanted: Query[NumberWanted]) -> Any:
    """Show the order of a number."""
    account_id = scope_of(request) if wanted.account_id is None else account_meant(request, wanted.account_id)
    found = orders.list_order_ids_numbered(wanted.number, account_id=account_id)
    if not found:
        raise UnknownOrder(field="number")
    if len(found) > 1:
        raise Conflict("Several accounts have an order of this number: say which.", field="account_id")
    return _with_shipments(orders.get_order(found[0]))


@router.get("/sales-orders/{order_id}", response=answers(Order))
def get_order(request: HttpRequest, order_id: int) -> Any:
    """Show one order with its lines, shipments and tracking."""
    return _with_shipments(_find(request, order_id))


@router.post("/sales-orders/{order_id}/cancel", response=answers(Order, 200, 202))
def cancel_order(request: HttpRequest, order_id: int) -> Any:
    """Cancel what no warehouse has: 200. 202 when a warehouse must agree about some; nothing reads cancelled before."""
    found = _find(request, order_id)
    asked = cancel.ask_to_cancel(order_id=found.id, actor=actor_of(request), now=timezone.now())
    return Status(202 if asked.waits_for else 200, _with_shipments(orders.get_order(found.id)))


@router.patch("/sales-orders/{order_id}", response=answers(Order, 200, 202))
def change_order(request: HttpRequest, order_id: int, wanted: OrderPatch) -> Any:
    """Change an order: 200. 202 when a warehouse must first give it back; nothing reads changed before it does."""
    found = _find(request, order_id)
    changed = change.change_order(
        order_id=found.id,
        seen_version=wanted.version,
        content=wanted.put_on(found.content),
        actor=actor_of(request),
        now=timezone.now(),
    )
    return Status(202 if changed.waits_for else 200, _with_shipments(orders.get_order(found.id)))


@router.post("/sales-orders/{order_id}/hold", response=answers(Order, 200, 202))
def hold_order(request: HttpRequest, order_id: int, wanted: HoldIn) -> Any:
    """Put an order on hold: 200. 202 when a warehouse is asked to give some back; it may refuse."""
    found = _find(request, order_id)
    held = on_hold.put_on_hold(
        order_id=found.id,
        reason=wanted.reason,
        until=wanted.until,
        ask_warehouse=wanted.ask_warehouse,
        actor=actor_of(request),
        now=timezone.now(),
    )
    return Status(202 if held.waits_for else 200, _with_shipments(orders.get_order(found.id)))


@router.post("/sales-orders/{order_id}/resume", response=answers(Order))
def resume_order(request: HttpRequest, order_id: int) -> Any:
    """Take an order off hold: it goes on."""
    found = _find(request, order_id)
    on_hold.take_off_hold(order_id=found.id, actor=actor_of(request), now=timezone.now())
    return _with_shipments(orders.get_order(found.id))


def _find(request: HttpRequest, order_id: int) -> OrderDetail:
    order = orders.get_order(OrderId(order_id))
    if not opens(request, order.account_id):
        raise UnknownOrder()
    return order


def _order(new: OrderIn, account_id: int) -> NewOrder:
    apart = ("account_id", "ship_to", "lines", "requested_warehouse_id")
    return NewOrder(
        **{name: getattr(new, name) for name in OrderIn.model_fields if name not in apart},
        ship_to=new.ship_to.model_dump() if new.ship_to else {},
        lines=[NewLine(**vars(line)) for line in new.lines],
        requested_warehouse=place_given.name_warehouse(new.requested_warehouse_id, account_id=account_id),
    )


def _with_shipments(order: OrderDetail) -> dict[str, Any]:
    return {**vars(order), "shipments": listing.list_shipments_of_order(order.id)}
