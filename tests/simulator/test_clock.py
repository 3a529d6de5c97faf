"""Time as a dial: frozen, fast, stepped, advanced, and what becomes due on the way."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cartoncloud_simulator.testing import RunningSimulator, running_simulator
from tests.simulator.caller import Caller, line


def start_report(api: Caller) -> str:
    report = {"type": "STOCK_ON_HAND", "parameters": {"customer": {"id": api.running.customer_id}}}
    return str(api.post("/report-runs", report).json()["id"])


def live_long(api: Caller, days: int) -> None:
    """Get a token that outlives what is to come."""
    api.running.control.set(token_seconds=86_400 * days)
    api.renew_token((api.running.client_id, api.running.client_secret))


def test_a_frozen_clock_stands_until_it_is_advanced(api: Caller) -> None:
    clock = api.running.clock
    clock.freeze()
    before = clock.now
    assert clock.now == before
    assert clock.advance(seconds=90) == before + timedelta(seconds=90)
    assert clock.now == before + timedelta(seconds=90)


def test_a_week_passes_at_once_and_everything_due_has_happened(api: Caller) -> None:
    running = api.running
    control, clock = running.control, running.clock
    control.set(report_delay_seconds=3600)
    live_long(api, days=6)
    clock.freeze()
    control.add_product(running.customer_id, "A")
    control.add_stock(running.customer_id, "A", 50, expiry=str((clock.now + timedelta(days=3)).date()))
    control.add_stock(running.customer_id, "A", 5)
    run = start_report(api)
    assert api.get(f"/report-runs/{run}").json()["status"] == "IN_PROCESS"
    orders = [api.create(f"SO-{number}", line("A", 1)).json()["id"] for number in range(5)]
    control.post("/crew", {"running": True, "orders_per_second": 1 / 3600})
    assert [control.get(f"/orders/{order}")["status"] for order in orders[1:]] == ["AWAITING_PICK_AND_PACK"] * 4

    clock.advance(days=5)

    packed = [control.get(f"/orders/{order}") for order in orders]
    assert [order["status"] for order in packed] == ["DISPATCHED"] * 5
    assert len({order["dispatched_at"][:13] for order in packed}) == 5  # an hour each
    assert api.get(f"/report-runs/{run}").json()["status"] == "SUCCESS"
    assert api.create("SO-late", line("A", 6)).status_code == 228  # the dated lot has expired
    clock.advance(days=3)
    assert api.get(f"/report-runs/{run}").status_code == 401  # the token has
    api.renew_token((running.client_id, running.client_secret))
    assert api.get(f"/report-runs/{run}").status_code == 404


def test_limits_and_search_lag_follow_the_clock(api: Caller) -> None:
    running = api.running
    running.control.set(outbound_rate_limit=1, search_lag_seconds=30)
    running.clock.freeze()
    running.control.add_product(running.customer_id, "A")
    running.control.add_stock(running.customer_id, "A", 50)
    assert [api.create(f"SO-{number}", line("A", 1)).status_code for number in (1, 2)] == [201, 429]
    assert api.search("outbound-orders") == []
    running.clock.advance(seconds=60)
    assert len(api.search("outbound-orders")) == 1
    assert api.create("SO-2", line("A", 1)).status_code == 201


def test_a_stepped_clock_moves_with_every_public_call_alone(api: Caller) -> None:
    clock = api.running.clock
    clock.step(10)
    before = clock.now
    for _ in range(3):
        api.get("/customers")
    assert clock.now == before + timedelta(seconds=30)


def test_a_fast_clock_runs_ahead_of_the_machine(api: Caller) -> None:
    api.running.control.set(report_delay_seconds=100_000)
    live_long(api, days=10_000)
    run = start_report(api)
    api.running.clock.run(factor=1_000_000)
    while (answer := api.get(f"/report-runs/{run}").json())["status"] == "IN_PROCESS":
        pass
    assert answer["status"] == "SUCCESS"
    assert api.running.control.get("/clock")["factor"] == 1_000_000


def test_the_clock_never_steps_back(cartoncloud: RunningSimulator) -> None:
    clock = cartoncloud.clock
    ahead = clock.advance(days=400)
    clock.run()
    assert clock.now >= ahead
    clock.freeze()
    assert clock.now >= ahead
    response = httpx2.post(f"{cartoncloud.base_url}/_sim/clock/advance", json={"to": "2020-01-01T00:00:00+00:00"})
    assert (response.status_code, response.json()[0]["field"]) == (422, "/to")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/clock", {"mode": "sideways"}, "/mode"),
        ("/clock", {"mode": "fast", "factor": 0}, "/factor"),
        ("/clock/advance", {"seconds": -1}, "/seconds"),
        ("/clock/advance", {"to": "tomorrow"}, "/to"),
        ("/clock/advance", {"to": "2099-01-01T00:00:00"}, "/to"),
    ],
)
def test_nonsense_is_refused(cartoncloud: RunningSimulator, path: str, body: Any, field: str) -> None:
    cartoncloud.clock.freeze()
    before = cartoncloud.control.get("/clock")
    method = "PATCH" if path == "/clock" else "POST"
    response = httpx2.request(method, f"{cartoncloud.base_url}/_sim{path}", json=body)
    assert (response.status_code, response.json()[0]["field"]) == (422, field)
    assert cartoncloud.control.get("/clock") == before


def test_time_continues_where_it_was_left(tmp_path: Path) -> None:
    with running_simulator(folder=tmp_path) as first, Caller(first) as api:
        first.clock.freeze()
        left = first.clock.advance(days=3)
        live_long(api, days=1)
        run = start_report(api)
        token = api.http.headers["Authorization"]
    with running_simulator(folder=tmp_path) as second:
        assert second.control.get("/clock")["mode"] == "frozen"
        assert second.clock.now == left
        second.clock.advance(seconds=2)
        url = f"{second.base_url}/tenants/{second.tenant_id}/report-runs/{run}"
        assert httpx2.get(url, headers={"Authorization": token, "Accept-Version": "1"}).json()["status"] == "SUCCESS"
