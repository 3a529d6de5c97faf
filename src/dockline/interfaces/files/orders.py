"""Turn records of a file into staged orders: every row a line or a refusal."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import getitem, itemgetter
from zoneinfo import ZoneInfo

from dockline.domain.orders.staging import LINE_COLUMNS, Batch
from dockline.interfaces.files import cells
from dockline.interfaces.files.addresses import find_address
from dockline.interfaces.files.cells import Refused, Remembered
from dockline.interfaces.files.profile import LINE_FIELDS, Profile
from dockline.interfaces.files.source import FileError, Source

BATCH_ROWS = 8_000
_STAGED_LINE_FIELDS = ("sku", "description", "quantity", "unit", "unit_price", "line_number", "line_references")
_PLAIN_HEADER = (
    "customer_reference",
    "service",
    "currency",
    "ship_on",
    "deliver_by",
    "instructions",
    "carrier",
    "references",
)

Row = tuple[str, ...]
Cells = Callable[[Sequence[str]], tuple[str, ...]]


def read_orders(source: Source, profile: Profile) -> Iterator[Batch]:
    """Read a file batch by batch. Raises FileError; what was read before it must then not be kept."""
    records = source.records()
    header = next(records, None)
    if header is None:
        raise FileError(f"{source.path}: the file is empty.")
    return _Reading(source, profile, header).batches(records)


@dataclass
class _Page:
    """What is gathered for the next batch."""

    runs: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    refusals: list[Row] = field(default_factory=list)


class _Reading:
    """One file being read."""

    def __init__(self, source: Source, profile: Profile, header: Sequence[str]) -> None:
        self.profile = profile
        places = _find_columns(source, profile, header)
        self.width = len(header)
        self.number_at = places["order_number"]
        self.header_fields = [name for name in places if name not in LINE_FIELDS]
        self.header_cells = _getter([places[name] for name in self.header_fields])
        line_fields = [name for name in _STAGED_LINE_FIELDS if name in places]
        self.line_cells = _getter([places[name] for name in line_fields])
        columns = dict(zip(_STAGED_LINE_FIELDS, LINE_COLUMNS[2:], strict=True))
        self.line_columns = ("at_row", "run", *(columns[name] for name in line_fields))
        readers = _readers(profile)
        self.line_readers = [Remembered(readers[name]) for name in line_fields]
        self.header_readers = [Remembered(readers[name]) for name in self.header_fields]
        self.run = 0

    def batches(self, records: Iterator[list[str]]) -> Iterator[Batch]:
        """Read all records; the hot loop."""
        page = _Page()
        width, number_at = self.width, self.number_at
        header_cells, line_cells, line_readers = self.header_cells, self.line_cells, self.line_readers
        last: tuple[str, ...] | None = None
        waiting: Row | None = None
        trouble: Refused | None = None
        run = ""
        # The header is row 1, as in a spreadsheet.
        for at_row, record in enumerate(records, 2):
            if not record:
                continue
            try:
                if len(record) != width:
                    raise Refused("", "width", f"has {len(record)} columns instead of {width}")
                key = header_cells(record)
                if key != last:
                    last, trouble, waiting = key, None, None
                    try:
                        waiting = self._begin_run(key)
                        run = waiting[0]
                    except Refused as refused:
                        trouble = refused
                if trouble is not None:
                    self._prefer_service_code(trouble, line_cells(record)[0])
                line = (str(at_row), run, *map(getitem, line_readers, line_cells(record)))
            except Refused as refused:
                number = record[number_at] if number_at < len(record) else ""
                page.refusals.append(self._refuse(at_row, number, refused))
            else:
                if waiting is not None:
                    page.runs.append((waiting[0], str(at_row), *waiting[1:]))
                    waiting = None
                page.lines.append(line)
            if len(page.lines) + len(page.refusals) >= BATCH_ROWS:
                yield self._batch(page)
                page = _Page()
        yield self._batch(page)

    def _batch(self, page: _Page) -> Batch:
        return Batch(page.runs, page.lines, page.refusals, self.line_columns)

    def _begin_run(self, key: tuple[str, ...]) -> Row:
        number = key[self.header_fields.index("order_number")]
        self._refuse_cancellation(number)
        values = dict(zip(self.header_fields, map(getitem, self.header_readers, key), strict=True))
        name, address = find_address(values, self.profile)
        self.run += 1
        values.setdefault("currency", "")
        values["currency"] = values["currency"] or self.profile.currency
        plain = {field: values.get(field, "") for field in _PLAIN_HEADER}
        return (
            str(self.run),
            number,
            values["placed_at"],
            name,
            plain["customer_reference"],
            address,
            *(plain[field] for field in _PLAIN_HEADER[1:]),
        )

    def _refuse_cancellation(self, number: str) -> None:
        prefixes = self.profile.cancellations.order_number_prefixes
        if prefixes and number.startswith(prefixes):
            raise Refused("order_number", "cancellation", "is a cancellation, not an order")

    def _prefer_service_code(self, trouble: Refused, sku: str) -> None:
        """Raise why a row under a bad header is refused: what is no goods is told first, unless all is cancelled."""
        if trouble.cause != "cancellation":
            try:
                self.line_readers[0][sku]
            except Refused as refused:
                if refused.cause == "service_code":
                    raise
        # Without its traceback, which would grow with every row it is raised for.
        raise trouble.with_traceback(None)

    def _refuse(self, at_row: int, number: str, refused: Refused) -> Row:
        if refused.cause == "width":
            try:
                self._refuse_cancellation(number)
            except Refused as cancellation:
                refused = cancellation
        blocks = refused.blocks
        try:
            # A faulty number is no order's: all its rows are refused by themselves, and none other may be blocked.
            self.header_readers[self.header_fields.index("order_number")][number]
        except Refused:
            number, blocks = cells.quote(number) if number else "", False
        return (str(at_row), number, refused.cause, refused.field, refused.reason, "t" if blocks else "f")


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


def _getter(places: Sequence[int]) -> Cells:
    if len(places) == 1:
        only = places[0]
        return lambda record: (record[only],)
    return itemgetter(*places)


def _readers(profile: Profile) -> dict[str, Callable[[str], str]]:
    dates, mark = profile.dates, profile.decimal_mark
    zone = ZoneInfo(dates.time_zone)
    readers = {
        name: cells.read_text(name, longest=200)
        for name in ("customer_name", "customer", "company", "contact", "line_1", "line_2", "suburb", "city")
    }
    readers |= {name: cells.read_text(name, longest=100) for name in ("state", "postcode", "phone", "email")}
    readers |= {name: cells.read_text(name, longest=100) for name in ("customer_reference", "service", "carrier")}
    country = cells.read_pattern("country", "[A-Z]{2}", "a two-letter country code such as AU")
    return readers | {
        "order_number": cells.read_text("order_number", longest=100, needed=True),
        "placed_at": cells.read_instant("placed_at", dates.formats, zone),
        "country": country if profile.made_address is None else cells.read_text("country", longest=200),
        "currency": cells.read_pattern("currency", "[A-Z]{3}", "a currency code such as AUD"),
        "ship_on": cells.read_day("ship_on", dates.day_formats),
        "deliver_by": cells.read_day("deliver_by", dates.day_formats),
        "instructions": cells.read_text("instructions", longest=5_000, many_lines=True),
        "sku": cells.read_sku("sku", skus=frozenset(profile.ignore.skus), prefixes=tuple(profile.ignore.sku_prefixes)),
        "description": cells.read_text("description", longest=500, many_lines=True),
        "quantity": cells.read_quantity("quantity", mark=mark, negative_blocks=profile.negative_quantity == "refuse"),
        "unit": cells.read_text("unit", longest=20),
        "unit_price": cells.read_price("unit_price", mark=mark),
        "line_number": cells.read_line_number("line_number"),
        "references": cells.read_references("references"),
        "line_references": cells.read_references("line_references"),
    }
