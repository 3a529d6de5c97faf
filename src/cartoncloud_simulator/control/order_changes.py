"""Control of single outbound orders beyond the floor's steps: approve, split, return, reprocess, purge."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cartoncloud_simulator.control import inbound
from cartoncloud_simulator.control.endpoint import Command
from cartoncloud_simulator.control.orders import OrderStep, describe_order, find_order, named_items, read_quantities
from cartoncloud_simulator.rules import fulfilment, intake, picking, purge, returns, splits
from cartoncloud_simulator.rules.refusals import invalid, plain


class Purge(msgspec.Struct, forbid_unknown_fields=True):
    older_than_days: Annotated[int, Meta(ge=0)] | None = None


class Reading(msgspec.Struct, forbid_unknown_fields=True):
    """What the picker found: another lot, properties, or one serial per unit."""

    id: str | None = None
    code: str | None = None
    lot: str | None = None
    properties: dict[str, Any] = {}
    serials: list[str] = []


class Readings(msgspec.Struct, forbid_unknown_fields=True):
    items: Annotated[list[Reading], Meta(min_length=1)]


def substitute_lots(command: Command) -> Any:
    """The named items are taken from other lots."""
    order, sent, world = find_order(command), command.read(Readings), command.world
    lots = {}
    for index, row in enumerate(sent.items):
        if row.lot is None:
            raise invalid(f"/items/{index}/lot", "Name the lot")
        lots.update({item.id: row.lot for item in named_items(world, order, row, at=f"/items/{index}")})
    picking.substitute(world, order, lots)
    return describe_order(world, order)


def capture_properties(command: Command) -> Any:
    """What was read at picking is on the items; serials make one item per unit."""
    order, sent, world = find_order(command), command.read(Readings), command.world
    read: dict[str, list[dict[str, Any]]] = {}
    for index, row in enumerate(sent.items):
        readings = [{**row.properties, "serial": serial} for serial in row.serials] or [row.properties]
        for item in named_items(world, order, row, at=f"/items/{index}"):
            read[item.id] = readings
    picking.capture(world, order, read)
    return describe_order(world, order)


def approve_order(command: Command) -> Any:
    """A draft becomes visible to the floor."""
    order, _ = find_order(command), command.read(OrderStep)
    if order.status != "DRAFT":
        raise plain(409, f"An order in status {order.status} cannot be approved")
    fulfilment.revert(command.world, order)
    return describe_order(command.world, order)


def split_order(command: Command) -> Any:
    """The named quantities go on as a new order, which the answer calls `other`."""
    order, sent = find_order(command), command.read(OrderStep)
    if not sent.items:
        raise invalid("/items", "Name at least one item")
    other = splits.split(command.world, order, read_quantities(command.world, order, sent.items))
    return {**describe_order(command.world, order), "other": describe_order(command.world, other)}


def return_order(command: Command) -> Any:
    """All that left, or the named quantities, come back; the answer is the inbound order."""
    order, sent = find_order(command), command.read(OrderStep)
    back = returns.return_to_stock(command.world, order, read_quantities(command.world, order, sent.items))
    return inbound.describe_order(command.world, back)


def reprocess_order(command: Command) -> Any:
    order, _ = find_order(command), command.read(OrderStep)
    intake.reprocess(command.world, order)
    return describe_order(command.world, order)


def purge_rejected(command: Command) -> Any:
    """Rejected orders that are due by the settings, or all older than so many days, disappear."""
    sent = command.read(Purge)
    return {"purged": purge.purge_rejected(command.world, older_than_days=sent.older_than_days)}
