"""How much slower than agreed a far side wants us to create: learned from its refusals, forgotten as it accepts.

Pure: moments are seconds on any clock that does not jump. One for each open channel, whose orders one job sends.
"""

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
