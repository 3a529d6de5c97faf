"""What the warehouse would charge, read off what happened in it: the rows of the bulk charges report."""

import math
import uuid
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cartoncloud_simulator.service_settings import ChargeClass
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.entities import ReportRun
from cartoncloud_simulator.world.quantities import ONE, ZERO, wire_number
from cartoncloud_simulator.world.world import World

DATE_FILTERS = ("date_added", "date_activity", "date_invoice")
_WEEK = 7 * 86_400
_NAMESPACE = uuid.UUID("6f0e2a55-9a33-4b1c-8f0d-18f9f4d20a01")
# Charge class to the name of what is charged for, the fee's category, and the word after the quantity.
_WORDS: dict[ChargeClass, tuple[str, str, str]] = {
    "CONSIGNMENT": ("Consignment", "Freight", "consignment"),
    "MANIFEST": ("Manifest", "Freight", "consignments"),
    "RUN_SHEET": ("Run Sheet", "Delivery", "consignments"),
    "SALE_ORDER": ("Sale Order", "Outbound handling", "each"),
    "PURCHASE_ORDER": ("Purchase Order", "Inbound handling", "each"),
    "STORAGE_PERIOD": ("Storage Period", "Storage", "weeks"),
}


@dataclass(frozen=True, slots=True)
class Charge:
    """Work of one class done for one customer on one thing; days are moments, the invoice is a number."""

    kind: ChargeClass
    customer_id: str
    warehouse_id: str
    parent_id: str
    parent_number: str
    reference: str
    quantity: Decimal
    added_at: int
    done_at: int
    invoice: str | None = None


def list_rows(world: World, run: ReportRun) -> list[dict[str, Any]]:
    """The rows a run asks for, oldest first."""
    asked = run.parameters
    customers = set(run.customer_ids)
    kinds = set(asked.get("chargeClasses") or _WORDS)
    found = [
        charge
        for charge in _list_charges(world)
        if charge.customer_id in customers and charge.kind in kinds and _in_time(world, charge, asked)
    ]
    found.sort(key=lambda charge: (charge.added_at, charge.kind, charge.parent_number))
    return [_as_row(world, charge) for charge in found]


def _list_charges(world: World) -> Iterator[Charge]:
    yield from _of_outbound_orders(world)
    yield from _of_inbound_orders(world)
    yield from _of_consignments(world)
    yield from _of_lots(world)


def _of_outbound_orders(world: World) -> Iterator[Charge]:
    for order in world.orders.by_id.values():
        if order.packed_at is None:
            continue
        yield Charge(
            kind="SALE_ORDER",
            customer_id=order.customer_id,
            warehouse_id=order.warehouse_id,
            parent_id=order.id,
            parent_number=str(order.numeric_id),
            reference=order.reference,
            quantity=sum((item.base for item in order.items), start=ZERO),
            added_at=order.packed_at,
            done_at=order.dispatched_at or order.packed_at,
        )


def _of_inbound_orders(world: World) -> Iterator[Charge]:
    for order in world.inbound_orders.by_id.values():
        if order.verified_at is None:
            continue
        yield Charge(
            kind="PURCHASE_ORDER",
            customer_id=order.customer_id,
            warehouse_id=order.warehouse_id,
            parent_id=order.id,
            parent_number=str(order.numeric_id),
            reference=order.reference,
            quantity=sum((item.base for item in order.items), start=ZERO),
            added_at=order.verified_at,
            done_at=order.verified_at,
        )


def _of_consignments(world: World) -> Iterator[Charge]:
    """Each that has begun its journey; manifests and run sheets by how many of a customer's are on them."""
    office = world.transport
    on_manifests: Counter[str] = Counter()
    on_sheets: Counter[tuple[str, str]] = Counter()
    for one in world.consignments.by_id.values():
        on_manifests[one.manifest_id or ""] += 1
        on_sheets[one.run_sheet_id or "", one.customer_id] += 1
        if one.status == "CANCELLED" or one.status.startswith("AWAITING_"):
            continue
        yield Charge(
            kind="CONSIGNMENT",
            customer_id=one.customer_id,
            warehouse_id=one.warehouse_id,
            parent_id=one.id,
            parent_number=str(one.numeric_id),
            reference=str(one.references.get("customer", "")),
            quantity=ONE,
            added_at=one.created_at,
            done_at=one.modified_at,
            invoice=str(one.numeric_id) if one.on_approved_invoice else None,
        )
    depot = world.default_warehouse().id
    for manifest in office.manifests.values():
        number, made = str(manifest.numeric_id), manifest.created_at
        count = Decimal(on_manifests[manifest.id])
        yield Charge("MANIFEST", manifest.customer_id, depot, manifest.id, number, number, count, made, made)
    for (sheet_id, customer_id), on_it in on_sheets.items():
        if (sheet := office.run_sheets.get(sheet_id)) is not None:
            number, made = str(zlib.crc32(sheet.id.encode())), sheet.created_at
            count = Decimal(on_it)
            yield Charge("RUN_SHEET", customer_id, depot, sheet.id, number, sheet.name, count, made, made)


def _of_lots(world: World) -> Iterator[Charge]:
    """Storage begins once goods are put away; each week begun counts."""
    now = world.clock.now()
    for lot in world.stockroom.by_id.values():
        if lot.on_hand <= ZERO or lot.inbound_status != "ALLOCATED" or not lot.received_at:
            continue
        weeks = Decimal(max(1, math.ceil((now - lot.received_at) / _WEEK)))
        code = world.catalogue.by_id[lot.product_id].code
        begun = lot.received_at
        yield Charge(
            "STORAGE_PERIOD", lot.customer_id, lot.warehouse_id, lot.id, str(lot.seq), code, weeks, begun, begun
        )


def _in_time(world: World, charge: Charge, asked: dict[str, Any]) -> bool:
    match asked.get("dateFilter", DATE_FILTERS[0]):
        case "date_activity":
            moment = charge.done_at
        case "date_invoice":
            if charge.invoice is None:
                return False
            moment = charge.done_at
        case _:
            moment = charge.added_at
    day = clock.format_day(moment, zone=world.zone_of(charge.warehouse_id))
    return bool(asked.get("fromDate", "") <= day <= asked.get("toDate", "9999-12-31"))


def _as_row(world: World, charge: Charge) -> dict[str, Any]:
    parent, category, word = _WORDS[charge.kind]
    zone = world.zone_of(charge.warehouse_id)
    rate = world.customer_settings(charge.customer_id).charge_rates.get(charge.kind, 0)
    number = uuid.uuid5(_NAMESPACE, f"{charge.kind}:{charge.parent_id}:{charge.customer_id}")
    row: dict[str, Any] = {
        "id": str(zlib.crc32(number.bytes)),
        "uuid": str(number),
        "createdDate": clock.format_plain_time(charge.added_at, zone=zone),
        "activityDate": clock.format_plain_time(charge.done_at, zone=zone),
        "customer": world.customers[charge.customer_id].name,
        "parentEntity": parent,
        "parentReference": charge.reference,
        "parentId": charge.parent_number,
        "parentUuid": charge.parent_id,
        "type": "Income",
        "automatic": "Yes",
        "feeCategory": category,
        "account": category,
        "description": f"{wire_number(charge.quantity)} {word}",
        "qty": wire_number(charge.quantity),
        "charge": wire_number(round(charge.quantity * Decimal(str(rate)), 2)),
        "warehouseName": world.warehouses[charge.warehouse_id].name,
    }
    if charge.invoice is not None:
        day = clock.format_day(charge.done_at, zone=zone)
        row |= {"invoiceId": charge.invoice, "invoiceStartDate": day, "invoiceEndDate": day}
    return row
