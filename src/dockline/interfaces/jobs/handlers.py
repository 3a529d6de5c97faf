"""Each job name and the flow it wakes. Found by the job engine when Django starts."""

from collections.abc import Callable
from functools import partial

from dockline.flows import backfill, breakage, job_names, lanes, progress
from dockline.flows.catalog import export as catalog
from dockline.flows.catalog import receive as catalog_receive
from dockline.flows.inbound import export as inbound_export
from dockline.flows.inbound import receive as inbound
from dockline.flows.inbound import settle as inbound_settle
from dockline.flows.inventory import receive as inventory
from dockline.flows.outbound import advance, export, receive, settle, sweep, wishes
from dockline.kit.queue import port as queue

SCHEDULED = "schedule"


def _handle(name: str, work: Callable[[int], None], *, like: str = "") -> None:
    queue.handles(name, lane_of=partial(lanes.lane_of, like or name))(breakage.attended(name, work))


def _settle(channel_id: int) -> None:
    settle.settle_due(channel_id)
    inbound_settle.settle_due(channel_id)


_WORK: dict[str, Callable[[int], None]] = {
    job_names.EXPORT_SHIPMENTS: export.export_due,
    job_names.SETTLE: _settle,
    job_names.CANCEL_SHIPMENTS: wishes.act_on_wishes,
    job_names.EXPORT_PURCHASES: inbound_export.export_due,
    job_names.EXPORT_PRODUCTS: catalog.export_products,
    job_names.IMPORT_PRODUCTS: catalog_receive.import_products,
    job_names.RECEIVE_SHIPMENTS: lambda channel_id: receive.receive_shipments(channel_id, cause=SCHEDULED),
    job_names.SWEEP: lambda channel_id: sweep.sweep_channel(channel_id, cause=SCHEDULED),
    job_names.RECEIVE_RECEIPTS: lambda channel_id: inbound.receive_receipts(channel_id, cause=SCHEDULED),
    job_names.BACKFILL_LOTS: backfill.backfill_lots,
    job_names.RECEIVE_INVENTORY: lambda channel_id: inventory.receive_inventory(channel_id, cause=SCHEDULED),
}

_handle(job_names.ADVANCE, advance.advance_account)
for _kind, _name in job_names.OF_RUN_KIND.items():
    _handle(_name, _WORK[_name])
    _handle(job_names.ASKED_OF_RUN_KIND[_kind], progress.when_asked(_kind, _WORK[_name]), like=_name)
