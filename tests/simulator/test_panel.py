"""What the panel is made of: pages under a strict policy, acts that are calls of the control plane, bounded lists."""

import json
import re
import urllib.request
from pathlib import Path
from typing import get_args

import httpx2
import pytest
from starlette.routing import Match

import cartoncloud_simulator
from cartoncloud_simulator.control.routes import build_routes
from cartoncloud_simulator.testing import ControlError, RunningSimulator
from cartoncloud_simulator.weather.faults import Deed
from tests.simulator.caller import Caller, line

STATIC = Path(cartoncloud_simulator.__file__).parent / "panel" / "static"
ACTS = json.loads((STATIC / "acts.json").read_text())
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def test_a_browser_gets_the_page_and_a_program_the_ways_on(cartoncloud: RunningSimulator) -> None:
    page = httpx2.get(f"{cartoncloud.base_url}/_sim", headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert httpx2.get(f"{cartoncloud.base_url}/_sim").json()["openapi"] == "/_sim/openapi.json"


def test_nothing_from_elsewhere_and_nothing_inline(cartoncloud: RunningSimulator) -> None:
    policy = httpx2.get(f"{cartoncloud.base_url}/_sim", headers=BROWSER).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules.pop("default-src") == "'none'"
    assert set(rules.values()) == {"'self'", "'none'"}
    for path in STATIC.iterdir():
        text = path.read_text()
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg|127\.0\.0\.1)", text), path.name
        assert not re.search(r"<style|\sstyle=|\son\w+=\"|innerHTML|eval\(", text), path.name


@pytest.mark.parametrize("name", ["nothing.js", "..%2froutes.py", "%2e%2e", "__init__.py"])
def test_only_its_own_files_are_served(name: str, cartoncloud: RunningSimulator) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{cartoncloud.base_url}/_sim/panel/{name}")


@pytest.mark.parametrize("name", ACTS)
def test_every_act_is_a_call_of_the_control_plane_and_documented(name: str, cartoncloud: RunningSimulator) -> None:
    act = ACTS[name]
    scope = {
        "type": "http",
        "method": act["method"],
        "path": "/_sim" + act["path"].translate(str.maketrans("{}", "xx")),
    }
    routes = [route for route in build_routes(cartoncloud.simulator) if route.matches(scope)[0] is Match.FULL]
    answer = httpx2.request("OPTIONS", f"{cartoncloud.base_url}{scope['path']}")
    assert routes
    assert act["method"] in answer.headers["allow"].split(", ")


def test_a_fault_of_every_kind_can_be_chosen() -> None:
    (chosen,) = (field["choices"] for field in ACTS["break"]["fields"] if field["name"] == "script.0.do")
    assert sorted(chosen) == sorted(get_args(Deed))


def test_lists_come_by_page_newest_first(api: Caller, cartoncloud: RunningSimulator) -> None:
    cartoncloud.control.add_product(cartoncloud.customer_id, "A")
    cartoncloud.control.add_stock(cartoncloud.customer_id, "A", 100)
    for number in range(7):
        api.create(f"SO-{number}", line("A", 1))
    cartoncloud.control.post("/crew/step", {"orders": 2})

    def references(query: str) -> list[str]:
        rows = cartoncloud.control.get(f"/lists/outbound-orders?{query}")["rows"]
        return [row["reference"] for row in rows]

    assert references("size=3") == ["SO-6", "SO-5", "SO-4"]
    assert references("size=3&page=3") == ["SO-0"]
    assert references("size=3&page=4") == []
    assert references("status=DISPATCHED") == ["SO-1", "SO-0"]
    assert references("q=so-3") == ["SO-3"]
    assert references(f"q={api.search('outbound-orders')[5]['id'][:8]}") == ["SO-5"]
    assert references("status=DISPATCHED&q=so-1") == ["SO-1"]
    first = cartoncloud.control.get("/lists/outbound-orders?size=3")
    assert (first["total"], first["pages"]) == (7, 3)
    assert first["statuses"] == {"AWAITING_PICK_AND_PACK": 5, "DISPATCHED": 2}
    assert len(cartoncloud.control.get("/lists/outbound-orders?size=100000")["rows"]) == 7
    with pytest.raises(ControlError, match=r"404 .*outbound-orders"):
        cartoncloud.control.get("/lists/nonsense")


def test_the_wire_is_listed_without_bodies(api: Caller, cartoncloud: RunningSimulator) -> None:
    api.get("/customers")
    (row,) = cartoncloud.control.get("/lists/wire?q=list_customers")["rows"]
    assert (row["method"], row["status"]) == ("GET", 200)
    assert {"request", "answer"}.isdisjoint(row)


def test_settings_are_described_by_type_choice_and_default(cartoncloud: RunningSimulator) -> None:
    schema = cartoncloud.control.get("/settings/schema")
    assert schema["properties"].keys() == cartoncloud.control.get("/settings").keys()
    assert schema["properties"]["report_fails"]["chapter"] == "Reports"
    assert schema["properties"]["report_fails"]["default"] is False
