"""Purchase orders: placed once however often they are sent, approved, cancelled, and read with what arrived."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field

from dockline.domain.dispatches.rules import DispatchState, WishState
from dockline.domain.purchases import queries as purchases
from dockline.domain.purchases.operations import MOST_LINES
from dockline.domain.purchases.queries import PurchaseRow, UnknownPurchaseOrder
from dockline.domain.purchases.rules import PurchaseStatus
from dockline.flows.inbound import cancel, place
from dockline.flows.inbound.place import NewPurchaseLine, PurchaseContent
from dockline.interfaces.api.access import account_meant, actor_of, opens, scope_of
from dockline.interfaces.api.errors import answers
from dockline.interfaces.api.shapes import (
    Asked,
    Day,
    Exact,
    In,
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

router = Router(tags=["Purchase orders"])

LARGEST_ID = 2**62


class PurchaseLineIn(In):
    """One thing ordered, of one lot, and with a serial number of one piece. Without a `unit`, in the base unit."""

    sku: Name = Field(max_length=100)
    quantity: Annotated[Exact, Field(gt=0, lt=10**14, max_digits=20, decimal_places=6)]
    unit: Line = Field(default="", max_length=20)
    lot: Line = Field(default="", max_length=100)
    serial: Line = Field(default="", max_length=100)
    expires_on: Day | None = None


class PurchaseIn(In):
    """A purchase order, approved unless it is to stay a draft. The same again is the same purchase order."""

    account_id: int | None = Field(default=None, description="May be left out with the key of one account.")
    number: Name = Field(max_length=100)
    warehouse_id: int = Field(ge=1, le=LARGEST_ID, description="Where it will arrive.")
    supplier: Line = Field(default="", max_length=200)
    arrival_on: Day | None = None
    instructions: Lines = Field(default="", max_length=5000)
    is_draft: bool = Field(default=False, description="Nobody is told of a draft before it is approved.")
    lines: list[PurchaseLineIn] = Field(min_length=1, max_length=MOST_LINES)


class DraftIn(In):
    """What a draft shall be, whole, as it was seen at `version`. Once it is no draft any more it is sent."""

    version: int
    number: Name = Field(max_length=100)
    warehouse_id: int = Field(ge=1, le=LARGEST_ID, description="Where it will arrive.")
    supplier: Line = Field(default="", max_length=200)
    arrival_on: Day | None = None
    instructions: Lines = Field(default="", max_length=5000)
    is_draft: bool = True
    lines: list[PurchaseLineIn] = Field(min_length=1, max_length=MOST_LINES)


class PurchaseLine(Out):
    """One line: `quantity` in `unit`, the other quantities in `base_unit`."""

    number: int
    sku: str
    name: str
    quantity: Quantity
    unit: str
    base_unit: str
    base_quantity: Quantity
    received: Quantity
    lot: str
    serial: str
    expires_on: date | None


class ReceiptLine(Out):
    """A quantity in the base unit that arrived, or was found missing."""

    sku: str
    quantity: Quantity
    condition: str
    has_arrived: bool
    lot: str
    serial: str
    expires_on: date | None


class Receipt(Out):
    """What a warehouse says arrived. Its quantities count once it `is_final`."""

    id: int
    reference: str
    far_status: str
    is_final: bool
    received_at: datetime | None
    recorded_at: datetime
    lines: list[ReceiptLine]


class PurchaseOrderRow(Out):
    """One purchase order in a list. `dispatch` is null where no system is told of it, `wish` where nobody cancels."""

    id: int
    account_id: int
    account_name: str
    number: str
    status: PurchaseStatus
    warehouse_id: int
    warehouse_name: str
    supplier: str
    arrival_on: date | None
    placed_at: datetime
    closed_at: datetime | None
    is_closed_short: bool
    channel_id: int | None
    reference: str
    dispatch: DispatchState | None
    needs_person: bool
    reason: str
    far_status: str
    confirmed_at: datetime | None
    wish: WishState | None
    wish_reason: str


class PurchaseOrder(PurchaseOrderRow):
    """A purchase order with its lines and receipts."""

    instructions: str
    version: int
    lines: list[PurchaseLine]
    receipts: list[Receipt]


class PurchasesWanted(Paging):
    """Which purchase orders are wanted. `text` is part of a number."""

    status: PurchaseStatus | None = None
    text: Line = Field(default="", max_length=200)


class PurchaseNumberWanted(Asked):
    """The purchase order of exactly this number; an organization's key may have to say whose."""

    number: Line = Field(max_length=100)
    account_id: int | None = None


@router.post("/purchase-orders", response=answers(PurchaseOrder, 200, 201))
def place_purchase(request: HttpRequest, new: PurchaseIn) -> Any:
    """Place a purchase order: 201. The same again changes nothing: 200. Other content under its number: 409."""
    placed = place.place_purchase(
        account_id=account_meant(request, new.account_id),
        warehouse_id=new.warehouse_id,
        content=_content(new),
        as_draft=new.is_draft,
        actor=actor_of(request),
        now=timezone.now(),
    )
    return Status(201 if placed.is_new else 200, _whole(purchases.get_purchase(placed.order_id)))


@router.get("/purchase-orders", response=answers(Page[PurchaseOrderRow]))
def list_purchases(request: HttpRequest, wanted: Query[PurchasesWanted]) -> Any:
    """List purchase orders, newest first."""
    rows = purchases.list_purchases(
        account_id=scope_of(request), text=wanted.text, status=wanted.status or "", **wanted.window
    )
    return page_of(rows, wanted)


@router.get("/purchase-orders/by-number", response=answers(PurchaseOrder))
def find_purchase(request: HttpRequest, wanted: Query[PurchaseNumberWanted]) -> Any:
    """Show the purchase order of a number."""
    account_id = scope_of(request) if wanted.account_id is None else account_meant(request, wanted.account_id)
    found = purchases.list_ids_numbered(wanted.number, account_id=account_id)
    if not found:
        raise UnknownPurchaseOrder(field="number")
    if len(found) > 1:
        raise Conflict("Several accounts have a purchase order of this number: say which.", field="account_id")
    return _whole(purchases.get_purchase(found[0]))


@router.get("/purchase-orders/{purchase_id}", response=answers(PurchaseOrder))
def get_purchase(request: HttpRequest, purchase_id: int) -> Any:
    """Show one purchase order with its lines and receipts."""
    return _whole(_find(request, purchase_id))


@router.put("/purchase-orders/{purchase_id}", response=answers(PurchaseOrder))
def change_purchase(request: HttpRequest, purchase_id: int, wanted: DraftIn) -> Any:
    """Give a draft another content. 409 when it is no draft, or somebody else has changed it since."""
    found = _find(request, purchase_id)
    place.change_draft(
        order_id=found.id,
        seen_version=wanted.version,
        warehouse_id=wanted.warehouse_id,
        content=_content(wanted),
        and_approve=not wanted.is_draft,
        actor=actor_of(request),
        now=timezone.now(),
    )
    return _whole(purchases.get_purchase(found.id))


@router.post("/purchase-orders/{purchase_id}/approve", response=answers(PurchaseOrder))
def approve_purchase(request: HttpRequest, purchase_id: int) -> Any:
    """Approve a draft: it is sent to the warehouse."""
    found = _find(request, purchase_id)
    place.approve(order_id=found.id, actor=actor_of(request), now=timezone.now())
    return _whole(purchases.get_purchase(found.id))


@router.post("/purchase-orders/{purchase_id}/cancel", response=answers(PurchaseOrder, 200, 202))
def cancel_purchase(request: HttpRequest, purchase_id: int) -> Any:
    """Cancel it: 200 when that is done, 202 when the warehouse is asked; `wish` says what it answers."""
    found = _find(request, purchase_id)
    cancel.ask_to_cancel(order_id=found.id, actor=actor_of(request), now=timezone.now())
    now_at = purchases.get_purchase(found.id)
    return Status(202 if now_at.is_cancelling else 200, _whole(now_at))


def _find(request: HttpRequest, purchase_id: int) -> PurchaseRow:
    row = purchases.get_purchase(purchase_id)
    if not opens(request, row.account_id):
        raise UnknownPurchaseOrder()
    return row


def _content(new: PurchaseIn | DraftIn) -> PurchaseContent:
    return PurchaseContent(
        number=new.number,
        lines=[NewPurchaseLine(**vars(line)) for line in new.lines],
        supplier=new.supplier,
        arrival_on=new.arrival_on,
        instructions=new.instructions,
    )


def _whole(row: PurchaseRow) -> dict[str, Any]:
    return {
        **vars(row),
        "needs_person": row.needs_person,
        "lines": purchases.list_purchase_lines(row.id),
        "receipts": purchases.list_receipts(row.id),
    }
