"""The CartonCloud simulator as a far side for the conformance suite."""

import contextlib
import json
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from dockline.connectors.cartoncloud.connector import CartonCloud
from dockline.connectors.cartoncloud.spec import SPEC
from dockline.connectors.contract.messages import ProductMessage
from dockline.connectors.toolkit.far_side import (
    CANCEL,
    CANCEL_PURCHASE,
    EXPORT,
    EXPORT_PURCHASE,
    FIND,
    FIND_PURCHASE,
    PRODUCT,
    REPORT,
)

from ..support.connector_runtime import MemoryRuntime

_OPERATIONS = {
    EXPORT: "create_order",
    FIND: "search_orders",
    CANCEL: "delete_order",
    PRODUCT: "create_product",
    REPORT: "get_report",
    EXPORT_PURCHASE: "create_inbound_order",
    FIND_PURCHASE: "search_inbound_orders",
    CANCEL_PURCHASE: "delete_inbound_order",
}
_LABELS = {
    EXPORT: "POST /outbound-orders",
    FIND: "POST /outbound-orders/search",
    CANCEL: "DELETE /outbound-orders/{id}",
    PRODUCT: "POST /warehouse-products",
    EXPORT_PURCHASE: "POST /inbound-orders",
    CANCEL_PURCHASE: "DELETE /inbound-orders/{id}",
}


class Simulator:
    """One running simulator process and its control plane."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts
        self.base_url: str = facts["base_url"]
        self.customer_id: str = facts["customers"][0]["id"]

    def control(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base_url}/_sim{path}", data=data, method=method)
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read().decode()
        if "ledger" in path:
            return [json.loads(line) for line in text.splitlines()]
        return json.loads(text) if text else None

    def control_lines(self, path: str) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.base_url}/_sim{path}", timeout=10) as answer:
            return [json.loads(line) for line in answer.read().decode().splitlines()]


@contextlib.contextmanager
def running() -> Iterator[Simulator]:
    command = [sys.executable, "-m", "cartoncloud_simulator.cli", "serve", "--json", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            simulator = Simulator(json.loads(process.stdout.readline()))
            simulator.control("PATCH", "/settings", {"outbound_rate_limit_enabled": False, "report_delay_seconds": 0})
            yield simulator
        finally:
            process.terminate()


class FarCartonCloud:
    """Fulfils the suite's `FarSide`. Each one has a customer of its own, so that tests do not meet."""

    spec = SPEC
    answers = True

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.customer_name = f"Customer {uuid.uuid4()}"
        self.customer_id = simulator.control("POST", "/customers", {"name": self.customer_name})["id"]
        self.runtimes: list[MemoryRuntime] = []
        simulator.control("DELETE", "/faults")
        simulator.control("POST", "/requests/reset")

    def close(self) -> None:
        for runtime in self.runtimes:
            runtime.http.close()

    def settings(self) -> dict[str, Any]:
        facts = self.simulator.facts
        return {
            "api_url": facts["base_url"],
            "client_id": facts["client_id"],
            "client_secret": facts["client_secret"],
            "tenant_id": facts["tenant_id"],
            "customer_name": self.customer_name,
            "warehouse_name": facts["warehouses"][0]["name"],
            "orders_per_minute": 0,
        }

    def wrong_settings(self) -> Mapping[str, dict[str, Any]]:
        right = self.settings()
        return {
            "api_url": {**right, "api_url": "http://127.0.0.1:1"},
            "client_secret": {**right, "client_secret": "surely-not-the-secret"},
            "tenant_id": {**right, "tenant_id": str(uuid.uuid4())},
            "customer_name": {**right, "customer_name": self.customer_name.lower()},
            "warehouse_name": {**right, "warehouse_name": "No such warehouse"},
        }

    def open(self, settings: Mapping[str, Any] | None = None, *, deadline_seconds: float = 10.0) -> CartonCloud:
        parsed = SPEC.settings.model_validate(dict(settings or self.settings()))
        self.runtimes.append(MemoryRuntime(SPEC, parsed, deadline_seconds=deadline_seconds))
        return CartonCloud(parsed, self.runtimes[-1], sleep=lambda seconds: None)  # type: ignore[arg-type]

    def stock_up(self, product: ProductMessage, quantity: Decimal, *, lot: str = "") -> None:
        units = {unit.code: {"baseQty": float(unit.base_quantity), "name": unit.name} for unit in product.units}
        rows = [{"code": product.sku, "name": product.name, "units": units}]
        self.simulator.control("POST", "/products", {"customer": self.customer_id, "products": rows})
        stock = {"code": product.sku, "quantity": str(quantity)} | ({"batch": lot} if lot else {})
        self.simulator.control("POST", "/stock", {"customer": self.customer_id, "rows": [stock]})

    def let_cancel(self, allowed: bool) -> None:
        statuses = ["REJECTED", "DRAFT", "AWAITING_PICK_AND_PACK"] if allowed else ["REJECTED"]
        self.simulator.control(
            "PATCH", f"/customers/{self.customer_id}", {"settings": {"overridable_statuses": statuses}}
        )

    def ship(self, external_id: str) -> None:
        self.simulator.control("POST", f"/orders/{external_id}/dispatch", {})

    def count_shipments(self, reference: str) -> int:
        return sum(
            entry["event"] == "accepted"
            and entry["reference"] == reference
            and entry["customer_id"] == self.customer_id
            for entry in self.simulator.control("GET", "/ledger?after=0")
        )

    def take_in(self, external_id: str) -> None:
        self.simulator.control("POST", f"/inbound-orders/{external_id}/verify", {})

    def let_go_of_purchases(self) -> None:
        # The same setting lets a second order of a reference take the place of the first: not before it is needed.
        settings = {"inbound_overridable_statuses": ["REJECTED", "DRAFT", "NOT_YET_RECEIVED"]}
        self.simulator.control("PATCH", f"/customers/{self.customer_id}", {"settings": settings})

    def count_purchases(self, reference: str) -> int:
        lines = self.simulator.control_lines("/inbound-orders")
        return sum(one["reference"] == reference and one["customer_id"] == self.customer_id for one in lines)

    def count_requests(self, operation: str) -> int:
        counted: dict[str, dict[str, int]] = self.simulator.control("GET", "/requests")
        return sum(counted.get(_LABELS[operation], {}).values())

    def lose_answer(self, operation: str) -> None:
        self._spoil({"operation": _OPERATIONS[operation], "do": "lose_answer"})

    def lose_request(self, operation: str) -> None:
        self._spoil({"operation": _OPERATIONS[operation], "do": "reset_before"})

    def keep_silent(self, operation: str, seconds: float) -> None:
        self._spoil({"operation": _OPERATIONS[operation], "do": "late_answer", "delay_seconds": seconds})

    @contextlib.contextmanager
    def lagging_searches(self) -> Iterator[None]:
        with self._set(search_lag_seconds=3600):
            yield

    @contextlib.contextmanager
    def short_pages(self, *, slipping: bool = False) -> Iterator[None]:
        with self._set(max_page_size=2):
            if slipping:
                self._spoil({"operation": _OPERATIONS[FIND], "do": "shift_pages", "shift": 1, "times": 1000})
            yield
            self.simulator.control("DELETE", "/faults")

    def answer_next(
        self, operation: str, status: int, *, body: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        fault = {"operation": _OPERATIONS[operation], "do": "status", "status": status}
        self._spoil({**fault, "body": body, "headers": dict(headers or {})})

    def kept_texts(self) -> Sequence[str]:
        return [text for runtime in self.runtimes for text in runtime.kept_texts()]

    @contextlib.contextmanager
    def _set(self, **settings: int) -> Iterator[None]:
        before = self.simulator.control("GET", "/settings")
        self.simulator.control("PATCH", "/settings", settings)
        try:
            yield
        finally:
            self.simulator.control("PATCH", "/settings", {name: before[name] for name in settings})

    def _spoil(self, fault: Mapping[str, Any]) -> None:
        self.simulator.control("POST", "/faults", {"script": [fault]})
