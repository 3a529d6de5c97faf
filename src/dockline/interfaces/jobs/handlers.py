"""Each job name and the flow it wakes. Found by the job engine when Django starts."""

from dockline.flows import job_names
from dockline.flows.catalog import export as catalog
from dockline.flows.inventory import receive as inventory
from dockline.flows.outbound import advance, export, receive, settle
from dockline.kit.queue import port as queue

SCHEDULED = "schedule"

queue.handles(job_names.ADVANCE)(advance.advance_account)
queue.handles(job_names.EXPORT_SHIPMENTS)(export.export_due)
queue.handles(job_names.SETTLE)(settle.settle_due)
queue.handles(job_names.EXPORT_PRODUCTS)(catalog.export_products)


@queue.handles(job_names.RECEIVE_SHIPMENTS)
def receive_shipments(channel_id: int) -> None:
    """Bring back what a channel's warehouse did."""
    receive.receive_shipments(channel_id, cause=SCHEDULED)


@queue.handles(job_names.RECEIVE_INVENTORY)
def receive_inventory(channel_id: int) -> None:
    """Bring back a channel's stock."""
    inventory.receive_inventory(channel_id, cause=SCHEDULED)
