"""Every call the documentation shows is made as it stands there, and answers with the status the comment says."""

import re
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from cartoncloud_simulator.api.routes import list_paths
from cartoncloud_simulator.testing import running_simulator

PAGE = Path(__file__).parents[2] / "docs" / "simulator" / "api.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"^(curl .*?)   # (\d{3})$", re.MULTILINE | re.DOTALL)
CURL = shutil.which("curl")
NAMES = {
    "outbound-orders": "ORDER",
    "inbound-orders": "PURCHASE",
    "consignments": "CONSIGNMENT",
    "warehouse-products": "PRODUCT",
    "products": "PACKAGE",
    "report-runs": "RUN",
    "customers": "CUSTOMER",
    "documents": "DOCUMENT",
}


def read_words(setting_up: str, call: str, variables: dict[str, str]) -> list[str]:
    """The words of a call as a shell makes them."""
    script = f"{setting_up}\ncurl() {{ printf '%s\\0' \"$@\"; }}\n{call}"
    made = subprocess.run(["bash", "-uc", script], env=variables, capture_output=True, text=True, check=True)
    return made.stdout.split("\0")[:-1]


def make_call(words: list[str], folder: Path) -> tuple[int, bytes]:
    """By curl where there is one."""
    if CURL is None:
        return make_call_without_curl(words)
    answer = folder / "answer"
    command = [CURL, "--silent", "--show-error", "--noproxy", "*", "--output", str(answer)]
    ended = subprocess.run(
        [*command, "--write-out", "%{http_code}", *words], capture_output=True, text=True, check=True, timeout=20
    )
    return int(ended.stdout), answer.read_bytes() if answer.exists() else b""


def make_call_without_curl(words: list[str]) -> tuple[int, bytes]:
    options, url, rest = {"-X": "", "-d": "", "-u": ""}, "", iter(words)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for word in rest:
        if word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word in options:
            options[word] = next(rest)
        else:
            url = word
    if options["-u"]:
        headers["Authorization"] = f"Basic {b64encode(options['-u'].encode()).decode()}"
    method = options["-X"] or ("POST" if options["-d"] else "GET")
    answer = httpx2.request(method, url, content=options["-d"].encode(), headers=headers, trust_env=False)
    return answer.status_code, answer.content


def name_created(path: str, status: int, body: bytes) -> dict[str, str]:
    """The variable that later calls use for what this one created."""
    created: Any = msgspec.json.decode(body) if status in (200, 201, 228) and body.startswith(b"{") else {}
    if "access_token" in created:
        return {"TOKEN": created["access_token"]}
    name = "REJECTED" if status == 228 else NAMES.get(path.rpartition("/")[2])
    return {name: created["id"]} if name and status in (201, 228) else {}


def test_every_documented_call_answers_as_documented(tmp_path: Path) -> None:
    blocks = BLOCK.findall(PAGE.read_text())
    (setting_up,) = (block for block in blocks if block.startswith("T="))
    calls = [found for block in blocks for found in CALL.findall(block)]
    credentials = {"client_id": "me", "client_secret": "s3cret"}
    with running_simulator(furnished=True, **credentials) as running:
        variables = {"BASE": running.base_url, "TENANT": running.tenant_id, "TOKEN": ""}
        for call, documented in calls:
            words = read_words(setting_up, call, variables)
            status, body = make_call(words, tmp_path)
            assert (call, status, body) == (call, int(documented), body)
            (url,) = (word for word in words if word.startswith(running.base_url))
            variables |= name_created(url.partition("?")[0], status, body)
        made = set(running.control.get("/requests"))
        prefix = "/tenants/{tenant}"
        there = {
            f"{method} {path.removeprefix(prefix)}"
            for path, operations in list_paths(running.simulator).items()
            for method in operations
        }
    assert len(calls) == sum(block.count("curl ") for block in blocks)
    assert there - made == set()
