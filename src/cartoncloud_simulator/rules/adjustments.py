"""Stock found or lost: recorded as orders of the warehouse's own, or edited directly where it is set so."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import chain

from cartoncloud_simulator.rules import backorders, inbound_intake, inbound_stock, receiving, stock_records
from cartoncloud_simulator.rules.refusals import invalid
from cartoncloud_simulator.rules.splits import next_references
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.entities import Item, Lot, Order
from cartoncloud_simulator.world.inbound import InboundItem, InboundOrder
from cartoncloud_simulator.world.quantities import ONE, ZERO
from cartoncloud_simulator.world.world import World, new_id

_ORIGIN = "adjustment"


def adjust_up(world: World, lot: Lot) -> InboundOrder | None:
    """New stock appears, given as a lot nobody keeps yet; the purchase order it came with, if any."""
    stock_records.check_unique(world, [lot], at="")
    policy = world.customer_settings(lot.customer_id)
    if policy.adjustment_orders == "none":
        lot.seq, lot.initial, lot.received_at = world.next_seq(), lot.on_hand, world.clock.now()
        world.save(lot)
        backorders.fill_waiting(world, {lot.product_id})
        return None
    order = _inbound_of_today(world, lot)
    product = world.catalogue.by_id[lot.product_id]
    item = InboundItem(
        id=new_id(),
        numeric_id=world.next_numeric_id("inbound_item", lot.customer_id),
        product_id=lot.product_id,
        unit=product.base_unit,
        unit_size=ONE,
        quantity=lot.on_hand,
        expected=lot.on_hand,
        status=lot.status,
        properties=dict(lot.properties),
    )
    items = [*order.items, item]
    inbound_stock.settle(world, order, items, status="ALLOCATED", locations={item.id: lot.location})
    receiving.advance(world, order, "ALLOCATED")
    return order


def adjust_down(world: World, lots: Iterable[Lot], quantity: Decimal) -> Order | None:
    """So much of these lots is gone, from the first that has it free; the sale order it left with, if any."""
    taken: list[tuple[Lot, Decimal]] = []
    left = quantity
    for lot in lots:
        if left and lot.free > 0:
            taken.append((lot, min(lot.free, left)))
            left -= taken[-1][1]
    if left:
        raise invalid("/quantity", "Not that much is free")

    first = taken[0][0]
    if world.customer_settings(first.customer_id).adjustment_orders == "none":
        for lot, amount in taken:
            world.note(world.stockroom.move(lot.id, on_hand=-amount, allocated=ZERO))
        return None
    order = _outbound_of_today(world, first)
    for lot, amount in taken:
        world.note(world.stockroom.move(lot.id, on_hand=-amount, allocated=ZERO))
        order.items.append(_gone(world, order, lot, amount))
    order.version = world.next_version(order.version)
    order.modified_at = world.clock.now()
    world.save(order)
    return order


def _inbound_of_today(world: World, lot: Lot) -> InboundOrder:
    for reference in _references(world, lot):
        known = world.inbound_orders.find_by_reference(lot.customer_id, reference, case_sensitive=True)
        if known is None:
            return inbound_intake.new_order(
                world,
                client_id="",
                customer_id=lot.customer_id,
                warehouse_id=lot.warehouse_id,
                status="ALLOCATED",
                references={"customer": reference},
                details={"urgent": False},
                origin=_ORIGIN,
                verified_at=world.clock.now(),
                version=0,
            )
        if _continues(world, known, lot):
            return known
    raise AssertionError("references never end")


def _outbound_of_today(world: World, lot: Lot) -> Order:
    for reference in _references(world, lot):
        known = world.orders.find_by_reference(lot.customer_id, reference, case_sensitive=True)
        if known is None:
            now = world.clock.now()
            return Order(
                id=new_id(),
                numeric_id=world.next_numeric_id("order", lot.customer_id),
                seq=world.next_seq(),
                client_id="",
                customer_id=lot.customer_id,
                warehouse_id=lot.warehouse_id,
                status="DISPATCHED",
                references={"customer": reference},
                details={"urgent": False},
                created_at=now,
                modified_at=now,
                visible_at=world.clock.seconds(),
                version=0,
                packed_at=now,
                dispatched_at=now,
                stock_taken=True,
                origin=_ORIGIN,
            )
        if _continues(world, known, lot):
            return known
    raise AssertionError("references never end")


def _continues(world: World, known: Order | InboundOrder, lot: Lot) -> bool:
    """Whether a further adjustment goes onto this order."""
    daily = world.customer_settings(lot.customer_id).adjustment_orders == "daily"
    final = known.status in ("ALLOCATED", "DISPATCHED")
    return daily and final and known.origin == _ORIGIN and known.warehouse_id == lot.warehouse_id


def _references(world: World, lot: Lot) -> Iterable[str]:
    day = clock.format_day(world.clock.now(), zone=world.zone_of(lot.warehouse_id))
    wanted = world.customer_settings(lot.customer_id).adjustment_reference.replace("{date}", day)
    return chain([wanted], next_references(wanted))


def _gone(world: World, order: Order, lot: Lot, amount: Decimal) -> Item:
    return Item(
        id=new_id(),
        numeric_id=world.next_numeric_id("item", order.customer_id),
        line=len(order.items),
        product_id=lot.product_id,
        unit=world.catalogue.by_id[lot.product_id].base_unit,
        unit_size=ONE,
        quantity=amount,
        lot_id=lot.id,
        properties=dict(lot.properties),
    )
