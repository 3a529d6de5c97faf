"""Taking an outbound order in: its lines are looked up, allocated and either promised or rejected.

Reads the catalogue and the stock; writes the order, the lots and the ledger.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cartoncloud_simulator.rules import allocation, consignments, ledger_entries, stock
from cartoncloud_simulator.rules.intake_lines import LineProblem, RequestedItem, read_line
from cartoncloud_simulator.settings import CustomerSettings
from cartoncloud_simulator.world.entities import Client, Item, Order, RequestedLine
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


@dataclass(slots=True)
class _Fill:
    """What the lines came to."""

    items: list[Item] = field(default_factory=list)
    requested: list[RequestedLine] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    promised: dict[str, Decimal] = field(default_factory=dict)
    waits_for_stock: bool = False


def take_in(world: World, draft: OrderDraft) -> Order:
    """Create the order, REJECTED if a line's problem says so, and write it into the ledger."""
    if draft.replaces is not None:
        remove_order(world, draft.replaces)
    policy = world.customer_settings(draft.customer_id)

    fill = _fill_lines(world, draft, policy)
    order = _build_order(world, draft, fill)

    if order.status != "REJECTED":
        stock.promise(world, order.items)
    world.save(order)
    if policy.consignment_generation == "on_import" and order.status != "REJECTED":
        consignments.generate(world, order)
    ledger_entries.record_accepted(world, order, replaced=draft.replaces)
    return order


def remove_order(world: World, order: Order) -> None:
    """Let the order disappear and give back what it had promised."""
    stock.release(world, order)
    for consignment in list(world.consignments.list_of_order(order.id)):
        world.remove("consignment", consignment.id)
    world.remove("order", order.id)


def _fill_lines(world: World, draft: OrderDraft, policy: CustomerSettings) -> _Fill:
    fill = _Fill()
    for index, sent in enumerate(draft.lines):
        line = read_line(world, sent, customer_id=draft.customer_id, policy=policy)
        fill.requested.append(line.requested)
        if line.problem is None:
            _fill_line(world, draft, policy, fill, index, line)
        elif line.problem is not LineProblem.DROPPED:
            fill.problems.append(line.describe_problem())
    if not fill.items and not fill.problems:
        fill.problems.append("There are no products left on the order")
    return fill


def _fill_line(
    world: World, draft: OrderDraft, policy: CustomerSettings, fill: _Fill, index: int, line: RequestedItem
) -> None:
    assert line.product
    found = allocation.allocate(
        world,
        product=line.product,
        warehouse_id=draft.warehouse_id,
        unit=line.unit,
        quantity=line.quantity,
        constraints=line.requested.constraints,
        promised=fill.promised,
    )
    if not found.missing:
        fill.items += [_item(world, draft, index, line, part) for part in found.parts]
        return

    match policy.shortage_policy:
        case "reject":
            fill.problems.append(line.describe(_shortage_reason(found)))
        case "drop":
            _take_back(fill, found)
        case "assign_and_drop":
            fill.items += [_item(world, draft, index, line, part) for part in found.parts]
        case "await":
            _take_back(fill, found)
            fill.items.append(_unassigned(world, draft, index, line, line.quantity * line.unit_size))
            fill.waits_for_stock = True
        case "assign_and_await":
            fill.items += [_item(world, draft, index, line, part) for part in found.parts]
            fill.items.append(_unassigned(world, draft, index, line, found.missing))
            fill.waits_for_stock = True


def _take_back(fill: _Fill, found: allocation.Allocation) -> None:
    for part in found.parts:
        fill.promised[part.lot.id] -= part.quantity * part.unit_size


def _shortage_reason(found: allocation.Allocation) -> str:
    if not found.any_stock_matches:
        return "No stock matches the requested conditions"
    return "Not enough stock"


def _item(world: World, draft: OrderDraft, index: int, line: RequestedItem, part: allocation.Part) -> Item:
    assert line.product
    return Item(
        id=new_id(),
        numeric_id=world.next_numeric_id("item", draft.customer_id),
        line=index,
        product_id=line.product.id,
        unit=part.unit,
        unit_size=part.unit_size,
        quantity=part.quantity,
        lot_id=part.lot.id,
        properties={**part.lot.properties, **line.kept_properties},
        price=line.price,
    )


def _unassigned(world: World, draft: OrderDraft, index: int, line: RequestedItem, base: Decimal) -> Item:
    assert line.product
    whole = base % line.unit_size == 0
    return Item(
        id=new_id(),
        numeric_id=world.next_numeric_id("item", draft.customer_id),
        line=index,
        product_id=line.product.id,
        unit=line.unit if whole else line.product.base_unit(),
        unit_size=line.unit_size if whole else Decimal(1),
        quantity=base / line.unit_size if whole else base,
        properties=dict(line.kept_properties),
        price=line.price,
    )


def _build_order(world: World, draft: OrderDraft, fill: _Fill) -> Order:
    rejected = bool(fill.problems)
    status = "AWAITING_PICK_AND_PACK"
    if rejected:
        status = "REJECTED"
    elif draft.is_draft and world.settings.draft_honoured:
        status = "DRAFT"
    elif fill.waits_for_stock:
        status = "AWAITING_STOCK"
    items = fill.items
    if rejected:
        items = [_without_lot(item) for item in items] if world.settings.rejected_orders_keep_items else []
    now = world.clock.now()
    return Order(
        id=new_id(),
        numeric_id=world.next_numeric_id("order", draft.customer_id),
        seq=world.next_seq(),
        client_id=draft.client.id,
        customer_id=draft.customer_id,
        warehouse_id=draft.warehouse_id,
        status=status,
        references=draft.references,
        details=draft.details,
        created_at=now,
        modified_at=now,
        visible_at=world.clock.seconds(),
        properties=draft.properties,
        items=items,
        requested=fill.requested,
        errors=fill.problems,
    )


def _without_lot(item: Item) -> Item:
    item.lot_id = None
    return item
