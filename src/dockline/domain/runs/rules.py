"""What a run may be. Pure."""

from dockline.kit.choices import Choice


class RunState(Choice):
    """How a run stands."""

    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    PROBLEMS = "problems", "Finished with problems"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"


class RunKind(Choice):
    """What a run does, in the words of the buttons."""

    IMPORT_ORDERS = "import_orders", "Import orders from a file"
    EXPORT_SHIPMENTS = "export_shipments", "Export shipments to channel"
    SETTLE_SHIPMENTS = "settle_shipments", "Settle lost answers"
    RECEIVE_SHIPMENTS = "receive_shipments", "Receive shipments from channel"
    RECEIVE_INVENTORY = "receive_inventory", "Receive inventory levels from channel"
    EXPORT_PRODUCTS = "export_products", "Export products to channel"


def final_state(*, failed: int, done: int, broke: bool) -> RunState:
    """Name the end of a run: `broke` when it could not go on."""
    if broke:
        return RunState.FAILED
    return RunState.PROBLEMS if failed else RunState.FINISHED
