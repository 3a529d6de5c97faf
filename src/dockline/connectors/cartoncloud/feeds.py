"""What reading changes has in common: the position, an instant on CartonCloud's clock, and whether pages held still."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from dockline.connectors.contract import errors

FURTHEST_AHEAD = timedelta(days=1)
"""No clock is believed to be further ahead of ours: a mark in the year 9999 would be the end of all news."""


def newest_of(mark: datetime | None, stamps: Iterable[datetime | None], *, now: datetime) -> datetime | None:
    """The newest change seen so far; a time that cannot be is none."""
    seen = [stamp for stamp in stamps if stamp and stamp <= now + FURTHEST_AHEAD]
    return max([*seen, *([mark] if mark else [])], default=None)


def mark_of(position: str) -> datetime | None:
    """Read a stored position; none at the beginning."""
    if not position:
        return None
    try:
        mark = datetime.fromisoformat(position)
    except ValueError:
        raise errors.Misconfigured("The stored position is not one of this connector.") from None
    if mark.tzinfo is None:
        raise errors.Misconfigured("The stored position is not one of this connector.")
    return mark


def is_complete(found: Iterable[str], totals: Sequence[int]) -> bool:
    """Say whether all that was announced was read.

    Pages shift while things change: a shrinking total, or fewer things than announced, means one may be missing.
    """
    return not totals or (len(list(found)) >= totals[-1] and totals[-1] >= totals[0])
