"""Which stock an order is promised, of one warehouse or of several. Pure."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from itertools import combinations

Parts = Mapping[int, Mapping[int, Decimal]]
Shortage = tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True)
class Wanted:
    """What of one order line is still to be allocated, in base units.

    Lines that are part of the same bundle are promised in whole sets: `per_bundle` of each make one.
    """

    line_id: int
    variant_id: int
    sku: str
    quantity: Decimal
    part_of: int | None = None
    per_bundle: Decimal | None = None


@dataclass(frozen=True)
class Place:
    """A warehouse an order may go from, and what may be promised there; unless `checked` it decides that itself."""

    warehouse_id: int
    available: Mapping[int, Decimal]
    checked: bool = True


@dataclass(frozen=True)
class Allocation:
    """What one order gets: by warehouse the quantity per line; and what is short, as (sku, missing) in line order."""

    parts: Parts
    short: Shortage


def allocate(
    wanted: Sequence[Wanted], places: Sequence[Place], *, partial: bool, cannot_go: Collection[int] = ()
) -> Allocation:
    """Promise stock to the lines of one order, in line order: as much as can go, in the fewest parcels.

    So one warehouse that has all of it comes before any two; of equal ways the one with the first warehouses. When all
    together lack something nothing is promised, or with `partial` on whatever there is. A negative level counts as
    none. Lines that `cannot_go` are short whatever is there. What makes a set of a bundle comes from one warehouse.
    """
    able = [want for want in wanted if want.line_id not in cannot_go]
    most, left = _fill(able, places)
    short = tuple((want.sku, want.quantity) for want in wanted if want.line_id in cannot_go)
    short += _name_shortage(able, left, most, places)
    if short and not partial:
        return Allocation({}, short)
    for count in range(1, len(most)):
        for few in combinations(places, count):
            parts, still_left = _fill(able, few)
            if still_left == left:
                return Allocation(parts, short)
    return Allocation(most, short)


def _fill(wanted: Sequence[Wanted], places: Sequence[Place]) -> tuple[Parts, list[Wanted]]:
    """Take from each warehouse in turn what it has of what is wanted still; and what is left to be wanted then."""
    parts: dict[int, Mapping[int, Decimal]] = {}
    left = list(wanted)
    for place in places:
        if promised := _promise(left, place):
            parts[place.warehouse_id] = promised
            less = [replace(want, quantity=want.quantity - promised.get(want.line_id, Decimal(0))) for want in left]
            left = [want for want in less if want.quantity > 0]
    return parts, left


def _promise(wanted: Sequence[Wanted], place: Place) -> dict[int, Decimal]:
    if not place.checked:
        return {want.line_id: want.quantity for want in wanted}
    free = dict(place.available)
    promised: dict[int, Decimal] = {}
    for together in _group(wanted):
        for want, taken in _take(together, free):
            if taken:
                promised[want.line_id] = taken
                free[want.variant_id] -= taken
    return promised


def _name_shortage(wanted: Sequence[Wanted], left: Sequence[Wanted], parts: Parts, places: Sequence[Place]) -> Shortage:
    """What is missing of what is left; of sets whose parts are there, but nowhere together, all of them."""
    if not left:
        return ()
    free: dict[int, Decimal] = defaultdict(Decimal)
    for place in places:
        promised = parts.get(place.warehouse_id, {})
        for variant_id, quantity in place.available.items():
            free[variant_id] += max(quantity, Decimal(0))
        for want in wanted:
            free[want.variant_id] -= promised.get(want.line_id, Decimal(0))
    short: list[tuple[str, Decimal]] = []
    for together in _group(left):
        missing = []
        for want in together:
            there = min(want.quantity, free[want.variant_id])
            free[want.variant_id] -= there
            if want.quantity > there:
                missing.append((want.sku, want.quantity - there))
        short += missing or [(want.sku, want.quantity) for want in together]
    return tuple(short)


def _group(wanted: Sequence[Wanted]) -> list[list[Wanted]]:
    """Lines that are promised together: the parts of a bundle, or a line by itself."""
    groups: dict[tuple[bool, int], list[Wanted]] = {}
    for want in wanted:
        name = (True, want.part_of) if want.part_of is not None else (False, want.line_id)
        groups.setdefault(name, []).append(want)
    return list(groups.values())


def _take(together: Sequence[Wanted], free: Mapping[int, Decimal]) -> list[tuple[Wanted, Decimal]]:
    """What is taken of what is free for lines that are promised together.

    Of a bundle as many sets as can be completed. Parts may lack unevenly, when a warehouse shipped parts of a set: what
    has gone of a part counts towards its sets.
    """
    there = {want.variant_id: max(free.get(want.variant_id, Decimal(0)), Decimal(0)) for want in together}
    if together[0].part_of is None:
        return [(want, min(want.quantity, there[want.variant_id])) for want in together]
    sizes = [want.per_bundle or Decimal(1) for want in together]
    lacking = max(_round_up(want.quantity / size) for want, size in zip(together, sizes, strict=True))
    ahead = [lacking * size - want.quantity for want, size in zip(together, sizes, strict=True)]
    sets = min((there[want.variant_id] + more) // size for want, size, more in zip(together, sizes, ahead, strict=True))
    sets = min(sets, lacking)
    return [
        (want, max(sets * size - more, Decimal(0))) for want, size, more in zip(together, sizes, ahead, strict=True)
    ]


def _round_up(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_CEILING)
