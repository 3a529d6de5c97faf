"""The time the simulated tenant lives in."""

import time
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


class Clock:
    """Wall time that never steps back, so that modification order and modification time agree."""

    def __init__(self) -> None:
        self._last = 0.0

    def seconds(self) -> float:
        self._last = max(self._last, time.time())
        return self._last

    def now(self) -> int:
        """Whole seconds since the epoch: the precision the wire has."""
        return int(self.seconds())

    def never_before(self, moment: float) -> None:
        """Continue after the newest moment a journal tells of."""
        self._last = max(self._last, moment)


def format_time(moment: int, *, zone: str) -> str:
    return datetime.fromtimestamp(moment, get_zone(zone)).isoformat(timespec="seconds")


def format_plain_time(moment: int, *, zone: str) -> str:
    return datetime.fromtimestamp(moment, get_zone(zone)).strftime("%Y-%m-%d %H:%M:%S")


def format_day(moment: int, *, zone: str) -> str:
    return datetime.fromtimestamp(moment, get_zone(zone)).strftime("%Y-%m-%d")


def format_precise_time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")


@lru_cache(maxsize=64)
def get_zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
