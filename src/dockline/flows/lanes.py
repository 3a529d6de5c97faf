"""In which lane a job waits. Each has workers of its own: what takes long in one never keeps another waiting."""

from dockline.domain.channels import queries as channels
from dockline.flows import job_names
from dockline.kit.queue.port import USUAL_LANE

ORDERS = USUAL_LANE
"""What brings orders to the warehouse and their shipments back."""

REST = "rest"
"""Stock, products, receipts and sweeps: as much to read as there is, and nobody's parcel waits for it."""

TROUBLED = "troubled"
"""All work of channels that did not answer last time, and may well take its whole deadline again."""

_REST = {
    job_names.RECEIVE_INVENTORY,
    job_names.IMPORT_PRODUCTS,
    job_names.RECEIVE_RECEIPTS,
    job_names.SWEEP,
}


def lane_of(job: str, subject_id: int) -> str:
    """Choose the lane of an account's or a channel's job."""
    if job == job_names.ADVANCE:
        return ORDERS
    if channels.is_troubled(subject_id):
        return TROUBLED
    return REST if job in _REST else ORDERS
