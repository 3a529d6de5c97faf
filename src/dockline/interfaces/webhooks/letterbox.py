"""Where calls from outside wait while those before them are kept: they are kept together, and then answered.

A call costs several statements and a commit, and so do a hundred: with many at once each is answered sooner. Nobody is
told that a call was accepted before the transaction that keeps it is committed.
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone

from dockline.flows import webhooks
from dockline.flows.webhooks import Call, Taken

log = logging.getLogger(__name__)

MOST_TOGETHER = 100
MOST_BYTES = 64 * 1024 * 1024
"""What may wait; a flood of calls costs no more memory than this."""

CALL_BYTES = 4096
"""What a call counts for beside its body."""


class Keep(Protocol):
    """Keep calls, and say what became of each; nothing when it could not be kept and should come again."""

    def __call__(self, calls: Sequence[Call]) -> Sequence[Taken | None]: ...


def keep(calls: Sequence[Call]) -> list[Taken | None]:
    """Keep calls in one transaction; all of them should come again when the database cannot, or keys are missing."""
    if settings.KEY_RING.lacking:
        return [None] * len(calls)
    try:
        return [*webhooks.take_calls(calls, now=timezone.now())]
    except (InterfaceError, OperationalError) as error:
        log.warning("Webhooks could not be kept: %s", type(error).__name__)
        connections.close_all()
        return [None] * len(calls)


class Letterbox:
    """Keeps what is put into it, in one thread, as many at once as wait; for one event loop."""

    def __init__(self, keep: Keep = keep) -> None:
        self._keep = keep
        self._waiting: list[tuple[Call, asyncio.Future[Taken | None]]] = []
        self._bytes = 0
        self._emptying: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="letterbox")

    async def put(self, call: Call) -> Taken | None:
        """Keep a call, and say what became of it; nothing, too, when too much waits already."""
        size = len(call.body) + CALL_BYTES
        if self._bytes + size > MOST_BYTES:
            return None
        self._bytes += size
        kept: asyncio.Future[Taken | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, kept))
        if self._emptying is None:
            self._emptying = asyncio.create_task(self._empty())
        try:
            return await kept
        finally:
            self._bytes -= size

    async def _empty(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                outcomes = await loop.run_in_executor(self._thread, self._keep_some, [call for call, _ in some])
                for (_, kept), outcome in zip(some, outcomes, strict=True):
                    if not kept.done():
                        kept.set_result(outcome)
        finally:
            # Before anything is awaited, so that a call which comes now begins anew.
            self._emptying = None
            self._thread.submit(connections.close_all)

    def _keep_some(self, calls: Sequence[Call]) -> Sequence[Taken | None]:
        try:
            return self._keep(calls)
        except Exception:
            if len(calls) == 1:
                log.exception("A webhook could not be kept.")
                return [None]
        # One that breaks something breaks it for no other.
        return [outcome for call in calls for outcome in self._keep_some([call])]
