"""Tables come back byte for byte, and what cannot be read names the row, the column and the mend."""

import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockline.kit.sheet import SheetError, SheetRow, guard, read_sheet, unguard, write_sheet

COLUMNS = ("sku", "channel_sku")
cells = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), max_size=20)


def read(data: bytes, **options: object) -> list[SheetRow]:
    asked = {"longest": (100, 200), "most_rows": 1000, **options}
    return list(read_sheet(io.BytesIO(data), COLUMNS, **asked))  # type: ignore[arg-type]


@given(st.lists(st.tuples(cells, cells), max_size=20))
def test_a_table_comes_back_byte_for_byte(rows: list[tuple[str, str]]) -> None:
    written = b"".join(write_sheet(COLUMNS, rows))
    found = [row.cells for row in read(written)]
    assert found == rows
    assert b"".join(write_sheet(COLUMNS, found)) == written


@given(st.text(st.sampled_from("'=+-@a")))
@pytest.mark.fault("D14")
def test_no_cell_is_a_formula_and_every_cell_comes_back(cell: str) -> None:
    assert not guard(cell).startswith(("=", "+", "-", "@"))
    assert unguard(guard(cell)) == cell


def test_tabs_another_order_of_columns_and_a_byte_order_mark_are_read() -> None:
    assert read("\ufeffchannel_sku\tsku\nM-1\t MUG \n".encode())[0].cells == (" MUG ", "M-1")
    pasted = read(b"MUG\tM-1\n007\t1E5", needs_header=False)
    assert [(row.at_row, row.cells) for row in pasted] == [(1, ("MUG", "M-1")), (2, ("007", "1E5"))]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"sku,theirs\nA,B\n", "Row 1: the column channel_sku is missing"),
        (b"sku,channel_sku,colour\nA,B,C\n", "Row 1: the column 'colour' is not known"),
        (b"sku,channel_sku,sku\nA,B,C\n", "Row 1: the column sku is there twice"),
        ("sku,channel_sku\nA,B\nÄ,Ö\n".encode("cp1252"), "After row 2: this is not UTF-8"),
        (b'sku,channel_sku\nA,B\n"C,D\n', "After row 2: unexpected end of data"),
        (b"\x00\x01\x02", "Row 1: the column sku is missing"),
    ],
)
def test_a_table_that_cannot_be_trusted_says_where_and_how_to_mend_it(data: bytes, said: str) -> None:
    with pytest.raises(SheetError, match=said.replace("(", "[(]")):
        read(data)


def test_a_bad_row_is_named_with_its_field_and_the_others_are_read() -> None:
    rows = read(b"sku,channel_sku\nA\nB,C,D\nE,F\nG,\x07\n" + b"H" * 101 + b",I\n\nJ,K\n")
    assert [(row.at_row, row.field) for row in rows if row.reason] == [
        (2, "channel_sku"),
        (3, "channel_sku"),
        (5, "channel_sku"),
        (6, "sku"),
    ]
    assert [row.cells for row in rows if not row.reason] == [("E", "F"), ("J", "K")]


class Endless(io.RawIOBase):
    """A million rows, made as they are read."""

    def __init__(self) -> None:
        self.lines: Iterator[bytes] = (b"SKU-%d,CC-%d\n" % (n, n) for n in range(1_000_000))
        self.left = b"sku,channel_sku\n"

    def read(self, size: int = -1) -> bytes:
        while len(self.left) < size and (line := next(self.lines, b"")):
            self.left += line
        piece, self.left = self.left[:size], self.left[size:]
        return piece


def test_a_million_rows_end_with_a_word_in_flat_memory() -> None:
    tracemalloc.start()
    count = 0
    with pytest.raises(SheetError, match="more than 100,000 rows"):
        for _ in read_sheet(Endless(), COLUMNS, longest=(100, 200), most_rows=100_000):  # type: ignore[arg-type]
            count += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 100_000
    assert peak < 2_000_000
