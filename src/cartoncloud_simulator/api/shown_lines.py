"""Which items of an outbound order are shown, and how, where the real answers were never seen."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from cartoncloud_simulator.rules.intake_lines import LINE_FIELD_PREFIX
from cartoncloud_simulator.rules.stock_records import without_stock_fields
from cartoncloud_simulator.world.entities import Item, Order
from cartoncloud_simulator.world.inbound import InboundItem
from cartoncloud_simulator.world.quantities import ONE, read_numeric_text
from cartoncloud_simulator.world.world import World


def list_shown(world: World, order: Order) -> list[Item]:
    """The items a reader sees: all of them as they are, unless the tenant's settings have it otherwise."""
    settings, items = world.settings, order.items
    if order.stock_taken and order.planned and settings.packed_items == "planned":
        items = order.planned
    if not settings.unassigned_items_shown and order.status != "REJECTED":
        items = [item for item in items if item.lot_id is not None]
    if settings.item_units == "base":
        items = [in_base_unit(world, item) for item in items]
    if settings.line_fields_on == "first_part":
        items = list(_with_fields_once(items))
    return items


def list_requested(world: World, order: Order) -> list[Item]:
    """One item for each line, as it was sent: what a creation answers where the stock is only told later."""
    found: dict[int, Item] = {}
    for item in order.items:
        found.setdefault(item.line, item)
    return [_as_requested(world, order, item) for item in found.values()]


def in_base_unit(world: World, item: Any) -> Any:
    """An item of either direction, counted in its product's base unit."""
    unit = world.catalogue.by_id[item.product_id].base_unit
    changed = replace(item, unit=unit, unit_size=ONE, quantity=item.base)
    if isinstance(item, InboundItem):
        changed.expected = item.expected * item.unit_size
    return changed


def tell_reason(world: World, message: str) -> str:
    """A reason in the tenant's wording; what stands before the dash is the line."""
    line, dash, reason = message.rpartition(" - ")
    return f"{line}{dash}{world.settings.reason_wordings.get(reason, reason)}"


def _as_requested(world: World, order: Order, item: Item) -> Item:
    requested = order.requested[item.line]
    sizes = world.catalogue.by_id[item.product_id].unit_sizes
    unit = requested.unit if requested.unit in sizes else item.unit
    assert unit
    return replace(
        item,
        unit=unit,
        unit_size=sizes[unit],
        quantity=read_numeric_text(requested.quantity) or item.quantity,
        properties={**requested.constraints, **without_stock_fields(world, order, item)},
    )


def _with_fields_once(items: list[Item]) -> Iterator[Item]:
    """Of several parts of a line, the first alone carries the line's own fields."""
    seen = set[int]()
    for item in items:
        if item.line in seen:
            kept = {name: value for name, value in item.properties.items() if not name.startswith(LINE_FIELD_PREFIX)}
            item = replace(item, properties=kept)
        seen.add(item.line)
        yield item
