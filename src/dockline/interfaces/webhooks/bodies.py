"""The body of a call from outside, before anything reads it: so many bytes, and in so much time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dockline.gateway.collect import MAX_BYTES

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

BODY_SECONDS = 30


async def read_body(scope: Scope, receive: Receive) -> bytes | None:
    """Return the body, or None as soon as it is known to be too long: nothing longer is ever held.

    Raises TimeoutError when it does not come in time.
    """
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if not announced.isdigit() or len(announced) > len(str(MAX_BYTES)) or int(announced) > MAX_BYTES:
        return None
    chunks: list[bytes] = []
    size = 0
    async with asyncio.timeout(BODY_SECONDS):
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
