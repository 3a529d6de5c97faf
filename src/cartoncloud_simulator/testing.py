"""The simulator inside a test: a server in a thread on a free port, with its credentials and a control client.

Use the fixture with `pytest_plugins = ["cartoncloud_simulator.testing"]` or by importing `cartoncloud`.
"""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from cartoncloud_simulator import demo
from cartoncloud_simulator.server import Server
from cartoncloud_simulator.simulator import Simulator

_START_SECONDS = 10


class ControlError(Exception):
    """The control plane refused; the text holds the field and the reason."""


class ControlClient:
    """Calls the control plane; anything but success is a ControlError."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx2.Client(base_url=f"{base_url}/_sim", timeout=60)

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
        response = self._http.get(path)
        return [msgspec.json.decode(line) for line in response.raise_for_status().content.splitlines()]

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

    def close(self) -> None:
        self._http.close()

    def _call(self, method: str, path: str, body: Any) -> Any:
        content = None if body is None else msgspec.json.encode(body)
        response = self._http.request(method, path, content=content)
        if response.status_code != 200:
            raise ControlError(f"{response.status_code} {response.text}")
        return response.json()


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
    simulator: Simulator


@contextlib.contextmanager
def running_simulator(
    *, folder: Path | None = None, furnished: bool = False, port: int = 0
) -> Iterator[RunningSimulator]:
    """Serve for as long as the context lasts."""
    simulator = Simulator(folder=folder)
    if furnished and simulator.is_new:
        demo.furnish(simulator)
    ready = threading.Event()
    server = Server(simulator, host="127.0.0.1", port=port, on_ready=lambda base_url: ready.set())
    thread = threading.Thread(target=server.run_until_stopped, name="cartoncloud-simulator", daemon=True)
    thread.start()
    control = ControlClient(server.base_url)
    try:
        if not ready.wait(_START_SECONDS):
            raise TimeoutError("The simulator did not start")
        world = simulator.world
        yield RunningSimulator(
            base_url=server.base_url,
            tenant_id=world.tenant.id,
            client_id=simulator.main_client.id,
            client_secret=simulator.main_client.secret,
            customer_id=next(iter(world.customers)),
            warehouse_id=world.default_warehouse().id,
            control=control,
            simulator=simulator,
        )
    finally:
        control.close()
        server.should_exit = True
        thread.join(_START_SECONDS)


@pytest.fixture
def cartoncloud() -> Iterator[RunningSimulator]:
    """A fresh, empty tenant: one customer, one warehouse, one client that may do everything."""
    with running_simulator() as running:
        yield running
