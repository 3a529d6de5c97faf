"""Accept a purchase order. It is sent by nobody yet: the warehouse is told of it under the same number by a person.

Writes the order with its lines and history.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases.operations import NewPurchaseLine


@transaction.atomic
def place_purchase(
    *,
    account_id: int,
    warehouse_id: int,
    number: str,
    lines: Sequence[NewPurchaseLine],
    supplier: str = "",
    arrival_on: date | None = None,
    actor: str,
    now: datetime,
) -> int:
    """Create an approved purchase order and return its id. Raises Invalid, Conflict."""
    order_id = purchases.place_purchase(
        account_id=account_id,
        warehouse_id=warehouse_id,
        number=number,
        lines=lines,
        supplier=supplier,
        arrival_on=arrival_on,
        now=now,
    )
    fact = Fact(account_id, "placed", "purchase", order_id, f"Placed with {len(lines)} lines.")
    history.remember([fact], actor=actor, now=now)
    return order_id
