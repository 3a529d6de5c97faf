"""Change an order: at once while it is here; what a warehouse has is asked back first."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from dockline.domain.orders.queries import OrderDetail
from dockline.domain.products import queries as products
from dockline.domain.shipments import listing
from dockline.domain.shipments.rules import OPEN_STATUSES
from dockline.domain.warehouses import queries as warehouses
from dockline.flows.outbound import change
from dockline.interfaces.web.orders import form as forms
from dockline.interfaces.web.orders.form import Form
from dockline.interfaces.web.orders.views import get_order
from dockline.interfaces.web.parts.answer import actor_of
from dockline.kit.errors import Problem

SUGGESTED = 500
"""How many products the fields suggest."""

MORE = "more"
"""What the button beside Save says."""


def change_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show an order to be changed; a posted form changes it, or has the warehouse asked."""
    order = get_order(order_id)
    if request.method != "POST":
        if len(order.lines) > forms.MOST_ROWS:
            messages.error(request, f"{order.number} has {len(order.lines)} lines; a form carries {forms.MOST_ROWS}.")
            return HttpResponseRedirect(reverse("order", args=[order.id]))
        return _draw(request, order, forms.stored(order))
    form = forms.typed(request.POST.dict())
    if request.POST.get("act", "") == MORE:
        return _draw(request, order, form)
    try:
        changed = change.change_order(
            order_id=order.id,
            seen_version=form.seen_version,
            content=form.read(),
            actor=actor_of(request),
            now=timezone.now(),
        )
    except Problem as problem:
        return _draw(request, order, form, problem)
    messages.success(request, changed.sentence)
    return HttpResponseRedirect(reverse("order", args=[order.id]))


def _draw(request: HttpRequest, order: OrderDetail, form: Form, problem: Problem | None = None) -> HttpResponse:
    # What is asked for stays to be chosen, also where the account ships from it no more.
    shipping = warehouses.get_shipping(order.account_id)
    if order.requested_warehouse_id is not None:
        shipping.setdefault(order.requested_warehouse_id, order.requested_warehouse_name)
    shipments = listing.list_shipments_of_order(order.id)
    context = {
        "order": order,
        "form": form,
        "rows": form.with_room(problem),
        "problem": problem,
        "open_shipments": [row for row in shipments if row.status in OPEN_STATUSES],
        "warehouses": [(str(pk), name) for pk, name in shipping.items()],
        "products": products.list_variants(account_id=order.account_id, limit=SUGGESTED),
    }
    return render(request, "orders/change.html", context, status=422 if problem else 200)
