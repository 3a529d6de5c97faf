"""Create warehouses and let accounts use them."""

from collections.abc import Mapping, Sequence, Set
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction

from dockline.domain.accounts.rules import derive_code
from dockline.domain.warehouses.models import AccountWarehouse, Warehouse
from dockline.kit.errors import Conflict, Invalid

LONGEST_NAME = 200


def add_warehouse(
    *, organization_id: int, name: str, timezone: str = "UTC", member_ids: Sequence[int] = (), is_virtual: bool = False
) -> int:
    """Create a warehouse and return its id; a virtual one groups physical ones.

    Raises Invalid, or Conflict when its code is taken.
    """
    code = derive_code(name)
    if not code:
        raise Invalid("Give the warehouse a name with at least one letter or digit.", field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(f"A name has at most {LONGEST_NAME} characters.", field="name")
    if timezone not in available_timezones():
        raise Invalid(f"{timezone!r} is not a time zone, such as Australia/Brisbane.", field="time_zone")
    members = list(Warehouse.objects.filter(id__in=list(member_ids), organization_id=organization_id).order_by("id"))
    if is_virtual and (not members or any(member.is_virtual for member in members)):
        raise Invalid("A virtual warehouse groups one or more physical ones: name them.", field="members")
    try:
        with transaction.atomic():
            warehouse = Warehouse.objects.create(
                organization_id=organization_id,
                name=name.strip(),
                code=code,
                timezone=timezone,
                is_virtual=is_virtual,
            )
            warehouse.members.set(members if is_virtual else [])
    except IntegrityError:
        taken = Warehouse.objects.filter(organization_id=organization_id, code=code).values_list("name", flat=True)
        raise Conflict(
            f"The code {code} made from this name belongs to {taken.first()} already; choose another name.",
            field="name",
        ) from None
    return warehouse.id


def set_enabled(account_id: int, *, enabled: Set[int], default_id: int | None, turns: Mapping[int, int]) -> None:
    """Have an account use exactly these warehouses. Whether it may is for the rules to say. Needs a transaction."""
    held = AccountWarehouse.objects.filter(account_id=account_id)
    held.exclude(warehouse_id__in=enabled).delete()
    known = set(held.values_list("warehouse_id", flat=True))
    AccountWarehouse.objects.bulk_create(
        [AccountWarehouse(account_id=account_id, warehouse_id=one) for one in sorted(enabled - known)]
    )
    held.filter(is_default=True).update(is_default=False)
    if default_id is not None:
        held.filter(warehouse_id=default_id).update(is_default=True)
    for row in held.order_by("id"):
        if row.turn != turns.get(row.warehouse_id):
            held.filter(pk=row.pk).update(turn=turns.get(row.warehouse_id))


def enable_warehouse(*, account_id: int, warehouse_id: int) -> None:
    """Let an account use a warehouse; its first one becomes its default. Doing it again changes nothing."""
    has_default = AccountWarehouse.objects.filter(account_id=account_id, is_default=True).exists()
    AccountWarehouse.objects.get_or_create(
        account_id=account_id, warehouse_id=warehouse_id, defaults={"is_default": not has_default}
    )
