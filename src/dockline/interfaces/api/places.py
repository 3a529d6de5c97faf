"""Accounts and warehouses: what there is to connect and to order for."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from dockline.domain.accounts import queries as accounts
from dockline.domain.warehouses import queries as warehouses
from dockline.interfaces.api.access import scope_of
from dockline.interfaces.api.errors import answers
from dockline.interfaces.api.shapes import Out, Page, Paging, cut

router = Router(tags=["Accounts and warehouses"])


class Account(Out):
    """A brand or merchant whose orders these are, and what its products are measured in."""

    id: int
    name: str
    code: str
    timezone: str
    size_unit: str
    weight_unit: str


class Warehouse(Out):
    """A place with stock; a virtual one groups physical ones."""

    id: int
    name: str
    code: str
    timezone: str
    is_virtual: bool
    member_ids: list[int]


@router.get("/accounts", response=answers(Page[Account]))
def list_accounts(request: HttpRequest, paging: Query[Paging]) -> Any:
    """List the accounts this key opens, by name."""
    account_id = scope_of(request)
    if account_id is not None:
        return cut([accounts.get_account(account_id)], paging)
    return cut(accounts.list_accounts(limit=paging.reach), paging)


@router.get("/warehouses", response=answers(Page[Warehouse]))
def list_warehouses(request: HttpRequest, paging: Query[Paging]) -> Any:
    """List warehouses by name: those the key's account may use, or all."""
    return cut(warehouses.list_warehouses(account_id=scope_of(request), limit=paging.reach), paging)
