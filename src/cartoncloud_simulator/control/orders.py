"""Control of orders: the crew, and single orders by hand."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cartoncloud_simulator.control.endpoint import Command, describe_error
from cartoncloud_simulator.crew import Stage
from cartoncloud_simulator.rules import fulfilment, intake, ledger_entries
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.entities import Item, Order
from cartoncloud_simulator.world.quantities import ZERO, plain_text, read_number
from cartoncloud_simulator.world.world import World


class ItemQuantity(msgspec.Struct, forbid_unknown_fields=True):
    """An item by its id, or all items of a product by its code."""

    quantity: Decimal
    id: str | None = None
    code: str | None = None


class OrderStep(msgspec.Struct, forbid_unknown_fields=True):
    items: list[ItemQuantity] = []
    packages: Annotated[int, Meta(ge=1, le=50)] | None = None
    reason: str = "Rejected by staff"
    status: str = "AWAITING_PICK_AND_PACK"


class CrewStep(msgspec.Struct, forbid_unknown_fields=True):
    orders: Annotated[int, Meta(ge=1, le=10_000)] = 1
    stage: Stage = "all"


def show_crew(command: Command) -> Any:
    return command.simulator.crew.describe()


def instruct_crew(command: Command) -> Any:
    try:
        command.simulator.crew.instruct(command.read(dict[str, Any], float_hook=float))
    except msgspec.ValidationError as error:
        raise describe_error(error) from None
    return show_crew(command)


def step_crew(command: Command) -> Any:
    sent = command.read(CrewStep)
    done = command.simulator.crew.step(sent.orders, sent.stage)
    return {"processed": done}


def pick_order(command: Command) -> Any:
    order, sent = find_order(command), command.read(OrderStep)
    fulfilment.pick(command.world, order, quantities=read_quantities(command.world, order, sent.items))
    return describe_order(command.world, order)


def pack_order(command: Command) -> Any:
    order, sent = find_order(command), command.read(OrderStep)
    quantities = read_quantities(command.world, order, sent.items)
    fulfilment.pack(command.world, order, quantities=quantities, packages=sent.packages)
    return describe_order(command.world, order)


def dispatch_order(command: Command) -> Any:
    order = find_order(command)
    command.read(OrderStep)
    fulfilment.dispatch(command.world, order)
    return describe_order(command.world, order)


def revert_order(command: Command) -> Any:
    order, sent = find_order(command), command.read(OrderStep)
    if sent.status not in ("AWAITING_PICK_AND_PACK", "DRAFT"):
        raise invalid("/status", "An order is reverted to AWAITING_PICK_AND_PACK or DRAFT")
    fulfilment.revert(command.world, order, status=sent.status)
    return describe_order(command.world, order)


def reject_order(command: Command) -> Any:
    order, sent = find_order(command), command.read(OrderStep)
    fulfilment.reject(command.world, order, reason=sent.reason)
    return describe_order(command.world, order)


def edit_order(command: Command) -> Any:
    order, sent = find_order(command), command.read(OrderStep)
    if not sent.items:
        raise invalid("/items", "Name at least one item")
    fulfilment.edit(command.world, order, read_quantities(command.world, order, sent.items))
    return describe_order(command.world, order)


def remove_order(command: Command) -> Any:
    """Staff delete an order, in any status."""
    order = find_order(command)
    intake.remove_order(command.world, order)
    ledger_entries.record_deleted(command.world, order, by="staff")
    return {"deleted": order.id}


def show_order(command: Command) -> Any:
    return describe_order(command.world, find_order(command))


def list_orders(command: Command) -> bytes:
    """Every live order, one JSON line each, oldest first."""
    world = command.world
    live = sorted(world.orders.by_id.values(), key=lambda order: order.seq)
    return b"".join(msgspec.json.encode(describe_order(world, order)) + b"\n" for order in live)


def describe_order(world: World, order: Order) -> dict[str, Any]:
    found = world.consignments.list_of_order(order.id)
    dispatched = order.dispatched_at
    return {
        "id": order.id,
        "reference": order.reference,
        "customer_id": order.customer_id,
        "warehouse_id": order.warehouse_id,
        "status": order.status,
        "version": order.version,
        "lines": [_describe_item(world, order, item) for item in order.items],
        "errors": order.errors,
        "warnings": order.warnings,
        "origin": order.origin,
        "parent_id": order.parent_id,
        "dispatched_at": clock.format_precise_time(dispatched) if dispatched is not None else None,
        "tracking_numbers": [one.references["tracking"] for one in found if "tracking" in one.references],
        "consignment_ids": [one.id for one in found],
    }


def _describe_item(world: World, order: Order, item: Item) -> dict[str, Any]:
    described = ledger_entries.describe_item(world, order, item)
    return {
        "item_id": item.id,
        **described,
        "packed_base_quantity": plain_text(item.base if order.stock_taken else ZERO),
    }


def find_order(command: Command) -> Order:
    order = command.world.orders.by_id.get(command.path["id"])
    if order is None:
        raise plain(404, "Order not found")
    return order


def read_quantities(world: World, order: Order, sent: list[ItemQuantity]) -> dict[str, Decimal]:
    """New quantities per item id; a code's quantity fills that product's items in turn."""
    quantities: dict[str, Decimal] = {}
    for index, row in enumerate(sent):
        if read_number(row.quantity) is None or row.quantity < 0:
            raise invalid(f"/items/{index}/quantity", "Quantity must be a number, zero or more")
        items = named_items(world, order, row, at=f"/items/{index}")
        left = row.quantity
        for item in items[:-1]:
            quantities[item.id] = min(left, item.quantity)
            left -= quantities[item.id]
        quantities[items[-1].id] = left
    return quantities


def named_items(world: World, order: Order, row: Any, *, at: str) -> list[Item]:
    """The item with this id, or all items of the product with this code."""
    items = [item for item in order.items if row.id == item.id or _has_code(world, item, row.code)]
    if not items:
        raise invalid(at, "The order has no such item")
    return items


def _has_code(world: World, item: Item, code: str | None) -> bool:
    return code is not None and world.catalogue.by_id[item.product_id].code == code
