"""Control of transport: fulfilments with tracking, and what consignments travel on."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cartoncloud_simulator import crew
from cartoncloud_simulator.control.endpoint import Command
from cartoncloud_simulator.rules import consignments, fulfilment, transport
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.search.fields import is_day
from cartoncloud_simulator.world.entities import Consignment, Order
from cartoncloud_simulator.world.transport import DeliveryRun, Driver, Manifest, RunSheet
from cartoncloud_simulator.world.world import World, new_id

RunSheetStatus = Literal["DRAFT", "READY_TO_BUILD", "BUILDING", "BUILT", "READY_FOR_DELIVERY"]
Name = Annotated[str, Meta(min_length=1)]


class ConsignmentPatch(msgspec.Struct, forbid_unknown_fields=True):
    """Ids of runs, sheets and drivers; null takes a consignment off again."""

    tracking: str | None = None
    carrier: str | None = None
    url: str | None = None
    status: str | None = None
    driver: str | msgspec.UnsetType | None = msgspec.UNSET
    delivery_run: str | msgspec.UnsetType | None = msgspec.UNSET
    run_sheet: str | msgspec.UnsetType | None = msgspec.UNSET
    on_approved_invoice: bool | msgspec.UnsetType = msgspec.UNSET


class NewFulfilment(msgspec.Struct, forbid_unknown_fields=True):
    order: str
    tracking: str | None = None
    carrier: str | None = None
    url: str | None = None
    status: str | None = None


class NewDriver(msgspec.Struct, forbid_unknown_fields=True):
    name: Name


class NewDeliveryRun(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    warehouse: str | None = None


class NewRunSheet(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    date: str
    status: RunSheetStatus = "DRAFT"


class RunSheetPatch(msgspec.Struct, forbid_unknown_fields=True):
    name: Name | None = None
    date: str | None = None
    status: RunSheetStatus | None = None


class NewManifest(msgspec.Struct, forbid_unknown_fields=True):
    consignments: Annotated[list[str], Meta(min_length=1)]


def add_fulfilment(command: Command) -> Any:
    """One more warehouse fulfilment of an order, with its own tracking."""
    sent = command.read(NewFulfilment)
    order = command.world.orders.by_id.get(sent.order)
    if order is None:
        raise invalid("/order", "Order not found")
    made = consignments.add_fulfilment(command.world, order)
    consignments.set_tracking(made, tracking=sent.tracking, carrier=sent.carrier, url=sent.url)
    made.status = sent.status or made.status
    command.world.save(made)
    _touch_order(command.world, made)
    return _describe(made)


def correct_consignment(command: Command) -> Any:
    sent, consignment, world = command.read(ConsignmentPatch), _find(command), command.world
    office = world.transport
    for name, value, known in (
        ("driver", sent.driver, office.drivers),
        ("delivery_run", sent.delivery_run, office.delivery_runs),
        ("run_sheet", sent.run_sheet, office.run_sheets),
    ):
        if isinstance(value, str) and value not in known:
            raise invalid(f"/{name}", "Not found")
    consignments.set_tracking(consignment, tracking=sent.tracking, carrier=sent.carrier, url=sent.url)
    consignment.status = sent.status or consignment.status
    if sent.driver is not msgspec.UNSET:
        consignment.driver_id = sent.driver
    if sent.delivery_run is not msgspec.UNSET:
        consignment.delivery_run_id = sent.delivery_run
    if sent.run_sheet is not msgspec.UNSET:
        consignment.run_sheet_id = sent.run_sheet
    if sent.on_approved_invoice is not msgspec.UNSET:
        consignment.on_approved_invoice = sent.on_approved_invoice
    consignments.save_changed(world, consignment)
    _touch_order(world, consignment)
    fulfilment.follow_consignment(world, consignment)
    return _describe(consignment)


def deliver_consignment(command: Command) -> Any:
    """The goods are there."""
    consignment = _find(command)
    consignment.status = transport.arrived_status(command.world, consignment)
    consignments.save_changed(command.world, consignment)
    return _describe(consignment)


def remove_consignment(command: Command) -> Any:
    consignment = _find(command)
    command.world.remove("consignment", consignment.id)
    return {"deleted": consignment.id}


def add_driver(command: Command) -> Any:
    driver = Driver(id=new_id(), name=command.read(NewDriver).name)
    command.world.save(driver)
    return msgspec.to_builtins(driver)


def add_delivery_run(command: Command) -> Any:
    sent, world = command.read(NewDeliveryRun), command.world
    warehouse_id = sent.warehouse or world.default_warehouse().id
    if warehouse_id not in world.warehouses:
        raise invalid("/warehouse", "Warehouse not found")
    run = DeliveryRun(id=new_id(), name=sent.name, warehouse_id=warehouse_id)
    world.save(run)
    return msgspec.to_builtins(run)


def add_run_sheet(command: Command) -> Any:
    sent = command.read(NewRunSheet)
    _check_day(sent.date)
    now = command.world.clock.now()
    sheet = RunSheet(id=new_id(), name=sent.name, date=sent.date, status=sent.status, created_at=now)
    command.world.save(sheet)
    return msgspec.to_builtins(sheet)


def change_run_sheet(command: Command) -> Any:
    sent = command.read(RunSheetPatch)
    sheet = command.world.transport.run_sheets.get(command.path["id"])
    if sheet is None:
        raise plain(404, "Run sheet not found")
    if sent.date is not None:
        _check_day(sent.date)
    sheet.name, sheet.date = sent.name or sheet.name, sent.date or sheet.date
    sheet.status = sent.status or sheet.status
    command.world.save(sheet)
    return msgspec.to_builtins(sheet)


def add_manifest(command: Command) -> Any:
    """Put consignments of one customer on a new manifest."""
    sent, world = command.read(NewManifest), command.world
    found: list[Consignment] = []
    for index, consignment_id in enumerate(sent.consignments):
        consignment = world.consignments.by_id.get(consignment_id)
        if consignment is None or (found and consignment.customer_id != found[0].customer_id):
            raise invalid(f"/consignments/{index}", "Consignment not found for this customer")
        found.append(consignment)
    customer_id = found[0].customer_id
    number = world.next_numeric_id("manifest", customer_id)
    manifest = Manifest(id=new_id(), numeric_id=number, customer_id=customer_id, created_at=world.clock.now())
    world.save(manifest)
    for consignment in found:
        consignment.manifest_id = manifest.id
        consignments.save_changed(world, consignment)
    return {"id": manifest.id}


def print_document(command: Command) -> Any:
    """An order that waited only for its invoices leaves once the last is printed."""
    world = command.world
    document = world.filing.by_id.get(command.path["id"])
    if document is None:
        raise plain(404, "Document not found")
    document.printed = True
    world.save(document)
    order = world.orders.by_id.get(document.owner_id)
    if order is not None and order.status == "PACKED" and crew.dispatches_by_itself(world, order):
        fulfilment.dispatch(world, order)
    return {"printed": document.id}


def _find(command: Command) -> Consignment:
    consignment = command.world.consignments.by_id.get(command.path["id"])
    if consignment is None:
        raise plain(404, "Consignment not found")
    return consignment


def _touch_order(world: World, consignment: Consignment) -> None:
    order: Order | None = world.orders.by_id.get(consignment.order_id or "")
    if order is not None and world.settings.tracking_touches_order:
        fulfilment.save_lines(world, order, status=order.status)


def _check_day(date: str) -> None:
    if not is_day(date):
        raise invalid("/date", "Date must be written as YYYY-MM-DD")


def _describe(consignment: Consignment) -> dict[str, Any]:
    return {
        "id": consignment.id,
        "status": consignment.status,
        "version": consignment.version,
        "references": consignment.references,
    }
