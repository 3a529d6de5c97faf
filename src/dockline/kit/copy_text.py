"""Write rows as PostgreSQL's COPY text, a block at a time."""

from collections.abc import Sequence

Row = tuple[str, ...]
"""One row, every cell as text; with `OPTIONS` an empty cell is NULL."""

OPTIONS = "(FORMAT text, NULL '', ENCODING 'UTF8')"

NULL = "\x1d"
"""The cell that is NULL, with `EXACT_OPTIONS`: an empty one is an empty text then."""

EXACT_OPTIONS = f"(FORMAT text, NULL '{NULL}', ENCODING 'UTF8')"

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def write_block(rows: Sequence[Row], *, before: str = "", after: str = "") -> bytes:
    """Write rows of equal width for `COPY`, between constant cells, written as they are with their tabs."""
    return write_columns(list(zip(*rows, strict=True)), before=before, after=after)


def write_columns(columns: Sequence[Sequence[str]], *, before: str = "", after: str = "") -> bytes:
    """Write rows given column by column, otherwise as `write_block` does. Cells hold any character but NUL."""
    if not columns or not columns[0]:
        return b""
    between = f"{after}\n{before}"
    # Rows are joined as they come up: keeping them would set off the collector of cyclic garbage.
    block = between.join(map("\t".join, zip(*columns, strict=True)))
    if _holds_special_cell(block, between, len(columns[0]), len(columns)):
        escaped = [[cell.translate(_ESCAPES) for cell in column] for column in columns]
        block = between.join(map("\t".join, zip(*escaped, strict=True)))
    return f"{before}{block}{after}\n".encode()


def _holds_special_cell(block: str, between: str, rows: int, width: int) -> bool:
    # Counting over the whole block is far cheaper than looking at every cell.
    return (
        block.count("\\") != (rows - 1) * between.count("\\")
        or "\r" in block
        or block.count("\n") != rows - 1
        or block.count("\t") != rows * (width - 1) + (rows - 1) * between.count("\t")
    )
