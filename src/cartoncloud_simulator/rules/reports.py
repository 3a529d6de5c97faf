"""Report runs: asked for now, a snapshot of the stock taken when they complete."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from cartoncloud_simulator.rules import charges, incoming
from cartoncloud_simulator.world.entities import Lot, Product, ReportRun
from cartoncloud_simulator.world.quantities import ZERO, wire_number
from cartoncloud_simulator.world.world import World

ALWAYS_AGGREGATED = ("unitOfMeasure", "productStatus")
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_FINEST_SHARE = 6
_LOCATIONS = uuid.UUID("0a4b7f3e-51c2-4d0e-8f57-3e6b1c9d2a10")
NOT_POSSIBLE = "Report could not be configured with these parameters"


def schedule(world: World, run: ReportRun) -> None:
    """See to it that the run completes and is forgotten in time."""
    if run.status == "IN_PROCESS":
        world.timetable.at(run.due_at, lambda: complete_if_due(world, run))
    world.timetable.at(run.expires_at, lambda: forget_expired(world))


def complete_if_due(world: World, run: ReportRun) -> None:
    """Take the snapshot once the delay is over; before that, and ever after, do nothing."""
    if run.status != "IN_PROCESS" or world.clock.seconds() < run.due_at:
        return
    run.completed_at = world.clock.now()
    if world.settings.report_fails:
        run.status = "FAILED"
        run.failures = [{"field": "/parameters", "message": NOT_POSSIBLE}]
    else:
        run.status = "SUCCESS"
        rows = charges.list_rows(world, run) if run.report == "BULK_CHARGES" else _list_stock(world, run)
        run.items = [msgspec.Raw(_ENCODER.encode(row)) for row in rows]
    world.save(run)


def forget_expired(world: World) -> None:
    now = world.clock.seconds()
    for run in [run for run in world.report_runs.values() if run.expires_at <= now]:
        world.remove("report", run.id)


def _list_stock(world: World, run: ReportRun) -> list[dict[str, Any]]:
    aggregates = run.parameters["aggregateBy"]
    rows: dict[tuple[Any, ...], _Row] = {}
    for product in world.catalogue.list_of_customer(run.customer_id):
        for lot in world.stockroom.present_lots(run.warehouse_id, product.id):
            key = (product.code, product.id, *(_key_part(name, product, lot) for name in aggregates))
            rows.setdefault(key, _Row(product, lot)).add(lot)
        for lot, quantity in incoming.list_expected(world, warehouse_id=run.warehouse_id, product_id=product.id):
            key = (product.code, product.id, *(_key_part(name, product, lot) for name in aggregates))
            if key in rows or world.settings.report_lists_incoming_only:
                rows.setdefault(key, _Row(product, lot)).expect(quantity)
    if world.settings.report_lists_empty_products:
        listed = {key[1] for key in rows}
        for product in world.catalogue.list_of_customer(run.customer_id):
            if product.id not in listed:
                rows[product.code, product.id] = _Row(product, _nothing_of(product, run))
    return [rows[key].as_item(world, aggregates) for key in sorted(rows)]


def _nothing_of(product: Product, run: ReportRun) -> Lot:
    return Lot(
        id="",
        seq=0,
        customer_id=product.customer_id,
        warehouse_id=run.warehouse_id,
        product_id=product.id,
        on_hand=ZERO,
        location="",
    )


class _Row:
    """The lots of one product that share all aggregated values."""

    def __init__(self, product: Product, lot: Lot) -> None:
        self._product = product
        self._first = lot
        self._on_hand = ZERO
        self._allocated = ZERO
        self._incoming = ZERO

    def expect(self, quantity: Decimal) -> None:
        self._incoming += quantity

    def add(self, lot: Lot) -> None:
        self._on_hand += lot.on_hand
        self._allocated += lot.allocated

    def as_item(self, world: World, aggregates: list[str]) -> dict[str, Any]:
        code = self._product.base_unit if world.settings.report_unit == "base" else self._product.default_unit
        unit = {"type": code, "name": self._product.units[code].get("name") or code}
        size = self._product.unit_sizes[code]
        properties: dict[str, Any] = {"productStatus": self._first.status, "unitOfMeasure": unit}
        for name in aggregates:
            if name not in ALWAYS_AGGREGATED and (value := _read_aggregate(name, self._product, self._first)):
                properties[name] = value
        return {
            "type": "ITEM",
            "details": {
                "product": {
                    "id": self._product.id,
                    "name": self._product.name,
                    "references": {"code": self._product.code},
                },
                "unitOfMeasure": unit,
            },
            "measures": self._measures(size, omit_zero=world.settings.report_zero_measures_omitted),
            "properties": properties,
        }

    def _measures(self, size: Decimal, *, omit_zero: bool) -> dict[str, int | Decimal]:
        measures = {
            "quantity": self._on_hand,
            "quantityFree": self._on_hand - self._allocated,
            "quantityAllocated": self._allocated,
            "quantityIncoming": self._incoming,
        }
        counted = {name: round(value / size, _FINEST_SHARE) for name, value in measures.items()}
        return {name: wire_number(value) for name, value in counted.items() if value or not omit_zero}


def _key_part(name: str, product: Product, lot: Lot) -> str:
    return str(_read_aggregate(name, product, lot) or "")


def _read_aggregate(name: str, product: Product, lot: Lot) -> Any:
    reader = _READERS.get(name)
    if reader is not None:
        return reader(product, lot)
    return lot.properties.get(name) or product.document.get("properties", {}).get(name)


def _barcode(product: Product, lot: Lot) -> Any:
    return product.units[product.base_unit].get("barcode") or product.code


def _location(lot: Lot) -> Any:
    """Goods that are still to come lie nowhere."""
    if not lot.location:
        return None
    number = uuid.uuid5(_LOCATIONS, f"{lot.warehouse_id}:{lot.location}")
    references = {"numericId": str(10_000_000 + number.int % 90_000_000), "barcode": lot.location}
    return {"id": str(number), "name": lot.location, "references": references}


_READERS: dict[str, Callable[[Product, Lot], Any]] = {
    "unitOfMeasure": lambda product, lot: product.base_unit,
    "productStatus": lambda product, lot: lot.status,
    "productType": lambda product, lot: product.document.get("type"),
    "productGroup": lambda product, lot: product.document.get("group"),
    "inboundOrder": lambda product, lot: {"id": lot.inbound_order_id or lot.id} if lot.id else None,
    "location": lambda product, lot: _location(lot),
    "barcode": _barcode,
}
