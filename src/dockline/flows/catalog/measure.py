"""Say what products measure, unit by unit, as a table: out in the account's units, in again whole or not at all.

Writes variants, their units and history. Wakes the export to the account's channels.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import islice

from django.db import transaction

from dockline.domain.accounts import queries as accounts
from dockline.domain.accounts.queries import AccountRow
from dockline.domain.accounts.rules import AccountId
from dockline.domain.channels import queries as channels
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.products import operations as products
from dockline.domain.products import queries as product_queries
from dockline.domain.products.operations import LONGEST_BARCODE, LONGEST_SKU, LONGEST_UNIT, MeasuredUnit
from dockline.domain.products.rules import Measures
from dockline.flows import job_names
from dockline.kit.errors import Conflict, Invalid
from dockline.kit.measures import SizeUnit, Unit, WeightUnit, into, out_of, plain, read_unit
from dockline.kit.queue import port as queue
from dockline.kit.sheet import SheetRow

COLUMNS = ("sku", "unit", "length", "width", "height", "size_unit", "weight", "weight_unit", "barcode")
LONGEST = (LONGEST_SKU, LONGEST_UNIT, 30, 30, 30, 4, 30, 4, LONGEST_BARCODE)
MOST_ROWS = 250_000
BATCH = 2000


@dataclass(frozen=True)
class Measured:
    """What a table came to: rows that changed something, and rows that say what is known already."""

    changed: int
    same: int


def list_cells(account_id: int) -> Iterator[tuple[str, ...]]:
    """Every unit of every product of an account by SKU, in the units the account measures in."""
    account = accounts.get_account(account_id)
    offset = 0
    while page := product_queries.list_variants(account_id=AccountId(account_id), offset=offset, limit=BATCH):
        offset += len(page)
        for variant in page:
            for unit in (variant.base, *variant.units):
                yield _cells(variant.sku, unit.code, unit.barcode, unit.measures, account)


@transaction.atomic
def take_measures(account_id: int, rows: Iterable[SheetRow], *, dry_run: bool, actor: str, now: datetime) -> Measured:
    """Take what each row says of one unit of a product; an empty cell says that nothing is known.

    Raises Conflict where a channel is the Master Product Source, and Invalid, which names the first row in error and
    its column. Nothing is changed then.
    """
    account = accounts.get_account(account_id)
    if (master := channels.find_product_master(account_id)) is not None:
        name = channels.get_connection(master).name
        raise Conflict(
            f"{name} is the Master Product Source: change sizes and weights there, and import the products.",
            field="account",
        )
    seen: set[tuple[str, str]] = set()
    changed = total = 0
    rest = iter(rows)
    while some := list(islice(rest, BATCH)):
        read = _read(account, some, seen)
        total += len(read)
        said = products.measure_units(account_id, read, now=now)
        changed += len(said)
        history.remember(
            [Fact(account_id, "measured", "product", variant_id, sentence) for variant_id, sentence in said],
            actor=actor,
            now=now,
        )
    if dry_run:
        transaction.set_rollback(True)
    elif changed:
        for channel_id in channels.list_other_channels(account_id, besides=0):
            queue.wake(job_names.EXPORT_PRODUCTS, channel_id)
    return Measured(changed, total - changed)


def _read(account: AccountRow, rows: Sequence[SheetRow], seen: set[tuple[str, str]]) -> list[MeasuredUnit]:
    known = product_queries.get_measures(account.id, [row.cells[0] for row in rows])
    read = []
    for row in rows:
        if row.reason:
            raise Invalid(f"Row {row.at_row}: {row.field} {row.reason}.", field=row.field)
        sku, unit = row.cells[:2]
        if sku not in known:
            raise Invalid(f"Row {row.at_row}: there is no product {sku!r}.", field="sku")
        if unit not in known[sku]:
            units = ", ".join(sorted(known[sku]))
            raise Invalid(f"Row {row.at_row}: {unit!r} is no unit of {sku}; its units are {units}.", field="unit")
        if (sku, unit) in seen:
            raise Invalid(f"Row {row.at_row}: {unit} of {sku} is there twice.", field="unit")
        seen.add((sku, unit))
        read.append(MeasuredUnit(sku, unit, row.cells[8], _read_measures(row, account, held=known[sku][unit])))
    return read


def _read_measures(row: SheetRow, account: AccountRow, *, held: Measures) -> Measures:
    _, _, length, width, height, size_unit, weight, weight_unit, _ = row.cells
    size = _unit(SizeUnit, size_unit or account.size_unit, row, "size_unit")
    heavy = _unit(WeightUnit, weight_unit or account.weight_unit, row, "weight_unit")
    return Measures(
        _number(row, "length", length, size, held.length_mm),
        _number(row, "width", width, size, held.width_mm),
        _number(row, "height", height, size, held.height_mm),
        _number(row, "weight", weight, heavy, held.weight_g),
    )


def _number(row: SheetRow, field: str, text: str, unit: SizeUnit | WeightUnit, held: Decimal | None) -> Decimal | None:
    if not text.strip():
        return None
    try:
        said = Decimal(text.strip()) if text.isascii() and "_" not in text else Decimal("NaN")
        found = out_of(said, unit, stored=held)
    except InvalidOperation:
        raise Invalid(f"Row {row.at_row}: {field} {text!r} is no number such as 12.5.", field=field) from None
    except ValueError as error:
        raise Invalid(f"Row {row.at_row}: {field} {text!r} {error}.", field=field) from None
    if found is None:
        raise Invalid(f"Row {row.at_row}: {field} {text!r} is no number above zero.", field=field)
    return found


def _unit(units: type[Unit], said: str, row: SheetRow, field: str) -> Unit:
    try:
        return read_unit(units, said)
    except ValueError as error:
        raise Invalid(f"Row {row.at_row}: {field} {error}.", field=field) from None


def _cells(sku: str, unit: str, barcode: str, measures: Measures, account: AccountRow) -> tuple[str, ...]:
    sides = (measures.length_mm, measures.width_mm, measures.height_mm)
    length, width, height = (_text(into(side, account.size_unit)) for side in sides)
    weight = _text(into(measures.weight_g, account.weight_unit))
    return (sku, unit, length, width, height, account.size_unit, weight, account.weight_unit, barcode)


def _text(number: Decimal | None) -> str:
    return "" if number is None else plain(number)
