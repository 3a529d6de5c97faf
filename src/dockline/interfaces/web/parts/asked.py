"""What a page was asked for: parameters of the address, read without trusting them; and the page of a list."""

from dataclasses import dataclass

from django.http import HttpRequest

PAGE_SIZE = 50
LARGEST = 2**62


@dataclass(frozen=True)
class Paging:
    """Which part of a list is shown."""

    number: int
    total: int
    size: int = PAGE_SIZE

    @property
    def offset(self) -> int:
        """How many rows come before."""
        return (self.number - 1) * self.size

    @property
    def first(self) -> int:
        """The position of the first row shown, counted from one."""
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        """The position of the last row shown."""
        return min(self.offset + self.size, self.total)

    @property
    def previous(self) -> int | None:
        """The page before."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The page after."""
        return self.number + 1 if self.last < self.total else None


def page_of(request: HttpRequest, *, total: int) -> Paging:
    """Return the asked page, or the nearest there is."""
    pages = max(1, -(-total // PAGE_SIZE))
    return Paging(min(max(number_in(request, "page") or 1, 1), pages), total)


def text_in(request: HttpRequest, name: str) -> str:
    """Return a text parameter, trimmed; what no database accepts is dropped."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:200]


def number_in(request: HttpRequest, name: str) -> int | None:
    """Return a whole number that could be an id, or nothing."""
    text = request.GET.get(name, "")
    if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST:
        return int(text)
    return None
