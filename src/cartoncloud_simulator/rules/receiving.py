"""Goods at the dock: received, verified line by line, put away; what did not come may go on as an order of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from cartoncloud_simulator.rules import backorders, inbound_stock
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.rules.splits import next_references
from cartoncloud_simulator.world.entities import Product
from cartoncloud_simulator.world.inbound import InboundItem, InboundOrder
from cartoncloud_simulator.world.quantities import ZERO
from cartoncloud_simulator.world.world import World, new_id


@dataclass(slots=True)
class Finding:
    """So much of a line was found in one state; what is not said stays as expected."""

    quantity: Decimal | None = None
    status: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    location: str | None = None


@dataclass(slots=True)
class Count:
    """What was found: per item, one finding for each part of it, and goods nobody announced."""

    items: Mapping[str, list[Finding]] = field(default_factory=dict)
    unexpected: list[tuple[Product, str, Finding]] = field(default_factory=list)


def receive(world: World, order: InboundOrder) -> None:
    """The truck has arrived: everything announced lies at the dock, unchecked."""
    _require(order, ("NOT_YET_RECEIVED",), "received")
    items = [arrive(world, item) for item in order.items]
    inbound_stock.settle(world, order, items, status="RECEIVED")
    advance(world, order, "RECEIVED")


def verify(world: World, order: InboundOrder, count: Count) -> None:
    """Quantities are confirmed; where every line got its place, the order is ALLOCATED at once."""
    _require(order, ("NOT_YET_RECEIVED", "RECEIVED"), "verified")
    items, locations = count_items(world, order, count, arriving=order.status == "NOT_YET_RECEIVED")
    if not world.settings.inbound_zero_items_kept:
        items = [item for item in items if item.quantity]
    _confirm(world, order, items, locations)


def put_away(world: World, order: InboundOrder, *, location: str) -> None:
    """Everything has a place; unverified goods too, where the customer lets verification be bypassed."""
    _require(order, ("RECEIVED", "VERIFIED"), "allocated")
    if order.status == "RECEIVED":
        if not world.customer_settings(order.customer_id).verification_bypass_allowed:
            raise plain(409, "The order must be verified first")
        inbound_stock.check_arrival(world, order, order.items)
    locations = {item.id: location for item in order.items if not _has_place(world, item)}
    inbound_stock.settle(world, order, _copies(order.items), status="ALLOCATED", locations=locations)
    advance(world, order, "ALLOCATED")


def split_receipt(world: World, order: InboundOrder, count: Count) -> InboundOrder:
    """Verify what was counted; all that was not goes on as a new order, still to come."""
    _require(order, ("NOT_YET_RECEIVED", "RECEIVED"), "split")
    if not world.customer_settings(order.customer_id).split_receiving_enabled:
        raise plain(409, "Split receiving is not enabled for this customer")
    items, locations = count_items(world, order, count, arriving=order.status == "NOT_YET_RECEIVED")
    left = [_left_over(world, order, item, count.items.get(item.id)) for item in order.items]
    rest = [item for item in left if item is not None]
    confirmed = [item for item in items if item.id in count.items or item.id not in _ids(order)]
    if not rest or not confirmed:
        raise invalid("/items", "Both halves of a split order need something")

    child = _new_child(world, order, rest)
    order.has_children = True
    _confirm(world, order, confirmed, locations)
    world.save(child)
    return child


def count_items(
    world: World, order: InboundOrder, count: Count, *, arriving: bool
) -> tuple[list[InboundItem], dict[str, str]]:
    """The items as counted, one per part, and the places that were named."""
    items: list[InboundItem] = []
    locations: dict[str, str] = {}
    for item in order.items:
        first, *others = count.items.get(item.id) or [Finding()]
        arrived = arrive(world, item) if arriving else msgspec.structs.replace(item)
        # The parts of a line start from the line as it was, before the first finding changes it.
        parts = [_another(world, order, arrived) for _ in others]
        items.append(_apply(arrived, first, locations))
        items += [_apply(part, finding, locations) for part, finding in zip(parts, others, strict=True)]
    for product, unit, finding in count.unexpected:
        items.append(_apply(_unannounced(world, order, product, unit), finding, locations))
    return items, locations


def arrive(world: World, item: InboundItem) -> InboundItem:
    """The item with the status its product has on receipt."""
    details = world.catalogue.by_id[item.product_id].document.get("details")
    inbound = details.get("inbound") if isinstance(details, dict) else None
    initial = inbound.get("initialStatus") if isinstance(inbound, dict) else None
    status = str(initial) if initial and item.status == "OK" else item.status
    return msgspec.structs.replace(item, status=status)


def advance(world: World, order: InboundOrder, status: str) -> None:
    """Keep the order in its new status, and let waiting orders have what that makes usable."""
    order.status = status
    order.version = world.next_version(order.version)
    order.modified_at = world.clock.now()
    world.save(order)
    backorders.fill_waiting(world, {item.product_id for item in order.items})


def _confirm(world: World, order: InboundOrder, items: list[InboundItem], locations: dict[str, str]) -> None:
    inbound_stock.check_arrival(world, order, items)
    is_new = order.status == "NOT_YET_RECEIVED"
    inbound_stock.settle(world, order, items, status="VERIFIED", locations=locations)
    order.verified_at = world.clock.now()
    if is_new:
        order.status, order.version = "RECEIVED", world.next_version(order.version)
        world.save(order)
    advance(world, order, "VERIFIED")
    placed = [item for item in order.items if item.lot_id]
    if placed and all(_has_place(world, item) for item in placed):
        put_away(world, order, location=inbound_stock.RECEIVING_LOCATION)


def _apply(item: InboundItem, finding: Finding, locations: dict[str, str]) -> InboundItem:
    if finding.quantity is not None:
        item.quantity = finding.quantity
    item.status = finding.status or item.status
    item.properties = {**item.properties, **finding.properties}
    if finding.location:
        locations[item.id] = finding.location
    return item


def _another(world: World, order: InboundOrder, item: InboundItem) -> InboundItem:
    number = world.next_numeric_id("inbound_item", order.customer_id)
    return msgspec.structs.replace(item, id=new_id(), numeric_id=number, expected=ZERO, lot_id=None)


def _unannounced(world: World, order: InboundOrder, product: Product, unit: str) -> InboundItem:
    item = InboundItem(
        id=new_id(),
        numeric_id=world.next_numeric_id("inbound_item", order.customer_id),
        product_id=product.id,
        unit=unit,
        unit_size=product.unit_sizes[unit],
        quantity=ZERO,
    )
    return arrive(world, item)


def _left_over(
    world: World, order: InboundOrder, item: InboundItem, findings: list[Finding] | None
) -> InboundItem | None:
    confirmed = sum((one.quantity or ZERO for one in findings or ()), start=ZERO)
    if findings and any(one.quantity is None for one in findings):
        return None
    left = item.quantity - confirmed
    if left <= 0:
        return None
    return msgspec.structs.replace(_another(world, order, item), quantity=left, expected=left)


def _new_child(world: World, order: InboundOrder, items: list[InboundItem]) -> InboundOrder:
    sensitive = world.settings.reference_case_sensitive
    reference = next(
        candidate
        for candidate in next_references(order.reference)
        if world.inbound_orders.find_by_reference(order.customer_id, candidate, case_sensitive=sensitive) is None
    )
    now = world.clock.now()
    return msgspec.structs.replace(
        order,
        id=new_id(),
        numeric_id=world.next_numeric_id("inbound", order.customer_id),
        seq=world.next_seq(),
        status="NOT_YET_RECEIVED",
        references={**order.references, "customer": reference},
        version=1,
        created_at=now,
        modified_at=now,
        visible_at=world.clock.seconds(),
        items=items,
        errors=[],
        warnings=[],
        verified_at=None,
        parent_id=order.id,
        has_children=False,
        origin="split",
    )


def _has_place(world: World, item: InboundItem) -> bool:
    return item.lot_id is None or world.stockroom.by_id[item.lot_id].location != inbound_stock.RECEIVING_LOCATION


def _copies(items: list[InboundItem]) -> list[InboundItem]:
    return [msgspec.structs.replace(item) for item in items]


def _ids(order: InboundOrder) -> set[str]:
    return {item.id for item in order.items}


def _require(order: InboundOrder, statuses: tuple[str, ...], what: str) -> None:
    if order.status not in statuses:
        raise plain(409, f"An inbound order in status {order.status} cannot be {what}")
