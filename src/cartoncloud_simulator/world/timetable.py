"""What is to happen at a later moment of the simulated time, earliest first."""

import heapq
from collections.abc import Callable
from itertools import count

from cartoncloud_simulator.world.clock import Clock

Action = Callable[[], None]


class Timetable:
    """Actions by moment; kept in memory, so whoever owns state puts its actions back after a restart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[tuple[float, int, Action]] = []
        self._numbers = count()

    def at(self, moment: float, action: Action) -> None:
        heapq.heappush(self._entries, (moment, next(self._numbers), action))

    def next_moment(self) -> float | None:
        return self._entries[0][0] if self._entries else None

    def run_due(self) -> bool:
        """Do what is due by now; says whether there was anything."""
        did = False
        while self._entries and self._entries[0][0] <= self._clock.seconds():
            heapq.heappop(self._entries)[2]()
            did = True
        return did
