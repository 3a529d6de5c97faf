"""What a caller from outside may send, before anything else reads it: so many bytes, and in so much time."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dockline.gateway.collect import MAX_BYTES
from dockline.interfaces.webhooks.logs import PREFIX

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_SECONDS = 30


def bounded(application: Application) -> Application:
    """Read the body of a call to `/hooks/` up to its bound, and only then hand it on; the rest passes untouched."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await application(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(scope, receive)
        except TimeoutError:
            await _refuse(send, 408, "too_slow")
            return
        if body is None:
            await _refuse(send, 413, "too_large")
            return
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def replay() -> Message:
            return next(messages, None) or await receive()

        await application(scope, replay, send)

    return serve


async def _read(scope: Scope, receive: Receive) -> bytes | None:
    """Return the body, or None as soon as it is known to be too long: nothing longer is ever held."""
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if not announced.isdigit() or len(announced) > len(str(MAX_BYTES)) or int(announced) > MAX_BYTES:
        return None
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MAX_BYTES:
            return None
        if not message.get("more_body"):
            return b"".join(chunks)


async def _refuse(send: Send, status: int, word: str) -> None:
    body = json.dumps({"status": word}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
