"""Pages: which slice was asked for, and the headers that go with it."""

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from cartoncloud_simulator.api.call import Call
from cartoncloud_simulator.rules.refusals import plain

_T = TypeVar("_T")


def cut_page(
    call: Call, rows: Sequence[_T], *, default_size: int | None = None, max_size: int | None = None
) -> tuple[Sequence[_T], dict[str, str]]:
    """The rows of the page asked for and the paging headers; past the end there are no rows."""
    settings = call.world.settings
    size = _whole(call.query, "size", default_size or settings.default_page_size)
    largest = max_size or settings.max_page_size
    if size > largest and settings.oversized_page == "refuse":
        raise plain(400, f"Page size must not be greater than {largest}")
    size, page = min(size, largest), _whole(call.query, "page", 1)
    total_pages = -(-len(rows) // size)
    headers = {
        "Total-Pages": str(total_pages),
        "Page-Size": str(size),
        "Page-Number": str(page),
        "Total-Elements": str(len(rows)),
    }
    if links := _links(call, page=page, size=size, total_pages=total_pages):
        headers["Link"] = links
    # Weather: rows came or went before this page while the earlier ones were being read.
    start = (page - 1) * size + (call.page_shift if page > 1 else 0)
    return rows[max(0, start) : max(0, start) + size], headers


def _links(call: Call, *, page: int, size: int, total_pages: int) -> str:
    """Backward relations after the first page, forward ones before the last: none leads to where the caller is."""
    relations: dict[str, int] = {}
    if page > 1 and total_pages:
        relations |= {"first": 1, "prev": min(page - 1, total_pages)}
    if page < total_pages:
        relations |= {"next": page + 1, "last": total_pages}
    if not relations:
        return ""
    others = [(name, value) for name, value in call.query.items() if name not in ("page", "size")]
    start = f"<{call.url}?{urlencode(others)}&page=" if others else f"<{call.url}?page="
    return ", ".join(
        f'{start}{number}&size={size}>; rel="{relation}"'
        for relation, number in relations.items()
        if relation in call.world.settings.link_relations
    )


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, "")
    return int(value) or default if value.isascii() and value.isdigit() and len(value) < 10 else default
