"""Measure the simulator against a bare Starlette application behind the same server, in the same run.

    python bench/simulator.py [ORDERS]

The bare application reads the request and answers constant bytes of the same size. Each is a process of its own, called
by the same client: raw sockets that are kept alive, each with one request under way, so that the client costs little.
Printed are ratios of requests per second with 100,000 orders stored, the time until the simulator answers, and the
memory of an order line.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2

ORDERS = int(sys.argv[1]) if sys.argv[1:2] and sys.argv[1].isdigit() else 100_000
LINES = 3
CALLERS = 16
ROUNDS = 9
CALLS_A_ROUND = 1_000
PRODUCTS = 200
ADDRESS = {"companyName": "Harbour Deli", "address1": "12 Wharf Road", "suburb": "Newcastle", "postcode": "2300"}


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["--bare"]:
        serve_bare(int(sys.argv[2]))
        return
    print(f"start_seconds: {statistics.median(start_seconds() for _ in range(5)):.2f}")
    with Far() as far:
        before = far.memory()
        created = Calls("create", far, (far.create_request(f"W-{number}") for number in range(10**9)))
        load(far, created)
        lines = ORDERS * LINES
        print(f"bytes_per_order_line: {(far.memory() - before) / lines:.0f}", flush=True)
        numbers = iter(range(10**9))
        report = far.run_report()
        measured = {
            "create": Calls("create", far, (far.create_request(f"C-{number}") for number in numbers)),
            "create_one_line": Calls("create", far, (far.create_request(f"O-{number}", 1) for number in numbers)),
            "search": Calls("search", far, (far.search_request(f"W-{number * 7919 % ORDERS}") for number in numbers)),
            "report": Calls("report", far, (far.report_request(report) for _ in numbers)),
        }
        for name, calls in measured.items():
            compare(name, calls)
    for options in ((), ("--no-fsync",)):
        compare_kept(options)


class Far:
    """A simulator in a process of its own, furnished."""

    def __init__(self, *options: str) -> None:
        self._options = options

    def __enter__(self) -> "Far":
        command = [sys.executable, "-m", "cartoncloud_simulator.cli", "serve", "--json", "--port", "0", *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        facts = json.loads(self._process.stdout.readline())
        self.port = int(facts["base_url"].rpartition(":")[2])
        self._tenant = f"/tenants/{facts['tenant_id']}"
        self._customer = facts["customers"][0]["id"]
        control = httpx2.Client(base_url=f"{facts['base_url']}/_sim", timeout=60)
        codes = [f"SKU-{number:04}" for number in range(PRODUCTS)]
        products = [{"code": code, "name": f"Product {code}"} for code in codes]
        control.post("/products", json={"customer": self._customer, "products": products}).raise_for_status()
        rows = [{"code": code, "quantity": 100_000_000} for code in codes]
        control.post("/stock", json={"customer": self._customer, "rows": rows}).raise_for_status()
        settings = {"outbound_rate_limit_enabled": False, "token_seconds": 86_400, "report_delay_seconds": 0}
        control.patch("/settings", json=settings).raise_for_status()
        form, credentials = {"grant_type": "client_credentials"}, (facts["client_id"], facts["client_secret"])
        answer = httpx2.post(f"{facts['base_url']}/uaa/oauth/token", data=form, auth=credentials)
        self._token = answer.json()["access_token"]
        return self

    def __exit__(self, *failure: object) -> None:
        self._process.terminate()
        self._process.wait()

    def cpu_seconds(self) -> float:
        return cpu_seconds(self._process.pid)

    def memory(self) -> int:
        """Resident bytes."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def request(self, method: str, path: str, body: Any = None) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {self._tenant}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Version: 1\r\n"
            f"Authorization: Bearer {self._token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content

    def create_request(self, reference: str, count: int = LINES) -> bytes:
        first = hash(reference) % PRODUCTS
        lines = [
            {
                "details": {"product": {"references": {"code": f"SKU-{(first + step) % PRODUCTS:04}"}}},
                "measures": {"quantity": step + 1},
                "properties": {"sop_custom_field_1": f"line-{step}"},
            }
            for step in range(count)
        ]
        order = {
            "references": {"customer": reference},
            "customer": {"id": self._customer},
            "details": {"deliver": {"address": ADDRESS}},
            "items": lines,
        }
        return self.request("POST", "/outbound-orders", order)

    def search_request(self, reference: str) -> bytes:
        leaves = [
            {
                "type": "TextComparisonCondition",
                "field": {"type": "JsonField", "pointer": pointer},
                "value": {"type": "ValueField", "value": value},
                "method": "EQUAL_TO",
            }
            for pointer, value in (("/references/customer", reference), ("/customer/id", self._customer))
        ]
        condition = {"type": "AndCondition", "conditions": leaves}
        return self.request("POST", "/outbound-orders/search?page=1&size=100", {"condition": condition})

    def run_report(self) -> str:
        sent = {"type": "STOCK_ON_HAND", "parameters": {"customer": {"id": self._customer}, "pageSize": 100}}
        answer = asyncio.run(one_call(self.port, self.request("POST", "/report-runs", sent)))
        return str(json.loads(answer)["id"])

    def report_request(self, run: str) -> bytes:
        return self.request("GET", f"/report-runs/{run}?page=2&size=100")


class Calls:
    """An endless supply of requests to one server, each made when it is wanted."""

    def __init__(self, name: str, far: Far, requests: Iterator[bytes]) -> None:
        self.name = name
        self.far = far
        self._requests = requests

    def take(self, count: int) -> list[bytes]:
        return [next(self._requests) for _ in range(count)]


class Bare:
    """The bare application in a process of its own; answers as many bytes as the simulator does."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __enter__(self) -> "Bare":
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--bare", str(self._size)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())
        return self

    def cpu_seconds(self) -> float:
        return cpu_seconds(self._process.pid)

    def __exit__(self, *failure: object) -> None:
        self._process.terminate()
        self._process.wait()


def compare(name: str, calls: Calls) -> None:
    """Alternate rounds against both and print the ratio of the fastest, which other work disturbs least."""
    size = len(asyncio.run(one_call(calls.far.port, calls.take(1)[0])))
    with Bare(size) as bare:
        rates: dict[str, list[float]] = {"simulator": [], "bare": []}
        spent = {"simulator": 0.0, "bare": 0.0}
        for _ in range(ROUNDS):
            requests = calls.take(CALLS_A_ROUND)
            for which, server in (("simulator", calls.far), ("bare", bare)):
                before = server.cpu_seconds()
                rates[which].append(asyncio.run(rate(server.port, requests)))
                spent[which] += server.cpu_seconds() - before
    print(f"{name}_ratio: {max(rates['simulator']) / max(rates['bare']):.2f}")
    each = {which: seconds / ROUNDS / CALLS_A_ROUND * 1e6 for which, seconds in spent.items()}
    speed = f"{max(rates['simulator']):.0f} a second against {max(rates['bare']):.0f}"
    share = each["bare"] / each["simulator"]
    print(
        f"  {size} bytes; {speed}; processor {each['simulator']:.0f} us against {each['bare']:.0f}, {share:.2f}",
        flush=True,
    )


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare_kept(options: tuple[str, ...]) -> None:
    """Creations with a data folder, which the bare application has no equal to."""
    with tempfile.TemporaryDirectory() as folder, Far("--data", folder, *options) as far:
        calls = Calls("kept", far, (far.create_request(f"K-{number}") for number in range(10**9)))
        name = "kept_create" if not options else "kept_create_no_fsync"
        compare(name, calls)


def load(far: Far, calls: Calls) -> None:
    """Store the orders."""
    left = ORDERS
    while left:
        some = min(left, 5_000)
        asyncio.run(rate(far.port, calls.take(some)))
        left -= some


def start_seconds() -> float:
    """From the command to its first line, which is printed once connections are accepted."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "cartoncloud_simulator.cli", "serve", "--json", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline()
        took = time.perf_counter() - began
        process.terminate()
    return took


async def rate(port: int, requests: list[bytes]) -> float:
    """Requests answered per second; anything but a success is an error."""
    queue = iter(requests)
    callers = [Caller(queue) for _ in range(CALLERS)]
    for caller in callers:
        await asyncio.get_running_loop().create_connection(lambda caller=caller: caller, "127.0.0.1", port)  # type: ignore[misc]
    began = time.perf_counter()
    for caller in callers:
        caller.send_next()
    while not all(caller.is_done for caller in callers):
        await asyncio.sleep(0.001)
    took = time.perf_counter() - began
    for caller in callers:
        caller.close()
    return len(requests) / took


class Caller(asyncio.Protocol):
    """One connection: sends the next request when the answer to the last is whole."""

    def __init__(self, queue: Iterator[bytes]) -> None:
        self._queue = queue
        self._buffer = bytearray()
        self._whole = 0
        self.is_done = False
        self.body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send_next(self) -> None:
        request = next(self._queue, None)
        if request is None:
            self.is_done = True
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._whole:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            assert head.startswith((b"http/1.1 200", b"http/1.1 201")), bytes(self._buffer[:500])
            at = head.index(b"content-length: ") + 16
            self._whole = end + 4 + int(head[at : (head.find(b"\r", at) + 1 or len(head) + 1) - 1])
            self._start = end + 4
        if len(self._buffer) >= self._whole:
            self.body = bytes(self._buffer[self._start : self._whole])
            self._buffer.clear()
            self._whole = 0
            self.send_next()

    def close(self) -> None:
        self._transport.close()


async def one_call(port: int, request: bytes) -> bytes:
    caller = Caller(iter([request]))
    await asyncio.get_running_loop().create_connection(lambda: caller, "127.0.0.1", port)
    caller.send_next()
    while not caller.is_done:
        await asyncio.sleep(0.001)
    caller.close()
    return caller.body


def serve_bare(size: int) -> None:
    """The same server with the least Starlette can do: read the request, answer bytes."""
    import socket

    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    body = b" " * size

    async def answer(request: Request) -> Response:
        await request.body()
        return Response(body, media_type="application/json")

    application = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(application, access_log=False, log_level="warning", ws="none", server_header=False)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
