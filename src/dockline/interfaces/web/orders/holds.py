"""Put an order on hold: why, perhaps until when, and what becomes of what a warehouse has."""

from datetime import UTC

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from dockline.domain.orders.queries import OrderDetail
from dockline.domain.shipments import listing
from dockline.domain.shipments.rules import OPEN_STATUSES
from dockline.flows.outbound import on_hold
from dockline.interfaces.web.orders.form import MOMENT, read_moment
from dockline.interfaces.web.orders.views import get_order
from dockline.interfaces.web.parts.answer import actor_of
from dockline.kit.errors import Problem


def hold_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show what a hold means for this order; a posted form puts it on hold."""
    order = get_order(order_id)
    if request.method != "POST":
        hold = order.hold
        until = hold.until.astimezone(UTC).strftime(MOMENT) if hold and hold.until else ""
        return _draw(request, order, {"reason": hold.reason if hold else "", "until": until})
    typed = {name: request.POST.get(name, "").replace("\x00", "").strip() for name in ("reason", "until", "ask")}
    try:
        held = on_hold.put_on_hold(
            order_id=order.id,
            reason=typed["reason"],
            until=read_moment(typed["until"], field="until"),
            ask_warehouse=bool(typed["ask"]),
            actor=actor_of(request),
            now=timezone.now(),
        )
    except Problem as problem:
        return _draw(request, order, typed, problem)
    messages.success(request, held.sentence)
    return HttpResponseRedirect(reverse("order", args=[order.id]))


def _draw(
    request: HttpRequest, order: OrderDetail, typed: dict[str, str], problem: Problem | None = None
) -> HttpResponse:
    shipments = listing.list_shipments_of_order(order.id)
    context = {
        "order": order,
        "typed": typed,
        "problem": problem,
        "open_shipments": [row for row in shipments if row.status in OPEN_STATUSES],
        "longest": on_hold.LONGEST_REASON,
    }
    return render(request, "orders/hold.html", context, status=422 if problem else 200)
