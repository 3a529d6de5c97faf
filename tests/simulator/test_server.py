"""The command as a user runs it: first line, persistence through a kill, taken ports, bad options."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cartoncloud_simulator.testing import running_simulator
from tests.simulator.caller import Caller, line

Start = Callable[..., tuple[subprocess.Popen[str], dict[str, Any]]]


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


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cartoncloud_simulator.cli", "serve", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


def test_the_demo_is_announced_furnished_and_stops_on_a_signal(start: Start) -> None:
    process, facts = start("--demo")
    assert {customer["name"] for customer in facts["customers"]} == {"Bluegum Pantry", "Ridgeline Outdoor"}
    state = httpx2.get(f"{facts['base_url']}/_sim/state").json()
    assert {"AWAITING_PICK_AND_PACK", "PICKED", "PACKED", "DISPATCHED", "REJECTED"} == set(state["orders"])
    assert {"NOT_YET_RECEIVED", "RECEIVED", "VERIFIED"} == set(state["inbound_orders"])
    assert state["tenant"]["id"] == facts["tenant_id"]
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")


def test_state_survives_a_kill_and_a_torn_line(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    process, facts = start("--data", str(folder), "--demo")
    control = f"{facts['base_url']}/_sim"
    httpx2.post(f"{control}/crew", json={"running": True, "short_pick_rate": 0.5}).raise_for_status()
    httpx2.post(f"{control}/crew", json={"running": False}).raise_for_status()
    httpx2.patch(f"{control}/settings", json={"outbound_rate_limit": 7}).raise_for_status()
    paths = ("/orders", "/ledger", "/stock", "/state", "/settings")
    before = [httpx2.get(control + path).text for path in paths]
    process.kill()
    process.wait()

    for name in ("journal.jsonl", "ledger.jsonl"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
        with (folder / name).open("ab") as torn:
            torn.write(b'[{"type":"order","id":"half')
    with (folder / "ledger.jsonl").open("ab") as unjournaled:
        unjournaled.write(b'"}\n')
    _, again = start("--data", str(folder))

    assert [httpx2.get(f"{again['base_url']}/_sim{path}").text for path in paths] == before
    assert {name: again[name] for name in ("tenant_id", "client_id", "client_secret")} == {
        name: facts[name] for name in ("tenant_id", "client_id", "client_secret")
    }


def test_a_long_history_is_rewritten_to_the_present(tmp_path: Path) -> None:
    with running_simulator(folder=tmp_path) as first, Caller(first) as api:
        first.control.add_product(first.customer_id, "A")
        first.control.add_stock(first.customer_id, "A", 50)
        order = api.create("SO-1", line("A", 1)).json()
        for number in range(1100):
            first.simulator.world.change_settings({"outbound_rate_limit": number + 1})
            first.simulator.world.commit()
        token = api.http.headers["Authorization"]
    with running_simulator(folder=tmp_path) as second:
        assert len((tmp_path / "journal.jsonl").read_bytes().splitlines()) < 20
        url = f"{second.base_url}/tenants/{second.tenant_id}/outbound-orders/{order['id']}"
        assert httpx2.get(url, headers={"Authorization": token, "Accept-Version": "1"}).json() == order
        assert second.control.get("/settings")["outbound_rate_limit"] == 1100
    with running_simulator(folder=tmp_path) as third:
        assert len(third.control.list_lines("/ledger")) == 1


def test_an_answer_is_whole_though_the_connection_ends_with_it(api: Caller) -> None:
    host, _, port = api.running.base_url.removeprefix("http://").rpartition(":")
    asked = (
        f"GET /tenants/{api.running.tenant_id}/customers HTTP/1.1\r\nHost: {host}\r\nAccept-Version: 1\r\n"
        f"Authorization: {api.http.headers['Authorization']}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=10) as caller:
        caller.sendall(asked.encode())
        answer = b"".join(iter(lambda: caller.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == api.get("/customers").json()


def test_credentials_can_be_fixed(start: Start) -> None:
    fixed = ("--tenant-id", "7a1e0c52-3d4b-4c1a-9f60-2b5d8e714a01", "--client-id", "me", "--client-secret", "s3cret")
    _, facts = start(*fixed)
    assert (facts["tenant_id"], facts["client_id"], facts["client_secret"]) == fixed[1::2]
    sent = {"grant_type": "client_credentials"}
    assert httpx2.post(f"{facts['base_url']}/uaa/oauth/token", data=sent, auth=("me", "s3cret")).status_code == 200


def test_a_taken_port_and_a_folder_in_use_are_refused_clearly(start: Start, tmp_path: Path) -> None:
    _, facts = start("--data", str(tmp_path / "data"))
    taken = run("--port", facts["base_url"].rpartition(":")[2])
    assert taken.returncode == 1
    assert "Cannot listen on 127.0.0.1 port" in taken.stderr
    used = run("--port", "0", "--data", str(tmp_path / "data"))
    assert (used.returncode, "in use by another simulator" in used.stderr) == (1, True)


def test_bad_options_are_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "Cannot use the data folder" in run("--data", str(tmp_path / "file")).stderr
    (tmp_path / "journal.jsonl").write_text("garbage\n")
    assert "cannot be read" in run("--data", str(tmp_path)).stderr
    assert "a port is a number" in run("--port", "70000").stderr


CREATE = "POST {tenant}/outbound-orders HTTP/1.1\r\n{head}Content-Length: {size}\r\n"


def raw(api: Caller, text: str, body: bytes = b"") -> bytes:
    """A request as it stands on the wire, by an authenticated caller."""
    head = f"Host: sim\r\nAccept-Version: 1\r\nAuthorization: {api.http.headers['Authorization']}\r\n"
    return text.format(tenant=api.tenant, head=head, size=len(body)).encode() + b"\r\n" + body


def talk(api: Caller, *parts: bytes) -> bytes:
    """Send the parts one by one, and read until the simulator closes."""
    host, _, port = api.running.base_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as caller:
        for part in parts:
            caller.sendall(part)
            time.sleep(0.05)
        return b"".join(iter(lambda: caller.recv(65_536), b""))


@pytest.mark.parametrize("way", ["at once", "in weather"])
def test_the_wire_looks_the_same_by_either_way_to_an_answer(api: Caller, way: str) -> None:
    if way == "in weather":
        api.running.control.post("/faults", {"script": [{"operation": "get_document", "do": "drip", "times": 9}]})
    stocked(api)
    order = json.dumps(api.order("SO-1", line("A", 1))).encode()
    long = json.dumps(api.order("SO-2", line("A", 1), properties={"note": "x" * 200_000})).encode()
    customers = "GET {tenant}/customers HTTP/1.1\r\n{head}"

    together = talk(api, raw(api, customers) * 2 + raw(api, CREATE + "Connection: close\r\n", order))
    in_drops = talk(
        api, *(raw(api, CREATE + "Connection: close\r\n", long)[at : at + 70_000] for at in range(0, 220_000, 70_000))
    )
    asked_first = talk(
        api, raw(api, CREATE + "Expect: 100-continue\r\nConnection: close\r\n", order)[: -len(order)], order
    )
    only_head = talk(api, raw(api, "HEAD {tenant}/customers HTTP/1.1\r\n{head}Connection: close\r\n"))
    old = talk(api, raw(api, "GET {tenant}/customers HTTP/1.0\r\n{head}"))
    asked = f"response_type=code&client_id={api.running.client_id}&redirect_uri=http://a/%0d%0aX:1"
    evil = talk(api, raw(api, f"GET /uaa/oauth/authorize?{asked} HTTP/1.1\r\n{{head}}"))
    assert [part.split(b"\r\n")[0] for part in together.split(b"HTTP/1.1 ")[1:]] == [
        b"200 OK",
        b"200 OK",
        b"201 Created",
    ]
    assert together.count(b"connection: close\r\n") == 1
    assert in_drops.startswith(b"HTTP/1.1 201 ")
    assert asked_first.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 422 ")
    assert (only_head[:13], only_head.partition(b"\r\n\r\n")[2]) == (b"HTTP/1.1 405 ", b"")
    assert old.startswith(b"HTTP/1.1 200 OK\r\n") and b"connection: close\r\n" in old
    assert evil == b""
    names = [name.partition(b":")[0] for name in old.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
    assert names[0] == b"date"
    assert names[-3:] == [b"content-type", b"content-length", b"connection"]


def test_a_proxy_on_this_machine_says_how_it_was_called(api: Caller) -> None:
    api.running.control.add_product(api.running.customer_id, "B")
    api.running.control.add_product(api.running.customer_id, "C")
    answer = api.get("/warehouse-products?size=1", headers={"X-Forwarded-Proto": "https"})
    assert answer.headers["link"].startswith("<https://")
    assert api.get("/warehouse-products?size=1").headers["link"].startswith("<http://")


def stocked(api: Caller) -> None:
    api.running.control.add_product(api.running.customer_id, "A")
    api.running.control.add_stock(api.running.customer_id, "A", 100)
