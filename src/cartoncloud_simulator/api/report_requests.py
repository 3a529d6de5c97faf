"""What a report run may be asked for, by type."""

from typing import Any

from cartoncloud_simulator.api.call import Call
from cartoncloud_simulator.api.customers import find_customer, find_warehouse
from cartoncloud_simulator.rules import charges, reports
from cartoncloud_simulator.rules.refusals import Refusal, error_at, unknown_party
from cartoncloud_simulator.search.fields import is_day
from cartoncloud_simulator.service_settings import CHARGE_CLASSES
from cartoncloud_simulator.world.entities import Customer, ReportRun
from cartoncloud_simulator.world.world import new_id

LARGEST_PAGE = 100
_ANYBODYS = ("productStatus", "productGroup", "productType", "unitOfMeasure", "inboundOrder")


def read_stock_run(call: Call, sent: dict[str, Any]) -> ReportRun:
    """One customer's stock in one warehouse."""
    world, errors = call.world, list[dict[str, Any]]()
    customer = find_customer(world, sent.get("customer"))
    if customer is None or not call.sees_customer(customer.id):
        errors.append(unknown_party(world.settings, "/parameters/customer", "Customer"))
    warehouse = world.default_warehouse()
    if sent.get("warehouse") is not None:
        named = find_warehouse(world, sent["warehouse"])
        if named is None or not call.sees_warehouse(named.id):
            errors.append(unknown_party(world.settings, "/parameters/warehouse", "Warehouse"))
        else:
            warehouse = named
    page_size = _read_page_size(call, sent, errors)
    names = sent.get("aggregateBy") or []
    if customer is not None:
        accepted = _list_aggregates(call, customer)
        if not isinstance(names, list) or not all(name in accepted for name in names):
            errors.append(error_at("/parameters/aggregateBy", f"Must be any of: {', '.join(accepted)}"))
    if errors:
        raise Refusal(422, *errors)

    assert customer
    parameters = {
        "pageSize": page_size,
        "warehouse": {"id": warehouse.id},
        "customer": {"id": customer.id},
        "aggregateBy": list(dict.fromkeys([*names, *reports.ALWAYS_AGGREGATED])),
    }
    return _new_run(call, "STOCK_ON_HAND", parameters, warehouse_id=warehouse.id, customers=[customer.id])


def read_charges_run(call: Call, sent: dict[str, Any]) -> ReportRun:
    """The charges of all customers the caller may see, or of some; `customer` is taken for `customers` as well."""
    errors = list[dict[str, Any]]()
    parameters: dict[str, Any] = {"pageSize": _read_page_size(call, sent, errors)}
    if (date_filter := sent.get("dateFilter")) is not None:
        if date_filter not in charges.DATE_FILTERS:
            errors.append(_one_of("dateFilter", charges.DATE_FILTERS))
        parameters["dateFilter"] = date_filter
    for name in ("fromDate", "toDate"):
        if sent.get(name) is not None:
            if not is_day(sent[name]):
                errors.append(error_at(f"/parameters/{name}", "Date must be written as YYYY-MM-DD."))
            parameters[name] = sent[name]
    customers = _read_customers(call, sent, errors)
    if sent.get("customers") is not None or sent.get("customer") is not None:
        parameters["customers"] = [{"id": customer_id} for customer_id in customers]
    if (classes := sent.get("chargeClasses")) is not None:
        if not isinstance(classes, list) or not all(one in CHARGE_CLASSES for one in classes):
            errors.append(_one_of("chargeClasses", CHARGE_CLASSES))
        parameters["chargeClasses"] = classes
    if errors:
        raise Refusal(422, *errors)
    warehouse_id = call.world.default_warehouse().id
    return _new_run(call, "BULK_CHARGES", parameters, warehouse_id=warehouse_id, customers=customers)


def _new_run(
    call: Call, report: str, parameters: dict[str, Any], *, warehouse_id: str, customers: list[str]
) -> ReportRun:
    settings, now = call.world.settings, call.world.clock.seconds()
    return ReportRun(
        id=new_id(),
        client_id=call.client.id,
        parameters=parameters,
        customer_id=customers[0] if customers else "",
        customer_ids=customers,
        warehouse_id=warehouse_id,
        due_at=now + settings.report_delay_seconds,
        expires_at=now + settings.report_expiry_seconds,
        report=report,
    )


def _read_page_size(call: Call, sent: dict[str, Any], errors: list[dict[str, Any]]) -> int:
    """What is too large is lowered silently."""
    size = call.world.read_number(sent.get("pageSize", LARGEST_PAGE))
    if size is None or size < 1 or size % 1:
        errors.append(error_at("/parameters/pageSize", "Page size must be a whole number above zero."))
        return LARGEST_PAGE
    return min(int(size), LARGEST_PAGE)


def _read_customers(call: Call, sent: dict[str, Any], errors: list[dict[str, Any]]) -> list[str]:
    name, asked = "customers", sent.get("customers")
    if asked is None and sent.get("customer") is not None:
        name, asked = "customer", [sent["customer"]]
    if asked is None:
        return [customer_id for customer_id in call.world.customers if call.sees_customer(customer_id)]
    found = [find_customer(call.world, one) for one in asked] if isinstance(asked, list) else [None]
    if any(customer is None or not call.sees_customer(customer.id) for customer in found):
        errors.append(unknown_party(call.world.settings, f"/parameters/{name}", "Customer"))
    return [customer.id for customer in found if customer is not None]


def _list_aggregates(call: Call, customer: Customer) -> list[str]:
    """The names there are for this caller and this customer."""
    policy = call.world.customer_settings(customer.id)
    sees_all = call.client.customer_ids is None
    return [*_ANYBODYS, *policy.stock_fields, *policy.report_fields, *(("location",) if sees_all else ())]


def _one_of(name: str, known: tuple[str, ...]) -> dict[str, Any]:
    return error_at(f"/parameters/{name}", f"Must be any of: {', '.join(known)}")
