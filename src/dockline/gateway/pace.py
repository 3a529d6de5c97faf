"""What this process knows of the pace that each far side taught us; all of it is kept in PostgreSQL."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries
from dockline.domain.channels.slowdown import LearnedPace, Shared, Slowdown
from dockline.kit.failpoints import Failpoint, committing

_known: dict[int, LearnedPace] = {}
_lock = threading.Lock()


def of(channel_id: int) -> LearnedPace:
    """What this process knows of the pace of this channel."""
    with _lock:
        if channel_id not in _known:
            shared = Shared(partial(queries.read_slowdown, channel_id), partial(_changing, channel_id))
            _known[channel_id] = LearnedPace(shared)
        return _known[channel_id]


@contextmanager
def _changing(channel_id: int) -> Iterator[tuple[Slowdown, float]]:
    with committing(Failpoint.PACE_LEARNED), channels.changing_slowdown(channel_id) as known:
        yield known


def forget() -> None:
    """Know nothing of any channel, as a process that has just begun."""
    with _lock:
        _known.clear()
