"""Stock per product and warehouse, as of when the warehouse said so."""

from django.http import HttpRequest, HttpResponse

from dockline.domain.accounts.rules import AccountId
from dockline.domain.inventory import queries as inventory
from dockline.domain.warehouses import queries as warehouses
from dockline.domain.warehouses.queries import WarehouseRow
from dockline.domain.warehouses.rules import WarehouseId
from dockline.interfaces.web.parts.answer import answer
from dockline.interfaces.web.parts.asked import number_in, page_of, text_in
from dockline.interfaces.web.parts.scope import scope_of


def list_levels(request: HttpRequest) -> HttpResponse:
    """List levels by SKU."""
    account_id = scope_of(request).account_id
    text, asked = text_in(request, "q"), number_in(request, "warehouse")
    warehouse_id = None if asked is None else WarehouseId(asked)
    places = warehouses.list_warehouses(account_id=account_id)
    pool = next((place for place in places if place.id == warehouse_id and place.is_virtual), None)
    page = page_of(request, total=_count(account_id, warehouse_id, pool, text))
    if pool is not None:
        rows = inventory.list_pooled_levels(
            account_id=account_id,
            warehouse_ids=pool.member_ids,
            name=pool.name,
            text=text,
            offset=page.offset,
            limit=page.size,
        )
    else:
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
        "warehouses": places,
    }
    return answer(request, "inventory/list", context)


def _count(account_id: AccountId | None, warehouse_id: WarehouseId | None, pool: WarehouseRow | None, text: str) -> int:
    if pool is not None:
        return inventory.count_pooled_levels(account_id=account_id, warehouse_ids=pool.member_ids, text=text)
    return inventory.count_levels(account_id=account_id, warehouse_id=warehouse_id, text=text)
