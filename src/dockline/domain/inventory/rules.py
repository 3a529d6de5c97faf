"""Which stock a shipment may be promised. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Wanted:
    """What of one order line is still to be allocated, in base units."""

    line_id: int
    variant_id: int
    sku: str
    quantity: Decimal


@dataclass(frozen=True)
class Allocation:
    """What one order gets: quantity per line, and what is short, as (sku, missing) in line order."""

    promised: Mapping[int, Decimal]
    short: tuple[tuple[str, Decimal], ...]


def allocate(wanted: Sequence[Wanted], available: Mapping[int, Decimal], *, partial: bool, checked: bool) -> Allocation:
    """Promise stock to the lines of one order, in line order.

    With `checked` off the warehouse decides, and everything is promised. Otherwise everything is promised when all of
    it is there; when not, nothing is, or with `partial` on whatever there is. A negative level counts as none.
    """
    if not checked:
        return Allocation({want.line_id: want.quantity for want in wanted}, ())
    left = dict(available)
    promised: dict[int, Decimal] = {}
    short: list[tuple[str, Decimal]] = []
    for want in wanted:
        there = max(left.get(want.variant_id, Decimal(0)), Decimal(0))
        taken = min(want.quantity, there)
        left[want.variant_id] = there - taken
        if taken:
            promised[want.line_id] = taken
        if taken < want.quantity:
            short.append((want.sku, want.quantity - taken))
    if short and not partial:
        return Allocation({}, tuple(short))
    return Allocation(promised, tuple(short))
