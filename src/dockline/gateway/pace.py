"""What this process knows of the pace that each far side taught us; all of it is kept in PostgreSQL."""

import threading
from functools import partial

from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries
from dockline.domain.channels.slowdown import LearnedPace, Shared

_known: dict[int, LearnedPace] = {}
_lock = threading.Lock()


def of(channel_id: int) -> LearnedPace:
    """What this process knows of the pace of this channel."""
    with _lock:
        if channel_id not in _known:
            shared = Shared(partial(queries.read_slowdown, channel_id), partial(channels.changing_slowdown, channel_id))
            _known[channel_id] = LearnedPace(shared)
        return _known[channel_id]


def forget() -> None:
    """Know nothing of any channel, as a process that has just begun."""
    with _lock:
        _known.clear()
