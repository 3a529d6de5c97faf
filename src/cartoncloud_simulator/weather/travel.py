"""How an answer reaches the caller: whole, in drops, cut short, swollen, or not at all."""

import asyncio
import socket
import struct

from starlette.types import Receive, Scope, Send

from cartoncloud_simulator.weather.faults import Fault

_RESET_AT_ONCE = struct.pack("ii", 1, 0)
_DROPS = 20
_CHUNK = b" " * 65_536
Head = list[tuple[bytes, bytes]]


async def cut(scope: Scope, receive: Receive, *, reset: bool) -> None:
    """Close the connection without a word, or reset it."""
    connection = scope["cartoncloud.connection"]
    if reset and (endpoint := connection.get_extra_info("socket")) is not None:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
    connection.abort()
    await _until_gone(receive)


async def deliver(
    scope: Scope, receive: Receive, send: Send, *, status: int, head: Head, body: bytes, fault: Fault
) -> None:
    """Send an answer the way the fault has it."""
    swollen = fault.size if fault.do == "bloat" and body else 0
    size = str(len(body) + swollen).encode()
    await send({"type": "http.response.start", "status": status, "headers": [*head, (b"content-length", size)]})
    if fault.do == "truncate":
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        scope["cartoncloud.connection"].close()
        await _until_gone(receive)
        return
    while swollen > 0:
        await send({"type": "http.response.body", "body": _CHUNK[:swollen], "more_body": True})
        swollen -= len(_CHUNK)
    if fault.do == "drip":
        body = await _drip(send, body, fault.delay_seconds)
    await send({"type": "http.response.body", "body": body})


async def _drip(send: Send, body: bytes, seconds: float) -> bytes:
    """Send all but the last drop, evenly over the time; what is left comes back."""
    step = max(1, len(body) // _DROPS)
    while len(body) > step:
        await send({"type": "http.response.body", "body": body[:step], "more_body": True})
        body = body[step:]
        await asyncio.sleep(seconds / _DROPS)
    return body


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
