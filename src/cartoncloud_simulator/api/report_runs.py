"""Report runs: start one, read it page by page."""

from typing import Any

from cartoncloud_simulator.api import paging, wire
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.api.customers import find_customer, find_warehouse
from cartoncloud_simulator.rules import reports
from cartoncloud_simulator.rules.refusals import Refusal, error_at, invalid, plain
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.entities import ReportRun
from cartoncloud_simulator.world.world import new_id

_LARGEST_PAGE = 100
_FULL_ACCESS_AGGREGATES = ("productType", "productGroup", "inboundOrder", "location")


def start_report(call: Call) -> Answer:
    body = call.json_object()
    if body.get("type") != "STOCK_ON_HAND":
        raise invalid("/type", "Report type must be one of: STOCK_ON_HAND")
    sent = body.get("parameters")
    if not isinstance(sent, dict):
        raise invalid("/parameters", "Parameters cannot be empty.")
    run = _read_run(call, sent)
    call.world.save(run)
    reports.schedule(call.world, run)
    answer = {"type": "STOCK_ON_HAND", "status": run.status, "parameters": run.parameters, "id": run.id}
    return Answer(201, wire.encode(answer))


def get_report(call: Call) -> Answer:
    world = call.world
    run = world.report_runs.get(call.path["id"])
    if run is None or run.client_id != call.client.id or run.expires_at <= world.clock.seconds():
        raise plain(404, "Report run not found")
    document: dict[str, Any] = {"type": "STOCK_ON_HAND", "status": run.status}
    headers: dict[str, str] = {}
    if run.completed_at is not None:
        zone = world.zone_of(run.warehouse_id)
        document["reportTime"] = clock.format_plain_time(run.completed_at, zone=zone)
    document["parameters"] = run.parameters
    if run.status == "SUCCESS":
        document["parameters"] = {**run.parameters, "warehouse": {"name": world.warehouses[run.warehouse_id].name}}
        size = run.parameters["pageSize"]
        document["items"], headers = paging.cut_page(call, run.items, default_size=size, max_size=_LARGEST_PAGE)
    elif run.status == "FAILED":
        document["failureDetails"] = run.failures
    document["id"] = run.id
    return Answer(200, wire.encode(document), headers)


def _read_run(call: Call, sent: dict[str, Any]) -> ReportRun:
    world = call.world
    errors = []
    customer = find_customer(world, sent.get("customer"))
    if customer is None or not call.sees_customer(customer.id):
        errors.append(error_at("/parameters/customer", "Customer not found."))
    warehouse = world.default_warehouse()
    if sent.get("warehouse") is not None:
        named = find_warehouse(world, sent["warehouse"])
        if named is None or not call.sees_warehouse(named.id):
            errors.append(error_at("/parameters/warehouse", "Warehouse not found."))
        else:
            warehouse = named
    page_size = sent.get("pageSize", _LARGEST_PAGE)
    if not isinstance(page_size, int) or isinstance(page_size, bool) or page_size < 1:
        errors.append(error_at("/parameters/pageSize", "Page size must be a whole number above zero."))
    aggregates = sent.get("aggregateBy")
    if (problem := _check_aggregates(call, aggregates)) is not None:
        errors.append(error_at("/parameters/aggregateBy", problem))
    if errors:
        raise Refusal(422, *errors)

    assert customer
    now = world.clock.seconds()
    names = list(dict.fromkeys([*(aggregates or []), *reports.ALWAYS_AGGREGATED]))
    return ReportRun(
        id=new_id(),
        client_id=call.client.id,
        parameters={
            "pageSize": min(page_size, _LARGEST_PAGE),
            "warehouse": {"id": warehouse.id},
            "customer": {"id": customer.id},
            "aggregateBy": names,
        },
        customer_id=customer.id,
        warehouse_id=warehouse.id,
        due_at=now + world.settings.report_delay_seconds,
        expires_at=now + world.settings.report_expiry_seconds,
    )


def _check_aggregates(call: Call, names: Any) -> str | None:
    """What is wrong with the names asked for; the answer lists the ones there are."""
    if names is None:
        return None
    accepted = [*reports.ALWAYS_AGGREGATED, *reports.CUSTOM_AGGREGATES, *call.world.settings.stock_fields]
    if call.client.customer_ids is None:
        accepted += _FULL_ACCESS_AGGREGATES
    if isinstance(names, list) and all(name in accepted for name in names):
        return None
    return f"Must be any of: {', '.join(accepted)}"
