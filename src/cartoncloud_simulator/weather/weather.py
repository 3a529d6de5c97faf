"""The weather over one simulator: the script first, the storm for whatever it leaves."""

import secrets
from typing import Any

import msgspec

from cartoncloud_simulator.weather.faults import Fault, Script
from cartoncloud_simulator.weather.storm import Course, Gale, Storm
from cartoncloud_simulator.world.world import World

_LARGEST_SEED = 2**31


class Weather:
    """Kept with the tenant: after a restart script and storm go on where they were."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._script = Script(msgspec.json.decode(world.told("script") or b"[]", type=list[Fault]))
        course = msgspec.json.decode(world.told("storm") or b"null", type=Course | None)
        self._gale = Gale(course) if course else None

    @property
    def is_clear(self) -> bool:
        """Whether nothing can befall a call now."""
        return not self._script and self._gale is None

    def take(self, operation: str) -> Fault | None:
        """What befalls this call, if anything; it is kept with whatever is committed next."""
        if self._script and (fault := self._script.take(operation)) is not None:
            self._keep_script()
            return fault
        if self._gale is None or not self._gale.storm.covers(operation):
            return None
        fault = self._gale.take(operation)
        self._keep_storm()
        return fault

    def add_faults(self, faults: list[Fault]) -> None:
        self._script.add(faults)
        self._keep_script()

    def clear_faults(self) -> None:
        self._script.clear()
        self._keep_script()

    def describe_script(self) -> list[dict[str, Any]]:
        return self._script.describe()

    def raise_storm(self, storm: Storm) -> None:
        """Begin a storm in place of any other; its calls are counted from one."""
        if storm.seed is None:
            storm = msgspec.structs.replace(storm, seed=secrets.randbelow(_LARGEST_SEED))
        self._gale = Gale(Course(storm))
        self._keep_storm()

    @property
    def storm(self) -> Storm | None:
        return self._gale.storm if self._gale else None

    def calm(self) -> None:
        self._gale = None
        self._keep_storm()

    def describe_storm(self) -> dict[str, Any] | None:
        return self._gale.describe() if self._gale else None

    def _keep_script(self) -> None:
        self._world.tell("script", self._script.describe())

    def _keep_storm(self) -> None:
        self._world.tell("storm", self._gale.course if self._gale else None)
