"""The list of sales orders, and one order with everything that happened to it."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from dockline.domain.channels import queries as channels
from dockline.domain.channels.rules import ChannelId
from dockline.domain.dispatches.rules import WishState
from dockline.domain.exchanges import queries as exchanges
from dockline.domain.history import queries as history
from dockline.domain.issues import queries as issues
from dockline.domain.orders import queries as orders
from dockline.domain.orders.queries import OrderDetail
from dockline.domain.orders.rules import OPEN_STATUSES, OrderId, OrderStatus
from dockline.domain.shipments import listing
from dockline.domain.shipments.listing import BACKORDERED, NEEDS_A_PERSON, ON_HOLD, OrderFilter
from dockline.flows.outbound import cancel
from dockline.interfaces.web.issues.repairs import offer_repairs
from dockline.interfaces.web.orders.timeline import make_timeline
from dockline.interfaces.web.parts.answer import actor_of, answer, wants_fragment
from dockline.interfaces.web.parts.asked import number_in, page_of, text_in
from dockline.interfaces.web.parts.scope import scope_of
from dockline.kit.errors import NotFound, Problem

TABS = (
    ("", "All"),
    (OrderStatus.DRAFT.value, "Draft"),
    (OrderStatus.APPROVED.value, "Approved"),
    (OrderStatus.FULFILLING.value, "Fulfilling"),
    (BACKORDERED, "Backordered"),
    (ON_HOLD, "On hold"),
    (NEEDS_A_PERSON, "Needs a person"),
    (OrderStatus.SHIPPED.value, "Shipped"),
    (OrderStatus.CANCELLED.value, "Cancelled"),
)
SEARCH_FORM = "find"
ADDRESS_LINES = (
    ("contact",),
    ("company",),
    ("line_1",),
    ("line_2",),
    ("suburb", "city", "state", "postcode"),
    ("country",),
    ("phone",),
    ("email",),
)


def list_orders(request: HttpRequest) -> HttpResponse:
    """List orders; a search for exactly one order's number opens it."""
    scope = scope_of(request)
    text = text_in(request, "q")
    typed_to_the_end = not wants_fragment(request) or request.headers.get("HX-Trigger") == SEARCH_FORM
    if text and typed_to_the_end and "page" not in request.GET:
        exact = orders.list_order_ids_numbered(text, account_id=scope.account_id)
        if len(exact) == 1:
            return _open_order(request, exact[0])

    channel_id = number_in(request, "channel")
    wanted = OrderFilter(scope.account_id, None if channel_id is None else ChannelId(channel_id), text)
    counts = listing.count_orders_by_tab(wanted)
    tab = text_in(request, "status") if text_in(request, "status") in dict(TABS) else ""
    page = page_of(request, total=counts.get(tab, 0))

    context = {
        "rows": listing.list_orders(wanted, tab=tab, offset=page.offset, limit=page.size),
        "page": page,
        "tabs": [(key, label, counts.get(key, 0)) for key, label in TABS],
        "tab": tab,
        "text": text,
        "channel_id": channel_id,
        "is_filtered": bool(text or channel_id or tab),
        "channels": () if wants_fragment(request) else channels.list_channels(account_id=scope.account_id),
    }
    return answer(request, "orders/list", context)


def show_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show one order: problems first, then lines and shipments, beside them all that happened."""
    order = get_order(order_id)
    shipments = listing.list_shipments_of_order(order.id)
    shipment_ids = [shipment.id for shipment in shipments]
    subjects = [("order", int(order.id)), *(("shipment", int(pk)) for pk in shipment_ids)]

    problems = issues.list_issues_of(subjects)
    events = history.list_events(subjects=subjects)
    sent = exchanges.list_exchanges_of("shipment", subject_ids=shipment_ids)

    context = {
        "order": order,
        "is_changing": order.change is not None and order.change.state == WishState.ASKED,
        "may_be_held": order.status in OPEN_STATUSES and order.cancel_asked_at is None,
        "may_be_cancelled": order.status in (OrderStatus.DRAFT, *OPEN_STATUSES),
        "needs_person": any(shipment.needs_person for shipment in shipments)
        or any(problem.severity == "error" for problem in problems),
        "shipments": shipments,
        "problems": [(problem, offer_repairs(problem)) for problem in problems],
        "timeline": make_timeline(events, sent),
        "channel_names": list(dict.fromkeys(shipment.channel_name for shipment in shipments)),
        "address": write_address(order.ship_to),
    }
    return answer(request, "orders/detail", context)


def cancel_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Say what cancelling means; a posted form cancels what is here, and has the warehouse asked for the rest."""
    order = get_order(order_id)
    if request.method != "POST":
        return render(request, "orders/cancel.html", {"order": order})
    try:
        asked = cancel.ask_to_cancel(order_id=order.id, actor=actor_of(request), now=timezone.now())
        messages.success(request, asked.sentence)
    except Problem as problem:
        messages.error(request, problem.message)
    return HttpResponseRedirect(reverse("order", args=[order.id]))


def get_order(order_id: int) -> OrderDetail:
    """Return one order, or say that there is no such page."""
    try:
        return orders.get_order(OrderId(order_id))
    except NotFound as problem:
        raise Http404(problem.message) from None


def _open_order(request: HttpRequest, order_id: OrderId) -> HttpResponse:
    address = reverse("order", args=[order_id])
    if wants_fragment(request):
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def write_address(ship_to: Mapping[str, object]) -> list[str]:
    """Write an address as on a parcel, line by line; parts we do not know of come last."""
    known = {name: str(value) for name, value in ship_to.items() if value}
    lines = [" ".join(known.pop(name, "") for name in names).strip() for names in ADDRESS_LINES]
    return [line for line in lines if line] + [f"{name}: {value}" for name, value in sorted(known.items())]
