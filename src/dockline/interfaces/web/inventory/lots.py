"""Where a lot or a serial number went, where it came from, and how much of it is still there."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dockline.domain.inventory import lots
from dockline.domain.inventory.lots import LotFilter
from dockline.flows.inventory import recall as flow
from dockline.interfaces.web.parts.answer import answer
from dockline.interfaces.web.parts.asked import page_of, text_in
from dockline.interfaces.web.parts.download import download
from dockline.interfaces.web.parts.scope import scope_of
from dockline.kit.sheet import write_sheet

SHOWN = {
    "shipped": ("Shipped", lots.list_shipped),
    "received": ("Received", lots.list_received),
    "stored": ("Still there", lots.list_stored),
}


def list_lots(request: HttpRequest) -> HttpResponse:
    """List what shipped, what arrived or what is still there of a lot."""
    wanted = LotFilter(scope_of(request).account_id, text_in(request, "q"), text_in(request, "sku"))
    counts = {
        "shipped": lots.count_shipped(wanted),
        "received": lots.count_received(wanted),
        "stored": lots.count_stored(wanted),
    }
    asked = text_in(request, "show")
    show = asked if asked in SHOWN else "shipped"
    page = page_of(request, total=counts[show])
    context = {
        "rows": SHOWN[show][1](wanted, offset=page.offset, limit=page.size),
        "tabs": [(name, label, counts[name]) for name, (label, _) in SHOWN.items()],
        "show": show,
        "page": page,
        "text": wanted.text,
        "sku": wanted.sku,
        "recalled": lots.count_shipped(replace(wanted, exactly=True)) if show == "shipped" else 0,
    }
    return answer(request, "inventory/lots", context)


def recall(request: HttpRequest) -> HttpResponse:
    """Give everybody who was sent exactly this lot or serial number, as a file."""
    lot, sku = text_in(request, "q"), text_in(request, "sku")
    cells = flow.list_cells(account_id=scope_of(request).account_id, lot=lot, sku=sku) if lot else iter(())
    return download(write_sheet(flow.COLUMNS, cells), f"recall-{timezone.now():%Y-%m-%d}.csv")
