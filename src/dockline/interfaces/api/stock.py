"""Inventory levels, and what needs a person."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from dockline.domain.inventory import queries as inventory
from dockline.domain.issues import queries as issues
from dockline.domain.warehouses.rules import WarehouseId
from dockline.interfaces.api.access import scope_of
from dockline.interfaces.api.errors import answers
from dockline.interfaces.api.shapes import Line, Out, Page, Paging, Quantity, page_of

router = Router(tags=["Inventory and issues"])


class Level(Out):
    """Stock of one variant at one warehouse, in its base unit: `available` is `free` less what is `promised` since."""

    account_name: str
    warehouse_name: str
    sku: str
    name: str
    unit: str
    on_hand: Quantity
    free: Quantity
    promised: Quantity
    available: Quantity
    incoming: Quantity
    as_of: datetime


class Issue(Out):
    """Something that needs a person, with what would repair it."""

    id: int
    account_id: int
    channel_id: int | None
    cause: str
    severity: str
    subject_kind: str
    subject_id: int
    subject_label: str
    title: str
    detail: str
    repair: str
    opened_at: datetime
    seen_at: datetime
    times_seen: int


class LevelsWanted(Paging):
    """Which levels are wanted. `text` is part of a SKU or a name."""

    warehouse_id: int | None = None
    text: Line = Field(default="", max_length=200)


class IssuesWanted(Paging):
    """Which issues are wanted."""

    cause: Line = Field(default="", max_length=60)


@router.get("/inventory", response=answers(Page[Level]))
def list_levels(request: HttpRequest, wanted: Query[LevelsWanted]) -> Any:
    """List levels by SKU and warehouse, as the warehouses last reported them."""
    warehouse_id = None if wanted.warehouse_id is None else WarehouseId(wanted.warehouse_id)
    rows = inventory.list_levels(
        account_id=scope_of(request), warehouse_id=warehouse_id, text=wanted.text, **wanted.window
    )
    return page_of(rows, wanted)


@router.get("/issues", response=answers(Page[Issue]))
def list_issues(request: HttpRequest, wanted: Query[IssuesWanted]) -> Any:
    """List open issues, oldest first."""
    return page_of(issues.list_open_issues(account_id=scope_of(request), cause=wanted.cause, **wanted.window), wanted)
