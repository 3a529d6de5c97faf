"""Tables as CSV that come back byte for byte: UTF-8, comma, CRLF, a header, and no cell a spreadsheet would run.

A cell that begins with `=`, `+`, `-`, `@`, tab or carriage return, perhaps after apostrophes, is written with one
apostrophe before it; reading takes exactly that one away. Everything else is written and read as it is.
"""

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from dockline.kit.errors import Invalid

MOST_BYTES = 64 * 1024 * 1024
_LONGEST_LINE = 200_000

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_UNPRINTABLE_IN_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class SheetError(Invalid):
    """The table cannot be read; nothing was changed."""


@dataclass(frozen=True)
class SheetRow:
    """One row as it was written. With a reason it cannot be used; `field` is the column to blame."""

    at_row: int
    cells: tuple[str, ...]
    field: str = ""
    reason: str = ""


def guard(cell: str) -> str:
    """Make a cell harmless in a spreadsheet."""
    return f"'{cell}" if _RISKY.match(cell) else cell


def unguard(cell: str) -> str:
    """Undo `guard`."""
    return cell[1:] if _GUARDED.match(cell) else cell


def write_sheet(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Give a table in pieces."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([guard(cell) for cell in row])
        if text.tell() > 1 << 16:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def read_sheet(
    stream: BinaryIO,
    columns: Sequence[str],
    *,
    longest: Sequence[int],
    most_rows: int,
    needs_header: bool = True,
    many_lines: Set[str] = frozenset(),
) -> Iterator[SheetRow]:
    """Read a table with exactly these columns, in any order, comma- or tab-separated; row 1 is the header.

    Cells of the columns in `many_lines` may have several lines.

    Rows are given as they are read, so memory stays flat. Raises SheetError, which names the row, where the rest
    cannot be trusted. Without `needs_header` a first row that is none is data, in the order of the columns.
    """
    lines = _decode(io.BufferedReader(_Bounded(stream), 1 << 16))
    at_row = 0
    try:
        first = next(lines, "").removeprefix("\ufeff")
        if not first.strip():
            raise SheetError(f"The table is empty. Its first row must be {','.join(columns)}.")
        delimiter = "\t" if first.count("\t") == len(columns) - 1 else ","
        reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
        header = next(reader)
        at_row = 1
        places = _find_columns(header, columns, needs_header=needs_header)
        if places is None:
            places = list(range(len(columns)))
            yield _row(1, header, columns, places, longest, many_lines)
        for record in reader:
            at_row += 1
            if not record:
                continue
            if at_row > most_rows + 1:
                raise SheetError(f"There are more than {most_rows:,} rows. Split the table and import the parts.")
            yield _row(at_row, record, columns, places, longest, many_lines)
    except csv.Error as error:
        raise SheetError(
            f"After row {at_row}: {error}. A quote may be missing or not doubled, so it is not sure where the row ends."
        ) from None
    except UnicodeError:
        raise SheetError(
            f"After row {at_row}: this is not UTF-8 text. Save the table as CSV UTF-8 and import it again."
        ) from None


@contextmanager
def open_sheet(file: Path) -> Iterator[BinaryIO]:
    """Open a table. Raises Invalid."""
    try:
        with file.open("rb") as stream:
            yield stream
    except OSError as error:
        raise Invalid(f"{file}: {error.strerror}.", field="file") from None


def save_sheet(file: Path, pieces: Iterator[bytes]) -> None:
    """Write a table to a file, or with `-` to the terminal. Raises Invalid."""
    if str(file) == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    try:
        with file.open("wb") as stream:
            stream.writelines(pieces)
    except OSError as error:
        raise Invalid(f"{file}: {error.strerror}.", field="file") from None


def _decode(raw: io.BufferedReader) -> Iterator[str]:
    """Decode line by line, so that what is no text is found in its row."""
    while line := raw.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise SheetError(f"A line is longer than {_LONGEST_LINE:,} bytes, so this is no table of ours.")
        yield line.decode()


def _find_columns(header: Sequence[str], columns: Sequence[str], *, needs_header: bool) -> list[int] | None:
    named = [cell.strip() for cell in header]
    if sorted(named) == sorted(columns):
        return [named.index(column) for column in columns]
    if not needs_header and not set(named) & set(columns):
        return None
    missing = [column for column in columns if column not in named]
    if missing:
        there = ", ".join(repr(cell[:40]) for cell in header[:10])
        raise SheetError(
            f"Row 1: the column {missing[0]} is missing. The first row must be {','.join(columns)}; it is {there}.",
            field=missing[0],
        )
    extra = next((cell for cell in named if cell not in columns), None)
    if extra is not None:
        raise SheetError(f"Row 1: the column {extra[:40]!r} is not known. Use {','.join(columns)}.", field=extra[:40])
    twice = next(cell for cell in named if named.count(cell) > 1)
    raise SheetError(f"Row 1: the column {twice} is there twice. Keep one.", field=twice)


def _row(
    at_row: int,
    record: Sequence[str],
    columns: Sequence[str],
    places: Sequence[int],
    longest: Sequence[int],
    many_lines: Set[str],
) -> SheetRow:
    if len(record) != len(columns):
        cells = tuple(cell[:200].replace("\0", "") for cell in [*record, *("",) * len(columns)][: len(columns)])
        field = columns[len(record)] if len(record) < len(columns) else columns[-1]
        return SheetRow(at_row, cells, field, f"row has {len(record)} cells instead of {len(columns)}")
    cells = tuple(unguard(record[place]) for place in places)
    for column, cell, most in zip(columns, cells, longest, strict=True):
        if len(cell) > most:
            short = tuple(cell[:200].replace("\0", "") for cell in cells)
            return SheetRow(at_row, short, column, f"is {len(cell):,} characters long; at most {most} fit")
        unprintable = _UNPRINTABLE_IN_LINES if column in many_lines else _UNPRINTABLE
        if found := unprintable.search(cell):
            clean = tuple(_UNPRINTABLE.sub("�", cell) for cell in cells)
            return SheetRow(at_row, clean, column, f"holds the control character {found[0]!r}. Remove it")
    return SheetRow(at_row, cells)


class _Bounded(io.RawIOBase):
    """A stream that ends with a word when it is too long."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._left = stream, MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        piece = self._stream.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            raise SheetError(
                f"The table is larger than {MOST_BYTES // 1024 // 1024} MB. Split it and import the parts."
            )
        buffer[: len(piece)] = piece
        return len(piece)
