"""The customers master list, and one customer with the orders that went to that name."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.domain.accounts.rules import AccountId
from dockline.domain.customers import queries as customers
from dockline.domain.customers.queries import CustomerRow
from dockline.domain.customers.rules import CustomerId
from dockline.domain.history import queries as history
from dockline.domain.shipments import listing
from dockline.domain.shipments.listing import OrderFilter
from dockline.domain.tables.rules import Cells
from dockline.flows.data import customers as flow
from dockline.interfaces.web.orders.views import TABS, write_address
from dockline.interfaces.web.parts.answer import actor_of, answer
from dockline.interfaces.web.parts.asked import page_of, text_in
from dockline.interfaces.web.parts.scope import scope_of
from dockline.kit.errors import NotFound, Problem

LATEST_CHANGES = 10
HINTS = {
    "customer": "up to 100 characters, exact; it stays",
    "country": "two letters, such as AU",
    "references": "name=value; name=value: copied once to each new order that names the customer",
}


def list_customers(request: HttpRequest) -> HttpResponse:
    """List customers by code."""
    account_id, text = scope_of(request).account_id, text_in(request, "q")
    page = page_of(request, total=customers.count_customers(account_id=account_id, text=text))
    rows = customers.list_customers(account_id=account_id, text=text, offset=page.offset, limit=page.size)
    context = {"rows": rows, "page": page, "text": text, "may_add": scope_of(request).only_account_id is not None}
    return answer(request, "customers/list", context)


def show_customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show a customer, and the orders of the account that are for exactly this name."""
    customer = _get(request, customer_id)
    wanted = OrderFilter(customer.account_id, customer_name=customer.content.name)
    counts = listing.count_orders_by_tab(wanted)
    tab = text_in(request, "status") if text_in(request, "status") in dict(TABS) else ""
    page = page_of(request, total=counts.get(tab, 0))
    context = {
        "customer": customer,
        "address": write_address(customer.content.ship_to),
        "rows": listing.list_orders(wanted, tab=tab, offset=page.offset, limit=page.size),
        "page": page,
        "tabs": [(key, label, counts.get(key, 0)) for key, label in TABS],
        "tab": tab,
        "history": history.list_latest_events((flow.SUBJECT, customer_id), limit=LATEST_CHANGES),
    }
    return answer(request, "customers/detail", context)


def add_customer(request: HttpRequest) -> HttpResponse:
    """Show an empty form, or add the customer it holds."""
    account_id = scope_of(request).only_account_id
    if account_id is None:
        return render(request, "customers/form.html", {"has_no_account": True})
    return _edit(request, account_id, before=None)


def change_customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show what is known of a customer in a form, or keep what the form holds."""
    customer = _get(request, customer_id)
    return _edit(request, customer.account_id, before=customer)


@require_POST
def forget_customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Take a customer off the list."""
    customer = _get(request, customer_id)
    code = flow.forget_customer(customer.id, actor=actor_of(request), now=timezone.now())
    messages.success(request, f"Customer {code} is off the list.")
    return HttpResponseRedirect(reverse("customers"))


def _edit(request: HttpRequest, account_id: AccountId, *, before: CustomerRow | None) -> HttpResponse:
    cells = flow.say(before.content) if before else ("",) * len(flow.COLUMNS)
    problem: Problem | None = None
    if request.method == "POST":
        typed = tuple(request.POST.get(column, "").replace("\0", "") for column in flow.COLUMNS)
        cells = (before.content.code, *typed[1:]) if before else typed
        try:
            kept = flow.put_customer(
                account_id, cells, is_new=before is None, actor=actor_of(request), now=timezone.now()
            )
        except Problem as refused:
            problem = refused
        else:
            messages.success(request, f"Customer {cells[0]} is saved.")
            return HttpResponseRedirect(reverse("customer", args=[kept]))
    context = {"customer": before, "fields": _fields(cells), "problem": problem}
    return render(request, "customers/form.html", context, status=422 if problem else 200)


def _fields(cells: Cells) -> list[dict[str, object]]:
    return [
        {"name": name, "label": flow.LABELS[name], "text": text, "longest": longest, "hint": HINTS.get(name, "")}
        for name, text, longest in zip(flow.COLUMNS, cells, flow.SHAPE.longest, strict=True)
    ]


def _get(request: HttpRequest, customer_id: int) -> CustomerRow:
    """A customer of an account that the pages show."""
    try:
        customer = customers.get_customer(CustomerId(customer_id))
    except NotFound as problem:
        raise Http404(problem.message) from None
    if customer.account_id not in {account.id for account in scope_of(request).accounts}:
        raise Http404("There is no such customer.")
    return customer
