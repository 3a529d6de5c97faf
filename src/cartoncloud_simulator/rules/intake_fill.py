"""Filling the lines of an order from stock, each by the customer's policy for what is missing."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cartoncloud_simulator.rules import allocation
from cartoncloud_simulator.rules.intake_lines import LineRules, RequestedItem, read_line
from cartoncloud_simulator.settings import CustomerSettings
from cartoncloud_simulator.world.entities import Item, RequestedLine
from cartoncloud_simulator.world.quantities import ONE
from cartoncloud_simulator.world.world import World, new_id


@dataclass(slots=True)
class Fill:
    """What the lines came to."""

    items: list[Item] = field(default_factory=list)
    requested: list[RequestedLine] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    promised: dict[str, Decimal] = field(default_factory=dict)
    waits_for_stock: bool = False


def fill_lines(
    world: World, lines: list[dict[str, Any]], *, customer_id: str, warehouse_id: str, policy: CustomerSettings
) -> Fill:
    """Look up and allocate every line; nothing is promised yet."""
    fill, rules = Fill(), LineRules.outbound(policy)
    for index, sent in enumerate(lines):
        line = read_line(world, sent, customer_id=customer_id, rules=rules)
        fill.requested.append(line.requested)
        if line.problem is None:
            _fill_line(world, warehouse_id, policy, fill, index, line)
        elif line.is_dropped:
            fill.warnings.append(line.describe_problem())
        else:
            fill.problems.append(line.describe_problem())
    if not fill.items and not fill.problems:
        fill.problems.append("There are no products left on the order")
    return fill


def _fill_line(
    world: World, warehouse_id: str, policy: CustomerSettings, fill: Fill, index: int, line: RequestedItem
) -> None:
    assert line.product
    if line.replaced_unit:
        fill.warnings.append(line.describe("Unit of measure replaced by the default"))
    found = allocation.allocate(
        world,
        product=line.product,
        warehouse_id=warehouse_id,
        unit=line.unit,
        quantity=line.quantity,
        constraints=line.requested.constraints,
        promised=fill.promised,
    )
    shortage = policy.shortage_policy if found.missing else "none"
    if shortage == "reject":
        fill.problems.append(line.describe(found.reason))
        return
    if found.is_stale:
        fill.warnings.append(line.describe("Stock has expired or is within its expiry threshold"))
    if found.missing:
        fill.warnings.append(line.describe(found.reason))
    if shortage in ("drop", "await"):
        for part in found.parts:
            fill.promised[part.lot.id] -= part.quantity * part.unit_size
    else:
        fill.items += [_item(world, index, line, part) for part in found.parts]
    if shortage == "await":
        fill.items.append(_unassigned(world, index, line, line.quantity * line.unit_size))
    elif shortage in ("assign_and_await", "split", "split_unless_due"):
        fill.items.append(_unassigned(world, index, line, found.missing))
    fill.waits_for_stock |= shortage not in ("none", "drop", "assign_and_drop")


def _item(world: World, index: int, line: RequestedItem, part: allocation.Part) -> Item:
    assert line.product
    return Item(
        id=new_id(),
        numeric_id=world.next_numeric_id("item", line.product.customer_id),
        line=index,
        product_id=line.product.id,
        unit=part.unit,
        unit_size=part.unit_size,
        quantity=part.quantity,
        lot_id=part.lot.id,
        properties={**part.lot.properties, **line.kept_properties},
        price=line.price,
    )


def _unassigned(world: World, index: int, line: RequestedItem, base: Decimal) -> Item:
    assert line.product
    whole = base % line.unit_size == 0
    return Item(
        id=new_id(),
        numeric_id=world.next_numeric_id("item", line.product.customer_id),
        line=index,
        product_id=line.product.id,
        unit=line.unit if whole else line.product.base_unit,
        unit_size=line.unit_size if whole else ONE,
        quantity=base / line.unit_size if whole else base,
        properties=dict(line.kept_properties),
        price=line.price,
    )
