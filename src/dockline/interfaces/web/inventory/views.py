"""Stock per product and warehouse, as of when the warehouse said so; what moved it, and where it is not as expected."""

from decimal import Decimal, InvalidOperation

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.domain.accounts.rules import AccountId
from dockline.domain.channels import queries as channels
from dockline.domain.history import queries as history
from dockline.domain.inventory import lots
from dockline.domain.inventory import queries as inventory
from dockline.domain.inventory.queries import LevelRow
from dockline.domain.inventory.rules import DriftCause
from dockline.domain.warehouses import queries as warehouses
from dockline.domain.warehouses.queries import WarehouseRow
from dockline.domain.warehouses.rules import WarehouseId
from dockline.flows.inventory import upkeep
from dockline.interfaces.web.parts.answer import act, actor_of, answer, back
from dockline.interfaces.web.parts.asked import number_in, page_of, text_in
from dockline.interfaces.web.parts.scope import scope_of
from dockline.kit.errors import Invalid, NotFound

LATEST_CHANGES = 10


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


def list_movements(request: HttpRequest) -> HttpResponse:
    """List what changed levels, newest first."""
    account_id = scope_of(request).account_id
    sku, asked = text_in(request, "q"), number_in(request, "warehouse")
    warehouse_id = None if asked is None else WarehouseId(asked)
    page = page_of(request, total=inventory.count_movements(account_id=account_id, warehouse_id=warehouse_id, sku=sku))
    context = {
        "rows": inventory.list_movements(
            account_id=account_id, warehouse_id=warehouse_id, sku=sku, offset=page.offset, limit=page.size
        ),
        "page": page,
        "text": sku,
        "warehouse_id": warehouse_id,
        "warehouses": [place for place in warehouses.list_warehouses(account_id=account_id) if not place.is_virtual],
        "is_filtered": bool(sku or warehouse_id),
    }
    return answer(request, "inventory/movements", context)


def list_drifts(request: HttpRequest) -> HttpResponse:
    """List levels that are not what our ledger had expected, those first that have been seen longest."""
    account_id = scope_of(request).account_id
    counts = inventory.count_drifts_by_cause(account_id=account_id)
    cause = text_in(request, "cause")
    cause = cause if cause in counts else ""
    page = page_of(request, total=counts[DriftCause(cause)] if cause else sum(counts.values()))
    context = {
        "rows": inventory.list_drifts(account_id=account_id, cause=cause, offset=page.offset, limit=page.size),
        "page": page,
        "counts": list(counts.items()),
        "total": sum(counts.values()),
        "cause": cause,
    }
    return answer(request, "inventory/drift", context)


def show_level(request: HttpRequest, level_id: int) -> HttpResponse:
    """Show the stock of one variant at one warehouse: what is kept back, where it differs, and what moved it."""
    level = _get(level_id)
    page = page_of(request, total=inventory.count_movements(account_id=None, level_id=level_id))
    drift = inventory.find_drift_of(level_id)
    context = {
        "level": level,
        "buffer": inventory.get_buffer(level_id),
        "drift": drift,
        "preview": drift and upkeep.preview_repair(drift),
        "told": lots.list_told(level_id),
        "rows": inventory.list_movements(account_id=None, level_id=level_id, offset=page.offset, limit=page.size),
        "page": page,
        "history": history.list_latest_events(("level", level_id), limit=LATEST_CHANGES),
    }
    return answer(request, "inventory/level", context)


@require_POST
def keep_back(request: HttpRequest, level_id: int) -> HttpResponse:
    """Set how much of a level is never promised; an empty field follows the account."""
    _get(level_id)
    act(request, lambda: _keep_back(request, level_id), done="The buffer is set.")
    return HttpResponseRedirect(reverse("level", args=[level_id]))


@require_POST
def repair_drift(request: HttpRequest, drift_id: int) -> HttpResponse:
    """Do about a difference what its preview says; where a warehouse is asked, lead to the run to watch."""
    runs: list[int | None] = []
    act(
        request,
        lambda: runs.append(upkeep.repair_drift(drift_id=drift_id, actor=actor_of(request), now=timezone.now())),
        done="It is done as the preview said.",
    )
    if runs and runs[0] is not None:
        return HttpResponseRedirect(reverse("run", args=[runs[0]]))
    return back(request, "inventory-drift")


@require_POST
def accept_drift(request: HttpRequest, drift_id: int) -> HttpResponse:
    """Take a difference as right: the warehouse has what it reported."""
    act(
        request,
        lambda: upkeep.accept_drifts(drift_ids=[drift_id], actor=actor_of(request), now=timezone.now()),
        done="The difference is accepted; the level is as it was reported.",
    )
    return back(request, "inventory-drift")


def show_held(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Lead to the run that says what a held stock report would change."""
    try:
        connection = channels.get_connection(channel_id)
    except NotFound as problem:
        raise Http404(problem.message) from None
    run_id = inventory.find_held_run(account_id=connection.account_id, warehouse_id=connection.warehouse_id)
    if run_id is None:
        raise Http404("No stock report is held.")
    return HttpResponseRedirect(reverse("run", args=[run_id]))


def _keep_back(request: HttpRequest, level_id: int) -> None:
    typed = request.POST.get("quantity", "").strip()
    try:
        quantity = Decimal(typed) if typed else None
    except InvalidOperation:
        raise Invalid("Give the buffer as a number, such as 5; empty follows the account.", field="quantity") from None
    upkeep.keep_back(level_id=level_id, quantity=quantity, actor=actor_of(request), now=timezone.now())


def _get(level_id: int) -> LevelRow:
    try:
        return inventory.get_level(level_id)
    except NotFound as problem:
        raise Http404(problem.message) from None
