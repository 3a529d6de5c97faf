"""One running simulator: the tenant's state and everything that works on it."""

import asyncio
import secrets
from pathlib import Path

from cartoncloud_simulator.api.rate_limit import CreationLimit
from cartoncloud_simulator.api.tokens import Tokens
from cartoncloud_simulator.api.traffic import Traffic
from cartoncloud_simulator.api.wire_log import WireLog
from cartoncloud_simulator.crew import Crew
from cartoncloud_simulator.rules import purge, reports
from cartoncloud_simulator.weather.weather import Weather
from cartoncloud_simulator.webhooks.webhooks import Webhooks
from cartoncloud_simulator.world.entities import ROLES, Client, Customer, Warehouse
from cartoncloud_simulator.world.world import World, new_id

_PULSE_SECONDS = 0.05


class Simulator:
    """Owns the state; with a data folder it continues where it was left."""

    def __init__(
        self,
        *,
        folder: Path | None = None,
        fsync: bool = True,
        tenant_id: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
    ) -> None:
        self.world = World(folder, fsync=fsync)
        self.tokens = Tokens(self.world)
        self.creation_limit = CreationLimit()
        self.weather = Weather(self.world)
        self.wire = WireLog(self.world, folder)
        self.webhooks = Webhooks(self.world, self.weather, self.wire)
        self.is_stopping = False
        self.traffic = Traffic()
        self.crew = Crew(self.world)
        self._advancing = asyncio.Lock()
        self.is_new = self.world.is_new
        if self.is_new:
            _found_tenant(self.world)
        self._fix_credentials(tenant_id, client_id, client_secret)
        for run in self.world.report_runs.values():
            reports.schedule(self.world, run)
        purge.schedule(self.world)
        self.world.commit()

    @property
    def main_client(self) -> Client:
        return next(iter(self.world.clients.values()))

    def catch_up(self) -> None:
        """Do what has become due; cheap while nothing has."""
        if self.world.timetable.run_due():
            self.world.commit()

    async def keep_time(self) -> None:
        """Do what becomes due, asked for or not."""
        while True:
            self.catch_up()
            await asyncio.sleep(_PULSE_SECONDS)

    async def advance_to(self, target: float) -> None:
        """Turn the clock on to a moment; everything due on the way happens at its own time, before this returns."""
        world = self.world
        async with self._advancing:
            while (moment := self._next_due()) is not None and moment <= target:
                world.clock.move_to(moment)
                self.catch_up()
                self.crew.work_if_due()
                await self.webhooks.settle()
                await asyncio.sleep(0)
            world.clock.move_to(target)
            await self.webhooks.settle()
            world.note(world.clock.dial)
            world.commit()

    def _next_due(self) -> float | None:
        moments = (self.world.timetable.next_moment(), self.crew.next_due())
        return min((moment for moment in moments if moment is not None), default=None)

    def close(self) -> None:
        self.crew.stop()
        self.wire.close()
        self.world.close()

    def _fix_credentials(self, tenant_id: str | None, client_id: str | None, client_secret: str | None) -> None:
        world = self.world
        if tenant_id and tenant_id != world.tenant.id:
            world.tenant.id = tenant_id
            world.save(world.tenant)
        client = self.main_client
        if (client_id and client_id != client.id) or (client_secret and client_secret != client.secret):
            others = [other for other in world.clients.values() if other is not client]
            world.remove("client", client.id)
            client.id = client_id or client.id
            client.secret = client_secret or client.secret
            client.generation += 1
            for known in (client, *others):
                world.clients.pop(known.id, None)
                world.save(known)


def _found_tenant(world: World) -> None:
    address = {
        "id": new_id(),
        "companyName": "Brisbane DC",
        "address1": "1 Depot Street",
        "suburb": "Yatala",
        "country": {"name": "Australia", "iso2Code": "AU", "iso3Code": "AUS"},
    }
    world.save(world.tenant)
    world.save(Warehouse(id=new_id(), name="Brisbane DC", timezone="Australia/Brisbane", address=address))
    world.save(Customer(id=new_id(), name="Bluegum Pantry", code="BLUEGUM"))
    world.save(new_client("Hub integration"))


def new_client(name: str) -> Client:
    """An API client with every role, seeing everything."""
    return Client(id=new_id(), secret=secrets.token_urlsafe(32), name=name, roles=list(ROLES))
