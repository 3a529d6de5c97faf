"""The wire log: what passed, as it passed, without a secret in it."""

import contextlib
import json
import threading
from pathlib import Path
from typing import Any

import httpx2

from cartoncloud_simulator.testing import RunningSimulator, running_simulator
from tests.simulator.caller import Caller, line


def entries(running: RunningSimulator, query: str = "") -> list[Any]:
    return running.control.list_lines(f"/wire{query}")


def test_every_call_is_there_with_what_was_said(api: Caller) -> None:
    api.create("SO-1", line("A", 1))
    api.get("/customers?page=1")
    _, refused, listed = entries(api.running)
    assert (refused["operation"], refused["method"], refused["status"]) == ("create_order", "POST", 228)
    assert json.loads(refused["request"]["body"])["references"] == {"customer": "SO-1"}
    assert json.loads(refused["answer"]["body"])["status"] == "REJECTED"
    assert (listed["path"].rpartition("/")[2], listed["query"], listed["status"]) == ("customers", "page=1", 200)
    assert listed["answer"]["headers"]["page-number"] == "1"
    assert [entry["seq"] for entry in entries(api.running, "?after=1")] == [2, 3]


def test_lost_answers_and_their_weather_are_there_too(api: Caller) -> None:
    api.running.weather.fault("list_customers", "reset_after")
    with contextlib.suppress(httpx2.TransportError):
        api.get("/customers")
    entry = entries(api.running)[-1]
    assert (entry["status"], entry["weather"]["do"]) == ("lost", "reset_after")
    assert "answer" not in entry


def test_no_secret_is_ever_in_it(tmp_path: Path) -> None:
    with running_simulator(folder=tmp_path) as running, Caller(running) as api:
        token = api.http.headers["Authorization"].partition(" ")[2]
        added = running.control.post("/clients", {"name": "other"})
        rotated = running.control.post(f"/clients/{added['id']}/rotate")["secret"]
        running.control.set(token_credentials_in_form=True)
        canaries = [
            running.client_secret,
            token,
            added["secret"],
            rotated,
            "canary-cookie",
            "canary-query",
            "canary-form",
        ]
        form = {"grant_type": "client_credentials", "client_id": running.client_id, "client_secret": "canary-form"}
        api.http.post("/uaa/oauth/token", data=form)
        api.get("/customers?api_key=canary-query", headers={"X-Api-Key": "canary-cookie", "Cookie": "canary-cookie"})
        api.create(f"{running.client_secret} {token} {added['secret']} {rotated}", line("A", 1))
        seen = httpx2.get(f"{running.base_url}/_sim/wire").text
        downloaded = httpx2.get(f"{running.base_url}/_sim/wire?download=1")
    assert seen.count("\n") == 4 and downloaded.text == (tmp_path / "wire.jsonl").read_text() == seen
    assert "attachment" in downloaded.headers["content-disposition"]
    for canary in canaries:
        assert canary not in seen
    assert (tmp_path / "wire.jsonl").stat().st_mode & 0o777 == 0o600


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    for count in (1, 2):
        with running_simulator(folder=tmp_path) as running, Caller(running):
            assert entries(running)[-1]["seq"] == count
    assert len((tmp_path / "wire.jsonl").read_bytes().splitlines()) == 2


def test_one_may_wait_for_the_next_entry(api: Caller) -> None:
    waiting: list[Any] = []
    thread = threading.Thread(target=lambda: waiting.extend(entries(api.running, "?after=1&wait=20")))
    thread.start()
    api.get("/customers")
    thread.join(20)
    assert [entry["operation"] for entry in waiting] == ["list_customers"]


def test_events_tell_of_calls_and_of_changes(api: Caller) -> None:
    with httpx2.stream("GET", f"{api.running.base_url}/_sim/events", timeout=20) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == "event: state"
        api.create("SO-1", line("A", 1))
        rest = (line for line in lines if line.startswith("event:") or "create_order" in line)
        seen = {next(rest), next(rest), next(rest)[:30]}
    assert {"event: wire", "event: state"} < seen


def test_the_newest_are_kept_and_long_bodies_cut(api: Caller) -> None:
    api.create("SO-" + "x" * 100_000, line("A", 1))
    assert len(entries(api.running)[-1]["request"]["body"]) < 20_000
