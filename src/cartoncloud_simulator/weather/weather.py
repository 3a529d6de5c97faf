"""The weather over one simulator: the script first, the storm for whatever it leaves."""

import secrets
from typing import Any

import msgspec

from cartoncloud_simulator.weather.faults import Fault, Script
from cartoncloud_simulator.weather.storm import Gale, Storm

_LARGEST_SEED = 2**31


class Weather:
    """Kept in memory alone: after a restart the sky is clear."""

    def __init__(self) -> None:
        self.script = Script()
        self._gale: Gale | None = None

    @property
    def is_clear(self) -> bool:
        """Whether nothing can befall a call now."""
        return not self.script and self._gale is None

    def take(self, operation: str) -> Fault | None:
        """What befalls this call, if anything."""
        if self.script and (fault := self.script.take(operation)) is not None:
            return fault
        return self._gale.take(operation) if self._gale else None

    def raise_storm(self, storm: Storm) -> None:
        """Begin a storm in place of any other; its calls are counted from one."""
        if storm.seed is None:
            storm = msgspec.structs.replace(storm, seed=secrets.randbelow(_LARGEST_SEED))
        self._gale = Gale(storm)

    @property
    def storm(self) -> Storm | None:
        return self._gale.storm if self._gale else None

    def calm(self) -> None:
        self._gale = None

    def describe_storm(self) -> dict[str, Any] | None:
        return self._gale.describe() if self._gale else None
