"""Write rows as PostgreSQL's COPY text, a block at a time."""

from collections.abc import Sequence

Row = tuple[str, ...]
"""One row, every cell as text; an empty cell is NULL."""

OPTIONS = "(FORMAT text, NULL '', ENCODING 'UTF8')"

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def write_block(rows: Sequence[Row], *, before: int = 0, after: int = 0) -> bytes:
    """Write rows of equal width for `COPY … WITH OPTIONS`, between so many NULL columns on either side.

    Cells hold any character but NUL.
    """
    if not rows:
        return b""
    left, right = "\t" * before, "\t" * after
    between = f"{right}\n{left}"
    block = between.join(map("\t".join, rows))
    if _holds_special_cell(block, rows, before + after):
        block = between.join(["\t".join([cell.translate(_ESCAPES) for cell in row]) for row in rows])
    return f"{left}{block}{right}\n".encode()


def _holds_special_cell(block: str, rows: Sequence[Row], padding: int) -> bool:
    # Counting over the whole block is far cheaper than looking at every cell.
    return (
        "\\" in block
        or "\r" in block
        or block.count("\n") != len(rows) - 1
        or block.count("\t") != len(rows) * (len(rows[0]) - 1) + (len(rows) - 1) * padding
    )
