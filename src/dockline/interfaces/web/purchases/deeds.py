"""Buttons of a purchase order: approve it, cancel it, close it short."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.domain.purchases import queries as purchases
from dockline.flows.inbound import cancel, place, repair
from dockline.interfaces.web.parts.answer import act, actor_of
from dockline.interfaces.web.purchases.drafts import get_purchase
from dockline.kit.errors import Problem


@require_POST
def approve_purchase(request: HttpRequest, purchase_id: int) -> HttpResponse:
    """Approve a draft: it is sent."""
    order = get_purchase(purchase_id)
    act(
        request,
        lambda: place.approve(order_id=order.id, actor=actor_of(request), now=timezone.now()),
        done=f"{order.number} is approved.",
    )
    return HttpResponseRedirect(reverse("purchase", args=[order.id]))


def cancel_purchase(request: HttpRequest, purchase_id: int) -> HttpResponse:
    """Say what cancelling means; a posted form cancels, or has the warehouse asked."""
    order = get_purchase(purchase_id)
    if request.method != "POST":
        return render(request, "purchases/cancel.html", {"order": order})
    try:
        said = cancel.ask_to_cancel(order_id=order.id, actor=actor_of(request), now=timezone.now())
        messages.success(request, said)
    except Problem as problem:
        messages.error(request, problem.message)
    return HttpResponseRedirect(reverse("purchase", args=[order.id]))


def close_short(request: HttpRequest, purchase_id: int) -> HttpResponse:
    """Say what would not be awaited any more; a posted form closes."""
    order = get_purchase(purchase_id)
    if request.method != "POST":
        lacking = purchases.list_short([order.id]).get(order.id, [])
        return render(request, "purchases/close.html", {"order": order, "lacking": lacking})
    act(
        request,
        lambda: repair.close_short(order_id=order.id, actor=actor_of(request), now=timezone.now()),
        done=f"{order.number} is closed short.",
    )
    return HttpResponseRedirect(reverse("purchase", args=[order.id]))
