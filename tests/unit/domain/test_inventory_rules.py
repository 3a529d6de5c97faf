"""Stock is promised once, and never more than there is."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockline.domain.inventory.allocation import Allocation, Place, Wanted, allocate

VARIANTS = [1, 2, 3]
wanted_lines = st.lists(
    st.tuples(st.sampled_from(VARIANTS), st.decimals("0.000001", 50, places=6)), min_size=1, max_size=8
).map(lambda rows: [Wanted(n, variant, f"S{variant}", quantity) for n, (variant, quantity) in enumerate(rows)])
levels = st.dictionaries(st.sampled_from(VARIANTS), st.decimals(-50, 100, places=6), max_size=3)


def at_one(wanted: list[Wanted], available: dict[int, Decimal], *, partial: bool, checked: bool = True) -> Allocation:
    return allocate(wanted, [Place(1, available, checked=checked)], partial=partial)


def want(*rows: tuple[int, int]) -> list[Wanted]:
    return [Wanted(n, variant, f"S{variant}", Decimal(quantity)) for n, (variant, quantity) in enumerate(rows)]


@given(wanted_lines, levels, st.booleans())
def test_never_more_than_there_is_and_every_shortage_named(
    wanted: list[Wanted], available: dict[int, Decimal], partial: bool
) -> None:
    before = dict(available)
    plan = at_one(wanted, available, partial=partial)
    assert available == before, "the caller's figures are the caller's"
    by_line = {line.line_id: line for line in wanted}
    promised: dict[int, Decimal] = defaultdict(Decimal)
    for (line_id, _), quantity in plan.parts.get(1, {}).items():
        assert 0 < quantity <= by_line[line_id].quantity
        promised[by_line[line_id].variant_id] += quantity
    for variant, quantity in promised.items():
        assert quantity <= available[variant]
    missing: dict[str, Decimal] = defaultdict(Decimal)
    for line in wanted:
        missing[line.sku] += line.quantity
    for variant in VARIANTS:
        missing[f"S{variant}"] -= min(missing[f"S{variant}"], max(available.get(variant, Decimal(0)), Decimal(0)))
    short: dict[str, Decimal] = defaultdict(Decimal)
    for sku, quantity in plan.short:
        assert quantity > 0
        short[sku] += quantity
    assert short == {sku: quantity for sku, quantity in missing.items() if quantity}
    if not partial:
        assert bool(plan.parts) != bool(plan.short)
    else:
        assert sum(promised.values()) + sum(short.values()) == sum(line.quantity for line in wanted)


def test_all_or_nothing() -> None:
    plan = at_one(want((1, 2), (2, 3)), {1: Decimal(9), 2: Decimal(1)}, partial=False)
    assert (plan.parts, plan.short) == ({}, (("S2", Decimal(2)),))


def test_partial_takes_what_there_is_in_line_order() -> None:
    plan = at_one(want((1, 2), (1, 3), (2, 1)), {1: Decimal(3)}, partial=True)
    assert plan.parts == {1: {(0, 1): 2, (1, 1): 1}}
    assert plan.short == (("S1", Decimal(2)), ("S2", Decimal(1)))


@pytest.mark.fault("D02")
def test_a_negative_level_is_none() -> None:
    plan = at_one(want((1, 2)), {1: Decimal(-5)}, partial=True)
    assert (plan.parts, plan.short) == ({}, (("S1", Decimal(2)),))


def test_where_the_warehouse_decides_everything_is_promised() -> None:
    plan = at_one(want((1, 2), (2, 3)), {1: Decimal(-5)}, partial=False, checked=False)
    assert (plan.parts, plan.short) == ({1: {(0, 1): 2, (1, 2): 3}}, ())


def part(line: int, variant: int, quantity: int, per_bundle: int) -> Wanted:
    return Wanted(line, variant, f"S{variant}", Decimal(quantity), part_of=9, per_bundle=Decimal(per_bundle))


def take(wanted: list[Wanted], **there: int) -> dict[int, int]:
    available = {int(name[1:]): Decimal(quantity) for name, quantity in there.items()}
    found = at_one(wanted, available, partial=True)
    return {line: int(quantity) for (line, _), quantity in found.parts.get(1, {}).items()}


def test_a_bundle_is_promised_in_whole_sets() -> None:
    hampers = [part(1, 1, 6, 2), part(2, 2, 3, 1)]
    assert take(hampers, v1=100, v2=100) == {1: 6, 2: 3}
    assert take(hampers, v1=5, v2=100) == {1: 4, 2: 2}
    assert take(hampers, v1=100) == {}
    assert at_one(hampers, {1: Decimal(5), 2: Decimal(9)}, partial=True).short == (("S1", Decimal(1)),)
    assert take([part(1, 1, 4, 2)], v1=3) == {1: 2}


def test_what_has_gone_of_a_part_counts_towards_its_sets() -> None:
    """Of three sets all of one part have gone, and one of the other."""
    assert take([part(1, 1, 2, 2), part(2, 2, 3, 1)], v1=2, v2=2) == {2: 2}
    assert take([part(1, 1, 2, 2), part(2, 2, 3, 1)], v1=2, v2=9) == {1: 2, 2: 3}


def test_a_line_beside_a_bundle_competes_for_the_same_stock() -> None:
    single = Wanted(3, 1, "S1", Decimal(4))
    assert take([part(1, 1, 2, 2), part(2, 2, 1, 1), single], v1=5, v2=1) == {1: 2, 2: 1, 3: 3}


def over(wanted: list[Wanted], *places: dict[int, int], partial: bool = False) -> dict[int, dict[int, int]]:
    """What each of these warehouses, numbered from 1, is to send."""
    found = allocate(
        wanted,
        [Place(n, {one: Decimal(count) for one, count in there.items()}) for n, there in enumerate(places, 1)],
        partial=partial,
    )
    return {place: {line: int(quantity) for (line, _), quantity in part.items()} for place, part in found.parts.items()}


def test_one_warehouse_that_has_all_comes_before_any_two_and_the_first_before_the_next() -> None:
    order = want((1, 2), (2, 3))
    assert over(order, {1: 2, 2: 3}, {1: 9, 2: 9}) == {1: {0: 2, 1: 3}}
    assert over(order, {1: 2, 2: 1}, {1: 9, 2: 9}, {1: 9, 2: 9}) == {2: {0: 2, 1: 3}}


def test_what_none_has_whole_goes_in_the_fewest_parcels() -> None:
    order = want((1, 4), (2, 4))
    assert over(order, {1: 1}, {1: 3, 2: 1}, {2: 4, 1: 1}) == {2: {0: 3, 1: 1}, 3: {0: 1, 1: 3}}
    assert over(order, {1: 4}, {2: 4}, {2: 4}) == {1: {0: 4}, 2: {1: 4}}
    assert over(order, {1: 2, 2: 2}, {1: 1, 2: 1}, {1: 1, 2: 1}) == {1: {0: 2, 1: 2}, 2: {0: 1, 1: 1}, 3: {0: 1, 1: 1}}


def test_what_all_together_lack_waits_or_goes_as_far_as_it_is_there() -> None:
    order = want((1, 4), (2, 4))
    places = ({1: 3}, {1: 2, 2: 1}, {})
    assert over(order, *places) == {}
    assert over(order, *places, partial=True) == {1: {0: 3}, 2: {0: 1, 1: 1}}
    stocks = [Place(1, {1: Decimal(3)}), Place(2, {1: Decimal(2), 2: Decimal(1)})]
    assert allocate(order, stocks, partial=False).short == (("S2", Decimal(3)),)


def test_a_set_is_never_torn_between_warehouses() -> None:
    hampers = [part(1, 1, 4, 2), part(2, 2, 2, 1)]
    assert over(hampers, {1: 2, 2: 9}, {1: 2, 2: 1}) == {1: {1: 2, 2: 1}, 2: {1: 2, 2: 1}}
    torn = [Place(1, {1: Decimal(4)}), Place(2, {2: Decimal(2)})]
    assert allocate(hampers, torn, partial=True) == Allocation({}, (("S1", Decimal(4)), ("S2", Decimal(2))))


@given(wanted_lines, st.lists(levels, min_size=2, max_size=4), st.booleans())
def test_over_several_as_much_goes_as_all_of_them_have(
    wanted: list[Wanted], stocks: list[dict[int, Decimal]], partial: bool
) -> None:
    plan = allocate(wanted, [Place(n, there) for n, there in enumerate(stocks)], partial=partial)
    pooled: dict[int, Decimal] = defaultdict(Decimal)
    for there in stocks:
        for variant, quantity in there.items():
            pooled[variant] += max(quantity, Decimal(0))
    together = at_one(wanted, pooled, partial=partial)
    assert sorted(plan.short) == sorted(together.short)
    sent: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for place, promised in plan.parts.items():
        taken: dict[int, Decimal] = defaultdict(Decimal)
        for key, quantity in promised.items():
            sent[key] += quantity
            taken[key[1]] += quantity
        assert all(quantity <= stocks[place][variant] for variant, quantity in taken.items())
    assert dict(sent) == together.parts.get(1, {})


MUG, OTHER, THIRD, TIN = 1, 2, 3, 4


def mugs(quantity: int, line: int = 0) -> Wanted:
    return Wanted(line, MUG, "MUG", Decimal(quantity), alternates=(OTHER, THIRD))


def sent(wanted: list[Wanted], *places: dict[int, int], partial: bool) -> dict[int, dict[tuple[int, int], int]]:
    stocks = [Place(n, {one: Decimal(count) for one, count in there.items()}) for n, there in enumerate(places, 1)]
    found = allocate(wanted, stocks, partial=partial)
    return {place: {key: int(quantity) for key, quantity in part.items()} for place, part in found.parts.items()}


@pytest.mark.parametrize("partial", [False, True])
def test_an_alternate_is_sent_only_when_the_product_is_short_of_all_warehouses(partial: bool) -> None:
    assert sent([mugs(4)], {MUG: 4, OTHER: 9}, partial=partial) == {1: {(0, MUG): 4}}
    assert sent([mugs(4)], {MUG: 1, OTHER: 9}, {MUG: 3}, partial=partial) == {1: {(0, MUG): 1}, 2: {(0, MUG): 3}}
    assert sent([mugs(4)], {OTHER: 4}, partial=partial) == {1: {(0, OTHER): 4}}
    assert sent([mugs(4)], {THIRD: 9, OTHER: 9}, partial=partial) == {1: {(0, OTHER): 4}}, "the preferred one first"


def test_a_line_goes_whole_as_one_product_or_with_partial_as_several() -> None:
    assert sent([mugs(4)], {MUG: 3, OTHER: 3, THIRD: 4}, partial=False) == {1: {(0, THIRD): 4}}
    assert sent([mugs(4)], {MUG: 3, OTHER: 3}, partial=False) == {}
    assert sent([mugs(9)], {MUG: 3, OTHER: 3, THIRD: 2}, partial=True) == {
        1: {(0, MUG): 3, (0, OTHER): 3, (0, THIRD): 2}
    }
    assert allocate([mugs(9)], [Place(1, {MUG: Decimal(3), OTHER: Decimal(3)})], partial=True).short == (("MUG", 3),)


def test_what_others_ordered_as_such_is_not_sent_instead() -> None:
    ordered = Wanted(1, OTHER, "OTHER", Decimal(3))
    assert sent([mugs(4), ordered], {MUG: 3, OTHER: 3}, partial=True) == {1: {(0, MUG): 3, (1, OTHER): 3}}
    assert sent([mugs(2), mugs(2, 7)], {MUG: 3, OTHER: 2}, partial=False) == {1: {(0, MUG): 2, (7, OTHER): 2}}


@given(wanted_lines, st.lists(levels, min_size=1, max_size=3), st.booleans())
def test_with_alternates_no_more_is_sent_than_there_is_nor_than_was_wanted(
    wanted: list[Wanted], stocks: list[dict[int, Decimal]], partial: bool
) -> None:
    able = [replace(line, alternates=tuple(one for one in VARIANTS if one != line.variant_id)) for line in wanted]
    places = [Place(n, there) for n, there in enumerate(stocks)]
    plan = allocate(able, places, partial=partial)
    of_line: dict[int, Decimal] = defaultdict(Decimal)
    for place, promised in plan.parts.items():
        taken: dict[int, Decimal] = defaultdict(Decimal)
        for (line_id, variant_id), quantity in promised.items():
            assert quantity > 0
            of_line[line_id] += quantity
            taken[variant_id] += quantity
        assert all(quantity <= stocks[place][variant] for variant, quantity in taken.items())
    assert all(of_line[line.line_id] <= line.quantity for line in wanted)
    if not partial:
        assert bool(plan.parts) != bool(plan.short)
        assert not plan.parts or dict(of_line) == {line.line_id: line.quantity for line in wanted}
    else:
        assert sum(of_line.values()) + sum(quantity for _, quantity in plan.short) == sum(
            line.quantity for line in wanted
        )


def hampers(count: int) -> list[Wanted]:
    """Sets of two mugs, or of what may be sent instead of them, and a tin."""
    mug = Wanted(1, MUG, "MUG", Decimal(2 * count), part_of=9, per_bundle=Decimal(2), alternates=(OTHER, THIRD))
    return [mug, Wanted(2, TIN, "TIN", Decimal(count), part_of=9, per_bundle=Decimal(1))]


def test_a_part_that_is_short_is_sent_as_its_alternate_as_far_as_that_makes_sets() -> None:
    assert sent(hampers(2), {MUG: 4, OTHER: 9, TIN: 2}, partial=True) == {1: {(1, MUG): 4, (2, TIN): 2}}
    some = {1: {(1, MUG): 3, (1, OTHER): 2, (1, THIRD): 1, (2, TIN): 3}}
    assert sent(hampers(3), {MUG: 3, OTHER: 2, THIRD: 9, TIN: 9}, partial=True) == some
    assert sent(hampers(3), {MUG: 3, OTHER: 2, THIRD: 9, TIN: 9}, partial=False) == {1: {(1, THIRD): 6, (2, TIN): 3}}
    assert sent(hampers(3), {MUG: 3, OTHER: 2, TIN: 9}, partial=False) == {}
    few = allocate(hampers(3), [Place(1, {MUG: Decimal(1), OTHER: Decimal(9), TIN: Decimal(2)})], partial=True)
    assert few.parts == {1: {(1, MUG): 1, (1, OTHER): 3, (2, TIN): 2}} and few.short == (("TIN", 1),)
    assert sent(hampers(1), {MUG: 1, TIN: 1}, {OTHER: 9, TIN: 1}, partial=True) == {}, "no set is torn"


def test_a_bundle_that_cannot_be_made_takes_no_alternates_from_others() -> None:
    assert sent([*hampers(2), mugs(2, 7)], {OTHER: 2}, partial=True) == {1: {(7, OTHER): 2}}
    other = [replace(want, line_id=want.line_id + 2, part_of=8) for want in hampers(2)]
    able = [replace(other[0], variant_id=THIRD, sku="THIRD"), other[1]]
    assert sent([*hampers(2), *able], {THIRD: 4, TIN: 2}, partial=True) == {1: {(3, THIRD): 4, (4, TIN): 2}}
    inside = [hampers(1)[0], Wanted(2, OTHER, "OTHER", Decimal(1), part_of=9, per_bundle=Decimal(1))]
    assert sent(inside, {OTHER: 3}, partial=True) == {}, "what is in the set already is no other part of it"


@given(
    st.integers(1, 4),
    st.lists(
        st.fixed_dictionaries({one: st.integers(0, 9) for one in (MUG, OTHER, THIRD, TIN)}), min_size=1, max_size=3
    ),
    st.booleans(),
)
def test_with_alternates_of_its_parts_a_bundle_goes_in_sets_and_no_fewer(
    count: int, stocks: list[dict[int, int]], partial: bool
) -> None:
    found = sent(hampers(count), *stocks, partial=partial)
    made = 0
    for place, promised in found.items():
        assert all(quantity <= stocks[place - 1][variant] for (_, variant), quantity in promised.items())
        by_line = {line: sum(part for (one, _), part in promised.items() if one == line) for line in (1, 2)}
        assert by_line[1] == 2 * by_line[2]
        made += by_line[2]
    plain = over([replace(want, alternates=()) for want in hampers(count)], *stocks, partial=partial)
    assert sum(part.get(2, 0) for part in plain.values()) <= made <= count
    assert partial or made in (0, count)
