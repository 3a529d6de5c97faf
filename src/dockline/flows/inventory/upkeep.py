"""What people decide about stock: how much is kept back, and what becomes of a difference.

Reads levels. Writes buffers, differences and history. Wakes advance for backorders that may be covered now, and the
reception of what a warehouse has not told yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from dockline.domain.channels import queries as channels
from dockline.domain.dispatches.rules import format_quantity
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.inventory import operations as inventory
from dockline.domain.inventory import queries as stock
from dockline.domain.inventory.queries import DriftRow
from dockline.domain.inventory.rules import DECIMALS, MOST, Repair
from dockline.domain.orders import operations as orders
from dockline.domain.runs.rules import RunKind
from dockline.flows import job_names, sync
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
def keep_back_usually(*, account_id: int, quantity: Decimal, actor: str, now: datetime) -> None:
    """Never promise the last of any level of an account, so many, but for levels with a buffer of their own."""
    _check(quantity)
    if quantity == stock.get_usual_buffer(account_id):
        return
    inventory.set_usual_buffer(account_id, quantity)
    sentence = f"Buffer of every product without one of its own: {format_quantity(quantity)}."
    history.remember([Fact(account_id, "buffer", "account", account_id, sentence)], actor=actor, now=now)
    if orders.wake_backorders(account_id, variant_ids=None, now=now):
        queue.wake(job_names.ADVANCE, account_id)


@dataclass(frozen=True)
class Preview:
    """What the repair of a difference would do; without `channel_id` nobody is asked."""

    repair: Repair
    sentence: str
    channel_id: int | None


def preview_repair(drift: DriftRow) -> Preview:
    """Say what the one repair of a difference would do, and change nothing."""
    if drift.repair == Repair.ACCEPT:
        return Preview(
            Repair.ACCEPT,
            f"The level stays as it is, for it has what was reported; the difference of "
            f"{_count(drift.size, drift.unit)} is closed in your name.",
            None,
        )
    channel_id = channels.find_channel_of(account_id=drift.account_id, warehouse_id=drift.warehouse_id)
    if drift.repair == Repair.RECEIVE_SHIPMENTS:
        told, what = stock.list_under_way(drift.level_id), "shipments"
    else:
        told, what = stock.list_awaited(drift.level_id), "receipts"
    named = ", ".join(f"{name} ({_count(quantity, drift.unit)})" for name, quantity in told)
    sentence = (
        f"{drift.warehouse_name} is asked for its {what} now. Not told yet of {drift.sku}: {named or 'nothing'}. "
        f"What has happened before the report explains the difference of {_count(drift.size, drift.unit)} and moves no "
        "level."
    )
    return Preview(drift.repair, sentence, channel_id)


@transaction.atomic
def repair_drift(*, drift_id: int, actor: str, now: datetime) -> int | None:
    """Do what the preview said. Returns the run to watch, where there is one. Raises NotFound, NotNow."""
    preview = preview_repair(stock.get_drift(drift_id))
    if preview.repair == Repair.ACCEPT:
        accept_drifts(drift_ids=[drift_id], actor=actor, now=now)
        return None
    if preview.channel_id is None:
        raise NotNow("The warehouse has no channel to be asked. Accept the difference as reported.")
    kind = RunKind.RECEIVE_SHIPMENTS if preview.repair == Repair.RECEIVE_SHIPMENTS else RunKind.RECEIVE_RECEIPTS
    return sync.ask_sync(channel_id=preview.channel_id, kind=kind, actor=actor, now=now)


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


def _count(quantity: Decimal, unit: str) -> str:
    return f"{format_quantity(quantity)} {unit}"


def _check(quantity: Decimal) -> None:
    if not quantity.is_finite() or quantity < 0 or quantity >= MOST or quantity != round(quantity, DECIMALS):
        raise Invalid(f"A buffer is 0 or more, with at most 14 digits and {DECIMALS} decimals.", field="quantity")
