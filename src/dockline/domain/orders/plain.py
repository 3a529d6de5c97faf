"""Which orders of a file are beyond doubt as soon as their rows are read.

An order is *plain* when its number is new, all its rows lie together and none of them is in error, the account ships
from the warehouse it asks for, and each of its products is there, or may be made, and is ordered in its base unit. All
others are judged when the file is read.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from dockline.domain.orders.staging import Batch, Policy
from dockline.domain.orders.staging_sql import LINE_COLUMNS, REFUSAL_COLUMNS, RUN_COLUMNS
from dockline.kit.copy_text import Row

_RUN, _SKU, _DESCRIPTION, _UNIT, _NUMBER = map(LINE_COLUMNS.index, ("run", "sku", "description", "unit", "line"))
_RUN_ID, _LINES, _ORDER_NUMBER, _WAREHOUSE, _STATUS = map(
    RUN_COLUMNS.index, ("run_id", "lines", "number", "warehouse", "status")
)
_REFUSED_NUMBER, _BLOCKS = map(REFUSAL_COLUMNS.index, ("refused_number", "blocks"))


class NewProduct(NamedTuple):
    """A product to be made for a SKU."""

    name: str
    base_unit: str


@dataclass
class Found:
    """The runs that are plain orders, and by SKU the products to be made for them, both in the order of the file."""

    runs: list[Row] = field(default_factory=list)
    products: dict[str, NewProduct] = field(default_factory=dict)


def list_numbers(batches: Sequence[Batch]) -> list[str]:
    """Name every order of some batches."""
    return list({run[_ORDER_NUMBER]: None for batch in batches for run in batch.runs})


def list_skus(batches: Sequence[Batch]) -> set[str]:
    """Name every product of some batches."""
    return set().union(*(batch.lines[_SKU] for batch in batches if batch.lines))


def are_described(batches: Sequence[Batch]) -> bool:
    """Whether any line says what it is about."""
    return any(any(batch.lines[_DESCRIPTION]) for batch in batches if batch.lines)


def find_plain(
    batches: Sequence[Batch],
    *,
    known_numbers: Container[str],
    base_units: Mapping[str, str],
    warehouses: Container[str],
    policy: Policy,
) -> Found:
    """Pick the plain orders. `base_units` has the products that are there, by SKU; `warehouses` those that ship."""
    found, units = Found(), dict(base_units)
    doubtful = _list_doubtful_numbers(batches)
    # A product is named by what describes it first, and another row may do so yet.
    must_describe = are_described(batches)
    for batch in batches:
        for run, place in _list_whole_runs(batch):
            if run[_STATUS] or run[_ORDER_NUMBER] in doubtful or run[_ORDER_NUMBER] in known_numbers:
                continue
            if run[_WAREHOUSE] and run[_WAREHOUSE] not in warehouses:
                continue
            skus, descriptions, wanted_units = (batch.lines[at][place] for at in (_SKU, _DESCRIPTION, _UNIT))
            new: dict[str, NewProduct] = {}
            if missing := set(skus).difference(units):
                if not policy.creates_products:
                    continue
                new = _describe_products(missing, zip(skus, descriptions, wanted_units, strict=True), policy)
                if must_describe and not all(one.name for one in new.values()):
                    continue
            new_units = {sku: one.base_unit for sku, one in new.items()}
            if _is_well_numbered(batch.lines[_NUMBER][place]) and _is_in_base_units(
                skus, wanted_units, units, new_units
            ):
                found.runs.append(run)
                found.products |= new
                units |= new_units
    return found


def _list_doubtful_numbers(batches: Sequence[Batch]) -> set[str]:
    counts = Counter(run[_ORDER_NUMBER] for batch in batches for run in batch.runs)
    blocked = {bad[_REFUSED_NUMBER] for batch in batches for bad in batch.refusals if bad[_BLOCKS] == "t"}
    return blocked | {number for number, count in counts.items() if count > 1}


def _list_whole_runs(batch: Batch) -> Iterator[tuple[Row, slice]]:
    """Give the runs whose lines are all in this batch, and the place of these lines."""
    runs = {run[_RUN_ID]: run for run in batch.runs}
    start = 0
    for run_id, stretch in groupby(batch.lines[_RUN] if batch.lines else ()):
        stop = start + len(list(stretch))
        run = runs.get(run_id)
        if run is not None and run[_LINES] == str(stop - start):
            yield run, slice(start, stop)
        start = stop


def _describe_products(
    missing: set[str], lines: Iterable[tuple[str, str, str]], policy: Policy
) -> dict[str, NewProduct]:
    """Say how products are made, from lines of SKU, description and unit: as if they were staged."""
    new: dict[str, NewProduct] = {}
    for sku, description, unit in lines:
        if sku in missing and not (sku in new and new[sku].name):
            base_unit = new[sku].base_unit if sku in new else unit or policy.default_unit
            new[sku] = NewProduct(description, base_unit)
    return new


def _is_well_numbered(numbers: Sequence[str]) -> bool:
    """Whether the lines have no numbers of their own, or all of them one."""
    return not any(numbers) or ("" not in numbers and len(set(numbers)) == len(numbers))


def _is_in_base_units(
    skus: Sequence[str], wanted: Sequence[str], units: Mapping[str, str], new_units: Mapping[str, str]
) -> bool:
    return not any(wanted) or all(
        not unit or unit == (new_units.get(sku) or units[sku]) for sku, unit in zip(skus, wanted, strict=True)
    )
