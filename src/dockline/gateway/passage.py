"""Whether a far side may be called now: freely, by one to see whether it is well again, or not at all."""

from contextvars import ContextVar
from datetime import datetime

from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries
from dockline.domain.channels.rules import Passage
from dockline.gateway import pace
from dockline.kit.failpoints import Failpoint, committing

_probing: ContextVar[int | None] = ContextVar("probing", default=None)


def ask(channel_id: int, *, now: datetime) -> Passage:
    """Ask for a channel. One that did not answer lets one in at a time, whatever the worker or the job."""
    passage, between = queries.judge_passage(channel_id, now=now)
    pace.of(channel_id).hear(between)
    if passage is not Passage.PROBE:
        return passage
    with committing(Failpoint.PROBE_CLAIMED):
        is_ours = channels.claim_probe(channel_id, now=now)
    if not is_ours:
        return Passage.CLOSED
    _probing.set(channel_id)
    return passage


def may_call(channel_id: int, *, now: datetime) -> bool:
    """Say whether work may go on that asks one thing after another; the one that was let in goes on until it fails."""
    if ask(channel_id, now=now) is not Passage.CLOSED:
        return True
    return _probing.get() == channel_id and queries.judge_passage(channel_id, now=now)[0] is Passage.PROBE


def give_back() -> None:
    """The work is over: where it only came to look and had nothing to ask, the next one may."""
    channel_id = _probing.get()
    if channel_id is not None:
        _probing.set(None)
        with committing(Failpoint.PROBE_ENDED):
            channels.end_probe(channel_id)
