"""The limit on outbound-order creations, per API client."""

import math
from collections import defaultdict, deque

from cartoncloud_simulator.rules.refusals import plain
from cartoncloud_simulator.world.world import World


class CreationLimit:
    """Counts creations in a rolling window."""

    def __init__(self) -> None:
        self._times: dict[str, deque[float]] = defaultdict(deque)

    def check(self, world: World, client_id: str) -> None:
        """Count this creation, or refuse it with 429."""
        settings = world.settings
        if not settings.outbound_rate_limit_enabled:
            return
        now = world.clock.seconds()
        times = self._times[client_id]
        while times and times[0] <= now - settings.outbound_rate_window_seconds:
            times.popleft()
        wait = 0.0
        if len(times) >= settings.outbound_rate_limit:
            wait = times[0] + settings.outbound_rate_window_seconds - now
        if times:
            wait = max(wait, times[-1] + settings.outbound_rate_strict_spacing_seconds - now)
        if wait <= 0:
            times.append(now)
            return
        if settings.outbound_rate_counts_refused:
            times.append(now)
        headers = {"Retry-After": str(math.ceil(wait))} if settings.retry_after_sent else {}
        raise plain(429, "Too many requests", **headers)
