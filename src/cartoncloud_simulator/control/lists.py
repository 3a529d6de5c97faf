"""Lists for people: one page of the newest at a time, whatever there is in all."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from cartoncloud_simulator.control.endpoint import Command
from cartoncloud_simulator.rules.refusals import plain
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.entities import Consignment, Lot, Order, Product, ReportRun
from cartoncloud_simulator.world.inbound import InboundOrder
from cartoncloud_simulator.world.order_book import InboundBook, OutboundBook
from cartoncloud_simulator.world.quantities import plain_text
from cartoncloud_simulator.world.world import World

_USUAL_SIZE = 25
_LARGEST_SIZE = 200
_MOST_SEARCHED = 5_000
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """Where entities are, what a search looks into, what a row shows; `by_status` where there is an index."""

    entities: Callable[[World], Mapping[str, Any]]
    words: Callable[[World, Any], Iterable[object]]
    row: Callable[[World, Any], Row]
    book: Callable[[World], OutboundBook | InboundBook] | None = None


def show_list(command: Command) -> Any:
    """Newest first; `?status=`, `?q=` (part of a name, or the start of an id), `?page=` and `?size=`."""
    listing = LISTINGS.get(command.path["name"])
    if listing is None:
        raise plain(404, f"There are lists of: {', '.join((*LISTINGS, 'wire'))}")
    world = command.world
    entities = listing.entities(world)
    statuses = _count(world, listing, entities)
    ids = list(entities)
    if status := command.query.get("status", ""):
        ids = _with_status(world, listing, entities, status)
    if wanted := command.query.get("q", "").strip().casefold():
        ids = _find(world, listing, entities, ids, wanted)
    size = min(max(1, command.number("size", _USUAL_SIZE)), _LARGEST_SIZE)
    page = max(1, command.number("page", 1))
    end = len(ids) - (page - 1) * size
    chosen = reversed(ids[max(0, end - size) : max(0, end)])
    return {
        "total": len(ids),
        "page": page,
        "pages": max(1, -(-len(ids) // size)),
        "statuses": statuses,
        "rows": [{"id": entity_id, **listing.row(world, entities[entity_id])} for entity_id in chosen],
    }


def _find(world: World, listing: Listing, entities: Mapping[str, Any], ids: list[str], wanted: str) -> list[str]:
    """Of the newest those that have it in a word, and of all those that are called exactly so."""
    found = [
        entity_id
        for entity_id in ids[-_MOST_SEARCHED:]
        if entity_id.startswith(wanted)
        or any(word and wanted in str(word).casefold() for word in listing.words(world, entities[entity_id]))
    ]
    exact = [wanted, *(listing.book(world).ids_by_reference(wanted) if listing.book else ())]
    older = [entity_id for entity_id in exact if entity_id in ids and entity_id not in found]
    return older + found


def list_wire(command: Command) -> Any:
    """The newest that passed, without headers and bodies; `?q=` is part of a path, an operation or a status."""
    wire = command.simulator.wire
    wanted = command.query.get("q", "").casefold()
    rows = []
    for line in reversed(wire.read(max(0, wire.seq - _LARGEST_SIZE)).splitlines()):
        passed = msgspec.json.decode(line)
        if wanted in f"{passed.get('path')} {passed.get('operation')} {passed.get('status')}".casefold():
            rows.append({name: value for name, value in passed.items() if name not in ("request", "answer")})
    return {"total": wire.seq, "rows": rows}


def _count(world: World, listing: Listing, entities: Mapping[str, Any]) -> dict[str, int]:
    if listing.book:
        return listing.book(world).count_by_status()
    return dict(Counter(entity.status for entity in entities.values() if hasattr(entity, "status")))


def _with_status(world: World, listing: Listing, entities: Mapping[str, Any], status: str) -> list[str]:
    if listing.book:
        return list(listing.book(world).ids_by_status(status))
    return [entity_id for entity_id, entity in entities.items() if getattr(entity, "status", None) == status]


def _order_row(world: World, order: Order) -> Row:
    shipments = world.consignments.list_of_order(order.id)
    return {
        "reference": order.reference,
        "customer": world.customers[order.customer_id].name,
        "status": order.status,
        "lines": len(order.items),
        "tracking": [one.references["tracking"] for one in shipments if "tracking" in one.references],
        "modified": clock.format_time(order.modified_at, zone=world.zone_of(order.warehouse_id)),
    }


def _inbound_row(world: World, order: InboundOrder) -> Row:
    return {
        "reference": order.reference,
        "customer": world.customers[order.customer_id].name,
        "status": order.status,
        "lines": len(order.items),
        "arrival": order.details.get("arrivalDate"),
        "origin": order.origin,
        "modified": clock.format_time(order.modified_at, zone=world.zone_of(order.warehouse_id)),
    }


def _lot_row(world: World, lot: Lot) -> Row:
    product = world.catalogue.by_id[lot.product_id]
    return {
        "code": product.code,
        "product": product.name,
        "customer": world.customers[lot.customer_id].name,
        "customer_id": lot.customer_id,
        "warehouse": world.warehouses[lot.warehouse_id].name,
        "warehouse_id": lot.warehouse_id,
        "on_hand": plain_text(lot.on_hand),
        "allocated": plain_text(lot.allocated),
        "free": plain_text(lot.free),
        "unit": product.base_unit,
        "status": lot.status,
        "expiry": lot.expiry,
        "batch": lot.properties.get("batch"),
        "location": lot.location,
    }


def _product_row(world: World, product: Product) -> Row:
    return {
        "code": product.code,
        "name": product.name,
        "customer": world.customers[product.customer_id].name,
        "customer_id": product.customer_id,
        "units": {code: str(unit["baseQty"]) for code, unit in product.units.items()},
        "active": product.active,
    }


def _consignment_row(world: World, consignment: Consignment) -> Row:
    tracking = consignment.details.get("tracking", {})
    return {
        "reference": consignment.references.get("customer"),
        "customer": world.customers[consignment.customer_id].name,
        "order_id": consignment.order_id,
        "status": consignment.status,
        "carrier": tracking.get("companyName"),
        "url": tracking.get("url"),
        "tracking": consignment.references.get("tracking"),
        "packages": len(consignment.items),
        "modified": clock.format_time(consignment.modified_at, zone=world.zone_of(consignment.warehouse_id)),
    }


def _report_row(world: World, run: ReportRun) -> Row:
    zone = world.zone_of(run.warehouse_id)
    return {
        "type": run.report,
        "customer": ", ".join(world.customers[found].name for found in run.customer_ids or [run.customer_id]),
        "warehouse": world.warehouses[run.warehouse_id].name,
        "status": run.status,
        "due": clock.format_time(int(run.due_at), zone=zone),
        "rows": len(run.items),
    }


LISTINGS: dict[str, Listing] = {
    "outbound-orders": Listing(
        lambda world: world.orders.by_id, lambda _, order: (order.reference,), _order_row, lambda world: world.orders
    ),
    "inbound-orders": Listing(
        lambda world: world.inbound_orders.by_id,
        lambda _, order: (order.reference,),
        _inbound_row,
        lambda world: world.inbound_orders,
    ),
    "consignments": Listing(
        lambda world: world.consignments.by_id,
        lambda _, one: (one.references.get("customer"), one.references.get("tracking")),
        _consignment_row,
    ),
    "lots": Listing(
        lambda world: {lot.id: lot for lot in world.stockroom.by_id.values() if lot.on_hand},
        lambda world, lot: (world.catalogue.by_id[lot.product_id].code, lot.properties.get("batch"), lot.location),
        _lot_row,
    ),
    "products": Listing(
        lambda world: world.catalogue.by_id, lambda _, product: (product.code, product.name), _product_row
    ),
    "report-runs": Listing(lambda world: world.report_runs, lambda _, run: (run.status,), _report_row),
}
