"""What must be true when the story is over, counted from both sides."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dockline.domain.dispatches.rules import WishState, format_quantity
from dockline.domain.history import queries as history
from dockline.domain.inventory import queries as stock
from dockline.domain.orders import queries as orders
from dockline.domain.orders.rules import OrderStatus
from dockline.domain.purchases import queries as purchases
from dockline.domain.shipments import listing
from dockline.domain.shipments import queries as shipments
from dockline.domain.shipments.rules import ShipmentStatus
from dockline.flows import invariants
from dockline.flows.inventory import recall
from dockline.interfaces.cli.demo import book
from dockline.interfaces.cli.demo.warehouse import Warehouse

MOST_LEVELS = 1000


@dataclass(frozen=True)
class Finding:
    """One check: what it says, whether it holds, and the figures."""

    sentence: str
    holds: bool
    figures: str


def audit(warehouse: Warehouse, *, channel_id: int, seeded: Mapping[str, Decimal]) -> list[Finding]:
    """Compare the hub's books with the warehouse's own ledger."""
    sent = shipments.list_sent_shipments(channel_id)
    ours = {row.reference: row for row in sent if row.status != ShipmentStatus.CANCELLED}
    live = [order for order in warehouse.list_lines("/orders") if order["status"] != "REJECTED"]
    # What is gone from the shelves leaves there with an order of the warehouse's own.
    theirs = [order for order in live if order["origin"] != "adjustment"]
    there = Counter(str(order["reference"]) for order in theirs)
    lost = sorted(ours.keys() - there.keys())
    twice = sorted(reference for reference, count in there.items() if count > 1)
    strange = sorted(there.keys() - ours.keys())
    different = [
        str(order["reference"])
        for order in theirs
        if order["reference"] in ours and _packed(order) != ours[order["reference"]].shipped
    ]
    broken = invariants.list_violations()
    return [
        Finding("No order was lost", not lost, f"{len(ours)} sent, {len(lost)} lost"),
        Finding("No order was sent twice", not twice and not strange, f"{len(there)} there, {len(twice)} duplicated"),
        Finding("What shipped there is what we booked", not different, f"{len(different)} different"),
        Finding("What shipped short was followed up", *_short(warehouse, channel_id)),
        Finding("What arrived damaged is told so", *_damaged(warehouse)),
        Finding("Too late is refused, and it ships", *_refused(warehouse)),
        Finding("Cancelled only once the warehouse let go", *_let_go(warehouse)),
        Finding("A recall names all who got the lot", *_recalled(warehouse, theirs)),
        Finding("No stock was invented", *_stock(warehouse, live, seeded)),
        Finding("Stock here is stock there, drift repaired", *_drift(warehouse)),
        Finding("The books balance", not broken, f"{len(invariants.SENTENCES)} sentences, {len(broken)} broken"),
    ]


def _packed(order: Mapping[str, Any], lots: Mapping[str, str] | None = None) -> dict[str, Decimal]:
    """What was packed of each SKU; with `lots` only of stock that lay in one of these."""
    packed: dict[str, Decimal] = defaultdict(Decimal)
    for line in order["lines"]:
        if lots is None or line["lot_id"] in lots:
            packed[line["code"]] += Decimal(line.get("packed_base_quantity") or 0)
    return {sku: quantity for sku, quantity in packed.items() if quantity}


def _short(warehouse: Warehouse, channel_id: int) -> tuple[bool, str]:
    """The crew counts what it picked short; here each is a shipment, and another one of its order brought the rest."""
    sent = shipments.list_sent_shipments(channel_id)
    references = [row.reference for row in sent if row.status == ShipmentStatus.SHORT_SHIPPED]
    booked = shipments.list_booked(channel_id, references=references)
    order_ids = {one.order_id for one in shipments.get_contexts([row.shipment_id for row in booked]).values()}
    lines = shipments.get_lines_with_progress(sorted(order_ids)).values()
    owed = sum(any(line.shipped < line.ordered for line in of_order) for of_order in lines)
    there = warehouse.get("/crew")["short_picked"]
    return len(references) == there > 0 and not owed, f"{len(references)} of {there} short ships, {owed} still owed"


def _damaged(warehouse: Warehouse) -> tuple[bool, str]:
    """By SKU and condition, what the warehouse counted is what we were told."""
    there: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for order in warehouse.list_lines("/inbound-orders"):
        for line in order["lines"] if order["reference"].startswith(f"{book.PURCHASE}-") else ():
            there[line["code"], line["status"]] += Decimal(line["base_quantity"])
    here = _arrived()
    damaged = sum((quantity for (_, condition), quantity in here.items() if condition != "OK"), Decimal(0))
    told = ", ".join(f"{format_quantity(quantity)} {condition}" for (_, condition), quantity in sorted(here.items()))
    return here == there and damaged == book.DAMAGED, f"{book.PURCHASE}: {told or 'nothing'}"


def _arrived() -> Mapping[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for order_id in purchases.list_ids_numbered(book.PURCHASE, account_id=None):
        receipts = [row.id for row in purchases.list_receipts(order_id)]
        for of_receipt in purchases.sum_arrived(receipts).values():
            for told, quantity in of_receipt.items():
                found[told] += quantity
    return found


def _refused(warehouse: Warehouse) -> tuple[bool, str]:
    status, wish, there, _ = _wanted_back(warehouse, book.CANCELLED_LATE)
    holds = (status, wish, there) == (OrderStatus.SHIPPED, WishState.REFUSED, "DISPATCHED")
    return holds, f"{book.CANCELLED_LATE}: {_words(status, wish)}, {there} there"


def _let_go(warehouse: Warehouse) -> tuple[bool, str]:
    status, wish, there, closed_first = _wanted_back(warehouse, book.CANCELLED_IN_TIME)
    holds = (status, wish, there, closed_first) == (OrderStatus.CANCELLED, WishState.ACCEPTED, "gone", False)
    return holds, f"{book.CANCELLED_IN_TIME}: {_words(status, wish)}, {there} there"


def _words(status: OrderStatus | None, wish: WishState | None) -> str:
    return f"{status.label if status else 'unknown'}, {wish.label.lower() if wish else 'not asked'}"


def _wanted_back(warehouse: Warehouse, number: str) -> tuple[OrderStatus | None, WishState | None, str, bool]:
    """How an order is here, what came of the wish, how it is there, and whether it was closed before the answer."""
    there = [row["status"] for row in warehouse.list_lines("/orders") if row["reference"].startswith(f"{number}-")]
    for order_id in orders.list_order_ids_numbered(number, account_id=None):
        order = orders.get_order(order_id)
        wishes = [row.wish for row in listing.list_shipments_of_order(order_id) if row.wish]
        answered_at = wishes[-1].answered_at if wishes else None
        closed_first = bool(order.closed_at and (answered_at is None or order.closed_at < answered_at))
        return order.status, wishes[-1].state if wishes else None, " ".join(there) or "gone", closed_first
    return None, None, " ".join(there) or "gone", False


def _recalled(warehouse: Warehouse, theirs: list[dict[str, Any]]) -> tuple[bool, str]:
    """The recall list against what the warehouse packed from the shelves of that lot."""
    found = warehouse.get(f"/lots?empty=true&code={book.RECALLED}")
    lots = {lot["id"]: lot["code"] for lot in found if lot["properties"].get("batch") == book.RECALLED_LOT}
    there = {str(order["reference"]): sum(_packed(order, lots).values()) for order in theirs if _packed(order, lots)}
    cells = recall.list_cells(account_id=None, lot=book.RECALLED_LOT, sku=book.RECALLED)
    rows = [dict(zip(recall.COLUMNS, row, strict=True)) for row in cells]
    here: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        here[row["shipment"]] += Decimal(row["quantity"])
    people = {row["customer"] for row in rows if row["customer"]}
    units = format_quantity(sum(here.values(), Decimal(0)))
    holds = bool(people) and here == there and all(row["customer"] for row in rows)
    return holds, f"{book.RECALLED_LOT}: {units} units in {len(here)} shipments to {len(people)} people"


def _stock(warehouse: Warehouse, live: list[dict[str, Any]], seeded: Mapping[str, Decimal]) -> tuple[bool, str]:
    left: dict[str, Decimal] = defaultdict(Decimal, seeded)
    for order in live:
        for sku, quantity in _packed(order).items():
            left[sku] -= quantity
    on_hand = _on_hand(warehouse)
    wrong = [sku for sku in left.keys() | on_hand.keys() if left[sku] != on_hand[sku]]
    total = sum(on_hand.values(), Decimal(0))
    return not wrong, f"{total:f} units left there = arrived - shipped, {len(wrong)} SKUs differ"


def _drift(warehouse: Warehouse) -> tuple[bool, str]:
    """No difference is open, one was closed in a person's name, and each level is what lies there."""
    levels = stock.list_levels(account_id=None, limit=MOST_LEVELS)
    on_hand = _on_hand(warehouse)
    differ = [level.sku for level in levels if level.on_hand != on_hand[level.sku]]
    mislaid = [level.id for level in levels if level.sku == book.MISLAID and level.id is not None]
    events = history.list_latest_of_several({"level": mislaid}, limit=50)
    repaired = sum(event.kind == "drift_accepted" for event in events)
    still_open = stock.count_drifts(account_id=None)
    holds = bool(levels) and not differ and not still_open and repaired == 1
    return holds, f"{repaired} repaired, {still_open} open, {len(differ)} of {len(levels)} levels differ"


def _on_hand(warehouse: Warehouse) -> defaultdict[str, Decimal]:
    on_hand: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in warehouse.get("/stock"):
        on_hand[row["code"]] += Decimal(row["on_hand"])
    return on_hand
