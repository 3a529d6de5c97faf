"""Control of inbound orders: everything that happens to them at the dock, and staff's changes of mind."""

from decimal import Decimal
from typing import Any

import msgspec

from cartoncloud_simulator.control.endpoint import Command
from cartoncloud_simulator.rules import inbound_changes, inbound_intake, receiving
from cartoncloud_simulator.rules.receiving import Count, Finding
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.search.fields import is_day
from cartoncloud_simulator.world.entities import Product
from cartoncloud_simulator.world.inbound import InboundItem, InboundOrder
from cartoncloud_simulator.world.quantities import ONE, ZERO, plain_text, read_number
from cartoncloud_simulator.world.world import World


class FoundRow(msgspec.Struct, forbid_unknown_fields=True):
    """Part of a line, named by id or code; without a quantity, all that is neither damaged nor missing."""

    id: str | None = None
    code: str | None = None
    quantity: Decimal | None = None
    damaged: Decimal = ZERO
    missing: Decimal = ZERO
    unit: str | None = None
    status: str | None = None
    expiry: str | None = None
    batch: str | None = None
    serials: list[str] = []
    properties: dict[str, Any] = {}
    location: str | None = None


class InboundStep(msgspec.Struct, forbid_unknown_fields=True):
    items: list[FoundRow] = []
    unexpected: list[FoundRow] = []
    location: str = "A-01-01"
    reason: str = "Rejected by staff"
    status: str = "NOT_YET_RECEIVED"


def list_orders(command: Command) -> bytes:
    """Every live inbound order, one JSON line each, oldest first."""
    world = command.world
    live = sorted(world.inbound_orders.by_id.values(), key=lambda order: order.seq)
    return b"".join(msgspec.json.encode(describe_order(world, order)) + b"\n" for order in live)


def show_order(command: Command) -> Any:
    return describe_order(command.world, _find(command))


def approve_order(command: Command) -> Any:
    order, _ = _find(command), command.read(InboundStep)
    inbound_changes.approve(command.world, order)
    return describe_order(command.world, order)


def receive_order(command: Command) -> Any:
    order, _ = _find(command), command.read(InboundStep)
    receiving.receive(command.world, order)
    return describe_order(command.world, order)


def verify_order(command: Command) -> Any:
    order, sent = _find(command), command.read(InboundStep)
    receiving.verify(command.world, order, _read_count(command.world, order, sent))
    return describe_order(command.world, order)


def allocate_order(command: Command) -> Any:
    order, sent = _find(command), command.read(InboundStep)
    receiving.put_away(command.world, order, location=sent.location)
    return describe_order(command.world, order)


def split_order(command: Command) -> Any:
    """Verify what is named; the rest becomes a new order, which the answer calls `child`."""
    order, sent = _find(command), command.read(InboundStep)
    child = receiving.split_receipt(command.world, order, _read_count(command.world, order, sent))
    return {**describe_order(command.world, order), "child": describe_order(command.world, child)}


def edit_order(command: Command) -> Any:
    order, sent = _find(command), command.read(InboundStep)
    if not sent.items and not sent.unexpected:
        raise invalid("/items", "Name at least one item")
    inbound_changes.edit(command.world, order, _read_count(command.world, order, sent))
    return describe_order(command.world, order)


def revert_order(command: Command) -> Any:
    order, sent = _find(command), command.read(InboundStep)
    inbound_changes.revert(command.world, order, status=sent.status)
    return describe_order(command.world, order)


def reject_order(command: Command) -> Any:
    order, sent = _find(command), command.read(InboundStep)
    inbound_changes.reject(command.world, order, reason=sent.reason)
    return describe_order(command.world, order)


def reprocess_order(command: Command) -> Any:
    order, _ = _find(command), command.read(InboundStep)
    inbound_intake.reprocess(command.world, order)
    return describe_order(command.world, order)


def remove_order(command: Command) -> Any:
    """Staff delete an inbound order, in any status in which nobody has a claim on its stock."""
    order = _find(command)
    inbound_intake.remove_order(command.world, order)
    return {"deleted": order.id}


def describe_order(world: World, order: InboundOrder) -> dict[str, Any]:
    return {
        "id": order.id,
        "reference": order.reference,
        "customer_id": order.customer_id,
        "warehouse_id": order.warehouse_id,
        "status": order.status,
        "version": order.version,
        "origin": order.origin,
        "parent_id": order.parent_id,
        "lines": [_describe_item(world, item) for item in order.items],
        "errors": order.errors,
        "warnings": order.warnings,
    }


def _describe_item(world: World, item: InboundItem) -> dict[str, Any]:
    return {
        "item_id": item.id,
        "code": world.catalogue.by_id[item.product_id].code,
        "quantity": plain_text(item.quantity),
        "expected": plain_text(item.expected),
        "unit": item.unit,
        "base_quantity": plain_text(item.base),
        "status": item.status,
        "properties": item.properties,
        "lot_id": item.lot_id,
    }


def _find(command: Command) -> InboundOrder:
    order = command.world.inbound_orders.by_id.get(command.path["id"])
    if order is None:
        raise plain(404, "Inbound order not found")
    return order


def _read_count(world: World, order: InboundOrder, sent: InboundStep) -> Count:
    damaged_status = world.customer_settings(order.customer_id).damaged_item_status
    found: dict[str, list[Finding]] = {}
    for index, row in enumerate(sent.items):
        at = f"/items/{index}"
        _check_row(row, at)
        item = _find_item(world, order, row, at)
        good = row.quantity if row.quantity is not None else item.quantity - row.damaged - row.missing
        if good < 0:
            raise invalid(f"{at}/damaged", "The line does not have that many")
        if row.unit is not None and row.unit != item.unit:
            raise invalid(f"{at}/unit", f"The line is counted in {item.unit}")
        findings = found.setdefault(item.id, [])
        if good or not (row.damaged or row.missing):
            findings += _spread(row, good)
        if row.damaged:
            findings.append(Finding(row.damaged, damaged_status, _properties(row), row.location))
        if row.missing:
            findings.append(Finding(row.missing, "MISSING", _properties(row)))
    return Count(found, [_read_unexpected(world, order, row, index) for index, row in enumerate(sent.unexpected)])


def _read_unexpected(world: World, order: InboundOrder, row: FoundRow, index: int) -> tuple[Product, str, Finding]:
    at = f"/unexpected/{index}"
    _check_row(row, at)
    product = world.catalogue.find_by_code(order.customer_id, row.code or "", ignore_case=False)
    if product is None:
        raise invalid(f"{at}/code", "Product not found")
    unit = row.unit or product.base_unit
    if unit not in product.units:
        raise invalid(f"{at}/unit", f"Product {row.code} has no unit {unit}")
    if not row.quantity:
        raise invalid(f"{at}/quantity", "Say how much was found")
    return product, unit, Finding(row.quantity, row.status, _properties(row), row.location)


def _check_row(row: FoundRow, at: str) -> None:
    for name, value in (("quantity", row.quantity), ("damaged", row.damaged), ("missing", row.missing)):
        if value is not None and (read_number(value) is None or value < 0):
            raise invalid(f"{at}/{name}", "Quantity must be a number, zero or more")
    if row.expiry is not None and not is_day(row.expiry):
        raise invalid(f"{at}/expiry", "Date must be written as YYYY-MM-DD")


def _find_item(world: World, order: InboundOrder, row: FoundRow, at: str) -> InboundItem:
    named = [item for item in order.items if row.id == item.id or _has_code(world, item, row.code)]
    if len(named) != 1:
        raise invalid(at, "The order has no such item" if not named else "Several items: name one by its id")
    return named[0]


def _spread(row: FoundRow, quantity: Decimal) -> list[Finding]:
    """One finding, or one per serial number."""
    if not row.serials:
        return [Finding(quantity, row.status, _properties(row), row.location)]
    return [Finding(ONE, row.status, {**_properties(row), "serial": serial}, row.location) for serial in row.serials]


def _properties(row: FoundRow) -> dict[str, Any]:
    named = {"expiryDate": row.expiry, "batch": row.batch}
    return {**row.properties, **{name: value for name, value in named.items() if value}}


def _has_code(world: World, item: InboundItem, code: str | None) -> bool:
    return code is not None and world.catalogue.by_id[item.product_id].code == code
