"""The names of all jobs. A job's subject is an account or a channel, never an order."""

from dockline.domain.runs.rules import RunKind

ADVANCE = "outbound.advance"
"""Take the next step of an account's orders that are due."""

EXPORT_SHIPMENTS = "outbound.export"
SETTLE = "outbound.settle"
RECEIVE_SHIPMENTS = "outbound.receive"
RECEIVE_INVENTORY = "inventory.receive"
EXPORT_PRODUCTS = "catalog.export"

OF_RUN_KIND = {
    RunKind.EXPORT_SHIPMENTS: EXPORT_SHIPMENTS,
    RunKind.SETTLE_SHIPMENTS: SETTLE,
    RunKind.RECEIVE_SHIPMENTS: RECEIVE_SHIPMENTS,
    RunKind.RECEIVE_INVENTORY: RECEIVE_INVENTORY,
    RunKind.EXPORT_PRODUCTS: EXPORT_PRODUCTS,
}
ALL = frozenset({ADVANCE, *OF_RUN_KIND.values()})
