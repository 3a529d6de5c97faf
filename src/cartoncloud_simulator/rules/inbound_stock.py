"""The stock records behind the items of an inbound order: made, changed and taken back with them."""

from collections.abc import Iterable, Mapping

import msgspec

from cartoncloud_simulator.rules import requirements, stock_records
from cartoncloud_simulator.rules.intake_lines import LINE_FIELD_PREFIX
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.world.entities import Lot
from cartoncloud_simulator.world.inbound import InboundItem, InboundOrder
from cartoncloud_simulator.world.quantities import ZERO
from cartoncloud_simulator.world.world import World, new_id

RECEIVING_LOCATION = "RECV-01"


def settle(
    world: World,
    order: InboundOrder,
    items: list[InboundItem],
    *,
    status: str,
    locations: Mapping[str, str] | None = None,
) -> None:
    """Let the stock say what these items say, or refuse as a whole; the order has them afterwards."""
    planned = [_plan_lot(world, order, item, status, (locations or {}).get(item.id)) for item in items]
    lots = [lot for lot in planned if lot is not None]
    kept = {lot.id for lot in lots}
    gone = [item.lot_id for item in order.items if item.lot_id is not None and item.lot_id not in kept]
    check_untouched(world, gone)
    if any(lot.on_hand < lot.allocated for lot in lots):
        raise plain(409, "Stock of this order is promised to outbound orders")
    stock_records.check_unique(world, lots, at="/items")

    for item, lot in zip(items, planned, strict=True):
        item.lot_id = lot.id if lot else None
    for lot in lots:
        world.save(lot)
    for lot_id in gone:
        world.remove("lot", lot_id)
    order.items = items
    for lot in lots:
        if lot.status != "OK":
            stock_records.withdraw(world, lot)


def check_untouched(world: World, lot_ids: Iterable[str]) -> None:
    """Stock may disappear with its order only while nobody was promised or sent any of it."""
    for lot_id in lot_ids:
        lot = world.stockroom.by_id[lot_id]
        if lot.allocated or lot.on_hand != lot.initial:
            raise plain(409, "Stock of this order is promised to outbound orders or has left")


def take_back(world: World, order: InboundOrder) -> None:
    """The goods never came: their stock records go, the items stay."""
    lot_ids = [item.lot_id for item in order.items if item.lot_id is not None]
    check_untouched(world, lot_ids)
    for lot_id in lot_ids:
        world.remove("lot", lot_id)
    for item in order.items:
        item.lot_id = None


def check_arrival(world: World, order: InboundOrder, items: list[InboundItem]) -> None:
    """What confirmed goods must fulfil before they are stock."""
    policy = world.customer_settings(order.customer_id)
    for index, item in enumerate(items):
        if not item.quantity or item.status in policy.absent_item_statuses:
            continue
        at = f"/items/{index}/properties"
        stock_records.check_single_units(world, order.customer_id, item.properties, item.base, at=at)
        lacking = requirements.missing_inbound(world.catalogue.by_id[item.product_id], item.properties)
        if lacking and policy.required_properties_checked == "verification":
            raise invalid(at, f"{lacking[0]} is required")


def _plan_lot(world: World, order: InboundOrder, item: InboundItem, status: str, location: str | None) -> Lot | None:
    policy = world.customer_settings(order.customer_id)
    base = ZERO if item.status in policy.absent_item_statuses else item.base
    properties = {name: value for name, value in item.properties.items() if not name.startswith(LINE_FIELD_PREFIX)}
    expiry = properties.get("expiryDate")
    known = world.stockroom.by_id[item.lot_id] if item.lot_id else None
    if known is None and not base:
        return None
    if known is not None and not base and known.on_hand == known.initial:
        return None
    if known is None:
        known = Lot(
            id=new_id(),
            seq=world.next_seq(),
            customer_id=order.customer_id,
            warehouse_id=order.warehouse_id,
            product_id=item.product_id,
            on_hand=ZERO,
            initial=ZERO,
            location=RECEIVING_LOCATION,
            inbound_order_id=order.id,
            received_at=world.clock.now(),
        )
    assert known.initial is not None
    return msgspec.structs.replace(
        known,
        on_hand=known.on_hand + base - known.initial,
        initial=base,
        status=item.status,
        expiry=str(expiry) if expiry else None,
        properties=properties,
        location=location or known.location,
        inbound_status=status,
    )
