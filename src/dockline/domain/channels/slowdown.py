"""How much slower than agreed a far side wants us to create: learned from its refusals, forgotten as it accepts.

Who is refused learns it for all workers that speak to the channel. Where nobody is, it costs nothing: that there is a
pace to keep is read with what is read anyway, and only then is each turn taken from what all share.

Pure: moments are seconds on any one clock.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

SLOWER, FASTER = 1.5, 0.98
"""What a refusal makes of the time between two calls, and what an accepted one does."""

SHORTEST_BETWEEN = 0.01
"""Below this it is forgotten that there was anything to wait for."""

LONGEST_BETWEEN = 20.0


@dataclass
class Slowdown:
    """The time between two calls, when the next may leave, and until when none may."""

    between: float = 0.0
    next_at: float = 0.0
    quiet_until: float = 0.0
    taken_at: float | None = None
    gap: float = SHORTEST_BETWEEN

    def is_quiet(self, now: float) -> bool:
        """Whether nothing may leave, because we were asked to wait: whoever has a turn now takes another."""
        return now < self.quiet_until

    def take_turn(self, now: float) -> float:
        """Take the next turn and return in how many seconds it is."""
        turn = max(self.next_at, self.quiet_until, now)
        self.next_at = turn + self.between
        if self.taken_at is not None:
            self.gap = 0.9 * self.gap + 0.1 * min(turn - self.taken_at, LONGEST_BETWEEN)
        self.taken_at = turn
        return turn - now

    def hear_refusal(self, now: float, *, wait: float) -> None:
        """They told us to slow down, and for how long to say nothing."""
        is_news = now >= self.quiet_until
        self.quiet_until = max(self.quiet_until, now + wait)
        if is_news:
            # What was under way meanwhile tells of the same pace once more.
            self.between = min(max(self.between, self.gap, SHORTEST_BETWEEN) * SLOWER, LONGEST_BETWEEN)
            # Turns that were given beyond the quiet stay; who had one within it takes another behind them.
            self.next_at, self.taken_at = max(self.next_at, self.quiet_until), None

    def hear_answer(self) -> None:
        """They took one: a little faster from now on."""
        self.between = self.between * FASTER if self.between * FASTER >= SHORTEST_BETWEEN else 0.0


@dataclass(frozen=True)
class Shared:
    """Where all workers keep what they know: both say it with the moment it is, and what is changed is kept."""

    read: Callable[[], tuple[Slowdown, float]]
    change: Callable[[], AbstractContextManager[tuple[Slowdown, float]]]


class LearnedPace:
    """What this process knows of a channel's pace. Safe to use from several threads."""

    def __init__(self, shared: Shared, *, now: Callable[[], float] = time.monotonic) -> None:
        self.between = 0.0
        self._shared = shared
        self._now = now
        self._alone = Slowdown()
        """Measures how fast we are while there is no pace to keep."""
        self._accepted = 0
        self._lock = threading.Lock()

    def hear(self, between: float) -> None:
        """Somebody has read that there is a pace to keep. That there is none any more is seen when a turn is taken."""
        self.between = between or self.between

    def take_turn(self) -> float:
        """Take the next turn and return in how many seconds it is."""
        if not self.between:
            with self._lock:
                return self._alone.take_turn(self._now())
        with self._shared.change() as (slowdown, now):
            self._tell_answers(slowdown)
            wait = slowdown.take_turn(now)
        if not slowdown.between:
            with self._lock:
                self._alone = Slowdown(gap=slowdown.gap)
        self.between = slowdown.between
        return wait

    def is_quiet(self) -> bool:
        """Whether nothing may leave, because one of us was asked to wait: who waited for a turn takes another."""
        slowdown, now = self._shared.read()
        self.hear(slowdown.between)
        return slowdown.is_quiet(now)

    def hear_refusal(self, wait: float) -> None:
        """They told us to slow down, and for how long to say nothing."""
        with self._shared.change() as (slowdown, now):
            self._tell_answers(slowdown)
            if not slowdown.between:
                # Nobody was counting for all of us.
                slowdown.gap = self._alone.gap
            slowdown.hear_refusal(now, wait=wait)
        self.between = slowdown.between

    def hear_answer(self) -> None:
        """They took one. Told to the others with the next turn."""
        if self.between:
            with self._lock:
                self._accepted += 1

    def _tell_answers(self, slowdown: Slowdown) -> None:
        with self._lock:
            accepted, self._accepted = self._accepted, 0
        for _ in range(accepted):
            slowdown.hear_answer()
