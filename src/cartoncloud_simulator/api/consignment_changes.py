"""Consignments: create, change under a version, quote."""

from cartoncloud_simulator.api import wire
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.api.consignment_requests import ConsignmentRequest, read_request
from cartoncloud_simulator.api.consignments import find_consignment, shown
from cartoncloud_simulator.rules import consignments, fulfilment, transport
from cartoncloud_simulator.rules.refusals import duplicate, invalid, plain
from cartoncloud_simulator.search.fields import is_day
from cartoncloud_simulator.world.entities import CONSIGNMENT_STATUSES, Consignment
from cartoncloud_simulator.world.world import new_id


def create_consignment(call: Call) -> Answer:
    body = call.json_object()
    request = read_request(call, body)
    _check_reference(call, request)
    world, now = call.world, call.world.clock.now()
    consignment = Consignment(
        id=new_id(),
        numeric_id=world.next_numeric_id("consignment", request.customer.id),
        seq=world.next_seq(),
        customer_id=request.customer.id,
        warehouse_id=request.warehouse.id,
        order_id=None,
        status=world.settings.consignment_first_statuses.get(request.details["type"], CONSIGNMENT_STATUSES[0]),
        references=request.references,
        details=request.details,
        created_at=now,
        modified_at=now,
        properties=request.properties,
        items=request.items,
        measures=request.measures,
        source="API",
    )
    _put_on(consignment, request)
    world.save(consignment)
    return Answer(201, shown(call, consignment))


def replace_consignment(call: Call) -> Answer:
    """The whole document anew; id, customer and what it was made from stay."""
    consignment = find_consignment(call)
    _check_version(call, consignment)
    settings = call.world.settings
    if consignment.on_approved_invoice:
        raise plain(settings.invoiced_consignment_status, "The consignment is on an approved invoice.")
    body = call.json_object()
    kind = str(consignment.details.get("type"))
    types = (kind, *(other for other in transport.CREATED_TYPES if other != kind and not consignment.is_fulfilment))
    request = read_request(call, body, types=types)
    if request.customer.id != consignment.customer_id:
        raise invalid("/customer", "The customer cannot be changed.")
    if not consignment.is_fulfilment:
        _check_reference(call, request, but=consignment.id)
    status = body.get("status", consignment.status)
    if status != consignment.status and status not in settings.consignment_settable_statuses:
        raise invalid("/status", f"Must be one of: {', '.join(settings.consignment_settable_statuses)}")

    consignment.status = status
    consignment.warehouse_id = request.warehouse.id
    for name in ("references", "details", "measures", "properties", "items"):
        setattr(consignment, name, getattr(request, name))
    _put_on(consignment, request)
    consignments.save_changed(call.world, consignment)
    fulfilment.follow_consignment(call.world, consignment)
    return Answer(200, shown(call, consignment))


def quote_consignment(call: Call) -> Answer:
    """What it would cost; nothing is kept."""
    body = call.json_object()
    request = read_request(call, body)
    if body.get("taskDate") is not None and not is_day(body["taskDate"]):
        raise invalid("/taskDate", "Date must be written as YYYY-MM-DD.")
    policy = call.world.customer_settings(request.customer.id)
    if not policy.rate_card:
        raise plain(422, "No matching rate was found for this consignment.")
    if policy.quote_undercharges:
        raise plain(422, "The matching rate may undercharge this consignment.")
    return Answer(200, wire.encode(transport.make_quote(call.world, policy, request.items)))


def _put_on(consignment: Consignment, request: ConsignmentRequest) -> None:
    for name, value in request.travels_on.items():
        setattr(consignment, name, value)


def _check_reference(call: Call, request: ConsignmentRequest, *, but: str | None = None) -> None:
    world = call.world
    if not world.customer_settings(request.customer.id).unique_consignment_references:
        return
    taken = transport.find_duplicate(world, request.customer.id, request.references["customer"], but=but)
    if taken is not None:
        raise duplicate(world.settings, "Consignment", taken.id)


def _check_version(call: Call, consignment: Consignment) -> None:
    """If-Match names the version the caller has read: 3, "3" and W/"3" are the same; * is any."""
    sent = call.headers.get("if-match")
    if sent is None:
        if call.world.settings.if_match_required:
            raise plain(400, "Missing request header 'If-Match'")
        return
    versions = [one.strip().removeprefix("W/").strip('"') for one in sent.split(",")]
    if "*" not in versions and str(consignment.version) not in versions:
        raise plain(
            call.world.settings.stale_if_match_status,
            f"The consignment has version {consignment.version}: it was changed by another request.",
        )
