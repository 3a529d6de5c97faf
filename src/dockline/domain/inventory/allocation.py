"""Which stock an order is promised, of one warehouse or of several. Pure."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from itertools import combinations

Sent = tuple[int, int]
"""An order line, and the variant that is sent for it."""

Parts = Mapping[int, Mapping[Sent, Decimal]]
Shortage = tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True)
class Wanted:
    """What of one order line is still to be allocated, in base units.

    Lines that are part of the same bundle are promised in whole sets: `per_bundle` of each make one. `alternates` are
    variants that may be sent instead, a base unit for a base unit, the preferred one first.
    """

    line_id: int
    variant_id: int
    sku: str
    quantity: Decimal
    part_of: int | None = None
    per_bundle: Decimal | None = None
    alternates: tuple[int, ...] = ()

    @property
    def key(self) -> Sent:
        """What is wanted, and for which line."""
        return (self.line_id, self.variant_id)


@dataclass(frozen=True)
class Place:
    """A warehouse an order may go from, and what may be promised there; unless `checked` it decides that itself."""

    warehouse_id: int
    available: Mapping[int, Decimal]
    checked: bool = True


@dataclass(frozen=True)
class Allocation:
    """What one order gets: by warehouse what is sent for which line; and what is short, as (sku, missing)."""

    parts: Parts
    short: Shortage


def allocate(
    wanted: Sequence[Wanted], places: Sequence[Place], *, partial: bool, cannot_go: Collection[int] = ()
) -> Allocation:
    """Promise stock to the lines of one order, in line order: as much as can go, in the fewest parcels.

    So one warehouse that has all of it comes before any two; of equal ways the one with the first warehouses. When all
    together lack something nothing is promised, or with `partial` on whatever there is. A negative level counts as
    none. Lines that `cannot_go` are short whatever is there. What makes a set of a bundle comes from one warehouse.
    Alternates are sent for what all together lack of the product itself: for the whole line, or with `partial` on for
    as much of it as is short. Of the parts of a bundle that is so where it makes more sets.
    """
    able = [want for want in wanted if want.line_id not in cannot_go]
    most, left = _fill(able, places)
    if any(want.alternates for want in left if want.part_of is None):
        able = _choose(able, left, most, places, partial=partial)
        most, left = _fill(able, places)
    for bundle in dict.fromkeys(want.part_of for want in left if want.alternates and want.part_of is not None):
        able, most, left = _complete(bundle, able, most, left, places, partial=partial)
    short = tuple((want.sku, want.quantity) for want in wanted if want.line_id in cannot_go)
    short += _name_shortage(left, most, places)
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
    parts: dict[int, Mapping[Sent, Decimal]] = {}
    left = list(wanted)
    for place in places:
        if promised := _promise(left, place):
            parts[place.warehouse_id] = promised
            less = [replace(want, quantity=want.quantity - promised.get(want.key, Decimal(0))) for want in left]
            left = [want for want in less if want.quantity > 0]
    return parts, left


def _promise(wanted: Sequence[Wanted], place: Place) -> dict[Sent, Decimal]:
    if not place.checked:
        return {want.key: want.quantity for want in wanted}
    free = dict(place.available)
    promised: dict[Sent, Decimal] = {}
    for together in _group(wanted):
        for want, taken in _take(together, free):
            if taken:
                promised[want.key] = taken
                free[want.variant_id] -= taken
    return promised


def _choose(
    wanted: Sequence[Wanted], left: Sequence[Wanted], parts: Parts, places: Sequence[Place], *, partial: bool
) -> list[Wanted]:
    """Want alternates for what is left of lines by themselves, as far as they are there; others go on as they were."""
    free = _pool(parts, places)
    short = {want.key: want.quantity for want in left if want.part_of is None}
    chosen: list[Wanted] = []
    replaced: list[Wanted] = []
    for want in wanted:
        missing = short.get(want.key, Decimal(0))
        for one in _swap(want, missing, want.alternates, free, partial=partial):
            (chosen if one.variant_id == want.variant_id else replaced).append(one)
    return chosen + replaced


def _complete(
    bundle: int,
    wanted: list[Wanted],
    parts: Parts,
    left: list[Wanted],
    places: Sequence[Place],
    *,
    partial: bool,
) -> tuple[list[Wanted], Parts, list[Wanted]]:
    """Want alternates for parts of a bundle that are short; all stays as it was unless that makes more of its sets.

    What is in the bundle already is not sent instead of another part of it, and no other line gets less than it had.
    """
    free = _pool(parts, places)
    missing = {
        want.key: want.quantity - min(want.quantity, free[want.variant_id]) for want in left if want.part_of == bundle
    }
    inside = {want.variant_id for want in wanted if want.part_of == bundle}
    swapped: list[Wanted] = []
    for want in wanted:
        others = [one for one in want.alternates if one not in inside] if missing.get(want.key) else []
        instead = _swap(want, missing.get(want.key, Decimal(0)), others, free, partial=partial)
        inside.update(one.variant_id for one in instead if one.part_of == bundle)
        swapped += instead
    most, still_left = _fill(swapped, places)
    before, after = _add_up(left), _add_up(still_left)
    own = {want.line_id for want in wanted if want.part_of == bundle}
    is_more = any(after[line] < before[line] for line in own)
    if is_more and all(after[line] <= before[line] for line in after):
        return swapped, most, still_left
    return wanted, parts, left


def _add_up(wanted: Sequence[Wanted]) -> dict[int, Decimal]:
    by_line: dict[int, Decimal] = defaultdict(Decimal)
    for want in wanted:
        by_line[want.line_id] += want.quantity
    return by_line


def _swap(
    want: Wanted, missing: Decimal, others: Sequence[int], free: dict[int, Decimal], *, partial: bool
) -> list[Wanted]:
    """What is wanted when these alternates make up for what is missing, and take that from what is free of them."""
    if not partial:
        whole = next((one for one in others if missing and free[one] >= want.quantity), None)
        if whole is None:
            return [want]
        free[whole] -= want.quantity
        return [replace(want, variant_id=whole)]
    kept, instead = want.quantity, []
    for one in others:
        if taken := min(missing, free[one]):
            free[one] -= taken
            missing -= taken
            kept -= taken
            instead.append(replace(want, variant_id=one, quantity=taken))
    return [replace(want, quantity=kept), *instead] if kept else instead


def _pool(parts: Parts, places: Sequence[Place]) -> dict[int, Decimal]:
    """What all these warehouses have beyond what is promised of it."""
    free: dict[int, Decimal] = defaultdict(Decimal)
    for place in places:
        for variant_id, quantity in place.available.items():
            free[variant_id] += max(quantity, Decimal(0))
        for (_, variant_id), quantity in parts.get(place.warehouse_id, {}).items():
            free[variant_id] -= quantity
    return free


def _name_shortage(left: Sequence[Wanted], parts: Parts, places: Sequence[Place]) -> Shortage:
    """What is missing of what is left; of sets whose parts are there, but nowhere together, all of them."""
    if not left:
        return ()
    free = _pool(parts, places)
    short: list[tuple[str, Decimal]] = []
    for together in _group(left):
        missing: dict[str, Decimal] = defaultdict(Decimal)
        whole: dict[str, Decimal] = defaultdict(Decimal)
        for want in together:
            there = min(want.quantity, free[want.variant_id])
            free[want.variant_id] -= there
            whole[want.sku] += want.quantity
            if want.quantity > there:
                missing[want.sku] += want.quantity - there
        short += (missing or whole).items()
    return tuple(short)


def _group(wanted: Sequence[Wanted]) -> list[list[Wanted]]:
    """Lines that are promised together: the parts of a bundle, or a line by itself."""
    groups: dict[Sent, list[Wanted]] = {}
    for want in wanted:
        name = want.key if want.part_of is None else (want.part_of, 0)
        groups.setdefault(name, []).append(want)
    return list(groups.values())


def _take(together: Sequence[Wanted], free: Mapping[int, Decimal]) -> list[tuple[Wanted, Decimal]]:
    """What is taken of what is free for lines that are promised together.

    Of a bundle as many sets as can be completed. Parts may lack unevenly, when a warehouse shipped parts of a set: what
    has gone of a part counts towards its sets. A part may be wanted as several products, and is taken in their order.
    """
    there = [min(want.quantity, max(free.get(want.variant_id, Decimal(0)), Decimal(0))) for want in together]
    if together[0].part_of is None:
        return list(zip(together, there, strict=True))
    sizes = {want.line_id: want.per_bundle or Decimal(1) for want in together}
    needed = _add_up(together)
    found = _add_up([replace(want, quantity=one) for want, one in zip(together, there, strict=True)])
    lacking = max(_round_up(needed[line] / size) for line, size in sizes.items())
    ahead = {line: lacking * size - needed[line] for line, size in sizes.items()}
    sets = min((found[line] + ahead[line]) // size for line, size in sizes.items())
    due = {line: max(sets * size - ahead[line], Decimal(0)) for line, size in sizes.items()}
    taken = []
    for want, most in zip(together, there, strict=True):
        taken.append((want, min(most, due[want.line_id])))
        due[want.line_id] -= taken[-1][1]
    return taken


def _round_up(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_CEILING)
