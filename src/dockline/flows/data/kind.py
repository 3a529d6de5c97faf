"""What a kind of table is: its shape, what there is, how a row is understood, and how changes are written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dockline.domain.accounts.queries import AccountRow
from dockline.domain.tables.rules import Cells, GivenRow, ImportMode, JudgedRow, Shape
from dockline.flows.data.cells import Refused
from dockline.kit.sheet import SheetRow

ADD_OR_CHANGE = (ImportMode.ADD, ImportMode.UPSERT)
WHOLE_DIGITS, DECIMALS = 14, 6


@dataclass(frozen=True)
class Change:
    """Who applies rows to whose account, when, and out of which table."""

    account: AccountRow
    actor: str
    source: str
    now: datetime


def _nothing_forbids(account: AccountRow) -> None:
    """Most tables may always be brought in."""


def _nothing_to_check(table_id: int) -> None:
    """Most rows tell all by themselves."""


def _nothing_follows(change: Change) -> None:
    """Most tables need nobody woken."""


@dataclass(frozen=True)
class WayIn:
    """How rows of a kind are brought in.

    `whole` counts the first cells of the key that name what the rows of a file are all of, as a bundle is of all its
    components; such rows stand together. With 0 each row stands alone, and what a file leaves out stays.

    `find` gives the rows of these names, by their whole key. `read` understands rows, in the order given, beside what
    `find` found; what it gives is written as an export would write it, or says what is wrong. `write` does what was
    judged, many rows at once. `require` raises Conflict where nothing of it may be brought in, `check` refuses rows of
    a plan for what only all of them tell, `follow` wakes what the change concerns.
    """

    find: Callable[[AccountRow, Sequence[Cells]], Mapping[Cells, Cells]]
    read: Callable[[AccountRow, Sequence[SheetRow], Mapping[Cells, Cells]], Sequence[GivenRow]]
    write: Callable[[Change, Sequence[JudgedRow]], None]
    whole: int = 0
    modes: tuple[ImportMode, ...] = ADD_OR_CHANGE
    require: Callable[[AccountRow], None] = _nothing_forbids
    check: Callable[[int], None] = _nothing_to_check
    follow: Callable[[Change], None] = _nothing_follows


@dataclass(frozen=True)
class Kind:
    """One kind of table. `list_cells` gives every row there is, in the order of the file."""

    name: str
    label: str
    about: str
    shape: Shape
    list_cells: Callable[[AccountRow], Iterator[Cells]]
    way_in: WayIn | None = None
    many_lines: frozenset[str] = frozenset()
    """The columns whose cells may have several lines."""


class Trouble(Exception):
    """Why a row cannot be understood: the column to blame, and a sentence that goes on from its name."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


def understand(rows: Sequence[SheetRow], read: Callable[[Cells], Cells]) -> list[GivenRow]:
    """Read rows one by one; what is wrong with one is kept with it."""
    given = []
    for row in rows:
        try:
            if row.reason:
                raise Trouble(row.field, row.reason)
            given.append(GivenRow(row.at_row, read(row.cells)))
        except Trouble as trouble:
            given.append(GivenRow(row.at_row, row.cells, trouble.field, trouble.reason))
    return given


def read_cells(shape: Shape, cells: Cells, readers: Mapping[str, Callable[[str], str]]) -> Cells:
    """Read each cell by the reader of its column. Raises Trouble for the first that is refused."""
    try:
        return tuple(readers[column](cell) for column, cell in zip(shape.columns, cells, strict=True))
    except Refused as refused:
        raise Trouble(refused.field, refused.reason) from None


def read_number(field: str, text: str, *, may_be_below_zero: bool = False, may_be_zero: bool = False) -> Decimal:
    """Read a quantity: digits, perhaps a point, at most so many of each. Raises Trouble."""
    digits = text.strip()
    bare = digits[1:] if may_be_below_zero and digits.startswith("-") else digits
    whole, _, decimals = bare.partition(".")
    if not bare.isascii() or not (whole + decimals).isdigit():
        raise Trouble(field, f"{text[:40]!r} is no number such as 12.5")
    if len(whole.lstrip("0")) > WHOLE_DIGITS or len(decimals.rstrip("0")) > DECIMALS:
        raise Trouble(field, f"has at most {WHOLE_DIGITS} digits before the point and {DECIMALS} after it")
    number = Decimal(digits)
    if not number and not may_be_zero:
        raise Trouble(field, "must be more than 0")
    return number
