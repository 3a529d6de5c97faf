"""Settings: documented, changed at run time for tenant and customer, refused by name, explained."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from cartoncloud_simulator.settings import CustomerSettings, Settings
from cartoncloud_simulator.settings_page import write_page
from cartoncloud_simulator.settings_sources import SOURCES
from cartoncloud_simulator.testing import RunningSimulator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulator" / "settings.md"


def test_every_setting_names_its_source_and_the_page_is_current() -> None:
    missing = set(Settings.__struct_fields__) - set(SOURCES)
    assert not missing, "name their section in settings_sources.py"
    assert not set(SOURCES) - set(Settings.__struct_fields__)
    assert PAGE.read_text() == write_page(), "run: cartoncloud-simulator settings > docs/simulator/settings.md"


def explain(running: RunningSimulator, name: str, customer: str = "") -> Any:
    query = f"?customer={customer}" if customer else ""
    shown = running.control.get(f"/settings/effective{query}")[name]
    return shown["value"], shown["from"]


def test_a_value_comes_from_default_tenant_or_customer(cartoncloud: RunningSimulator) -> None:
    control, customer = cartoncloud.control, cartoncloud.customer_id
    assert explain(cartoncloud, "shortage_policy", customer) == ("reject", "default")
    control.set(shortage_policy="drop")
    assert explain(cartoncloud, "shortage_policy", customer) == ("drop", "tenant")
    control.patch(f"/customers/{customer}", {"settings": {"shortage_policy": "await"}})
    assert explain(cartoncloud, "shortage_policy", customer) == ("await", "customer")
    assert explain(cartoncloud, "shortage_policy") == ("drop", "tenant")
    control.patch(f"/customers/{customer}", {"settings": {"shortage_policy": None}})
    control.set(shortage_policy=None)
    assert explain(cartoncloud, "shortage_policy", customer) == ("reject", "default")
    shown = control.get("/settings/effective")
    assert {name for name in shown if shown[name]["per_customer"]} == set(CustomerSettings.__struct_fields__)


@pytest.mark.parametrize(
    ("patch", "name"),
    [
        ({"shortage_police": "drop"}, "shortage_police"),
        ({"shortage_police": None}, "shortage_police"),
        ({"max_page_size": 0}, "max_page_size"),
    ],
)
def test_what_there_is_not_is_refused_by_its_name(
    cartoncloud: RunningSimulator, patch: dict[str, Any], name: str
) -> None:
    control, customer = f"{cartoncloud.base_url}/_sim", cartoncloud.customer_id
    before = cartoncloud.control.get(f"/settings/effective?customer={customer}")
    for path, body in (("/settings", patch), (f"/customers/{customer}", {"settings": patch})):
        answer = httpx2.patch(control + path, json=body)
        assert answer.status_code == 422 and answer.json()[0]["field"].endswith(f"/{name}")
    assert cartoncloud.control.get(f"/settings/effective?customer={customer}") == before
    assert httpx2.get(f"{control}/settings/effective?customer=nobody").status_code == 422
