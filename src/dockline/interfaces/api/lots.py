"""Lots and serial numbers: where they went, where they came from, and what is still there."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from dockline.domain.inventory import lots
from dockline.domain.inventory import queries as inventory
from dockline.domain.inventory.lots import LotFilter
from dockline.interfaces.api.access import scope_of
from dockline.interfaces.api.errors import answers
from dockline.interfaces.api.shapes import Line, Out, Page, Paging, Quantity, page_of

router = Router(tags=["Lots"])


class LotsWanted(Paging):
    """Which lots are wanted: `lot` is a lot or a serial number or, unless `exactly`, how one begins."""

    lot: Line = Field(min_length=1, max_length=200)
    sku: Line = Field(default="", max_length=200)
    exactly: bool = False


class ToldWanted(Paging):
    """Of which level. `sku` is ours, exactly."""

    warehouse_id: int
    sku: Line = Field(min_length=1, max_length=100)


class ShippedLot(Out):
    """Some of a lot that left for a recipient; in the base unit."""

    account_name: str
    order_id: int
    order_number: str
    reference: str
    shipped_at: datetime | None
    warehouse_name: str
    sku: str
    lot: str
    serial: str
    expires_on: date | None
    quantity: Quantity
    unit: str
    recipient: str
    place: str
    tracking: list[str]


class ReceivedLot(Out):
    """Some of a lot that arrived; not `has_arrived` when it was found missing."""

    account_name: str
    purchase_id: int
    purchase_number: str
    reference: str
    received_at: datetime | None
    warehouse_name: str
    sku: str
    lot: str
    serial: str
    expires_on: date | None
    quantity: Quantity
    condition: str
    has_arrived: bool


class StoredLot(Out):
    """What the newest stock report of a warehouse says of a lot, in the unit it was told in."""

    account_name: str
    warehouse_name: str
    sku: str
    lot: str
    expires_on: date | None
    status: str
    is_sellable: bool
    on_hand: Quantity
    free: Quantity
    unit: str
    as_of: datetime | None


@router.get("/lots/shipped", response=answers(Page[ShippedLot]))
def list_shipped(request: HttpRequest, wanted: Query[LotsWanted]) -> Any:
    """List what left of a lot: exact matches first, then the newest first."""
    return page_of(lots.list_shipped(_filter(request, wanted), **wanted.window), wanted)


@router.get("/lots/received", response=answers(Page[ReceivedLot]))
def list_received(request: HttpRequest, wanted: Query[LotsWanted]) -> Any:
    """List what arrived of a lot: exact matches first, then the newest first."""
    return page_of(lots.list_received(_filter(request, wanted), **wanted.window), wanted)


@router.get("/lots/stored", response=answers(Page[StoredLot]))
def list_stored(request: HttpRequest, wanted: Query[LotsWanted]) -> Any:
    """List what is still there of a lot: exact matches first, then by SKU."""
    return page_of(lots.list_stored(_filter(request, wanted), **wanted.window), wanted)


@router.get("/inventory/rows", response=answers(Page[StoredLot]))
def list_told(request: HttpRequest, wanted: Query[ToldWanted]) -> Any:
    """List of which rows of the newest stock report a level is the sum: by lot, status and unit."""
    level_id = inventory.find_level(account_id=scope_of(request), warehouse_id=wanted.warehouse_id, sku=wanted.sku)
    return page_of(lots.list_told(level_id, **wanted.window), wanted)


def _filter(request: HttpRequest, wanted: LotsWanted) -> LotFilter:
    return LotFilter(scope_of(request), wanted.lot, wanted.sku, wanted.exactly)
