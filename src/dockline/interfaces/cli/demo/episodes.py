"""What goes otherwise than planned in the story: damaged goods, two cancels, stock that is gone. Each a small episode.

What is said of them at the end is in `audit`, which reads both sides and not what is played here.
"""

from contextlib import suppress
from decimal import Decimal

from django.utils import timezone

from dockline.domain.accounts.rules import AccountId
from dockline.domain.channels import queries as channels
from dockline.domain.dispatches.rules import DispatchState, WishState, format_quantity
from dockline.domain.inventory import queries as stock
from dockline.domain.inventory.rules import DriftCause
from dockline.domain.orders import queries as orders
from dockline.domain.orders.rules import OrderId, OrderStatus
from dockline.domain.purchases import queries as purchases
from dockline.domain.purchases.rules import PurchaseStatus
from dockline.domain.runs import queries as runs
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments import listing
from dockline.flows.inbound import place
from dockline.flows.inventory import upkeep
from dockline.flows.outbound import cancel, place_given
from dockline.flows.outbound.place_given import NewLine, NewOrder
from dockline.interfaces.cli.demo import book
from dockline.interfaces.cli.demo.stage import ACTOR, Stage, StoodStill, wait_for
from dockline.kit.errors import NotFound, NotNow

SECONDS_TO_ANSWER = 1.5
"""How long the warehouse thinks before it lets go of an order: long enough to see how the order reads meanwhile."""


def receive_restock(stage: Stage, sku: str, quantity: Decimal) -> str:
    """A purchase order is sent; what arrives is so many good ones, and some that were damaged on the way."""
    channel = channels.get_connection(stage.channel_id)
    line = place.NewPurchaseLine(sku, quantity + book.DAMAGED, lot=book.LATER_LOT)
    placed = place.place_purchase(
        account_id=channel.account_id,
        warehouse_id=channel.warehouse_id,
        content=place.PurchaseContent(book.PURCHASE, (line,), supplier=book.SUPPLIER),
        actor=ACTOR,
        now=timezone.now(),
    )
    wait_for(f"{book.PURCHASE} is sent", lambda: _is_confirmed(placed.order_id))
    _unload(stage, sku)
    stage.sync(RunKind.RECEIVE_RECEIPTS)
    wait_for(
        f"{book.PURCHASE} is received",
        lambda: purchases.get_purchase(placed.order_id).status == PurchaseStatus.RECEIVED,
    )
    stage.sync(RunKind.RECEIVE_INVENTORY)
    return f"{format_quantity(quantity)} + {format_quantity(book.DAMAGED)} damaged"


def _is_confirmed(purchase_id: int) -> bool:
    return purchases.get_purchase(purchase_id).dispatch == DispatchState.CONFIRMED


def _unload(stage: Stage, sku: str) -> None:
    reference = f"{book.PURCHASE}-"
    (there,) = [one for one in stage.warehouse.list_lines("/inbound-orders") if one["reference"].startswith(reference)]
    way = f"/inbound-orders/{there['id']}"
    stage.warehouse.post(f"{way}/receive", {})
    stage.warehouse.post(f"{way}/verify", {"items": [{"code": sku, "damaged": str(book.DAMAGED)}]})


def send_two(stage: Stage) -> str:
    """Two more orders come in, and nobody over there has begun with them."""
    account_id, numbers = channels.get_connection(stage.channel_id).account_id, book.WANTED_BACK
    for number in numbers:
        lines = (NewLine(book.PLENTY, Decimal(2)),)
        order = NewOrder(number, timezone.now(), book.ADDRESS, lines, customer_name=book.PEOPLE[0])
        place_given.place_order(order, account_id=AccountId(account_id), source=ACTOR, actor=ACTOR, now=timezone.now())
    wait_for(f"{' and '.join(numbers)} are sent", lambda: all(map(_is_there, map(_find, numbers))))
    return f"{len(numbers)} orders"


def cancel_too_late(stage: Stage) -> str:
    """The parcel is packed when somebody wants it back: the warehouse refuses, and the order ships."""
    order_id = _find(book.CANCELLED_LATE)
    (shipment,) = listing.list_shipments_of_order(order_id)
    (there,) = [one for one in stage.warehouse.list_lines("/orders") if one["reference"] == shipment.reference]
    stage.warehouse.set(auto_dispatch=False)
    stage.warehouse.post(f"/orders/{there['id']}/pick", {})
    stage.warehouse.post(f"/orders/{there['id']}/pack", {})
    cancel.ask_to_cancel(order_id=order_id, actor=ACTOR, now=timezone.now())
    wait_for(f"{book.CANCELLED_LATE} is refused", lambda: _wish(order_id) is WishState.REFUSED)
    _must_not_read_cancelled(order_id)
    stage.warehouse.post(f"/orders/{there['id']}/dispatch", {})
    stage.warehouse.set(auto_dispatch=True)
    wait_for(f"{book.CANCELLED_LATE} ships", lambda: _status(order_id) is OrderStatus.SHIPPED)
    return "refused, shipped"


def cancel_in_time(stage: Stage) -> str:
    """Nobody has picked it yet: the warehouse lets go of it, and only then it reads cancelled."""
    order_id = _find(book.CANCELLED_IN_TIME)
    stage.warehouse.set(overridable_statuses=["REJECTED", "AWAITING_PICK_AND_PACK"])
    slow = {"operation": "delete_order", "do": "delay", "delay_seconds": SECONDS_TO_ANSWER}
    stage.warehouse.post("/faults", {"script": [slow]})
    cancel.ask_to_cancel(order_id=order_id, actor=ACTOR, now=timezone.now())
    _must_not_read_cancelled(order_id)
    wait_for(f"{book.CANCELLED_IN_TIME} is cancelled", lambda: _status(order_id) is OrderStatus.CANCELLED)
    stage.warehouse.set(overridable_statuses=["REJECTED"])
    return "accepted, let go"


def _find(number: str) -> OrderId:
    (order_id,) = orders.list_order_ids_numbered(number, account_id=None)
    return order_id


def _is_there(order_id: OrderId) -> bool:
    return any(row.dispatch == DispatchState.CONFIRMED for row in listing.list_shipments_of_order(order_id))


def _status(order_id: OrderId) -> OrderStatus:
    return orders.get_order(order_id).status


def _wish(order_id: OrderId) -> WishState | None:
    wishes = [row.wish for row in listing.list_shipments_of_order(order_id) if row.wish]
    return wishes[-1].state if wishes else None


def _must_not_read_cancelled(order_id: OrderId) -> None:
    order = orders.get_order(order_id)
    if order.status is OrderStatus.CANCELLED:
        raise StoodStill(f"{order.number} reads cancelled, and the warehouse has not let go of it.")


def lose_some(stage: Stage, report_before: int) -> str:
    """Some stock is gone there and nobody says so: the next report shows it, and its one repair closes it."""
    _read_out(report_before)
    gone = {"customer": stage.customer_id, "code": book.MISLAID, "quantity": str(-book.GONE)}
    stage.warehouse.post("/stock/adjust", gone)
    _read_out(stage.sync(RunKind.RECEIVE_INVENTORY))
    found = [(row.size, row.cause) for row in stock.list_drifts(account_id=None) if row.sku == book.MISLAID]
    if found != [(-book.GONE, DriftCause.ADJUSTED_THERE)]:
        raise StoodStill(f"{format_quantity(book.GONE)} {book.MISLAID} are gone there; what was found is {found}.")
    wait_for("Every difference is repaired", _repair_all)
    return f"{format_quantity(-book.GONE)} {book.MISLAID}"


def _read_out(run_id: int) -> None:
    wait_for("The stock report is read", lambda: runs.get_run(run_id).finished_at)


def _repair_all() -> bool:
    """Do what the preview of each open difference says; what the warehouse is asked for first takes a moment."""
    for drift in stock.list_drifts(account_id=None):
        # A report that comes in meanwhile may have explained it.
        with suppress(NotFound, NotNow):
            upkeep.repair_drift(drift_id=drift.id, actor=ACTOR, now=timezone.now())
    return not stock.count_drifts(account_id=None)
