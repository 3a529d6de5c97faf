"""Stock per product and warehouse, as of when the warehouse said so."""

from django.http import HttpRequest, HttpResponse

from dockline.domain.inventory import queries as inventory
from dockline.domain.warehouses import queries as warehouses
from dockline.domain.warehouses.rules import WarehouseId
from dockline.interfaces.web.parts.answer import answer, wants_fragment
from dockline.interfaces.web.parts.asked import number_in, page_of, text_in
from dockline.interfaces.web.parts.scope import scope_of


def list_levels(request: HttpRequest) -> HttpResponse:
    """List levels by SKU."""
    account_id = scope_of(request).account_id
    text, asked = text_in(request, "q"), number_in(request, "warehouse")
    warehouse_id = None if asked is None else WarehouseId(asked)
    page = page_of(request, total=inventory.count_levels(account_id=account_id, warehouse_id=warehouse_id, text=text))
    rows = inventory.list_levels(
        account_id=account_id, warehouse_id=warehouse_id, text=text, offset=page.offset, limit=page.size
    )
    context = {
        "rows": rows,
        "unmatched": () if page.number > 1 or text else inventory.list_unmatched_levels(account_id=account_id),
        "page": page,
        "text": text,
        "warehouse_id": warehouse_id,
        "is_filtered": bool(text or warehouse_id),
        "warehouses": () if wants_fragment(request) else warehouses.list_warehouses(account_id=account_id),
    }
    return answer(request, "inventory/list", context)
