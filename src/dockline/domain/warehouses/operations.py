"""Create warehouses and let accounts use them."""

from django.db import IntegrityError, transaction

from dockline.domain.accounts.rules import derive_code
from dockline.domain.warehouses.models import AccountWarehouse, Warehouse
from dockline.kit.errors import Conflict, Invalid

LONGEST_NAME = 200


def add_warehouse(*, organization_id: int, name: str, timezone: str = "UTC") -> int:
    """Create a physical warehouse and return its id. Raises Invalid, or Conflict when its code is taken."""
    code = derive_code(name)
    if not code:
        raise Invalid("Give the warehouse a name with at least one letter or digit.", field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(f"A name has at most {LONGEST_NAME} characters.", field="name")
    try:
        with transaction.atomic():
            warehouse = Warehouse.objects.create(
                organization_id=organization_id, name=name.strip(), code=code, timezone=timezone
            )
    except IntegrityError:
        raise Conflict(f"The code {code} made from this name is taken; choose another name.", field="name") from None
    return warehouse.id


def enable_warehouse(*, account_id: int, warehouse_id: int) -> None:
    """Let an account use a warehouse; its first one becomes its default. Doing it again changes nothing."""
    has_default = AccountWarehouse.objects.filter(account_id=account_id, is_default=True).exists()
    AccountWarehouse.objects.get_or_create(
        account_id=account_id, warehouse_id=warehouse_id, defaults={"is_default": not has_default}
    )
