"""Control of what is counted and kept: requests, the ledger, the wire."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.responses import Response, StreamingResponse

from cartoncloud_simulator.api.routes import list_paths
from cartoncloud_simulator.control.endpoint import Command

_LOOK_SECONDS = 0.05
_LONGEST_WAIT_SECONDS = 60
_QUIET_LOOKS = 200
_LINES = "application/x-ndjson"


def describe_api(command: Command) -> Any:
    """The OpenAPI document of everything outside the control plane."""
    # Much to read for what few ask: a test's simulator starts sooner without.
    from cartoncloud_simulator.openapi import document

    return document.build(list_paths(command.simulator), command.world)


def show_requests(command: Command) -> Any:
    return command.simulator.traffic.describe()


def reset_requests(command: Command) -> Any:
    command.simulator.traffic.reset()
    return show_requests(command)


def read_ledger(command: Command) -> Any:
    """JSON lines, from after the given number."""
    return _lines(command, "ledger", command.world.ledger.read(after=command.number("after", 0)))


async def read_wire(command: Command) -> Any:
    """JSON lines from after the given number; `wait` seconds at most for the first."""
    wire = command.simulator.wire
    if "download" in command.query:
        return _lines(command, "wire", wire.read_all())
    after = command.number("after", 0)
    looks = min(command.number("wait", 0), _LONGEST_WAIT_SECONDS) / _LOOK_SECONDS
    while wire.seq <= after and looks > 0 and not command.simulator.is_stopping:
        await asyncio.sleep(_LOOK_SECONDS)
        looks -= 1
    return wire.read(after, command.number("limit", 1_000))


def stream_events(command: Command) -> Any:
    """Server-sent events: `wire` with an entry each, and `state` whenever anything has changed."""
    after = command.number("after", command.simulator.wire.seq)
    return StreamingResponse(
        _events(command, after), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _events(command: Command, after: int) -> AsyncIterator[bytes]:
    simulator = command.simulator
    revision, quiet = -1, 0
    while not simulator.is_stopping:
        news = b""
        if simulator.wire.seq > after:
            lines = simulator.wire.read(after, 1_000).splitlines()
            after = msgspec.json.decode(lines[-1])["seq"] if lines else simulator.wire.seq
            news = b"".join(b"event: wire\ndata: %b\n\n" % line for line in lines)
        if simulator.world.revision != revision:
            revision = simulator.world.revision
            news += b'event: state\ndata: {"revision": %d}\n\n' % revision
        quiet = 0 if news else quiet + 1
        if news or quiet >= _QUIET_LOOKS:
            quiet = 0
            yield news or b": still here\n\n"
        await asyncio.sleep(_LOOK_SECONDS)


def _lines(command: Command, name: str, lines: bytes) -> Any:
    if "download" not in command.query:
        return lines
    return Response(lines, media_type=_LINES, headers={"Content-Disposition": f'attachment; filename="{name}.jsonl"'})
