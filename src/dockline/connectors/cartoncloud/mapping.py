"""Pure translation between our words and CartonCloud's."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from dockline.connectors.cartoncloud import schemas
from dockline.connectors.cartoncloud.references import add_references
from dockline.connectors.contract import messages, notices
from dockline.connectors.contract.messages import Quantity
from dockline.connectors.contract.notices import FarReceiptStatus, FarStatus
from dockline.connectors.toolkit.quantities import fits, times

STATUSES: Mapping[str, FarStatus] = {
    "DRAFT": FarStatus.DRAFT,
    "AWAITING_STOCK": FarStatus.WAITING_FOR_STOCK,
    "AWAITING_PICK_AND_PACK": FarStatus.ACCEPTED,
    "PACKING_IN_PROGRESS": FarStatus.PICKING,
    "PICKED": FarStatus.PICKING,
    "PACKED": FarStatus.PACKED,
    "DISPATCHED": FarStatus.SHIPPED,
    "REJECTED": FarStatus.REJECTED,
}

RECEIPT_STATUSES: Mapping[str, FarReceiptStatus] = {
    "DRAFT": FarReceiptStatus.DRAFT,
    "NOT_YET_RECEIVED": FarReceiptStatus.EXPECTED,
    "RECEIVED": FarReceiptStatus.ARRIVED,
    "VERIFIED": FarReceiptStatus.RECEIVED,
    "ALLOCATED": FarReceiptStatus.RECEIVED,
    "REJECTED": FarReceiptStatus.REJECTED,
}

_NEVER_ARRIVED = frozenset({"MISSING", "LOST"})
_SPLIT_OFF = re.compile(r" - \d+$")
"""What a part that was split off adds to its reference (notes, section 12.5)."""

_LOT, _EXPIRY = "batch", "expiryDate"
_LOT_PROPERTIES = (_LOT, "batchNumber", "lot")
STOCK_FIELDS = (_LOT, _EXPIRY)
"""What stock is told by when it is told by lot; the fields a customer really has may be called otherwise."""
POSSIBLE_STOCK_FIELDS = (*_LOT_PROPERTIES, _EXPIRY)
_NONE = Decimal(0)
_UNMEASURED = schemas.Measures()
_TELLING = (str, int, Decimal)
_SERIAL_PROPERTIES = ("serialNumber", "serial")
_UNIT_NAME_LENGTH = (3, 64)
_MEASURES = ("length", "width", "height", "weight")

BaseUnits = Callable[[str, str], Decimal | None]
"""Given a SKU and a unit, how many base units are in one, or None when that is not known."""


def order_body(
    message: messages.ShipmentMessage, *, customer_id: str, warehouse_name: str, line_field: str
) -> dict[str, Any]:
    """Say our shipment as a sale order. Splitting is off: a split half would carry a reference we never sent."""
    details: dict[str, Any] = {"deliver": _delivery(message), "allowSplitting": False}
    if message.ship_on:
        details["collect"] = {"requiredDate": message.ship_on.isoformat()}

    body: dict[str, Any] = {
        "type": "OUTBOUND",
        "references": {"customer": message.reference},
        "customer": {"id": customer_id},
        "details": details,
        "items": [_item(line, line_field) for line in message.lines],
    }
    if warehouse_name:
        body["warehouse"] = {"name": warehouse_name}
    add_references(body, message.extra)
    return body


def inbound_body(
    message: messages.PurchaseMessage, *, customer_id: str, warehouse_name: str, serial_field: str
) -> dict[str, Any]:
    """Say what will arrive as a purchase order."""
    body: dict[str, Any] = {
        "type": "INBOUND",
        "references": {"customer": message.reference},
        "customer": {"id": customer_id},
        "items": [_inbound_item(line, serial_field) for line in message.lines],
    }
    # Nobody there has a field for the supplier, and the people at the dock want to know.
    supplier = f"Supplier: {message.supplier}" if message.supplier else ""
    details = {
        "instructions": "\n".join(filter(None, [supplier, message.instructions])),
        "arrivalDate": message.arrival_on.isoformat() if message.arrival_on else "",
    }
    if said := {name: value for name, value in details.items() if value}:
        body["details"] = said
    if warehouse_name:
        body["warehouse"] = {"name": warehouse_name}
    return body


def product_body(product: messages.ProductMessage, *, customer_id: str, product_type: str) -> dict[str, Any]:
    """Say our product as a new warehouse product."""
    return {
        "scope": "WAREHOUSE",
        "type": product_type,
        "references": {"code": product.sku},
        "customer": {"id": customer_id},
        "name": product.name,
        "details": {"active": product.active},
        "defaultUnitOfMeasure": product.base_unit,
        "unitOfMeasures": {unit.code: _unit(unit) for unit in product.units},
    }


def product_changes(product: messages.ProductMessage, there: schemas.Product) -> list[dict[str, Any]]:
    """Return the JSON Patch that makes their product ours; empty when nothing differs."""
    changes: list[dict[str, Any]] = []
    if product.name and product.name != there.name:
        changes.append(_set("/name", product.name, was=there.name))
    active = there.details.active if there.details else None
    # An unset flag means active: only a deactivated product says so.
    if product.active != (active is not False):
        changes.append(_set("/details/active", product.active, was=active))
    for unit in product.units:
        changes += _unit_changes(unit, (there.unit_of_measures or {}).get(unit.code))
    return changes


def product_notice(product: schemas.Product) -> notices.ProductNotice:
    """A product as it stands there. Units whose size is missing or no number are left out.

    The base unit's barcode is the product code unless somebody gave it one (notes, section 10.1): that is none.
    """
    sizes = {
        code: (unit, unit.base_qty)
        for code, unit in (product.unit_of_measures or {}).items()
        if unit.base_qty is not None and unit.base_qty > 0
    }
    named = product.default_unit_of_measure or ""
    ones = [code for code, (_, size) in sizes.items() if size == 1]
    return notices.ProductNotice(
        external_id=product.id,
        sku=sku_of(product),
        name=product.name or "",
        base_unit=named if named in ones else ones[0] if ones else "",
        units=tuple(
            notices.ProductNoticeUnit(
                code,
                plain(size),
                unit.name or "",
                "" if size == 1 and unit.barcode == sku_of(product) else unit.barcode or "",
                **{name: _measure(getattr(unit, name)) for name in _MEASURES},
            )
            for code, (unit, size) in sizes.items()
        ),
        active=not (product.details and product.details.active is False),
    )


def unit_problem(product: messages.ProductMessage, units: Mapping[str, Decimal]) -> str:
    """Return why quantities of this product would mean something else over there, or nothing."""
    known = ", ".join(sorted(units)) or "none"
    if product.base_unit not in units:
        return f"The unit {product.base_unit} of {product.sku} is not known there; known: {known}."
    for unit in product.units:
        theirs = units.get(unit.code)
        if theirs is not None and theirs != unit.base_quantity:
            return f"{unit.code} of {product.sku} is {plain(unit.base_quantity)} here and {plain(theirs)} there."
    return ""


def shipment_notice(
    order: schemas.OutboundOrder,
    *,
    base_units: BaseUnits,
    line_field: str,
    packages: Sequence[notices.Package] = (),
) -> notices.ShipmentNotice:
    """Say a sale order in our words.

    A quantity whose unit or product we cannot read is never guessed: the notice then has status unknown, no lines,
    and says why.
    """
    status = STATUSES.get(order.status, FarStatus.UNKNOWN)
    problems = [error.message for error in (order.details and order.details.errors) or () if not error.is_resolved]
    lines: list[notices.ShipmentNoticeLine] = []
    for item in order.items or ():
        line = _notice_line(item, base_units, line_field)
        if isinstance(line, str):
            status, lines = FarStatus.UNKNOWN, []
            problems.append(line)
            break
        lines.append(line)

    stamps = order.timestamps or schemas.Timestamps()
    return notices.ShipmentNotice(
        external_id=order.id,
        version=order.version,
        reference=reference_of(order),
        status=status,
        far_status=order.status,
        lines=tuple(lines),
        packages=tuple(packages),
        problems=tuple(problems),
        changed_at=instant(stamps.modified),
        packed_at=instant(stamps.packed),
        shipped_at=instant(stamps.dispatched),
    )


def package(consignment: schemas.Consignment) -> notices.Package:
    """Say a consignment in our words."""
    tracking = (consignment.details and consignment.details.tracking) or schemas.Tracking()
    url = tracking.url or ""
    return notices.Package(
        external_id=consignment.id,
        version=consignment.version,
        carrier=tracking.company_name or tracking.company or "",
        service=_text((consignment.properties or {}).get("serviceType")),
        tracking_number=(consignment.references and consignment.references.tracking) or "",
        # Shown as a link one day, so nothing but a web address may pass.
        tracking_url=url if re.match(r"https?://", url, re.IGNORECASE) else "",
    )


def inventory_row(item: schemas.Item) -> notices.InventoryRow:
    """Say a row of the stock report in our words, in its own unit."""
    measures, properties = item.measures or _UNMEASURED, item.properties or {}
    status = _text(properties.get("productStatus"))
    return notices.InventoryRow(
        sku=sku_of(item),
        unit=unit_of(item),
        on_hand=measures.quantity or _NONE,
        free=measures.quantity_free or _NONE,
        incoming=measures.quantity_incoming or _NONE,
        sellable=status == "OK",
        status=status,
        lot=_first(properties, _LOT_PROPERTIES),
        expires_on=_day(properties.get(_EXPIRY)),
    )


def units_of(product: schemas.Product) -> dict[str, Decimal]:
    """How many base units are in one of each unit, where the product says so."""
    units = product.unit_of_measures or {}
    return {code: unit.base_qty for code, unit in units.items() if unit.base_qty is not None and unit.base_qty > 0}


def receipt_notice(
    order: schemas.InboundOrder, *, base_units: BaseUnits, serial_field: str = ""
) -> notices.ReceiptNotice:
    """Say a purchase order in our words. As with shipments, a quantity that cannot be read is never guessed."""
    status = RECEIPT_STATUSES.get(order.status, FarReceiptStatus.UNKNOWN)
    details = order.details or schemas.InboundDetails()
    problems = [error.message for error in details.errors or () if not error.is_resolved]
    lines: list[notices.ReceiptNoticeLine] = []
    for item in order.items or ():
        line = _notice_line(item, base_units, "", serial_field)
        if isinstance(line, str):
            status, lines = FarReceiptStatus.UNKNOWN, []
            problems.append(line)
            break
        condition = item.status or "OK"
        # A line that was verified away may stay behind with nothing in it (notes, section 12.4).
        if line.base_quantity:
            lines.append(
                notices.ReceiptNoticeLine(
                    sku=line.sku,
                    quantity=line.quantity,
                    base_quantity=line.base_quantity,
                    condition=condition,
                    has_arrived=condition not in _NEVER_ARRIVED,
                    lot=line.lot,
                    serial=line.serial,
                    expires_on=line.expires_on,
                )
            )
    stamps = order.timestamps or schemas.Timestamps()
    return notices.ReceiptNotice(
        external_id=order.id,
        version=order.version,
        reference=reference_of(order),
        status=status,
        far_status=order.status,
        lines=tuple(lines),
        parent_id=details.parent_id or "",
        parent_reference=_SPLIT_OFF.sub("", reference_of(order)),
        problems=tuple(problems),
        received_at=instant(stamps.verified) or instant(stamps.modified),
        changed_at=instant(stamps.modified),
    )


def reference_of(thing: schemas.OutboundOrder | schemas.InboundOrder | schemas.Consignment) -> str:
    """The reference we gave an order, or nothing."""
    return (thing.references and thing.references.customer) or ""


def sku_of(item: schemas.Item | schemas.Product) -> str:
    """The product code of an item or a product, or nothing."""
    if isinstance(item, schemas.Product):
        return (item.references and item.references.code) or ""
    product = item.details and item.details.product
    return (product and product.references and product.references.code) or ""


def unit_of(item: schemas.Item) -> str:
    """The unit code of an item, or nothing."""
    unit = item.details and item.details.unit_of_measure
    return (unit and unit.type) or ""


def instant(stamp: schemas.Timestamp | None) -> datetime | None:
    """Read a timestamp. One without an offset could be any hour of a day, so it is no instant."""
    try:
        moment = datetime.fromisoformat((stamp and stamp.time) or "")
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def plain(number: Decimal) -> Decimal:
    """The same number without an exponent and without idle zeros."""
    whole = int(number)
    if whole == number:
        return Decimal(whole)
    digits = f"{number:f}"
    return Decimal(digits.rstrip("0").rstrip(".") if "." in digits else digits)


def _delivery(message: messages.ShipmentMessage) -> dict[str, Any]:
    delivery: dict[str, Any] = {"address": _address(message.ship_to)}
    # There is one field for both: a service says more than its carrier.
    if asked := message.service or message.carrier:
        delivery["method"] = {"type": "SHIPPING", "requestedService": asked}
    if message.instructions:
        delivery["instructions"] = message.instructions
    if message.deliver_by:
        delivery["requiredDate"] = message.deliver_by.isoformat()
    return delivery


def _address(address: messages.Address) -> dict[str, Any]:
    # Empty parts stay out: an empty string counts as supplied and may be refused (notes, section 4.4).
    parts: dict[str, Any] = {
        "companyName": address.company,
        "contactName": address.contact,
        "address1": address.line_1,
        "address2": address.line_2,
        "suburb": address.suburb,
        "city": address.city,
        "postcode": address.postcode,
        "phone": address.phone,
        "email": address.email,
    }
    said = {name: value for name, value in parts.items() if value}
    if address.state:
        said["state"] = {"code" if re.fullmatch(r"[A-Z]{2,3}", address.state) else "name": address.state}
    if address.country:
        said["country"] = {"iso2Code": address.country}
    return said


def _item(line: messages.ShipmentMessageLine, line_field: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "details": {
            "product": {"references": {"code": line.sku}},
            "unitOfMeasure": {"type": line.quantity.unit},
        },
        "measures": {"quantity": plain(line.quantity.amount)},
    }
    if line_field:
        item["properties"] = {line_field: line.line_ref}
    add_references(item, line.extra)
    return item


def _inbound_item(line: messages.PurchaseMessageLine, serial_field: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "details": {
            "product": {"references": {"code": line.sku}},
            "unitOfMeasure": {"type": line.quantity.unit},
        },
        "measures": {"quantity": plain(line.quantity.amount)},
    }
    properties = {
        _LOT: line.lot,
        serial_field: line.serial,
        _EXPIRY: line.expires_on.isoformat() if line.expires_on else "",
    }
    if said := {name: value for name, value in properties.items() if value}:
        item["properties"] = said
    return item


def _unit(unit: messages.ProductUnit) -> dict[str, Any]:
    # A unit name defaults to its code, and one shorter than three letters blocks every later change (section 5).
    shortest, longest = _UNIT_NAME_LENGTH
    name = unit.name if len(unit.name) >= shortest else unit.code if len(unit.code) >= shortest else f"Unit {unit.code}"
    body: dict[str, Any] = {"baseQty": plain(unit.base_quantity), "name": name[:longest]}
    if unit.barcode:
        body["barcode"] = unit.barcode
    return body | _said_measures(unit)


def _unit_changes(unit: messages.ProductUnit, there: schemas.ProductUnit | None) -> list[dict[str, Any]]:
    """What is not known here is left as it is there: absent is not the same as nothing."""
    path = f"/unitOfMeasures/{unit.code.replace('~', '~0').replace('/', '~1')}"
    if there is None:
        return [{"op": "add", "path": path, "value": _unit(unit)}]
    wanted: dict[str, Any] = {"barcode": unit.barcode} if unit.barcode else {}
    wanted |= _said_measures(unit)
    return [
        _set(f"{path}/{name}", value, was=was)
        for name, value in wanted.items()
        if (was := getattr(there, name)) != value
    ]


def _said_measures(unit: messages.ProductUnit) -> dict[str, Decimal]:
    return {name: plain(value) for name in _MEASURES if (value := getattr(unit, name)) is not None}


def _measure(said: Decimal | None) -> Decimal | None:
    """Zero says as little as nothing: both are left out of answers freely (notes, section 4.4)."""
    return said or None


def _set(path: str, value: object, *, was: object) -> dict[str, Any]:
    # Replacing what is not set is refused; adding works (notes, section 10.4).
    return {"op": "add" if was is None else "replace", "path": path, "value": value}


def _notice_line(
    item: schemas.Item, base_units: BaseUnits, line_field: str, serial_field: str = ""
) -> notices.ShipmentNoticeLine | str:
    sku, unit = sku_of(item), unit_of(item)
    amount = (item.measures and item.measures.quantity) or Decimal(0)
    if not sku:
        return "A line there has no product code."
    factor = base_units(sku, unit)
    if factor is None:
        return f"A quantity of {sku} there is in {unit or 'no unit'}, whose size is not known."
    if not (fits(amount) and fits(base_quantity := times(amount, factor))):
        return f"A quantity of {sku} there is {amount} {unit}, which has too many digits to be kept exactly."
    properties = item.properties or {}
    return notices.ShipmentNoticeLine(
        sku=sku,
        quantity=Quantity(amount, unit),
        base_quantity=base_quantity,
        line_ref=_text(properties.get(line_field)) if line_field else "",
        lot=_first(properties, _LOT_PROPERTIES),
        serial=_first(properties, (serial_field, *_SERIAL_PROPERTIES)),
        expires_on=_day(properties.get(_EXPIRY)),
    )


def _first(properties: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        if name in properties and (found := _text(properties[name])):
            return found
    return ""


def _text(value: object) -> str:
    if type(value) is str:
        return value
    return str(value) if isinstance(value, _TELLING) and not isinstance(value, bool) else ""


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
