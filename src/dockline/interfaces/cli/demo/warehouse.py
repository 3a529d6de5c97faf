"""The simulated warehouse of the demo: a process of its own, reached over HTTP like any other."""

import json
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2


class Warehouse:
    """A running CartonCloud simulator and its control plane."""

    def __init__(self, folder: Path, *, fresh_seconds: float = 30.0) -> None:
        command = [sys.executable, "-m", "cartoncloud_simulator.cli", "serve", "--json", "--port", "0"]
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--data", str(folder)], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._process.stdout is not None, "a pipe was asked for"
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The simulator did not start.")
        self.access: dict[str, Any] = json.loads(line)
        self.address: str = self.access["base_url"]
        self._http = httpx2.Client(base_url=f"{self.address}/_sim", timeout=fresh_seconds, trust_env=False)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Call the control plane."""
        return self._http.post(path, json=body).raise_for_status().json()

    def set(self, **settings: Any) -> None:
        """Change the simulator's settings."""
        self._http.patch("/settings", json=settings).raise_for_status()

    def add_stock(self, customer: str, quantities: Mapping[tuple[str, str], Decimal]) -> None:
        """Receive goods: so much of each SKU and lot."""
        rows = [{"code": sku, "batch": lot, "quantity": str(quantity)} for (sku, lot), quantity in quantities.items()]
        self.post("/stock", {"customer": customer, "rows": rows})

    def list_lines(self, path: str) -> list[dict[str, Any]]:
        """Read the ledger, or the live orders."""
        return [json.loads(line) for line in self._http.get(path).raise_for_status().text.splitlines()]

    def get(self, path: str) -> Any:
        """Read from the control plane."""
        return self._http.get(path).raise_for_status().json()

    def stop(self) -> None:
        """End the process."""
        self._http.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
