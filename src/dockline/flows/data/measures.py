"""Sizes and weights in the cells of a table: said in what the account measures in, read in the units of the row."""

from decimal import Decimal, InvalidOperation

from dockline.domain.accounts.queries import AccountRow
from dockline.domain.products.rules import NOT_MEASURED, Measures
from dockline.domain.tables.rules import Cells
from dockline.flows.data.kind import Trouble
from dockline.kit.measures import SizeUnit, Unit, WeightUnit, into, out_of, plain, read_unit

COLUMNS = ("length", "width", "height", "size_unit", "weight", "weight_unit")
LONGEST = (30, 30, 30, 4, 30, 4)


def say_measures(measures: Measures, account: AccountRow) -> Cells:
    """The cells of what something measures; empty ones where nothing is known."""
    sides = (measures.length_mm, measures.width_mm, measures.height_mm)
    length, width, height = (_text(into(side, account.size_unit)) for side in sides)
    weight = _text(into(measures.weight_g, account.weight_unit))
    return (length, width, height, account.size_unit.value, weight, account.weight_unit.value)


def read_measures(cells: Cells, account: AccountRow, *, held: Measures = NOT_MEASURED) -> Measures:
    """Read the cells; what says the same as what is held is what is held. Raises Trouble."""
    length, width, height, size_unit, weight, weight_unit = cells
    size = _unit(SizeUnit, size_unit or account.size_unit, "size_unit")
    heavy = _unit(WeightUnit, weight_unit or account.weight_unit, "weight_unit")
    return Measures(
        _number("length", length, size, held.length_mm),
        _number("width", width, size, held.width_mm),
        _number("height", height, size, held.height_mm),
        _number("weight", weight, heavy, held.weight_g),
    )


def settle_cells(cells: Cells, account: AccountRow, *, there: Cells | None) -> Cells:
    """Say cells as the account would, unless that would round them: then in the units of the row. Raises Trouble.

    `there` is how the account says what is held; what comes to the same in its units is the same.
    """
    measured = read_measures(cells, account)
    said = say_measures(measured, account)
    if said == there or read_measures(said, account) == measured:
        return said
    length, width, height, size_unit, weight, weight_unit = cells
    length, width, height, weight = (text and plain(Decimal(text)) for text in (length, width, height, weight))
    return (length, width, height, size_unit or account.size_unit, weight, weight_unit or account.weight_unit)


def _number(field: str, text: str, unit: SizeUnit | WeightUnit, held: Decimal | None) -> Decimal | None:
    if not text.strip():
        return None
    try:
        said = Decimal(text.strip()) if text.isascii() and "_" not in text else Decimal("NaN")
        found = out_of(said, unit, stored=held)
    except InvalidOperation:
        raise Trouble(field, f"{text!r} is no number such as 12.5") from None
    except ValueError as error:
        raise Trouble(field, f"{text!r} {error}") from None
    if found is None:
        raise Trouble(field, f"{text!r} is no number above zero")
    return found


def _unit(units: type[Unit], said: str, field: str) -> Unit:
    try:
        return read_unit(units, said)
    except ValueError as error:
        raise Trouble(field, str(error)) from None


def _text(number: Decimal | None) -> str:
    return "" if number is None else plain(number)
