"""Finds the consignments of orders and says without doubt which order each belongs to."""

from collections import Counter
from collections.abc import Sequence

from dockline.connectors.cartoncloud import mapping, schemas
from dockline.connectors.cartoncloud.client import Client
from dockline.connectors.cartoncloud.conditions import any_text
from dockline.connectors.cartoncloud.units import BATCH, batches
from dockline.connectors.contract import notices

_ORDER_POINTER = "/generatedFromTask/id"


def of_orders(client: Client, orders: Sequence[schemas.OutboundOrder]) -> dict[str, tuple[notices.Package, ...]]:
    """Return the packages by order id, cancelled ones left out."""
    found: dict[str, tuple[notices.Package, ...]] = {}
    for batch in batches(orders, BATCH):
        found.update(_of_batch(client, batch))
    return found


def _of_batch(client: Client, orders: Sequence[schemas.OutboundOrder]) -> dict[str, tuple[notices.Package, ...]]:
    consignments = _search(client, [order.id for order in orders])
    if len(orders) == 1:
        return {orders[0].id: _packages(consignments)}

    owners = [_owner(consignment, orders) for consignment in consignments]
    if "" in owners:
        # A consignment's body is not documented to name its order; where its reference leaves doubt, ask one by one.
        return {order.id: _packages(_search(client, [order.id])) for order in orders}
    return {
        order.id: _packages([one for one, owner in zip(consignments, owners, strict=True) if owner == order.id])
        for order in orders
    }


def _search(client: Client, order_ids: list[str]) -> list[schemas.Consignment]:
    found: dict[str, schemas.Consignment] = {}
    for page in client.search_consignments(any_text(_ORDER_POINTER, order_ids)):
        found.update((consignment.id, consignment) for consignment in page.items)
    return list(found.values())


def _owner(consignment: schemas.Consignment, orders: Sequence[schemas.OutboundOrder]) -> str:
    task = consignment.generated_from_task
    if task and task.id:
        return task.id if any(order.id == task.id for order in orders) else ""
    references = Counter(mapping.reference_of(order) for order in orders)
    reference = mapping.reference_of(consignment)
    if not reference or references[reference] != 1:
        return ""
    return next(order.id for order in orders if mapping.reference_of(order) == reference)


def _packages(consignments: Sequence[schemas.Consignment]) -> tuple[notices.Package, ...]:
    return tuple(mapping.package(one) for one in consignments if one.status != "CANCELLED")
