"""The time the simulated tenant lives in: a dial that may be turned on, never back."""

import math
import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cartoncloud_simulator.world.entities import ClockMode, Dial


class Clock:
    """Seconds that never step back, so that the order of changes and their times agree.

    A real clock passes as the machine's does, a fast one by a factor of it, a frozen one only when it is advanced, and
    a stepped one by a fixed step with every public call.
    """

    def __init__(self) -> None:
        now = time.time()
        self.dial = Dial(mode="real", moment=now, machine_time=now)
        self._last = 0.0

    def seconds(self) -> float:
        dial = self.dial
        moment = dial.moment
        if dial.speed:
            moment += (time.time() - dial.machine_time) * dial.speed
        if moment > self._last:
            self._last = moment
        return self._last

    def now(self) -> int:
        """Whole seconds since the epoch: the precision the wire has."""
        return int(self.seconds())

    def turn(self, mode: ClockMode, *, factor: float = 1, step_seconds: float = 1) -> None:
        """Pass time another way from now on."""
        speed = {"real": 1.0, "fast": factor}.get(mode, 0.0)
        self.dial = Dial(
            mode=mode, moment=self.seconds(), machine_time=time.time(), speed=speed, step_seconds=step_seconds
        )

    def resume(self, dial: Dial) -> None:
        """Continue as a journal tells; time that passes, has passed meanwhile."""
        self.dial = dial

    def move_to(self, moment: float) -> None:
        """Jump ahead; a moment that is over changes nothing."""
        if moment > self.seconds():
            dial = self.dial
            self.dial = Dial(dial.mode, moment, time.time(), dial.speed, dial.step_seconds)

    def step(self) -> bool:
        """Take one step if this clock goes by steps."""
        if self.dial.mode != "stepped":
            return False
        self.move_to(self.seconds() + self.dial.step_seconds)
        return True

    def machine_seconds_until(self, moment: float) -> float:
        """How long the machine has to wait for a moment; for ever where time stands still."""
        left = moment - self.seconds()
        if left <= 0:
            return 0.0
        return left / self.dial.speed if self.dial.speed else math.inf

    def never_before(self, moment: float) -> None:
        """Continue after the newest moment a journal tells of."""
        self._last = max(self._last, moment)


@lru_cache(maxsize=4096)
def format_time(moment: int, *, zone: str) -> str:
    return datetime.fromtimestamp(moment, get_zone(zone)).isoformat(timespec="seconds")


@lru_cache(maxsize=4096)
def format_plain_time(moment: int, *, zone: str) -> str:
    return datetime.fromtimestamp(moment, get_zone(zone)).strftime("%Y-%m-%d %H:%M:%S")


@lru_cache(maxsize=4096)
def format_day(moment: int, *, zone: str) -> str:
    return datetime.fromtimestamp(moment, get_zone(zone)).strftime("%Y-%m-%d")


def day_bounds(day: str, *, zone: str) -> tuple[float, float]:
    """The first moment of a day somewhere, and the first after it."""
    midnight, there = datetime.fromisoformat(day), get_zone(zone)
    begin = midnight.replace(tzinfo=there).timestamp()
    if midnight.date() == date.max:
        return begin, math.inf
    return begin, (midnight + timedelta(days=1)).replace(tzinfo=there).timestamp()


def format_precise_time(moment: float) -> str:
    seconds = int(moment)
    carried, microseconds = divmod(round((moment - seconds) * 1_000_000), 1_000_000)
    seconds += carried
    return f"{_format_second(seconds)}.{microseconds:06}+00:00"


@lru_cache(maxsize=64)
def _format_second(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=64)
def get_zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
