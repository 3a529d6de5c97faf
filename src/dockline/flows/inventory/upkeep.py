"""What people decide about stock: how much is kept back, and that a difference is right as the warehouse has it.

Reads levels. Writes buffers, differences and history. Wakes advance for backorders that may be covered now.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.inventory import operations as inventory
from dockline.domain.inventory import queries as stock
from dockline.domain.inventory.rules import DECIMALS, MOST
from dockline.domain.orders import operations as orders
from dockline.flows import job_names
from dockline.kit.errors import Invalid, NotNow
from dockline.kit.queue import port as queue


@transaction.atomic
def keep_back(*, level_id: int, quantity: Decimal | None, actor: str, now: datetime) -> None:
    """Never promise the last of a level, so many; None does what the account does. Raises NotFound, Invalid."""
    before = stock.get_buffer(level_id)
    if quantity is not None:
        _check(quantity)
    if quantity == before.own:
        return
    inventory.set_buffer(level_id, quantity)
    level = stock.get_level(level_id)
    was, kept = _kept(before.own, level.unit), _kept(quantity, level.unit)
    sentence = f"Buffer of {level.sku} at {level.warehouse_name}: {kept}."
    detail = {"label": "Buffer", "from": was, "to": kept}
    history.remember([Fact(before.account_id, "buffer", "level", level_id, sentence, detail)], actor=actor, now=now)
    if orders.wake_backorders(before.account_id, variant_ids=[before.variant_id], now=now):
        queue.wake(job_names.ADVANCE, before.account_id)


@transaction.atomic
def accept_drifts(*, drift_ids: Sequence[int], actor: str, now: datetime) -> int:
    """Take these differences as right: the warehouse has what it reported. Returns how many there were.

    No level changes, for each has what was reported already. Raises NotNow when none of them is open any more.
    """
    levels = inventory.accept_drifts(drift_ids, by=actor, now=now)
    if not levels:
        raise NotNow("This difference is gone already.")
    facts = [
        Fact(account_id, "drift_accepted", "level", level_id, f"The difference of {sku} was accepted as reported.")
        for level_id, account_id, sku in stock.name_levels(levels)
    ]
    history.remember(facts, actor=actor, now=now)
    return len(levels)


def _kept(quantity: Decimal | None, unit: str) -> str:
    return "what the account keeps back" if quantity is None else f"{quantity.normalize():f} {unit}"


def _check(quantity: Decimal) -> None:
    if not quantity.is_finite() or quantity < 0 or quantity >= MOST or quantity != round(quantity, DECIMALS):
        raise Invalid(f"A buffer is 0 or more, with at most 14 digits and {DECIMALS} decimals.", field="quantity")
