"""Group commit: whoever waits for the disk shares one synchronisation with all who wait at the same time."""

import asyncio
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor


class GroupSync:
    """Synchronises some open files off the event loop; while one run is under way, those who come wait for the next."""

    def __init__(self, handles: Iterable[int]) -> None:
        self._handles = tuple(handles)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="simulator-sync")
        self._written = 0
        self._synced = 0
        self._run: asyncio.Future[None] | None = None

    def mark_written(self) -> None:
        """Something was written that is to be synchronised."""
        self._written += 1

    async def wait(self) -> None:
        """Return when all that is written by now is on disk."""
        target = self._written
        while self._synced < target:
            if self._run is None:
                self._run = asyncio.ensure_future(self._sync())
            await asyncio.shield(self._run)

    async def _sync(self) -> None:
        upto = self._written
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._sync_files)
            self._synced = upto
        finally:
            self._run = None

    def _sync_files(self) -> None:
        for handle in self._handles:
            os.fsync(handle)

    def close(self) -> None:
        self._thread.shutdown()
        self._sync_files()
