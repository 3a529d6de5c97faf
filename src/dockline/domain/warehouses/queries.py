"""What is asked about warehouses."""

from dataclasses import dataclass

from dockline.domain.accounts.rules import AccountId
from dockline.domain.warehouses.models import AccountWarehouse, Warehouse
from dockline.domain.warehouses.rules import Place, WarehouseId


@dataclass(frozen=True)
class WarehouseRow:
    """One warehouse, as a person chooses it; a virtual one with the names of those it groups."""

    id: WarehouseId
    name: str
    code: str
    timezone: str = "UTC"
    is_virtual: bool = False
    member_ids: tuple[WarehouseId, ...] = ()
    member_names: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """What the rules need of it."""
        return Place(self.id, self.name, tuple(self.member_ids), self.is_virtual)


def list_warehouses(*, account_id: AccountId | None, limit: int = 200) -> tuple[WarehouseRow, ...]:
    """List warehouses by name: those an account may use, or all."""
    warehouses = Warehouse.objects.all()
    if account_id is not None:
        warehouses = warehouses.filter(accountwarehouse__account_id=account_id)
    rows = list(warehouses.order_by("name", "id").prefetch_related("members")[:limit])
    return tuple(_row(warehouse) for warehouse in rows)


def get_name(warehouse_id: int) -> str:
    """Return what a warehouse is called."""
    return Warehouse.objects.values_list("name", flat=True).get(pk=warehouse_id)


def takes_goods(warehouse_id: int, *, account_id: int) -> bool:
    """Say whether goods of an account can arrive at a warehouse: a physical one that the account may use."""
    usable = AccountWarehouse.objects.filter(account_id=account_id, warehouse__is_virtual=False)
    return usable.filter(warehouse_id=warehouse_id).exists()


def get_shipping(account_id: int) -> dict[int, str]:
    """Return the warehouses that an order of an account may ask for, by name: physical ones that it may use."""
    usable = Warehouse.objects.filter(accountwarehouse__account_id=account_id, is_virtual=False)
    return dict(usable.order_by("name", "id").values_list("id", "name"))


def get_code(warehouse_id: int) -> str:
    """Return what a warehouse is called in tables."""
    return Warehouse.objects.values_list("code", flat=True).get(pk=warehouse_id)


@dataclass(frozen=True)
class Use:
    """How an account uses a warehouse: as the default one, or as one that is tried after it when it has a turn."""

    is_default: bool
    turn: int | None


def get_uses(account_id: AccountId) -> dict[WarehouseId, Use]:
    """Return how an account uses the warehouses enabled for it."""
    rows = AccountWarehouse.objects.filter(account_id=account_id).order_by("id")
    columns = ("warehouse_id", "is_default", "turn")
    return {WarehouseId(pk): Use(is_default, turn) for pk, is_default, turn in rows.values_list(*columns)}


def get_turns(account_id: AccountId) -> dict[int, int]:
    """Return the turns of an account's warehouses that have one."""
    return {int(pk): use.turn for pk, use in get_uses(account_id).items() if use.turn is not None}


def get_enabled(account_id: AccountId) -> dict[WarehouseId, bool]:
    """Return the warehouses an account may use, and for each whether it is its default."""
    rows = AccountWarehouse.objects.filter(account_id=account_id).values_list("warehouse_id", "is_default")
    return {WarehouseId(pk): is_default for pk, is_default in rows}


def _row(warehouse: Warehouse) -> WarehouseRow:
    members = sorted(warehouse.members.all(), key=lambda member: (member.name, member.pk))
    return WarehouseRow(
        WarehouseId(warehouse.pk),
        warehouse.name,
        warehouse.code,
        warehouse.timezone,
        warehouse.is_virtual,
        tuple(WarehouseId(member.pk) for member in members),
        tuple(member.name for member in members),
    )


@dataclass(frozen=True)
class EnabledWarehouse:
    """A warehouse that an account may use."""

    account_id: AccountId
    account_name: str
    warehouse_id: WarehouseId
    warehouse_name: str


def list_enabled(*, account_id: AccountId | None, limit: int = 500) -> tuple[EnabledWarehouse, ...]:
    """List the physical warehouses enabled for an account, or for all accounts, by name."""
    enabled = AccountWarehouse.objects.filter(warehouse__is_virtual=False)
    if account_id is not None:
        enabled = enabled.filter(account_id=account_id)
    rows = enabled.order_by("account__name", "warehouse__name", "id").values_list(
        "account_id", "account__name", "warehouse_id", "warehouse__name"
    )[:limit]
    return tuple(EnabledWarehouse(AccountId(row[0]), row[1], WarehouseId(row[2]), row[3]) for row in rows)
