"""What the warehouses have beside our books, and the button that lets sending go on after a stop."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.connectors.contract.capabilities import Capability
from dockline.domain.channels import queries as channels
from dockline.domain.guard import queries as guard
from dockline.domain.history import queries as history
from dockline.domain.sweeps import queries as sweeps
from dockline.domain.sweeps.queries import FindingRow
from dockline.domain.sweeps.rules import Difference
from dockline.flows.guard import SUBJECT
from dockline.flows.inbound import repair as inbound
from dockline.flows.outbound import lift, repair
from dockline.gateway import directory
from dockline.interfaces.web.issues.repairs import REPAIRS
from dockline.interfaces.web.parts.answer import act, actor_of, answer, back
from dockline.interfaces.web.parts.asked import page_of, text_in
from dockline.interfaces.web.parts.scope import scope_of
from dockline.interfaces.web.sweeps.repairs import advise, offer_repairs
from dockline.kit.errors import NotFound

LATEST = 20


def list_sweeps(request: HttpRequest) -> HttpResponse:
    """Show each channel's latest sweep, and every difference that is open."""
    account_id = scope_of(request).account_id
    able = directory.list_keys_with(Capability.LIST_SHIPMENTS)
    known = channels.list_channels(account_id=account_id)
    latest = sweeps.get_latest([channel.id for channel in known])
    counts = sweeps.count_open_findings(account_id)
    kind = text_in(request, "kind") if text_in(request, "kind") in set(counts) else ""
    page = page_of(request, total=counts[Difference(kind)] if kind else sum(counts.values()))
    rows = sweeps.list_findings(account_id=account_id, kind=kind, offset=page.offset, limit=page.size)
    stop = guard.find_stop()
    context = {
        "swept": [(channel, latest.get(channel.id), channel.connector in able) for channel in known],
        "counts": list(counts.items()),
        "kind": kind,
        "page": page,
        "rows": [(row, offer_repairs(row), advise(row)) for row in rows],
        "missing": [one for one in lift.list_to_compare(since=stop.noticed_at) if one.swept_at is None] if stop else [],
        "last_lifted": guard.find_last_lifted(),
        "history": history.list_latest_events((SUBJECT.kind, SUBJECT.id), limit=LATEST),
    }
    return answer(request, "sweeps/list", context)


@require_POST
def ask_sweeps(request: HttpRequest) -> HttpResponse:
    """Have every channel compared soon."""
    act(
        request,
        lambda: lift.ask_sweeps(actor=actor_of(request), now=timezone.now()),
        done="Every warehouse that can be asked is compared now.",
    )
    return back(request, "sweeps")


@require_POST
def lift_stop(request: HttpRequest) -> HttpResponse:
    """Let sending go on."""
    act(
        request,
        lambda: lift.lift_stop(actor=actor_of(request), now=timezone.now()),
        done="Sending goes on. What may have been sent and forgotten is looked for first.",
    )
    return back(request, "sweeps")


@require_POST
def repair_finding(request: HttpRequest, finding_id: int, name: str) -> HttpResponse:
    """Do what the button on a difference says."""
    found = sweeps.find_finding(finding_id)
    if found is None or name not in {one.name for one in offer_repairs(found)}:
        raise Http404("There is no such repair.")
    act(request, lambda: _repair(found, name, actor=actor_of(request)), done=REPAIRS[name].done)
    return back(request, "sweeps")


def _repair(found: FindingRow, name: str, *, actor: str) -> None:
    now = timezone.now()
    match name, found.shipment_id, found.purchase_id:
        case "dismiss", _, _:
            repair.dismiss_finding(finding_id=found.id, actor=actor, now=now)
        case "send-again", int(shipment_id), _:
            repair.send_again(shipment_id=shipment_id, actor=actor, now=now)
        case "accept", int(shipment_id), _:
            repair.accept_as_is(shipment_id=shipment_id, actor=actor, now=now)
        case "look-there", int(shipment_id), _:
            repair.look_there(shipment_id=shipment_id, actor=actor, now=now)
        case "send-again", _, int(order_id):
            inbound.send_again(order_id=order_id, actor=actor, now=now)
        case "accept", _, int(order_id):
            inbound.accept_as_is(order_id=order_id, actor=actor, now=now)
        case "look-there", _, int(order_id):
            inbound.look_there(order_id=order_id, actor=actor, now=now)
        case _:
            raise NotFound("This does not repair that.")
