"""What is asked about warehouses."""

from dataclasses import dataclass

from dockline.domain.accounts.rules import AccountId
from dockline.domain.warehouses.models import Warehouse
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
