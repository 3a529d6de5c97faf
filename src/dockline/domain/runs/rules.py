"""What a run may be. Pure."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from dockline.kit.choices import Choice


class RunState(Choice):
    """How a run stands."""

    WAITING = "waiting", "Waiting to start"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    PROBLEMS = "problems", "Finished with problems"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"


class RunKind(Choice):
    """What a run does, in the words of the buttons."""

    IMPORT_ORDERS = "import_orders", "Import Orders From a File"
    IMPORT_PRODUCTS = "import_products", "Import Products From Channel"
    EXPORT_PRODUCTS = "export_products", "Export Products To Channel"
    RECEIVE_INVENTORY = "receive_inventory", "Receive Inventory Levels From Channel"
    RECEIVE_SHIPMENTS = "receive_shipments", "Receive Shipments From Channel"
    SWEEP = "sweep", "Compare With Channel"
    RECEIVE_RECEIPTS = "receive_receipts", "Receive Receipts From Channel"
    EXPORT_SHIPMENTS = "export_shipments", "Send What Waits To Channel"
    EXPORT_PURCHASES = "export_purchases", "Send Purchase Orders To Channel"
    SETTLE_SHIPMENTS = "settle_shipments", "Settle Lost Answers"
    CANCEL_SHIPMENTS = "cancel_shipments", "Ask to Cancel Shipments"
    BACKFILL_LOTS = "backfill_lots", "Read Lots Again From Channel"


class RunMode(Choice):
    """Whether a run does its work or only says what it would do."""

    APPLY = "apply", "Do it"
    PLAN = "plan", "Plan first"


class PlannedAction(Choice):
    """What a plan would do to one thing."""

    CREATE = "create", "Create"
    CHANGE = "change", "Change"
    REMOVE = "remove", "Remove"
    SEND = "send", "Send"
    SKIP = "skip", "Leave"


@dataclass(frozen=True)
class PlannedChange:
    """One row of a plan: what would happen to what, from what to what. Two plans agree when all their rows do."""

    action: str
    subject: str
    before: str = ""
    after: str = ""


def digest_plan(rows: Iterable[PlannedChange]) -> str:
    """Sum up a plan so that a later one can be compared with it, whatever the order of the rows."""
    said = sorted(json.dumps([row.action, row.subject, row.before, row.after]) for row in rows)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def final_state(*, failed: int, done: int, broke: bool) -> RunState:
    """Name the end of a run: `broke` when it could not go on."""
    if broke:
        return RunState.FAILED
    return RunState.PROBLEMS if failed else RunState.FINISHED
