"""Report runs: start one, read it page by page."""

from collections.abc import Callable
from typing import Any

from cartoncloud_simulator.api import paging, wire
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.api.report_requests import LARGEST_PAGE, read_charges_run, read_stock_run
from cartoncloud_simulator.rules import reports
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.entities import ReportRun

# Each report with the role it needs and how its parameters are read.
_REPORTS: dict[str, tuple[str, Callable[[Call, dict[str, Any]], ReportRun]]] = {
    "STOCK_ON_HAND": ("WMS Create Job", read_stock_run),
    "BULK_CHARGES": ("Internal Field Access", read_charges_run),
}
ROLES = tuple(role for role, _ in _REPORTS.values())


def start_report(call: Call) -> Answer:
    body = call.json_object()
    kind = str(body.get("type"))
    if kind not in _REPORTS:
        raise invalid("/type", f"Report type must be one of: {', '.join(_REPORTS)}")
    role, read = _REPORTS[kind]
    call.require_role(role)
    sent = body.get("parameters", {} if kind == "BULK_CHARGES" else None)
    if not isinstance(sent, dict):
        raise invalid("/parameters", "Parameters cannot be empty.")
    run = read(call, sent)
    call.world.save(run)
    reports.schedule(call.world, run)
    return Answer(201, wire.encode({"type": kind, "status": run.status, "parameters": run.parameters, "id": run.id}))


def get_report(call: Call) -> Answer:
    world = call.world
    run = world.report_runs.get(call.path["id"])
    if run is None or run.client_id != call.client.id or run.expires_at <= world.clock.seconds():
        raise plain(404, "Report run not found")
    call.require_role(_REPORTS[run.report][0])
    document: dict[str, Any] = {"type": run.report, "status": run.status}
    headers: dict[str, str] = {}
    if run.completed_at is not None:
        document["reportTime"] = clock.format_plain_time(run.completed_at, zone=_zone(call, run))
    document["parameters"] = run.parameters
    if run.status == "SUCCESS":
        if "warehouse" in run.parameters:
            named = {"name": world.warehouses[run.warehouse_id].name}
            document["parameters"] = {**run.parameters, "warehouse": named}
        size = run.parameters["pageSize"]
        document["items"], headers = paging.cut_page(call, run.items, default_size=size, max_size=LARGEST_PAGE)
    elif run.status == "FAILED":
        document["failureDetails"] = run.failures
    document["id"] = run.id
    return Answer(200, wire.encode(document), headers)


def _zone(call: Call, run: ReportRun) -> str:
    match call.world.settings.report_time_zone:
        case "tenant":
            return call.world.default_warehouse().timezone
        case "warehouse":
            return call.world.zone_of(run.warehouse_id)
        case _:
            return "UTC"
