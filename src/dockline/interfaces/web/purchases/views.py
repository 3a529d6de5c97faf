"""Purchase orders, and what arrived of them."""

from django.http import HttpRequest, HttpResponse

from dockline.domain.exchanges import queries as exchanges
from dockline.domain.history import queries as history
from dockline.domain.issues import queries as issues
from dockline.domain.purchases import queries as purchases
from dockline.domain.purchases.rules import PurchaseStatus
from dockline.interfaces.web.issues.repairs import offer_repairs
from dockline.interfaces.web.orders.timeline import make_timeline
from dockline.interfaces.web.parts.answer import answer
from dockline.interfaces.web.parts.asked import page_of, text_in
from dockline.interfaces.web.parts.scope import scope_of
from dockline.interfaces.web.purchases.drafts import get_purchase


def list_purchases(request: HttpRequest) -> HttpResponse:
    """List purchase orders, newest first."""
    account_id = scope_of(request).account_id
    text, status = text_in(request, "q"), text_in(request, "status")
    status = status if status in set(PurchaseStatus) else ""
    page = page_of(request, total=purchases.count_purchases(account_id=account_id, text=text, status=status))
    context = {
        "rows": purchases.list_purchases(
            account_id=account_id, text=text, status=status, offset=page.offset, limit=page.size
        ),
        "page": page,
        "text": text,
        "status": status,
        "statuses": [("", "All"), *PurchaseStatus.choices()],
        "is_filtered": bool(text or status),
    }
    return answer(request, "purchases/list", context)


def show_purchase(request: HttpRequest, purchase_id: int) -> HttpResponse:
    """Show one purchase order with its receipts."""
    order = get_purchase(purchase_id)
    subjects = [("purchase", int(order.id))]
    sent = exchanges.list_exchanges_of("purchase", subject_ids=[order.id])
    context = {
        "order": order,
        "lines": purchases.list_purchase_lines(order.id),
        "receipts": purchases.list_receipts(order.id),
        "problems": [(problem, offer_repairs(problem)) for problem in issues.list_issues_of(subjects)],
        "timeline": make_timeline(history.list_events(subjects=subjects), sent),
    }
    return answer(request, "purchases/detail", context)
