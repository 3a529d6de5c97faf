"""Set an installation up: accounts, warehouses, people."""

from django.db import transaction

from dockline.domain.accounts import operations as accounts
from dockline.domain.accounts import queries as account_queries
from dockline.domain.warehouses import operations as warehouses
from dockline.domain.warehouses import queries as warehouse_queries
from dockline.kit.errors import NotFound


def add_account(*, name: str, timezone: str = "UTC") -> int:
    """Create an account and return its id. Raises Invalid, Conflict."""
    return accounts.add_account(name=name, timezone=timezone)


@transaction.atomic
def add_warehouse(*, name: str, account_ids: list[int], timezone: str = "UTC") -> int:
    """Create a warehouse, let these accounts use it, and return its id. Raises Invalid, Conflict."""
    warehouse_id = warehouses.add_warehouse(
        organization_id=accounts.ensure_organization(), name=name, timezone=timezone
    )
    for account_id in account_ids:
        warehouses.enable_warehouse(account_id=account_id, warehouse_id=warehouse_id)
    return warehouse_id


def add_user(*, username: str, password: str) -> int:
    """Create a person who may sign in. Raises Invalid, Conflict."""
    return accounts.add_user(username=username, password=password)


def set_password(*, username: str, password: str) -> None:
    """Replace a person's password. Raises Invalid."""
    accounts.set_password(username=username, password=password)


def get_account_id(name_or_code: str) -> int:
    """Return the account known by this name or code. Raises NotFound, which names those there are."""
    rows = account_queries.list_accounts()
    for row in rows:
        if name_or_code in (row.name, row.code):
            return row.id
    known = ", ".join(row.name for row in rows) or "none yet"
    raise NotFound(f"There is no account {name_or_code!r}. Accounts: {known}.", field="account")


def get_warehouse_id(name_or_code: str) -> int:
    """Return the warehouse known by this name or code. Raises NotFound, which names those there are."""
    rows = warehouse_queries.list_warehouses(account_id=None)
    for row in rows:
        if name_or_code in (row.name, row.code):
            return row.id
    known = ", ".join(row.name for row in rows) or "none yet"
    raise NotFound(f"There is no warehouse {name_or_code!r}. Warehouses: {known}.", field="warehouse")
