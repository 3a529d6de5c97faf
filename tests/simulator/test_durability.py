"""What was answered is there after a kill, however many callers there were."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.simulator.caller import ADDRESS, line

CALLERS = 8
ENOUGH = 250
Start = Callable[..., tuple["subprocess.Popen[str]", dict[str, Any]]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the command; whatever still runs at the end is ended."""
    started: list[subprocess.Popen[str]] = []

    def launch(*options: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        command = [sys.executable, "-m", "cartoncloud_simulator.cli", "serve", "--json", "--port", "0", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        return process, json.loads(process.stdout.readline())

    yield launch
    for process in started:
        process.kill()
        process.communicate()


def furnish(facts: dict[str, Any]) -> dict[str, str]:
    """Stock and no limit; the headers of an authenticated caller."""
    control, customer = f"{facts['base_url']}/_sim", facts["customers"][0]["id"]
    products = {"customer": customer, "products": [{"code": "A", "name": "A"}]}
    httpx2.post(f"{control}/products", json=products).raise_for_status()
    stock = {"customer": customer, "rows": [{"code": "A", "quantity": 100_000}]}
    httpx2.post(f"{control}/stock", json=stock).raise_for_status()
    httpx2.patch(f"{control}/settings", json={"outbound_rate_limit_enabled": False}).raise_for_status()
    form, credentials = {"grant_type": "client_credentials"}, (facts["client_id"], facts["client_secret"])
    token = httpx2.post(f"{facts['base_url']}/uaa/oauth/token", data=form, auth=credentials).json()["access_token"]
    return {"Accept-Version": "1", "Authorization": f"Bearer {token}"}


def create_until_killed(facts: dict[str, Any], headers: dict[str, str], number: int, answered: list[Any]) -> None:
    url = f"{facts['base_url']}/tenants/{facts['tenant_id']}/outbound-orders"
    order = {
        "customer": {"id": facts["customers"][0]["id"]},
        "details": {"deliver": {"address": ADDRESS}},
        "items": [line("A", 1)],
    }
    with httpx2.Client(headers=headers, timeout=20) as http:
        for count in range(ENOUGH * 100):
            try:
                answer = http.post(url, json={**order, "references": {"customer": f"SO-{number}-{count}"}})
            except httpx2.TransportError:
                return
            answered.append((answer.json()["id"], answer.json()["references"]["customer"], answer.status_code))


@pytest.mark.parametrize("options", [(), ("--no-fsync",)])
def test_no_answered_order_is_lost_by_a_kill_under_load(start: Start, tmp_path: Path, options: tuple[str, ...]) -> None:
    process, facts = start("--data", str(tmp_path), *options)
    headers = furnish(facts)
    answered: list[Any] = []
    callers = [
        threading.Thread(target=create_until_killed, args=(facts, headers, number, answered))
        for number in range(CALLERS)
    ]
    for caller in callers:
        caller.start()
    while len(answered) < ENOUGH and any(caller.is_alive() for caller in callers):
        callers[0].join(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for caller in callers:
        caller.join()

    _, again = start("--data", str(tmp_path), *options)
    orders = httpx2.get(f"{again['base_url']}/_sim/orders").text.splitlines()
    kept = {(order["id"], order["reference"]) for order in map(json.loads, orders)}
    ledger = [json.loads(entry) for entry in httpx2.get(f"{again['base_url']}/_sim/ledger").text.splitlines()]
    stock = httpx2.get(f"{again['base_url']}/_sim/stock?code=A").json()[0]
    assert len(answered) >= ENOUGH
    assert {status for _, _, status in answered} == {201}
    assert {(order_id, reference) for order_id, reference, _ in answered} <= kept
    assert {entry["order_id"] for entry in ledger} == {order_id for order_id, _ in kept}
    assert int(stock["allocated"]) == len(kept)


def test_what_was_told_goes_on_after_a_kill(start: Start, tmp_path: Path) -> None:
    process, facts = start("--data", str(tmp_path))
    headers = furnish(facts)
    control = f"{facts['base_url']}/_sim"
    fault = {"operation": "create_order", "do": "status", "status": 502, "times": 2}
    storm = {"rates": {"http_503": 0.5}, "operations": ["token"], "seed": 11}
    crew = {"running": True, "short_pick_rate": 0.25, "seed": 7}
    for path, told in (("faults", {"script": [fault]}), ("storm", storm), ("crew", crew)):
        httpx2.post(f"{control}/{path}", json=told).raise_for_status()
    forecast = httpx2.get(f"{control}/storm/forecast?operation=token&calls=12").json()["calls"]
    met = [meet_the_storm(facts) for _ in range(6)]
    first = create(facts, headers, "SO-1")
    process.send_signal(signal.SIGKILL)
    process.wait()

    _, again = start("--data", str(tmp_path))
    control = f"{again['base_url']}/_sim"
    (left,) = httpx2.get(f"{control}/faults").json()["script"]
    blowing = httpx2.get(f"{control}/storm").json()["storm"]
    working = httpx2.get(f"{control}/crew").json()
    second, third = create(again, headers, "SO-2"), create(again, headers, "SO-3")
    met += [meet_the_storm(again) for _ in range(6)]
    assert (left["operation"], left["times"]) == ("create_order", 1)
    assert (blowing["seed"], blowing["calls"], blowing["hits"]["token"]["status_503"]) == (
        11,
        {"token": 6},
        met[:6].count(503),
    )
    assert (working["running"], working["short_pick_rate"], working["seed"]) == (True, 0.25, 7)
    assert (first, second, third) == (502, 502, 201)
    assert [status == 503 for status in met] == [kind is not None for kind in forecast]
    assert {503, 200} == set(met)
    deadline = time.monotonic() + 20
    while not (done := httpx2.get(f"{control}/crew").json())["processed"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert done["processed"] == 1


def create(facts: dict[str, Any], headers: dict[str, str], reference: str) -> int:
    order = {
        "references": {"customer": reference},
        "customer": {"id": facts["customers"][0]["id"]},
        "details": {"deliver": {"address": ADDRESS}},
        "items": [line("A", 1)],
    }
    url = f"{facts['base_url']}/tenants/{facts['tenant_id']}/outbound-orders"
    return httpx2.post(url, json=order, headers=headers).status_code


def meet_the_storm(facts: dict[str, Any]) -> int:
    form, credentials = {"grant_type": "client_credentials"}, (facts["client_id"], facts["client_secret"])
    return httpx2.post(f"{facts['base_url']}/uaa/oauth/token", data=form, auth=credentials).status_code
