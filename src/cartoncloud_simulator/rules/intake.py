"""Taking an outbound order in: its lines are looked up, allocated and either promised or rejected.

Reads the catalogue and the stock; writes the order, the lots and the ledger.
"""

from dataclasses import dataclass
from typing import Any

from cartoncloud_simulator.rules import consignments, ledger_entries, splits, stock
from cartoncloud_simulator.rules.intake_fill import Fill, fill_lines
from cartoncloud_simulator.rules.refusals import plain
from cartoncloud_simulator.settings import CustomerSettings
from cartoncloud_simulator.world.entities import Client, Item, Order
from cartoncloud_simulator.world.world import World, new_id


@dataclass(slots=True)
class OrderDraft:
    """A well-formed request, its customer and warehouse found, its lines still as sent."""

    client: Client
    customer_id: str
    warehouse_id: str
    references: dict[str, Any]
    details: dict[str, Any]
    properties: dict[str, Any]
    lines: list[dict[str, Any]]
    is_draft: bool
    replaces: Order | None


def take_in(world: World, draft: OrderDraft) -> Order:
    """Create the order, REJECTED if a line's problem says so, and write it into the ledger."""
    if draft.replaces is not None:
        remove_order(world, draft.replaces)
    policy = world.customer_settings(draft.customer_id)

    fill = fill_lines(world, draft.lines, customer_id=draft.customer_id, warehouse_id=draft.warehouse_id, policy=policy)
    order = _build_order(world, draft)
    _settle(world, order, fill, draft.lines, is_draft=draft.is_draft and world.settings.draft_honoured)
    rest = splits.separate_backorder(world, order)
    _keep(world, order, policy)
    ledger_entries.record_accepted(world, order, replaced=draft.replaces)
    if rest is not None:
        splits.keep(world, rest, parent=order)
    return order


def reprocess(world: World, order: Order) -> None:
    """Staff have a rejected order imported once more, under its id."""
    if order.status != "REJECTED":
        raise plain(409, f"An order in status {order.status} cannot be reprocessed")
    policy = world.customer_settings(order.customer_id)
    fill = fill_lines(
        world, order.sent_lines, customer_id=order.customer_id, warehouse_id=order.warehouse_id, policy=policy
    )
    earlier = order.errors
    _settle(world, order, fill, order.sent_lines, is_draft=False)
    if order.status != "REJECTED":
        order.errors = earlier
    order.version = world.next_version(order.version)
    order.modified_at = world.clock.now()
    rest = splits.separate_backorder(world, order)
    _keep(world, order, policy)
    ledger_entries.record_reprocessed(world, order)
    if rest is not None:
        splits.keep(world, rest, parent=order)


def remove_order(world: World, order: Order) -> None:
    """Let the order disappear and give back what it had promised."""
    stock.release(world, order)
    for consignment in list(world.consignments.list_of_order(order.id)):
        world.remove("consignment", consignment.id)
    world.remove("order", order.id)


def _keep(world: World, order: Order, policy: CustomerSettings) -> None:
    world.save(order)
    if policy.consignment_generation == "on_import" and order.status != "REJECTED":
        consignments.generate(world, order)


def _settle(world: World, order: Order, fill: Fill, lines: list[dict[str, Any]], *, is_draft: bool) -> None:
    """Give the order what its lines came to, and promise it."""
    order.requested, order.errors, order.warnings = fill.requested, fill.problems, fill.warnings
    order.sent_lines = []
    if fill.problems:
        order.status = "REJECTED"
        order.sent_lines = lines
        order.items = [_without_lot(item) for item in fill.items] if world.settings.rejected_orders_keep_items else []
        return
    order.status = "DRAFT" if is_draft else "AWAITING_STOCK" if fill.waits_for_stock else "AWAITING_PICK_AND_PACK"
    order.items = fill.items
    stock.promise(world, order.items)


def _build_order(world: World, draft: OrderDraft) -> Order:
    now = world.clock.now()
    return Order(
        id=new_id(),
        numeric_id=world.next_numeric_id("order", draft.customer_id),
        seq=world.next_seq(),
        client_id=draft.client.id,
        customer_id=draft.customer_id,
        warehouse_id=draft.warehouse_id,
        status="",
        references=draft.references,
        details=draft.details,
        created_at=now,
        modified_at=now,
        visible_at=world.clock.seconds(),
        properties=draft.properties,
    )


def _without_lot(item: Item) -> Item:
    item.lot_id = None
    return item
