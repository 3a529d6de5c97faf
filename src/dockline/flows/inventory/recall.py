"""Say who was sent a lot or a serial number, as a table to call people by.

Reads what shipped. Writes nothing.
"""

from collections.abc import Iterator

from dockline.domain.accounts.rules import AccountId
from dockline.domain.dispatches.rules import format_quantity
from dockline.domain.inventory import lots
from dockline.domain.inventory.lots import LotFilter, ShippedLot
from dockline.kit.errors import Invalid

ADDRESS = ("company", "contact", "line_1", "line_2", "suburb", "city", "state", "postcode", "country")
PERSONAL = ("phone", "email")
"""What a channel that suppresses personal data leaves out: the address alone finds the recipient."""
COLUMNS = (
    *("account", "order", "shipment", "shipped_at", "warehouse", "sku", "product", "lot", "serial", "expires_on"),
    *("quantity", "unit", "customer", *ADDRESS, *PERSONAL, "tracking"),
)


def list_cells(*, account_id: AccountId | None, lot: str, sku: str = "") -> Iterator[tuple[str, ...]]:
    """Give a row for each line that left with exactly this lot or serial number. Raises Invalid without one."""
    if not lot:
        raise Invalid("Give the lot or the serial number that is recalled.", field="lot")
    return map(_cells, lots.iterate_shipped(LotFilter(account_id, lot, sku, exactly=True)))


def _cells(row: ShippedLot) -> tuple[str, ...]:
    address = [str(row.ship_to.get(name) or "") for name in ADDRESS]
    personal = ["" if row.hides_personal else str(row.ship_to.get(name) or "") for name in PERSONAL]
    return (
        row.account_name,
        row.order_number,
        row.reference,
        row.shipped_at.isoformat() if row.shipped_at else "",
        row.warehouse_name,
        row.sku,
        row.product_name,
        row.lot,
        row.serial,
        row.expires_on.isoformat() if row.expires_on else "",
        format_quantity(row.quantity),
        row.unit,
        row.customer_name,
        *address,
        *personal,
        " ".join(row.tracking),
    )
