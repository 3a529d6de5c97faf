"""What the ledger says about an order: asked for, promised, replaced, deleted."""

from typing import Any

from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.entities import Item, Order
from cartoncloud_simulator.world.quantities import ONE, plain_text
from cartoncloud_simulator.world.world import World


def record_accepted(world: World, order: Order, *, replaced: Order | None) -> None:
    if replaced is not None:
        world.ledger.add({**_about(world, replaced, "replaced"), "replaced_by_order_id": order.id})
    entry = _about(world, order, "accepted")
    entry["client_id"] = order.client_id
    entry["status"] = order.status
    if replaced is not None:
        entry["replaced_order_id"] = replaced.id
    _add_lines(world, order, entry)
    world.ledger.add(entry)


def record_reprocessed(world: World, order: Order) -> None:
    entry = {**_about(world, order, "reprocessed"), "status": order.status}
    _add_lines(world, order, entry)
    world.ledger.add(entry)


def record_split(world: World, rest: Order, *, parent: Order) -> None:
    entry = {**_about(world, rest, "split"), "status": rest.status, "parent_order_id": parent.id}
    entry["allocated"] = [describe_item(world, rest, item) for item in rest.items if item.lot_id]
    world.ledger.add(entry)


def record_deleted(world: World, order: Order, *, by: str) -> None:
    world.ledger.add({**_about(world, order, "deleted"), "status": order.status, "by": by})


def _add_lines(world: World, order: Order, entry: dict[str, Any]) -> None:
    entry["lines"] = [
        {
            "code": line.code,
            "quantity": line.quantity,
            "unit": line.unit,
            "base_quantity": plain_text(line.base_quantity) if line.base_quantity is not None else None,
            "line_ref": line.line_ref,
        }
        for line in order.requested
    ]
    entry["allocated"] = [describe_item(world, order, item) for item in order.items if item.lot_id]
    if order.errors:
        entry["errors"] = order.errors


def describe_item(world: World, order: Order, item: Item) -> dict[str, Any]:
    quantity = plain_text(item.quantity)
    return {
        "code": world.catalogue.by_id[item.product_id].code,
        "quantity": quantity,
        "unit": item.unit,
        "base_quantity": quantity if item.unit_size == ONE else plain_text(item.base),
        "line_ref": order.requested[item.line].line_ref if item.line < len(order.requested) else None,
        "lot_id": item.lot_id,
    }


def _about(world: World, order: Order, event: str) -> dict[str, Any]:
    return {
        "event": event,
        "at": clock.format_precise_time(world.clock.seconds()),
        "customer_id": order.customer_id,
        "customer_name": world.customers[order.customer_id].name,
        "warehouse_id": order.warehouse_id,
        "reference": order.reference,
        "order_id": order.id,
    }
