"""Turn records of a file into staged orders: every row a line or a refusal."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import compress, groupby, islice, repeat
from operator import itemgetter, not_
from zoneinfo import ZoneInfo

from dockline.domain.orders.rules import ADDRESS, OrderStatus
from dockline.domain.orders.staging import Batch, Content
from dockline.flows.data import cells
from dockline.flows.data.cells import Refused, Remembered
from dockline.flows.data.order_cells import NoGoods, Readers, Writing, make_readers
from dockline.interfaces.files.addresses import find_address
from dockline.interfaces.files.profile import LINE_FIELDS, Profile
from dockline.interfaces.files.source import FileError, Source
from dockline.kit.copy_text import Row
from dockline.kit.sheet import unguard

# Few enough to stay in the processor's cache, and not to set off the collector of cyclic garbage.
BLOCK_ROWS = 128
LONGEST_BLOCK_ROWS = 4_096
MOST_ADDRESSES = 2_000
_STAGED_LINE_FIELDS = ("sku", "description", "quantity", "unit", "unit_price", "line_number", "line_references")
_PLAIN_HEADER = (
    "order_number",
    "placed_at",
    "customer_reference",
    "service",
    "currency",
    "ship_on",
    "deliver_by",
    "instructions",
    "carrier",
    "references",
    "cancel_after",
    "requested_warehouse",
    "status",
)


def read_orders(source: Source, profile: Profile) -> Generator[Batch]:
    """Read a file batch by batch. Raises FileError; what was read before it must then not be kept."""
    records = source.records()
    header = next(records, None)
    if header is None:
        raise FileError(f"{source.path}: the file is empty.")
    return _Reading(source, profile, header).batches(records)


@dataclass
class _Run:
    """A stretch of rows with the same header cells; `trouble` is why none of them can be a line."""

    key: Row
    header: Row = ()
    trouble: Refused | None = None
    first_row: int = 0
    content: Content = field(default_factory=Content)


class _Reading:
    """One file being read. A block of rows is read column by column: rows are too many to be looked at each."""

    def __init__(self, source: Source, profile: Profile, header: Sequence[str]) -> None:
        self.profile = profile
        self.places = _find_columns(source, profile, header)
        self.width = len(header)
        readers = _readers(profile)
        self.readers = {name: Remembered(readers[name]) for name in self.places}
        self.header_fields = [name for name in self.places if name not in LINE_FIELDS]
        self.header_readers = [self.readers[name] for name in self.header_fields]
        at = {name: at for at, name in enumerate(self.header_fields)}
        self.number_at = at["order_number"]
        self.pick_plain = itemgetter(*(at.get(name, len(at)) for name in _PLAIN_HEADER))
        self.address_fields = [name for name in ("customer", "customer_name", *ADDRESS) if name in at]
        self.address_at = [at[name] for name in self.address_fields]
        self.find_address = lru_cache(MOST_ADDRESSES)(self._find_address)
        self.run = _Run(())
        self.runs = 0

    def batches(self, records: Iterator[list[str]]) -> Generator[Batch]:
        """Read all records. A batch ends where an order does, unless the order is very long."""
        # The header is row 1, as in a spreadsheet.
        at_row = 2
        for block, is_end in self._cut(records):
            yield self._read_block(block, range(at_row, at_row + len(block)), is_end=is_end)
            at_row += len(block)
        end: list[Row] = []
        self._end_run(end)
        yield Batch(runs=end)

    def _cut(self, records: Iterator[list[str]]) -> Iterator[tuple[list[list[str]], bool]]:
        """Give blocks of records, and whether the last order of a block ends with it."""
        block: list[list[str]] = []
        more = True
        while more:
            count = len(block)
            block += islice(records, BLOCK_ROWS)
            more = len(block) > count
            stop = self._find_last_order(block) if more else len(block)
            if stop:
                yield block[:stop], True
                block = block[stop:]
            elif len(block) >= LONGEST_BLOCK_ROWS:
                yield block, False
                block = []

    def _find_last_order(self, block: list[list[str]]) -> int:
        """Return where the last order of a block begins: it may go on behind the block."""
        at = self.places["order_number"]
        start, number = len(block) - 1, block[-1][at : at + 1]
        while start and block[start - 1][at : at + 1] == number:
            start -= 1
        return start

    def _read_block(self, block: list[list[str]], rows: Sequence[int], *, is_end: bool) -> Batch:
        runs: list[Row] = []
        refusals: list[Row] = []
        if set(map(len, block)) != {self.width}:
            block, rows = self._refuse_misfits(block, rows, refusals)
        for reader in self.readers.values():
            reader.forget_when_full()
        columns = list(zip(*block, strict=True)) or [()] * self.width
        lines, troubles = self._read_lines(columns)
        contents = Content.join(lines)
        runs_of: list[str] = []
        positions: list[int] = []
        numbers = columns[self.places["order_number"]]
        for key, places in _stretches(numbers, [columns[self.places[name]] for name in self.header_fields]):
            self._go_on_with(key, runs)
            if self.run.trouble is not None:
                _refuse_all(places, self.run.trouble, troubles)
                continue
            said = contents[places.start : places.stop]
            first = places.start
            if troubles and not troubles.keys().isdisjoint(places):
                good = [at for at in places if at not in troubles]
                said = [contents[at] for at in good]
                first = good[0] if good else first
            if said:
                self.run.first_row = self.run.first_row or rows[first]
                positions += self.run.content.add(said)
                runs_of += repeat(str(self.runs), len(said))
        if is_end:
            self._end_run(runs)
            self.run = _Run(())
        if troubles:
            is_good = [at not in troubles for at in range(len(rows))]
            lines = [list(compress(column, is_good)) for column in lines]
            lines_at: Sequence[int] = list(compress(rows, is_good))
        else:
            lines_at = rows
        refusals.extend(self._refuse(rows[at], numbers[at], troubles[at]) for at in troubles)
        return Batch(runs, [list(map(str, lines_at)), runs_of, list(map(str, positions)), *lines], refusals)

    def _refuse_misfits(
        self, block: list[list[str]], rows: Sequence[int], refusals: list[Row]
    ) -> tuple[list[list[str]], list[int]]:
        """Refuse rows of another width, leave out empty ones, and return the others."""
        number_at = self.places["order_number"]
        for row, record in zip(rows, block, strict=True):
            if record and len(record) != self.width:
                number = record[number_at] if number_at < len(record) else ""
                refused = Refused("", "width", f"has {len(record)} columns instead of {self.width}")
                try:
                    self._refuse_cancellation(number)
                except Refused as cancellation:
                    refused = cancellation
                refusals.append(self._refuse(row, number, refused))
        fitting = [(record, row) for row, record in zip(rows, block, strict=True) if len(record) == self.width]
        return [record for record, _ in fitting], [row for _, row in fitting]

    def _read_lines(self, columns: list[Row]) -> tuple[list[Sequence[str]], dict[int, Refused]]:
        """Return the columns of lines as they are staged, and by their place which rows are refused and why."""
        lines: list[Sequence[str]] = []
        troubles: dict[int, Refused] = {}
        for name in _STAGED_LINE_FIELDS:
            if name not in self.places:
                lines.append([""] * len(columns[0]))
                continue
            column, reader = columns[self.places[name]], self.readers[name]
            values = list(map(reader.__getitem__, column))
            lines.append(values)
            # What is refused reads as empty, so where nothing is empty none need be looked for.
            if reader.refusals and "" in values:
                empty = compress(range(len(values)), map(not_, values))
                found = {at: reader.refusals[column[at]] for at in empty if column[at] in reader.refusals}
                troubles = found | troubles
        return lines, troubles

    def _go_on_with(self, key: Row, runs: list[Row]) -> None:
        """Begin a new run unless these header cells are those of the current one."""
        if key == self.run.key:
            return
        self._end_run(runs)
        self.run = _Run(key)
        self.runs += 1
        try:
            self.run.header = self._read_header(key)
        except Refused as refused:
            # Without its traceback, which holds on to what was being read.
            self.run.trouble = refused.with_traceback(None)

    def _end_run(self, runs: list[Row]) -> None:
        run = self.run
        if run.content.lines:
            facts = (str(self.runs), str(run.first_row), str(run.content.lines), run.content.digest())
            runs.append((*facts, *run.header))

    def _read_header(self, key: Row) -> Row:
        self._refuse_cancellation(key[self.number_at])
        values = [reader.take(cell) for reader, cell in zip(self.header_readers, key, strict=True)]
        name, address = self.find_address(tuple([values[at] for at in self.address_at]))
        # Fields that the file does not have are taken from behind the others, where nothing is.
        values.append("")
        number, placed_at, reference, service, currency, *others, status = self.pick_plain(values)
        under_way = "" if status == OrderStatus.APPROVED else status
        currency = currency or self.profile.currency
        return (number, placed_at, name, reference, address, service, currency, *others, under_way)

    def _find_address(self, values: Row) -> tuple[str, str]:
        return find_address(dict(zip(self.address_fields, values, strict=True)), self.profile)

    def _refuse_cancellation(self, number: str) -> None:
        prefixes = self.profile.cancellations.order_number_prefixes
        if prefixes and number.startswith(prefixes):
            raise Refused("order_number", "cancellation", "is a cancellation, not an order")

    def _refuse(self, row: int, number: str, refused: Refused) -> Row:
        blocks = refused.blocks
        try:
            # A faulty number is no order's: all its rows are refused by themselves, and none other may be blocked.
            number = self.readers["order_number"].take(number)
        except Refused:
            number, blocks = cells.quote(number) if number else "", False
        return (str(row), number, refused.cause, refused.field, refused.reason, "t" if blocks else "f")


def _stretches(numbers: Row, columns: list[Row]) -> Iterator[tuple[Row, range]]:
    """Give each stretch of equal rows: their cells, and their places. `numbers` is the column that differs most."""
    start = 0
    for _, stretch in groupby(numbers):
        stop = start + len(list(stretch))
        cells = [column[start:stop] for column in columns]
        if all(each.count(each[0]) == stop - start for each in cells):
            yield tuple([each[0] for each in cells]), range(start, stop)
        else:
            for key, part in groupby(zip(*cells, strict=True)):
                places = range(start, start + len(list(part)))
                yield key, places
                start = places.stop
        start = stop


def _refuse_all(places: range, trouble: Refused, troubles: dict[int, Refused]) -> None:
    """Refuse rows under a bad header. What is no goods is told first, unless all is cancelled."""
    for at in places:
        if trouble.cause == "cancellation" or at not in troubles or troubles[at].cause != "service_code":
            troubles[at] = trouble


def _find_columns(source: Source, profile: Profile, header: Sequence[str]) -> dict[str, int]:
    places = {}
    for name, column in profile.columns.items():
        count = header.count(column)
        if count > 1:
            raise FileError(f"{source.path}: column {column!r} is there {count} times. Keep one.")
        if count:
            places[name] = header.index(column)
        elif name not in profile.optional:
            there = ", ".join(cells.quote(each) for each in header[:40])
            raise FileError(
                f"{source.path}: column {column!r} ({name}) is missing. The file has {there}. Add the column, name "
                "another in the profile, or check the profile's delimiter."
            )
    extra = [each for each in header if each not in profile.columns.values()]
    if extra and profile.extra_columns == "refuse":
        raise FileError(
            f"{source.path}: column {cells.quote(extra[0])} is not known. Correct its name or remove it; a profile "
            "may also ignore extra columns."
        )
    return places


def _readers(profile: Profile) -> Readers:
    dates = profile.dates
    readers = make_readers(
        Writing(dates.formats, dates.day_formats, ZoneInfo(dates.time_zone), profile.decimal_mark),
        any_country=profile.made_address is not None,
        no_goods=NoGoods(frozenset(profile.ignore.skus), tuple(profile.ignore.sku_prefixes)),
        negative_blocks=profile.negative_quantity == "refuse",
    )
    return {name: _defusing(read) for name, read in readers.items()} if profile.defused else readers


def _defusing(read: Callable[[str], str]) -> Callable[[str], str]:
    return lambda cell: read(unguard(cell))
