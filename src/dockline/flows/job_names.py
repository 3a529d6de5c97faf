"""The names of all jobs. A job's subject is an account or a channel, never an order."""

from dockline.connectors.contract.capabilities import Capability
from dockline.domain.runs.rules import RunKind

ADVANCE = "outbound.advance"
"""Take the next step of an account's orders that are due."""

EXPORT_SHIPMENTS = "outbound.export"
SETTLE = "outbound.settle"
CANCEL_SHIPMENTS = "outbound.cancel"
RECEIVE_SHIPMENTS = "outbound.receive"
SWEEP = "outbound.sweep"
RECEIVE_INVENTORY = "inventory.receive"
EXPORT_PURCHASES = "inbound.export"
RECEIVE_RECEIPTS = "inbound.receive"
EXPORT_PRODUCTS = "catalog.export"
IMPORT_PRODUCTS = "catalog.receive"
BACKFILL_LOTS = "lots.backfill"

OF_RUN_KIND = {
    RunKind.EXPORT_SHIPMENTS: EXPORT_SHIPMENTS,
    RunKind.EXPORT_PURCHASES: EXPORT_PURCHASES,
    RunKind.SETTLE_SHIPMENTS: SETTLE,
    RunKind.CANCEL_SHIPMENTS: CANCEL_SHIPMENTS,
    RunKind.RECEIVE_SHIPMENTS: RECEIVE_SHIPMENTS,
    RunKind.SWEEP: SWEEP,
    RunKind.RECEIVE_INVENTORY: RECEIVE_INVENTORY,
    RunKind.EXPORT_PRODUCTS: EXPORT_PRODUCTS,
    RunKind.IMPORT_PRODUCTS: IMPORT_PRODUCTS,
    RunKind.RECEIVE_RECEIPTS: RECEIVE_RECEIPTS,
    RunKind.BACKFILL_LOTS: BACKFILL_LOTS,
}

ASKED_OF_RUN_KIND = {kind: f"{name}.asked" for kind, name in OF_RUN_KIND.items()}
"""The same work for a run that a person asked for: without one that waits, nothing is done."""

NEEDS_OF_RUN_KIND = {
    RunKind.IMPORT_PRODUCTS: Capability.IMPORT_PRODUCTS,
    RunKind.EXPORT_PRODUCTS: Capability.EXPORT_PRODUCTS,
    RunKind.RECEIVE_INVENTORY: Capability.RECEIVE_INVENTORY,
    RunKind.RECEIVE_SHIPMENTS: Capability.RECEIVE_SHIPMENTS,
    RunKind.RECEIVE_RECEIPTS: Capability.RECEIVE_RECEIPTS,
    RunKind.EXPORT_SHIPMENTS: Capability.EXPORT_SHIPMENTS,
    RunKind.EXPORT_PURCHASES: Capability.EXPORT_PURCHASES,
    RunKind.SWEEP: Capability.LIST_SHIPMENTS,
}
"""What a connector must be able to do for a sync, in the order of the menu."""

ALL = frozenset({ADVANCE, *OF_RUN_KIND.values(), *ASKED_OF_RUN_KIND.values()})
