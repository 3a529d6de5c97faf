"""Stock is promised once, and never more than there is."""

from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockline.domain.inventory.rules import Wanted, allocate

VARIANTS = [1, 2, 3]
wanted_lines = st.lists(
    st.tuples(st.sampled_from(VARIANTS), st.decimals("0.000001", 50, places=6)), min_size=1, max_size=8
).map(lambda rows: [Wanted(n, variant, f"S{variant}", quantity) for n, (variant, quantity) in enumerate(rows)])
levels = st.dictionaries(st.sampled_from(VARIANTS), st.decimals(-50, 100, places=6), max_size=3)


def want(*rows: tuple[int, int]) -> list[Wanted]:
    return [Wanted(n, variant, f"S{variant}", Decimal(quantity)) for n, (variant, quantity) in enumerate(rows)]


@given(wanted_lines, levels, st.booleans())
def test_never_more_than_there_is_and_every_shortage_named(
    wanted: list[Wanted], available: dict[int, Decimal], partial: bool
) -> None:
    before = dict(available)
    plan = allocate(wanted, available, partial=partial, checked=True)
    assert available == before, "the caller's figures are the caller's"
    by_line = {line.line_id: line for line in wanted}
    promised: dict[int, Decimal] = defaultdict(Decimal)
    for line_id, quantity in plan.promised.items():
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
        assert bool(plan.promised) != bool(plan.short)
    else:
        assert sum(promised.values()) + sum(short.values()) == sum(line.quantity for line in wanted)


def test_all_or_nothing() -> None:
    plan = allocate(want((1, 2), (2, 3)), {1: Decimal(9), 2: Decimal(1)}, partial=False, checked=True)
    assert (plan.promised, plan.short) == ({}, (("S2", Decimal(2)),))


def test_partial_takes_what_there_is_in_line_order() -> None:
    plan = allocate(want((1, 2), (1, 3), (2, 1)), {1: Decimal(3)}, partial=True, checked=True)
    assert plan.promised == {0: 2, 1: 1}
    assert plan.short == (("S1", Decimal(2)), ("S2", Decimal(1)))


@pytest.mark.fault("D02")
def test_a_negative_level_is_none() -> None:
    plan = allocate(want((1, 2)), {1: Decimal(-5)}, partial=True, checked=True)
    assert (plan.promised, plan.short) == ({}, (("S1", Decimal(2)),))


def test_where_the_warehouse_decides_everything_is_promised() -> None:
    plan = allocate(want((1, 2), (2, 3)), {1: Decimal(-5)}, partial=False, checked=False)
    assert (plan.promised, plan.short) == ({0: 2, 1: 3}, ())


def part(line: int, variant: int, quantity: int, per_bundle: int) -> Wanted:
    return Wanted(line, variant, f"S{variant}", Decimal(quantity), part_of=9, per_bundle=Decimal(per_bundle))


def take(wanted: list[Wanted], **there: int) -> dict[int, int]:
    available = {int(name[1:]): Decimal(quantity) for name, quantity in there.items()}
    found = allocate(wanted, available, partial=True, checked=True)
    return {line: int(quantity) for line, quantity in found.promised.items()}


def test_a_bundle_is_promised_in_whole_sets() -> None:
    hampers = [part(1, 1, 6, 2), part(2, 2, 3, 1)]
    assert take(hampers, v1=100, v2=100) == {1: 6, 2: 3}
    assert take(hampers, v1=5, v2=100) == {1: 4, 2: 2}
    assert take(hampers, v1=100) == {}
    assert allocate(hampers, {1: Decimal(5), 2: Decimal(9)}, partial=True, checked=True).short == (("S1", Decimal(1)),)
    assert take([part(1, 1, 4, 2)], v1=3) == {1: 2}


def test_what_has_gone_of_a_part_counts_towards_its_sets() -> None:
    """Of three sets all of one part have gone, and one of the other."""
    assert take([part(1, 1, 2, 2), part(2, 2, 3, 1)], v1=2, v2=2) == {2: 2}
    assert take([part(1, 1, 2, 2), part(2, 2, 3, 1)], v1=2, v2=9) == {1: 2, 2: 3}


def test_a_line_beside_a_bundle_competes_for_the_same_stock() -> None:
    single = Wanted(3, 1, "S1", Decimal(4))
    assert take([part(1, 1, 2, 2), part(2, 2, 1, 1), single], v1=5, v2=1) == {1: 2, 2: 1, 3: 3}
