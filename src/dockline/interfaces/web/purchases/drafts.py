"""Write a purchase order: a new one, or a draft that is changed; saved as a draft, or approved at once."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from dockline.domain.accounts.rules import AccountId
from dockline.domain.products import queries as products
from dockline.domain.purchases import queries as purchases
from dockline.domain.purchases.queries import PurchaseRow
from dockline.domain.purchases.rules import PurchaseStatus
from dockline.domain.warehouses import queries as warehouses
from dockline.flows.inbound import place
from dockline.interfaces.web.parts.answer import actor_of
from dockline.interfaces.web.parts.scope import scope_of
from dockline.interfaces.web.purchases import form as forms
from dockline.interfaces.web.purchases.form import Form
from dockline.kit.errors import NotFound, Problem

SUGGESTED = 500
"""How many products the fields suggest."""

APPROVE, MORE = "approve", "more"
"""What the buttons beside Save say."""


def new_purchase(request: HttpRequest) -> HttpResponse:
    """Show an empty form; a posted one places the purchase order."""
    account_id = scope_of(request).only_account_id
    if account_id is None:
        return render(request, "purchases/edit.html", {"account_id": None})
    if request.method != "POST":
        (warehouse, *_) = [*_default_warehouse(account_id), ""]
        return _draw(request, account_id, Form(purchases.propose_number(account_id), warehouse))
    form, act = forms.typed(request.POST.dict()), request.POST.get("act", "")
    if act == MORE:
        return _draw(request, account_id, form)
    try:
        placed = place.place_purchase(
            account_id=account_id,
            warehouse_id=form.warehouse_id,
            content=form.read(),
            as_draft=act != APPROVE,
            actor=actor_of(request),
            now=timezone.now(),
        )
    except Problem as problem:
        return _draw(request, account_id, form, problem)
    messages.success(request, f"{form.number} is {'placed' if placed.is_new else 'there already'}.")
    return HttpResponseRedirect(reverse("purchase", args=[placed.order_id]))


def edit_purchase(request: HttpRequest, purchase_id: int) -> HttpResponse:
    """Show a draft to be changed; a posted form changes it."""
    order = get_purchase(purchase_id)
    if request.method != "POST":
        if order.status != PurchaseStatus.DRAFT:
            messages.error(request, f"{order.number} is {order.status.label}; only a draft can be changed.")
            return HttpResponseRedirect(reverse("purchase", args=[order.id]))
        lines = purchases.list_purchase_lines(order.id)
        if len(lines) > forms.MOST_ROWS:
            messages.error(request, f"{order.number} has {len(lines)} lines; a form carries {forms.MOST_ROWS}.")
            return HttpResponseRedirect(reverse("purchase", args=[order.id]))
        return _draw(request, order.account_id, forms.stored(order, lines), order=order)
    form, act = forms.typed(request.POST.dict()), request.POST.get("act", "")
    if act == MORE:
        return _draw(request, order.account_id, form, order=order)
    try:
        place.change_draft(
            order_id=order.id,
            seen_version=form.seen_version,
            warehouse_id=form.warehouse_id,
            content=form.read(),
            and_approve=act == APPROVE,
            actor=actor_of(request),
            now=timezone.now(),
        )
    except Problem as problem:
        return _draw(request, order.account_id, form, problem, order=order)
    messages.success(request, f"{form.number} is {'approved' if act == APPROVE else 'saved'}.")
    return HttpResponseRedirect(reverse("purchase", args=[order.id]))


def get_purchase(purchase_id: int) -> PurchaseRow:
    """Return one purchase order, or say that there is no such page."""
    try:
        return purchases.get_purchase(purchase_id)
    except NotFound as problem:
        raise Http404(problem.message) from None


def _draw(
    request: HttpRequest,
    account_id: AccountId,
    form: Form,
    problem: Problem | None = None,
    *,
    order: PurchaseRow | None = None,
) -> HttpResponse:
    context = {
        "account_id": account_id,
        "order": order,
        "form": form,
        "rows": form.with_room(problem),
        "problem": problem,
        "warehouses": [row for row in warehouses.list_warehouses(account_id=account_id) if not row.is_virtual],
        "products": products.list_variants(account_id=account_id, limit=SUGGESTED),
    }
    return render(request, "purchases/edit.html", context, status=422 if problem else 200)


def _default_warehouse(account_id: AccountId) -> list[str]:
    enabled = warehouses.get_enabled(account_id)
    return [str(warehouse_id) for warehouse_id, is_default in enabled.items() if is_default]
