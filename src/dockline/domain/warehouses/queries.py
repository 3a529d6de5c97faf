"""What is asked about warehouses."""

from dataclasses import dataclass

from dockline.domain.accounts.rules import AccountId
from dockline.domain.warehouses.models import AccountWarehouse, Warehouse
from dockline.domain.warehouses.rules import WarehouseId


@dataclass(frozen=True)
class WarehouseRow:
    """One warehouse, as a person chooses it."""

    id: WarehouseId
    name: str
    code: str


def list_warehouses(*, account_id: AccountId | None, limit: int = 200) -> tuple[WarehouseRow, ...]:
    """List warehouses by name: those an account may use, or all."""
    warehouses = Warehouse.objects.all()
    if account_id is not None:
        warehouses = warehouses.filter(accountwarehouse__account_id=account_id)
    rows = warehouses.order_by("name", "id").values_list("id", "name", "code")[:limit]
    return tuple(WarehouseRow(WarehouseId(pk), name, code) for pk, name, code in rows)


@dataclass(frozen=True)
class EnabledWarehouse:
    """A warehouse that an account may use."""

    account_id: AccountId
    account_name: str
    warehouse_id: WarehouseId
    warehouse_name: str


def list_enabled(*, account_id: AccountId | None, limit: int = 500) -> tuple[EnabledWarehouse, ...]:
    """List the physical warehouses enabled for an account, or for all accounts, by name."""
    enabled = AccountWarehouse.objects.all()
    if account_id is not None:
        enabled = enabled.filter(account_id=account_id)
    rows = enabled.order_by("account__name", "warehouse__name", "id").values_list(
        "account_id", "account__name", "warehouse_id", "warehouse__name"
    )[:limit]
    return tuple(EnabledWarehouse(AccountId(row[0]), row[1], WarehouseId(row[2]), row[3]) for row in rows)
