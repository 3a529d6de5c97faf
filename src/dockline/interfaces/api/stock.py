"""Inventory levels, and what needs a person."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from dockline.domain.accounts import queries as accounts
from dockline.domain.accounts.rules import AccountId
from dockline.domain.inventory import queries as inventory
from dockline.domain.inventory.queries import DriftRow
from dockline.domain.issues import queries as issues
from dockline.domain.warehouses.rules import WarehouseId
from dockline.flows.inventory import upkeep
from dockline.interfaces.api.access import actor_of, scope_of
from dockline.interfaces.api.errors import answers
from dockline.interfaces.api.shapes import In, Line, Out, Page, Paging, Quantity, page_of
from dockline.kit.errors import NotFound

router = Router(tags=["Inventory and issues"])


class Level(Out):
    """Stock of one variant at one warehouse, in its base unit: `available` = `total` - `allocated` - `held` - `buffer`.

    `allocated` is promised to orders; of it, `promised` is ours and not known there yet. `held` lies there and may not
    be sold (`not_for_sale`), or orders `on_hold` want it. `free` is the total less what the warehouse itself allocated
    or holds; `on_hand` is the total by the name it has in movements. `incoming` is
    what open purchase orders still await, `incoming_there` what the warehouse's report said is to come.
    """

    account_name: str
    warehouse_name: str
    sku: str
    name: str
    unit: str
    total: Quantity
    allocated: Quantity
    held: Quantity
    buffer: Quantity
    promised: Quantity
    available: Quantity
    on_hand: Quantity
    free: Quantity
    not_for_sale: Quantity
    on_hold: Quantity
    incoming: Quantity
    incoming_there: Quantity
    as_of: datetime


class Movement(Out):
    """One change of a level with its cause, as differences in the base unit."""

    id: int
    at: datetime
    cause: str
    sku: str
    warehouse_name: str
    account_name: str
    unit: str
    on_hand: Quantity
    free: Quantity
    incoming: Quantity
    subject_id: int | None
    reference: str


class Drift(Out):
    """A level that was not as expected: `size` is `reported` less `expected`."""

    id: int
    sku: str
    warehouse_name: str
    account_name: str
    unit: str
    expected: Quantity
    reported: Quantity
    size: Quantity
    cause: str
    repair: str
    first_seen_at: datetime
    seen_at: datetime


class Preview(Out):
    """What the repair of a difference would do."""

    repair: str
    sentence: str


class Repaired(Out):
    """That a repair was done; `run_id` is the run to watch where the warehouse is asked."""

    run_id: int | None


class UsualBuffer(In):
    """What is never promised of any level of an account that has no buffer of its own."""

    account_id: int
    quantity: Quantity


class Buffer(In):
    """What is never promised of a level; null follows the account."""

    warehouse_id: int
    sku: Line = Field(max_length=100)
    quantity: Quantity | None


class Kept(Out):
    """What is kept back of a level now: its own buffer, or else the account's `usual` one."""

    own: Quantity | None
    usual: Quantity


class MovementsWanted(Paging):
    """Which movements are wanted. `sku` is exact."""

    warehouse_id: int | None = None
    sku: Line = Field(default="", max_length=100)


class DriftsWanted(Paging):
    """Which differences are wanted."""

    cause: Line = Field(default="", max_length=16)


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


@router.get("/inventory/movements", response=answers(Page[Movement]))
def list_movements(request: HttpRequest, wanted: Query[MovementsWanted]) -> Any:
    """List what changed levels, newest first."""
    warehouse_id = None if wanted.warehouse_id is None else WarehouseId(wanted.warehouse_id)
    rows = inventory.list_movements(
        account_id=scope_of(request), warehouse_id=warehouse_id, sku=wanted.sku, **wanted.window
    )
    return page_of(rows, wanted)


@router.get("/inventory/drift", response=answers(Page[Drift]))
def list_drifts(request: HttpRequest, wanted: Query[DriftsWanted]) -> Any:
    """List levels that were not as expected, those first that have been seen longest."""
    return page_of(inventory.list_drifts(account_id=scope_of(request), cause=wanted.cause, **wanted.window), wanted)


@router.get("/inventory/drift/{drift_id}/repair", response=answers(Preview))
def preview_repair(request: HttpRequest, drift_id: int) -> Any:
    """Say what the repair of a difference would do; nothing is changed."""
    return upkeep.preview_repair(_drift(request, drift_id))


@router.post("/inventory/drift/{drift_id}/repair", response=answers(Repaired))
def repair_drift(request: HttpRequest, drift_id: int) -> Any:
    """Do what the preview says."""
    drift = _drift(request, drift_id)
    run_id = upkeep.repair_drift(drift_id=drift.id, actor=actor_of(request), now=timezone.now())
    return {"run_id": run_id}


@router.put("/inventory/buffer/usual", response=answers(UsualBuffer))
def keep_back_usually(request: HttpRequest, sent: UsualBuffer) -> Any:
    """Set how much is never promised of every level of an account that has no buffer of its own."""
    scope = scope_of(request)
    if scope is not None and scope != sent.account_id:
        raise NotFound("There is no such account.", field="account_id")
    account_id = accounts.get_account(AccountId(sent.account_id)).id
    upkeep.keep_back_usually(account_id=account_id, quantity=sent.quantity, actor=actor_of(request), now=timezone.now())
    return sent


@router.put("/inventory/buffer", response=answers(Kept))
def keep_back(request: HttpRequest, sent: Buffer) -> Any:
    """Set how much of a level is never promised."""
    level_id = inventory.find_level(account_id=scope_of(request), warehouse_id=sent.warehouse_id, sku=sent.sku)
    upkeep.keep_back(level_id=level_id, quantity=sent.quantity, actor=actor_of(request), now=timezone.now())
    return inventory.get_buffer(level_id)


def _drift(request: HttpRequest, drift_id: int) -> DriftRow:
    drift, scope = inventory.get_drift(drift_id), scope_of(request)
    if scope is not None and scope != drift.account_id:
        raise NotFound("This difference is gone already.")
    return drift


@router.get("/issues", response=answers(Page[Issue]))
def list_issues(request: HttpRequest, wanted: Query[IssuesWanted]) -> Any:
    """List open issues, oldest first."""
    return page_of(issues.list_open_issues(account_id=scope_of(request), cause=wanted.cause, **wanted.window), wanted)
