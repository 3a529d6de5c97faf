"""One simulator for all tests here; every test gets a customer of its own and leaves the settings as they were."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import msgspec
import pytest

from cartoncloud_simulator.settings import Settings
from cartoncloud_simulator.testing import RunningSimulator, running_simulator
from tests.simulator.caller import Caller
from tests.simulator.fidelity.calls import Tenant

_numbers = count(1)


@pytest.fixture(scope="session")
def shared() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def api(shared: RunningSimulator) -> Iterator[Caller]:
    """A caller who may do everything, working for a customer nobody else knows."""
    shared.control.patch("/settings", {**msgspec.to_builtins(Settings()), "outbound_rate_limit_enabled": False})
    number = next(_numbers)
    customer = shared.control.post("/customers", {"name": f"Customer {number}", "code": f"CODE{number}"})
    with Caller(replace(shared, customer_id=customer["id"])) as caller:
        yield caller
    shared.control.delete("/faults")


@pytest.fixture
def tenant(api: Caller) -> Iterator[Tenant]:
    """Further clients, customers and warehouses on demand."""
    with Tenant(api) as opened:
        yield opened


@pytest.fixture
def stocked(api: Caller) -> Caller:
    """100 pieces each of A and B; A also comes in cartons of 12."""
    units = {"EA": {"baseQty": 1, "name": "Each"}, "CTN": {"baseQty": 12, "name": "Carton"}}
    for code, more in (("A", {"units": units}), ("B", {})):
        api.running.control.add_product(api.running.customer_id, code, **more)
        api.running.control.add_stock(api.running.customer_id, code, 100)
    return api


@pytest.fixture
def dock(api: Caller) -> Caller:
    """Products A, also in cartons of 12, and B; nothing in stock."""
    units = {"EA": {"baseQty": 1, "name": "Each"}, "CTN": {"baseQty": 12, "name": "Carton"}}
    api.running.control.add_product(api.running.customer_id, "A", units=units)
    api.running.control.add_product(api.running.customer_id, "B", units=units)
    return api


@pytest.fixture
def scarce(api: Caller) -> Caller:
    """18 of A that expire soon, 12 that expire later, 99 that have expired; 2.5 of B, of which there are thirds."""
    control, customer = api.running.control, api.running.customer_id
    control.add_product(customer, "A")
    control.add_product(customer, "B", units={"EA": {"baseQty": 1}, "ODD": {"baseQty": 0.333333, "name": "A third"}})
    control.add_stock(customer, "A", 12, expiry="2041-01-31", batch="LATE")
    control.add_stock(customer, "A", 18, expiry="2040-11-30", batch="SOON")
    control.add_stock(customer, "A", 99, expiry="2020-01-01", batch="GONE")
    control.add_stock(customer, "B", "2.5")
    return api
