"""What must be true when the story is over, counted from both sides."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from dockline.domain.shipments import queries as shipments
from dockline.flows import invariants
from dockline.interfaces.cli.demo.warehouse import Warehouse


@dataclass(frozen=True)
class Finding:
    """One check: what it says, whether it holds, and the figures."""

    sentence: str
    holds: bool
    figures: str


def audit(warehouse: Warehouse, *, channel_id: int, seeded: Mapping[str, Decimal]) -> list[Finding]:
    """Compare the hub's books with the warehouse's own ledger."""
    ours = {row.reference: row for row in shipments.list_sent_shipments(channel_id)}
    live = [order for order in warehouse.list_lines("/orders") if order["status"] != "REJECTED"]
    there = Counter(str(order["reference"]) for order in live)
    lost = sorted(ours.keys() - there.keys())
    twice = sorted(reference for reference, count in there.items() if count > 1)
    strange = sorted(there.keys() - ours.keys())
    different = [
        str(order["reference"])
        for order in live
        if order["reference"] in ours and _packed(order) != ours[order["reference"]].shipped
    ]
    broken = invariants.list_violations()
    return [
        Finding("No order was lost", not lost, f"{len(ours)} sent, {len(lost)} lost"),
        Finding("No order was sent twice", not twice and not strange, f"{len(there)} there, {len(twice)} duplicated"),
        Finding("What shipped there is what we booked", not different, f"{len(different)} different"),
        Finding("No stock was invented", *_stock(warehouse, live, seeded)),
        Finding("The books balance", not broken, f"{len(invariants.SENTENCES)} sentences, {len(broken)} broken"),
    ]


def _packed(order: Mapping[str, object]) -> dict[str, Decimal]:
    packed: dict[str, Decimal] = defaultdict(Decimal)
    lines = order["lines"]
    assert isinstance(lines, list), "the simulator lists an order's lines"
    for line in lines:
        packed[line["code"]] += Decimal(line.get("packed_base_quantity") or 0)
    return {sku: quantity for sku, quantity in packed.items() if quantity}


def _stock(warehouse: Warehouse, live: list[dict[str, object]], seeded: Mapping[str, Decimal]) -> tuple[bool, str]:
    left: dict[str, Decimal] = defaultdict(Decimal, seeded)
    for order in live:
        for sku, quantity in _packed(order).items():
            left[sku] -= quantity
    on_hand: dict[str, Decimal] = defaultdict(Decimal)
    for row in warehouse.get("/stock"):
        on_hand[row["code"]] += Decimal(row["on_hand"])
    wrong = [sku for sku in left.keys() | on_hand.keys() if left[sku] != on_hand[sku]]
    total = sum(on_hand.values(), Decimal(0))
    return not wrong, f"{total:f} units left there = seeded - shipped, {len(wrong)} SKUs differ"
