"""The simulator inside a test: a server in a thread on a free port, with its credentials and a control client.

A pytest plugin: `-p cartoncloud_simulator.testing`, or `pytest_plugins = ["cartoncloud_simulator.testing"]`; where the
simulator is installed by itself, its fixture is there without either. The server is imported when a test asks for it.
"""

from __future__ import annotations

import contextlib
import http.client
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import pytest

if TYPE_CHECKING:
    from cartoncloud_simulator.simulator import Simulator

_START_SECONDS = 10
_ANSWER_SECONDS = 60


class ControlError(Exception):
    """The control plane refused; the text holds the field and the reason."""


class ControlClient:
    """Calls the control plane, from any thread; anything but success is a ControlError."""

    def __init__(self, base_url: str) -> None:
        self._address = urlsplit(base_url).netloc

    def get(self, path: str) -> Any:
        return self._call("GET", path, None)

    def post(self, path: str, body: Any = None) -> Any:
        return self._call("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self._call("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path, None)

    def set(self, **settings: Any) -> None:
        """Change settings by name."""
        self.patch("/settings", settings)

    def list_lines(self, path: str) -> list[Any]:
        """The JSON lines of `/ledger` or `/orders`."""
        return [msgspec.json.decode(line) for line in self._send("GET", path, None).splitlines()]

    def add_product(self, customer: str, code: str, **more: Any) -> str:
        row = {"code": code, "name": f"Product {code}", **more}
        added = self.post("/products", {"customer": customer, "products": [row]})
        return str(added["ids"][code])

    def add_stock(self, customer: str, code: str, quantity: int | str, **more: Any) -> None:
        """Receive one lot; `warehouse` among the rest names another than the default."""
        warehouse = more.pop("warehouse", None)
        row = {"code": code, "quantity": quantity, **more}
        self.post("/stock", {"customer": customer, "warehouse": warehouse, "rows": [row]})

    def stock_of(self, code: str) -> tuple[str, str, str]:
        """On hand, free and allocated of a code that lies in one warehouse."""
        (row,) = self.get(f"/stock?code={code}")
        return row["on_hand"], row["free"], row["allocated"]

    def _call(self, method: str, path: str, body: Any) -> Any:
        return msgspec.json.decode(self._send(method, path, body))

    def _send(self, method: str, path: str, body: Any) -> bytes:
        content = None if body is None else msgspec.json.encode(body)
        headers = {} if content is None else {"Content-Type": "application/json"}
        connection = http.client.HTTPConnection(self._address, timeout=_ANSWER_SECONDS)
        with contextlib.closing(connection):
            connection.request(method, f"/_sim{path}", content, headers)
            response = connection.getresponse()
            answer = response.read()
        if response.status != 200:
            raise ControlError(f"{response.status} {answer.decode()}")
        return answer


class ClockDial:
    """Turns the simulator's clock; what is due has happened when a call returns."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self._control.get("/clock")["now"])

    def freeze(self) -> None:
        """Let time stand still but for `advance`."""
        self._control.patch("/clock", {"mode": "frozen"})

    def run(self, factor: float = 1) -> None:
        """Let time pass, this many times as fast as the machine's."""
        self._control.patch("/clock", {"mode": "real"} if factor == 1 else {"mode": "fast", "factor": factor})

    def step(self, seconds: float) -> None:
        """Let time pass by this much with every public call, and not otherwise."""
        self._control.patch("/clock", {"mode": "stepped", "step_seconds": seconds})

    def advance(self, *, seconds: float = 0, hours: float = 0, days: float = 0) -> datetime:
        """Turn the clock on."""
        turned = self._control.post("/clock/advance", {"seconds": seconds, "hours": hours, "days": days})
        return datetime.fromisoformat(turned["now"])


class WeatherDial:
    """Makes things go wrong: one by one, or by a storm that replays from its seed."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def fault(self, operation: str, do: str, **more: Any) -> None:
        """Let the next call of this operation go wrong."""
        self._control.post("/faults", {"script": [{"operation": operation, "do": do, **more}]})

    @contextlib.contextmanager
    def storm(self, rates: dict[str, float], *, seed: int | None = None, **more: Any) -> Iterator[int]:
        """A storm for as long as the context lasts; its seed is handed in and, for the report of a failure, printed."""
        raised = self._control.post("/storm", {"rates": rates, "seed": seed, **more})["storm"]
        sys.stdout.write(f"storm seed {raised['seed']}\n")
        try:
            yield int(raised["seed"])
        finally:
            self._control.delete("/storm")

    def hits(self) -> dict[str, dict[str, int]]:
        """What the storm did so far, by operation and deed."""
        storm = self._control.get("/storm")["storm"]
        return dict(storm["hits"]) if storm else {}


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """Where the simulator is, and who may call it."""

    base_url: str
    tenant_id: str
    client_id: str
    client_secret: str
    customer_id: str
    warehouse_id: str
    control: ControlClient
    clock: ClockDial
    weather: WeatherDial
    simulator: Simulator


@contextlib.contextmanager
def running_simulator(
    *, folder: Path | None = None, fsync: bool = True, furnished: bool = False, port: int = 0, **fixed: str
) -> Iterator[RunningSimulator]:
    """Serve for as long as the context lasts; `tenant_id`, `client_id` and `client_secret` may be fixed."""
    from cartoncloud_simulator.server import Server
    from cartoncloud_simulator.simulator import Simulator

    simulator = Simulator(folder=folder, fsync=fsync, **fixed)
    if furnished and simulator.is_new:
        from cartoncloud_simulator import demo

        demo.furnish(simulator)
    ready = threading.Event()
    server = Server(simulator, host="127.0.0.1", port=port, on_ready=lambda base_url: ready.set())
    thread = threading.Thread(target=server.run_until_stopped, name="cartoncloud-simulator", daemon=True)
    thread.start()
    try:
        if not ready.wait(_START_SECONDS):
            raise TimeoutError("The simulator did not start")
        world = simulator.world
        control = ControlClient(server.base_url)
        yield RunningSimulator(
            base_url=server.base_url,
            tenant_id=world.tenant.id,
            client_id=simulator.main_client.id,
            client_secret=simulator.main_client.secret,
            customer_id=next(iter(world.customers)),
            warehouse_id=world.default_warehouse().id,
            control=control,
            clock=ClockDial(control),
            weather=WeatherDial(control),
            simulator=simulator,
        )
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)


@pytest.fixture
def cartoncloud_simulator() -> Iterator[RunningSimulator]:
    """A fresh, empty tenant: one customer, one warehouse, one client that may do everything."""
    with running_simulator() as running:
        yield running
